/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What converting the firmware's memory map costs, against simpler work on the same data in the same run. Linux neither
 * sorts nor checks there, so its own loop is no measure.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mm/efi_to_e820.h>

#include "table.h"

#define DESCRIPTORS 1000000
#define STRIDE 48
#define ROUNDS 9

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

int main(void)
{
	unsigned char *sorted = bench_alloc(DESCRIPTORS, STRIDE), *shuffled = bench_alloc(DESCRIPTORS, STRIDE);
	struct e820_table table = { bench_alloc(DESCRIPTORS, sizeof(struct e820_entry)), DESCRIPTORS, 0 };
	size_t scratch_size = efi_to_e820_scratch_size(DESCRIPTORS);
	void *scratch = bench_alloc(1, scratch_size);
	struct key *keys = bench_alloc(DESCRIPTORS, sizeof(*keys));
	double bare[ROUNDS], in_order[ROUNDS], disorder[ROUNDS], sort[ROUNDS], start;
	volatile uint64_t sum = 0;

	make_maps(sorted, shuffled);
	for (int round = 0; round < ROUNDS; round++) {
		start = now_ns();
		sum += bare_loop(sorted);
		bare[round] = now_ns() - start;
		start = now_ns();
		convert(sorted, &table, scratch, scratch_size);
		in_order[round] = now_ns() - start;
		start = now_ns();
		convert(shuffled, &table, scratch, scratch_size);
		disorder[round] = now_ns() - start;
		for (size_t i = 0; i < DESCRIPTORS; i++) {
			keys[i].index = i;
			memcpy(&keys[i].start, shuffled + i * STRIDE + 8, sizeof(keys[i].start));
		}
		start = now_ns();
		qsort(keys, DESCRIPTORS, sizeof(*keys), by_start);
		sort[round] = now_ns() - start;
	}
	table_head("efi_to_e820, 1,000,000 descriptors: the whole map");
	table_row(&(struct row){ "in order", "bare loop", median(in_order, ROUNDS), median(bare, ROUNDS),
				 SLOWER_AT_MOST, 2 });
	table_row(&(struct row){ "shuffled", "qsort", median(disorder, ROUNDS), median(sort, ROUNDS), SLOWER_AT_MOST,
				 1.5 });
	free(keys);
	free(scratch);
	free(table.entries);
	free(shuffled);
	free(sorted);
	return 0;
}
