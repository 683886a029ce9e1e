/* SPDX-License-Identifier: BSD-2-Clause */
/* memblock_add, _reserve, _remove and _phys_free: what the tables hold afterwards, to the last field. */
#include "memblock_expect.h"

/* Before any call: no regions, room for 128 in each table, the names that Linux gives them. */
static void starts_as_linux_does(void **state)
{
	(void)state;
	assert_non_null(memblock.memory.regions);
	assert_non_null(memblock.reserved.regions);
	assert_int_equal(memblock.memory.max, 128);
	assert_int_equal(memblock.reserved.max, 128);
	assert_string_equal(memblock.memory.name, "memory");
	assert_string_equal(memblock.reserved.name, "reserved");
	assert_false(memblock.bottom_up);
	assert_true(memblock.current_limit == PHYS_ADDR_MAX);
	EXPECT_EMPTY(&memblock.memory);
	EXPECT_EMPTY(&memblock.reserved);
}

/*
 * Three ranges in any order end up sorted:
 *
 *   |  +----+     +----+      +----+  |
 *   |  | 1  |     | 2  |      | 3  |  |
 *   +--+----+-----+----+------+----+--+
 */
static void sorts_ranges_added_in_any_order(void **state)
{
	static const unsigned orders[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
					       { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };

	for (unsigned i = 0; i < 6; i++) {
		start_empty(state);
		for (unsigned k = 0; k < 3; k++)
			assert_int_equal(memblock_add((orders[i][k] + 1) * MIB, 4 * KIB), 0);
		EXPECT_MEMORY(REGION(MIB, 4 * KIB), REGION(2 * MIB, 4 * KIB), REGION(3 * MIB, 4 * KIB));
		EXPECT_EMPTY(&memblock.reserved);
	}
}

/*
 * A range that fills the hole between two, and touches both, makes one of three:
 *
 *   |  +-------+.......+-------+  |
 *   |  |  r1   :  new  :  r2   |  |
 *   +--+-------+-------+-------+--+
 */
static void joins_both_neighbours(void **state)
{
	(void)state;
	assert_int_equal(memblock_reserve(MIB, MIB), 0);
	assert_int_equal(memblock_reserve(3 * MIB, MIB), 0);
	assert_int_equal(memblock_reserve(5 * MIB, MIB), 0);
	assert_int_equal(memblock_reserve(2 * MIB, MIB), 0);
	EXPECT_RESERVED(REGION(MIB, 3 * MIB), REGION(5 * MIB, MIB));
}

/* A range that touches only the end of one, then one that touches only the start of another. */
static void joins_one_neighbour(void **state)
{
	(void)state;
	assert_int_equal(memblock_reserve(MIB, MIB), 0);
	assert_int_equal(memblock_reserve(8 * MIB, MIB), 0);
	assert_int_equal(memblock_reserve(2 * MIB, MIB), 0);
	EXPECT_RESERVED(REGION(MIB, 2 * MIB), REGION(8 * MIB, MIB));
	assert_int_equal(memblock_reserve(7 * MIB, MIB), 0);
	EXPECT_RESERVED(REGION(MIB, 2 * MIB), REGION(7 * MIB, 2 * MIB));
}

/*
 * Added over regions of another kind, a range fills only the holes, and what was there keeps flags and node:
 *
 *   |.......+-----+......+-----+.......|
 *   |  new  | hot |  new | n1  |  new  |
 *   +-------+-----+------+-----+-------+
 */
static void fills_holes_and_keeps_what_is_there(void **state)
{
	(void)state;
	assert_int_equal(memblock_add_node(2 * MIB, MIB, 0, MEMBLOCK_HOTPLUG), 0);
	assert_int_equal(memblock_add_node(5 * MIB, MIB, 1, MEMBLOCK_NONE), 0);
	assert_int_equal(memblock_add(MIB, 7 * MIB), 0);
	EXPECT_MEMORY(REGION(MIB, MIB), FLAGGED(2 * MIB, MIB, MEMBLOCK_HOTPLUG, 0), REGION(3 * MIB, 2 * MIB),
		      FLAGGED(5 * MIB, MIB, MEMBLOCK_NONE, 1), REGION(6 * MIB, 2 * MIB));
}

/* Ranges that start or end inside a region, or lie within it, add only what is new. */
static void adds_only_what_is_new(void **state)
{
	(void)state;
	assert_int_equal(memblock_add(4 * MIB, 4 * MIB), 0);
	assert_int_equal(memblock_add(5 * MIB, MIB), 0);
	EXPECT_MEMORY(REGION(4 * MIB, 4 * MIB));
	assert_int_equal(memblock_add(3 * MIB, 2 * MIB), 0);
	EXPECT_MEMORY(REGION(3 * MIB, 5 * MIB));
	assert_int_equal(memblock_add(7 * MIB, 2 * MIB), 0);
	EXPECT_MEMORY(REGION(3 * MIB, 6 * MIB));
	assert_int_equal(memblock_add(MIB, 16 * MIB), 0);
	EXPECT_MEMORY(REGION(MIB, 16 * MIB));
}

/* One range over a hundred separate regions leaves one, in either table. */
static void swallows_a_whole_comb(void **state)
{
	(void)state;
	add_comb(MIB, 8 * KIB, 4 * KIB, 60);
	assert_int_equal(memblock_add(MIB, 60 * 8 * KIB), 0);
	EXPECT_MEMORY(REGION(MIB, 60 * 8 * KIB));
	reserve_comb(MIB, 8 * KIB, 4 * KIB, 60);
	assert_int_equal(memblock_reserve(MIB, 60 * 8 * KIB), 0);
	EXPECT_RESERVED(REGION(MIB, 60 * 8 * KIB));
}

/* A size that would pass the end of the address space is cut; its last byte never gets into a table. */
static void cuts_ranges_at_the_end_of_the_address_space(void **state)
{
	const phys_addr_t last_page = PHYS_ADDR_MAX - 0xfff;

	(void)state;
	assert_int_equal(memblock_add(last_page, 0x1000), 0);
	EXPECT_MEMORY(REGION(last_page, 0xfff));
	assert_int_equal(memblock_add(PHYS_ADDR_MAX, 1), 0);
	EXPECT_MEMORY(REGION(last_page, 0xfff));
	assert_int_equal(memblock_remove(last_page + 0x800, PHYS_ADDR_MAX), 0);
	EXPECT_MEMORY(REGION(last_page, 0x800));
	assert_int_equal(memblock_add(0, PHYS_ADDR_MAX), 0);
	EXPECT_MEMORY(REGION(0, PHYS_ADDR_MAX));
}

/* Size 0 succeeds and changes nothing, wherever it is. */
static void ignores_empty_ranges(void **state)
{
	struct snapshot before;

	(void)state;
	assert_int_equal(memblock_add(MIB, MIB), 0);
	assert_int_equal(memblock_reserve(MIB, MIB), 0);
	before = take_snapshot();
	assert_int_equal(memblock_add(0, 0), 0);
	assert_int_equal(memblock_add_node(5 * MIB, 0, 3, MEMBLOCK_NOMAP), 0);
	assert_int_equal(memblock_reserve(MIB + 5, 0), 0);
	assert_int_equal(memblock_remove(MIB + 5, 0), 0);
	assert_int_equal(memblock_phys_free(MIB, 0), 0);
	assert_int_equal(memblock_mark_nomap(MIB + 5, 0), 0);
	assert_int_equal(memblock_set_node(MIB + 5, 0, &memblock.memory, 1), 0);
	expect_untouched(&before);
}

/* Reservations do not ask for memory, and may come before it. */
static void reserves_what_is_not_memory(void **state)
{
	(void)state;
	assert_int_equal(memblock_reserve(0, 64 * KIB), 0);
	assert_int_equal(memblock_add(MIB, MIB), 0);
	EXPECT_RESERVED(REGION(0, 64 * KIB));
	EXPECT_MEMORY(REGION(MIB, MIB));
}

/*
 * One removal cuts the end of a region, takes a whole one out and cuts the start of the next:
 *
 *   |  +----+----+   +----+   +----+----+  |
 *   |  | r1 :xxxxxxxxxxxxxxxxxxxxxx: r3 |  |
 *   +--+----+----+---+----+---+----+----+--+
 */
static void removes_across_regions(void **state)
{
	(void)state;
	assert_int_equal(memblock_add_node(2 * MIB, 2 * MIB, 1, MEMBLOCK_HOTPLUG), 0);
	assert_int_equal(memblock_add(5 * MIB, MIB), 0);
	assert_int_equal(memblock_add_node(7 * MIB, 2 * MIB, 2, MEMBLOCK_NOMAP), 0);
	assert_int_equal(memblock_remove(3 * MIB, 5 * MIB), 0);
	EXPECT_MEMORY(FLAGGED(2 * MIB, MIB, MEMBLOCK_HOTPLUG, 1), FLAGGED(8 * MIB, MIB, MEMBLOCK_NOMAP, 2));
}

/*
 * A hole in the middle of a region leaves two, with its flags and node:
 *
 *   |  +------+xxxxx+------+  |
 *   +--+------+-----+------+--+
 */
static void removes_from_the_middle(void **state)
{
	(void)state;
	assert_int_equal(memblock_add_node(MIB, 4 * MIB, 5, MEMBLOCK_MIRROR), 0);
	assert_int_equal(memblock_remove(2 * MIB, MIB), 0);
	EXPECT_MEMORY(FLAGGED(MIB, MIB, MEMBLOCK_MIRROR, 5), FLAGGED(3 * MIB, 2 * MIB, MEMBLOCK_MIRROR, 5));
}

/* What is not there can be removed and freed; nothing happens. */
static void removes_nothing_where_nothing_is(void **state)
{
	struct snapshot before;

	(void)state;
	assert_int_equal(memblock_remove(MIB, MIB), 0);
	EXPECT_EMPTY(&memblock.memory);
	assert_int_equal(memblock_add(4 * MIB, MIB), 0);
	assert_int_equal(memblock_reserve(4 * MIB, MIB), 0);
	before = take_snapshot();
	assert_int_equal(memblock_remove(MIB, 3 * MIB), 0);
	assert_int_equal(memblock_remove(5 * MIB, MIB), 0);
	assert_int_equal(memblock_phys_free(2 * MIB, 2 * MIB), 0);
	expect_untouched(&before);
}

/* Taking the last region out leaves a table that is as empty as at the start, and that can be filled again. */
static void empties_a_table(void **state)
{
	(void)state;
	assert_int_equal(memblock_add_node(MIB, MIB, 7, MEMBLOCK_HOTPLUG), 0);
	assert_int_equal(memblock_remove(0, PHYS_ADDR_MAX), 0);
	EXPECT_EMPTY(&memblock.memory);
	assert_int_equal(memblock.memory.regions[0].flags, MEMBLOCK_NONE);
	assert_int_equal(memblock_add(2 * MIB, MIB), 0);
	EXPECT_MEMORY(REGION(2 * MIB, MIB));
	assert_int_equal(memblock_reserve(MIB, MIB), 0);
	assert_int_equal(memblock_phys_free(MIB, MIB), 0);
	EXPECT_EMPTY(&memblock.reserved);
}

/* A part of one allocation can be freed, also through its pointer. */
static void frees_parts(void **state)
{
	(void)state;
	assert_int_equal(memblock_reserve(RAM_BASE, 16 * KIB), 0);
	memblock_free(ram + 4 * KIB, 4 * KIB);
	EXPECT_RESERVED(REGION(RAM_BASE, 4 * KIB), REGION(RAM_BASE + 8 * KIB, 8 * KIB));
	memblock_free(NULL, 4 * KIB);
	EXPECT_RESERVED(REGION(RAM_BASE, 4 * KIB), REGION(RAM_BASE + 8 * KIB, 8 * KIB));
}

/*
 * The 129th region does not fit into a table that may not grow. Room is counted before merging, so even one that would
 * only lengthen its neighbour is refused, and so is one over a hole between two. What is covered already needs no room.
 */
static void refuses_what_does_not_fit(void **state)
{
	struct snapshot before;

	(void)state;
	add_comb(MIB, 8 * KIB, 4 * KIB, 128);
	reserve_comb(MIB, 8 * KIB, 4 * KIB, 128);
	assert_int_equal(memblock.memory.cnt, 128);
	before = take_snapshot();
	assert_int_equal(memblock_add(64 * MIB, MIB), MM_ENOMEM);
	assert_int_equal(memblock_add(MIB + 4 * KIB, 4 * KIB), MM_ENOMEM);
	assert_int_equal(memblock_add_node(0, 4 * KIB, 1, MEMBLOCK_HOTPLUG), MM_ENOMEM);
	assert_int_equal(memblock_add(MIB, 128 * 8 * KIB), MM_ENOMEM);
	assert_int_equal(memblock_add(MIB, 4 * KIB), 0);
	assert_int_equal(memblock_reserve(0, 4 * KIB), MM_ENOMEM);
	assert_int_equal(memblock_reserve(MIB, 128 * 8 * KIB), MM_ENOMEM);
	assert_int_equal(memblock_reserve(MIB, 4 * KIB), 0);
	expect_untouched(&before);
}

/*
 * Whatever could split a region wants two spare entries, even to take a whole one out: 127 are too many, 126 are
 * not.
 */
static void wants_two_spare_entries_to_cut(void **state)
{
	struct snapshot before;

	(void)state;
	add_comb(MIB, 8 * KIB, 4 * KIB, 127);
	reserve_comb(MIB, 8 * KIB, 4 * KIB, 127);
	before = take_snapshot();
	assert_int_equal(memblock_remove(MIB, 4 * KIB), MM_ENOMEM);
	assert_int_equal(memblock_remove(64 * MIB, 4 * KIB), MM_ENOMEM);
	assert_int_equal(memblock_phys_free(MIB, 4 * KIB), MM_ENOMEM);
	assert_int_equal(memblock_mark_hotplug(MIB, 4 * KIB), MM_ENOMEM);
	assert_int_equal(memblock_clear_nomap(MIB, 4 * KIB), MM_ENOMEM);
	assert_int_equal(memblock_reserved_mark_noinit(MIB, 4 * KIB), MM_ENOMEM);
	assert_int_equal(memblock_set_node(MIB, 4 * KIB, &memblock.memory, 1), MM_ENOMEM);
	expect_untouched(&before);

	start_empty(state);
	add_comb(MIB, 8 * KIB, 4 * KIB, 126);
	assert_int_equal(memblock_remove(MIB + KIB, KIB), 0);
	assert_int_equal(memblock.memory.cnt, 127);
	assert_int_equal(memblock.memory.regions[0].size, KIB);
	assert_int_equal(memblock.memory.regions[1].base, MIB + 2 * KIB);
	assert_int_equal(memblock.memory.regions[1].size, 2 * KIB);
	assert_int_equal(memblock.memory.total_size, 126 * 4 * KIB - KIB);
}

/* The tables are the caller's to write: what is put there by hand is what the next call works on. */
static void works_on_what_the_caller_wrote(void **state)
{
	(void)state;
	add_comb(MIB, 2 * MIB, MIB, 5);
	memblock.memory.regions[0] = (struct memblock_region)REGION(16 * MIB, MIB);
	memblock.memory.regions[1] = (struct memblock_region)REGION(32 * MIB, MIB);
	memblock.memory.cnt = 2;
	memblock.memory.total_size = 2 * MIB;
	assert_int_equal(memblock_add(17 * MIB, MIB), 0);
	EXPECT_MEMORY(REGION(16 * MIB, 2 * MIB), REGION(32 * MIB, MIB));
	assert_false(memblock_is_memory(3 * MIB));
	assert_true(memblock_is_memory(17 * MIB));
}

#define TEST(name) cmocka_unit_test_setup(name, start_empty)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_as_linux_does),
		TEST(sorts_ranges_added_in_any_order),
		TEST(joins_both_neighbours),
		TEST(joins_one_neighbour),
		TEST(fills_holes_and_keeps_what_is_there),
		TEST(adds_only_what_is_new),
		TEST(swallows_a_whole_comb),
		TEST(cuts_ranges_at_the_end_of_the_address_space),
		TEST(ignores_empty_ranges),
		TEST(reserves_what_is_not_memory),
		TEST(removes_across_regions),
		TEST(removes_from_the_middle),
		TEST(removes_nothing_where_nothing_is),
		TEST(empties_a_table),
		TEST(frees_parts),
		TEST(refuses_what_does_not_fit),
		TEST(wants_two_spare_entries_to_cut),
		TEST(works_on_what_the_caller_wrote),
	};

	return cmocka_run_group_tests_name("memblock ranges", tests, NULL, NULL);
}
