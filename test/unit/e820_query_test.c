/* SPDX-License-Identifier: BSD-2-Clause */
/* Whole-table questions, the printed form, and the checksum. */
#include "e820_assert.h"

static void prints_what_linux_prints(void **state)
{
	char text[1000];
	struct buffer_printer out;
	TABLE(table, 12, { 0, 0x9fc00, 1 }, { 0x9fc00, 0x400, 2 }, { MIB, MIB, 3 }, { 2 * MIB, MIB, 4 },
	      { 3 * MIB, MIB, 5 }, { 4 * MIB, MIB, 7 }, { 5 * MIB, MIB, 12 }, { 6 * MIB, MIB, 128 },
	      { 7 * MIB, MIB, 0xefffffff }, { 8 * MIB, MIB, 20 }, { UINT64_MAX - 0x1fff, 0x1000, 0xf0000001 },
	      { 0, 0, 0 });

	(void)state;
	buffer_printer_init(&out, text, sizeof(text));
	e820_print_table(&table, "BIOS-e820", &out.printer);
	assert_string_equal(text, "BIOS-e820: [mem 0x0000000000000000-0x000000000009fbff] usable\n"
				  "BIOS-e820: [mem 0x000000000009fc00-0x000000000009ffff] reserved\n"
				  "BIOS-e820: [mem 0x0000000000100000-0x00000000001fffff] ACPI data\n"
				  "BIOS-e820: [mem 0x0000000000200000-0x00000000002fffff] ACPI NVS\n"
				  "BIOS-e820: [mem 0x0000000000300000-0x00000000003fffff] unusable\n"
				  "BIOS-e820: [mem 0x0000000000400000-0x00000000004fffff] persistent (type 7)\n"
				  "BIOS-e820: [mem 0x0000000000500000-0x00000000005fffff] persistent (type 12)\n"
				  "BIOS-e820: [mem 0x0000000000600000-0x00000000006fffff] usable\n"
				  "BIOS-e820: [mem 0x0000000000700000-0x00000000007fffff] soft reserved\n"
				  "BIOS-e820: [mem 0x0000000000800000-0x00000000008fffff] type 20\n"
				  "BIOS-e820: [mem 0xffffffffffffe000-0xffffffffffffefff] type 4026531841\n"
				  "BIOS-e820: [mem 0x0000000000000000-0xffffffffffffffff] type 0\n");
}

static void end_of_ram(void **state)
{
	TABLE(table, 5, { 0, 0xa0000, RAM }, { MIB, 0x7ff800, RAM }, { 16 * MIB, MIB, ACPI }, { 32 * MIB, MIB, NVS },
	      { 64 * MIB, MIB, E820_TYPE_RESERVED_KERN });
	TABLE(crossing, 3, { 0, GIB, RAM }, { 2 * GIB, GIB, RAM }, { 5 * GIB, GIB, RAM });
	TABLE(top, 1, { UINT64_MAX - 0xfff, 0x1000, RAM });
	TABLE(none, 1, { 0, MIB, NVS });
	TABLE(unsorted, 2, { 16 * MIB, MIB, RAM }, { 0, MIB, RAM });

	(void)state;
	/* The last, partial page does not count; RESERVED_KERN is not RAM here. */
	assert_int_equal(e820_end_of_ram_pfn(&table, E820_MAX_ARCH_PFN_4LEVEL, false), 0x8ff);
	assert_int_equal(e820_end_of_ram_pfn(&table, E820_MAX_ARCH_PFN_4LEVEL, true), 17 * MIB >> 12);
	assert_int_equal(e820_end_of_ram_pfn(&crossing, E820_MAX_ARCH_PFN_5LEVEL, false), 6 * GIB >> 12);
	assert_int_equal(e820_end_of_ram_pfn(&crossing, 0x100000, false), 3 * GIB >> 12);
	assert_int_equal(e820_end_of_ram_pfn(&crossing, (2 * GIB >> 12) + 5, false), (2 * GIB >> 12) + 5);
	/* RAM that begins at the limit is none; the page before it is. */
	assert_int_equal(e820_end_of_ram_pfn(&crossing, 5 * GIB >> 12, false), 3 * GIB >> 12);
	assert_int_equal(e820_end_of_ram_pfn(&crossing, (5 * GIB >> 12) + 1, false), (5 * GIB >> 12) + 1);
	assert_int_equal(e820_end_of_ram_pfn(&top, UINT64_MAX, false), UINT64_C(1) << 52);
	assert_int_equal(e820_end_of_ram_pfn(&none, E820_MAX_ARCH_PFN_4LEVEL, false), 0);
	assert_int_equal(e820_end_of_ram_pfn(&unsorted, E820_MAX_ARCH_PFN_4LEVEL, false), 17 * MIB >> 12);
}

/*
 *  0    1M      1G  1G+8M    1G+16M       3G        4G    5G
 *  |-RAM-|  gap |-R-|  8 MiB  |-----R-----|  1 GiB   |-R---|
 */
static void gap_search(void **state)
{
	TABLE(table, 4, { 0, GIB, RAM }, { GIB + 8 * MIB, 8 * MIB, RAM }, { GIB + 24 * MIB, 2 * GIB, RAM },
	      { 4 * GIB, GIB, RAM });
	TABLE(equal, 3, { 0, 2 * GIB, RAM }, { 3 * GIB - 512 * MIB, 512 * MIB, NVS },
	      { 3 * GIB + 512 * MIB, 512 * MIB, NVS });
	TABLE(small, 2, { 0, 4 * GIB - 4 * MIB + 1, RAM }, { 5 * GIB, GIB, RAM });
	TABLE(smallest, 1, { 0, 4 * GIB - 4 * MIB, RAM });
	TABLE(wrapping, 2, { 0, GIB, RAM }, { 3 * GIB, UINT64_MAX, RESERVED });
	EMPTY_TABLE(empty, 1);
	uint64_t start = 99, size = 98;

	(void)state;
	assert_int_equal(e820_search_gap(&empty, &start, &size), MM_ENOENT);
	assert_int_equal(e820_search_gap(&small, &start, &size), MM_ENOENT);
	assert_int_equal(start, 99);
	assert_int_equal(size, 98);
	assert_int_equal(e820_search_gap(&table, &start, &size), 0);
	assert_int_equal(start, 3 * GIB + 24 * MIB);
	assert_int_equal(size, GIB - 24 * MIB);
	assert_int_equal(e820_search_gap(&equal, &start, &size), 0);
	assert_int_equal(start, 2 * GIB);
	assert_int_equal(size, 512 * MIB);
	assert_int_equal(e820_search_gap(&smallest, &start, &size), 0);
	assert_int_equal(start, 4 * GIB - 4 * MIB);
	assert_int_equal(size, 4 * MIB);
	/* The gap does not begin where a sum wrapped to. */
	assert_int_equal(e820_search_gap(&wrapping, &start, &size), 0);
	assert_int_equal(start, GIB);
	assert_int_equal(size, 2 * GIB);
}

static void total_sums_one_type(void **state)
{
	TABLE(table, 3, { 0, 0x9fc00, RAM }, { 0x9fc00, 0x400, RESERVED }, { MIB, MIB, RAM });
	TABLE(huge, 2, { 0, UINT64_MAX, RAM }, { 0, UINT64_MAX, RAM });

	(void)state;
	assert_int_equal(e820_total(&table, RAM), 0x19fc00);
	assert_int_equal(e820_total(&table, RESERVED), 0x400);
	assert_int_equal(e820_total(&table, NVS), 0);
	assert_true(e820_total(&huge, RAM) == UINT64_MAX);
}

/* Expected values: Python's zlib.crc32(struct.pack('<I', n) + b''.join(struct.pack('<QQI', ...))). */
static void crc32_is_that_of_zlib(void **state)
{
	EMPTY_TABLE(empty, 1);
	TABLE(table, 3, { 0, 0x9fc00, RAM }, { 0x9fc00, 0x400, RESERVED }, { MIB, MIB, SOFT });

	(void)state;
	assert_int_equal(e820_crc32(&empty), UINT32_C(0x2144df1c));
	assert_int_equal(e820_crc32(&table), UINT32_C(0xe2246aca));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prints_what_linux_prints),
		cmocka_unit_test(end_of_ram),
		cmocka_unit_test(gap_search),
		cmocka_unit_test(total_sums_one_type),
		cmocka_unit_test(crc32_is_that_of_zlib),
	};

	return cmocka_run_group_tests_name("e820_query", tests, NULL, NULL);
}
