/* SPDX-License-Identifier: BSD-2-Clause */
#include <mm/printer.h>

#include <stdbool.h>
#include <stdint.h>

struct conversion {
	bool left;
	bool zero;
	bool prefix;
	bool has_precision;
	int width;
	int precision;
	int longs; /* -2 hh, -1 h, 0 int, 1 l and z, 2 ll */
};

static void put_padding(struct printer *printer, char c, int count)
{
	for (; count > 0; count--)
		printer->write(printer, &c, 1);
}

static void put_field(struct printer *printer, const struct conversion *c, const char *prefix, size_t prefix_length,
		      const char *text, size_t length)
{
	int padding = c->width > (int)(prefix_length + length) ? c->width - (int)(prefix_length + length) : 0;

	if (!c->left && !c->zero)
		put_padding(printer, ' ', padding);
	if (prefix_length)
		printer->write(printer, prefix, prefix_length);
	if (!c->left && c->zero)
		put_padding(printer, '0', padding);
	if (length)
		printer->write(printer, text, length);
	if (c->left)
		put_padding(printer, ' ', padding);
}

static void put_number(struct printer *printer, const struct conversion *c, uint64_t value, bool negative,
		       unsigned base, char ten)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		unsigned digit = (unsigned)(value % base);

		digits[--at] = (char)(digit < 10 ? '0' + digit : ten + digit - 10);
		value /= base;
	} while (value);

	const char *prefix = negative ? "-" : c->prefix ? (ten == 'A' ? "0X" : "0x") : "";
	size_t prefix_length = negative ? 1 : c->prefix ? 2 : 0;

	put_field(printer, c, prefix, prefix_length, digits + at, sizeof(digits) - at);
}

static const char *parse_number(const char *format, va_list *arguments, int *number)
{
	if (*format == '*') {
		*number = va_arg(*arguments, int);
		return format + 1;
	}
	for (*number = 0; *format >= '0' && *format <= '9' && *number < 100000; format++)
		*number = *number * 10 + (*format - '0');
	return format;
}

static const char *parse_conversion(const char *format, va_list *arguments, struct conversion *c)
{
	for (;; format++) {
		if (*format == '-')
			c->left = true;
		else if (*format == '0')
			c->zero = true;
		else if (*format == '#')
			c->prefix = true;
		else
			break;
	}
	format = parse_number(format, arguments, &c->width);
	if (*format == '.') {
		c->has_precision = true;
		format = parse_number(format + 1, arguments, &c->precision);
	}
	for (;; format++) {
		if (*format == 'l')
			c->longs++;
		else if (*format == 'h')
			c->longs--;
		else if (*format == 'z')
			c->longs = 1;
		else
			break;
	}
	return format;
}

static uint64_t unsigned_argument(va_list *arguments, int longs)
{
	if (longs >= 2)
		return va_arg(*arguments, unsigned long long);
	if (longs == 1)
		return va_arg(*arguments, unsigned long);

	unsigned value = va_arg(*arguments, unsigned);

	return longs == 0 ? value : longs == -1 ? (unsigned short)value : (unsigned char)value;
}

static int64_t signed_argument(va_list *arguments, int longs)
{
	if (longs >= 2)
		return va_arg(*arguments, long long);
	if (longs == 1)
		return va_arg(*arguments, long);

	int value = va_arg(*arguments, int);

	return longs == 0 ? value : longs == -1 ? (short)value : (signed char)value;
}

static void put_string(struct printer *printer, const struct conversion *c, const char *text)
{
	size_t length = 0;

	if (!text)
		text = "(null)";
	while ((!c->has_precision || length < (size_t)c->precision) && text[length])
		length++;
	put_field(printer, c, "", 0, text, length);
}

static void put_conversion(struct printer *printer, struct conversion *c, char kind, va_list *arguments)
{
	int64_t number;
	char character;

	switch (kind) {
	case 'd':
	case 'i':
		number = signed_argument(arguments, c->longs);
		c->prefix = false;
		put_number(printer, c, number < 0 ? -(uint64_t)number : (uint64_t)number, number < 0, 10, 'a');
		break;
	case 'u':
		c->prefix = false;
		put_number(printer, c, unsigned_argument(arguments, c->longs), false, 10, 'a');
		break;
	case 'x':
	case 'X':
		put_number(printer, c, unsigned_argument(arguments, c->longs), false, 16, kind == 'x' ? 'a' : 'A');
		break;
	case 'p':
		c->prefix = true;
		put_number(printer, c, (uintptr_t)va_arg(*arguments, void *), false, 16, 'a');
		break;
	case 's':
		c->zero = false;
		put_string(printer, c, va_arg(*arguments, const char *));
		break;
	case 'c':
		c->zero = false;
		character = (char)va_arg(*arguments, int);
		put_field(printer, c, "", 0, &character, 1);
		break;
	default:
		printer->write(printer, "%", 1);
		if (kind != '%')
			printer->write(printer, &kind, 1);
	}
}

void vprint(struct printer *printer, const char *format, va_list arguments)
{
	va_list list;

	if (!printer)
		return;
	va_copy(list, arguments);
	while (*format) {
		size_t plain = 0;

		while (format[plain] && format[plain] != '%')
			plain++;
		if (plain)
			printer->write(printer, format, plain);
		format += plain;
		if (!*format)
			break;

		struct conversion c = { 0 };

		format = parse_conversion(format + 1, &list, &c);
		if (!*format) {
			printer->write(printer, "%", 1);
			break;
		}
		put_conversion(printer, &c, *format++, &list);
	}
	va_end(list);
}

void print(struct printer *printer, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vprint(printer, format, arguments);
	va_end(arguments);
}

static void buffer_write(struct printer *printer, const char *text, size_t length)
{
	struct buffer_printer *out = (struct buffer_printer *)printer;

	for (size_t i = 0; i < length; i++, out->length++) {
		if (out->length + 1 < out->capacity) {
			out->buffer[out->length] = text[i];
			out->buffer[out->length + 1] = '\0';
		}
	}
}

void buffer_printer_init(struct buffer_printer *out, char *buffer, size_t capacity)
{
	*out = (struct buffer_printer){ .printer.write = buffer_write, .buffer = buffer, .capacity = capacity };
	buffer[0] = '\0';
}
