/* SPDX-License-Identifier: BSD-2-Clause */
#include <loader/wrap.h>

#define INDENT 4

static void pass_on(struct wrap_printer *wrap, size_t length)
{
	while (length > 0 && wrap->line[length - 1] == ' ')
		length--;
	print(wrap->out, "%.*s\n", (int)length, wrap->line);
}

/* The line is full and one character more has come: keeps what is behind the last blank. */
static void break_line(struct wrap_printer *wrap)
{
	size_t at = wrap->length, rest;

	while (at > wrap->columns / 2 && wrap->line[at] != ' ')
		at--;
	if (wrap->line[at] != ' ')
		at = wrap->length;
	pass_on(wrap, at);
	while (at <= wrap->length && wrap->line[at] == ' ')
		at++;
	rest = wrap->length + 1 - at;
	__builtin_memmove(wrap->line + INDENT, wrap->line + at, rest);
	__builtin_memset(wrap->line, ' ', INDENT);
	wrap->length = INDENT + rest;
}

static void wrap_write(struct printer *printer, const char *text, size_t length)
{
	struct wrap_printer *wrap = (struct wrap_printer *)printer;

	for (size_t i = 0; i < length; i++) {
		if (text[i] == '\n') {
			pass_on(wrap, wrap->length);
			wrap->length = 0;
			continue;
		}
		wrap->line[wrap->length] = text[i];
		if (wrap->length == wrap->columns)
			break_line(wrap);
		else
			wrap->length++;
	}
}

void wrap_printer_init(struct wrap_printer *wrap, struct printer *out, size_t columns)
{
	*wrap = (struct wrap_printer){ .printer.write = wrap_write, .out = out, .columns = columns };
	if (columns < WRAP_COLUMNS_MIN)
		wrap->columns = WRAP_COLUMNS_MIN;
	if (columns > WRAP_COLUMNS_MAX)
		wrap->columns = WRAP_COLUMNS_MAX;
}
