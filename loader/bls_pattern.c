/* SPDX-License-Identifier: BSD-2-Clause */
#include <loader/bls.h>

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

/* After the ] of a set; null for a [ that is never closed. A ] in first place belongs to the set. */
static const char *match_set(const char *pattern, char c, bool *matches)
{
	bool negated = pattern[1] == '!' || pattern[1] == '^', found = false;
	const char *first = pattern + 1 + negated, *at = first;

	for (; *at && (*at != ']' || at == first); at++) {
		char low = *at, high = *at;

		if (at[1] == '-' && at[2] && at[2] != ']') {
			high = at[2];
			at += 2;
		}
		found |= lower(c) >= lower(low) && lower(c) <= lower(high);
	}
	*matches = found != negated;
	return *at ? at + 1 : NULL;
}

/* Where the pattern goes on after the part that fits one character; null when that part does not fit. */
static const char *match_one(const char *pattern, char c)
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
	return *pattern && lower(*pattern) == lower(c) ? pattern + 1 : NULL;
}

bool bls_name_matches(const char *pattern, const char *name)
{
	const char *star = NULL, *retry = NULL; /* after the last *, and where its text may end next */

	while (*name) {
		const char *after = *pattern == '*' ? NULL : match_one(pattern, *name);

		if (*pattern == '*') {
			star = ++pattern;
			retry = name;
		} else if (after) {
			pattern = after;
			name++;
		} else if (star) {
			pattern = star;
			name = ++retry;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}
