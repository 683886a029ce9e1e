/* SPDX-License-Identifier: BSD-2-Clause */
/* The paging list, the builder and the walkers; the tables live in ordinary memory at a made-up physical address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <mm/paging.h>

#define TABLES_AT UINT64_C(0x40000000)
#define TABLES_MAX 4096
#define RANGES_MAX 256

struct fixture {
	struct paging_range ranges[RANGES_MAX];
	struct paging_map map;
	uint64_t *memory;
	struct paging_memory tables;
};

static const struct paging_mode level4 = { 4, false }, level4_gib = { 4, true }, level5_gib = { 5, true };

static const uint64_t *read_table(void *context, paddr_t address)
{
	struct fixture *f = context;

	if (address.value < TABLES_AT || address.value >= TABLES_AT + f->tables.pages * 4096)
		return NULL;
	return f->memory + (address.value - TABLES_AT) / 8;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->map = (struct paging_map){ f->ranges, RANGES_MAX, 0 };
	f->memory = aligned_alloc(4096, (TABLES_MAX + 1) * 4096);
	memset(f->memory, 0xa5, (TABLES_MAX + 1) * 4096);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	free(f->memory);
	free(f);
	return 0;
}

/* Builds in exactly the counted pages, and proves that neither fewer would do nor more were written. */
static void build(struct fixture *f, const struct paging_mode *mode)
{
	uint64_t count = paging_count_tables(&f->map, mode);

	assert_in_range(count, 1, TABLES_MAX);
	memset(f->memory, 0xa5, (count + 1) * 4096);
	f->tables = (struct paging_memory){ f->memory, pa(TABLES_AT), count - 1 };
	assert_false(paging_build(&f->map, mode, &f->tables));
	assert_true(f->memory[0] == UINT64_C(0xa5a5a5a5a5a5a5a5));
	f->tables.pages = count;
	assert_true(paging_build(&f->map, mode, &f->tables));
	assert_true(f->memory[count * 512 - 1] != UINT64_C(0xa5a5a5a5a5a5a5a5));
	assert_true(f->memory[count * 512] == UINT64_C(0xa5a5a5a5a5a5a5a5));
}

static bool walk(struct fixture *f, const struct paging_mode *mode, uint64_t virt, struct paging_leaf *leaf)
{
	struct paging_reader reader = { read_table, f };

	return paging_walk(&reader, pa(TABLES_AT), mode, va(virt), leaf);
}

static void assert_range(const struct paging_range *r, uint64_t virt, uint64_t phys, uint64_t size, uint32_t flags)
{
	assert_int_equal(r->virt.value, virt);
	assert_int_equal(r->phys.value, phys);
	assert_int_equal(r->size, size);
	assert_int_equal(r->flags, flags);
}

/*
 * A hole and another permission cut into one range:
 *   |rw                              |
 *          +   |rx   |    hole
 *   |rw        |rx   |rw |    |rw    |
 */
static void set_cuts_and_clear_leaves_a_hole(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(paging_map_set(&f->map, va(0), pa(0), 0x100000, PAGING_WRITE), 0);
	assert_int_equal(paging_map_set(&f->map, va(0x40000), pa(0x40000), 0x10000, PAGING_EXECUTE), 0);
	assert_int_equal(paging_map_clear(&f->map, va(0x80000), 0x1000), 0);
	assert_int_equal(f->map.count, 4);
	assert_range(&f->ranges[0], 0, 0, 0x40000, PAGING_WRITE);
	assert_range(&f->ranges[1], 0x40000, 0x40000, 0x10000, PAGING_EXECUTE);
	assert_range(&f->ranges[2], 0x50000, 0x50000, 0x30000, PAGING_WRITE);
	assert_range(&f->ranges[3], 0x81000, 0x81000, 0x7f000, PAGING_WRITE);
}

static void neighbours_that_continue_merge_and_others_do_not(void **state)
{
	struct fixture *f = *state;

	paging_map_set(&f->map, va(0x3000), pa(0x3000), 0x1000, PAGING_WRITE);
	paging_map_set(&f->map, va(0x1000), pa(0x1000), 0x1000, PAGING_WRITE);
	paging_map_set(&f->map, va(0x2000), pa(0x2000), 0x1000, PAGING_WRITE);
	assert_int_equal(f->map.count, 1);
	assert_range(&f->ranges[0], 0x1000, 0x1000, 0x3000, PAGING_WRITE);
	paging_map_set(&f->map, va(0x4000), pa(0x9000), 0x1000, PAGING_WRITE);
	paging_map_set(&f->map, va(0x5000), pa(0xa000), 0x1000, PAGING_READ);
	assert_int_equal(f->map.count, 3);
	/* Tables without content have no physical address that could go on. */
	paging_map_set(&f->map, va(0x8000), pa(0), 0x1000, PAGING_EMPTY_TABLE);
	paging_map_set(&f->map, va(0x9000), pa(0x1000), 0x1000, PAGING_EMPTY_TABLE);
	assert_int_equal(f->map.count, 5);
}

static void refuses_nonsense_and_leaves_the_list_alone(void **state)
{
	struct fixture *f = *state;

	paging_map_set(&f->map, va(0), pa(0), 0x3000, 0);
	assert_int_equal(paging_map_set(&f->map, va(0x800), pa(0), 0x1000, 0), MM_EINVAL);
	assert_int_equal(paging_map_set(&f->map, va(0), pa(0x10), 0x1000, 0), MM_EINVAL);
	assert_int_equal(paging_map_set(&f->map, va(0), pa(0), 0, 0), MM_EINVAL);
	assert_int_equal(paging_map_set(&f->map, va(-UINT64_C(0x1000)), pa(0), 0x2000, 0), MM_EOVERFLOW);
	assert_int_equal(paging_map_set(&f->map, va(0), pa(UINT64_C(1) << 52), 0x1000, 0), MM_EOVERFLOW);
	assert_int_equal(paging_map_set(&f->map, va(0), pa(UINT64_C(1) << 63), 0x1000, 0), MM_EOVERFLOW);
	assert_int_equal(paging_map_clear(&f->map, va(1), 0x1000), MM_EINVAL);
	assert_int_equal(paging_map_clear(&f->map, va(0), 0), MM_EINVAL);
	assert_int_equal(paging_map_clear(&f->map, va(-UINT64_C(0x1000)), 0x2000), MM_EOVERFLOW);
	f->map.capacity = 2;
	assert_int_equal(paging_map_clear(&f->map, va(0x1000), 0x1000), 0);
	assert_int_equal(paging_map_set(&f->map, va(0x1000), pa(0x7000), 0x1000, 0), MM_ENOSPC);
	assert_int_equal(f->map.count, 2);
	assert_range(&f->ranges[1], 0x2000, 0x2000, 0x1000, 0);
}

static void the_last_page_of_the_address_space_can_be_mapped(void **state)
{
	struct fixture *f = *state;
	struct paging_leaf leaf;

	assert_int_equal(paging_map_set(&f->map, va(-UINT64_C(0x2000)), pa(0x5000), 0x2000, PAGING_WRITE), 0);
	paging_map_set(&f->map, va(0), pa(0), 0x1000, PAGING_WRITE);
	assert_int_equal(f->map.count, 2);
	build(f, &level4);
	assert_true(walk(f, &level4, UINT64_MAX, &leaf));
	assert_int_equal(leaf.phys.value, 0x6000);
	assert_int_equal(leaf.flags, PAGING_WRITE);
}

static void large_pages_where_alignment_allows(void **state)
{
	struct fixture *f = *state;
	struct paging_leaf leaf;

	paging_map_set(&f->map, va(0), pa(0), 4 * PAGING_SIZE_1G, PAGING_WRITE);
	paging_map_set(&f->map, va(PAGING_SIZE_1G + 0x5000), pa(PAGING_SIZE_1G + 0x5000), 0x1000, PAGING_EXECUTE);
	/* top, PDPT, one page directory and one page table for the hole in the second GiB */
	assert_int_equal(paging_count_tables(&f->map, &level4_gib), 4);
	assert_int_equal(paging_count_tables(&f->map, &level4), 2 + 4 + 1);
	assert_int_equal(paging_count_tables(&f->map, &level5_gib), 5);
	build(f, &level5_gib);
	assert_true(walk(f, &level5_gib, 0x1234567, &leaf));
	assert_int_equal(leaf.size, PAGING_SIZE_1G);
	assert_true(walk(f, &level5_gib, PAGING_SIZE_1G + 0x5fff, &leaf));
	assert_int_equal(leaf.size, PAGING_SIZE_4K);
	assert_int_equal(leaf.flags, PAGING_EXECUTE);
	assert_true(walk(f, &level5_gib, PAGING_SIZE_1G + PAGING_SIZE_2M, &leaf));
	assert_int_equal(leaf.size, PAGING_SIZE_2M);
	assert_int_equal(leaf.phys.value, PAGING_SIZE_1G + PAGING_SIZE_2M);
}

/* Physical and virtual addresses that differ by less than 2 MiB leave only small pages. */
static void shifted_ranges_get_small_pages(void **state)
{
	struct fixture *f = *state;
	struct paging_leaf leaf;

	paging_map_set(&f->map, va(0xffffffff80000000), pa(0x201000), 4 * PAGING_SIZE_2M, PAGING_EXECUTE);
	assert_int_equal(paging_count_tables(&f->map, &level4_gib), 3 + 4);
	build(f, &level4_gib);
	assert_true(walk(f, &level4_gib, 0xffffffff80200123, &leaf));
	assert_int_equal(leaf.size, PAGING_SIZE_4K);
	assert_int_equal(leaf.phys.value, 0x401000);
}

static void an_empty_table_is_there_and_maps_nothing(void **state)
{
	struct fixture *f = *state;
	struct paging_leaf leaf;
	struct paging_reader reader = { read_table, f };
	paddr_t table;

	paging_map_set(&f->map, va(0xffffffffff200000), pa(0), PAGING_SIZE_2M, PAGING_EMPTY_TABLE);
	build(f, &level4_gib);
	assert_false(walk(f, &level4_gib, 0xffffffffff200000, &leaf));
	assert_true(paging_find_table(&reader, pa(TABLES_AT), &level4_gib, va(0xffffffffff3ff000), 1, &table));
	assert_int_equal(table.value, TABLES_AT + 3 * 4096);
	assert_false(paging_find_table(&reader, pa(TABLES_AT), &level4_gib, va(0xffffffffff400000), 1, &table));
	assert_false(paging_find_table(&reader, pa(TABLES_AT), &level4_gib, va(0), 2, &table));
}

static void addresses_outside_the_canonical_halves_are_refused(void **state)
{
	struct fixture *f = *state;
	struct paging_leaf leaf;

	paging_map_set(&f->map, va(UINT64_C(1) << 47), pa(0), 0x1000, 0);
	assert_false(paging_map_canonical(&f->map, &level4));
	assert_true(paging_map_canonical(&f->map, &level5_gib));
	f->tables = (struct paging_memory){ f->memory, pa(TABLES_AT), TABLES_MAX };
	assert_false(paging_build(&f->map, &level4, &f->tables));
	assert_true(f->memory[0] == UINT64_C(0xa5a5a5a5a5a5a5a5));
	f->map.count = 0;
	paging_map_set(&f->map, va((UINT64_C(1) << 47) - 0x1000), pa(0), 0x1000, 0);
	assert_true(paging_map_canonical(&f->map, &level4));
	build(f, &level4);
	assert_false(walk(f, &level4, UINT64_C(1) << 47, &leaf));
}

static void find_table_knows_where_the_way_ends(void **state)
{
	struct fixture *f = *state;
	struct paging_reader reader = { read_table, f };
	paddr_t table = pa(99);

	paging_map_set(&f->map, va(PAGING_SIZE_1G), pa(0), PAGING_SIZE_1G, PAGING_WRITE);
	paging_map_set(&f->map, va(0), pa(0), PAGING_SIZE_2M, PAGING_WRITE);
	build(f, &level4_gib);
	/* In the middle of a page of 1 GiB or 2 MiB there are no smaller tables. */
	assert_false(paging_find_table(&reader, pa(TABLES_AT), &level4_gib, va(PAGING_SIZE_1G), 2, &table));
	assert_false(paging_find_table(&reader, pa(TABLES_AT), &level4_gib, va(0), 1, &table));
	assert_false(paging_find_table(&reader, pa(TABLES_AT), &level4_gib, va(0), 0, &table));
	assert_false(paging_find_table(&reader, pa(TABLES_AT), &level4_gib, va(0), 5, &table));
	assert_false(paging_find_table(&reader, pa(TABLES_AT), &level4_gib, va(UINT64_C(1) << 47), 2, &table));
	assert_int_equal(table.value, 99);
	assert_true(paging_find_table(&reader, pa(TABLES_AT), &level4_gib, va(0), 4, &table));
	assert_int_equal(table.value, TABLES_AT);
}

struct listing {
	struct paging_range ranges[RANGES_MAX];
	size_t count;
	size_t stop_after;
};

static bool list_range(void *context, const struct paging_range *range)
{
	struct listing *listing = context;

	assert_in_range(listing->count, 0, RANGES_MAX - 1);
	listing->ranges[listing->count++] = *range;
	return listing->count != listing->stop_after;
}

static void the_walk_over_everything_gives_the_list_back(void **state)
{
	struct fixture *f = *state;
	struct paging_reader reader = { read_table, f };
	struct listing all = { .stop_after = 0 }, two = { .stop_after = 2 };

	paging_map_set(&f->map, va(0x1000), pa(0x1000), 3 * PAGING_SIZE_2M, PAGING_WRITE);
	paging_map_set(&f->map, va(0x400000), pa(0x400000), 0x2000, PAGING_EXECUTE);
	paging_map_set(&f->map, va(0xffffffff80000000), pa(0x400000), 0x2000, PAGING_EXECUTE);
	paging_map_set(&f->map, va(0xfffffffffffff000), pa(0xfee00000), 0x1000, PAGING_WRITE | PAGING_UNCACHED);
	build(f, &level4_gib);
	assert_true(paging_for_each(&reader, pa(TABLES_AT), &level4_gib, list_range, &all));
	assert_int_equal(all.count, f->map.count);
	for (size_t i = 0; i < all.count; i++)
		assert_range(&all.ranges[i], f->ranges[i].virt.value, f->ranges[i].phys.value, f->ranges[i].size,
			     f->ranges[i].flags);
	assert_false(paging_for_each(&reader, pa(TABLES_AT), &level4_gib, list_range, &two));
	assert_int_equal(two.count, 2);
}

/* A root that is nowhere, and an entry that points to nowhere: what cannot be read maps nothing. */
static void tables_that_cannot_be_read_map_nothing(void **state)
{
	struct fixture *f = *state;
	struct paging_reader reader = { read_table, f };
	struct listing listing = { .stop_after = 0 };
	struct paging_leaf leaf;
	paddr_t table;

	paging_map_set(&f->map, va(0), pa(0), PAGING_SIZE_2M, PAGING_WRITE);
	paging_map_set(&f->map, va(UINT64_C(1) << 40), pa(0), PAGING_SIZE_2M, PAGING_WRITE);
	build(f, &level4);
	assert_false(paging_walk(&reader, pa(0), &level4, va(0), &leaf));
	assert_false(paging_find_table(&reader, pa(0), &level4, va(0), 1, &table));
	assert_true(paging_for_each(&reader, pa(0), &level4, list_range, &listing));
	assert_int_equal(listing.count, 0);
	f->memory[0] = UINT64_C(0x123456789000) | PTE_PRESENT | PTE_WRITE;
	assert_false(walk(f, &level4, 0, &leaf));
	assert_true(walk(f, &level4, UINT64_C(1) << 40, &leaf));
	assert_true(paging_for_each(&reader, pa(TABLES_AT), &level4, list_range, &listing));
	assert_int_equal(listing.count, 1);
	assert_range(&listing.ranges[0], UINT64_C(1) << 40, 0, PAGING_SIZE_2M, PAGING_WRITE);
}

struct violations {
	struct paging_range executable, writable;
	size_t count;
};

static void note_violation(void *context, const struct paging_range *executable, const struct paging_range *writable)
{
	*(struct violations *)context = (struct violations){ *executable, *writable, ((struct violations *)context)->count + 1 };
}

/*
 * Text at its own address and in the identity map:
 *   identity |rw        |r-  |rw     |        |rw    |r-x |rw
 *   higher             |r-x|          then             |rw|   an alias that writes the stub
 */
static void writable_and_executable_through_any_address_is_found(void **state)
{
	struct fixture *f = *state;
	struct paging_reader reader = { read_table, f };
	struct violations seen = { .count = 0 };

	paging_map_set(&f->map, va(0), pa(0), PAGING_SIZE_2M, PAGING_WRITE);
	paging_map_set(&f->map, va(0x40000), pa(0x40000), 0x5000, PAGING_READ);
	paging_map_set(&f->map, va(0xffffffff80000000), pa(0x40000), 0x5000, PAGING_EXECUTE);
	paging_map_set(&f->map, va(0x80000), pa(0x80000), 0x1000, PAGING_EXECUTE);
	build(f, &level4);
	assert_true(paging_check_wx(&reader, pa(TABLES_AT), &level4, note_violation, &seen));
	assert_int_equal(seen.count, 0);
	paging_map_set(&f->map, va(0xffffffff90000000), pa(0x80000), 0x1000, PAGING_WRITE);
	build(f, &level4);
	assert_false(paging_check_wx(&reader, pa(TABLES_AT), &level4, note_violation, &seen));
	assert_false(paging_check_wx(&reader, pa(TABLES_AT), &level4, NULL, NULL));
	assert_int_equal(seen.count, 1);
	assert_range(&seen.executable, 0x80000, 0x80000, 0x1000, PAGING_EXECUTE);
	assert_range(&seen.writable, 0xffffffff90000000, 0x80000, 0x1000, PAGING_WRITE);
	paging_map_set(&f->map, va(0xffffffff90000000), pa(0x90000), 0x1000, PAGING_WRITE | PAGING_EXECUTE);
	build(f, &level4);
	seen.count = 0;
	assert_false(paging_check_wx(&reader, pa(TABLES_AT), &level4, note_violation, &seen));
	assert_int_equal(seen.count, 2); /* by itself, and through the identity map */
}

static void ranges_print_with_their_permissions(void **state)
{
	struct buffer_printer out;
	char text[200];
	struct paging_range text_range = { va(0xffffffff80000000), pa(0x1000000), 0x5000, PAGING_EXECUTE };
	struct paging_range io = { va(0xfee00000), pa(0xfee00000), 0x1000, PAGING_WRITE | PAGING_UNCACHED };
	struct paging_range empty = { va(0xffffffffff200000), pa(0), PAGING_SIZE_2M, PAGING_EMPTY_TABLE };

	(void)state;
	buffer_printer_init(&out, text, sizeof(text));
	paging_range_print(&text_range, &out.printer);
	paging_range_print(&io, &out.printer);
	paging_range_print(&empty, &out.printer);
	assert_string_equal(text, "0xffffffff80000000-0xffffffff80004fff -> 0x1000000 r-x\n"
				  "0x00000000fee00000-0x00000000fee00fff -> 0xfee00000 rw- uncached\n"
				  "0xffffffffff200000-0xffffffffff3fffff -> empty page table\n");
}

/* A naive model: one cell a page of a small window, painted in the order of the calls. */
#define CELLS 3072 /* pages: six 2 MiB windows */

struct cell {
	bool mapped;
	uint64_t phys;
	uint32_t flags;
};

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static void random_maps_equal_the_painted_model(void **state)
{
	struct fixture *f = *state;
	static const uint64_t bases[] = { 0, 0xffffffff80000000, 0x3fc00000, 0xffffffffff400000 };
	static struct cell cells[CELLS];

	for (uint32_t seed = 1; seed <= 600; seed++) {
		uint32_t random = seed;
		uint64_t base = bases[seed % 4];
		const struct paging_mode *mode = seed % 3 == 0 ? &level5_gib : seed % 3 == 1 ? &level4 : &level4_gib;

		memset(cells, 0, sizeof(cells));
		f->map.count = 0;
		for (int step = 0; step < 12; step++) {
			uint64_t first = next_random(&random) % CELLS, pages = next_random(&random) % (CELLS - first) + 1;
			uint64_t shift = next_random(&random) % 3 * 0x1000;
			uint32_t flags = next_random(&random) % 4;
			bool clear = next_random(&random) % 4 == 0;

			if (next_random(&random) % 2 && first % 512 + pages > 600) /* often whole large pages */
				first &= ~UINT64_C(511);
			if (base + (first + pages) * 4096 < base && base + (first + pages) * 4096 != 0)
				pages = -base / 4096 - first;
			if ((int64_t)pages <= 0)
				continue;
			if (clear)
				assert_int_equal(paging_map_clear(&f->map, va(base + first * 4096), pages * 4096), 0);
			else
				assert_int_equal(paging_map_set(&f->map, va(base + first * 4096),
								pa(first * 4096 + shift), pages * 4096, flags), 0);
			for (uint64_t i = first; i < first + pages; i++)
				cells[i] = (struct cell){ !clear, i * 4096 + shift, flags };
		}
		build(f, mode);
		for (uint64_t i = 0; i < CELLS; i++) {
			struct paging_leaf leaf;
			uint64_t virt = base + i * 4096;

			if (virt < base)
				break;

			bool mapped = walk(f, mode, virt, &leaf);

			if (mapped != cells[i].mapped ||
			    (mapped && (leaf.phys.value + (virt - leaf.virt.value) != cells[i].phys ||
					leaf.flags != cells[i].flags)))
				fail_msg("seed %u page %llu: mapped %d, model %d", seed, (unsigned long long)i, mapped,
					 cells[i].mapped);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(set_cuts_and_clear_leaves_a_hole, setup, teardown),
		cmocka_unit_test_setup_teardown(neighbours_that_continue_merge_and_others_do_not, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_nonsense_and_leaves_the_list_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(the_last_page_of_the_address_space_can_be_mapped, setup, teardown),
		cmocka_unit_test_setup_teardown(large_pages_where_alignment_allows, setup, teardown),
		cmocka_unit_test_setup_teardown(shifted_ranges_get_small_pages, setup, teardown),
		cmocka_unit_test_setup_teardown(an_empty_table_is_there_and_maps_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(addresses_outside_the_canonical_halves_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(the_walk_over_everything_gives_the_list_back, setup, teardown),
		cmocka_unit_test_setup_teardown(find_table_knows_where_the_way_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(tables_that_cannot_be_read_map_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(writable_and_executable_through_any_address_is_found, setup, teardown),
		cmocka_unit_test(ranges_print_with_their_permissions),
		cmocka_unit_test_setup_teardown(random_maps_equal_the_painted_model, setup, teardown),
	};

	return cmocka_run_group_tests_name("paging", tests, NULL, NULL);
}
