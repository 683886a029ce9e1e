/* SPDX-License-Identifier: BSD-2-Clause */
/* Flags, nodes, and what cuts whole tables: trim, cap, limits. */
#include "memblock_expect.h"

/*
 * A flag on the middle of a region makes three of it; clearing it again makes one:
 *
 *   |  +------+------+------+  |
 *   |  |      | flag |      |  |
 *   +--+------+------+------+--+
 */
static void flags_split_and_merge(void **state)
{
	static const struct {
		int (*mark)(phys_addr_t base, phys_addr_t size);
		int (*clear)(phys_addr_t base, phys_addr_t size);
		enum memblock_flags flag;
	} cases[] = {
		{ memblock_mark_hotplug, memblock_clear_hotplug, MEMBLOCK_HOTPLUG },
		{ memblock_mark_nomap, memblock_clear_nomap, MEMBLOCK_NOMAP },
		{ memblock_mark_mirror, NULL, MEMBLOCK_MIRROR },
	};

	for (unsigned i = 0; i < MM_ARRAY_COUNT(cases); i++) {
		start_empty(state);
		assert_int_equal(memblock_add(MIB, 3 * MIB), 0);
		assert_int_equal(cases[i].mark(2 * MIB, MIB), 0);
		EXPECT_MEMORY(REGION(MIB, MIB), FLAGGED(2 * MIB, MIB, cases[i].flag, MAX_NUMNODES),
			      REGION(3 * MIB, MIB));
		EXPECT_EMPTY(&memblock.reserved);
		if (!cases[i].clear)
			continue;
		assert_int_equal(cases[i].clear(0, 64 * MIB), 0);
		EXPECT_MEMORY(REGION(MIB, 3 * MIB));
	}
}

/* Flags add up, each on its own range, and a flag set twice is the flag. */
static void flags_add_up(void **state)
{
	(void)state;
	assert_int_equal(memblock_add(MIB, 4 * MIB), 0);
	assert_int_equal(memblock_mark_hotplug(MIB, 2 * MIB), 0);
	assert_int_equal(memblock_mark_nomap(2 * MIB, 2 * MIB), 0);
	assert_int_equal(memblock_mark_nomap(2 * MIB, 2 * MIB), 0);
	EXPECT_MEMORY(FLAGGED(MIB, MIB, MEMBLOCK_HOTPLUG, MAX_NUMNODES),
		      FLAGGED(2 * MIB, MIB, MEMBLOCK_HOTPLUG | MEMBLOCK_NOMAP, MAX_NUMNODES),
		      FLAGGED(3 * MIB, MIB, MEMBLOCK_NOMAP, MAX_NUMNODES), REGION(4 * MIB, MIB));
	assert_int_equal(memblock_clear_hotplug(2 * MIB, MIB), 0);
	EXPECT_MEMORY(FLAGGED(MIB, MIB, MEMBLOCK_HOTPLUG, MAX_NUMNODES),
		      FLAGGED(2 * MIB, 2 * MIB, MEMBLOCK_NOMAP, MAX_NUMNODES), REGION(4 * MIB, MIB));
}

/*
 * A mark over two regions and the hole between them touches only what is memory:
 *
 *   |  +----+----+      +----+----+  |
 *   |  |    |xxxxxxxxxxxxxxxx|    |  |
 *   +--+----+----+------+----+----+--+
 */
static void flags_leave_holes_alone(void **state)
{
	(void)state;
	assert_int_equal(memblock_add(2 * MIB, 2 * MIB), 0);
	assert_int_equal(memblock_add(6 * MIB, 2 * MIB), 0);
	assert_int_equal(memblock_mark_hotplug(3 * MIB, 4 * MIB), 0);
	EXPECT_MEMORY(REGION(2 * MIB, MIB), FLAGGED(3 * MIB, MIB, MEMBLOCK_HOTPLUG, MAX_NUMNODES),
		      FLAGGED(6 * MIB, MIB, MEMBLOCK_HOTPLUG, MAX_NUMNODES), REGION(7 * MIB, MIB));
	assert_int_equal(memblock_mark_nomap(16 * MIB, MIB), 0);
	assert_int_equal(memblock.memory.cnt, 4);
}

/* Regions that touch are one only when flags and node are the same. */
static void merges_only_equals(void **state)
{
	(void)state;
	assert_int_equal(memblock_add_node(MIB, MIB, 0, MEMBLOCK_NONE), 0);
	assert_int_equal(memblock_add_node(2 * MIB, MIB, 1, MEMBLOCK_NONE), 0);
	assert_int_equal(memblock_add_node(3 * MIB, MIB, 1, MEMBLOCK_HOTPLUG), 0);
	assert_int_equal(memblock_add_node(4 * MIB, MIB, 1, MEMBLOCK_HOTPLUG), 0);
	EXPECT_MEMORY(FLAGGED(MIB, MIB, MEMBLOCK_NONE, 0), FLAGGED(2 * MIB, MIB, MEMBLOCK_NONE, 1),
		      FLAGGED(3 * MIB, 2 * MIB, MEMBLOCK_HOTPLUG, 1));
}

/* Marking reserved ranges is a matter of the reserved table alone. */
static void marks_reserved_ranges(void **state)
{
	(void)state;
	assert_int_equal(memblock_add(MIB, 4 * MIB), 0);
	assert_int_equal(memblock_reserve(MIB, 2 * MIB), 0);
	assert_int_equal(memblock_reserved_mark_noinit(2 * MIB, 4 * MIB), 0);
	EXPECT_MEMORY(REGION(MIB, 4 * MIB));
	EXPECT_RESERVED(REGION(MIB, MIB), FLAGGED(2 * MIB, MIB, MEMBLOCK_RSRV_NOINIT, MAX_NUMNODES));
}

/* Nodes are set on exactly the range, in either table; equal neighbours become one again. */
static void sets_nodes(void **state)
{
	(void)state;
	assert_int_equal(memblock_add(MIB, 4 * MIB), 0);
	assert_int_equal(memblock_reserve(MIB, 4 * MIB), 0);
	assert_int_equal(memblock_set_node(2 * MIB, MIB, &memblock.memory, 3), 0);
	EXPECT_MEMORY(REGION(MIB, MIB), FLAGGED(2 * MIB, MIB, MEMBLOCK_NONE, 3), REGION(3 * MIB, 2 * MIB));
	EXPECT_RESERVED(REGION(MIB, 4 * MIB));
	assert_int_equal(memblock_set_node(0, PHYS_ADDR_MAX, &memblock.memory, 1), 0);
	EXPECT_MEMORY(FLAGGED(MIB, 4 * MIB, MEMBLOCK_NONE, 1));
	assert_int_equal(memblock_set_node(4 * MIB, 8 * MIB, &memblock.reserved, 2), 0);
	EXPECT_RESERVED(REGION(MIB, 3 * MIB), FLAGGED(4 * MIB, MIB, MEMBLOCK_NONE, 2));
}

/*
 * Regions shrink to whole pages; one that has none disappears:
 *
 *   |  .+--------+.  ..   +------+.  |
 *   |  .|   r1   |.  r2   |  r3  |.  |
 *   +---+--------+--------+------+---+
 */
static void trims_to_whole_pages(void **state)
{
	(void)state;
	assert_int_equal(memblock_add(MIB + 1, 8 * KIB), 0);
	assert_int_equal(memblock_add(2 * MIB + 1, 4 * KIB), 0);
	assert_int_equal(memblock_add(3 * MIB, 4 * KIB + 1), 0);
	assert_int_equal(memblock_add(5 * MIB - 1, 2), 0);
	assert_int_equal(memblock_reserve(7, 9), 0);
	memblock_trim_memory(4 * KIB);
	EXPECT_MEMORY(REGION(MIB + 4 * KIB, 4 * KIB), REGION(3 * MIB, 4 * KIB));
	EXPECT_RESERVED(REGION(7, 9));
	memblock_trim_memory(MIB);
	EXPECT_EMPTY(&memblock.memory);
}

/* An alignment that is no power of two, or more than the address space has above a region, does no harm. */
static void trims_with_odd_alignments(void **state)
{
	(void)state;
	assert_int_equal(memblock_add(PHYS_ADDR_MAX - 0x17ff, 0x17ff), 0);
	memblock_trim_memory(0);
	memblock_trim_memory(3);
	EXPECT_MEMORY(REGION(PHYS_ADDR_MAX - 0x17ff, 0x17ff));
	memblock_trim_memory(0x1000);
	EXPECT_EMPTY(&memblock.memory);
	memblock_trim_memory(0x1000);
	EXPECT_EMPTY(&memblock.memory);
}

/*
 * The limit counts bytes of memory, not addresses; both tables end where the last of them lies:
 *
 *   |  +--------+     +----:----+       +----+  |
 *   |  |  r1    |     | r2 :xxxx|       |xxxx|  |
 *   +--+--------+-----+----:----+-------+----+--+
 */
static void enforces_a_limit_in_bytes_of_memory(void **state)
{
	struct snapshot before;

	(void)state;
	assert_int_equal(memblock_add(MIB, 2 * MIB), 0);
	assert_int_equal(memblock_add(8 * MIB, 2 * MIB), 0);
	assert_int_equal(memblock_add(16 * MIB, MIB), 0);
	assert_int_equal(memblock_reserve(0, MIB), 0);
	assert_int_equal(memblock_reserve(8 * MIB, 2 * MIB), 0);
	assert_int_equal(memblock_reserve(20 * MIB, MIB), 0);
	before = take_snapshot();
	memblock_enforce_memory_limit(0);
	memblock_enforce_memory_limit(5 * MIB + 1);
	memblock_enforce_memory_limit(PHYS_ADDR_MAX);
	expect_untouched(&before);
	memblock_enforce_memory_limit(3 * MIB);
	EXPECT_MEMORY(REGION(MIB, 2 * MIB), REGION(8 * MIB, MIB));
	EXPECT_RESERVED(REGION(0, MIB), REGION(8 * MIB, MIB));
}

/* Exactly as much as there is: memory stays, reservations above it go. */
static void enforces_a_limit_of_all_memory(void **state)
{
	(void)state;
	assert_int_equal(memblock_add(MIB, MIB), 0);
	assert_int_equal(memblock_reserve(3 * MIB, MIB), 0);
	memblock_enforce_memory_limit(MIB);
	EXPECT_MEMORY(REGION(MIB, MIB));
	EXPECT_EMPTY(&memblock.reserved);
}

/*
 * A cap keeps what lies inside it and all of the memory that is not mapped; reservations are cut to it:
 *
 *   |  +-----+    +--:--+-----+--:--+   |
 *   |  |nomap|    |xx:  | nom :  :xx|   |
 *   +--+-----+----+--:--+-----+--:--+---+
 */
static void caps_to_a_range(void **state)
{
	(void)state;
	assert_int_equal(memblock_add_node(MIB, MIB, MAX_NUMNODES, MEMBLOCK_NOMAP), 0);
	assert_int_equal(memblock_add(4 * MIB, 8 * MIB), 0);
	assert_int_equal(memblock_mark_nomap(9 * MIB, 2 * MIB), 0);
	assert_int_equal(memblock_reserve(4 * MIB, 8 * MIB), 0);
	memblock_cap_memory_range(6 * MIB, 4 * MIB);
	EXPECT_MEMORY(FLAGGED(MIB, MIB, MEMBLOCK_NOMAP, MAX_NUMNODES), REGION(6 * MIB, 3 * MIB),
		      FLAGGED(9 * MIB, 2 * MIB, MEMBLOCK_NOMAP, MAX_NUMNODES));
	EXPECT_RESERVED(REGION(6 * MIB, 4 * MIB));
}

/*
 * An empty cap, and a cap of no memory at all, change nothing; one that runs off the address space keeps what is
 * above.
 */
static void caps_at_the_edges(void **state)
{
	(void)state;
	assert_int_equal(memblock_reserve(MIB, MIB), 0);
	memblock_cap_memory_range(8 * MIB, MIB);
	EXPECT_RESERVED(REGION(MIB, MIB));
	assert_int_equal(memblock_add(MIB, 4 * MIB), 0);
	memblock_cap_memory_range(2 * MIB, 0);
	EXPECT_MEMORY(REGION(MIB, 4 * MIB));
	memblock_cap_memory_range(2 * MIB, PHYS_ADDR_MAX);
	EXPECT_MEMORY(REGION(2 * MIB, 3 * MIB));
	EXPECT_EMPTY(&memblock.reserved);
	memblock_cap_memory_range(32 * MIB, MIB);
	EXPECT_EMPTY(&memblock.memory);
}

/* A full table can be cut: cap and limit split nothing, so they need no room. */
static void cuts_full_tables(void **state)
{
	(void)state;
	add_comb(MIB, 8 * KIB, 4 * KIB, 128);
	reserve_comb(MIB, 8 * KIB, 4 * KIB, 128);
	memblock_cap_memory_range(MIB + 2 * KIB, 128 * 8 * KIB);
	assert_int_equal(memblock.memory.cnt, 128);
	assert_int_equal(memblock.memory.regions[0].base, MIB + 2 * KIB);
	assert_int_equal(memblock.memory.total_size, 128 * 4 * KIB - 2 * KIB);
	memblock_enforce_memory_limit(4 * KIB);
	EXPECT_MEMORY(REGION(MIB + 2 * KIB, 2 * KIB), REGION(MIB + 8 * KIB, 2 * KIB));
	EXPECT_RESERVED(REGION(MIB + 2 * KIB, 2 * KIB), REGION(MIB + 8 * KIB, 2 * KIB));
}

/* mem= on machines that keep unmapped memory: everything above the limit-th byte goes but NOMAP. */
static void removes_the_map_above_a_limit(void **state)
{
	(void)state;
	assert_int_equal(memblock_add(MIB, 4 * MIB), 0);
	assert_int_equal(memblock_add_node(8 * MIB, MIB, MAX_NUMNODES, MEMBLOCK_NOMAP), 0);
	memblock_mem_limit_remove_map(0);
	memblock_mem_limit_remove_map(64 * MIB);
	EXPECT_MEMORY(REGION(MIB, 4 * MIB), FLAGGED(8 * MIB, MIB, MEMBLOCK_NOMAP, MAX_NUMNODES));
	memblock_mem_limit_remove_map(2 * MIB);
	EXPECT_MEMORY(REGION(MIB, 2 * MIB), FLAGGED(8 * MIB, MIB, MEMBLOCK_NOMAP, MAX_NUMNODES));
}

#define TEST(name) cmocka_unit_test_setup(name, start_empty)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(flags_split_and_merge),
		TEST(flags_add_up),
		TEST(flags_leave_holes_alone),
		TEST(merges_only_equals),
		TEST(marks_reserved_ranges),
		TEST(sets_nodes),
		TEST(trims_to_whole_pages),
		TEST(trims_with_odd_alignments),
		TEST(enforces_a_limit_in_bytes_of_memory),
		TEST(enforces_a_limit_of_all_memory),
		TEST(caps_to_a_range),
		TEST(caps_at_the_edges),
		TEST(cuts_full_tables),
		TEST(removes_the_map_above_a_limit),
	};

	return cmocka_run_group_tests_name("memblock flags", tests, NULL, NULL);
}
