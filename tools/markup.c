/* SPDX-License-Identifier: BSD-2-Clause */
#include "markup.h"

#include <string.h>

#include "utf8.h"

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

/* Bytes of the character at the front of the text; 0 when it is none, or one that XML does not allow. */
static size_t character_size(const char *text, size_t length)
{
	const unsigned char *bytes = (const unsigned char *)text;
	size_t size = utf8_length(text);

	if (size > length)
		return 0;
	if (size == 1)
		return (*bytes >= ' ' && *bytes != 0x7f) || *bytes == '\t' || *bytes == '\n';
	if (size == 2 && bytes[0] == 0xc2 && bytes[1] < 0xa0) /* U+0080 to U+009F */
		return 0;
	if (size == 3 && bytes[0] == 0xef && bytes[1] == 0xbf && bytes[2] >= 0xbe) /* U+FFFE and U+FFFF */
		return 0;
	return size;
}

static void write_escaped(struct printer *printer, const char *text, size_t length)
{
	struct printer *out = ((struct markup_printer *)printer)->out;

	while (length) {
		size_t size = character_size(text, length);
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
