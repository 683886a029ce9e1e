/* SPDX-License-Identifier: BSD-2-Clause */
/* Breaking lines: nothing but blanks is lost, and no line is too long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <loader/wrap.h>

static void expect_wrapped(size_t columns, const char *text, const char *wanted)
{
	struct buffer_printer out;
	struct wrap_printer wrap;
	char result[2000];

	/* At once, and character by character. */
	for (int single = 0; single < 2; single++) {
		buffer_printer_init(&out, result, sizeof(result));
		wrap_printer_init(&wrap, &out.printer, columns);
		for (const char *c = text; single && *c; c++)
			print(&wrap.printer, "%c", *c);
		if (!single)
			print(&wrap.printer, "%s", text);
		assert_string_equal(result, wanted);
	}
}

static void leaves_short_lines_alone(void **state)
{
	(void)state;
	expect_wrapped(20, "", "");
	expect_wrapped(20, "\n", "\n");
	expect_wrapped(20, "12345678901234567890\n", "12345678901234567890\n");
	expect_wrapped(20, "  two blanks\n\nempty\n", "  two blanks\n\nempty\n");
	expect_wrapped(20, "blanks behind       \n", "blanks behind\n");
}

static void breaks_at_blanks(void **state)
{
	(void)state;
	expect_wrapped(20, "one two three four five six\n", "one two three four\n    five six\n");
	expect_wrapped(20, "1234567890123456789 x\n", "1234567890123456789\n    x\n");
	expect_wrapped(20, "12345678901234567890 x\n", "12345678901234567890\n    x\n");
	expect_wrapped(20, "aaaa bbbb cccc dddd eeee ffff gggg hhhh\n",
		       "aaaa bbbb cccc dddd\n    eeee ffff gggg\n    hhhh\n");
}

static void breaks_words_that_are_too_long(void **state)
{
	(void)state;
	expect_wrapped(20, "a 345678901234567890123456789012345678\n",
		       "a 345678901234567890\n    1234567890123456\n    78\n");
}

/* Widths outside the limits, with lines of the longest kind and blanks at the worst places. */
static void stays_within_its_limits(void **state)
{
	char text[1200];

	(void)state;
	expect_wrapped(0, "123456789012345678901\n", "12345678901234567890\n    1\n");
	for (size_t blank = 1; blank < 256; blank++) {
		struct buffer_printer out;
		struct wrap_printer wrap;
		char result[2000];
		size_t length = 0;

		memset(text, 'x', sizeof(text));
		for (size_t i = blank; i < sizeof(text); i += 256)
			text[i] = ' ';
		text[sizeof(text) - 2] = '\n';
		text[sizeof(text) - 1] = '\0';
		buffer_printer_init(&out, result, sizeof(result));
		wrap_printer_init(&wrap, &out.printer, 1000);
		print(&wrap.printer, "%s", text);
		for (const char *c = result; *c; c++) {
			length = *c == '\n' ? 0 : length + 1;
			assert_true(length <= WRAP_COLUMNS_MAX);
		}
		length = 0;
		for (const char *c = result; *c; c++)
			length += *c == 'x';
		for (const char *c = text; *c; c++)
			length -= *c == 'x';
		assert_int_equal(length, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaves_short_lines_alone),
		cmocka_unit_test(breaks_at_blanks),
		cmocka_unit_test(breaks_words_that_are_too_long),
		cmocka_unit_test(stays_within_its_limits),
	};

	return cmocka_run_group_tests_name("wrap", tests, NULL, NULL);
}
