/* SPDX-License-Identifier: BSD-2-Clause */
/* Values of mem= and memmap=: every form, every refusal, and that a refusal changes nothing. */
#include "e820_assert.h"

#include <mm/e820_options.h>

static int apply(int (*function)(struct e820_table *, const char *, const char *, const char **),
		 struct e820_table *table, const char *value, size_t *stopped_at)
{
	/* A copy without terminator, so that the address sanitizer sees a character too many. */
	size_t length = strlen(value);
	char *copy = malloc(length ? length : 1);
	const char *stop = NULL;
	int result;

	memcpy(copy, value, length);
	result = function(table, copy, copy + length, &stop);
	if (stopped_at)
		*stopped_at = (size_t)(stop - copy);
	free(copy);
	return result;
}

static int apply_mem(struct e820_table *table, const char *value)
{
	return apply(e820_apply_mem, table, value, NULL);
}

static int apply_memmap(struct e820_table *table, const char *value)
{
	return apply(e820_apply_memmap, table, value, NULL);
}

static void sizes(void **state)
{
	static const struct {
		const char *text;
		uint64_t value;
		size_t length;
	} cases[] = {
		{ "0", 0, 1 },
		{ "1", 1, 1 },
		{ "18446744073709551615", UINT64_MAX, 20 },
		{ "0xffffffffffffffff", UINT64_MAX, 18 },
		{ "0XaBc", 0xabc, 5 },
		{ "010", 8, 3 },
		{ "01777777777777777777777", UINT64_MAX, 23 },
		{ "08", 0, 1 },
		{ "0x", 0, 1 },
		{ "0xg", 0, 1 },
		{ "1k", 1024, 2 },
		{ "1K", 1024, 2 },
		{ "2m", 2 * MIB, 2 },
		{ "2M", 2 * MIB, 2 },
		{ "3g", 3 * GIB, 2 },
		{ "3G", 3 * GIB, 2 },
		{ "1t", UINT64_C(1) << 40, 2 },
		{ "1T", UINT64_C(1) << 40, 2 },
		{ "1p", UINT64_C(1) << 50, 2 },
		{ "1P", UINT64_C(1) << 50, 2 },
		{ "15e", UINT64_C(15) << 60, 3 },
		{ "15E", UINT64_C(15) << 60, 3 },
		{ "0x10K", 16 * KIB, 5 },
		{ "1KK", 1024, 2 },
		{ "12@7", 12, 2 },
		{ "0xeE", 0xee, 4 },
	};

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(cases); i++) {
		const char *stop, *text = cases[i].text;
		uint64_t value = 77;

		assert_int_equal(e820_parse_size(text, text + strlen(text), &stop, &value), 0);
		assert_true(value == cases[i].value);
		assert_int_equal(stop - text, cases[i].length);
	}
}

static void sizes_refused(void **state)
{
	static const struct {
		const char *text;
		int error;
	} cases[] = {
		{ "", MM_EINVAL },
		{ "K", MM_EINVAL },
		{ "-1", MM_EINVAL },
		{ " 1", MM_EINVAL },
		{ "abc", MM_EINVAL },
		{ "18446744073709551616", MM_EOVERFLOW },
		{ "0x10000000000000000", MM_EOVERFLOW },
		{ "99999999999999999999999", MM_EOVERFLOW },
		{ "16E", MM_EOVERFLOW },
		{ "0x40000000000000K", MM_EOVERFLOW },
	};

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(cases); i++) {
		const char *stop, *text = cases[i].text;
		uint64_t value = 77;

		assert_int_equal(e820_parse_size(text, text + strlen(text), &stop, &value), cases[i].error);
		assert_true(value == 77);
		assert_ptr_equal(stop, text);
	}
}

/*
 *  mem=3M   |RAM|R|---RAM---|ACPI|--RAM--|
 *  result   |RAM|R|RAM|     |ACPI|
 */
static void mem_removes_ram_above(void **state)
{
	TABLE(table, 5, { 0, MIB, RAM }, { MIB, MIB, RESERVED }, { 2 * MIB, 4 * MIB, RAM }, { 6 * MIB, MIB, ACPI },
	      { 8 * MIB, GIB, RAM });

	(void)state;
	assert_int_equal(apply_mem(&table, "3M"), 0);
	assert_int_equal(update(&table), 0);
	assert_entries(&table, { 0, MIB, RAM }, { MIB, MIB, RESERVED }, { 2 * MIB, MIB, RAM }, { 6 * MIB, MIB, ACPI });
	/* memmap= with a size alone is the same. */
	assert_int_equal(apply_memmap(&table, "0x80000"), 0);
	assert_int_equal(update(&table), 0);
	assert_entries(&table, { 0, MIB / 2, RAM }, { MIB, MIB, RESERVED }, { 6 * MIB, MIB, ACPI });
}

static void memmap_adds_each_type(void **state)
{
	EMPTY_TABLE(table, 8);

	(void)state;
	assert_int_equal(apply_memmap(&table, "1M@2M"), 0);
	assert_int_equal(apply_memmap(&table, "0x1000#0x500000"), 0);
	assert_int_equal(apply_memmap(&table, "64K$0x18690000"), 0);
	assert_int_equal(apply_memmap(&table, "8G!8G"), 0);
	assert_int_equal(apply_memmap(&table, "4K%1T+20"), 0);
	assert_entries(&table, { 2 * MIB, MIB, RAM }, { 5 * MIB, 0x1000, ACPI }, { 0x18690000, 64 * KIB, RESERVED },
		       { 8 * GIB, 8 * GIB, PRAM }, { UINT64_C(1) << 40, 0x1000, 20 });
}

static void memmap_percent_changes_and_removes(void **state)
{
	TABLE(table, 6, { 0, 4 * MIB, RAM }, { 4 * MIB, MIB, NVS });

	(void)state;
	assert_int_equal(apply_memmap(&table, "1M%1M-1+2"), 0);
	assert_entries(&table, { 0, MIB, RAM }, { 4 * MIB, MIB, NVS }, { MIB, MIB, RESERVED },
		       { 2 * MIB, 2 * MIB, RAM });
	assert_int_equal(apply_memmap(&table, "8M%3M-0x1"), 0);
	assert_entries(&table, { 0, MIB, RAM }, { 4 * MIB, MIB, NVS }, { MIB, MIB, RESERVED }, { 2 * MIB, MIB, RAM });
	assert_int_equal(apply_memmap(&table, "4M%1M"), 0);
	assert_int_equal(update(&table), 0);
	assert_entries(&table, { 0, MIB, RAM });
	assert_int_equal(apply_memmap(&table, "4K%1M+0xefffffff"), 0);
	assert_entries(&table, { 0, MIB, RAM }, { MIB, 0x1000, SOFT });
}

static void memmap_exactmap_and_lists(void **state)
{
	TABLE(table, 3, { 0, GIB, RAM });

	(void)state;
	assert_int_equal(apply_memmap(&table, "exactmap,640K@0,1M@1M"), 0);
	assert_entries(&table, { 0, 640 * KIB, RAM }, { MIB, MIB, RAM });
	assert_int_equal(apply_memmap(&table, "exactmap"), 0);
	assert_int_equal(table.nr_entries, 0);
}

static void refusals_change_nothing(void **state)
{
	static const struct {
		const char *value;
		int error;
		size_t stopped_at;
	} cases[] = {
		{ "", MM_EINVAL, 0 },
		{ "nopentium", MM_EINVAL, 0 },
		{ "exactmapx", MM_EINVAL, 8 },
		{ "exactma", MM_EINVAL, 0 },
		{ "0", MM_EINVAL, 0 },
		{ "1M@", MM_EINVAL, 3 },
		{ "1M@2M,", MM_EINVAL, 6 },
		{ "1M@2M,,1M@4M", MM_EINVAL, 6 },
		{ "1M@2Mx", MM_EINVAL, 5 },
		{ "1M@2M,5M&", MM_EINVAL, 8 },
		{ "1M@2MM", MM_EINVAL, 5 },
		{ "1M@@2M", MM_EINVAL, 3 },
		{ "1M%2M-", MM_EINVAL, 6 },
		{ "1M%2M+", MM_EINVAL, 6 },
		{ "1M%2M-1+", MM_EINVAL, 8 },
		{ "1M%2M+2-1", MM_EINVAL, 7 },
		{ "1M%2M-2+2", MM_EINVAL, 5 },
		{ "1M%2M-1K", MM_EINVAL, 7 },
		{ "1M%2M-4294967296", MM_ERANGE, 6 },
		{ "1M%2M+0x100000000", MM_ERANGE, 6 },
		{ "2@0xffffffffffffffff", MM_EOVERFLOW, 0 },
		{ "1M@2M,16E@0", MM_EOVERFLOW, 6 },
		{ "1M@16E", MM_EOVERFLOW, 3 },
		{ "2%0xffffffffffffffff-1+2", MM_EOVERFLOW, 0 },
	};

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(cases); i++) {
		TABLE(table, 8, { 0, GIB, RAM });
		size_t stopped_at = 99;

		assert_int_equal(apply(e820_apply_memmap, &table, cases[i].value, &stopped_at), cases[i].error);
		assert_int_equal(stopped_at, cases[i].stopped_at);
		assert_entries(&table, { 0, GIB, RAM });
	}
}

static void mem_refusals_change_nothing(void **state)
{
	static const struct {
		const char *value;
		int error;
		size_t stopped_at;
	} cases[] = {
		{ "", MM_EINVAL, 0 },	    { "nopentium", MM_EINVAL, 0 }, { "0", MM_EINVAL, 0 },
		{ "0K", MM_EINVAL, 0 },	    { "4Gx", MM_EINVAL, 2 },	   { "4G@0", MM_EINVAL, 2 },
		{ "16E", MM_EOVERFLOW, 0 }, { "1M,2M", MM_EINVAL, 2 },
	};

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(cases); i++) {
		TABLE(table, 8, { 0, GIB, RAM });
		size_t stopped_at = 99;

		assert_int_equal(apply(e820_apply_mem, &table, cases[i].value, &stopped_at), cases[i].error);
		assert_int_equal(stopped_at, cases[i].stopped_at);
		assert_entries(&table, { 0, GIB, RAM });
	}
}

/* The element that finds no room changes nothing; those before it stay. */
static void a_full_table_says_at_which_element(void **state)
{
	TABLE(table, 2, { 0, GIB, RAM });
	size_t stopped_at = 99;

	(void)state;
	assert_int_equal(apply(e820_apply_memmap, &table, "1M$2G,1M%1M-1+2,4K@3G", &stopped_at), MM_ENOSPC);
	assert_int_equal(stopped_at, 6);
	assert_entries(&table, { 0, GIB, RAM }, { 2 * GIB, MIB, RESERVED });
}

static void an_option_of_no_known_action_is_refused(void **state)
{
	struct e820_option option = { .action = (enum e820_option_action)77 };
	TABLE(table, 2, { 0, GIB, RAM });

	(void)state;
	assert_int_equal(e820_apply_option(&table, &option), MM_EINVAL);
	assert_entries(&table, { 0, GIB, RAM });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(sizes_refused),
		cmocka_unit_test(mem_removes_ram_above),
		cmocka_unit_test(memmap_adds_each_type),
		cmocka_unit_test(memmap_percent_changes_and_removes),
		cmocka_unit_test(memmap_exactmap_and_lists),
		cmocka_unit_test(refusals_change_nothing),
		cmocka_unit_test(mem_refusals_change_nothing),
		cmocka_unit_test(a_full_table_says_at_which_element),
		cmocka_unit_test(an_option_of_no_known_action_is_refused),
	};

	return cmocka_run_group_tests_name("e820_options", tests, NULL, NULL);
}
