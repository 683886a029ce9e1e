/* SPDX-License-Identifier: BSD-2-Clause */
/* Internal to mm/: typed address ranges in the caller's scratch memory, their order, and how overlaps resolve. */
#ifndef MM_RANGES_H
#define MM_RANGES_H

#include <mm/e820.h>

/* One range. last is inclusive and below 2^64 - 1, so that last + 1 never wraps. */
struct range {
	uint64_t start;
	uint64_t last;
	uint32_t type;
	uint32_t index; /* the user's: which descriptor or entry it came from */
};

/* A list with as much spare room again, both inside the caller's scratch memory. */
struct ranges {
	struct range *items;
	struct range *spare;
	uint32_t *buckets; /* the radix sort's counters; null for short lists */
	size_t count;
};

/* Scratch bytes for that many ranges; SIZE_MAX when there are more than the 32-bit counters can count. */
size_t mm_ranges_scratch_size(size_t count);

/* Lays an empty list for that many ranges out in scratch memory of any alignment; false when it is too small. */
bool mm_ranges_carve(struct ranges *ranges, void *scratch, size_t scratch_size, size_t count);

/*
 * Sorts by start, stable. Linear for input that is in order, otherwise one linear pass for each 8 or 11 bits that
 * differ.
 */
void mm_ranges_sort(struct ranges *ranges);

/*
 * Writes the e820 table that sorted ranges amount to: at every address the numerically highest type, touching equals
 * merged except those that e820_type_never_merges(), which are cut wherever any range starts or ends inside them.
 * Destroys the list. MM_ENOSPC when the capacity is too small; the table's content is undefined then.
 */
int mm_ranges_resolve(struct ranges *ranges, struct e820_table *table);

/* Persistent (protected) and soft reserved ranges stay apart: each is a device of its own. */
static inline bool e820_type_never_merges(uint32_t type)
{
	return type == E820_TYPE_PRAM || type == E820_TYPE_SOFT_RESERVED;
}

#endif
