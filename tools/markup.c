/* SPDX-License-Identifier: BSD-2-Clause */
#include "markup.h"

#include <stdint.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd"

static const char *reference(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

/* Bytes of the character at the front of the text; 0 when it is no character that XML allows. */
static size_t character_size(const unsigned char *text, size_t length)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t size = *text < 0x80 ? 1 : (*text & 0xe0) == 0xc0 ? 2 : (*text & 0xf0) == 0xe0 ? 3 : (*text & 0xf8) == 0xf0 ? 4 : 0;
	uint32_t character = size > 1 ? *text & (0xffu >> (size + 1)) : *text;

	if (size == 0 || size > length)
		return 0;
	for (size_t i = 1; i < size; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		character = character << 6 | (text[i] & 0x3f);
	}
	if (size == 1)
		return (character >= ' ' && character != 0x7f) || character == '\t' || character == '\n' ? 1 : 0;
	if (character < least[size] || character > 0x10ffff || (character >= 0xd800 && character < 0xe000) ||
	    character == 0xfffe || character == 0xffff || (character >= 0x80 && character < 0xa0))
		return 0;
	return size;
}

static void write_escaped(struct printer *printer, const char *text, size_t length)
{
	struct printer *out = ((struct markup_printer *)printer)->out;

	while (length) {
		size_t size = character_size((const unsigned char *)text, length);
		const char *instead = size ? reference(*text) : REPLACEMENT;

		if (instead)
			out->write(out, instead, strlen(instead));
		else
			out->write(out, text, size);
		size += size == 0;
		text += size;
		length -= size;
	}
}

struct markup_printer markup_printer_to(struct printer *out)
{
	return (struct markup_printer){ { write_escaped }, out };
}

void print_markup(struct printer *out, const char *text)
{
	struct markup_printer escaped = markup_printer_to(out);

	write_escaped(&escaped.printer, text, strlen(text));
}
