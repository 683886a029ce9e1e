/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the bench has an implementation of memblock do. memblock_work.c is compiled once for each implementation, with
 * <linux/memblock.h> being that implementation's; both end up in one program, their other names hidden.
 */
#ifndef BENCH_MEMBLOCK_WORK_H
#define BENCH_MEMBLOCK_WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MANY 100000      /* regions of a large table */
#define LARGE_MAX 131072 /* what doubling 128 makes the room for them */
#define FEW 128          /* regions of a small table, which are all that the static arrays hold */
#define RANGE_SIZE 0x1000
#define ALLOC_SIZE 100   /* aligned to 4 KiB: no two allocations touch */

struct memblock_work {
	/* Empties both tables; large says which arrays they get. */
	void (*reset)(bool large, bool bottom_up);
	/* One range that starts at each base. */
	void (*add)(const uint64_t *bases, size_t count);
	void (*reserve)(const uint64_t *bases, size_t count);
	void (*remove)(const uint64_t *bases, size_t count);
	/* How many of the addresses are memory; whose page is memory; whose page has something reserved. */
	size_t (*is_memory)(const uint64_t *addresses, size_t count);
	size_t (*is_region_memory)(const uint64_t *addresses, size_t count);
	size_t (*is_region_reserved)(const uint64_t *addresses, size_t count);
	/* Makes [start, start + size) the memory, then allocates. */
	void (*add_memory)(uint64_t start, uint64_t size);
	void (*alloc)(size_t count);
	/* A number that tells whether two implementations have the same tables. */
	uint64_t (*fingerprint)(void);
};

extern const struct memblock_work memblock_work_ours, memblock_work_linux;

#endif
