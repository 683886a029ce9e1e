/* SPDX-License-Identifier: BSD-2-Clause */
#include <loader/utf16.h>

/* One code point of 1 to 4 bytes; UINT32_MAX for what is no UTF-8. Nothing is read past a NUL: it continues nothing. */
static uint32_t decode(const unsigned char *text, size_t *length)
{
	static const uint32_t smallest[] = { 0, 0x80, 0x800, 0x10000 };
	size_t more = text[0] < 0x80 ? 0 : text[0] < 0xe0 ? 1 : text[0] < 0xf0 ? 2 : 3;
	uint32_t code = more ? text[0] & (0x3fu >> more) : text[0];

	if ((text[0] >= 0x80 && text[0] < 0xc0) || text[0] >= 0xf8)
		return UINT32_MAX;
	for (size_t i = 1; i <= more; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return UINT32_MAX;
		code = code << 6 | (text[i] & 0x3f);
	}
	if (code < smallest[more] || (code >= 0xd800 && code < 0xe000) || code > 0x10ffff)
		return UINT32_MAX;
	*length = 1 + more;
	return code;
}

bool utf8_to_utf16(const char *text, uint16_t *to, size_t capacity, size_t *bad)
{
	size_t at = 0, units = 0;

	for (;;) {
		size_t length = 1;
		uint32_t code = decode((const unsigned char *)text + at, &length);

		if (code == UINT32_MAX || units + 1 + (code > 0xffff) > capacity) {
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
