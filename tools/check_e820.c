/* SPDX-License-Identifier: BSD-2-Clause */
/* What an e820 map that a boot loader gave should not have, and the fields of boot_params around it. */
#include "check.h"

#include <loader/boot_params.h>

#include <string.h>

#define X(value) ((unsigned long long)(value))

/* Where x86 has no RAM on any machine: video memory and option ROMs, and APICs to the reset vector. */
static const struct {
	uint64_t start;
	uint64_t last;
	const char *name;
} never_ram[] = {
	{ 0xa0000, 0xbffff, "video memory" },
	{ 0xfec00000, 0xfec00fff, "the I/O APIC" },
	{ 0xfee00000, 0xfee00fff, "the local APIC" },
	{ 0xfffff000, 0xffffffff, "the firmware's flash with the reset vector" },
};

static size_t check_entry(const char *label, size_t index, const struct e820_entry *entry)
{
	uint64_t end;
	size_t found = 0;

	if (entry->size == 0) {
		finding("%s entry %zu at 0x%llx is empty", label, index, X(entry->addr));
		return 1;
	}
	if (__builtin_add_overflow(entry->addr, entry->size - 1, &end)) {
		finding("%s entry %zu, 0x%llx bytes at 0x%llx, passes 2^64", label, index, X(entry->size),
			X(entry->addr));
		return 1;
	}
	for (size_t i = 0; entry->type == E820_TYPE_RAM && i < MM_ARRAY_COUNT(never_ram); i++)
		if (entry->addr <= never_ram[i].last && end >= never_ram[i].start) {
			finding("%s entry %zu, 0x%llx-0x%llx, calls usable what is %s (0x%llx-0x%llx)", label, index,
				X(entry->addr), X(end), never_ram[i].name, X(never_ram[i].start), X(never_ram[i].last));
			found++;
		}
	return found;
}

static size_t check_neighbours(const char *label, size_t index, const struct e820_entry *entry)
{
	const struct e820_entry *before = entry - 1;

	if (entry->size == 0 || before->size == 0)
		return 0;
	if (mm_overlaps(before->addr, before->addr + before->size, entry->addr, entry->addr + entry->size)) {
		finding("%s entries %zu and %zu overlap at 0x%llx", label, index - 1, index,
			X(before->addr > entry->addr ? before->addr : entry->addr));
		return 1;
	}
	if (entry->addr < before->addr) {
		finding("%s entry %zu, at 0x%llx, is out of order", label, index, X(entry->addr));
		return 1;
	}
	return 0;
}

static void remark_types(const struct source_e820 *e820)
{
	uint32_t last = 0;

	for (size_t i = 0; i < e820->table.nr_entries; i++) {
		uint32_t type = e820->table.entries[i].type;

		if (strncmp(e820_name(type), "type ", 5) != 0 || type == last)
			continue;
		last = type;
		remark("%s entry %zu has type %u, which Linux takes as reserved%s", e820->label, i, (unsigned)type,
		       type == 20 ? "; GRUB gives it to code of runtime services" :
		       type == 16 ? "; coreboot gives it to its tables" :
				    "");
	}
}

/* given: it is what the boot loader gave, not what the kernel made of it. */
static size_t check_table(const struct source_e820 *e820, bool given)
{
	bool usable = false;
	size_t found = 0;

	for (size_t i = 0; i < e820->table.nr_entries; i++) {
		found += check_entry(e820->label, i, &e820->table.entries[i]);
		if (i > 0)
			found += check_neighbours(e820->label, i, &e820->table.entries[i]);
		usable |= e820->table.entries[i].type == E820_TYPE_RAM;
	}
	remark_types(e820);
	if (given && !usable) {
		finding("%s has no usable memory at all", e820->label);
		found++;
	}
	if (e820->table.nr_entries > E820_MAX_ENTRIES_ZEROPAGE)
		remark("%s has %zu entries; boot_params holds %d, the others need a SETUP_E820_EXT node", e820->label,
		       e820->table.nr_entries, E820_MAX_ENTRIES_ZEROPAGE);
	return found;
}

size_t check_e820(const struct map_source *source)
{
	const struct boot_params *params = (const struct boot_params *)(const void *)source->boot_params;
	size_t found = 0;

	for (size_t i = 0; i < source->nr_e820; i++)
		found += check_table(&source->e820[i], i == 0);
	if (params && params->sentinel) {
		finding("boot_params.sentinel is 0x%02x, not 0: the boot loader did not clear the page, so that Linux "
			"clears several fields itself",
			params->sentinel);
		found++;
	}
	return found;
}
