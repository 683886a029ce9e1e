/* SPDX-License-Identifier: BSD-2-Clause */
#include "descriptor_range.h"

/* e820 can name no byte of the last page: its exclusive end would be 2^64. */
#define TOP_PAGE (UINT64_MAX - MM_PAGE_MASK)

/* What a policy makes of each EFI type; the last element is for all types that UEFI does not define. */
struct rule {
	uint32_t type[EFI_MAX_MEMORY_TYPE + 1];
	/* The same with EFI_ATTRIBUTE_SP: RAM that the firmware keeps for one purpose. */
	uint32_t special[EFI_MAX_MEMORY_TYPE + 1];
};

/* Touching unaccepted memory as RAM would stop the machine. */
#define TYPES(ram, unusable, persistent)                                                                               \
	{                                                                                                              \
		[EFI_RESERVED_TYPE] = E820_TYPE_RESERVED, [EFI_LOADER_CODE] = (ram), [EFI_LOADER_DATA] = (ram),        \
		[EFI_BOOT_SERVICES_CODE] = (ram), [EFI_BOOT_SERVICES_DATA] = (ram),                                    \
		[EFI_RUNTIME_SERVICES_CODE] = E820_TYPE_RESERVED, [EFI_RUNTIME_SERVICES_DATA] = E820_TYPE_RESERVED,    \
		[EFI_CONVENTIONAL_MEMORY] = (ram), [EFI_UNUSABLE_MEMORY] = (unusable),                                 \
		[EFI_ACPI_RECLAIM_MEMORY] = E820_TYPE_ACPI, [EFI_ACPI_MEMORY_NVS] = E820_TYPE_NVS,                     \
		[EFI_MEMORY_MAPPED_IO] = E820_TYPE_RESERVED,                                                           \
		[EFI_MEMORY_MAPPED_IO_PORT_SPACE] = E820_TYPE_RESERVED, [EFI_PAL_CODE] = E820_TYPE_RESERVED,           \
		[EFI_PERSISTENT_MEMORY] = (persistent), [EFI_UNACCEPTED_MEMORY] = E820_TYPE_RESERVED,                  \
		[EFI_MAX_MEMORY_TYPE] = E820_TYPE_RESERVED                                                             \
	}

static const struct rule acpi_rule = {
	.type = TYPES(E820_TYPE_RAM, E820_TYPE_RESERVED, E820_TYPE_RESERVED),
	.special = TYPES(E820_TYPE_RESERVED, E820_TYPE_RESERVED, E820_TYPE_RESERVED),
};

static const struct rule linux_rule = {
	.type = TYPES(E820_TYPE_RAM, E820_TYPE_UNUSABLE, E820_TYPE_PMEM),
	.special = TYPES(E820_TYPE_SOFT_RESERVED, E820_TYPE_UNUSABLE, E820_TYPE_PMEM),
};

static const struct rule nosoftreserve_rule = {
	.type = TYPES(E820_TYPE_RAM, E820_TYPE_UNUSABLE, E820_TYPE_PMEM),
	.special = TYPES(E820_TYPE_RAM, E820_TYPE_UNUSABLE, E820_TYPE_PMEM),
};

static const struct rule *rule_of(enum e820_policy policy)
{
	return policy == E820_POLICY_LINUX		 ? &linux_rule :
	       policy == E820_POLICY_LINUX_NOSOFTRESERVE ? &nosoftreserve_rule :
							   &acpi_rule;
}

static inline uint32_t type_of(const struct efi_memory_desc *desc, const struct rule *rule)
{
	const uint32_t *types = desc->attribute & EFI_ATTRIBUTE_SP ? rule->special : rule->type;

	return types[desc->type < EFI_MAX_MEMORY_TYPE ? desc->type : EFI_MAX_MEMORY_TYPE];
}

uint32_t efi_to_e820_type(const struct efi_memory_desc *desc, enum e820_policy policy)
{
	return type_of(desc, rule_of(policy));
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

/* Descriptors of an odd kind: unaligned, without pages, or reaching the top. */
static enum efi_extent odd_range(struct efi_memory_desc desc, struct range *range)
{
	uint64_t end;

	if (!efi_memory_desc_end(&desc, &end))
		return EFI_EXTENT_NONE;
	if (desc.phys_addr & MM_PAGE_MASK)
		return round_range(desc.phys_addr, end, range);
	range->start = desc.phys_addr;
	range->last = TOP_PAGE - 1;
	return range->start <= range->last ? EFI_EXTENT_CUT : EFI_EXTENT_NONE;
}

/* Inlined and without the address of *range going anywhere in the usual case, so that it stays in registers. */
static inline enum efi_extent range_of(const struct efi_memory_desc *desc, const struct rule *rule, struct range *range)
{
	range->type = type_of(desc, rule);
	/* One comparison for "has pages" and "ends at or below the last page". */
	if ((desc->phys_addr & MM_PAGE_MASK) || desc->num_pages - 1 >= (TOP_PAGE - desc->phys_addr) >> MM_PAGE_SHIFT) {
		struct range odd = *range;
		enum efi_extent extent = odd_range(*desc, &odd);

		*range = odd;
		return extent;
	}
	range->start = desc->phys_addr;
	range->last = desc->phys_addr + (desc->num_pages << MM_PAGE_SHIFT) - 1;
	return EFI_EXTENT_WHOLE;
}

/*
 * The fields that count, of a descriptor at any address; one by one, because a copy of the whole would go through
 * memory.
 */
static inline struct efi_memory_desc read_descriptor(const unsigned char *at)
{
	struct efi_memory_desc desc = { 0 };

	__builtin_memcpy(&desc.type, at + offsetof(struct efi_memory_desc, type), sizeof(desc.type));
	__builtin_memcpy(&desc.phys_addr, at + offsetof(struct efi_memory_desc, phys_addr), sizeof(desc.phys_addr));
	__builtin_memcpy(&desc.num_pages, at + offsetof(struct efi_memory_desc, num_pages), sizeof(desc.num_pages));
	__builtin_memcpy(&desc.attribute, at + offsetof(struct efi_memory_desc, attribute), sizeof(desc.attribute));
	return desc;
}

enum efi_extent mm_efi_range(const struct efi_memory_desc *desc, enum e820_policy policy, struct range *range)
{
	return range_of(desc, rule_of(policy), range);
}

/*
 * The usual firmware: descriptors in order and disjoint. Reads each once and needs no memory. false, with the table
 * in an undefined state, when that is not so or the table is full (which sorting could still mend). Whether a
 * descriptor continues the one before it is arithmetic instead of a branch, because no processor can predict it.
 */
static bool convert_in_order(const struct efi_memmap *map, size_t count, const struct rule *rule,
			     struct e820_table *table)
{
	const unsigned char *at = map->buffer;
	struct e820_entry *entries = table->entries, entry = { 0 };
	size_t stride = map->desc_size, capacity = table->capacity, used = 0;
	uint64_t end = 0;

	for (size_t i = 0; i < count; i++, at += stride) {
		struct efi_memory_desc desc = read_descriptor(at);
		struct range range = { 0 };
		bool continues;

		if (range_of(&desc, rule, &range) == EFI_EXTENT_NONE)
			continue;
		if (range.start < end)
			return false;
		continues = (range.start == end) & (range.type == entry.type);
		used += !continues;
		if (used > capacity)
			return false;
		end = range.last + 1;
		entry.addr = continues ? entry.addr : range.start;
		entry.size = end - entry.addr;
		entry.type = range.type;
		entries[used - 1] = entry;
	}
	table->nr_entries = used;
	return true;
}

/*
 * Ranges in the map's order; like Linux's stub, a descriptor that continues the one before it becomes part of its
 * range.
 */
static void collect_ranges(const struct efi_memmap *map, size_t count, const struct rule *rule, struct ranges *ranges)
{
	const unsigned char *at = map->buffer;
	struct range *previous = NULL;

	for (size_t i = 0; i < count; i++, at += map->desc_size) {
		struct efi_memory_desc desc = read_descriptor(at);
		struct range range = { .index = (uint32_t)i };

		if (range_of(&desc, rule, &range) == EFI_EXTENT_NONE)
			continue;
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

int efi_to_e820(const struct efi_memmap *map, enum e820_policy policy, struct e820_table *table,
		struct efi_trace *trace, void *scratch, size_t scratch_size)
{
	size_t count = efi_memmap_count(map);
	struct ranges ranges;

	table->nr_entries = 0;
	if (map->desc_size < sizeof(struct efi_memory_desc))
		return MM_EINVAL;
	if (!mm_ranges_carve(&ranges, scratch, scratch_size, count))
		return MM_ENOSPC;
	if (!convert_in_order(map, count, rule_of(policy), table)) {
		collect_ranges(map, count, rule_of(policy), &ranges);
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
