/* SPDX-License-Identifier: BSD-2-Clause */
/* The allocators: place, limits, nodes, what is passed over, what failure leaves behind. */
#include "memblock_expect.h"

static bool all_bytes(const unsigned char *bytes, size_t size, unsigned char value)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i] != value)
			return false;
	return true;
}

/*
 * First fit from the chosen side, rounded to the alignment inside the free piece:
 *
 *   |  +-----------+-----+-----------+  |
 *   |  |b          | rsv |          t|  |
 *   +--+-----------+-----+-----------+--+
 */
static void first_fit_from_the_chosen_side(void)
{
	bool up = memblock_bottom_up();

	assert_int_equal(memblock_add(MIB, 4 * MIB), 0);
	assert_int_equal(memblock_reserve(2 * MIB, MIB), 0);
	assert_int_equal(memblock_phys_alloc(100, 64), up ? MIB : 5 * MIB - 128);
	if (up)
		EXPECT_RESERVED(REGION(MIB, 100), REGION(2 * MIB, MIB));
	else
		EXPECT_RESERVED(REGION(2 * MIB, MIB), REGION(5 * MIB - 128, 100));
	EXPECT_MEMORY(REGION(MIB, 4 * MIB));
	assert_int_equal(memblock_phys_alloc(MIB, MIB), 3 * MIB);
	assert_int_equal(memblock_phys_alloc(MIB, MIB), up ? 4 * MIB : MIB);
	assert_int_equal(memblock_phys_alloc(MIB, MIB), 0);
}

/* Two allocations side by side are one reserved region. */
static void neighbours_become_one(void)
{
	bool up = memblock_bottom_up();

	assert_int_equal(memblock_add(MIB, MIB), 0);
	assert_int_equal(memblock_phys_alloc(64, 64), up ? MIB : 2 * MIB - 64);
	assert_int_equal(memblock_phys_alloc(64, 64), up ? MIB + 64 : 2 * MIB - 128);
	EXPECT_RESERVED(REGION(up ? MIB : 2 * MIB - 128, 128));
}

/*
 * A gap that is large enough but holds no aligned place is passed over:
 *
 *   |  +----+--+----+--+-----------+--+  |
 *   |  |rsv |  |rsv |  |    rsv    |  |  |
 *   +--+----+--+----+--+-----------+--+--+
 */
static void passes_over_gaps_without_an_aligned_place(void)
{
	bool up = memblock_bottom_up();

	assert_int_equal(memblock_add(MIB, 64 * KIB), 0);
	reserve_comb(MIB, 4 * KIB, 64, 16);
	assert_int_equal(memblock_phys_free(MIB + 32 * KIB, 64), 0);
	assert_int_equal(memblock_phys_alloc(64, 4 * KIB), MIB + 32 * KIB);
	assert_int_equal(memblock_phys_alloc(64, 4 * KIB), 0);
	assert_int_equal(memblock_phys_alloc(4032, 64), up ? MIB + 64 : MIB + 60 * KIB + 64);
	assert_int_equal(memblock_phys_alloc(4033, 64), 0);
}

/* A free piece never spans two regions, even when they touch: they differ in what they are. */
static void stays_in_one_region(void)
{
	assert_int_equal(memblock_add_node(MIB, 8 * KIB, 0, MEMBLOCK_NONE), 0);
	assert_int_equal(memblock_add_node(MIB + 8 * KIB, 8 * KIB, 1, MEMBLOCK_NONE), 0);
	assert_int_equal(memblock_phys_alloc(12 * KIB, 64), 0);
	EXPECT_EMPTY(&memblock.reserved);
	assert_int_not_equal(memblock_phys_alloc(8 * KIB, 64), 0);
	assert_int_not_equal(memblock_phys_alloc(8 * KIB, 64), 0);
	EXPECT_RESERVED(REGION(MIB, 16 * KIB));
}

/* The first page is never given out: 0 is failure. */
static void never_gives_out_the_first_page(void)
{
	assert_int_equal(memblock_add(0, 8 * KIB), 0);
	assert_int_equal(memblock_phys_alloc(4 * KIB, 1), 4 * KIB);
	assert_int_equal(memblock_phys_alloc(1, 1), 0);
	assert_int_equal(memblock_phys_alloc_range(1, 1, 0, 4 * KIB), 0);
	EXPECT_RESERVED(REGION(4 * KIB, 4 * KIB));
}

/* The physical range is kept to exactly; it may lie above current_limit, and only 0 stands for that. */
static void keeps_to_the_range(void)
{
	bool up = memblock_bottom_up();

	assert_int_equal(memblock_add(MIB, 15 * MIB), 0);
	memblock_set_current_limit(4 * MIB);
	assert_int_equal(memblock_get_current_limit(), 4 * MIB);
	assert_int_equal(memblock_phys_alloc_range(MIB, 64, 8 * MIB, 9 * MIB), 8 * MIB);
	assert_int_equal(memblock_phys_alloc_range(1, 1, 8 * MIB, 9 * MIB), 0);
	assert_int_equal(memblock_phys_alloc_range(MIB, 64, 3 * MIB, MEMBLOCK_ALLOC_ACCESSIBLE), 3 * MIB);
	assert_int_equal(memblock_phys_alloc_range(MIB, 64, 3 * MIB, MEMBLOCK_ALLOC_NOLEAKTRACE), 0);
	assert_int_equal(memblock_phys_alloc_range(MIB, 64, 0, MEMBLOCK_ALLOC_ANYWHERE), up ? MIB : 15 * MIB);
	assert_int_equal(memblock_phys_alloc_range(64, 64, 12 * MIB, 11 * MIB), 0);
	assert_int_equal(memblock_phys_alloc_range(64, 64, 32 * MIB, 64 * MIB), 0);
}

/* Alignment 0 is a cache line; one that is no power of two is refused. */
static void handles_odd_alignments(void)
{
	assert_int_equal(memblock_add(MIB + 8, 4 * KIB), 0);
	assert_int_equal(memblock_phys_alloc(64, 0) % 64, 0);
	assert_int_equal(memblock.reserved.total_size, 64);
	assert_int_equal(memblock_phys_alloc(64, 3), 0);
	assert_int_equal(memblock_phys_alloc(64, (phys_addr_t)1 << (sizeof(phys_addr_t) * 8 - 1)), 0);
	assert_int_equal(memblock.reserved.total_size, 64);
}

/* Size 0 finds an address and reserves nothing. A size beyond all memory finds none. */
static void handles_odd_sizes(void)
{
	bool up = memblock_bottom_up();

	assert_int_equal(memblock_phys_alloc(64, 64), 0);
	assert_int_equal(memblock_add(MIB, MIB), 0);
	assert_int_equal(memblock_phys_alloc(0, 64), up ? MIB : 2 * MIB);
	EXPECT_EMPTY(&memblock.reserved);
	assert_int_equal(memblock_phys_alloc(PHYS_ADDR_MAX, 64), 0);
	assert_int_equal(memblock_phys_alloc(MIB + 1, 64), 0);
	assert_int_equal(memblock_phys_alloc(MIB, 64), MIB);
	assert_int_equal(memblock_phys_alloc(1, 1), 0);
	EXPECT_RESERVED(REGION(MIB, MIB));
}

/* NOMAP and DRIVER_MANAGED memory is never used; HOTPLUG only while nodes need not be movable. */
static void passes_over_special_memory(void)
{
	assert_int_equal(memblock_add_node(MIB, MIB, 0, MEMBLOCK_NOMAP), 0);
	assert_int_equal(memblock_add_node(2 * MIB, MIB, 0, MEMBLOCK_DRIVER_MANAGED), 0);
	assert_int_equal(memblock_phys_alloc(64, 64), 0);
	assert_int_equal(memblock_add_node(3 * MIB, MIB, 0, MEMBLOCK_HOTPLUG), 0);
	movable_node_enabled = true;
	assert_int_equal(memblock_phys_alloc(64, 64), 0);
	movable_node_enabled = false;
	assert_int_equal(memblock_phys_alloc(MIB, 64), 3 * MIB);
}

/* A node's memory comes first, then everybody's, unless it must be that node. */
static void prefers_the_node(void)
{
	bool up = memblock_bottom_up();

	assert_int_equal(memblock_add_node(MIB, MIB, 0, MEMBLOCK_NONE), 0);
	assert_int_equal(memblock_add_node(2 * MIB, MIB, 1, MEMBLOCK_NONE), 0);
	assert_int_equal(memblock_add_node(3 * MIB, MIB, 0, MEMBLOCK_NONE), 0);
	assert_int_equal(memblock_phys_alloc_try_nid(MIB, 64, 1), 2 * MIB);
	assert_int_equal(memblock_alloc_range_nid(64, 64, 0, 0, 1, true), 0);
	assert_int_equal(memblock_alloc_range_nid(64, 64, 0, 0, 9, false), up ? MIB : 4 * MIB - 64);
	assert_int_equal(memblock_phys_alloc_try_nid(64, 64, MAX_NUMNODES), up ? MIB + 64 : 4 * MIB - 128);
	assert_int_equal(memblock_phys_alloc_try_nid(64, 64, NUMA_NO_NODE), up ? MIB + 128 : 4 * MIB - 192);
}

/* A reservation that does not fit into the table makes the allocation fail, and leaves no trace. */
static void fails_when_the_table_is_full(void)
{
	struct snapshot before;

	assert_int_equal(memblock_add(64 * MIB, 4 * MIB), 0);
	reserve_comb(MIB, 8 * KIB, 4 * KIB, 128);
	before = take_snapshot();
	assert_int_equal(memblock_phys_alloc(64, 64), 0);
	assert_int_equal(memblock_alloc_range_nid(64, 64, 0, 0, 1, false), 0);
	assert_null(memblock_alloc(64, 64));
	expect_untouched(&before);
}

/* Virtual memory is zeroed, raw memory is not; both are reserved to the byte. */
static void zeroes_unless_raw(void)
{
	unsigned char *zeroed, *raw;

	assert_int_equal(memblock_add(RAM_BASE, RAM_SIZE), 0);
	zeroed = memblock_alloc(1000, 64);
	assert_non_null(zeroed);
	assert_true(all_bytes(zeroed, 1000, 0));
	assert_int_equal(zeroed[1000], 1);
	raw = memblock_alloc_raw(1000, 64);
	assert_non_null(raw);
	assert_true(all_bytes(raw, 1000, 1));
	assert_true(memblock_is_region_reserved(ram_address(raw), 1000));
	assert_int_equal(memblock_reserved_size(), 2000);
	memblock_free(raw, 1000);
	memblock_free(zeroed, 1000);
	EXPECT_EMPTY(&memblock.reserved);
}

/*
 * When there is no place above min_addr, the virtual allocators take one below; current_limit is never passed, whatever
 * max_addr says:
 *
 *   |  +--------+---------:-------+  |
 *   |  |  here  |   rsv   :       |  |
 *   +--+--------+---------:-------+--+
 *             min_addr  limit
 */
static void falls_back_below_min_addr(void)
{
	phys_addr_t limit = RAM_BASE + 128 * KIB;
	void *found;

	assert_int_equal(memblock_add(RAM_BASE, RAM_SIZE), 0);
	assert_int_equal(memblock_reserve(RAM_BASE + 64 * KIB, 64 * KIB), 0);
	memblock_set_current_limit(limit);
	found = memblock_alloc_from(64 * KIB, 64, RAM_BASE + 64 * KIB);
	assert_ptr_equal(found, ram);
	EXPECT_RESERVED(REGION(RAM_BASE, 128 * KIB));
	assert_null(memblock_alloc_try_nid(64, 64, 0, MEMBLOCK_ALLOC_ANYWHERE, NUMA_NO_NODE));
	assert_null(memblock_alloc_from(64, 64, limit));
	memblock_set_current_limit(MEMBLOCK_ALLOC_ANYWHERE);
	assert_null(memblock_alloc_try_nid(64, 64, 0, limit, NUMA_NO_NODE));
	found = memblock_alloc_try_nid_raw(128 * KIB, 64, 0, MEMBLOCK_ALLOC_ANYWHERE, NUMA_NO_NODE);
	assert_ptr_equal(found, ram + 128 * KIB);
}

/* The node variants of the virtual allocators: preferred, exact, and by name. */
static void gives_pointers_on_nodes(void)
{
	assert_int_equal(memblock_add_node(RAM_BASE, 64 * KIB, 0, MEMBLOCK_NONE), 0);
	assert_int_equal(memblock_add_node(RAM_BASE + 64 * KIB, 64 * KIB, 1, MEMBLOCK_NONE), 0);
	assert_ptr_equal(memblock_alloc_node(64 * KIB, 64, 0), ram);
	assert_null(memblock_alloc_exact_nid_raw(64, 64, 0, MEMBLOCK_ALLOC_ACCESSIBLE, 0));
	assert_null(memblock_alloc_exact_nid_raw(64, 64, RAM_BASE, MEMBLOCK_ALLOC_ACCESSIBLE, 0));
	assert_ptr_equal(memblock_alloc_try_nid(64 * KIB, 64, 0, MEMBLOCK_ALLOC_ACCESSIBLE, 0), ram + 64 * KIB);
	assert_true(all_bytes(ram, 128 * KIB, 0));
}

/* Until a caller sets the hooks, an address is a pointer. */
static void defaults_to_identity(void **state)
{
	(void)state;
	assert_ptr_equal(memblock_phys_to_virt(0x1234567), (void *)0x1234567);
	assert_int_equal(memblock_virt_to_phys((void *)0x1234567), 0x1234567);
}

/*
 * Mirrored memory is used up before any other. This is last: nothing takes back that there was mirrored memory.
 *
 *   |  +-------+--------+-------+  |
 *   |  |       | mirror |       |  |
 *   +--+-------+--------+-------+--+
 */
static void uses_up_mirrored_memory_first(void)
{
	bool up = memblock_bottom_up();

	assert_int_equal(memblock_add(MIB, 3 * MIB), 0);
	assert_int_equal(memblock_mark_mirror(2 * MIB, MIB), 0);
	assert_true(memblock_has_mirror());
	assert_int_equal(memblock_phys_alloc(512 * KIB, 64), up ? 2 * MIB : 2 * MIB + 512 * KIB);
	assert_int_equal(memblock_phys_alloc(MIB, 64), up ? MIB : 3 * MIB);
	assert_int_equal(memblock_phys_alloc(512 * KIB, 64), up ? 2 * MIB + 512 * KIB : 2 * MIB);
	assert_int_equal(memblock_phys_alloc(64, 64), up ? 3 * MIB : 2 * MIB - 64);
}

#define BOTH(name)                                                                                                     \
	static void name##_both(void **state)                                                                          \
	{                                                                                                              \
		(void)state;                                                                                           \
		in_both_directions(name);                                                                              \
	}

BOTH(first_fit_from_the_chosen_side)
BOTH(neighbours_become_one)
BOTH(passes_over_gaps_without_an_aligned_place)
BOTH(stays_in_one_region)
BOTH(never_gives_out_the_first_page)
BOTH(keeps_to_the_range)
BOTH(handles_odd_alignments)
BOTH(handles_odd_sizes)
BOTH(passes_over_special_memory)
BOTH(prefers_the_node)
BOTH(fails_when_the_table_is_full)
BOTH(zeroes_unless_raw)
BOTH(falls_back_below_min_addr)
BOTH(gives_pointers_on_nodes)
BOTH(uses_up_mirrored_memory_first)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_to_identity), /* before anything sets the hooks */
		cmocka_unit_test(first_fit_from_the_chosen_side_both),
		cmocka_unit_test(neighbours_become_one_both),
		cmocka_unit_test(passes_over_gaps_without_an_aligned_place_both),
		cmocka_unit_test(stays_in_one_region_both),
		cmocka_unit_test(never_gives_out_the_first_page_both),
		cmocka_unit_test(keeps_to_the_range_both),
		cmocka_unit_test(handles_odd_alignments_both),
		cmocka_unit_test(handles_odd_sizes_both),
		cmocka_unit_test(passes_over_special_memory_both),
		cmocka_unit_test(prefers_the_node_both),
		cmocka_unit_test(fails_when_the_table_is_full_both),
		cmocka_unit_test(zeroes_unless_raw_both),
		cmocka_unit_test(falls_back_below_min_addr_both),
		cmocka_unit_test(gives_pointers_on_nodes_both),
		cmocka_unit_test(uses_up_mirrored_memory_first_both),
	};

	return cmocka_run_group_tests_name("memblock allocators", tests, NULL, NULL);
}
