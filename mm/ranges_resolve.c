/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A sweep over ranges in address order. What is open at the present address lies in a heap with the highest type on
 * top; a range that can never be on top is not kept, one that has ended is taken out when it comes to the top.
 */
#include "ranges.h"

struct sweep {
	struct range *heap;
	size_t open;
	struct e820_table *table;
	bool full;
};

static void sift_up(struct range *heap, size_t at)
{
	struct range moving = heap[at];

	while (at > 0 && heap[(at - 1) / 2].type < moving.type) {
		heap[at] = heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	heap[at] = moving;
}

static void drop_top(struct sweep *sweep)
{
	struct range *heap = sweep->heap;
	size_t count = --sweep->open;
	struct range moving = heap[count];
	size_t at = 0;

	for (size_t child = 1; child < count; child = 2 * at + 1) {
		if (child + 1 < count && heap[child + 1].type > heap[child].type)
			child++;
		if (heap[child].type <= moving.type)
			break;
		heap[at] = heap[child];
		at = child;
	}
	if (count)
		heap[at] = moving;
}

static void open_range(struct sweep *sweep, const struct range *range)
{
	struct range *top = sweep->heap;

	if (sweep->open && range->type <= top->type) {
		if (range->last <= top->last)
			return;
		if (range->type == top->type) {
			top->last = range->last;
			return;
		}
	}
	sweep->heap[sweep->open] = *range;
	sift_up(sweep->heap, sweep->open++);
}

static void emit(struct sweep *sweep, uint64_t start, uint64_t last, uint32_t type)
{
	struct e820_table *table = sweep->table;

	if (type == 0)
		return;
	if (table->nr_entries) {
		struct e820_entry *previous = &table->entries[table->nr_entries - 1];

		if (previous->type == type && previous->addr + previous->size == start) {
			previous->size += last - start + 1;
			return;
		}
	}
	if (table->nr_entries == table->capacity) {
		sweep->full = true;
		return;
	}
	table->entries[table->nr_entries++] = (struct e820_entry){ start, last - start + 1, type };
}

static bool sweep_ranges(const struct ranges *ranges, struct e820_table *table)
{
	struct sweep sweep = { .heap = ranges->spare, .table = table };
	size_t next = 0;
	uint64_t at = 0;

	while ((next < ranges->count || sweep.open) && !sweep.full) {
		if (!sweep.open)
			at = ranges->items[next].start;
		while (next < ranges->count && ranges->items[next].start == at)
			open_range(&sweep, &ranges->items[next++]);

		uint64_t last = sweep.heap->last;

		if (next < ranges->count && ranges->items[next].start <= last)
			last = ranges->items[next].start - 1;
		emit(&sweep, at, last, sweep.heap->type);
		at = last + 1;
		while (sweep.open && sweep.heap->last < at)
			drop_top(&sweep);
	}
	return !sweep.full;
}

static uint64_t entry_end(const struct e820_entry *entry)
{
	return entry->addr + entry->size;
}

/* How many cuts the distinct starts of the sorted ranges make inside entries that never merge. */
static size_t count_cuts(const struct ranges *ranges, const struct e820_table *table)
{
	size_t cuts = 0, point = 0;

	for (size_t i = 0; i < table->nr_entries; i++) {
		const struct e820_entry *entry = &table->entries[i];
		uint64_t cut = entry->addr;

		if (!e820_type_never_merges(entry->type))
			continue;
		while (point < ranges->count && ranges->items[point].start <= cut)
			point++;
		for (; point < ranges->count && ranges->items[point].start < entry_end(entry); point++) {
			cuts += ranges->items[point].start != cut;
			cut = ranges->items[point].start;
		}
	}
	return cuts;
}

/* Makes those cuts, from the last entry to the first, so that the table grows in place. */
static bool cut_at_starts(const struct ranges *ranges, struct e820_table *table)
{
	size_t from = table->nr_entries, point = ranges->count;
	size_t to = from + count_cuts(ranges, table);

	if (to > table->capacity)
		return false;
	table->nr_entries = to;
	while (from < to) {
		struct e820_entry entry = table->entries[--from];
		uint64_t end = entry_end(&entry);

		while (e820_type_never_merges(entry.type) && point > 0 && ranges->items[point - 1].start > entry.addr) {
			uint64_t cut = ranges->items[--point].start;

			if (cut < end) {
				table->entries[--to] = (struct e820_entry){ cut, end - cut, entry.type };
				end = cut;
			}
		}
		table->entries[--to] = (struct e820_entry){ entry.addr, end - entry.addr, entry.type };
	}
	return true;
}

static bool has_type_that_never_merges(const struct ranges *ranges)
{
	for (size_t i = 0; i < ranges->count; i++)
		if (e820_type_never_merges(ranges->items[i].type))
			return true;
	return false;
}

int mm_ranges_resolve(struct ranges *ranges, struct e820_table *table)
{
	table->nr_entries = 0;
	if (!sweep_ranges(ranges, table))
		return MM_ENOSPC;
	if (!has_type_that_never_merges(ranges))
		return 0;
	if (!cut_at_starts(ranges, table))
		return MM_ENOSPC;
	for (size_t i = 0; i < ranges->count; i++)
		ranges->items[i].start = ranges->items[i].last + 1;
	mm_ranges_sort(ranges);
	return cut_at_starts(ranges, table) ? 0 : MM_ENOSPC;
}
