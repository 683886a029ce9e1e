/* SPDX-License-Identifier: BSD-2-Clause */
/* The work of memblock_bench.c, for the implementation that <linux/memblock.h> declares. */
#include <linux/memblock.h>

#include "memblock_work.h"

/* Linux's reads it, and the suite that its headers are of has it in the tests. */
bool movable_node_enabled;

static struct memblock_region large_memory[LARGE_MAX], large_reserved[LARGE_MAX];
static struct memblock_region *static_memory, *static_reserved;

static void reset_table(struct memblock_type *type, struct memblock_region *regions, unsigned long max)
{
	type->regions = regions;
	type->max = max;
	type->cnt = 1;
	type->total_size = 0;
	regions[0] = (struct memblock_region){ .size = 0 };
}

static void reset(bool large, bool bottom_up)
{
	if (!static_memory) {
		static_memory = memblock.memory.regions;
		static_reserved = memblock.reserved.regions;
	}
	reset_table(&memblock.memory, large ? large_memory : static_memory, large ? LARGE_MAX : 128);
	reset_table(&memblock.reserved, large ? large_reserved : static_reserved, large ? LARGE_MAX : 128);
	memblock_set_bottom_up(bottom_up);
}

static void add(const uint64_t *bases, size_t count)
{
	for (size_t i = 0; i < count; i++)
		memblock_add(bases[i], RANGE_SIZE);
}

static void reserve(const uint64_t *bases, size_t count)
{
	for (size_t i = 0; i < count; i++)
		memblock_reserve(bases[i], RANGE_SIZE);
}

static void remove_ranges(const uint64_t *bases, size_t count)
{
	for (size_t i = 0; i < count; i++)
		memblock_remove(bases[i], RANGE_SIZE);
}

static size_t is_memory(const uint64_t *addresses, size_t count)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		found += memblock_is_memory(addresses[i]);
	return found;
}

static size_t is_region_memory(const uint64_t *addresses, size_t count)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		found += memblock_is_region_memory(addresses[i], RANGE_SIZE);
	return found;
}

static size_t is_region_reserved(const uint64_t *addresses, size_t count)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		found += memblock_is_region_reserved(addresses[i], RANGE_SIZE);
	return found;
}

static void add_memory(uint64_t start, uint64_t size)
{
	memblock_add(start, size);
}

static void alloc(size_t count)
{
	for (size_t i = 0; i < count; i++)
		memblock_phys_alloc_range(ALLOC_SIZE, 0x1000, 0, MEMBLOCK_ALLOC_ACCESSIBLE);
}

static uint64_t fingerprint_of(const struct memblock_type *type, uint64_t hash)
{
	for (unsigned long i = 0; i < type->cnt; i++)
		hash = ((hash ^ type->regions[i].base) * 0x100000001b3 ^ type->regions[i].size) * 0x100000001b3;
	return (hash ^ type->cnt) * 0x100000001b3 ^ type->total_size;
}

static uint64_t fingerprint(void)
{
	return fingerprint_of(&memblock.reserved, fingerprint_of(&memblock.memory, 0));
}

const struct memblock_work MEMBLOCK_WORK = { .reset = reset,
					     .add = add,
					     .reserve = reserve,
					     .remove = remove_ranges,
					     .is_memory = is_memory,
					     .is_region_memory = is_region_memory,
					     .is_region_reserved = is_region_reserved,
					     .add_memory = add_memory,
					     .alloc = alloc,
					     .fingerprint = fingerprint };
