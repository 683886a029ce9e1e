/* SPDX-License-Identifier: BSD-2-Clause */
/* From descriptors to e820, and the trace that explains it. */
#include "efi_test.h"

#include <mm/efi_to_e820.h>

static int convert_tracing(const struct efi_memmap *map, enum e820_policy policy, struct e820_table *table,
			   struct efi_trace *trace)
{
	size_t size = efi_to_e820_scratch_size(efi_memmap_count(map));
	void *scratch = malloc(size ? size : 1);
	int result = efi_to_e820(map, policy, table, trace, scratch, size);

	free(scratch);
	return result;
}

/* Converts a list of descriptors, and compares the whole table and, for each descriptor, the whole trace. */
#define CONVERT(policy, table, trace, ...)                                                                             \
	struct efi_memmap table##_map = MAP(__VA_ARGS__);                                                              \
	EMPTY_TABLE(table, 40);                                                                                        \
	struct efi_trace trace[20];                                                                                    \
	assert_int_equal(convert_tracing(&table##_map, policy, &table, trace), 0);                                     \
	free_map(&table##_map)

#define NOBODY SIZE_MAX

static void assert_trace(const struct efi_trace *trace, enum efi_fate fate, uint32_t type, size_t first, size_t last,
			 size_t by)
{
	assert_int_equal(trace->fate, fate);
	assert_int_equal(trace->type, type);
	assert_true(trace->first == first);
	assert_true(trace->last == last);
	assert_true(trace->by == by);
}

static void types_by_policy(void **state)
{
	static const struct {
		uint32_t efi, acpi, for_linux;
	} cases[] = {
		{ 0, 2, 2 }, { 1, 1, 1 }, { 2, 1, 1 }, { 3, 1, 1 },   { 4, 1, 1 },   { 5, 2, 2 },
		{ 6, 2, 2 }, { 7, 1, 1 }, { 8, 2, 5 }, { 9, 3, 3 },   { 10, 4, 4 },  { 11, 2, 2 },
		{ 12, 2, 2 }, { 13, 2, 2 }, { 14, 2, 7 }, { 15, 2, 2 }, { 16, 2, 2 }, { 0x70000000, 2, 2 },
		{ 0xffffffff, 2, 2 },
	};

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(cases); i++) {
		struct efi_memory_desc desc = { .type = cases[i].efi, .attribute = EFI_ATTRIBUTE_WB };
		bool ram = cases[i].acpi == RAM;

		assert_int_equal(efi_to_e820_type(&desc, E820_POLICY_ACPI), cases[i].acpi);
		assert_int_equal(efi_to_e820_type(&desc, E820_POLICY_LINUX), cases[i].for_linux);
		desc.attribute = EFI_ATTRIBUTE_SP;
		assert_int_equal(efi_to_e820_type(&desc, E820_POLICY_ACPI), ram ? RESERVED : cases[i].acpi);
		assert_int_equal(efi_to_e820_type(&desc, E820_POLICY_LINUX), ram ? SOFT : cases[i].for_linux);
		assert_int_equal(efi_to_e820_type(&desc, E820_POLICY_LINUX_NOSOFTRESERVE), cases[i].for_linux);
	}
}

static void disorder_with_odd_descriptors(void **state)
{
	(void)state;
	CONVERT(E820_POLICY_ACPI, table, trace, { 7, 0x5000, 1, 0 }, { 7, 0, 0, 0 }, { 7, 0x6000, 1, 0 },
		{ 0, UINT64_MAX - 0xfff, 5, 0 }, { 7, 0x1000, 1, 0 });
	assert_entries(&table, { 0x1000, 0x1000, RAM }, { 0x5000, 0x2000, RAM });
	assert_trace(&trace[0], EFI_FATE_MERGED, RAM, 1, 1, NOBODY);
	assert_trace(&trace[1], EFI_FATE_DROPPED, RAM, NOBODY, NOBODY, NOBODY);
	assert_trace(&trace[2], EFI_FATE_MERGED, RAM, 1, 1, NOBODY);
	assert_trace(&trace[3], EFI_FATE_DROPPED, RESERVED, NOBODY, NOBODY, NOBODY);
	assert_trace(&trace[4], EFI_FATE_KEPT, RAM, 0, 0, NOBODY);
}

/*
 *  descriptors  |7|3|4|1|2|   |9|10|   |7|
 *  e820         |----1----|   |3|4 |   |1|
 */
static void merges_what_touches(void **state)
{
	(void)state;
	CONVERT(E820_POLICY_ACPI, table, trace, { 7, 0, 1, 0 }, { 3, 0x1000, 1, 0 }, { 4, 0x2000, 1, 0 },
		{ 1, 0x3000, 1, 0 }, { 2, 0x4000, 1, 0 }, { 9, 0x8000, 1, 0 }, { 10, 0x9000, 1, 0 },
		{ 7, 0xd000, 1, 0 });
	assert_entries(&table, { 0, 0x5000, RAM }, { 0x8000, 0x1000, ACPI }, { 0x9000, 0x1000, NVS },
		       { 0xd000, 0x1000, RAM });
	for (size_t i = 0; i < 5; i++)
		assert_trace(&trace[i], EFI_FATE_MERGED, RAM, 0, 0, NOBODY);
	assert_trace(&trace[5], EFI_FATE_KEPT, ACPI, 1, 1, NOBODY);
	assert_trace(&trace[6], EFI_FATE_KEPT, NVS, 2, 2, NOBODY);
	assert_trace(&trace[7], EFI_FATE_KEPT, RAM, 3, 3, NOBODY);
}

static void order_does_not_matter(void **state)
{
	(void)state;
	CONVERT(E820_POLICY_ACPI, table, trace, { 7, 0xd000, 1, 0 }, { 10, 0x9000, 1, 0 }, { 4, 0x2000, 1, 0 },
		{ 7, 0, 1, 0 }, { 9, 0x8000, 1, 0 }, { 3, 0x1000, 1, 0 });
	assert_entries(&table, { 0, 0x3000, RAM }, { 0x8000, 0x1000, ACPI }, { 0x9000, 0x1000, NVS },
		       { 0xd000, 0x1000, RAM });
	assert_trace(&trace[0], EFI_FATE_KEPT, RAM, 3, 3, NOBODY);
	assert_trace(&trace[1], EFI_FATE_KEPT, NVS, 2, 2, NOBODY);
	assert_trace(&trace[2], EFI_FATE_MERGED, RAM, 0, 0, NOBODY);
	assert_trace(&trace[3], EFI_FATE_MERGED, RAM, 0, 0, NOBODY);
	assert_trace(&trace[4], EFI_FATE_KEPT, ACPI, 1, 1, NOBODY);
	assert_trace(&trace[5], EFI_FATE_MERGED, RAM, 0, 0, NOBODY);
}

/*
 *  0  7   |--------------------|      clipped by 1 (or 3)
 *  1  0        |-----|                whole
 *  2  7          |-|                  covered by 1
 *  3  10                    |------|
 *  4  7   |--------------------|      the same range as 0
 *         |-1--|--2--|--1---|--4---|
 */
static void overlaps_by_precedence(void **state)
{
	(void)state;
	CONVERT(E820_POLICY_ACPI, table, trace, { 7, 0x1000, 15, 0 }, { 0, 0x4000, 4, 0 }, { 7, 0x5000, 2, 0 },
		{ 10, 0xd000, 5, 0 }, { 7, 0x1000, 15, 0 });
	assert_entries(&table, { 0x1000, 0x3000, RAM }, { 0x4000, 0x4000, RESERVED }, { 0x8000, 0x5000, RAM },
		       { 0xd000, 0x5000, NVS });
	assert_trace(&trace[0], EFI_FATE_CLIPPED, RAM, 0, 2, 1);
	assert_trace(&trace[1], EFI_FATE_KEPT, RESERVED, 1, 1, NOBODY);
	assert_trace(&trace[2], EFI_FATE_COVERED, RAM, NOBODY, NOBODY, 1);
	assert_trace(&trace[3], EFI_FATE_KEPT, NVS, 3, 3, NOBODY);
	assert_trace(&trace[4], EFI_FATE_CLIPPED, RAM, 0, 2, 1);
}

/* The taker must be one that really has the bytes: not the last to start before them, but the one that reaches them. */
static void names_the_taker_that_reaches(void **state)
{
	(void)state;
	CONVERT(E820_POLICY_LINUX, table, trace, { 0, 0x1000, 1, 0 }, { 0, 0x3000, 20, 0 }, { 0, 0x5000, 1, 0 },
		{ 7, 0x9000, 2, 0 }, { 14, 0xa000, 1, 0 });
	assert_entries(&table, { 0x1000, 0x1000, RESERVED }, { 0x3000, 0x7000, RESERVED }, { 0xa000, 0x1000, PMEM },
		       { 0xb000, 0xc000, RESERVED });
	assert_trace(&trace[1], EFI_FATE_CLIPPED, RESERVED, 1, 3, 4);
	assert_trace(&trace[2], EFI_FATE_MERGED, RESERVED, 1, 1, NOBODY);
	assert_trace(&trace[3], EFI_FATE_COVERED, RAM, NOBODY, NOBODY, 1);
}

static void no_ranges_at_all_are_dropped(void **state)
{
	(void)state;
	CONVERT(E820_POLICY_ACPI, table, trace, { 9, 0x1000, 0, 0 }, { 7, UINT64_MAX - 0x1fff, 3, 0 },
		{ 7, UINT64_MAX - 0xfff, 1, 0 }, { 7, 0x5001, 1, 0 }, { 7, UINT64_MAX - 0xffe, 1, 0 },
		{ 0, UINT64_MAX - 0x1ffe, 1, 0 });
	assert_entries(&table, { UINT64_MAX - 0x1fff, 0x1000, RESERVED });
	assert_trace(&trace[0], EFI_FATE_DROPPED, ACPI, NOBODY, NOBODY, NOBODY);
	for (size_t i = 1; i < 5; i++)
		assert_trace(&trace[i], EFI_FATE_DROPPED, RAM, NOBODY, NOBODY, NOBODY);
	/* Rounded outwards it would take the page that e820 cannot name. */
	assert_trace(&trace[5], EFI_FATE_CLIPPED, RESERVED, 0, 0, NOBODY);
}

static void the_last_page_is_cut_off(void **state)
{
	(void)state;
	CONVERT(E820_POLICY_ACPI, table, trace, { 7, UINT64_MAX - 0x2fff, 3, 0 }, { 7, 0, 1, 0 });
	assert_entries(&table, { 0, 0x1000, RAM }, { UINT64_MAX - 0x2fff, 0x2000, RAM });
	assert_trace(&trace[0], EFI_FATE_CLIPPED, RAM, 1, 1, NOBODY);
	assert_trace(&trace[1], EFI_FATE_KEPT, RAM, 0, 0, NOBODY);
}

/*
 *  0  7  0x1800 + 3 pages, RAM: inwards to [0x2000, 0x4000)
 *  1  0  0x8800 + 1 page, reserved: outwards to [0x8000, 0xa000)
 */
static void rounds_unaligned_ranges(void **state)
{
	(void)state;
	CONVERT(E820_POLICY_ACPI, table, trace, { 7, 0x1800, 3, 0 }, { 0, 0x8800, 1, 0 });
	assert_entries(&table, { 0x2000, 0x2000, RAM }, { 0x8000, 0x2000, RESERVED });
	assert_trace(&trace[0], EFI_FATE_CLIPPED, RAM, 0, 0, NOBODY);
	assert_trace(&trace[1], EFI_FATE_KEPT, RESERVED, 1, 1, NOBODY);
}

/*
 * Soft reserved: what follows and touches in the map is one range, also with a hole in the list between. What
 * touches without following stays two, and is cut at the edges inside it.
 */
static void soft_reserved_stays_apart(void **state)
{
	(void)state;
	CONVERT(E820_POLICY_LINUX, sorted, trace, { 7, 0x1000, 1, EFI_ATTRIBUTE_SP },
		{ 7, 0x2000, 1, EFI_ATTRIBUTE_SP }, { 9, 0, 0, 0 }, { 2, 0x3000, 1, EFI_ATTRIBUTE_SP });
	assert_entries(&sorted, { 0x1000, 0x3000, SOFT });
	assert_trace(&trace[0], EFI_FATE_MERGED, SOFT, 0, 0, NOBODY);
	assert_trace(&trace[3], EFI_FATE_MERGED, SOFT, 0, 0, NOBODY);

	CONVERT(E820_POLICY_LINUX, swapped, trace2, { 7, 0x2000, 1, EFI_ATTRIBUTE_SP },
		{ 7, 0x1000, 1, EFI_ATTRIBUTE_SP });
	assert_entries(&swapped, { 0x1000, 0x1000, SOFT }, { 0x2000, 0x1000, SOFT });
	assert_trace(&trace2[0], EFI_FATE_KEPT, SOFT, 1, 1, NOBODY);
	assert_trace(&trace2[1], EFI_FATE_KEPT, SOFT, 0, 0, NOBODY);

	CONVERT(E820_POLICY_LINUX, cut, trace3, { 7, 0x1000, 6, EFI_ATTRIBUTE_SP }, { 9, 0x3000, 2, 0 });
	assert_entries(&cut, { 0x1000, 0x2000, SOFT }, { 0x3000, 0x2000, SOFT }, { 0x5000, 0x2000, SOFT });
	assert_trace(&trace3[0], EFI_FATE_KEPT, SOFT, 0, 2, NOBODY);
	assert_trace(&trace3[1], EFI_FATE_COVERED, ACPI, NOBODY, NOBODY, 0);
}

static void refuses_and_leaves_an_empty_table(void **state)
{
	struct efi_memmap map = MAP({ 7, 0x1000, 1, 0 }, { 9, 0x5000, 1, 0 }, { 7, 0x3000, 1, 0 });
	struct efi_memmap empty = { "", 0, 48, 1 };
	TABLE(table, 2, { 0, 1, RAM });
	size_t size = efi_to_e820_scratch_size(3);
	void *scratch = malloc(size);

	(void)state;
	assert_int_equal(efi_to_e820(&map, E820_POLICY_ACPI, &table, NULL, scratch, size), MM_ENOSPC);
	assert_int_equal(table.nr_entries, 0);
	assert_int_equal(efi_to_e820(&map, E820_POLICY_ACPI, &table, NULL, scratch, size - 1), MM_ENOSPC);
	assert_int_equal(table.nr_entries, 0);
	free(scratch);
	map.desc_size = 39;
	assert_int_equal(efi_to_e820(&map, E820_POLICY_ACPI, &table, NULL, NULL, 0), MM_EINVAL);
	assert_int_equal(table.nr_entries, 0);
	assert_int_equal(efi_to_e820(&empty, E820_POLICY_ACPI, &table, NULL, NULL, 0), 0);
	assert_int_equal(table.nr_entries, 0);
	assert_true(efi_to_e820_scratch_size(SIZE_MAX) == SIZE_MAX);
	assert_true(efi_to_e820_scratch_size((size_t)INT32_MAX + 1) == SIZE_MAX);
	free_map(&map);
}

/* In order, the table is full in the middle; yet the map fits once it is sorted. */
static void a_full_table_is_tried_again_sorted(void **state)
{
	struct efi_memmap map = MAP({ 7, 0x1000, 1, 0 }, { 7, 0x3000, 1, 0 }, { 7, 0x2000, 1, 0 });
	EMPTY_TABLE(table, 1);
	struct efi_trace trace[3];

	(void)state;
	assert_int_equal(convert_tracing(&map, E820_POLICY_ACPI, &table, trace), 0);
	assert_entries(&table, { 0x1000, 0x3000, RAM });
	for (size_t i = 0; i < 3; i++)
		assert_trace(&trace[i], EFI_FATE_MERGED, RAM, 0, 0, NOBODY);
	free_map(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_by_policy),
		cmocka_unit_test(merges_what_touches),
		cmocka_unit_test(order_does_not_matter),
		cmocka_unit_test(disorder_with_odd_descriptors),
		cmocka_unit_test(overlaps_by_precedence),
		cmocka_unit_test(names_the_taker_that_reaches),
		cmocka_unit_test(no_ranges_at_all_are_dropped),
		cmocka_unit_test(the_last_page_is_cut_off),
		cmocka_unit_test(rounds_unaligned_ranges),
		cmocka_unit_test(soft_reserved_stays_apart),
		cmocka_unit_test(refuses_and_leaves_an_empty_table),
		cmocka_unit_test(a_full_table_is_tried_again_sorted),
	};

	return cmocka_run_group_tests_name("efi_to_e820", tests, NULL, NULL);
}
