/* SPDX-License-Identifier: BSD-2-Clause */
/* What the memblock tests share: a clean start, memory that really exists, and checks of every field of a table. */
#ifndef MEMBLOCK_EXPECT_H
#define MEMBLOCK_EXPECT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <mm/memblock.h>

#define KIB 1024u
#define MIB (1024u * KIB)

/* Physical memory that can be written to: RAM_SIZE bytes at RAM_BASE, kept in an array. */
#define RAM_BASE (64u * MIB)
#define RAM_SIZE (256u * KIB)
static unsigned char ram[RAM_SIZE];

/* A region as memblock_add and memblock_reserve make them, and one with flags and a node. */
#define REGION(base, size) { (base), (size), MEMBLOCK_NONE, MAX_NUMNODES }
#define FLAGGED(base, size, flags, nid) { (base), (size), (flags), (nid) }

static inline void *ram_at(phys_addr_t address)
{
	assert_in_range(address, RAM_BASE, RAM_BASE + RAM_SIZE);
	return ram + (address - RAM_BASE);
}

static inline phys_addr_t ram_address(const void *pointer)
{
	return RAM_BASE + (phys_addr_t)((const unsigned char *)pointer - ram);
}

static inline void empty_table(struct memblock_type *type, struct memblock_region *regions)
{
	memset(regions, 0, INIT_MEMBLOCK_REGIONS * sizeof(*regions));
	type->regions = regions;
	type->cnt = MEMBLOCK_EMPTY_CNT;
	type->max = INIT_MEMBLOCK_REGIONS;
	type->total_size = 0;
}

/* Two empty tables with their static arrays, top-down, no limit. */
static inline int start_empty(void **state)
{
	static struct memblock_region *memory, *reserved;

	(void)state;
	if (!memory) {
		memory = memblock.memory.regions;
		reserved = memblock.reserved.regions;
	}
	empty_table(&memblock.memory, memory);
	empty_table(&memblock.reserved, reserved);
	memblock.bottom_up = false;
	memblock.current_limit = MEMBLOCK_ALLOC_ANYWHERE;
	movable_node_enabled = false;
	memblock_debug = NULL;
	memblock_phys_to_virt = ram_at;
	memblock_virt_to_phys = ram_address;
	memset(ram, 1, sizeof(ram));
	return 0;
}

static inline void expect_regions(const struct memblock_type *type, const struct memblock_region *wanted,
				  unsigned long count, const char *file, int line)
{
	phys_addr_t total = 0;

	_assert_int_equal(type->cnt, count ? count : MEMBLOCK_EMPTY_CNT, file, line);
	for (unsigned long i = 0; i < count; i++) {
		_assert_int_equal(type->regions[i].base, wanted[i].base, file, line);
		_assert_int_equal(type->regions[i].size, wanted[i].size, file, line);
		_assert_int_equal(type->regions[i].flags, wanted[i].flags, file, line);
		_assert_int_equal(type->regions[i].nid, wanted[i].nid, file, line);
		total += wanted[i].size;
	}
	if (!count) {
		_assert_int_equal(type->regions[0].base, 0, file, line);
		_assert_int_equal(type->regions[0].size, 0, file, line);
	}
	_assert_int_equal(type->total_size, total, file, line);
}

#define EXPECT_MEMORY(...) EXPECT_TABLE(&memblock.memory, __VA_ARGS__)
#define EXPECT_RESERVED(...) EXPECT_TABLE(&memblock.reserved, __VA_ARGS__)
#define EXPECT_TABLE(type, ...)                                                                                        \
	do {                                                                                                           \
		const struct memblock_region wanted_[] = { __VA_ARGS__ };                                              \
		expect_regions(type, wanted_, MM_ARRAY_COUNT(wanted_), __FILE__, __LINE__);                            \
	} while (0)
#define EXPECT_EMPTY(type) expect_regions(type, NULL, 0, __FILE__, __LINE__)

/* Everything there is to know about both tables, to show that a failed call has changed none of it. */
struct snapshot {
	struct memblock tables;
	struct memblock_region memory[INIT_MEMBLOCK_REGIONS];
	struct memblock_region reserved[INIT_MEMBLOCK_REGIONS];
};

static inline struct snapshot take_snapshot(void)
{
	struct snapshot snapshot = { .tables = memblock };

	memcpy(snapshot.memory, memblock.memory.regions, memblock.memory.cnt * sizeof(snapshot.memory[0]));
	memcpy(snapshot.reserved, memblock.reserved.regions, memblock.reserved.cnt * sizeof(snapshot.reserved[0]));
	return snapshot;
}

static inline void expect_untouched(const struct snapshot *before)
{
	assert_memory_equal(&memblock, &before->tables, sizeof(memblock));
	assert_memory_equal(memblock.memory.regions, before->memory, memblock.memory.cnt * sizeof(before->memory[0]));
	assert_memory_equal(memblock.reserved.regions, before->reserved,
			    memblock.reserved.cnt * sizeof(before->reserved[0]));
}

/* count ranges of size bytes, each distance above the one before. */
static inline void add_comb(phys_addr_t base, phys_addr_t distance, phys_addr_t size, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(memblock_add(base + i * distance, size), 0);
}

static inline void reserve_comb(phys_addr_t base, phys_addr_t distance, phys_addr_t size, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(memblock_reserve(base + i * distance, size), 0);
}

/* Runs a test body with allocations from the top and from the bottom. */
static inline void in_both_directions(void (*body)(void))
{
	for (int bottom_up = 0; bottom_up <= 1; bottom_up++) {
		start_empty(NULL);
		memblock_set_bottom_up(bottom_up);
		body();
	}
}

#endif
