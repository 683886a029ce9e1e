/* SPDX-License-Identifier: BSD-2-Clause */
/* Findings about a firmware map, and what is printed about them. */
#include "efi_test.h"

struct findings {
	struct efi_finding list[64];
	size_t count;
};

static void collect(void *context, const struct efi_finding *finding)
{
	struct findings *findings = context;

	assert_true(findings->count < MM_ARRAY_COUNT(findings->list));
	findings->list[findings->count++] = *finding;
}

static struct findings check(const struct efi_memmap *map)
{
	size_t size = efi_memmap_check_scratch_size(efi_memmap_count(map));
	void *scratch = malloc(size ? size : 1);
	struct findings findings = { .count = 0 };
	long reported = efi_memmap_check(map, scratch, size, collect, &findings);

	assert_int_equal(reported, findings.count);
	assert_int_equal(efi_memmap_check(map, scratch, size, NULL, NULL), findings.count);
	if (size)
		assert_int_equal(efi_memmap_check(map, scratch, size - 1, collect, &findings), MM_ENOSPC);
	free(scratch);
	return findings;
}

static void assert_findings_(const struct findings *findings, const struct efi_finding *expected, size_t count)
{
	assert_int_equal(findings->count, count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(findings->list[i].kind, expected[i].kind);
		assert_int_equal(findings->list[i].index, expected[i].index);
		assert_int_equal(findings->list[i].other, expected[i].other);
	}
}

#define assert_findings(findings, ...)                                                                                 \
	assert_findings_(&(findings), (struct efi_finding[]){ __VA_ARGS__ },                                           \
			 sizeof((struct efi_finding[]){ __VA_ARGS__ }) / sizeof(struct efi_finding))

static void a_clean_map_has_none(void **state)
{
	struct efi_memmap map = MAP({ 7, 0x3000, 2, 0xf }, { 4, 0x1000, 2, 0xf }, { 7, 0x5000, 2, 0xf },
				    { 0, UINT64_MAX - 0xfff, 1, 0 });
	struct findings findings = check(&map);

	(void)state;
	assert_int_equal(findings.count, 0);
	free_map(&map);
}

static void whole_map(void **state)
{
	struct efi_memmap map = MAP({ 7, 0x3000, 2, 0xf }, { 7, 0x7000, 1, 0xf });
	struct findings findings;

	(void)state;
	map.desc_version = 2;
	map.size -= 1;
	findings = check(&map);
	assert_findings(findings, { EFI_FINDING_REMAINDER, 0, 0 }, { EFI_FINDING_VERSION, 0, 0 });
	map.desc_size = 39;
	findings = check(&map);
	assert_findings(findings, { EFI_FINDING_STRIDE, 0, 0 });
	map.desc_size = 0;
	findings = check(&map);
	assert_findings(findings, { EFI_FINDING_STRIDE, 0, 0 });
	free_map(&map);
}

static void single_descriptors(void **state)
{
	struct efi_memmap map =
		MAP({ 7, 0x3000, 0, 0 }, { 7, UINT64_MAX - 0xfff, 2, 0 }, { 16, 0x10800, 1, 0 },
		    { 0x70000000, 0x20000, 1, 0 }, { 0xffffffff, 0x30000, 1, 0 }, { 15, 0x40001, 0, 0 });
	struct findings findings = check(&map);

	(void)state;
	assert_findings(findings, { EFI_FINDING_ZERO_PAGES, 0, 0 }, { EFI_FINDING_ZERO_PAGES, 5, 5 },
			{ EFI_FINDING_OVERFLOW, 1, 1 }, { EFI_FINDING_UNALIGNED, 2, 2 },
			{ EFI_FINDING_UNALIGNED, 5, 5 }, { EFI_FINDING_UNKNOWN_TYPE, 2, 2 },
			{ EFI_FINDING_OEM_TYPE, 3, 3 }, { EFI_FINDING_OS_TYPE, 4, 4 });
	free_map(&map);
}

/*
 *  0       |----|
 *  1  |---------------------|
 *  2       |----|                   repeats 0
 *  3                   |--------|   overlaps 1, which reaches furthest before it
 *  4                            |--|
 *  5       |------|                 overlaps 1
 *  6       |----|                   repeats 0
 */
static void overlaps_and_duplicates(void **state)
{
	struct efi_memmap map = MAP({ 7, 0x5000, 2, 0 }, { 7, 0x1000, 15, 0 }, { 4, 0x5000, 2, 0 }, { 7, 0xe000, 4, 0 },
				    { 7, 0x12000, 1, 0 }, { 7, 0x5000, 3, 0 }, { 7, 0x5000, 2, 0 });
	struct findings findings = check(&map);

	(void)state;
	assert_findings(findings, { EFI_FINDING_DUPLICATE, 2, 0 }, { EFI_FINDING_DUPLICATE, 6, 0 },
			{ EFI_FINDING_OVERLAP, 0, 1 }, { EFI_FINDING_OVERLAP, 3, 1 }, { EFI_FINDING_OVERLAP, 5, 1 });
	free_map(&map);
}

static void overlap_in_a_single_byte_of_unaligned_ranges(void **state)
{
	struct efi_memmap map = MAP({ 7, 0x1001, 1, 0 }, { 7, 0x2000, 1, 0 }, { 7, 0x3000, 1, 0 });
	struct findings findings = check(&map);

	(void)state;
	assert_findings(findings, { EFI_FINDING_UNALIGNED, 0, 0 }, { EFI_FINDING_OVERLAP, 1, 0 });
	free_map(&map);
}

static void assert_prints(const struct efi_memmap *map, struct efi_finding finding, const char *expected)
{
	char text[300];
	struct buffer_printer out;

	buffer_printer_init(&out, text, sizeof(text));
	efi_finding_print(map, &finding, &out.printer);
	assert_string_equal(text, expected);
}

static void prints_each_kind(void **state)
{
	struct efi_memmap map = MAP({ 7, 0x3000, 0, 0 }, { 7, UINT64_MAX - 0xfff, 2, 0 }, { 16, 0x10800, 1, 0 },
				    { 0x70000000, 0x20000, 1, 0 }, { 0xffffffff, 0x30000, 1, 0 },
				    { 4, 0x20000, 1, 0 });

	(void)state;
	assert_prints(&map, (struct efi_finding){ EFI_FINDING_ZERO_PAGES, 0, 0 },
		      "EFI memory map: descriptor 0 (EfiConventionalMemory) [mem 0x0000000000003000, 0x0 pages] has no "
		      "pages; it is left out\n");
	assert_prints(&map, (struct efi_finding){ EFI_FINDING_OVERFLOW, 1, 1 },
		      "EFI memory map: descriptor 1 (EfiConventionalMemory) [mem 0xfffffffffffff000, 0x2 pages] passes "
		      "the end of the 64-bit address space; it is left out\n");
	assert_prints(
		&map, (struct efi_finding){ EFI_FINDING_UNALIGNED, 2, 2 },
		"EFI memory map: descriptor 2 (unknown type) [mem 0x0000000000010800-0x00000000000117ff] does not "
		"start at a multiple of 4096; RAM is rounded inwards, all else outwards\n");
	assert_prints(
		&map, (struct efi_finding){ EFI_FINDING_UNKNOWN_TYPE, 2, 2 },
		"EFI memory map: descriptor 2 (unknown type) [mem 0x0000000000010800-0x00000000000117ff] has type "
		"0x10, which the UEFI specification does not define; it becomes reserved\n");
	assert_prints(&map, (struct efi_finding){ EFI_FINDING_OEM_TYPE, 3, 3 },
		      "EFI memory map: descriptor 3 (OEM type) [mem 0x0000000000020000-0x0000000000020fff] has type "
		      "0x70000000 of the machine's maker; it becomes reserved\n");
	assert_prints(&map, (struct efi_finding){ EFI_FINDING_OS_TYPE, 4, 4 },
		      "EFI memory map: descriptor 4 (OS type) [mem 0x0000000000030000-0x0000000000030fff] has type "
		      "0xffffffff of an operating system's loader; it becomes reserved\n");
	assert_prints(&map, (struct efi_finding){ EFI_FINDING_DUPLICATE, 5, 3 },
		      "EFI memory map: descriptor 5 (EfiBootServicesData) [mem 0x0000000000020000-0x0000000000020fff] "
		      "repeats descriptor 3 (OEM type) [mem 0x0000000000020000-0x0000000000020fff]\n");
	assert_prints(&map, (struct efi_finding){ EFI_FINDING_OVERLAP, 5, 3 },
		      "EFI memory map: descriptor 5 (EfiBootServicesData) [mem 0x0000000000020000-0x0000000000020fff] "
		      "overlaps descriptor 3 (OEM type) [mem 0x0000000000020000-0x0000000000020fff]\n");
	assert_prints(&map, (struct efi_finding){ EFI_FINDING_OVERLAP, 5, 6 },
		      "EFI memory map: no descriptor 5 or 6\n");
	map.size -= 4;
	map.desc_version = 3;
	assert_prints(&map, (struct efi_finding){ EFI_FINDING_REMAINDER, 0, 0 },
		      "EFI memory map: 284 bytes are no multiple of 48; the last 44 are left out\n");
	assert_prints(&map, (struct efi_finding){ EFI_FINDING_VERSION, 0, 0 },
		      "EFI memory map: descriptor version 3, known is version 1; it is read as that\n");
	map.desc_size = 24;
	assert_prints(&map, (struct efi_finding){ EFI_FINDING_STRIDE, 0, 0 },
		      "EFI memory map: descriptors of 24 bytes, at least 40 needed; nothing in it can be read\n");
	free_map(&map);
}

/* By address, equal ones in the map's order, the unreadable too. */
static void order_by_address(void **state)
{
	static const uint32_t wanted[] = { 3, 1, 4, 2, 0, 5 };
	struct efi_memmap map = MAP({ 7, GIB, 1, 0 }, { 7, 0x1000, 1, 0 }, { 7, MIB, 1, 0 }, { 7, 0, 1, 0 },
				    { 7, 0x1000, 0, 0 }, { 7, UINT64_MAX, 9, 0 });
	size_t size = efi_memmap_check_scratch_size(6);
	void *scratch = malloc(size);
	uint32_t order[6] = { 9 };

	(void)state;
	assert_int_equal(efi_memmap_order(&map, order, scratch, size - 1), MM_ENOSPC);
	assert_int_equal(order[0], 9);
	assert_int_equal(efi_memmap_order(&map, order, scratch, size), 0);
	assert_memory_equal(order, wanted, sizeof(wanted));
	free(scratch);
	free_map(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clean_map_has_none),
		cmocka_unit_test(whole_map),
		cmocka_unit_test(single_descriptors),
		cmocka_unit_test(overlaps_and_duplicates),
		cmocka_unit_test(overlap_in_a_single_byte_of_unaligned_ranges),
		cmocka_unit_test(prints_each_kind),
		cmocka_unit_test(order_by_address),
	};

	return cmocka_run_group_tests_name("efi_memmap_check", tests, NULL, NULL);
}
