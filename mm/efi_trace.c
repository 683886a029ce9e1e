/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What became of each descriptor. Worked out from the finished table, by binary search in two indexes that are
 * grouped by type: output entries by address, and descriptors by start with the one that reaches furthest so far.
 */
#include "descriptor_range.h"

/* All types that a descriptor can become. */
static const uint32_t types[] = { E820_TYPE_RAM,      E820_TYPE_RESERVED, E820_TYPE_ACPI,         E820_TYPE_NVS,
				  E820_TYPE_UNUSABLE, E820_TYPE_PMEM,     E820_TYPE_SOFT_RESERVED };

#define TYPES MM_ARRAY_COUNT(types)

struct tracer {
	const struct e820_table *table;
	/* By type and start; last and index are those of the range that reaches furthest of its type so far. */
	struct range *by_type;
	size_t ranges_from[TYPES + 1];
	/* Indexes of output entries, by type and address. */
	uint32_t *outputs;
	size_t outputs_from[TYPES + 1];
};

static size_t rank_of(uint32_t type)
{
	size_t rank = 0;

	while (types[rank] != type)
		rank++;
	return rank;
}

/* Turns counts at [rank + 1] into where each group starts. */
static void counts_to_starts(size_t *from)
{
	for (size_t rank = 0; rank < TYPES; rank++)
		from[rank + 1] += from[rank];
}

static void index_ranges(struct tracer *tracer, const struct ranges *ranges)
{
	size_t *from = tracer->ranges_from, next[TYPES];

	for (size_t i = 0; i < ranges->count; i++)
		from[rank_of(ranges->items[i].type) + 1]++;
	counts_to_starts(from);
	for (size_t rank = 0; rank < TYPES; rank++)
		next[rank] = from[rank];
	tracer->by_type = ranges->spare;
	for (size_t i = 0; i < ranges->count; i++) {
		size_t rank = rank_of(ranges->items[i].type), at = next[rank]++;
		struct range *range = &tracer->by_type[at];

		*range = ranges->items[i];
		if (at > from[rank] && range[-1].last >= range->last) {
			range->last = range[-1].last;
			range->index = range[-1].index;
		}
	}
}

/* The sorted ranges have served: at most 2 * count output entries' numbers fit in their place. */
static void index_outputs(struct tracer *tracer, const struct ranges *ranges)
{
	const struct e820_table *table = tracer->table;
	size_t *from = tracer->outputs_from, next[TYPES];

	for (size_t i = 0; i < table->nr_entries; i++)
		from[rank_of(table->entries[i].type) + 1]++;
	counts_to_starts(from);
	for (size_t rank = 0; rank < TYPES; rank++)
		next[rank] = from[rank];
	tracer->outputs = (uint32_t *)ranges->items;
	for (size_t i = 0; i < table->nr_entries; i++)
		tracer->outputs[next[rank_of(table->entries[i].type)]++] = (uint32_t)i;
}

static uint64_t output_last(const struct tracer *tracer, size_t index)
{
	return tracer->table->entries[index].addr + tracer->table->entries[index].size - 1;
}

/* First output entry of any type that ends at or after an address. */
static size_t output_at(const struct tracer *tracer, uint64_t address)
{
	size_t low = 0, high = tracer->table->nr_entries;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (output_last(tracer, middle) < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Finds the first and the last output entry that hold a part of the range; false when there is none. */
static bool find_outputs(const struct tracer *tracer, const struct range *range, struct efi_trace *trace)
{
	size_t rank = rank_of(range->type);
	size_t low = tracer->outputs_from[rank], high = tracer->outputs_from[rank + 1], end = high;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (output_last(tracer, tracer->outputs[middle]) < range->start)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == end || tracer->table->entries[tracer->outputs[low]].addr > range->last)
		return false;
	trace->first = tracer->outputs[low];
	for (high = end; low + 1 < high;) {
		size_t middle = low + (high - low) / 2;

		if (tracer->table->entries[tracer->outputs[middle]].addr <= range->last)
			low = middle;
		else
			high = middle;
	}
	trace->last = tracer->outputs[low];
	return true;
}

/* A descriptor of that type that has the address, given that there is one. */
static size_t owner_of(const struct tracer *tracer, uint32_t type, uint64_t address)
{
	size_t rank = rank_of(type);
	size_t low = tracer->ranges_from[rank], high = tracer->ranges_from[rank + 1];

	while (low + 1 < high) {
		size_t middle = low + (high - low) / 2;

		if (tracer->by_type[middle].start <= address)
			low = middle;
		else
			high = middle;
	}
	return tracer->by_type[low].index;
}

/* A descriptor that took bytes from the range, or SIZE_MAX. */
static size_t find_taker(const struct tracer *tracer, const struct range *range)
{
	const struct e820_entry *entries = tracer->table->entries;
	size_t at = output_at(tracer, range->start);

	/* Touching entries differ in type, but for the ones that never merge, from which nothing can take. */
	if (e820_type_never_merges(range->type))
		return SIZE_MAX;
	if (entries[at].type == range->type) {
		if (output_last(tracer, at) >= range->last)
			return SIZE_MAX;
		at++;
	}
	return owner_of(tracer, entries[at].type, entries[at].addr > range->start ? entries[at].addr : range->start);
}

static void trace_range(const struct tracer *tracer, const struct range *range, enum efi_extent extent,
			struct efi_trace *trace)
{
	trace->by = find_taker(tracer, range);
	if (!find_outputs(tracer, range, trace))
		trace->fate = EFI_FATE_COVERED;
	else if (trace->by != SIZE_MAX || extent == EFI_EXTENT_CUT)
		trace->fate = EFI_FATE_CLIPPED;
	else if (tracer->table->entries[trace->first].addr == range->start &&
		 output_last(tracer, trace->last) == range->last)
		trace->fate = EFI_FATE_KEPT;
	else
		trace->fate = EFI_FATE_MERGED;
}

void mm_efi_trace(const struct efi_memmap *map, size_t count, enum e820_policy policy, const struct e820_table *table,
		  struct efi_trace *trace, struct ranges *ranges)
{
	struct tracer tracer = { .table = table };
	struct efi_memory_desc desc;
	struct range range;

	ranges->count = 0;
	for (size_t i = 0; i < count; i++) {
		efi_memmap_get(map, i, &desc);
		if (mm_efi_range(&desc, policy, &range) == EFI_EXTENT_NONE)
			continue;
		range.index = (uint32_t)i;
		ranges->items[ranges->count++] = range;
	}
	mm_ranges_sort(ranges);
	index_ranges(&tracer, ranges);
	index_outputs(&tracer, ranges);
	for (size_t i = 0; i < count; i++) {
		enum efi_extent extent;

		efi_memmap_get(map, i, &desc);
		extent = mm_efi_range(&desc, policy, &range);
		trace[i] = (struct efi_trace){ EFI_FATE_DROPPED, range.type, SIZE_MAX, SIZE_MAX, SIZE_MAX };
		if (extent != EFI_EXTENT_NONE)
			trace_range(&tracer, &range, extent, &trace[i]);
	}
}
