/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What converting and sanitising maps costs: as ratios to simpler work on the same data in the same run, where there
 * is such work, and otherwise against the time that Linux 6.1's own code took for the same number of entries.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <mm/efi_to_e820.h>

#define DESCRIPTORS 1000000
#define STRIDE 48
#define ENTRIES 32768
#define ROUNDS 9
/* Milliseconds that Linux 6.1's e820__update_table takes for 32,768 entries. */
#define LINUX_DISJOINT 9.6
#define LINUX_NESTED 960.0

static unsigned failed, passed;

static double milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static uint64_t random_number(void)
{
	static uint64_t state = 1;

	state ^= state << 13;
	state ^= state >> 7;
	return state ^= state << 17;
}

static void *allocate(size_t size)
{
	void *memory = malloc(size);

	if (!memory)
		abort();
	/* Touched now, so that the first measured round does not pay for page faults. */
	return memset(memory, 1, size);
}

static void verdict(const char *what, double value, double limit, const char *unit)
{
	bool good = value <= limit;

	printf("%-58s %8.3f %s (at most %g) %s\n", what, value, unit, limit, good ? "ok" : "TOO SLOW");
	passed += good;
	failed += !good;
}

static void keep_smaller(double *best, double value)
{
	if (*best == 0 || value < *best)
		*best = value;
}

static void make_maps(unsigned char *sorted, unsigned char *shuffled)
{
	uint64_t at = 0;

	for (size_t i = 0; i < DESCRIPTORS; i++) {
		struct efi_memory_desc desc = { .type = (uint32_t)(random_number() % 15),
						.phys_addr = at,
						.num_pages = 1 + random_number() % 8,
						.attribute = 0xf };

		memcpy(sorted + i * STRIDE, &desc, sizeof(desc));
		at += (desc.num_pages + (random_number() % 8 == 0)) << 12;
	}
	memcpy(shuffled, sorted, DESCRIPTORS * STRIDE);
	for (size_t i = DESCRIPTORS - 1; i > 0; i--) {
		size_t other = random_number() % (i + 1);
		unsigned char swap[STRIDE];

		memcpy(swap, shuffled + i * STRIDE, STRIDE);
		memcpy(shuffled + i * STRIDE, shuffled + other * STRIDE, STRIDE);
		memcpy(shuffled + other * STRIDE, swap, STRIDE);
	}
}

static uint64_t bare_loop(const unsigned char *map)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < DESCRIPTORS; i++) {
		struct efi_memory_desc desc;

		memcpy(&desc, map + i * STRIDE, sizeof(desc));
		sum += desc.type + desc.phys_addr + desc.num_pages + desc.attribute;
	}
	return sum;
}

struct key {
	uint64_t start;
	uint64_t index;
};

static int by_start(const void *a, const void *b)
{
	const struct key *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static void convert(unsigned char *buffer, struct e820_table *table, void *scratch, size_t scratch_size)
{
	struct efi_memmap map = { buffer, DESCRIPTORS * STRIDE, STRIDE, EFI_MEMORY_DESC_VERSION };

	if (efi_to_e820(&map, E820_POLICY_LINUX, table, NULL, scratch, scratch_size) != 0)
		abort();
}

static void bench_conversion(void)
{
	unsigned char *sorted = allocate(DESCRIPTORS * STRIDE), *shuffled = allocate(DESCRIPTORS * STRIDE);
	struct e820_table table = { allocate(DESCRIPTORS * sizeof(struct e820_entry)), DESCRIPTORS, 0 };
	size_t scratch_size = efi_to_e820_scratch_size(DESCRIPTORS);
	void *scratch = allocate(scratch_size);
	struct key *keys = allocate(DESCRIPTORS * sizeof(*keys));
	double bare = 0, in_order = 0, disorder = 0, sort = 0, start;
	volatile uint64_t sum = 0;

	make_maps(sorted, shuffled);
	for (int round = 0; round < ROUNDS; round++) {
		start = milliseconds();
		sum += bare_loop(sorted);
		keep_smaller(&bare, milliseconds() - start);
		start = milliseconds();
		convert(sorted, &table, scratch, scratch_size);
		keep_smaller(&in_order, milliseconds() - start);
		start = milliseconds();
		convert(shuffled, &table, scratch, scratch_size);
		keep_smaller(&disorder, milliseconds() - start);
		for (size_t i = 0; i < DESCRIPTORS; i++) {
			keys[i].index = i;
			memcpy(&keys[i].start, shuffled + i * STRIDE + 8, sizeof(keys[i].start));
		}
		start = milliseconds();
		qsort(keys, DESCRIPTORS, sizeof(*keys), by_start);
		keep_smaller(&sort, milliseconds() - start);
	}
	printf("1,000,000 descriptors: bare loop %.2f ms, in order %.2f ms, shuffled %.2f ms, qsort %.2f ms\n", bare,
	       in_order, disorder, sort);
	verdict("EFI to e820 in order, against a bare loop", in_order / bare, 2, "x");
	verdict("EFI to e820 shuffled, against qsort of as many keys", disorder / sort, 1.5, "x");
	free(keys);
	free(scratch);
	free(table.entries);
	free(shuffled);
	free(sorted);
}

static void bench_update(const char *what, bool nested, uint32_t types, double limit)
{
	struct e820_table table = { allocate(2 * ENTRIES * sizeof(struct e820_entry)), 2 * ENTRIES, 0 };
	size_t scratch_size = e820_update_scratch_size(ENTRIES);
	void *scratch = allocate(scratch_size);
	double best = 0;

	for (int round = 0; round < ROUNDS; round++) {
		double start;

		for (uint64_t i = 0; i < ENTRIES; i++) {
			table.entries[i].addr = nested ? i << 12 : i * 0x3000;
			table.entries[i].size = nested ? (2 * ENTRIES - 2 * i) << 12 : 0x2000;
			table.entries[i].type = 1 + (uint32_t)i % types;
		}
		table.nr_entries = ENTRIES;
		start = milliseconds();
		if (e820_update_table(&table, scratch, scratch_size, NULL) != 0)
			abort();
		keep_smaller(&best, milliseconds() - start);
	}
	verdict(what, best, limit, "ms");
	free(scratch);
	free(table.entries);
}

int main(void)
{
	bench_conversion();
	bench_update("e820_update_table, 32,768 disjoint entries in order", false, 4, LINUX_DISJOINT / 3);
	bench_update("e820_update_table, 32,768 nested entries of 4 types", true, 4, LINUX_NESTED / 50);
	bench_update("e820_update_table, 32,768 nested entries of as many types", true, ENTRIES, LINUX_NESTED / 50);
	printf("%u passed, %u failed\n", passed, failed);
	return failed != 0;
}
