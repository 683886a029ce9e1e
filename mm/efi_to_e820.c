/* SPDX-License-Identifier: BSD-2-Clause */
#include "efi_range.h"

/* e820 can name no byte of the last page: its exclusive end would be 2^64. */
#define TOP_PAGE (UINT64_MAX - MM_PAGE_MASK)

static const uint8_t linux_types[EFI_MAX_MEMORY_TYPE] = {
	[EFI_RESERVED_TYPE] = E820_TYPE_RESERVED,
	[EFI_LOADER_CODE] = E820_TYPE_RAM,
	[EFI_LOADER_DATA] = E820_TYPE_RAM,
	[EFI_BOOT_SERVICES_CODE] = E820_TYPE_RAM,
	[EFI_BOOT_SERVICES_DATA] = E820_TYPE_RAM,
	[EFI_RUNTIME_SERVICES_CODE] = E820_TYPE_RESERVED,
	[EFI_RUNTIME_SERVICES_DATA] = E820_TYPE_RESERVED,
	[EFI_CONVENTIONAL_MEMORY] = E820_TYPE_RAM,
	[EFI_UNUSABLE_MEMORY] = E820_TYPE_UNUSABLE,
	[EFI_ACPI_RECLAIM_MEMORY] = E820_TYPE_ACPI,
	[EFI_ACPI_MEMORY_NVS] = E820_TYPE_NVS,
	[EFI_MEMORY_MAPPED_IO] = E820_TYPE_RESERVED,
	[EFI_MEMORY_MAPPED_IO_PORT_SPACE] = E820_TYPE_RESERVED,
	[EFI_PAL_CODE] = E820_TYPE_RESERVED,
	[EFI_PERSISTENT_MEMORY] = E820_TYPE_PMEM,
	/* Nobody has accepted it: touching it as RAM would stop the machine. */
	[EFI_UNACCEPTED_MEMORY] = E820_TYPE_RESERVED,
};

uint32_t efi_to_e820_type(const struct efi_memory_desc *desc, enum e820_policy policy)
{
	uint32_t type = desc->type < EFI_MAX_MEMORY_TYPE ? linux_types[desc->type] : E820_TYPE_RESERVED;

	if (type == E820_TYPE_RAM && (desc->attribute & EFI_ATTRIBUTE_SP))
		type = E820_TYPE_SOFT_RESERVED;
	if (policy == E820_POLICY_ACPI && type > E820_TYPE_NVS)
		type = E820_TYPE_RESERVED;
	return type;
}

static enum efi_extent round_range(uint64_t start, uint64_t end, struct range *range)
{
	bool inwards = range->type == E820_TYPE_RAM;
	enum efi_extent extent = inwards ? EFI_EXTENT_CUT : EFI_EXTENT_WHOLE;

	if (inwards) {
		if (!mm_align_up(start, MM_PAGE_SIZE, &start))
			return EFI_EXTENT_NONE;
		end = mm_align_down(end, MM_PAGE_SIZE);
	} else {
		start = mm_align_down(start, MM_PAGE_SIZE);
		if (!mm_align_up(end, MM_PAGE_SIZE, &end)) {
			end = TOP_PAGE;
			extent = EFI_EXTENT_CUT;
		}
	}
	if (start >= end)
		return EFI_EXTENT_NONE;
	range->start = start;
	range->last = end - 1;
	return extent;
}

enum efi_extent mm_efi_range(const struct efi_memory_desc *desc, enum e820_policy policy, struct range *range)
{
	uint64_t end;

	range->type = efi_to_e820_type(desc, policy);
	if (!efi_memory_desc_end(desc, &end))
		return EFI_EXTENT_NONE;
	if (desc->phys_addr & MM_PAGE_MASK)
		return round_range(desc->phys_addr, end, range);
	range->start = desc->phys_addr;
	range->last = end - 1;
	if (end)
		return EFI_EXTENT_WHOLE;
	range->last = TOP_PAGE - 1;
	return range->start <= range->last ? EFI_EXTENT_CUT : EFI_EXTENT_NONE;
}

/*
 * The usual firmware: descriptors in order and disjoint. Reads each once and needs no memory. false, with the table
 * in an undefined state, when that is not so or the table is full (which sorting could still mend).
 */
static bool convert_in_order(const struct efi_memmap *map, size_t count, enum e820_policy policy,
			     struct e820_table *table)
{
	const unsigned char *at = map->buffer;
	struct e820_entry *entry = NULL;
	struct efi_memory_desc desc;
	uint64_t end = 0;
	size_t used = 0;

	for (size_t i = 0; i < count; i++, at += map->desc_size) {
		struct range range;

		__builtin_memcpy(&desc, at, sizeof(desc));
		if (mm_efi_range(&desc, policy, &range) == EFI_EXTENT_NONE)
			continue;
		if (entry && range.start == end && range.type == entry->type) {
			entry->size += range.last - range.start + 1;
		} else {
			if (range.start < end || used == table->capacity)
				return false;
			entry = &table->entries[used++];
			*entry = (struct e820_entry){ range.start, range.last - range.start + 1, range.type };
		}
		end = range.last + 1;
	}
	table->nr_entries = used;
	return true;
}

/* Ranges in the map's order; like Linux's stub, a descriptor that continues the one before it becomes part of its range. */
static void collect_ranges(const struct efi_memmap *map, size_t count, enum e820_policy policy, struct ranges *ranges)
{
	const unsigned char *at = map->buffer;
	struct range *previous = NULL;
	struct efi_memory_desc desc;

	for (size_t i = 0; i < count; i++, at += map->desc_size) {
		struct range range;

		__builtin_memcpy(&desc, at, sizeof(desc));
		if (mm_efi_range(&desc, policy, &range) == EFI_EXTENT_NONE)
			continue;
		range.index = (uint32_t)i;
		if (previous && previous->type == range.type && previous->last + 1 == range.start) {
			previous->last = range.last;
		} else {
			previous = &ranges->items[ranges->count++];
			*previous = range;
		}
	}
}

size_t efi_to_e820_scratch_size(size_t count)
{
	return mm_ranges_scratch_size(count);
}

int efi_to_e820(const struct efi_memmap *map, enum e820_policy policy, struct e820_table *table, struct efi_trace *trace,
		void *scratch, size_t scratch_size)
{
	size_t count = efi_memmap_count(map);
	struct ranges ranges;

	table->nr_entries = 0;
	if (map->desc_size < sizeof(struct efi_memory_desc))
		return MM_EINVAL;
	if (!mm_ranges_carve(&ranges, scratch, scratch_size, count))
		return MM_ENOSPC;
	if (!convert_in_order(map, count, policy, table)) {
		collect_ranges(map, count, policy, &ranges);
		mm_ranges_sort(&ranges);
		if (mm_ranges_resolve(&ranges, table) != 0) {
			table->nr_entries = 0;
			return MM_ENOSPC;
		}
	}
	if (trace)
		mm_efi_trace(map, count, policy, table, trace, &ranges);
	return 0;
}
