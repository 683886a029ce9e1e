/* SPDX-License-Identifier: BSD-2-Clause */
#include "map_replay.h"

#include "e820_compare.h"
#include "map_files.h"

#include <stdlib.h>
#include <string.h>

struct span {
	uint64_t start;
	uint64_t end;
};

static int by_start(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* Bytes of the union of all descriptors, found without the library. */
static uint64_t union_size(const struct efi_memmap *map, struct span *spans, size_t *count)
{
	uint64_t total = 0, reached = 0;

	*count = 0;
	for (size_t at = 0; at < map->size; at += map->desc_size) {
		struct efi_memory_desc desc;

		memcpy(&desc, (const char *)map->buffer + at, sizeof(desc));
		if (desc.num_pages)
			spans[(*count)++] = (struct span){ desc.phys_addr, desc.phys_addr + desc.num_pages * 4096 };
	}
	qsort(spans, *count, sizeof(*spans), by_start);
	for (size_t i = 0; i < *count; i++) {
		uint64_t from = spans[i].start > reached ? spans[i].start : reached;

		if (spans[i].end > from) {
			total += spans[i].end - from;
			reached = spans[i].end;
		}
	}
	return total;
}

bool conserves_bytes(const struct efi_memmap *map, const struct e820_table *table)
{
	static struct span spans[MAX_MAP];
	size_t count;
	uint64_t expected = union_size(map, spans, &count), total = 0;

	for (size_t i = 0; i < table->nr_entries; i++) {
		const struct e820_entry *entry = &table->entries[i];

		if (i > 0 && table->entries[i - 1].addr + table->entries[i - 1].size > entry->addr)
			return false;
		total += entry->size;
	}
	for (size_t i = 0; i < count; i++)
		if (!e820_mapped_all(table, spans[i].start, spans[i].end, 0))
			return false;
	return total == expected;
}

/* Whether some descriptor's trace names each entry. */
static bool entries_are_traced(size_t count, const struct e820_table *table, const struct efi_trace *trace)
{
	for (size_t entry = 0; entry < table->nr_entries; entry++) {
		bool traced = false;

		for (size_t i = 0; i < count && !traced; i++)
			traced = trace[i].first <= entry && entry <= trace[i].last && trace[i].last != SIZE_MAX &&
				 trace[i].type == table->entries[entry].type;
		if (!traced)
			return false;
	}
	return true;
}

bool traces_are_sound(const struct efi_memmap *map, enum e820_policy policy, const struct e820_table *table,
		      const struct efi_trace *trace)
{
	for (size_t i = 0; i < efi_memmap_count(map); i++) {
		struct efi_memory_desc desc;
		uint64_t end;

		if (!efi_memmap_get(map, i, &desc) || trace[i].type != efi_to_e820_type(&desc, policy))
			return false;
		if (desc.num_pages == 0) {
			if (trace[i].fate != EFI_FATE_DROPPED)
				return false;
			continue;
		}
		if (!efi_memory_desc_end(&desc, &end) || trace[i].fate == EFI_FATE_DROPPED)
			return false;
		if (trace[i].fate != EFI_FATE_KEPT && trace[i].fate != EFI_FATE_MERGED)
			continue;
		if (trace[i].first >= table->nr_entries || table->entries[trace[i].first].type != trace[i].type ||
		    !e820_mapped_all(table, desc.phys_addr, end, trace[i].type))
			return false;
	}
	return entries_are_traced(efi_memmap_count(map), table, trace);
}

bool convert(const struct efi_memmap *map, enum e820_policy policy, struct e820_table *table, struct efi_trace *trace)
{
	size_t size = efi_to_e820_scratch_size(efi_memmap_count(map));
	void *scratch = malloc(size ? size : 1);
	int result = efi_to_e820(map, policy, table, trace, scratch, size);

	free(scratch);
	return result == 0;
}

void shuffle(void *elements, size_t count, size_t size)
{
	unsigned char *bytes = elements, swap[256];
	uint32_t random = 0xc0ffee;

	for (size_t i = count; i > 1; i--) {
		random = random * 1664525 + 1013904223;

		size_t other = (random >> 8) % i;

		memcpy(swap, bytes + (i - 1) * size, size);
		memcpy(bytes + (i - 1) * size, bytes + other * size, size);
		memcpy(bytes + other * size, swap, size);
	}
}

bool same_tables(const struct e820_table *is, const struct e820_table *expected)
{
	return same_entries(is->entries, is->nr_entries, expected->entries, expected->nr_entries, true);
}

static size_t soft_reserved(const struct efi_memmap *map)
{
	struct efi_memory_desc desc;
	size_t found = 0;

	for (size_t i = 0; efi_memmap_get(map, i, &desc); i++)
		found += efi_to_e820_type(&desc, E820_POLICY_LINUX) == E820_TYPE_SOFT_RESERVED;
	return found;
}

bool converts_to_the_same_when_shuffled(const struct efi_memmap *map, enum e820_policy policy,
					const struct e820_table *table)
{
	static unsigned char buffer[MAX_MAP * MAX_STRIDE];
	static struct e820_entry entries[2 * MAX_MAP];
	struct e820_table shuffled = { entries, 2 * MAX_MAP, 0 };
	struct efi_memmap shuffled_map = { buffer, map->size, map->desc_size, map->desc_version };

	if (policy == E820_POLICY_LINUX && soft_reserved(map) > 1)
		return true;
	memcpy(buffer, map->buffer, map->size);
	shuffle(buffer, efi_memmap_count(map), map->desc_size);
	return convert(&shuffled_map, policy, &shuffled, NULL) && same_tables(&shuffled, table);
}
