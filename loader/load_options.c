/* SPDX-License-Identifier: BSD-2-Clause */
#include <loader/load_options.h>

#include <loader/utf16.h>
#include <mm/printer.h>

static const char suffix[] = ".conf";

#define SUFFIX_LENGTH (sizeof(suffix) - 1)

size_t load_options_room(size_t size)
{
	return size + size / 2 + 2; /* a unit of 2 bytes is 3 bytes of UTF-8 at most */
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_quote(char c)
{
	return c == '"';
}

/* Bytes of ASCII in front of a NUL or the end; 0 when there is anything else. */
static size_t ascii_length(const char *options, size_t size)
{
	size_t length = 0;

	while (length < size && ((options[length] >= ' ' && options[length] <= '~') || is_blank(options[length])))
		length++;
	return length == size || options[length] == '\0' ? length : 0;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

/* Where the last word that ends in .conf ends; 0: there is none. */
static size_t name_end(const char *text, size_t length)
{
	for (size_t end = length; end >= SUFFIX_LENGTH; end--) {
		size_t matched = 0;

		if (end < length && !is_blank(text[end]) && !is_quote(text[end]))
			continue;
		while (matched < SUFFIX_LENGTH && lower(text[end - SUFFIX_LENGTH + matched]) == suffix[matched])
			matched++;
		if (matched == SUFFIX_LENGTH)
			return end;
	}
	return 0;
}

bool load_options_parse(const void *options, size_t size, char *text, bool *rest)
{
	size_t length = ascii_length(options, size), end;

	__builtin_memcpy(text, options, length);
	end = name_end(text, length);
	if (!end) {
		length = utf16_to_utf8(options, size / sizeof(utf16_unit), text, load_options_room(size));
		end = name_end(text, length);
	}
	*rest = false;
	for (size_t i = end; end && i < length; i++)
		*rest |= !is_blank(text[i]) && !is_quote(text[i]);
	text[end] = '\0';
	return end > 0;
}

static bool separates(char c)
{
	return is_blank(c) || is_quote(c) || c == '\\' || c == '/';
}

const char *load_options_reading(const char *text, const char *previous)
{
	if (previous) {
		while (*previous && !separates(*previous))
			previous++;
		text = previous;
	}
	while (separates(*text))
		text++;
	return *text ? text : NULL;
}

const char *load_options_name(const char *text)
{
	const char *name = text, *quoted = NULL;

	for (; *text; text++) {
		if (separates(*text))
			name = text + 1;
		if (is_quote(*text))
			quoted = text + 1;
	}
	if (quoted)
		name = quoted;
	while (separates(*name))
		name++;
	return name;
}
