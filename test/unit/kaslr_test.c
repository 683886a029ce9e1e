/* SPDX-License-Identifier: BSD-2-Clause */
/* What the command line says about KASLR, where a kernel may go, and that all places are equally likely. */
#include "efi_test.h"

#include <stdio.h>

#include <loader/kaslr.h>

#define CONVENTIONAL EFI_CONVENTIONAL_MEMORY
#define GIB UINT64_C(0x40000000)
#define TWO (2 * MIB)

static struct kaslr_options read_options(const char *command_line)
{
	struct kaslr_options options;

	memset(&options, 0xa5, sizeof(options));
	kaslr_options_read(command_line, &options);
	return options;
}

static void assert_options(const char *command_line, struct kaslr_options expected)
{
	struct kaslr_options found = read_options(command_line);

	assert_int_equal(found.off, expected.off);
	assert_int_equal(found.in_place != NULL, expected.in_place != NULL);
	if (expected.in_place)
		assert_string_equal(found.in_place, expected.in_place);
	assert_true(found.limit == expected.limit);
	assert_int_equal(found.gigabyte_pages, expected.gigabyte_pages);
	assert_int_equal(found.avoid_count, expected.avoid_count);
	for (size_t i = 0; i < expected.avoid_count; i++) {
		assert_int_equal(found.avoid[i].base, expected.avoid[i].base);
		assert_int_equal(found.avoid[i].size, expected.avoid[i].size);
	}
}

#define LIMIT(bytes) .limit = (bytes)
#define NOTHING LIMIT(UINT64_MAX)
#define OPTIONS(...) ((struct kaslr_options){ __VA_ARGS__ })

static void the_word_nokaslr(void **state)
{
	(void)state;
	assert_options("", OPTIONS(NOTHING));
	assert_options("quiet nokaslr ro", OPTIONS(NOTHING, .off = true));
	assert_options("nokaslr", OPTIONS(NOTHING, .off = true));
	assert_options("nokaslrx xnokaslr nokaslr= nokaslr=1 kaslr", OPTIONS(NOTHING));
	assert_options("init=/x -- nokaslr", OPTIONS(NOTHING, .off = true)); /* the decompressor knows no -- here */
	assert_options("dyndbg=\"a nokaslr b\"", OPTIONS(NOTHING, .off = true)); /* and no quotes */
	assert_options("\tnokaslr\n", OPTIONS(NOTHING, .off = true));
	assert_options("\"nokaslr\" nokasl nokaslr,", OPTIONS(NOTHING));
}

static void limits(void **state)
{
	(void)state;
	assert_options("mem=512M", OPTIONS(LIMIT(512 * MIB)));
	assert_options("mem=1G mem=0x20000000 mem=2G", OPTIONS(LIMIT(512 * MIB)));
	assert_options("mem=nopentium mem=0 mem= mem", OPTIONS(NOTHING));
	assert_options("mem=99999999999999999999", OPTIONS(NOTHING));
	assert_options("memmap=768M", OPTIONS(LIMIT(768 * MIB)));
	assert_options("memmap=1G@0 memmap=64M@1G", OPTIONS(NOTHING)); /* they add memory */
	assert_options("root=x -- mem=512M", OPTIONS(NOTHING));
	assert_options("xmem=1G memx=1G", OPTIONS(NOTHING));
}

static void ranges(void **state)
{
	(void)state;
	assert_options("memmap=64K#1G memmap=1M$2G,2M!0x3000000",
		       OPTIONS(NOTHING, .avoid_count = 3, .avoid = { { GIB, 65536 }, { 2 * GIB, MIB }, { 48 * MIB, 2 * MIB } }));
	assert_options("memmap=exactmap memmap=exactmap,1M$2G", OPTIONS(NOTHING));
	assert_options("memmap=1M$16M,nonsense,1M$32M", OPTIONS(NOTHING, .avoid_count = 1, .avoid = { { 16 * MIB, MIB } }));
	assert_options("memmap=1$1,2$2,3$3,4$4",
		       OPTIONS(NOTHING, .avoid_count = 4, .avoid = { { 1, 1 }, { 2, 2 }, { 3, 3 }, { 4, 4 } }));
	assert_options("memmap=1$1,2$2,3$3,4$4,5$5", OPTIONS(NOTHING, .in_place = "more than 4 ranges of memmap=", .avoid_count = 4,
							      .avoid = { { 1, 1 }, { 2, 2 }, { 3, 3 }, { 4, 4 } }));
	assert_options("efi_fake_mem=1G@4G:0x40000,1G@8G:0x10000",
		       OPTIONS(NOTHING, .avoid_count = 1, .avoid = { { 4 * GIB, GIB } })); /* only what is for special purposes */
	assert_options("efi_fake_mem=1G@4G efi_fake_mem=1G@4G:", OPTIONS(NOTHING));
	assert_options("movable_node", OPTIONS(NOTHING, .in_place = "movable_node"));
}

static void huge_pages(void **state)
{
	(void)state;
	assert_options("hugepagesz=1G hugepages=3", OPTIONS(NOTHING, .gigabyte_pages = 3));
	assert_options("hugepages=3", OPTIONS(NOTHING));
	assert_options("hugepagesz=2M hugepages=512", OPTIONS(NOTHING));
	assert_options("hugepagesz=1G hugepages=2 hugepagesz=2M hugepages=512", OPTIONS(NOTHING, .gigabyte_pages = 2));
}

struct fixture {
	struct efi_memmap map;
	struct placement placement;
	struct kaslr_options options;
	struct kaslr_search search;
	void *memory;
};

static void start(struct fixture *f, struct efi_memmap map, const char *command_line)
{
	size_t size = placement_memory_size(efi_memmap_count(&map));

	*f = (struct fixture){ .map = map, .options = read_options(command_line), .memory = malloc(size) };
	assert_int_equal(placement_init(&f->placement, &f->map, f->memory, size), 0);
	f->search = (struct kaslr_search){ &f->map, &f->placement, &f->options, 16 * MIB, UINT64_C(1) << 46, 46 * MIB, TWO };
}

static void finish(struct fixture *f)
{
	free(f->memory);
	free_map(&f->map);
}

/* All places are in exactly these ranges of first bytes: { first, last } each. */
static void assert_places(struct fixture *f, size_t ranges, const uint64_t (*expected)[2])
{
	uint64_t count = 0, address = 0, found = kaslr_places(&f->search, UINT64_MAX, &address);

	assert_int_equal(address, 0);
	for (size_t i = 0; i < ranges; i++) {
		for (uint64_t at = expected[i][0]; at <= expected[i][1]; at += f->search.align) {
			assert_int_equal(kaslr_places(&f->search, count++, &address), found);
			assert_int_equal(address, at);
		}
	}
	assert_int_equal(found, count);
	address = 1;
	kaslr_places(&f->search, count, &address);
	assert_int_equal(address, 1);
}

#define PLACES(f, ...)                                                                                                         \
	assert_places(f, sizeof((const uint64_t[][2]){ __VA_ARGS__ }) / sizeof(uint64_t[2]), (const uint64_t[][2]){ __VA_ARGS__ })

static void a_small_machine(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, MAP({ CONVENTIONAL, 0, 0xa0, 0xf }, { CONVENTIONAL, MIB, 0x10000, 0xf }), ""); /* 1 to 257 MiB */
	PLACES(&f, { 16 * MIB, 210 * MIB });
	f.search.align = 16 * MIB;
	PLACES(&f, { 16 * MIB, 208 * MIB });
	f.search.align = TWO;
	f.search.minimum = 15 * MIB + 1;
	PLACES(&f, { 16 * MIB, 210 * MIB });
	f.search.limit = 100 * MIB;
	PLACES(&f, { 16 * MIB, 54 * MIB });
	f.search.limit = 62 * MIB;
	PLACES(&f, { 16 * MIB, 16 * MIB });
	f.search.limit = 62 * MIB - 1;
	assert_places(&f, 0, NULL);
	finish(&f);
	start(&f, MAP({ CONVENTIONAL, MIB, 0x10000, 0xf }), "mem=128M");
	PLACES(&f, { 16 * MIB, 82 * MIB });
	finish(&f);
	start(&f, MAP({ CONVENTIONAL, MIB, 0x10000, 0xf }), "memmap=1M$100M");
	PLACES(&f, { 16 * MIB, 54 * MIB }, { 102 * MIB, 210 * MIB });
	finish(&f);
	/* two ranges in any order, and one whose last byte is the first of a place */
	for (int i = 0; i < 2; i++) {
		start(&f, MAP({ CONVENTIONAL, MIB, 0x10000, 0xf }), i ? "memmap=1M$150M,1M$70M" : "memmap=1M$70M,1M$150M");
		PLACES(&f, { 16 * MIB, 24 * MIB }, { 72 * MIB, 104 * MIB }, { 152 * MIB, 210 * MIB });
		finish(&f);
	}
	start(&f, MAP({ CONVENTIONAL, 16 * MIB, 0x10000, 0xf }), "memmap=4097$16773120");
	PLACES(&f, { 18 * MIB, 226 * MIB });
	finish(&f);
	start(&f, MAP({ CONVENTIONAL, 16 * MIB, 0x10000, 0xf }), "memmap=4096$16773120");
	PLACES(&f, { 16 * MIB, 226 * MIB });
	finish(&f);
	start(&f, MAP({ CONVENTIONAL, MIB, 0x10000, 0xf }), "memmap=8191P$100M"); /* its end passes 2^64 */
	PLACES(&f, { 16 * MIB, 54 * MIB });
	finish(&f);
}

/* Whatever the plan has taken, and whatever is not free now. */
static void what_is_avoided(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, MAP({ CONVENTIONAL, MIB, 0x10000, 0xf }, { EFI_BOOT_SERVICES_DATA, 257 * MIB, 0x10000, 0xf },
		      { CONVENTIONAL, 513 * MIB, 0x10000, EFI_ATTRIBUTE_SP }, { EFI_LOADER_DATA, GIB, 0x10000, 0xf },
		      { EFI_UNACCEPTED_MEMORY, 2 * GIB, 0x10000, 0xf }), "");
	PLACES(&f, { 16 * MIB, 210 * MIB });
	assert_int_equal(placement_take(&f.placement, 100 * MIB, 4096), 0);
	assert_int_equal(placement_take(&f.placement, 200 * MIB - 4096, 4096), 0);
	PLACES(&f, { 16 * MIB, 54 * MIB }, { 102 * MIB, 152 * MIB }, { 200 * MIB, 210 * MIB });
	finish(&f);
}

static void more_reliable_memory(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, MAP({ CONVENTIONAL, MIB, 0x10000, 0xf }, { CONVENTIONAL, GIB, 0x6400, EFI_ATTRIBUTE_MORE_RELIABLE }), "");
	PLACES(&f, { GIB, GIB + 54 * MIB });
	finish(&f);
	/* beside other memory that is free, and more of it than is free */
	start(&f, MAP({ CONVENTIONAL, 16 * MIB, 0x6400, EFI_ATTRIBUTE_MORE_RELIABLE }, { CONVENTIONAL, 116 * MIB, 0x10000, 0xf }), "");
	PLACES(&f, { 16 * MIB, 70 * MIB });
	assert_int_equal(placement_take(&f.placement, 80 * MIB, 4096), 0);
	PLACES(&f, { 16 * MIB, 34 * MIB });
	finish(&f);
	/* up to the end of the address space */
	start(&f, MAP({ CONVENTIONAL, MIB, 0xf00, 0xf },
		      { CONVENTIONAL, 16 * MIB, (UINT64_C(1) << 52) - 0x1000, EFI_ATTRIBUTE_MORE_RELIABLE }), "");
	f.search.limit = 100 * MIB;
	PLACES(&f, { 16 * MIB, 54 * MIB });
	finish(&f);
	/* there is some, but none of it is free */
	start(&f, MAP({ CONVENTIONAL, MIB, 0x10000, 0xf }, { EFI_LOADER_DATA, GIB, 0x6400, EFI_ATTRIBUTE_MORE_RELIABLE }), "");
	assert_places(&f, 0, NULL);
	finish(&f);
}

static void gigabytes_for_huge_pages(void **state)
{
	struct fixture f;

	(void)state;
	/* 0.5 to 4.25 GiB: 1 to 4 GiB has three of them */
	start(&f, MAP({ CONVENTIONAL, GIB / 2, 0xf0000, 0xf }), "hugepagesz=1G hugepages=2");
	f.search.minimum = GIB / 2;
	PLACES(&f, { GIB / 2, GIB - 46 * MIB }, { 3 * GIB, 4 * GIB + GIB / 4 - 46 * MIB });
	f.options.gigabyte_pages = 9;
	PLACES(&f, { GIB / 2, GIB - 46 * MIB }, { 4 * GIB, 4 * GIB + GIB / 4 - 46 * MIB });
	f.options.gigabyte_pages = 0;
	PLACES(&f, { GIB / 2, 4 * GIB + GIB / 4 - 46 * MIB });
	finish(&f);
}

static void virtual_addresses(void **state)
{
	(void)state;
	assert_int_equal(kaslr_virtual_places(16 * MIB, 46 * MIB, TWO), 1 + (1024 - 16 - 46) / 2);
	assert_int_equal(kaslr_virtual_places(16 * MIB, 46 * MIB, 16 * MIB), 1 + (1024 - 16 - 46) / 16);
	assert_int_equal(kaslr_virtual_places(16 * MIB, GIB - 16 * MIB, TWO), 1);
	assert_int_equal(kaslr_virtual_places(16 * MIB, GIB, TWO), 0);
	assert_int_equal(kaslr_virtual_places(2 * GIB, TWO, TWO), 0);
}

/* Numbers of a fixed seed choose among the places of three ranges; a chi-square that chance exceeds once in 10000 tries. */
static void places_are_equally_likely(void **state)
{
	unsigned counts[512] = { 0 }, chosen = 0;
	uint64_t random = 12345, address, places;
	double chi_square = 0;
	struct fixture f;

	(void)state;
	start(&f, MAP({ CONVENTIONAL, MIB, 0x10000, 0xf }), "memmap=1M$100M");
	assert_int_equal(placement_take(&f.placement, 158 * MIB, TWO), 0);
	f.search.size = 20 * MIB;
	places = kaslr_places(&f.search, UINT64_MAX, &address);
	assert_int_equal(places, 33 + 19 + 39);
	for (unsigned i = 0; i < places * 200; i++) {
		random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		kaslr_places(&f.search, (random >> 20) % places, &address);
		assert_in_range(address, 16 * MIB, 237 * MIB);
		counts[address / TWO]++;
	}
	for (size_t i = 0; i < MM_ARRAY_COUNT(counts); i++) {
		chi_square += counts[i] ? (counts[i] - 200.0) * (counts[i] - 200.0) / 200.0 : 0;
		chosen += counts[i] != 0;
	}
	assert_int_equal(chosen, places);
	assert_true(chi_square < 145); /* 90 degrees of freedom */
	finish(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_word_nokaslr),
		cmocka_unit_test(limits),
		cmocka_unit_test(ranges),
		cmocka_unit_test(huge_pages),
		cmocka_unit_test(a_small_machine),
		cmocka_unit_test(what_is_avoided),
		cmocka_unit_test(more_reliable_memory),
		cmocka_unit_test(gigabytes_for_huge_pages),
		cmocka_unit_test(virtual_addresses),
		cmocka_unit_test(places_are_equally_likely),
	};

	return cmocka_run_group_tests_name("kaslr", tests, NULL, NULL);
}
