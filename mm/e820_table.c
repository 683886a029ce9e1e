/* SPDX-License-Identifier: BSD-2-Clause */
/* e820: filling a table and sanitising it. */
#include "ranges.h"

/* Where an entry that reaches 2^64 is clipped: the last page cannot be expressed with a 64-bit end. */
#define E820_TOP (UINT64_MAX - MM_PAGE_MASK)

int e820_range_add(struct e820_table *table, uint64_t start, uint64_t size, uint32_t type)
{
	uint64_t last;

	if (size && __builtin_add_overflow(start, size - 1, &last))
		return MM_EOVERFLOW;
	if (table->nr_entries >= table->capacity)
		return MM_ENOSPC;
	table->entries[table->nr_entries++] = (struct e820_entry){ start, size, type };
	return 0;
}

int e820_append(struct e820_table *table, const void *entries, size_t count, size_t *refused)
{
	const unsigned char *at = entries;
	size_t bad = 0;
	int error = 0;

	for (size_t i = 0; i < count && !error; i++, at += sizeof(struct e820_entry)) {
		struct e820_entry entry;

		__builtin_memcpy(&entry, at, sizeof(entry));
		error = e820_range_add(table, entry.addr, entry.size, entry.type);
		if (error == MM_EOVERFLOW) {
			bad++;
			error = 0;
		}
	}
	if (refused)
		*refused = bad;
	return error;
}

size_t e820_update_scratch_size(size_t nr_entries)
{
	size_t size = mm_ranges_scratch_size(nr_entries);

	/* The room after the ranges keeps a copy of the table, for the case that the result does not fit. */
	if (size == SIZE_MAX || __builtin_add_overflow(size, nr_entries * sizeof(struct e820_entry), &size))
		return SIZE_MAX;
	return size;
}

/* Whether the entries are in order, do not overlap and end below 2^64; empty ones do not matter. */
static bool is_sorted_and_disjoint(const struct e820_table *table)
{
	uint64_t free = 0;

	for (size_t i = 0; i < table->nr_entries; i++) {
		const struct e820_entry *entry = &table->entries[i];

		if (entry->size == 0)
			continue;
		if (entry->addr < free || __builtin_add_overflow(entry->addr, entry->size, &free))
			return false;
	}
	return true;
}

static void merge_in_place(struct e820_table *table)
{
	struct e820_entry *entries = table->entries;
	size_t kept = 0;

	for (size_t i = 0; i < table->nr_entries; i++) {
		struct e820_entry entry = entries[i];

		if (entry.size == 0 || entry.type == 0)
			continue;
		if (kept && entries[kept - 1].type == entry.type && !e820_type_never_merges(entry.type) &&
		    entries[kept - 1].addr + entries[kept - 1].size == entry.addr)
			entries[kept - 1].size += entry.size;
		else
			entries[kept++] = entry;
	}
	table->nr_entries = kept;
}

/* Collects the entries that are not empty; returns how many had to be clipped. */
static size_t collect_ranges(const struct e820_table *table, struct ranges *ranges)
{
	size_t clipped = 0;

	for (size_t i = 0; i < table->nr_entries; i++) {
		const struct e820_entry *entry = &table->entries[i];
		uint64_t end;

		if (entry->size == 0)
			continue;
		if (__builtin_add_overflow(entry->addr, entry->size, &end)) {
			end = E820_TOP;
			clipped++;
			if (entry->addr >= end)
				continue;
		}
		ranges->items[ranges->count++] = (struct range){ entry->addr, end - 1, entry->type, (uint32_t)i };
	}
	return clipped;
}

int e820_update_table(struct e820_table *table, void *scratch, size_t scratch_size, size_t *clipped)
{
	size_t nr_entries = table->nr_entries, ranges_size = mm_ranges_scratch_size(nr_entries);
	struct ranges ranges;
	size_t bad;

	if (clipped)
		*clipped = 0;
	if (scratch_size < e820_update_scratch_size(nr_entries) ||
	    !mm_ranges_carve(&ranges, scratch, scratch_size, nr_entries))
		return MM_ENOSPC;
	if (is_sorted_and_disjoint(table)) {
		merge_in_place(table);
		return 0;
	}
	__builtin_memcpy((unsigned char *)scratch + ranges_size, table->entries, nr_entries * sizeof(*table->entries));
	bad = collect_ranges(table, &ranges);
	mm_ranges_sort(&ranges);
	if (mm_ranges_resolve(&ranges, table) != 0) {
		__builtin_memcpy(table->entries, (unsigned char *)scratch + ranges_size,
				 nr_entries * sizeof(*table->entries));
		table->nr_entries = nr_entries;
		return MM_ENOSPC;
	}
	if (clipped)
		*clipped = bad;
	return 0;
}
