/* SPDX-License-Identifier: BSD-2-Clause */
#include <mm/known_ranges.h>

#define FOUR_GIB (UINT64_C(1) << 32)
#define BUS_SHIFT 20 /* 32 devices of 8 functions of 4 KiB */

/* ACPI's header, 8 reserved bytes, then the allocations. */
#define MCFG_LENGTH_AT 4
#define MCFG_HEADER_SIZE 44
#define MCFG_ENTRY_SIZE 16

/* The narrow ones first; the ECAM ranges of MCFG come before WIDE_FROM. */
static const struct known_range fixed[] = {
	{ 0xfed00000, 0xfed003ff, "HPET", "the registers of the high precision event timer", false },
	{ 0xfec00000, 0xfec00fff, "IO-APIC", "the registers of the first I/O interrupt controller", false },
	{ 0xfed40000, 0xfed44fff, "TPM", "the registers of the TPM, a page for each locality (TIS or CRB)", false },
	{ 0xa0000, 0xbffff, "VGA", "the window into the memory of a VGA card, never RAM for a system", false },
	{ 0xc0000, 0xfffff, "ROM hole", "option ROMs and, in its upper half, the firmware's own ROM or a copy of it",
	  false },
	{ 0xfee00000, 0xfeefffff, "local APIC",
	  "each processor's own interrupt controller; a device that writes here sends an interrupt (MSI)", false },
	{ 0, 0x9ffff, "low 640 KiB",
	  "RAM for real mode and for starting processors; the firmware often keeps the upper end (EBDA)", false },
	{ 0xa0000, 0xfffff, "VGA/ROM hole", "VGA memory and ROMs since the first PC; the RAM behind it is not reachable",
	  false },
	{ 0xff000000, 0xffffffff, "flash", "the firmware's flash chip; processors start 16 bytes below 4 GiB", false },
	{ 0xfd00000000, 0xffffffffff, "HyperTransport hole",
	  "12 GiB below 1 TiB that AMD processors use for themselves; it is no missing RAM", false },
};

#define WIDE_FROM (MM_ARRAY_COUNT(fixed) - 1)

static const char ecam_sentence[] = "the PCI Express configuration space, 4 KiB a function (ECAM, from the ACPI table MCFG)";
static const char pci_sentence[] = "addresses below 4 GiB for devices; RAM that would be here is moved above 4 GiB";

/* The last byte of an allocation; false when the buses are in disorder or it passes 2^64. */
static bool ecam_last(const struct mcfg_entry *entry, uint64_t *last)
{
	uint64_t offset = ((uint64_t)entry->end_bus + 1) << BUS_SHIFT;

	return entry->end_bus >= entry->start_bus && !__builtin_add_overflow(entry->base, offset - 1, last);
}

long mcfg_parse(const void *table, size_t size, struct mcfg_entry *entries, size_t capacity, size_t *refused)
{
	const uint8_t *bytes = table;
	uint32_t length;
	size_t count = 0, bad = 0;

	if (size < MCFG_HEADER_SIZE || __builtin_memcmp(bytes, "MCFG", 4) != 0)
		return MM_EINVAL;
	__builtin_memcpy(&length, bytes + MCFG_LENGTH_AT, sizeof(length));
	if (length < MCFG_HEADER_SIZE || length > size)
		return MM_EINVAL;
	for (size_t at = MCFG_HEADER_SIZE; length - at >= MCFG_ENTRY_SIZE; at += MCFG_ENTRY_SIZE) {
		struct mcfg_entry entry = { .start_bus = bytes[at + 10], .end_bus = bytes[at + 11] };
		uint64_t last;

		__builtin_memcpy(&entry.base, bytes + at, sizeof(entry.base));
		__builtin_memcpy(&entry.segment, bytes + at + 8, sizeof(entry.segment));
		if (!ecam_last(&entry, &last))
			bad++;
		else if (count < capacity)
			entries[count++] = entry;
		else
			return MM_ENOSPC;
	}
	if (refused)
		*refused = bad;
	return (long)count;
}

/* Number index of all ranges that this machine has, in the order of the header; false when it does not have that one. */
static bool range_at(const struct known_facts *facts, size_t index, struct known_range *range)
{
	if (index < WIDE_FROM) {
		*range = fixed[index];
		return true;
	}
	index -= WIDE_FROM;
	if (index < facts->ecam_count) {
		const struct mcfg_entry *entry = &facts->ecam[index];

		*range = (struct known_range){ .name = "ECAM", .sentence = ecam_sentence };
		range->start = entry->base + ((uint64_t)entry->start_bus << BUS_SHIFT);
		return ecam_last(entry, &range->last);
	}
	index -= facts->ecam_count;
	if (index == 0) {
		*range = fixed[WIDE_FROM];
		return facts->amd;
	}
	*range = (struct known_range){ facts->low_ram_end, FOUR_GIB - 1, "PCI hole", pci_sentence, true };
	return facts->low_ram_end != 0 && facts->low_ram_end < FOUR_GIB;
}

static size_t range_count(const struct known_facts *facts)
{
	return WIDE_FROM + facts->ecam_count + 2;
}

bool known_ranges_next(const struct known_facts *facts, uint64_t start, uint64_t last, size_t *at,
		       struct known_range *found)
{
	while (*at < range_count(facts)) {
		struct known_range range;

		if (range_at(facts, (*at)++, &range) && range.start <= last && start <= range.last) {
			*found = range;
			return true;
		}
	}
	return false;
}

static uint64_t extent(const struct known_range *range)
{
	return range->last - range->start;
}

bool known_range_holding(const struct known_facts *facts, uint64_t start, uint64_t last, bool gap,
			 struct known_range *found)
{
	struct known_range range;
	bool any = false;

	for (size_t at = 0; known_ranges_next(facts, start, last, &at, &range);) {
		if (range.start > start || range.last < last || (range.gap_only && !gap))
			continue;
		if (any && extent(&range) >= extent(found))
			continue;
		*found = range;
		any = true;
	}
	return any;
}

bool known_range_fitting(const struct known_facts *facts, uint64_t start, uint64_t last, bool gap,
			 struct known_range *found)
{
	struct known_range range;
	bool any = known_range_holding(facts, start, last, gap, found);

	if (any)
		return true;
	for (size_t at = 0; known_ranges_next(facts, start, last, &at, &range);) {
		if (range.start < start || range.last > last || (range.gap_only && !gap))
			continue;
		if (any && extent(&range) <= extent(found))
			continue;
		*found = range;
		any = true;
	}
	return any;
}

uint64_t known_low_ram_end(const struct e820_table *table)
{
	uint64_t top = 0;

	for (size_t i = 0; i < table->nr_entries; i++) {
		const struct e820_entry *entry = &table->entries[i];
		uint64_t end;

		if ((entry->type != E820_TYPE_RAM && entry->type != E820_TYPE_ACPI && entry->type != E820_TYPE_NVS) ||
		    entry->addr >= FOUR_GIB)
			continue;
		if (__builtin_add_overflow(entry->addr, entry->size, &end) || end > FOUR_GIB)
			end = FOUR_GIB;
		if (end > top)
			top = end;
	}
	return top;
}
