/* SPDX-License-Identifier: BSD-2-Clause */
/* What the firmware's memory map is, and what becomes of it; in Linux's own forms wherever Linux has one. */
#include "firmware.h"

#include <loader/placement.h>
#include <mm/memblock.h>

/* A console of 80 columns goes to the next line by itself after the last one. */
#define COLUMNS 79

/* The names of the bits that are set, or the number when a bit has no name or the names do not fit into the line. */
static void print_attributes(uint64_t attribute, size_t room)
{
	static const struct {
		uint64_t bit;
		const char *name;
	} names[] = {
		{ EFI_ATTRIBUTE_RUNTIME, "RUN" }, { EFI_ATTRIBUTE_CPU_CRYPTO, "CRYPTO" }, { EFI_ATTRIBUTE_SP, "SP" },
		{ EFI_ATTRIBUTE_RO, "RO" },       { EFI_ATTRIBUTE_MORE_RELIABLE, "MR" },  { EFI_ATTRIBUTE_NV, "NV" },
		{ EFI_ATTRIBUTE_XP, "XP" },       { EFI_ATTRIBUTE_RP, "RP" },             { EFI_ATTRIBUTE_WP, "WP" },
		{ EFI_ATTRIBUTE_UCE, "UCE" },     { EFI_ATTRIBUTE_WB, "WB" },             { EFI_ATTRIBUTE_WT, "WT" },
		{ EFI_ATTRIBUTE_WC, "WC" },       { EFI_ATTRIBUTE_UC, "UC" },
	};
	struct buffer_printer words;
	uint64_t unnamed = attribute;
	char text[80];

	buffer_printer_init(&words, text, sizeof(text));
	for (size_t i = 0; i < MM_ARRAY_COUNT(names); i++) {
		if (attribute & names[i].bit)
			print(&words.printer, " %s", names[i].name);
		unnamed &= ~names[i].bit;
	}
	if (unnamed || words.length > room)
		print(console, " %016llx\n", X(attribute));
	else
		print(console, "%s\n", text);
}

/* A line says everything about a descriptor of less than 2^64 bytes; test/data/ is made from such lines. */
static void print_descriptor(size_t index, const struct efi_memory_desc *desc)
{
	struct buffer_printer line;
	char text[120];

	buffer_printer_init(&line, text, sizeof(text));
	print(&line.printer, "mem%02zu ", index);
	if (desc->type < EFI_MAX_MEMORY_TYPE)
		print(&line.printer, "%-12s", efi_memory_type_linux_name(desc->type));
	else
		print(&line.printer, "type %-7x", desc->type);
	print(&line.printer, " %012llx-%012llx %9llu KiB", X(desc->phys_addr),
	      X(desc->phys_addr + (desc->num_pages << MM_PAGE_SHIFT) - 1), X(desc->num_pages * 4));
	print(console, "%s", text);
	print_attributes(desc->attribute, line.length < COLUMNS ? COLUMNS - line.length : 0);
}

static void print_descriptors(const struct efi_memmap *map)
{
	size_t count = efi_memmap_count(map);

	print(console, "EFI memory map: %zu descriptors of %zu bytes, version %u\n", count, map->desc_size, map->desc_version);
	for (size_t i = 0; i < count; i++) {
		struct efi_memory_desc desc;

		efi_memmap_get(map, i, &desc);
		print_descriptor(i, &desc);
	}
}

static void print_finding(void *context, const struct efi_finding *finding)
{
	print(console, "finding: ");
	efi_finding_print(context, finding, console);
}

static void print_totals(const struct e820_table *table)
{
	static const uint32_t types[] = { E820_TYPE_RAM, E820_TYPE_RESERVED, E820_TYPE_ACPI, E820_TYPE_NVS, E820_TYPE_UNUSABLE,
					  E820_TYPE_PMEM, E820_TYPE_SOFT_RESERVED };

	print(console, "totals:\n");
	for (size_t i = 0; i < MM_ARRAY_COUNT(types); i++) {
		uint64_t total = e820_total(table, types[i]);

		if (total == 0)
			continue;
		print(console, "  ");
		e820_print_type(types[i], console);
		print(console, ": ");
		print_size(console, total);
		print(console, "\n");
	}
}

/* What a kernel's memblock holds when it has taken over the map and the reservation set. */
static void print_memblock(const struct e820_table *table, const struct boot_plan *plan)
{
	for (size_t i = 0; i < table->nr_entries; i++) {
		const struct e820_entry *entry = &table->entries[i];

		if (entry->type == E820_TYPE_RAM && memblock_add(entry->addr, entry->size)) {
			print(console, "memblock: more than %d ranges of usable memory; a kernel has to enlarge its table\n",
			      (int)memblock.memory.max);
			break;
		}
	}
	for (size_t i = 0; i < plan->reservation_count; i++)
		memblock_reserve(plan->reservations[i].base, plan->reservations[i].size);
	memblock_dump_all(console);
	memblock_remove(0, UINT64_MAX);
	memblock_phys_free(0, UINT64_MAX);
}

static void print_all(const struct e820_table *table, const struct boot_plan *plan, uint32_t crc32)
{
	bool five = plan && plan->paging.levels == 5;
	uint64_t limit = five ? E820_MAX_ARCH_PFN_5LEVEL : E820_MAX_ARCH_PFN_4LEVEL;

	e820_print_table(table, "BIOS-e820", console);
	print_totals(table);
	print(console, "e820: last_pfn = 0x%llx max_arch_pfn = 0x%llx\n", X(e820_end_of_ram_pfn(table, limit, false)), X(limit));
	print(console, "e820: CRC32 %08x (what Linux compares before it resumes from hibernation)\n", crc32);
	if (plan) {
		boot_plan_print(plan, console);
		print_memblock(table, plan);
	}
}

static EFI_STATUS convert(const struct efi_memmap *map, enum e820_policy policy, const struct boot_plan *plan,
			  uint32_t *crc32, void *memory, size_t entries, size_t scratch)
{
	struct e820_table table = { memory, entries / sizeof(struct e820_entry), 0 };

	if (efi_to_e820(map, policy, &table, NULL, (uint8_t *)memory + entries, scratch)) {
		print(refuse("memory map"), "%zu bytes with descriptors of %zu cannot be read; needed: descriptors of 40 bytes or "
		      "more; this firmware cannot be booted from\n", map->size, map->desc_size);
		return EFI_UNSUPPORTED;
	}
	*crc32 = e820_crc32(&table);
	print_all(&table, plan, *crc32);
	if (table.nr_entries <= E820_MAX_ENTRIES_ZEROPAGE + E820_MAX_ENTRIES_EXT)
		return EFI_SUCCESS;
	print(refuse("memory map"), "%zu e820 entries; needed: at most %d, more than that no Linux can map; update the firmware\n",
	      table.nr_entries, E820_MAX_ENTRIES_ZEROPAGE + E820_MAX_ENTRIES_EXT);
	return EFI_UNSUPPORTED;
}

EFI_STATUS dump_memory_map(const struct efi_memmap *map, enum e820_policy policy, const struct boot_plan *plan,
			   uint32_t *crc32)
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
		print_descriptors(map);
		efi_memmap_check(map, memory + entries, scratch, print_finding, (void *)(uintptr_t)map);
		status = convert(map, policy, plan, crc32, memory, entries, scratch);
		pool_free(memory);
	}
	console_flush();
	return status;
}
