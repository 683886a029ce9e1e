/* SPDX-License-Identifier: BSD-2-Clause */
/* mem= and memmap= found in whole command lines. */
#include "e820_assert.h"

#include <mm/e820_options.h>

/* Applies a line to 1 GiB of RAM, and compares the result of the call, the count, and what was told. */
#define APPLY(table, line, expected_result, expected_applied, expected_text)                                           \
	TABLE(table, 8, { 0, GIB, RAM });                                                                              \
	do {                                                                                                           \
		char text[1500];                                                                                       \
		struct buffer_printer out;                                                                             \
		size_t applied = 99;                                                                                   \
		buffer_printer_init(&out, text, sizeof(text));                                                         \
		assert_int_equal(e820_apply_command_line(&table, line, &applied, &out.printer), expected_result);      \
		assert_int_equal(applied, expected_applied);                                                           \
		assert_string_equal(text, expected_text);                                                              \
	} while (0)

#define NEEDED                                                                                                         \
	"needed is SIZE, or for memmap= SIZE@START, SIZE#START, SIZE$START, SIZE!START, SIZE%START-OLD+NEW or "       \
	"exactmap, with sizes above 0 such as 512M or 0x20000000\n"

static void finds_options_among_others(void **state)
{
	(void)state;
	APPLY(none, "", 0, 0, "");
	assert_entries(&none, { 0, GIB, RAM });
	APPLY(others, "  root=/dev/sda1 m me memm -x - memory=5 memmapped=1 nomem=3 xmem=4M mem_sleep=1 quiet ", 0, 0, "");
	assert_entries(&others, { 0, GIB, RAM });
	APPLY(both, "ro mem=512M\tmemmap=64K$1M,4K#2G\nquiet", 0, 2, "");
	assert_entries(&both, { 0, 512 * MIB, RAM }, { MIB, 64 * KIB, RESERVED }, { 2 * GIB, 4 * KIB, ACPI });
	APPLY(order, "memmap=exactmap memmap=4M@0 mem=2M memmap=4M@8M", 0, 4, "");
	assert_entries(&order, { 0, 2 * MIB, RAM }, { 8 * MIB, 4 * MIB, RAM });
}

static void quotes_and_the_end_of_options(void **state)
{
	(void)state;
	APPLY(value, "a=\"mem=1M mem=2M\" mem=\"3M\" b", 0, 1, "");
	assert_entries(&value, { 0, 3 * MIB, RAM });
	APPLY(word, "\"mem=4M\"", 0, 1, "");
	assert_entries(&word, { 0, 4 * MIB, RAM });
	APPLY(dashes, "mem=5M -- mem=1M", 0, 1, "");
	assert_entries(&dashes, { 0, 5 * MIB, RAM });
	APPLY(open, "mem=\"6M", 0, 1, "");
	assert_entries(&open, { 0, 6 * MIB, RAM });
	APPLY(odd, "\" \"\" \"", 0, 0, "");
	assert_entries(&odd, { 0, GIB, RAM });
	APPLY(lone, "mem=7M \"", 0, 1, "");
	assert_entries(&lone, { 0, 7 * MIB, RAM });
	APPLY(empty, "mem=\"", MM_EINVAL, 0, "e820: option \"mem=\"\" is left out: " NEEDED);
	assert_entries(&empty, { 0, GIB, RAM });
}

static void tells_what_is_wrong_and_goes_on(void **state)
{
	(void)state;
	APPLY(junk, "mem=nopentium mem memmap=1M@2Mx,4K@4K mem=7M", MM_EINVAL, 1,
	      "e820: option \"mem=nopentium\" is left out: wrong from \"nopentium\" on, " NEEDED
	      "e820: option \"mem\" is left out: " NEEDED
	      "e820: option \"memmap=1M@2Mx,4K@4K\" is left out: wrong from \"x,4K@4K\" on, " NEEDED);
	assert_entries(&junk, { 0, 7 * MIB, RAM });
	APPLY(big, "memmap=16E memmap=1M%1M-1+4294967296", MM_EOVERFLOW, 0,
	      "e820: option \"memmap=16E\" is left out: wrong from \"16E\" on, a number or a range passes 2^64\n"
	      "e820: option \"memmap=1M%1M-1+4294967296\" is left out: wrong from \"4294967296\" on, a type is above "
	      "2^32 - 1\n");
	assert_entries(&big, { 0, GIB, RAM });
	APPLY(full, "memmap=1@1G,1@1G,1@1G,1@1G,1@1G,1@1G,1@1G memmap=1M$0", MM_ENOSPC, 1,
	      "e820: option \"memmap=1M$0\" is left out: wrong from \"1M$0\" on, the memory map has no room for more "
	      "entries\n");
	assert_int_equal(full.nr_entries, 8);
}

static void needs_no_printer(void **state)
{
	TABLE(table, 8, { 0, GIB, RAM });
	size_t applied = 99;

	(void)state;
	assert_int_equal(e820_apply_command_line(&table, "mem=x", &applied, NULL), MM_EINVAL);
	assert_int_equal(applied, 0);
	assert_entries(&table, { 0, GIB, RAM });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_options_among_others),
		cmocka_unit_test(quotes_and_the_end_of_options),
		cmocka_unit_test(tells_what_is_wrong_and_goes_on),
		cmocka_unit_test(needs_no_printer),
	};

	return cmocka_run_group_tests_name("e820_command_line", tests, NULL, NULL);
}
