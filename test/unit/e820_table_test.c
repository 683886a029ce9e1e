/* SPDX-License-Identifier: BSD-2-Clause */
/* Filling an e820 table, and what sanitising makes of it. */
#include "e820_assert.h"

static void add_appends_as_it_is(void **state)
{
	EMPTY_TABLE(table, 3);

	(void)state;
	assert_int_equal(e820_range_add(&table, 0x5000, 0x1000, RAM), 0);
	assert_int_equal(e820_range_add(&table, 0x1000, 0, NVS), 0);
	assert_int_equal(e820_range_add(&table, 0x4800, 0x1000, RAM), 0);
	assert_entries(&table, { 0x5000, 0x1000, RAM }, { 0x1000, 0, NVS }, { 0x4800, 0x1000, RAM });
}

static void add_refuses_a_full_table_and_a_wrapping_range(void **state)
{
	EMPTY_TABLE(table, 1);

	(void)state;
	assert_int_equal(e820_range_add(&table, UINT64_MAX, 2, RAM), MM_EOVERFLOW);
	assert_int_equal(table.nr_entries, 0);
	assert_int_equal(e820_range_add(&table, UINT64_MAX, 1, RAM), 0);
	assert_int_equal(e820_range_add(&table, 0, 1, RAM), MM_ENOSPC);
	assert_entries(&table, { UINT64_MAX, 1, RAM });
}

/* A wrapping entry in the middle costs only itself: the entries behind it are there. */
static void append_leaves_out_only_the_bad_entry(void **state)
{
	const struct e820_entry more[] = { { 0, 0xa0000, RAM }, { UINT64_MAX - 5, 7, RAM }, { MIB, MIB, ACPI } };
	unsigned char unaligned[sizeof(more) + 1];
	size_t refused = 99;
	EMPTY_TABLE(table, 3);

	(void)state;
	memcpy(unaligned + 1, more, sizeof(more));
	assert_int_equal(e820_append(&table, unaligned + 1, 3, &refused), 0);
	assert_int_equal(refused, 1);
	assert_entries(&table, { 0, 0xa0000, RAM }, { MIB, MIB, ACPI });
	assert_int_equal(e820_append(&table, more, 0, NULL), 0);
	assert_int_equal(table.nr_entries, 2);
}

static void append_adds_what_fits(void **state)
{
	const struct e820_entry more[] = { { 0, 1, RAM }, { 2, 1, RAM }, { 4, 1, RAM }, { 6, 1, RAM } };
	size_t refused = 99;
	EMPTY_TABLE(table, 2);

	(void)state;
	assert_int_equal(e820_append(&table, more, 4, &refused), MM_ENOSPC);
	assert_int_equal(refused, 0);
	assert_entries(&table, { 0, 1, RAM }, { 2, 1, RAM });
}

static void update_of_nothing_and_of_one(void **state)
{
	EMPTY_TABLE(none, 1);
	TABLE(one, 1, { 0x1000, 0x1000, RAM });
	TABLE(empty, 1, { 0x1000, 0, RAM });

	(void)state;
	assert_int_equal(e820_update_table(&none, NULL, 0, NULL), 0);
	assert_int_equal(none.nr_entries, 0);
	assert_int_equal(update(&one), 0);
	assert_entries(&one, { 0x1000, 0x1000, RAM });
	assert_int_equal(update(&empty), 0);
	assert_int_equal(empty.nr_entries, 0);
}

/*
 *  in   |--3--|--3--|--1--|    |-1-|   (and an empty entry, a hole of type 0)
 *  out  |-----3-----|--1--|    |-1-|
 */
static void update_merges_sorted_entries(void **state)
{
	TABLE(table, 6, { 0x1000, 0x1000, ACPI }, { 0x2000, 0x1000, ACPI }, { 0x2800, 0, NVS }, { 0x3000, 0x1000, RAM },
	      { 0x4000, 0x1000, 0 }, { 0x5000, 0x1000, RAM });

	(void)state;
	assert_int_equal(update(&table), 0);
	assert_entries(&table, { 0x1000, 0x2000, ACPI }, { 0x3000, 0x1000, RAM }, { 0x5000, 0x1000, RAM });
}

/*
 *  in   |---------1---------|
 *            |----2----|
 *               |-4-|
 *  out  |-1--|2-|-4-|2-|-1--|
 */
static void update_lets_the_highest_type_win(void **state)
{
	TABLE(table, 5, { 0x3000, 0x4000, RESERVED }, { 0x4000, 0x1000, NVS }, { 0x1000, 0x8000, RAM });

	(void)state;
	assert_int_equal(update(&table), 0);
	assert_entries(&table, { 0x1000, 0x2000, RAM }, { 0x3000, 0x1000, RESERVED }, { 0x4000, 0x1000, NVS },
		       { 0x5000, 0x2000, RESERVED }, { 0x7000, 0x2000, RAM });
}

/*
 * Every pair of types, with gaps, unknown ones and the largest of all: the numerically higher one keeps the common
 * page.
 */
static void update_precedence_of_all_pairs(void **state)
{
	static const uint32_t types[] = { 1, 2, 3, 4, 5, 6, 7, 12, 20, 128, 0xefffffff, 0xf0000000, 0xffffffff };

	(void)state;
	for (size_t low = 0; low < MM_ARRAY_COUNT(types); low++) {
		for (size_t high = low + 1; high < MM_ARRAY_COUNT(types); high++) {
			TABLE(table, 4, { 0x1000, 0x2000, types[high] }, { 0x2000, 0x2000, types[low] });

			assert_int_equal(update(&table), 0);
			/* PRAM and soft reserved are cut where the lower one starts as well. */
			if (types[high] == PRAM || types[high] == SOFT)
				assert_entries(&table, { 0x1000, 0x1000, types[high] }, { 0x2000, 0x1000, types[high] },
					       { 0x3000, 0x1000, types[low] });
			else
				assert_entries(&table, { 0x1000, 0x2000, types[high] }, { 0x3000, 0x1000, types[low] });
		}
	}
}

/*
 *  in   |--1--|      out  |----1----|--4--|-1-|
 *          |----4----|
 *       |--------1--------|                       and an empty entry that is out of order
 */
static void update_of_unsorted_equal_types(void **state)
{
	TABLE(table, 6, { 0x1000, 0x3000, RAM }, { 0x3000, 0, ACPI }, { 0x4000, 0x3000, NVS }, { 0x1000, 0x8000, RAM },
	      { 0x2000, 0x1000, RAM }, { 0x5000, 0x4000, RAM });

	(void)state;
	assert_int_equal(update(&table), 0);
	assert_entries(&table, { 0x1000, 0x3000, RAM }, { 0x4000, 0x3000, NVS }, { 0x7000, 0x2000, RAM });
}

static void update_collapses_duplicates(void **state)
{
	TABLE(table, 3, { 0x2000, 0x1000, RAM }, { 0x2000, 0x1000, RAM }, { 0x2000, 0x1000, RAM });

	(void)state;
	assert_int_equal(update(&table), 0);
	assert_entries(&table, { 0x2000, 0x1000, RAM });
}

/*
 *  in   |-----12-----|     out  |12|-12-|-12-|
 *          |-1--|
 * Two persistent ranges that touch stay two.
 */
static void update_cuts_pram_at_every_edge_inside(void **state)
{
	TABLE(table, 6, { 0x1000, 0x10000, PRAM }, { 0x4000, 0x2000, RAM });
	TABLE(touching, 2, { 0x1000, 0x1000, PRAM }, { 0x2000, 0x1000, PRAM });
	TABLE(touching_unsorted, 2, { 0x2000, 0x1000, SOFT }, { 0x1000, 0x1000, SOFT });

	(void)state;
	assert_int_equal(update(&table), 0);
	assert_entries(&table, { 0x1000, 0x3000, PRAM }, { 0x4000, 0x2000, PRAM }, { 0x6000, 0xb000, PRAM });
	assert_int_equal(update(&touching), 0);
	assert_entries(&touching, { 0x1000, 0x1000, PRAM }, { 0x2000, 0x1000, PRAM });
	assert_int_equal(update(&touching_unsorted), 0);
	assert_entries(&touching_unsorted, { 0x1000, 0x1000, SOFT }, { 0x2000, 0x1000, SOFT });
}

/* A type-0 range gives way to everything, yet its edges cut. */
static void update_type_0_is_a_hole(void **state)
{
	TABLE(table, 5, { 0x3000, 0x1000, 0 }, { 0x1000, 0x4000, SOFT }, { 0x8000, 0x1000, 0 }, { 0x8800, 0x100, RAM });

	(void)state;
	assert_int_equal(update(&table), 0);
	assert_entries(&table, { 0x1000, 0x2000, SOFT }, { 0x3000, 0x1000, SOFT }, { 0x4000, 0x1000, SOFT },
		       { 0x8800, 0x100, RAM });
}

/* Linux leaves the whole table unsorted because of one such entry. */
static void update_clips_entries_at_the_top(void **state)
{
	TABLE(table, 5, { UINT64_MAX - 0x2fff, 0x3000, RESERVED }, { 0x1000, 0x1000, RAM },
	      { UINT64_MAX - 0x1fff, UINT64_MAX, NVS }, { UINT64_MAX, 1, RAM });
	TABLE(below, 2, { UINT64_MAX - 1, 1, NVS }, { 0, UINT64_MAX, RAM });
	size_t clipped = 99;

	(void)state;
	assert_int_equal(update_counting(&table, &clipped), 0);
	assert_int_equal(clipped, 3);
	assert_entries(&table, { 0x1000, 0x1000, RAM }, { UINT64_MAX - 0x2fff, 0x1000, RESERVED },
		       { UINT64_MAX - 0x1fff, 0x1000, NVS });
	assert_int_equal(update_counting(&below, &clipped), 0);
	assert_int_equal(clipped, 0);
	assert_entries(&below, { 0, UINT64_MAX - 1, RAM }, { UINT64_MAX - 1, 1, NVS });
}

static void update_refuses_what_does_not_fit_and_changes_nothing(void **state)
{
	TABLE(table, 2, { 0x1000, 0x8000, RAM }, { 0x3000, 0x1000, NVS });
	TABLE(cut, 2, { 0x1000, 0x8000, PRAM }, { 0x3000, 0x1000, NVS });
	TABLE(cut_end, 2, { 0x3000, 0x8000, PRAM }, { 0x1000, 0x3000, NVS });
	size_t size = e820_update_scratch_size(2), clipped = 99;
	char *scratch = malloc(size);

	(void)state;
	assert_int_equal(e820_update_table(&table, scratch, size - 1, &clipped), MM_ENOSPC);
	assert_int_equal(e820_update_table(&table, scratch, size, &clipped), MM_ENOSPC);
	assert_int_equal(clipped, 0);
	assert_entries(&table, { 0x1000, 0x8000, RAM }, { 0x3000, 0x1000, NVS });
	assert_int_equal(e820_update_table(&cut, scratch, size, NULL), MM_ENOSPC);
	assert_entries(&cut, { 0x1000, 0x8000, PRAM }, { 0x3000, 0x1000, NVS });
	assert_int_equal(e820_update_table(&cut_end, scratch, size, NULL), MM_ENOSPC);
	assert_entries(&cut_end, { 0x3000, 0x8000, PRAM }, { 0x1000, 0x3000, NVS });
	free(scratch);
	assert_int_equal(e820_update_scratch_size(0), 0);
	assert_true(e820_update_scratch_size(SIZE_MAX) == SIZE_MAX);
}

/* More entries than any short-list shortcut: nested ones of distinct types in scrambled order, as one staircase. */
static void update_sorts_long_tables(void **state)
{
	enum { COUNT = 10007 };
	struct e820_entry *entries = calloc(2 * COUNT, sizeof(*entries));
	struct e820_table table = { entries, 2 * COUNT, COUNT };

	(void)state;
	for (uint64_t i = 0; i < COUNT; i++) {
		uint64_t level = i * 7919 % COUNT;

		entries[i] =
			(struct e820_entry){ level << 12, (2 * COUNT - 2 * level) << 12, (uint32_t)(1000 + level) };
	}
	assert_int_equal(update(&table), 0);
	assert_int_equal(table.nr_entries, 2 * COUNT - 1);
	for (uint64_t i = 0; i < 2 * COUNT - 1; i++) {
		uint64_t level = i < COUNT ? i : 2 * COUNT - 2 - i;
		uint64_t addr = (i < COUNT ? i : i + 1) << 12;

		assert_int_equal(entries[i].addr, addr);
		assert_int_equal(entries[i].size, level == COUNT - 1 ? 0x2000 : 0x1000);
		assert_int_equal(entries[i].type, 1000 + level);
	}
	free(entries);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(add_appends_as_it_is),
		cmocka_unit_test(add_refuses_a_full_table_and_a_wrapping_range),
		cmocka_unit_test(append_leaves_out_only_the_bad_entry),
		cmocka_unit_test(append_adds_what_fits),
		cmocka_unit_test(update_of_nothing_and_of_one),
		cmocka_unit_test(update_merges_sorted_entries),
		cmocka_unit_test(update_lets_the_highest_type_win),
		cmocka_unit_test(update_precedence_of_all_pairs),
		cmocka_unit_test(update_of_unsorted_equal_types),
		cmocka_unit_test(update_collapses_duplicates),
		cmocka_unit_test(update_cuts_pram_at_every_edge_inside),
		cmocka_unit_test(update_type_0_is_a_hole),
		cmocka_unit_test(update_clips_entries_at_the_top),
		cmocka_unit_test(update_refuses_what_does_not_fit_and_changes_nothing),
		cmocka_unit_test(update_sorts_long_tables),
	};

	return cmocka_run_group_tests_name("e820_table", tests, NULL, NULL);
}
