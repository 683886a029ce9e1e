/* SPDX-License-Identifier: BSD-2-Clause */
#include <loader/bls.h>

#include <loader/utf16.h>

static uint32_t lower(uint32_t c)
{
	return c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c;
}

/* The next character; a byte that is none stands for itself, above all characters. */
static uint32_t next(const char **text)
{
	size_t length;
	uint32_t code = utf8_next(*text, SIZE_MAX, &length);

	if (code == UTF_BAD) {
		code = 0x110000u + (unsigned char)**text;
		length = 1;
	}
	*text += length;
	return code;
}

/* After the ] of a set; null for a [ that is never closed. A ] in first place belongs to the set. */
static const char *match_set(const char *pattern, uint32_t c, bool *matches)
{
	bool negated = pattern[1] == '!' || pattern[1] == '^', found = false;
	const char *first = pattern + 1 + negated, *at = first;

	while (*at && (*at != ']' || at == first)) {
		uint32_t low = next(&at), high = low;

		if (at[0] == '-' && at[1] && at[1] != ']') {
			at++;
			high = next(&at);
		}
		found |= lower(c) >= lower(low) && lower(c) <= lower(high);
	}
	*matches = found != negated;
	return *at ? at + 1 : NULL;
}

/* Where the pattern goes on after the part that fits one character; null when that part does not fit. */
static const char *match_one(const char *pattern, uint32_t c)
{
	if (*pattern == '?')
		return pattern + 1;
	if (*pattern == '[') {
		bool matches;
		const char *after = match_set(pattern, c, &matches);

		if (after)
			return matches ? after : NULL;
	}
	if (*pattern == '\\' && pattern[1])
		pattern++;
	return *pattern && lower(next(&pattern)) == lower(c) ? pattern : NULL;
}

bool bls_name_matches(const char *pattern, const char *name)
{
	const char *star = NULL, *retry = NULL; /* after the last *, and where its text may end next */

	while (*name) {
		const char *rest = name, *after = *pattern == '*' ? NULL : match_one(pattern, next(&rest));

		if (*pattern == '*') {
			star = ++pattern;
			retry = name;
		} else if (after) {
			pattern = after;
			name = rest;
		} else if (star) {
			pattern = star;
			next(&retry);
			name = retry;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

bool bls_is_entry_name(const char *name)
{
	return name[0] != '.' && bls_name_matches("*.conf", name) && !bls_name_matches("auto-*", name);
}
