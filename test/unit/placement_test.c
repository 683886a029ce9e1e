/* SPDX-License-Identifier: BSD-2-Clause */
/* The map as free, busy and other memory, and finding places in it. */
#include "efi_test.h"

#include <stdio.h>

#include <loader/placement.h>

#define FREE_TYPE PLACEMENT_FREE
#define BUSY PLACEMENT_BUSY
#define OTHER PLACEMENT_OTHER
#define TAKEN PLACEMENT_TAKEN

#define CONVENTIONAL EFI_CONVENTIONAL_MEMORY

struct fixture {
	struct efi_memmap map;
	unsigned char *memory;
	struct placement placement;
};

/* Memory of exactly the size asked for, at an odd address. */
static int open_fixture(struct fixture *f, struct efi_memmap map)
{
	size_t size = placement_memory_size(efi_memmap_count(&map));

	f->map = map;
	f->memory = malloc(size + 1);
	assert_int_equal(placement_init(&f->placement, &map, f->memory + 1, size - 1), MM_ENOSPC);
	return placement_init(&f->placement, &map, f->memory + 1, size);
}

static void close_fixture(struct fixture *f)
{
	free(f->memory);
	free_map(&f->map);
}

#define OPEN(f, ...) assert_int_equal(open_fixture(f, MAP(__VA_ARGS__)), 0)

/* Every type that the specification and firmware use; only RAM counts, and only conventional memory is free. */
static void types_and_attributes(void **state)
{
	struct fixture f;

	(void)state;
	for (uint32_t type = 0; type < 18; type++) {
		uint32_t expected = type == 7 ? FREE_TYPE : type >= 1 && type <= 4 ? BUSY : OTHER;
		uint32_t efi = type == 17 ? 0x80000000 : type;

		OPEN(&f, { efi, 16 * MIB, 256, 0xf });
		assert_entries(&f.placement.table, { 0, 4096, OTHER }, { 16 * MIB, MIB, expected });
		close_fixture(&f);
		OPEN(&f, { efi, 16 * MIB, 256, EFI_ATTRIBUTE_SP });
		assert_entries(&f.placement.table, { 0, 4096, OTHER }, { 16 * MIB, MIB, OTHER });
		close_fixture(&f);
	}
}

/*
 * What is low is busy whatever the map says, and the first page is nobody's:
 *   |page 0| busy up to 2 MiB | free
 */
static void low_memory_is_busy(void **state)
{
	struct fixture f;

	(void)state;
	OPEN(&f, { CONVENTIONAL, 0, 1024, 0 });
	assert_entries(&f.placement.table, { 0, 4096, OTHER }, { 4096, 2 * MIB - 4096, BUSY }, { 2 * MIB, 2 * MIB,
												 FREE_TYPE });
	close_fixture(&f);
}

static void overlaps_and_disorder_resolve_to_the_worst(void **state)
{
	struct fixture f;

	(void)state;
	OPEN(&f, { CONVENTIONAL, 64 * MIB, 1024, 0 }, { EFI_ACPI_MEMORY_NVS, 66 * MIB, 1, 0 },
	     { EFI_LOADER_DATA, 65 * MIB, 512, 0 }, { CONVENTIONAL, 32 * MIB, 1, 0 }, { CONVENTIONAL, 64 * MIB, 1024, 0 },
	     { CONVENTIONAL, 48 * MIB, 0, 0 });
	assert_entries(&f.placement.table, { 0, 4096, OTHER }, { 32 * MIB, 4096, FREE_TYPE }, { 64 * MIB, MIB, FREE_TYPE },
		       { 65 * MIB, MIB, BUSY }, { 66 * MIB, 4096, OTHER }, { 66 * MIB + 4096, MIB - 4096, BUSY },
		       { 67 * MIB, MIB, FREE_TYPE });
	close_fixture(&f);
}

static void odd_descriptors(void **state)
{
	struct fixture f;

	(void)state;
	/* RAM is rounded inwards, all else outwards. */
	OPEN(&f, { CONVENTIONAL, 32 * MIB + 1, 2, 0 }, { EFI_RESERVED_TYPE, 64 * MIB + 0x800, 1, 0 },
	     { CONVENTIONAL, 48 * MIB + 1, 1, 0 });
	assert_entries(&f.placement.table, { 0, 4096, OTHER }, { 32 * MIB + 4096, 4096, FREE_TYPE },
		       { 64 * MIB, 8192, OTHER });
	close_fixture(&f);
	/* Past 2^64, up to 2^64, and the last page alone; RAM ends where physical addresses do. */
	OPEN(&f, { CONVENTIONAL, -2 * MIB, 1024, 0 }, { EFI_RESERVED_TYPE, -2 * MIB, 512, 0 }, { CONVENTIONAL, -UINT64_C(4096),
												 1, 0 },
	     { CONVENTIONAL, (UINT64_C(1) << 52) - MIB, 512, 0 }, { CONVENTIONAL, UINT64_C(1) << 52, 512, 0 },
	     { CONVENTIONAL, UINT64_MAX, UINT64_MAX, 0 }, { EFI_RESERVED_TYPE, -UINT64_C(0x1001), 1, 0 });
	assert_entries(&f.placement.table, { 0, 4096, OTHER }, { (UINT64_C(1) << 52) - MIB, MIB, FREE_TYPE },
		       { -2 * MIB, 2 * MIB - 4096, OTHER });
	close_fixture(&f);
	OPEN(&f, { CONVENTIONAL, 4 * MIB, (UINT64_C(1) << 52) - 1024, 0 });
	assert_entries(&f.placement.table, { 0, 4096, OTHER }, { 4 * MIB, (UINT64_C(1) << 52) - 4 * MIB, FREE_TYPE });
	close_fixture(&f);
}

static void maps_that_cannot_be_read(void **state)
{
	struct efi_memmap map = MAP({ CONVENTIONAL, 0, 1, 0 });
	struct placement placement;
	unsigned char memory[4096];

	(void)state;
	map.desc_size = 39;
	assert_int_equal(placement_init(&placement, &map, memory, sizeof(memory)), MM_EINVAL);
	map.desc_size = 48;
	map.size = 47;
	assert_int_equal(placement_init(&placement, &map, memory, sizeof(memory)), MM_EINVAL);
	free_map(&map);
	assert_true(placement_memory_size(SIZE_MAX) == SIZE_MAX);
	assert_true(placement_memory_size(SIZE_MAX / 1024) > SIZE_MAX / 1024);
}

static uint64_t find(struct placement *placement, struct placement_want want)
{
	uint64_t base = 0;

	want.what = "a test";
	assert_int_equal(placement_find(placement, &want, &base, NULL), 0);
	return base;
}

/*
 *   16M      20M         32M  33M       64M   65M
 *   |  free   |           |free|         |free |
 */
static void finds_the_highest_or_the_lowest(void **state)
{
	struct fixture f;
	struct placement_want up = { .size = MIB, .align = 4096, .max = UINT64_MAX };
	struct placement_want down = up;

	(void)state;
	down.top_down = true;
	OPEN(&f, { CONVENTIONAL, 16 * MIB, 1024, 0 }, { CONVENTIONAL, 32 * MIB, 256, 0 }, { CONVENTIONAL, 64 * MIB, 256, 0 });
	assert_int_equal(find(&f.placement, down), 64 * MIB);
	assert_int_equal(find(&f.placement, down), 32 * MIB);
	assert_int_equal(find(&f.placement, down), 19 * MIB);
	assert_int_equal(find(&f.placement, up), 16 * MIB);
	up.size = 4096;
	assert_int_equal(find(&f.placement, up), 17 * MIB);
	assert_entries(&f.placement.table, { 0, 4096, OTHER }, { 16 * MIB, MIB + 4096, TAKEN },
		       { 17 * MIB + 4096, 2 * MIB - 4096, FREE_TYPE }, { 19 * MIB, MIB, TAKEN }, { 32 * MIB, MIB, TAKEN },
		       { 64 * MIB, MIB, TAKEN });
	close_fixture(&f);
}

static void limits_are_inclusive_bytes(void **state)
{
	static const struct {
		uint64_t min, max, size, align;
		bool top_down;
		uint64_t base; /* 0: no place */
	} cases[] = {
		{ 0, 18 * MIB - 1, MIB, 4096, true, 17 * MIB },
		{ 0, 18 * MIB - 2, MIB, 4096, true, 17 * MIB - 4096 },
		{ 0, 18 * MIB, MIB, 4096, true, 17 * MIB },
		{ 17 * MIB + 1, UINT64_MAX, MIB, 4096, false, 17 * MIB + 4096 },
		{ 17 * MIB, 18 * MIB - 1, MIB, 4096, false, 17 * MIB },
		{ 17 * MIB, 18 * MIB - 2, MIB, 4096, false, 0 },
		{ 18 * MIB, 17 * MIB, 4096, 4096, false, 0 },
		{ 0, UINT64_MAX, MIB, 4 * MIB, true, 20 * MIB },
		{ 0, UINT64_MAX, MIB, 4 * MIB, false, 16 * MIB },
		{ 0, UINT64_MAX, MIB, 16 * MIB, true, 16 * MIB },
		{ 0, UINT64_MAX, 4 * MIB, 2 * MIB, true, 18 * MIB },
		{ 16 * MIB + 4096, UINT64_MAX, 4096, 64 * MIB, false, 0 },
		{ 0, UINT64_MAX, 6 * MIB, 4096, false, 16 * MIB },
		{ 0, UINT64_MAX, 6 * MIB, 4096, true, 16 * MIB + 4096 },
		{ 0, UINT64_MAX, 6 * MIB + 8192, 4096, true, 0 },
		{ 0, UINT64_MAX, UINT64_C(1) << 60, 4096, true, 0 },
		{ 0, 4095, 4096, 4096, false, 0 },
		{ 0, UINT64_MAX, 4096, UINT64_C(1) << 63, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(cases); i++) {
		struct placement_want want = { "a test", cases[i].size, cases[i].align, cases[i].min, cases[i].max,
					       cases[i].top_down, 0 };
		struct fixture f;
		uint64_t base = 0;

		OPEN(&f, { CONVENTIONAL, 16 * MIB, 1537, 0 });
		assert_int_equal(placement_find(&f.placement, &want, &base, NULL), cases[i].base ? 0 : MM_ENOMEM);
		if (cases[i].base && base != cases[i].base)
			fail_msg("case %zu: %#llx", i, (unsigned long long)base);
		close_fixture(&f);
	}
}

/* Free: 1 MiB on either side of a 2 MiB line, and 256 KiB more behind it. */
static void boundaries_are_not_crossed(void **state)
{
	static const struct {
		uint64_t size;
		bool top_down;
		uint64_t base;
	} cases[] = {
		{ MIB, false, 17 * MIB },
		{ MIB + 4096, false, 18 * MIB },
		{ MIB + 256 * KIB, false, 18 * MIB },
		{ MIB + 256 * KIB + 4096, false, 0 },
		{ MIB, true, 18 * MIB + 256 * KIB },
		{ MIB + 256 * KIB, true, 18 * MIB },
	};

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(cases); i++) {
		struct placement_want want = { "a test", cases[i].size, 4096, 0, UINT64_MAX, cases[i].top_down, 2 * MIB };
		struct fixture f;
		uint64_t base = 0;

		OPEN(&f, { CONVENTIONAL, 17 * MIB, 512 + 64, 0 });
		assert_int_equal(placement_find(&f.placement, &want, &base, NULL), cases[i].base ? 0 : MM_ENOMEM);
		assert_int_equal(base, cases[i].base);
		close_fixture(&f);
	}

	/* Top-down, the place behind the line is too small, so the one before it is taken. */
	struct placement_want want = { "a test", MIB, 4096, 0, UINT64_MAX, true, 2 * MIB };
	struct fixture f;
	uint64_t base = 0;

	OPEN(&f, { CONVENTIONAL, 16 * MIB, 512 + 64, 0 });
	assert_int_equal(placement_find(&f.placement, &want, &base, NULL), 0);
	assert_int_equal(base, 17 * MIB);
	close_fixture(&f);
}

static void assert_explained(struct placement *placement, struct placement_want want, const char *sentence)
{
	struct buffer_printer why;
	char text[500];
	uint64_t base = 77;

	buffer_printer_init(&why, text, sizeof(text));
	assert_int_equal(placement_find(placement, &want, &base, &why.printer), MM_ENOMEM);
	assert_string_equal(text, sentence);
}

struct heard {
	struct placement_listener listener;
	unsigned count;
	struct placement_want want;
	uint64_t base;
	uint64_t free_bytes; /* at that moment */
};

static void hear(struct placement_listener *listener, const struct placement *placement, const struct placement_want *want,
		 uint64_t base)
{
	struct heard *heard = (struct heard *)listener;

	heard->count++;
	heard->want = *want;
	heard->base = base;
	heard->free_bytes = e820_total(&placement->table, FREE_TYPE);
}

/* Before the piece is taken, and only of pieces that are found. */
static void a_listener_hears_what_is_found(void **state)
{
	struct placement_want want = { "a test", 2 * MIB, 4096, 0, UINT64_MAX, true, 0 };
	struct heard heard = { .listener = { NULL, hear } };
	struct fixture f;
	uint64_t base;

	(void)state;
	OPEN(&f, { CONVENTIONAL, 16 * MIB, 1024, 0 });
	f.placement.listener = &heard.listener;
	assert_int_equal(placement_find(&f.placement, &want, &base, NULL), 0);
	assert_int_equal(heard.count, 1);
	assert_string_equal(heard.want.what, "a test");
	assert_int_equal(heard.base, 18 * MIB);
	assert_int_equal(heard.base, base);
	assert_int_equal(heard.free_bytes, 4 * MIB);
	want.size = 3 * MIB;
	assert_int_equal(placement_find(&f.placement, &want, &base, NULL), MM_ENOMEM);
	assert_int_equal(heard.count, 1);
	want.size = 2 * MIB;
	assert_int_equal(placement_find(&f.placement, &want, &base, NULL), 0);
	assert_int_equal(heard.count, 2);
	assert_int_equal(heard.base, 16 * MIB);
	assert_int_equal(heard.free_bytes, 2 * MIB);
	close_fixture(&f);
}

/* Only free entries, and the whole piece. */
static void where_a_piece_fits(void **state)
{
	struct placement_want want = { "a test", MIB, 4096, 0, UINT64_MAX, false, 0 };
	struct e820_entry entry = { 16 * MIB, 2 * MIB, FREE_TYPE };
	uint64_t base = 0;

	(void)state;
	assert_true(placement_fits(&want, &entry, &base));
	assert_int_equal(base, 16 * MIB);
	want.top_down = true;
	assert_true(placement_fits(&want, &entry, &base));
	assert_int_equal(base, 17 * MIB);
	entry.type = BUSY;
	assert_false(placement_fits(&want, &entry, &base));
	entry = (struct e820_entry){ 16 * MIB, MIB - 4096, FREE_TYPE };
	assert_false(placement_fits(&want, &entry, &base));
}

static void a_refusal_has_the_numbers(void **state)
{
	struct fixture f;
	struct placement_want want = { "the initrd", 51 * MIB + 4096, 4096, 2 * MIB, 0x7fffffff, true, 0 };

	(void)state;
	OPEN(&f, { CONVENTIONAL, 2 * MIB, 1024, 0 }, { CONVENTIONAL, 2040 * MIB, 8192, 0 }, { EFI_LOADER_DATA, 16 * MIB, 51200,
											      0 });
	assert_explained(&f.placement, want,
			 "no memory for the initrd: needed 53481472 bytes (51.0 MiB) at a multiple of 0x1000 between 0x200000 and "
			 "0x7fffffff; the largest free range there has 8388608 bytes (8 MiB) at 0x7f800000, 37748736 bytes (36 MiB) "
			 "are free in all; use a smaller file or a machine with more memory");
	want.min = 128 * MIB;
	want.max = 256 * MIB;
	want.what = "the kernel";
	want.align = 2 * MIB;
	assert_explained(&f.placement, want,
			 "no memory for the kernel: needed 53481472 bytes (51.0 MiB) at a multiple of 0x200000 between 0x8000000 and "
			 "0x10000000; the largest free range there does not exist, 37748736 bytes (36 MiB) are free in all; use a "
			 "smaller file or a machine with more memory");
	close_fixture(&f);
}

/*
 *   16M       17M       18M       19M   20M
 *   |  free    |  busy    |  other  | free |
 */
static void what_is_available(void **state)
{
	struct fixture f;
	uint64_t bad = 0;

	(void)state;
	OPEN(&f, { CONVENTIONAL, 16 * MIB, 256, 0 }, { EFI_BOOT_SERVICES_CODE, 17 * MIB, 256, 0 },
	     { EFI_RUNTIME_SERVICES_DATA, 18 * MIB, 256, 0 }, { CONVENTIONAL, 19 * MIB, 256, 0 });
	assert_true(placement_available(&f.placement, 16 * MIB, MIB, false));
	assert_false(placement_available(&f.placement, 16 * MIB, MIB + 1, false));
	assert_true(placement_available(&f.placement, 16 * MIB, 2 * MIB, true));
	assert_false(placement_available(&f.placement, 16 * MIB, 2 * MIB + 1, true));
	assert_false(placement_available(&f.placement, 16 * MIB - 1, 1, true));
	assert_true(placement_available(&f.placement, 20 * MIB - 1, 1, false));
	assert_false(placement_available(&f.placement, 20 * MIB - 1, 2, false));
	assert_false(placement_first_unavailable(&f.placement, 16 * MIB, 2 * MIB, &bad));
	assert_true(placement_first_unavailable(&f.placement, 16 * MIB, 4 * MIB, &bad));
	assert_int_equal(bad, 18 * MIB);
	assert_true(placement_first_unavailable(&f.placement, 15 * MIB, 4 * MIB, &bad));
	assert_int_equal(bad, 15 * MIB);
	assert_true(placement_first_unavailable(&f.placement, 19 * MIB, 4 * MIB, &bad));
	assert_int_equal(bad, 20 * MIB);
	assert_int_equal(placement_take(&f.placement, 16 * MIB, 4096), 0);
	assert_true(placement_first_unavailable(&f.placement, 16 * MIB, MIB, &bad));
	assert_int_equal(bad, 16 * MIB);
	close_fixture(&f);
}

/* The memory is enough for the promised number of pieces even in the worst of maps: each cuts an entry in three. */
static void as_many_pieces_as_promised(void **state)
{
	struct fixture f;
	struct d list[100];

	(void)state;
	for (unsigned i = 0; i < 50; i++) { /* nested and overlapping, so that each adds two entries */
		list[2 * i] = (struct d){ CONVENTIONAL, 16 * MIB + i * 4 * MIB, 1024, 0 };
		list[2 * i + 1] = (struct d){ EFI_RESERVED_TYPE, 17 * MIB + i * 4 * MIB, 1, 0 };
	}
	assert_int_equal(open_fixture(&f, make_map(list, 100, 40)), 0);
	for (unsigned i = 0; i < PLACEMENT_TAKES_MAX; i++)
		assert_int_equal(placement_take(&f.placement, 18 * MIB + i * 2 * MIB + 4096, 4096), 0);
	assert_int_equal(e820_total(&f.placement.table, TAKEN), PLACEMENT_TAKES_MAX * 4096);
	close_fixture(&f);
}

static void sizes_print_exactly_and_in_binary_units(void **state)
{
	static const struct {
		uint64_t size;
		const char *text;
	} cases[] = {
		{ 0, "0 bytes" },
		{ 1023, "1023 bytes" },
		{ 1024, "1024 bytes (1 KiB)" },
		{ 1025, "1025 bytes (1.0 KiB)" },
		{ 1536, "1536 bytes (1.5 KiB)" },
		{ 1048575, "1048575 bytes (1023.9 KiB)" },
		{ 1048576, "1048576 bytes (1 MiB)" },
		{ 53411840, "53411840 bytes (50.9 MiB)" },
		{ UINT64_C(1) << 40, "1099511627776 bytes (1 TiB)" },
		{ UINT64_C(1) << 60, "1152921504606846976 bytes (1 EiB)" },
		{ UINT64_MAX, "18446744073709551615 bytes (15.9 EiB)" },
	};

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(cases); i++) {
		struct buffer_printer out;
		char text[100];

		buffer_printer_init(&out, text, sizeof(text));
		print_size(&out.printer, cases[i].size);
		assert_string_equal(text, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_and_attributes),
		cmocka_unit_test(low_memory_is_busy),
		cmocka_unit_test(overlaps_and_disorder_resolve_to_the_worst),
		cmocka_unit_test(odd_descriptors),
		cmocka_unit_test(maps_that_cannot_be_read),
		cmocka_unit_test(finds_the_highest_or_the_lowest),
		cmocka_unit_test(limits_are_inclusive_bytes),
		cmocka_unit_test(boundaries_are_not_crossed),
		cmocka_unit_test(a_listener_hears_what_is_found),
		cmocka_unit_test(where_a_piece_fits),
		cmocka_unit_test(a_refusal_has_the_numbers),
		cmocka_unit_test(what_is_available),
		cmocka_unit_test(as_many_pieces_as_promised),
		cmocka_unit_test(sizes_print_exactly_and_in_binary_units),
	};

	return cmocka_run_group_tests_name("placement", tests, NULL, NULL);
}
