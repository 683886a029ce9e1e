/* SPDX-License-Identifier: BSD-2-Clause */
#include <loader/utf16.h>

#define REPLACEMENT 0xfffd

/* The table 3-7 of the standard: which second byte a first one has. All later ones are 0x80 to 0xbf. */
static bool second_fits(unsigned char first, unsigned char second)
{
	unsigned char low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
	unsigned char high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;

	return second >= low && second <= high;
}

uint32_t utf8_next(const char *text, size_t size, size_t *length)
{
	const unsigned char *bytes = (const unsigned char *)text;
	size_t more = bytes[0] < 0x80 ? 0 : bytes[0] < 0xe0 ? 1 : bytes[0] < 0xf0 ? 2 : 3;
	uint32_t code = more ? bytes[0] & (0x3fu >> more) : bytes[0];

	*length = 1;
	if ((bytes[0] >= 0x80 && bytes[0] < 0xc2) || bytes[0] > 0xf4)
		return UTF_BAD;
	for (; *length <= more; ++*length) {
		if (*length == size || (bytes[*length] & 0xc0) != 0x80 ||
		    (*length == 1 && !second_fits(bytes[0], bytes[1])))
			return UTF_BAD;
		code = code << 6 | (bytes[*length] & 0x3f);
	}
	return code;
}

size_t utf8_cut(const char *text, size_t length, size_t room)
{
	size_t end = room, size;

	if (length <= room)
		return length;
	while (end > 0 && room - end < 3 && (text[end] & 0xc0) == 0x80)
		end--;
	/* bytes that continue nothing are cut anywhere */
	return utf8_next(text + end, length - end, &size) != UTF_BAD && end + size > room ? end : room;
}

uint32_t utf16_next(const utf16_unit *text, size_t count, size_t *length)
{
	uint32_t code = text[0];

	*length = 1;
	if (code < 0xd800 || code >= 0xe000)
		return code;
	if (code >= 0xdc00 || count == 1 || text[1] < 0xdc00 || text[1] >= 0xe000)
		return UTF_BAD;
	*length = 2;
	return 0x10000 + ((code & 0x3ff) << 10 | (text[1] & 0x3ff));
}

size_t utf8_put(uint32_t code, char *to)
{
	size_t more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;

	for (size_t i = more; i > 0; i--, code >>= 6)
		to[i] = (char)(0x80 | (code & 0x3f));
	to[0] = (char)((more ? 0xf00 >> (more + 1) : 0) | code);
	return 1 + more;
}

bool utf8_to_utf16(const char *text, uint16_t *to, size_t capacity, size_t *bad)
{
	size_t at = 0, units = 0;

	for (;;) {
		size_t length;
		uint32_t code = utf8_next(text + at, SIZE_MAX, &length); /* a NUL completes no character */

		if (code == UTF_BAD || units + 1 + (code > 0xffff) > capacity) {
			if (bad)
				*bad = at;
			return false;
		}
		if (code > 0xffff) {
			to[units++] = (uint16_t)(0xd7c0 + (code >> 10));
			to[units++] = (uint16_t)(0xdc00 | (code & 0x3ff));
		} else {
			to[units++] = (uint16_t)code;
		}
		if (code == 0)
			return true;
		at += length;
	}
}

size_t utf16_to_utf8(const utf16_unit *from, size_t count, char *to, size_t capacity)
{
	size_t length = 0, stored = 0, units;

	for (size_t i = 0; i < count && from[i]; i += units) {
		uint32_t code = utf16_next(from + i, count - i, &units);
		char bytes[4];
		size_t size = utf8_put(code == UTF_BAD ? REPLACEMENT : code, bytes);

		if (stored == length && size < capacity - stored) {
			__builtin_memcpy(to + stored, bytes, size);
			stored += size;
		}
		length += size;
	}
	to[stored] = '\0';
	return length;
}
