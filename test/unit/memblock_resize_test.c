/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables that grow: where the new array goes, what it takes, what happens when there is no place for it. */
#include "memblock_expect.h"

#define HOLES 0x1000000u /* where the combs are, in pieces that are too small for an array */
#define PIECE (2 * KIB)

static phys_addr_t array_bytes(unsigned long regions)
{
	phys_addr_t bytes = (phys_addr_t)(regions * sizeof(struct memblock_region));

	return (bytes + 0xfff) & ~(phys_addr_t)0xfff;
}

/* Where the first array of 256 goes when all of ram is free. */
static phys_addr_t expected_array(void)
{
	return memblock_bottom_up() ? RAM_BASE : RAM_BASE + RAM_SIZE - array_bytes(256);
}

static void expect_comb(const struct memblock_type *type, unsigned long from, phys_addr_t base, unsigned long count)
{
	for (unsigned long i = 0; i < count; i++) {
		assert_int_equal(type->regions[from + i].base, base + i * 8 * KIB);
		assert_int_equal(type->regions[from + i].size, PIECE);
		assert_int_equal(type->regions[from + i].flags, MEMBLOCK_NONE);
		assert_int_equal(type->regions[from + i].nid, MAX_NUMNODES);
	}
}

/* Until memblock_allow_resize() a full table is full. This runs first: nothing takes the permission back. */
static void refuses_before_permission(void)
{
	struct snapshot before;

	assert_int_equal(memblock_add(RAM_BASE, RAM_SIZE), 0);
	add_comb(HOLES, 8 * KIB, PIECE, 127);
	before = take_snapshot();
	assert_int_equal(memblock_add(2 * RAM_BASE, 4 * KIB), MM_ENOMEM);
	expect_untouched(&before);
}

/* The 129th memory region: the array doubles, lies in free memory at the edge of it, and is the only reservation. */
static void doubles_memory(void)
{
	memblock_allow_resize();
	add_comb(HOLES, 8 * KIB, PIECE, 127);
	assert_int_equal(memblock_add(RAM_BASE, RAM_SIZE), 0);
	assert_int_equal(memblock.memory.max, 128);
	assert_int_equal(memblock_add(2 * RAM_BASE, 4 * KIB), 0);
	assert_int_equal(memblock.memory.max, 256);
	assert_int_equal(memblock.memory.cnt, 129);
	assert_int_equal(memblock.memory.total_size, 127 * PIECE + 4 * KIB + RAM_SIZE);
	expect_comb(&memblock.memory, 0, HOLES, 127);
	assert_int_equal(memblock.memory.regions[127].base, RAM_BASE);
	assert_int_equal(memblock.memory.regions[128].base, 2 * RAM_BASE);
	assert_int_equal(ram_address(memblock.memory.regions), expected_array());
	assert_int_equal(memblock.reserved.max, 128);
	EXPECT_RESERVED(REGION(expected_array(), array_bytes(256)));
}

/* The same with reserved: the array's own reservation is entry number 130. */
static void doubles_reserved(void)
{
	bool up = memblock_bottom_up();

	memblock_allow_resize();
	assert_int_equal(memblock_add(RAM_BASE, RAM_SIZE), 0);
	reserve_comb(HOLES, 8 * KIB, PIECE, 128);
	assert_int_equal(memblock.reserved.max, 128);
	assert_int_equal(memblock_reserve(2 * RAM_BASE, 4 * KIB), 0);
	assert_int_equal(memblock.reserved.max, 256);
	assert_int_equal(memblock.reserved.cnt, 130);
	assert_int_equal(memblock.reserved.total_size, 128 * PIECE + 4 * KIB + array_bytes(256));
	expect_comb(&memblock.reserved, 0, HOLES, 128);
	assert_int_equal(memblock.reserved.regions[128].base, expected_array());
	assert_int_equal(memblock.reserved.regions[128].size, array_bytes(256));
	assert_int_equal(memblock.reserved.regions[129].base, 2 * RAM_BASE);
	assert_int_equal(ram_address(memblock.reserved.regions), up ? RAM_BASE : expected_array());
	EXPECT_MEMORY(REGION(RAM_BASE, RAM_SIZE));
}

/*
 * The array of reserved keeps clear of the range that is just being reserved, also where it would like to lie:
 *
 *   |  +---------------+=======+xxxxxxx+  |
 *   |  |               | array |  new  |  |
 *   +--+---------------+-------+-------+--+
 */
static void keeps_clear_of_the_new_range(void)
{
	bool up = memblock_bottom_up();
	phys_addr_t new = up ? RAM_BASE : RAM_BASE + RAM_SIZE - 4 * KIB;
	phys_addr_t array = up ? RAM_BASE + 4 * KIB : new - array_bytes(256);

	memblock_allow_resize();
	assert_int_equal(memblock_add(RAM_BASE, RAM_SIZE), 0);
	reserve_comb(HOLES, 8 * KIB, PIECE, 128);
	assert_int_equal(memblock_reserve(new, 4 * KIB), 0);
	assert_int_equal(ram_address(memblock.reserved.regions), array);
	assert_int_equal(memblock.reserved.cnt, 129);
	assert_int_equal(memblock.reserved.regions[128].base, up ? new : array);
	assert_int_equal(memblock.reserved.regions[128].size, 4 * KIB + array_bytes(256));
}

/*
 * So it does of a range that is just being freed, which starts at address 0 or a byte above it and has all memory in it:
 *
 *   0+-------+---------------+.......+
 *    |       | free memory   |  no   |
 *    |<---- being freed ---->|memory |
 *
 * There is no place then: an array in the range would lose its own reservation and be allocated again.
 */
static void keeps_clear_of_a_range_from_zero(void)
{
	struct snapshot before;
	phys_addr_t end = RAM_BASE + RAM_SIZE, array;

	memblock_allow_resize();
	assert_int_equal(memblock_add(RAM_BASE, RAM_SIZE / 2), 0);
	reserve_comb(HOLES, 8 * KIB, PIECE, 127);
	before = take_snapshot();
	for (phys_addr_t start = 0; start < 3; start++) {
		assert_int_equal(memblock_phys_free(start, RAM_BASE + RAM_SIZE / 2 - start), MM_ENOMEM);
		expect_untouched(&before);
	}
	assert_int_equal(memblock_add(RAM_BASE + RAM_SIZE / 2, RAM_SIZE / 2), 0);
	assert_int_equal(memblock_phys_free(0, RAM_BASE + RAM_SIZE / 2), 0);
	array = memblock_bottom_up() ? RAM_BASE + RAM_SIZE / 2 : end - array_bytes(256);
	assert_int_equal(ram_address(memblock.reserved.regions), array);
	EXPECT_RESERVED(REGION(array, array_bytes(256)));
}

/* An allocation that does not fit into the table makes it grow, and does not get the memory of the array. */
static void grows_for_an_allocation(void)
{
	phys_addr_t found;

	memblock_allow_resize();
	assert_int_equal(memblock_add(RAM_BASE, RAM_SIZE), 0);
	reserve_comb(HOLES, 8 * KIB, PIECE, 128);
	found = memblock_phys_alloc(4 * KIB, 4 * KIB);
	assert_int_equal(found, memblock_bottom_up() ? RAM_BASE : RAM_BASE + RAM_SIZE - 4 * KIB);
	assert_int_equal(memblock.reserved.max, 256);
	assert_false(mm_overlaps(found, found + 4 * KIB, ram_address(memblock.reserved.regions),
				 ram_address(memblock.reserved.regions) + array_bytes(256)));
	memset(ram_at(found), 0xff, 4 * KIB);
	expect_comb(&memblock.reserved, 0, HOLES, 128);
}

/* A second doubling gives the first array back: what is reserved at the end is the last array alone. */
static void gives_the_old_array_back(void)
{
	memblock_allow_resize();
	assert_int_equal(memblock_add(RAM_BASE, RAM_SIZE), 0);
	add_comb(HOLES, 8 * KIB, PIECE, 255);
	assert_int_equal(memblock.memory.max, 256);
	assert_int_equal(memblock.reserved.total_size, array_bytes(256));
	assert_int_equal(memblock_add(2 * RAM_BASE, 4 * KIB), 0);
	assert_int_equal(memblock.memory.max, 512);
	assert_int_equal(memblock.memory.cnt, 257);
	expect_comb(&memblock.memory, 0, HOLES, 255);
	EXPECT_RESERVED(REGION(ram_address(memblock.memory.regions), array_bytes(512)));
}

/*
 * One range over 128 regions and as many holes: with the first new array there are 257 entries, so the table
 * doubles twice in one call. The holes are filled, everything merges, and of the arrays only the last is still
 * reserved.
 */
static void doubles_as_often_as_one_range_needs(void)
{
	memblock_allow_resize();
	assert_int_equal(memblock_add(RAM_BASE, RAM_SIZE), 0);
	reserve_comb(HOLES, 8 * KIB, PIECE, 128);
	assert_int_equal(memblock.reserved.max, 128);
	assert_int_equal(memblock_reserve(HOLES, 128 * 8 * KIB), 0);
	assert_int_equal(memblock.reserved.max, 512);
	EXPECT_RESERVED(REGION(HOLES, 128 * 8 * KIB),
			REGION(ram_address(memblock.reserved.regions), array_bytes(512)));
}

/* When memory must grow and reserved has no entry for its new array, reserved grows first. */
static void makes_room_for_its_own_reservation(void)
{
	memblock_allow_resize();
	assert_int_equal(memblock_add(RAM_BASE, RAM_SIZE), 0);
	reserve_comb(HOLES, 8 * KIB, PIECE, 128);
	add_comb(HOLES, 8 * KIB, PIECE, 127);
	assert_int_equal(memblock_add(2 * RAM_BASE, 4 * KIB), 0);
	assert_int_equal(memblock.memory.max, 256);
	assert_int_equal(memblock.memory.cnt, 129);
	assert_int_equal(memblock.reserved.max, 256);
	assert_int_equal(memblock.reserved.cnt, 129);
	assert_int_equal(memblock.reserved.regions[128].size, 2 * array_bytes(256));
	expect_comb(&memblock.memory, 0, HOLES, 127);
	expect_comb(&memblock.reserved, 0, HOLES, 128);
	assert_ptr_not_equal(memblock.memory.regions, memblock.reserved.regions);
}

/* Cutting needs two entries, so at 127 it makes the table grow as well. */
static void grows_to_cut(void)
{
	memblock_allow_resize();
	assert_int_equal(memblock_add(RAM_BASE, RAM_SIZE), 0);
	add_comb(HOLES, 8 * KIB, PIECE, 126);
	assert_int_equal(memblock_remove(HOLES, PIECE), 0);
	assert_int_equal(memblock.memory.max, 256);
	assert_int_equal(memblock.memory.cnt, 126);
	expect_comb(&memblock.memory, 0, HOLES + 8 * KIB, 125);
}

/*
 * Without a place the call fails, and nothing has changed: all memory reserved, below current_limit only the first
 * page, or a piece that is a byte too small.
 */
static void fails_without_a_place(void)
{
	struct snapshot before;

	memblock_allow_resize();
	reserve_comb(HOLES, 8 * KIB, PIECE, 127);
	assert_int_equal(memblock_reserve(RAM_BASE, RAM_SIZE), 0);
	assert_int_equal(memblock_add(RAM_BASE, RAM_SIZE), 0);
	before = take_snapshot();
	assert_int_equal(memblock_reserve(2 * RAM_BASE, 4 * KIB), MM_ENOMEM);
	assert_int_equal(memblock_phys_free(HOLES, PIECE), MM_ENOMEM);
	expect_untouched(&before);

	start_empty(NULL);
	assert_int_equal(memblock_add(RAM_BASE, array_bytes(256) - 1), 0);
	reserve_comb(HOLES, 8 * KIB, PIECE, 128);
	before = take_snapshot();
	assert_int_equal(memblock_reserve(2 * RAM_BASE, 4 * KIB), MM_ENOMEM);
	expect_untouched(&before);
	memblock_set_current_limit(4 * KIB);
	assert_int_equal(memblock_add(0, 64 * KIB), 0);
	before = take_snapshot();
	assert_int_equal(memblock_reserve(2 * RAM_BASE, 4 * KIB), MM_ENOMEM);
	expect_untouched(&before);
}

/* The debug log says what was doubled and what could not be. */
static void logs_doubling(void)
{
	char text[400];
	struct buffer_printer out;
	char expected[200];

	memblock_allow_resize();
	assert_int_equal(memblock_add(RAM_BASE, RAM_SIZE), 0);
	reserve_comb(HOLES, 8 * KIB, PIECE, 128);
	buffer_printer_init(&out, text, sizeof(text));
	memblock_debug = &out.printer;
	memblock_set_current_limit(4 * KIB);
	assert_int_equal(memblock_reserve(2 * RAM_BASE, 4 * KIB), MM_ENOMEM);
	assert_non_null(strstr(text, "memblock: Failed to double reserved array from 128 to 256 entries !\n"));
	memblock_set_current_limit(MEMBLOCK_ALLOC_ANYWHERE);
	buffer_printer_init(&out, text, sizeof(text));
	assert_int_equal(memblock_reserve(2 * RAM_BASE, 4 * KIB), 0);
	snprintf(expected, sizeof(expected), "memblock: reserved is doubled to 256 at [0x%0*llx-0x%0*llx]\n",
		 (int)(2 * sizeof(phys_addr_t)), (unsigned long long)expected_array(), (int)(2 * sizeof(phys_addr_t)),
		 (unsigned long long)(expected_array() + array_bytes(256) - 1));
	assert_non_null(strstr(text, expected));
}

#define BOTH(name)                                                                                                     \
	static void name##_both(void **state)                                                                          \
	{                                                                                                              \
		(void)state;                                                                                           \
		in_both_directions(name);                                                                              \
	}

BOTH(refuses_before_permission)
BOTH(doubles_memory)
BOTH(doubles_reserved)
BOTH(keeps_clear_of_the_new_range)
BOTH(keeps_clear_of_a_range_from_zero)
BOTH(grows_for_an_allocation)
BOTH(gives_the_old_array_back)
BOTH(doubles_as_often_as_one_range_needs)
BOTH(makes_room_for_its_own_reservation)
BOTH(grows_to_cut)
BOTH(fails_without_a_place)
BOTH(logs_doubling)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_before_permission_both),
		cmocka_unit_test(doubles_memory_both),
		cmocka_unit_test(doubles_reserved_both),
		cmocka_unit_test(keeps_clear_of_the_new_range_both),
		cmocka_unit_test(keeps_clear_of_a_range_from_zero_both),
		cmocka_unit_test(grows_for_an_allocation_both),
		cmocka_unit_test(gives_the_old_array_back_both),
		cmocka_unit_test(doubles_as_often_as_one_range_needs_both),
		cmocka_unit_test(makes_room_for_its_own_reservation_both),
		cmocka_unit_test(grows_to_cut_both),
		cmocka_unit_test(fails_without_a_place_both),
		cmocka_unit_test(logs_doubling_both),
	};

	return cmocka_run_group_tests_name("memblock resizing", tests, NULL, NULL);
}
