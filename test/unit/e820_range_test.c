/* SPDX-License-Identifier: BSD-2-Clause */
/* Changing and removing ranges, and questions about ranges. */
#include "e820_assert.h"

/*
 *  table    |------1------|      |--1--|  |2|
 *  update      |---------------------|   1 -> 5
 *  result   |1-|   5: the rest,  |5: 2|-1|
 */
static void update_cuts_at_both_ends(void **state)
{
	TABLE(table, 5, { 0x1000, 0x4000, RAM }, { 0x8000, 0x3000, RAM }, { 0xc000, 0x1000, RESERVED });
	uint64_t changed = 99;

	(void)state;
	assert_int_equal(e820_range_update(&table, 0x2000, 0x8000, RAM, UNUSABLE, &changed), 0);
	assert_int_equal(changed, 0x5000);
	/* New pieces are at the end: the table is unsorted until e820_update_table. */
	assert_entries(&table, { 0x1000, 0x1000, RAM }, { 0xa000, 0x1000, RAM }, { 0xc000, 0x1000, RESERVED },
		       { 0x2000, 0x3000, UNUSABLE }, { 0x8000, 0x2000, UNUSABLE });
}

static void update_splits_in_the_middle(void **state)
{
	TABLE(table, 3, { 0x1000, 0x9000, RAM });
	uint64_t changed = 99;

	(void)state;
	assert_int_equal(e820_range_update(&table, 0x4000, 0x2000, RAM, RESERVED, &changed), 0);
	assert_int_equal(changed, 0x2000);
	assert_entries(&table, { 0x1000, 0x3000, RAM }, { 0x4000, 0x2000, RESERVED }, { 0x6000, 0x4000, RAM });
}

static void update_changes_covered_and_overlapping_entries_each(void **state)
{
	TABLE(table, 4, { 0x3000, 0x1000, RAM }, { 0x3000, 0x1000, RAM }, { 0x3000, 0x1000, NVS }, { 0x9000, 0, RAM });
	uint64_t changed = 99;

	(void)state;
	assert_int_equal(e820_range_update(&table, 0x1000, 0x4000, RAM, ACPI, &changed), 0);
	assert_int_equal(changed, 0x2000);
	assert_entries(&table, { 0x3000, 0x1000, ACPI }, { 0x3000, 0x1000, ACPI }, { 0x3000, 0x1000, NVS },
		       { 0x9000, 0, RAM });
}

static void update_of_an_empty_range_splits_as_linux_does(void **state)
{
	TABLE(table, 3, { 0x1000, 0x4000, RAM });
	uint64_t changed = 99;

	(void)state;
	assert_int_equal(e820_range_update(&table, 0x3000, 0, RAM, NVS, &changed), 0);
	assert_int_equal(changed, 0);
	assert_entries(&table, { 0x1000, 0x2000, RAM }, { 0x3000, 0, NVS }, { 0x3000, 0x2000, RAM });
	assert_int_equal(update(&table), 0);
	assert_entries(&table, { 0x1000, 0x4000, RAM });
}

static void update_clamps_at_the_top(void **state)
{
	TABLE(table, 3, { UINT64_MAX - 0x3fff, 0x3fff, RAM });
	TABLE(reaching, 3, { UINT64_MAX - 0x3fff, 0x4000, RAM });
	uint64_t changed = 99;

	(void)state;
	assert_int_equal(e820_range_update(&table, UINT64_MAX - 0x1fff, UINT64_MAX, RAM, NVS, &changed), 0);
	assert_int_equal(changed, 0x1fff);
	assert_entries(&table, { UINT64_MAX - 0x3fff, 0x2000, RAM }, { UINT64_MAX - 0x1fff, 0x1fff, NVS });
	assert_int_equal(e820_range_update(&reaching, UINT64_MAX - 0x1fff, UINT64_MAX, RAM, NVS, &changed), 0);
	assert_int_equal(changed, 0x2000);
	assert_entries(&reaching, { UINT64_MAX - 0x3fff, 0x2000, RAM }, { UINT64_MAX - 0x1fff, 0x2000, NVS });
}

static void update_refuses_and_changes_nothing(void **state)
{
	TABLE(table, 2, { 0x1000, 0x9000, RAM });
	uint64_t changed = 99;

	(void)state;
	assert_int_equal(e820_range_update(&table, 0x4000, 0x2000, RAM, RAM, &changed), MM_EINVAL);
	assert_int_equal(changed, 0);
	assert_int_equal(e820_range_update(&table, 0x4000, 0x2000, RAM, RESERVED, &changed), MM_ENOSPC);
	assert_int_equal(changed, 0);
	assert_entries(&table, { 0x1000, 0x9000, RAM });
	assert_int_equal(e820_range_remove(&table, 0x2000, 0x1000, 0, &changed), 0);
	assert_int_equal(changed, 0x1000);
	assert_int_equal(e820_range_remove(&table, 0x5000, 0x1000, 0, &changed), MM_ENOSPC);
	assert_int_equal(changed, 0);
	assert_entries(&table, { 0x1000, 0x1000, RAM }, { 0x3000, 0x7000, RAM });
}

/*
 *  table    |--1--|-2-|--1--|-4-|-----1-----|
 *  remove      |----------------------|        only 1
 *  result   |1-|  |-2-|     |-4-|     |--1--|
 */
static void remove_takes_only_its_type(void **state)
{
	TABLE(table, 5, { 0x1000, 0x2000, RAM }, { 0x3000, 0x1000, RESERVED }, { 0x4000, 0x2000, RAM },
	      { 0x6000, 0x1000, NVS }, { 0x7000, 0x4000, RAM });
	uint64_t removed = 99;

	(void)state;
	assert_int_equal(e820_range_remove(&table, 0x2000, 0x7000, RAM, &removed), 0);
	assert_int_equal(removed, 0x5000);
	/* The covered entry is all zeros until e820_update_table. */
	assert_entries(&table, { 0x1000, 0x1000, RAM }, { 0x3000, 0x1000, RESERVED }, { 0, 0, 0 },
		       { 0x6000, 0x1000, NVS }, { 0x9000, 0x2000, RAM });
	assert_int_equal(update(&table), 0);
	assert_entries(&table, { 0x1000, 0x1000, RAM }, { 0x3000, 0x1000, RESERVED }, { 0x6000, 0x1000, NVS },
		       { 0x9000, 0x2000, RAM });
}

static void remove_of_type_0_takes_any(void **state)
{
	TABLE(table, 4, { 0x1000, 0x2000, RAM }, { 0x3000, 0x5000, NVS });
	uint64_t removed = 99;

	(void)state;
	assert_int_equal(e820_range_remove(&table, 0x2000, 0x2000, 0, &removed), 0);
	assert_int_equal(removed, 0x2000);
	assert_entries(&table, { 0x1000, 0x1000, RAM }, { 0x4000, 0x4000, NVS });
	assert_int_equal(e820_range_remove(&table, 0x5000, 0x1000, 0, &removed), 0);
	assert_int_equal(removed, 0x1000);
	assert_entries(&table, { 0x1000, 0x1000, RAM }, { 0x4000, 0x1000, NVS }, { 0x6000, 0x2000, NVS });
	assert_int_equal(e820_range_remove(&table, 0x7000, 0, 0, &removed), 0);
	assert_int_equal(removed, 0);
	assert_entries(&table, { 0x1000, 0x1000, RAM }, { 0x4000, 0x1000, NVS }, { 0x6000, 0x1000, NVS },
		       { 0x7000, 0x1000, NVS });
}

static void mapped_any_and_all(void **state)
{
	TABLE(table, 4, { 0x1000, 0x2000, RAM }, { 0x3000, 0x1000, NVS }, { 0x4000, 0x1000, RAM },
	      { 0x8000, 0x1000, RAM });

	(void)state;
	assert_true(e820_mapped_any(&table, 0, 0x1001, 0));
	assert_false(e820_mapped_any(&table, 0, 0x1000, 0));
	assert_false(e820_mapped_any(&table, 0x5000, 0x8000, 0));
	assert_true(e820_mapped_any(&table, 0x1000, 0x5000, NVS));
	assert_false(e820_mapped_any(&table, 0x4000, 0x9000, NVS));
	assert_true(e820_mapped_all(&table, 0x1000, 0x5000, 0));
	assert_false(e820_mapped_all(&table, 0x1000, 0x5000, RAM));
	assert_true(e820_mapped_all(&table, 0x1800, 0x3000, RAM));
	assert_false(e820_mapped_all(&table, 0xfff, 0x3000, RAM));
	assert_false(e820_mapped_all(&table, 0x4000, 0x9000, 0));
	assert_true(e820_mapped_all(&table, 0x1800, 0x1800, RAM));
	assert_false(e820_mapped_all(&table, 0x6000, 0x6000, 0));
}

static void entry_type_is_that_of_the_entry_that_completes(void **state)
{
	TABLE(table, 3, { 0x1000, 0x2000, RAM }, { 0x3000, 0x1000, SOFT }, { 0x6000, 0x1000, NVS });

	(void)state;
	assert_int_equal(e820_get_entry_type(&table, 0x1000, 0x2000), RAM);
	assert_int_equal(e820_get_entry_type(&table, 0x1000, 0x4000), INT64_C(0xefffffff));
	assert_int_equal(e820_get_entry_type(&table, 0x1000, 0x4001), MM_EINVAL);
	assert_int_equal(e820_get_entry_type(&table, 0x6000, 0x6001), NVS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(update_cuts_at_both_ends),
		cmocka_unit_test(update_splits_in_the_middle),
		cmocka_unit_test(update_changes_covered_and_overlapping_entries_each),
		cmocka_unit_test(update_of_an_empty_range_splits_as_linux_does),
		cmocka_unit_test(update_clamps_at_the_top),
		cmocka_unit_test(update_refuses_and_changes_nothing),
		cmocka_unit_test(remove_takes_only_its_type),
		cmocka_unit_test(remove_of_type_0_takes_any),
		cmocka_unit_test(mapped_any_and_all),
		cmocka_unit_test(entry_type_is_that_of_the_entry_that_completes),
	};

	return cmocka_run_group_tests_name("e820_range", tests, NULL, NULL);
}
