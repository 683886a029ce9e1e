/* SPDX-License-Identifier: BSD-2-Clause */
#include <mm/known_ranges.h>

#define FOUR_GIB (UINT64_C(1) << 32)
#define BUS_SHIFT 20 /* 32 devices of 8 functions of 4 KiB */

/* ACPI's header, 8 reserved bytes, then the allocations. */
#define MCFG_LENGTH_AT 4
#define MCFG_HEADER_SIZE 44
#define MCFG_ENTRY_SIZE 16

/* Addresses of those that are everywhere the same, the narrow ones first. ECAM comes before the HyperTransport hole. */
static const struct {
	uint64_t start;
	uint64_t last;
} fixed[] = {
	[KNOWN_HPET] = { 0xfed00000, 0xfed003ff },       [KNOWN_IO_APIC] = { 0xfec00000, 0xfec00fff },
	[KNOWN_TPM] = { 0xfed40000, 0xfed44fff },        [KNOWN_VGA] = { 0xa0000, 0xbffff },
	[KNOWN_ROM_HOLE] = { 0xc0000, 0xfffff },         [KNOWN_LOCAL_APIC] = { 0xfee00000, 0xfeefffff },
	[KNOWN_LOW_MEMORY] = { 0, 0x9ffff },             [KNOWN_VGA_ROM_HOLE] = { 0xa0000, 0xfffff },
	[KNOWN_FLASH] = { 0xff000000, 0xffffffff },      [KNOWN_HYPERTRANSPORT] = { 0xfd00000000, 0xffffffffff },
};

/* Arrays, because pointers would need relocations in the EFI image. */
static const char names[KNOWN_KINDS][20] = {
	[KNOWN_HPET] = "HPET",
	[KNOWN_IO_APIC] = "IO-APIC",
	[KNOWN_TPM] = "TPM",
	[KNOWN_VGA] = "VGA",
	[KNOWN_ROM_HOLE] = "ROM hole",
	[KNOWN_LOCAL_APIC] = "local APIC",
	[KNOWN_LOW_MEMORY] = "low 640 KiB",
	[KNOWN_VGA_ROM_HOLE] = "VGA/ROM hole",
	[KNOWN_FLASH] = "flash",
	[KNOWN_HYPERTRANSPORT] = "HyperTransport hole",
	[KNOWN_ECAM] = "ECAM",
	[KNOWN_PCI_HOLE] = "PCI hole",
};

static const char *const sentences[KNOWN_KINDS] = {
	[KNOWN_HPET] = "the registers of the high precision event timer",
	[KNOWN_IO_APIC] = "the registers of the first I/O interrupt controller",
	[KNOWN_TPM] = "the registers of the TPM, a page for each locality (TIS or CRB)",
	[KNOWN_VGA] = "the window into the memory of a VGA card, never RAM for a system",
	[KNOWN_ROM_HOLE] = "option ROMs and, in its upper half, the firmware's own ROM or a copy of it",
	[KNOWN_LOCAL_APIC] = "each processor's own interrupt controller; a device that writes here sends an interrupt (MSI)",
	[KNOWN_LOW_MEMORY] = "RAM for real mode and for starting processors; the firmware often keeps the upper end (EBDA)",
	[KNOWN_VGA_ROM_HOLE] = "VGA memory and ROMs since the first PC; the RAM behind it is not reachable",
	[KNOWN_FLASH] = "the firmware's flash chip; processors start 16 bytes below 4 GiB",
	[KNOWN_HYPERTRANSPORT] = "12 GiB below 1 TiB that AMD processors use for themselves; it is no missing RAM",
	[KNOWN_ECAM] = "the PCI Express configuration space, 4 KiB a function (ECAM, from the ACPI table MCFG)",
	[KNOWN_PCI_HOLE] = "addresses below 4 GiB for devices; RAM that would be here is moved above 4 GiB",
};

const char *known_range_sentence(const struct known_range *range)
{
	return sentences[range->kind];
}

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

/* Number index of all ranges that there can be, in the order of the header; false when this machine has not that one. */
static bool range_at(const struct known_facts *facts, size_t index, struct known_range *range)
{
	bool there = true;

	if (index < KNOWN_HYPERTRANSPORT) {
		range->kind = (enum known_kind)index;
	} else if (index - KNOWN_HYPERTRANSPORT < facts->ecam_count) {
		const struct mcfg_entry *entry = &facts->ecam[index - KNOWN_HYPERTRANSPORT];

		range->kind = KNOWN_ECAM;
		range->start = entry->base + ((uint64_t)entry->start_bus << BUS_SHIFT);
		there = ecam_last(entry, &range->last);
	} else if (index - KNOWN_HYPERTRANSPORT == facts->ecam_count) {
		range->kind = KNOWN_HYPERTRANSPORT;
		there = facts->amd;
	} else {
		range->kind = KNOWN_PCI_HOLE;
		range->start = facts->low_ram_end;
		range->last = FOUR_GIB - 1;
		there = range->start != 0 && range->start < FOUR_GIB;
	}
	if (range->kind < MM_ARRAY_COUNT(fixed)) {
		range->start = fixed[range->kind].start;
		range->last = fixed[range->kind].last;
	}
	range->name = names[range->kind];
	return there;
}

static size_t range_count(const struct known_facts *facts)
{
	return KNOWN_HYPERTRANSPORT + facts->ecam_count + 2;
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

/* The narrowest that holds all of [start, last], or the widest within it. */
static bool find(const struct known_facts *facts, uint64_t start, uint64_t last, bool gap, bool within,
		 struct known_range *found)
{
	uint64_t best = 0;
	struct known_range range;
	bool any = false;

	for (size_t at = 0; known_ranges_next(facts, start, last, &at, &range);) {
		uint64_t extent = range.last - range.start;
		bool fits = within ? range.start >= start && range.last <= last : range.start <= start && range.last >= last;

		if (!fits || (range.kind == KNOWN_PCI_HOLE && !gap) || (any && (within ? extent <= best : extent >= best)))
			continue;
		*found = range;
		best = extent;
		any = true;
	}
	return any;
}

bool known_range_holding(const struct known_facts *facts, uint64_t start, uint64_t last, bool gap,
			 struct known_range *found)
{
	return find(facts, start, last, gap, false, found);
}

bool known_range_fitting(const struct known_facts *facts, uint64_t start, uint64_t last, bool gap,
			 struct known_range *found)
{
	return find(facts, start, last, gap, false, found) || find(facts, start, last, gap, true, found);
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
