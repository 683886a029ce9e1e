/* SPDX-License-Identifier: BSD-2-Clause */
/* What the firmware's memory map is, and what becomes of it; in Linux's own forms wherever Linux has one. */
#include "firmware.h"

#include <loader/map_views.h>
#include <mm/memblock.h>

static void print_descriptors(const struct efi_memmap *map, struct printer *out)
{
	size_t count = efi_memmap_count(map);

	print(out, "EFI memory map: %zu descriptors of %zu bytes, version %u\n", count, map->desc_size, map->desc_version);
	for (size_t i = 0; i < count; i++) {
		struct efi_memory_desc desc;

		efi_memmap_get(map, i, &desc);
		/* A line says everything about a descriptor of less than 2^64 bytes; test/data/ is made from such lines. */
		map_print_descriptor(i, &desc, MAP_VIEW_COLUMNS, out);
		print(out, "\n");
	}
}

/* What a kernel's memblock holds when it has taken over the map and the reservation set. */
static void print_memblock(const struct e820_table *table, const struct boot_plan *plan, struct printer *out)
{
	for (size_t i = 0; i < table->nr_entries; i++) {
		const struct e820_entry *entry = &table->entries[i];

		if (entry->type == E820_TYPE_RAM && memblock_add(entry->addr, entry->size)) {
			print(out, "memblock: more than %d ranges of usable memory; a kernel has to enlarge its table\n",
			      (int)memblock.memory.max);
			break;
		}
	}
	for (size_t i = 0; i < plan->reservation_count; i++)
		memblock_reserve(plan->reservations[i].base, plan->reservations[i].size);
	memblock_dump_all(out);
	memblock_remove(0, UINT64_MAX);
	memblock_phys_free(0, UINT64_MAX);
}

static void print_all(const struct e820_table *table, const struct boot_plan *plan, uint32_t crc32, struct printer *out)
{
	bool five = plan && plan->paging.levels == 5;
	uint64_t limit = five ? E820_MAX_ARCH_PFN_5LEVEL : E820_MAX_ARCH_PFN_4LEVEL;

	e820_print_table(table, "BIOS-e820", out);
	map_print_totals(table, out);
	print(out, "e820: last_pfn = 0x%llx max_arch_pfn = 0x%llx\n", X(e820_end_of_ram_pfn(table, limit, false)), X(limit));
	print(out, "e820: CRC32 %08x (what Linux compares before it resumes from hibernation)\n", crc32);
	if (plan) {
		boot_plan_print(plan, out);
		print_memblock(table, plan, out);
	}
}

static EFI_STATUS convert(const struct efi_memmap *map, enum e820_policy policy, const struct boot_plan *plan,
			  uint32_t *crc32, struct printer *out, void *memory, size_t entries, size_t scratch)
{
	struct e820_table table = { memory, entries / sizeof(struct e820_entry), 0 };

	if (efi_to_e820(map, policy, &table, NULL, (uint8_t *)memory + entries, scratch)) {
		print(refuse("memory map"), "%zu bytes with descriptors of %zu cannot be read; needed: descriptors of 40 bytes or "
		      "more; this firmware cannot be booted from\n", map->size, map->desc_size);
		return EFI_UNSUPPORTED;
	}
	*crc32 = e820_crc32(&table);
	print_all(&table, plan, *crc32, out);
	if (table.nr_entries <= E820_MAX_ENTRIES_ZEROPAGE + E820_MAX_ENTRIES_EXT)
		return EFI_SUCCESS;
	print(refuse("memory map"), "%zu e820 entries; needed: at most %d, more than that no Linux can map; update the firmware\n",
	      table.nr_entries, E820_MAX_ENTRIES_ZEROPAGE + E820_MAX_ENTRIES_EXT);
	return EFI_UNSUPPORTED;
}

EFI_STATUS dump_memory_map(const struct efi_memmap *map, enum e820_policy policy, const struct boot_plan *plan,
			   uint32_t *crc32, struct printer *out)
{
	size_t count = efi_memmap_count(map), entries = (2 * count + 2) * sizeof(struct e820_entry);
	size_t check = efi_memmap_check_scratch_size(count), scratch = efi_to_e820_scratch_size(count);
	EFI_STATUS status = EFI_OUT_OF_RESOURCES;
	uint8_t *memory;

	entries = (entries + 15) & ~(size_t)15;
	if (scratch < check)
		scratch = check;
	memory = pool_allocate(entries + scratch, "memory map");
	if (memory) {
		print_descriptors(map, out);
		map_print_findings(map, "finding: ", memory + entries, scratch, out);
		status = convert(map, policy, plan, crc32, out, memory, entries, scratch);
		pool_free(memory);
	}
	console_flush();
	return status;
}
