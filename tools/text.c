/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading text from its front. Works on bytes of a file where they lie, since logs are large. */
#define _GNU_SOURCE /* memmem */

#include "map_reader.h"

#include <string.h>

size_t text_size(const struct text *text)
{
	return (size_t)(text->end - text->at);
}

bool text_line(struct text *rest, struct text *line)
{
	const char *end;

	if (rest->at == rest->end)
		return false;
	end = memchr(rest->at, '\n', text_size(rest));
	line->at = rest->at;
	line->end = end ? end : rest->end;
	rest->at = end ? end + 1 : rest->end;
	while (line->end > line->at && (line->end[-1] == '\r' || line->end[-1] == '\0'))
		line->end--;
	return true;
}

bool text_find(struct text *text, const char *word)
{
	size_t length = strlen(word);
	const char *found = memmem(text->at, text_size(text), word, length);

	if (found)
		text->at = found + length;
	return found;
}

bool text_skip(struct text *text, const char *word)
{
	size_t length = strlen(word);

	if (text_size(text) < length || memcmp(text->at, word, length) != 0)
		return false;
	text->at += length;
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

void text_skip_blanks(struct text *text)
{
	while (text->at < text->end && is_blank(*text->at))
		text->at++;
}

static unsigned digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		return (unsigned)((c | 0x20) - 'a') + 10;
	return 16;
}

static bool read_number(struct text *text, unsigned base, uint64_t *value)
{
	const char *at = text->at;
	uint64_t sum = 0;

	for (; at < text->end && digit_of(*at) < base; at++)
		if (__builtin_mul_overflow(sum, (uint64_t)base, &sum) ||
		    __builtin_add_overflow(sum, (uint64_t)digit_of(*at), &sum))
			return false;
	if (at == text->at)
		return false;
	text->at = at;
	*value = sum;
	return true;
}

bool text_hex(struct text *text, uint64_t *value)
{
	return read_number(text, 16, value);
}

bool text_decimal(struct text *text, uint64_t *value)
{
	return read_number(text, 10, value);
}

bool text_0x(struct text *text, uint64_t *value)
{
	struct text rest = *text;

	if (!text_skip(&rest, "0x") || !text_hex(&rest, value))
		return false;
	*text = rest;
	return true;
}

bool text_word(struct text *text, struct text *word)
{
	text_skip_blanks(text);
	word->at = text->at;
	while (text->at < text->end && !is_blank(*text->at))
		text->at++;
	word->end = text->at;
	return word->at < word->end;
}

struct text text_trimmed(struct text text)
{
	while (text.end > text.at && is_blank(text.end[-1]))
		text.end--;
	return text;
}

bool text_equals(const struct text *text, const char *word)
{
	return text_size(text) == strlen(word) && memcmp(text->at, word, text_size(text)) == 0;
}

bool range_pages(uint64_t start, unsigned __int128 end, uint64_t *pages)
{
	if (end < start || (end - start) % MM_PAGE_SIZE != 0)
		return false;
	*pages = (uint64_t)((end - start) >> MM_PAGE_SHIFT);
	return true;
}

bool range_size(uint64_t first, uint64_t last, uint64_t *size)
{
	if (last < first && last != first - 1)
		return false;
	*size = last - first + 1;
	return !(first == 0 && last == UINT64_MAX);
}
