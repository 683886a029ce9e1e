/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines that fit a console: what is longer goes on in the next line, which is indented. */
#ifndef LOADER_WRAP_H
#define LOADER_WRAP_H

#include <mm/printer.h>

#define WRAP_COLUMNS_MIN 20
#define WRAP_COLUMNS_MAX 255

/* Prints to out. Set up by wrap_printer_init(); a line is passed on when its end is printed. */
struct wrap_printer {
	struct printer printer;
	struct printer *out;
	size_t columns;
	size_t length;
	char line[WRAP_COLUMNS_MAX + 1];
};

/*
 * Breaks lines of more than columns characters (brought between the two limits above) at the last blank of those in
 * its second half, or, where there is none, after that many.
 */
void wrap_printer_init(struct wrap_printer *wrap, struct printer *out, size_t columns);

#endif
