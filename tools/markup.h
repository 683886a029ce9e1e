/* SPDX-License-Identifier: BSD-2-Clause */
/* Text that goes into XML or HTML: whatever a file holds, it stays text. */
#ifndef TOOLS_MARKUP_H
#define TOOLS_MARKUP_H

#include <mm/printer.h>

/*
 * A printer that escapes what is printed and passes it on: & < > " ' become references, bytes that are no UTF-8 and
 * characters that XML 1.0 does not allow become U+FFFD. Fit for text and for quoted attributes. A character must be
 * printed in one piece: with one %s, not byte by byte.
 */
struct markup_printer {
	struct printer printer;
	struct printer *out;
};

struct markup_printer markup_printer_to(struct printer *out);

/* Prints a string escaped. */
void print_markup(struct printer *out, const char *text);

#endif
