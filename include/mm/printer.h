/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text output without a C library: a callback, and a small printf on top of it. The UEFI
 * console, a serial port and a buffer in a test all look the same to whoever prints.
 */
#ifndef MM_PRINTER_H
#define MM_PRINTER_H

#include <stdarg.h>
#include <stddef.h>

/*
 * Somewhere to print to. Embed it in a larger struct to give write() its state. write() gets
 * length bytes of ASCII that are not terminated; a line ends in '\n' alone.
 */
struct printer {
	void (*write)(struct printer *printer, const char *text, size_t length);
};

/*
 * Prints as C's printf. Understood: flags '-', '0' and '#' (0x before %x, even of 0), a width, also '*', a
 * precision for %s (also '*'), lengths hh h l ll z, conversions d i u x X c s p %. An unknown
 * conversion is printed as it stands. A null printer, and a null string ("(null)"), are allowed.
 */
void print(struct printer *printer, const char *format, ...) __attribute__((format(printf, 2, 3)));
void vprint(struct printer *printer, const char *format, va_list arguments) __attribute__((format(printf, 2, 0)));

/* Bytes before the NUL: strlen, which a freestanding program may not have. */
static inline size_t text_length(const char *text)
{
	size_t length = 0;

	while (text[length])
		length++;
	return length;
}

/*
 * A printer into memory: at most capacity - 1 bytes and a terminating NUL. length counts what was
 * printed, stored or not, so length >= capacity says that text was cut off.
 */
struct buffer_printer {
	struct printer printer;
	char *buffer;
	size_t capacity;
	size_t length;
};

/* Makes out print into buffer, which holds capacity (at least 1) bytes; the text starts empty. */
void buffer_printer_init(struct buffer_printer *out, char *buffer, size_t capacity);

#endif
