/* SPDX-License-Identifier: BSD-2-Clause */
/* print() against the C library's printf, for every conversion that it knows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <mm/printer.h>

#define SAME_AS_PRINTF(...)                                                                                            \
	do {                                                                                                           \
		char ours[200], libc[200];                                                                             \
		struct buffer_printer out;                                                                             \
		buffer_printer_init(&out, ours, sizeof(ours));                                                         \
		print(&out.printer, __VA_ARGS__);                                                                      \
		assert_int_equal(out.length, snprintf(libc, sizeof(libc), __VA_ARGS__));                               \
		assert_string_equal(ours, libc);                                                                       \
	} while (0)

static void prints_what_printf_prints(void **state)
{
	(void)state;
	SAME_AS_PRINTF("plain 100%% text%c", '!');
	SAME_AS_PRINTF("[%5s|%-5s|%.2s|%-4.*s|%s]", "ab", "cd", "efgh", 3, "ijklm", "");
	SAME_AS_PRINTF("%d %5d %-5d| %05d %i", -1, 42, 42, -42, INT32_MIN);
	SAME_AS_PRINTF("%u %x %X %#x %#018llx", 4000000000u, 0xbeefu, 0xbeefu, 1u, 0x9ffffull);
	SAME_AS_PRINTF("%llu %lld %llx", (unsigned long long)UINT64_MAX, (long long)INT64_MIN, 0ull);
	SAME_AS_PRINTF("%zu %lx %*d|%-*d|", (size_t)12345, 0x123456789abcul, 6, 7, 6, 7);
	SAME_AS_PRINTF("%hhu %hu %hd %hhd", (unsigned char)200, (unsigned short)60000, (short)-5, (signed char)-6);
	SAME_AS_PRINTF("%lu %#lX %ld", 5000000000ul, 0xbeeful, -5000000000l);
	SAME_AS_PRINTF("%p", (void *)0x1234);
}

static void cuts_off_at_capacity_and_says_so(void **state)
{
	char text[5];
	struct buffer_printer out;

	(void)state;
	buffer_printer_init(&out, text, sizeof(text));
	print(&out.printer, "123456789");
	assert_string_equal(text, "1234");
	assert_int_equal(out.length, 9);
}

static void survives_bad_formats(void **state)
{
	char text[40];
	struct buffer_printer out;
	const char *unfinished = "a%", *unknown = "%y";
	const char *volatile null = NULL;

	(void)state;
	buffer_printer_init(&out, text, sizeof(text));
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-security"
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	print(&out.printer, unfinished);
	print(&out.printer, unknown);
#pragma GCC diagnostic pop
	print(&out.printer, "%s", null);
	print(NULL, "nobody listens %d", 1);
	assert_string_equal(text, "a%%y(null)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prints_what_printf_prints),
		cmocka_unit_test(cuts_off_at_capacity_and_says_so),
		cmocka_unit_test(survives_bad_formats),
	};

	return cmocka_run_group_tests_name("printer", tests, NULL, NULL);
}
