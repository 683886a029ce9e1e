/* SPDX-License-Identifier: BSD-2-Clause */
/* e820: numbers that a kernel wants to know about a whole table. */
#include <mm/crc32.h>
#include <mm/e820.h>

#define GAP_TOP (UINT64_C(1) << 32)
#define GAP_MIN UINT64_C(0x400000)

uint64_t e820_end_of_ram_pfn(const struct e820_table *table, uint64_t limit_pfn, bool acpi_too)
{
	uint64_t last_pfn = 0;

	for (size_t i = 0; i < table->nr_entries; i++) {
		const struct e820_entry *entry = &table->entries[i];
		uint64_t end, end_pfn;

		if (entry->type != E820_TYPE_RAM && !(acpi_too && entry->type == E820_TYPE_ACPI))
			continue;
		if (entry->addr >> MM_PAGE_SHIFT >= limit_pfn)
			continue;
		end_pfn = __builtin_add_overflow(entry->addr, entry->size, &end) ?
				  UINT64_C(1) << (64 - MM_PAGE_SHIFT) :
				  end >> MM_PAGE_SHIFT;
		if (end_pfn > limit_pfn)
			return limit_pfn;
		if (end_pfn > last_pfn)
			last_pfn = end_pfn;
	}
	return last_pfn;
}

int e820_search_gap(const struct e820_table *table, uint64_t *start, uint64_t *size)
{
	uint64_t top = GAP_TOP, best = GAP_MIN;
	bool found = false;

	for (size_t i = table->nr_entries; i-- > 0;) {
		const struct e820_entry *entry = &table->entries[i];
		uint64_t end = entry->addr + entry->size;

		/* Downwards and with >=: of equal gaps the lowest wins. What lies below the first entry is no gap. */
		if (end >= entry->addr && end < top && top - end >= best) {
			best = *size = top - end;
			*start = end;
			found = true;
		}
		if (entry->addr < top)
			top = entry->addr;
	}
	return found ? 0 : MM_ENOENT;
}

uint64_t e820_total(const struct e820_table *table, uint32_t type)
{
	uint64_t total = 0;

	for (size_t i = 0; i < table->nr_entries; i++)
		if (table->entries[i].type == type && __builtin_add_overflow(total, table->entries[i].size, &total))
			return UINT64_MAX;
	return total;
}

uint32_t e820_crc32(const struct e820_table *table)
{
	uint32_t count = (uint32_t)table->nr_entries;

	return mm_crc32(mm_crc32(0, &count, sizeof(count)), table->entries, table->nr_entries * sizeof(*table->entries));
}
