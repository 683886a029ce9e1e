/* SPDX-License-Identifier: BSD-2-Clause */
/* Questions, iterators, and what is printed. */
#include "memblock_expect.h"

/*
 * The map of these tests. Node 0 has two regions that touch, of different flags; the last region is not in whole pages.
 *
 *   memory    |  +----n0----+--n0 nomap--+      +----n1----+      +--+      |
 *   reserved  |     +--+                     +-----+       +-+               |
 *   MiB          1  2  3    4            5   6  7  8       9      16
 */
static int start_with_a_map(void **state)
{
	start_empty(state);
	assert_int_equal(memblock_add_node(MIB, 3 * MIB, 0, MEMBLOCK_NONE), 0);
	assert_int_equal(memblock_add_node(4 * MIB, MIB, 0, MEMBLOCK_NOMAP), 0);
	assert_int_equal(memblock_add_node(7 * MIB, 2 * MIB, 1, MEMBLOCK_NONE), 0);
	assert_int_equal(memblock_add(16 * MIB + 1, 8 * KIB), 0);
	assert_int_equal(memblock_reserve(2 * MIB, MIB), 0);
	assert_int_equal(memblock_reserve(6 * MIB, 2 * MIB), 0);
	assert_int_equal(memblock_reserve(9 * MIB, 4 * KIB), 0);
	return 0;
}

/* Regions are half-open: the first byte is in, the one after the last is out. */
static void knows_single_bytes(void **state)
{
	(void)state;
	assert_false(memblock_is_memory(0));
	assert_false(memblock_is_memory(MIB - 1));
	assert_true(memblock_is_memory(MIB));
	assert_true(memblock_is_memory(5 * MIB - 1));
	assert_false(memblock_is_memory(5 * MIB));
	assert_false(memblock_is_memory(PHYS_ADDR_MAX));
	assert_true(memblock_is_map_memory(4 * MIB - 1));
	assert_false(memblock_is_map_memory(4 * MIB));
	assert_false(memblock_is_map_memory(6 * MIB));
	assert_false(memblock_is_reserved(2 * MIB - 1));
	assert_true(memblock_is_reserved(2 * MIB));
	assert_true(memblock_is_reserved(3 * MIB - 1));
	assert_false(memblock_is_reserved(3 * MIB));
}

/* A range is memory when one region holds all of it; two that touch do not count. */
static void knows_ranges_of_memory(void **state)
{
	(void)state;
	assert_true(memblock_is_region_memory(MIB, 3 * MIB));
	assert_false(memblock_is_region_memory(MIB, 3 * MIB + 1));
	assert_false(memblock_is_region_memory(3 * MIB, 2 * MIB));
	assert_false(memblock_is_region_memory(MIB - 1, MIB));
	assert_false(memblock_is_region_memory(7 * MIB, PHYS_ADDR_MAX));
	assert_true(memblock_is_region_memory(MIB, 0));
	assert_false(memblock_is_region_memory(5 * MIB, 0));
}

/* A range is reserved when any byte of it is; an empty one inside a region is, at the first byte it is not. */
static void knows_ranges_that_are_reserved(void **state)
{
	(void)state;
	assert_false(memblock_is_region_reserved(MIB, MIB));
	assert_true(memblock_is_region_reserved(MIB, MIB + 1));
	assert_true(memblock_is_region_reserved(3 * MIB - 1, MIB));
	assert_false(memblock_is_region_reserved(3 * MIB, 3 * MIB));
	assert_true(memblock_is_region_reserved(0, PHYS_ADDR_MAX));
	assert_false(memblock_is_region_reserved(PHYS_ADDR_MAX, PHYS_ADDR_MAX));
	assert_true(memblock_is_region_reserved(2 * MIB + 1, 0));
	assert_false(memblock_is_region_reserved(2 * MIB, 0));
	assert_false(memblock_is_region_reserved(3 * MIB, 0));
	assert_true(memblock_overlaps_region(&memblock.memory, 4 * MIB, 1));
	assert_false(memblock_overlaps_region(&memblock.memory, 5 * MIB, 2 * MIB));
}

/*
 * Every size of table up to 300 regions, in an array of the caller's: pages 4, 7, 10... of memory, and in each case the
 * bytes at both ends of every region.
 */
static void searches_tables_of_any_size(void **state)
{
	static struct memblock_region regions[300];
	struct memblock_type saved = memblock.memory;

	(void)state;
	memblock.memory.regions = regions;
	memblock.memory.max = MM_ARRAY_COUNT(regions);
	for (unsigned long count = 1; count <= MM_ARRAY_COUNT(regions); count++) {
		regions[count - 1] = (struct memblock_region){ .base = (3 * (phys_addr_t)count + 1) * 4 * KIB,
							       .size = 4 * KIB };
		memblock.memory.cnt = count;
		for (unsigned long i = 0; i < count; i++) {
			phys_addr_t base = regions[i].base, end = base + regions[i].size;

			assert_false(memblock_is_memory(base - 1));
			assert_true(memblock_is_memory(base));
			assert_true(memblock_is_memory(end - 1));
			assert_false(memblock_is_memory(end));
			assert_false(memblock_overlaps_region(&memblock.memory, base - 4 * KIB, 4 * KIB));
			assert_true(memblock_overlaps_region(&memblock.memory, base - 4 * KIB, 4 * KIB + 1));
			assert_true(memblock_overlaps_region(&memblock.memory, end - 1, 4 * KIB));
			assert_false(memblock_overlaps_region(&memblock.memory, end, 4 * KIB));
		}
		assert_false(memblock_is_memory(0));
		assert_false(memblock_is_memory(PHYS_ADDR_MAX));
	}
	memblock.memory = saved;
}

static void knows_sizes_and_ends(void **state)
{
	(void)state;
	assert_int_equal(memblock_phys_mem_size(), 6 * MIB + 8 * KIB);
	assert_int_equal(memblock_reserved_size(), 3 * MIB + 4 * KIB);
	assert_int_equal(memblock_start_of_DRAM(), MIB);
	assert_int_equal(memblock_end_of_DRAM(), 16 * MIB + 1 + 8 * KIB);
}

/* Empty tables have an answer to everything. */
static void knows_that_nothing_is_there(void **state)
{
	phys_addr_t start, end;
	unsigned long start_pfn = 7, end_pfn = 7;
	uint64_t i;
	int pfn_range;

	start_empty(state);
	assert_false(memblock_is_memory(0));
	assert_false(memblock_is_reserved(0));
	assert_false(memblock_is_region_memory(0, 0));
	assert_false(memblock_is_region_reserved(0, PHYS_ADDR_MAX));
	assert_int_equal(memblock_start_of_DRAM(), 0);
	assert_int_equal(memblock_end_of_DRAM(), 0);
	assert_int_equal(memblock_phys_mem_size(), 0);
	assert_int_equal(memblock_search_pfn_nid(0, &start_pfn, &end_pfn), -1);
	assert_int_equal(start_pfn, 7);
	assert_int_equal(end_pfn, 7);
	for_each_mem_range(i, &start, &end)
		fail();
	for_each_mem_range_rev(i, &start, &end)
		fail();
	for_each_free_mem_range(i, NUMA_NO_NODE, MEMBLOCK_NONE, &start, &end, NULL)
		fail();
	for_each_free_mem_range_reverse(i, NUMA_NO_NODE, MEMBLOCK_NONE, &start, &end, NULL)
		fail();
	for_each_mem_pfn_range(pfn_range, NUMA_NO_NODE, &start_pfn, &end_pfn, NULL)
		fail();
}

/* A page has the node of the region that holds its first byte. */
static void knows_the_node_of_a_page(void **state)
{
	unsigned long start = 0, end = 0;

	(void)state;
	assert_int_equal(memblock_search_pfn_nid(MIB >> 12, &start, &end), 0);
	assert_int_equal(start, MIB >> 12);
	assert_int_equal(end, 4 * MIB >> 12);
	assert_int_equal(memblock_search_pfn_nid((9 * MIB >> 12) - 1, &start, &end), 1);
	assert_int_equal(start, 7 * MIB >> 12);
	assert_int_equal(end, 9 * MIB >> 12);
	assert_int_equal(memblock_search_pfn_nid(9 * MIB >> 12, &start, &end), -1);
	assert_int_equal(memblock_search_pfn_nid(~0ul, &start, &end), -1);
	assert_int_equal(memblock_search_pfn_nid(16 * MIB >> 12, &start, &end), -1);
	assert_int_equal(memblock_search_pfn_nid((16 * MIB >> 12) + 1, &start, &end), MAX_NUMNODES);
	assert_int_equal(start, 16 * MIB >> 12);
	assert_int_equal(end, (16 * MIB >> 12) + 2);
}

/* Memory is rounded inwards to pages, what is reserved outwards. */
static void rounds_regions_to_pages(void **state)
{
	const struct memblock_region odd = { .base = 0x1001, .size = 0x2fff };
	const struct memblock_region even = { .base = 0x1000, .size = 0x3000 };
	struct memblock_region region = { .flags = MEMBLOCK_HOTPLUG | MEMBLOCK_NOMAP };

	(void)state;
	assert_int_equal(memblock_region_memory_base_pfn(&odd), 2);
	assert_int_equal(memblock_region_memory_end_pfn(&odd), 4);
	assert_int_equal(memblock_region_reserved_base_pfn(&odd), 1);
	assert_int_equal(memblock_region_reserved_end_pfn(&odd), 4);
	assert_int_equal(memblock_region_memory_base_pfn(&even), 1);
	assert_int_equal(memblock_region_reserved_end_pfn(&even), 4);
	assert_true(memblock_is_hotpluggable(&region));
	assert_true(memblock_is_nomap(&region));
	assert_false(memblock_is_mirror(&region));
	assert_false(memblock_is_driver_managed(&region));
	memblock_set_region_node(&region, 6);
	assert_int_equal(memblock_get_region_node(&region), 6);
}

struct range {
	phys_addr_t start, end;
	int nid;
};

#define EXPECT_RANGES(got, count, ...)                                                                                 \
	do {                                                                                                           \
		const struct range wanted_[] = { __VA_ARGS__ };                                                        \
		assert_int_equal(count, MM_ARRAY_COUNT(wanted_));                                                      \
		for (unsigned k_ = 0; k_ < (count); k_++) {                                                            \
			assert_int_equal((got)[k_].start, wanted_[k_].start);                                          \
			assert_int_equal((got)[k_].end, wanted_[k_].end);                                              \
			assert_int_equal((got)[k_].nid, wanted_[k_].nid);                                              \
		}                                                                                                      \
	} while (0)

/* Free is memory that is mapped and not reserved, of all nodes or of one; downwards the same pieces in reverse. */
static void walks_free_ranges(void **state)
{
	struct range got[8], *next = got;
	phys_addr_t start, end;
	uint64_t i;
	int nid;

	(void)state;
	for_each_free_mem_range(i, NUMA_NO_NODE, MEMBLOCK_NONE, &start, &end, &nid)
		*next++ = (struct range){ start, end, nid };
	EXPECT_RANGES(got, next - got, { MIB, 2 * MIB, 0 }, { 3 * MIB, 4 * MIB, 0 }, { 8 * MIB, 9 * MIB, 1 },
		      { 16 * MIB + 1, 16 * MIB + 1 + 8 * KIB, MAX_NUMNODES });

	next = got;
	for_each_free_mem_range_reverse(i, NUMA_NO_NODE, MEMBLOCK_NONE, &start, &end, &nid)
		*next++ = (struct range){ start, end, nid };
	EXPECT_RANGES(got, next - got, { 16 * MIB + 1, 16 * MIB + 1 + 8 * KIB, MAX_NUMNODES }, { 8 * MIB, 9 * MIB, 1 },
		      { 3 * MIB, 4 * MIB, 0 }, { MIB, 2 * MIB, 0 });

	next = got;
	for_each_free_mem_range(i, 0, MEMBLOCK_NOMAP, &start, &end, &nid)
		*next++ = (struct range){ start, end, nid };
	EXPECT_RANGES(got, next - got, { MIB, 2 * MIB, 0 }, { 3 * MIB, 4 * MIB, 0 }, { 4 * MIB, 5 * MIB, 0 });
}

/* One reservation over several regions, and one region with several reservations. */
static void walks_free_ranges_across_both_tables(void **state)
{
	struct range got[8], *next = got;
	phys_addr_t start, end;
	uint64_t i;

	start_empty(state);
	assert_int_equal(memblock_add_node(MIB, MIB, 0, MEMBLOCK_NONE), 0);
	assert_int_equal(memblock_add_node(2 * MIB, MIB, 1, MEMBLOCK_NONE), 0);
	assert_int_equal(memblock_add_node(3 * MIB, 4 * MIB, 2, MEMBLOCK_NONE), 0);
	assert_int_equal(memblock_reserve(MIB + KIB, 3 * MIB), 0);
	assert_int_equal(memblock_reserve(5 * MIB, KIB), 0);
	assert_int_equal(memblock_reserved_mark_noinit(5 * MIB, 512), 0);
	for_each_free_mem_range(i, NUMA_NO_NODE, MEMBLOCK_NONE, &start, &end, NULL)
		*next++ = (struct range){ start, end, 0 };
	EXPECT_RANGES(got, next - got, { MIB, MIB + KIB, 0 }, { 4 * MIB + KIB, 5 * MIB, 0 },
		      { 5 * MIB + KIB, 7 * MIB, 0 });
	next = got;
	for_each_free_mem_range_reverse(i, NUMA_NO_NODE, MEMBLOCK_NONE, &start, &end, NULL)
		*next++ = (struct range){ start, end, 0 };
	EXPECT_RANGES(got, next - got, { 5 * MIB + KIB, 7 * MIB, 0 }, { 4 * MIB + KIB, 5 * MIB, 0 },
		      { MIB, MIB + KIB, 0 });
}

/* Memory ranges leave NOMAP out, but not what may be unplugged or belongs to a driver. */
static void walks_memory_and_reserved_ranges(void **state)
{
	struct range got[8], *next = got;
	const struct memblock_region *region;
	phys_addr_t start, end, total = 0;
	uint64_t i;

	(void)state;
	assert_int_equal(memblock_remove(16 * MIB, MIB), 0);
	assert_int_equal(memblock_mark_hotplug(7 * MIB, 2 * MIB), 0);
	movable_node_enabled = true;
	for_each_mem_range(i, &start, &end)
		*next++ = (struct range){ start, end, 0 };
	EXPECT_RANGES(got, next - got, { MIB, 4 * MIB, 0 }, { 7 * MIB, 9 * MIB, 0 });
	next = got;
	for_each_mem_range_rev(i, &start, &end)
		*next++ = (struct range){ start, end, 0 };
	EXPECT_RANGES(got, next - got, { 7 * MIB, 9 * MIB, 0 }, { MIB, 4 * MIB, 0 });
	next = got;
	for_each_reserved_mem_range(i, &start, &end)
		*next++ = (struct range){ start, end, 0 };
	EXPECT_RANGES(got, next - got, { 2 * MIB, 3 * MIB, 0 }, { 6 * MIB, 8 * MIB, 0 },
		      { 9 * MIB, 9 * MIB + 4 * KIB, 0 });
	for_each_mem_region(region)
		total += region->size;
	assert_int_equal(total, memblock_phys_mem_size());
	for_each_reserved_mem_region(region)
		total -= region->size;
	assert_int_equal(total, memblock_phys_mem_size() - memblock_reserved_size());
}

/* Page ranges are the whole pages of each region; a region without any is passed over. */
static void walks_page_ranges(void **state)
{
	struct range got[8], *next = got;
	unsigned long start, end;
	int i, nid;

	(void)state;
	assert_int_equal(memblock_add(20 * MIB + 1, 4 * KIB), 0);
	for_each_mem_pfn_range(i, NUMA_NO_NODE, &start, &end, &nid)
		*next++ = (struct range){ start, end, nid };
	EXPECT_RANGES(got, next - got, { 0x100, 0x400, 0 }, { 0x400, 0x500, 0 }, { 0x700, 0x900, 1 },
		      { 0x1001, 0x1002, MAX_NUMNODES });
	next = got;
	for_each_mem_pfn_range(i, 1, &start, &end, &nid)
		*next++ = (struct range){ start, end, nid };
	EXPECT_RANGES(got, next - got, { 0x700, 0x900, 1 });
	next = got;
	for_each_mem_pfn_range(i, MAX_NUMNODES, NULL, NULL, NULL)
		next++;
	assert_int_equal(next - got, 4);
}

/* An address as it is printed: all digits of a phys_addr_t. */
#ifdef MM_PHYS_ADDR_32
#define ZEROS ""
#else
#define ZEROS "00000000"
#endif

static void dumps_as_linux_does(void **state)
{
	char text[2000];
	struct buffer_printer out;

	(void)state;
	buffer_printer_init(&out, text, sizeof(text));
	memblock_dump_all(&out.printer);
	assert_string_equal(
		text,
		"MEMBLOCK configuration:\n"
		" memory size = 0x" ZEROS "00602000 reserved size = 0x" ZEROS "00301000\n"
		" memory.cnt  = 0x4\n"
		" memory[0x0]\t[0x" ZEROS "00100000-0x" ZEROS "003fffff], 0x" ZEROS "00300000 bytes"
		" on node 0 flags: 0x0\n"
		" memory[0x1]\t[0x" ZEROS "00400000-0x" ZEROS "004fffff], 0x" ZEROS "00100000 bytes"
		" on node 0 flags: 0x4\n"
		" memory[0x2]\t[0x" ZEROS "00700000-0x" ZEROS "008fffff], 0x" ZEROS "00200000 bytes"
		" on node 1 flags: 0x0\n"
		" memory[0x3]\t[0x" ZEROS "01000001-0x" ZEROS "01002000], 0x" ZEROS "00002000 bytes flags: 0x0\n"
		" reserved.cnt  = 0x3\n"
		" reserved[0x0]\t[0x" ZEROS "00200000-0x" ZEROS "002fffff], 0x" ZEROS "00100000 bytes flags: 0x0\n"
		" reserved[0x1]\t[0x" ZEROS "00600000-0x" ZEROS "007fffff], 0x" ZEROS "00200000 bytes flags: 0x0\n"
		" reserved[0x2]\t[0x" ZEROS "00900000-0x" ZEROS "00900fff], 0x" ZEROS "00001000 bytes flags: 0x0\n");
}

/* The log has a line for each call, with the range and (not compared here) the caller's address. */
static void logs_as_linux_does(void **state)
{
	static const char *const wanted[] = {
		"memblock_add: [0x" ZEROS "00100000-0x" ZEROS "001fffff] 0x",
		"memblock_add_node: [0x" ZEROS "00400000-0x" ZEROS "004fffff] nid=2 flags=1 0x",
		"memblock_reserve: [0x" ZEROS "00100000-0x" ZEROS "00100fff] 0x",
		"memblock_remove: [0x" ZEROS "00180000-0x" ZEROS "00180fff] 0x",
		"memblock_phys_free: [0x" ZEROS "00100000-0x" ZEROS "00100fff] 0x",
		"memblock_phys_alloc_range: 64 bytes align=0x40 nid=-1 from=0x" ZEROS "00100000 max_addr=0x" ZEROS
		"00200000 0x",
		"memblock_reserve: [0x" ZEROS "001fffc0-0x" ZEROS "001fffff] 0x",
	};
	char text[2000];
	const char *line = text;
	struct buffer_printer out;

	start_empty(state);
	buffer_printer_init(&out, text, sizeof(text));
	memblock_debug = &out.printer;
	memblock_add(MIB, MIB);
	memblock_add_node(4 * MIB, MIB, 2, MEMBLOCK_HOTPLUG);
	memblock_reserve(MIB, 4 * KIB);
	memblock_remove(MIB + 512 * KIB, 4 * KIB);
	memblock_phys_free(MIB, 4 * KIB);
	memblock_phys_alloc_range(64, 64, MIB, 2 * MIB);
	memblock_debug = NULL;
	memblock_reserve(8 * MIB, MIB);
	for (unsigned i = 0; i < MM_ARRAY_COUNT(wanted); i++) {
		assert_non_null(line);
		assert_memory_equal(line, wanted[i], strlen(wanted[i]));
		line = strchr(line, '\n') + 1;
	}
	assert_int_equal(*line, '\0');
}

/* The virtual allocators log what they were asked for. */
static void logs_virtual_allocations(void **state)
{
	char text[2000];
	struct buffer_printer out;

	start_empty(state);
	assert_int_equal(memblock_add_node(RAM_BASE, RAM_SIZE, 1, MEMBLOCK_NONE), 0);
	buffer_printer_init(&out, text, sizeof(text));
	memblock_debug = &out.printer;
	assert_non_null(memblock_alloc(16, 32));
	assert_non_null(memblock_alloc_raw(16, 32));
	assert_non_null(memblock_alloc_exact_nid_raw(16, 32, RAM_BASE, 0xf0000000, 1));
	memblock_debug = NULL;
	assert_non_null(strstr(text, "memblock_alloc_try_nid: 16 bytes align=0x20 nid=-1 from=0x" ZEROS
				     "00000000 max_addr=0x" ZEROS "00000000 0x"));
	assert_non_null(strstr(text, "memblock_alloc_try_nid_raw: 16 bytes align=0x20 nid=-1 from=0x"));
	assert_non_null(strstr(text, "memblock_alloc_exact_nid_raw: 16 bytes align=0x20 nid=1 from=0x" ZEROS
				     "04000000 max_addr=0x" ZEROS "f0000000 0x"));
}

#define TEST(name) cmocka_unit_test_setup(name, start_with_a_map)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(knows_single_bytes),
		TEST(knows_ranges_of_memory),
		TEST(knows_ranges_that_are_reserved),
		TEST(searches_tables_of_any_size),
		TEST(knows_sizes_and_ends),
		TEST(knows_that_nothing_is_there),
		TEST(knows_the_node_of_a_page),
		TEST(rounds_regions_to_pages),
		TEST(walks_free_ranges),
		TEST(walks_free_ranges_across_both_tables),
		TEST(walks_memory_and_reserved_ranges),
		TEST(walks_page_ranges),
		TEST(dumps_as_linux_does),
		TEST(logs_as_linux_does),
		TEST(logs_virtual_allocations),
	};

	return cmocka_run_group_tests_name("memblock queries", tests, NULL, NULL);
}
