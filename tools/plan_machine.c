/* SPDX-License-Identifier: BSD-2-Clause */
#include "plan_machine.h"

#include <stdlib.h>
#include <string.h>

#include "allocate.h"
#include "command.h"

#define X(value) ((unsigned long long)(value))
#define STRIDE 48   /* of EDK II's descriptors: what most firmware has */
#define STRIDE_MAX 4096
#define RSDP_SIZE 36
#define LEVELS 4

static void put_descriptor(void *buffer, size_t index, size_t stride, const struct efi_memory_desc *desc)
{
	memcpy((unsigned char *)buffer + index * stride, desc, sizeof(*desc));
}

/* The descriptors with the stride that the firmware's buffer had, because the plan makes room for such a buffer. */
static void use_descriptors(struct plan_machine *machine)
{
	const struct map_source *source = &machine->source;
	bool sensible = source->efi_stride >= sizeof(struct efi_memory_desc) && source->efi_stride <= STRIDE_MAX;
	size_t stride = sensible ? source->efi_stride : STRIDE;

	machine->descriptors = allocate(source->nr_efi, stride);
	for (size_t i = 0; i < source->nr_efi; i++)
		put_descriptor(machine->descriptors, i, stride, &source->efi[i]);
	machine->map = (struct efi_memmap){ machine->descriptors, source->nr_efi * stride, stride, (uint32_t)source->efi_version };
}

/* A descriptor that becomes this e820 type again under Linux's rules. */
static struct efi_memory_desc descriptor_of(const struct e820_entry *entry)
{
	struct efi_memory_desc desc = { EFI_RESERVED_TYPE, 0, entry->addr, 0, entry->size >> MM_PAGE_SHIFT, EFI_ATTRIBUTE_WB };

	switch (entry->type) {
	case E820_TYPE_SOFT_RESERVED:
		desc.attribute |= EFI_ATTRIBUTE_SP;
		/* fall through */
	case E820_TYPE_RAM:
	case E820_TYPE_RESERVED_KERN:
		desc.type = EFI_CONVENTIONAL_MEMORY;
		break;
	case E820_TYPE_ACPI:
		desc.type = EFI_ACPI_RECLAIM_MEMORY;
		break;
	case E820_TYPE_NVS:
		desc.type = EFI_ACPI_MEMORY_NVS;
		break;
	case E820_TYPE_UNUSABLE:
		desc.type = EFI_UNUSABLE_MEMORY;
		break;
	case E820_TYPE_PMEM:
	case E820_TYPE_PRAM:
		desc.type = EFI_PERSISTENT_MEMORY;
		break;
	}
	return desc;
}

/* RAM rounded inwards to pages, all else outwards, as the loader does with descriptors. */
static bool whole_pages(const struct e820_entry *entry, struct e820_entry *pages)
{
	bool ram = entry->type == E820_TYPE_RAM || entry->type == E820_TYPE_RESERVED_KERN;
	uint64_t end;

	if (__builtin_add_overflow(entry->addr, entry->size, &end) || end > UINT64_MAX - MM_PAGE_MASK)
		return false;
	*pages = *entry;
	pages->addr = (entry->addr + (ram ? MM_PAGE_MASK : 0)) & ~MM_PAGE_MASK;
	end = (end + (ram ? 0 : MM_PAGE_MASK)) & ~MM_PAGE_MASK;
	pages->size = end - pages->addr;
	return pages->addr < end;
}

/* The types of what Linux has at the root of /proc/iomem (arch/x86/kernel/e820.c); what it names otherwise is no memory. */
static uint32_t type_of_resource(const char *name)
{
	static const struct {
		const char *name;
		uint32_t type;
	} names[] = {
		{ "System RAM", E820_TYPE_RAM },
		{ "ACPI Tables", E820_TYPE_ACPI },
		{ "ACPI Non-volatile Storage", E820_TYPE_NVS },
		{ "Unusable memory", E820_TYPE_UNUSABLE },
		{ "Persistent Memory", E820_TYPE_PMEM },
		{ "Soft Reserved", E820_TYPE_SOFT_RESERVED },
	};

	for (size_t i = 0; i < MM_ARRAY_COUNT(names); i++)
		if (strcmp(name, names[i].name) == 0)
			return names[i].type;
	return E820_TYPE_RESERVED;
}

/* What was reserved at the root only: children lie in memory that counts already. */
static bool iomem_e820(const struct map_source *source, struct e820_table *table)
{
	*table = (struct e820_table){ allocate(source->nr_iomem, sizeof(*table->entries)), source->nr_iomem, 0 };
	for (size_t i = 0; i < source->nr_iomem; i++) {
		const struct source_iomem *resource = &source->iomem[i];

		if (resource->depth == 0 && resource->end > resource->start)
			e820_range_add(table, resource->start, resource->end - resource->start + 1,
				       type_of_resource(resource->name));
	}
	return map_source_sanitise(table);
}

static bool use_e820(struct plan_machine *machine)
{
	const struct map_source *source = &machine->source;
	struct e820_table table;
	size_t count = 0;

	if (!(source->nr_e820 ? map_source_work_e820(source, E820_POLICY_LINUX, &table, NULL) : iomem_e820(source, &table)))
		return false;
	machine->descriptors = allocate(table.nr_entries, STRIDE);
	for (size_t i = 0; i < table.nr_entries; i++) {
		struct e820_entry pages;
		struct efi_memory_desc desc;

		if (!whole_pages(&table.entries[i], &pages))
			continue;
		desc = descriptor_of(&pages);
		put_descriptor(machine->descriptors, count++, STRIDE, &desc);
	}
	free(table.entries);
	machine->map = (struct efi_memmap){ machine->descriptors, count * STRIDE, STRIDE, EFI_MEMORY_DESC_VERSION };
	return count > 0;
}

static void read_lists(struct plan_machine *machine)
{
	const struct efimap *file = &machine->file;

	for (size_t i = 0; i < machine->table_count; i++)
		efimap_get(file, EFIMAP_TABLES, i, &machine->tables[i]);
	machine->refused_count = efimap_count(file, EFIMAP_REFUSED);
	machine->refused = allocate(machine->refused_count, sizeof(*machine->refused));
	for (size_t i = 0; i < machine->refused_count; i++)
		efimap_get(file, EFIMAP_REFUSED, i, &machine->refused[i]);
	machine->node_count = efimap_count(file, EFIMAP_NODES);
	machine->nodes = allocate(machine->node_count, sizeof(*machine->nodes));
	for (size_t i = 0; i < machine->node_count; i++) {
		struct efimap_node node;

		efimap_get(file, EFIMAP_NODES, i, &node);
		machine->nodes[i] = (struct setup_data_node){ .type = node.type, .body_size = node.size };
	}
}

static bool use_file(struct plan_machine *machine)
{
	const struct efimap *file = &machine->file;
	struct efimap_machine numbers;

	/* read once already when it was taken for an .efimap file */
	if (efimap_read(machine->source.efimap, machine->source.efimap_size, &machine->file, NULL))
		return false;
	machine->map = file->map;
	efimap_get_attributes(file, &machine->attributes);
	efimap_get_machine(file, &numbers);
	machine->table_count = efimap_count(file, EFIMAP_TABLES);
	if (machine->table_count > PLAN_TABLES_MAX || (numbers.paging_levels != 4 && numbers.paging_levels != 5)) {
		refuse("%s: %zu early tables and %u levels of page tables; needed: at most %d, and 4 or 5; save the map again",
		       machine->source.name, machine->table_count, numbers.paging_levels, PLAN_TABLES_MAX);
		return false;
	}
	read_lists(machine);
	machine->paging = (struct paging_mode){ numbers.paging_levels, numbers.flags & EFIMAP_GIB_PAGES };
	machine->mce = numbers.flags & EFIMAP_MCE;
	machine->facts.efi_systab = numbers.efi_systab;
	machine->facts.acpi_rsdp = numbers.acpi_rsdp;
	machine->facts.secure_boot = (uint8_t)numbers.secure_boot;
	machine->has_random = file->sections[EFIMAP_RANDOM].data;
	if (machine->has_random)
		memcpy(&machine->random, file->sections[EFIMAP_RANDOM].data, sizeof(machine->random));
	if (file->sections[EFIMAP_SCREEN].data)
		memcpy(&machine->facts.screen, file->sections[EFIMAP_SCREEN].data, sizeof(machine->facts.screen));
	if (file->sections[EFIMAP_EDID].data)
		memcpy(machine->facts.edid, file->sections[EFIMAP_EDID].data, sizeof(machine->facts.edid));
	return true;
}

static bool use_assumptions(struct plan_machine *machine)
{
	const struct map_source *source = &machine->source;

	machine->paging = (struct paging_mode){ LEVELS, true };
	machine->facts.acpi_rsdp = source->rsdp;
	machine->facts.secure_boot = SECURE_BOOT_DISABLED;
	if (source->rsdp)
		machine->tables[machine->table_count++] = (struct boot_table){ source->rsdp, RSDP_SIZE };
	if (source->nr_efi)
		use_descriptors(machine);
	else if (!use_e820(machine))
		refuse("%s: no range in it has a whole page; needed: a memory map to plan with", source->name);
	return machine->map.size;
}

bool plan_machine_open(struct plan_machine *machine, const char *path, const struct plan_wishes *wishes)
{
	char error[MAP_SOURCE_ERROR_SIZE];

	memset(machine, 0, sizeof(*machine));
	if (map_source_read(path, &machine->source, error, sizeof(error)) != 0) {
		refuse("%s", error);
		return false;
	}
	map_source_print_notes(&machine->source);
	if (!(machine->source.efimap ? use_file(machine) : use_assumptions(machine))) {
		plan_machine_close(machine);
		return false;
	}
	if (wishes->levels)
		machine->paging.levels = wishes->levels;
	if (wishes->no_gib_pages)
		machine->paging.gib_pages = false;
	return true;
}

void plan_machine_close(struct plan_machine *machine)
{
	free(machine->descriptors);
	free(machine->refused);
	free(machine->nodes);
	map_source_free(&machine->source);
}

void plan_machine_request(const struct plan_machine *machine, bool linux, bool random, struct boot_request *request)
{
	request->map = &machine->map;
	request->attributes = machine->attributes.buffer ? &machine->attributes : NULL;
	request->paging = machine->paging;
	request->keep_mce = machine->mce;
	request->tables = machine->tables;
	request->table_count = machine->table_count;
	/* made for Linux only */
	request->nodes = machine->nodes;
	request->node_count = linux ? machine->node_count : 0;
	request->random = random && machine->has_random ? &machine->random : NULL;
	request->refused = machine->refused;
	request->refused_count = machine->refused_count;
}

static void print_text(const struct efimap *file, enum efimap_type first, unsigned count, const char *what, struct printer *out)
{
	const char *before = "";

	print(out, "  %-14s ", what);
	for (unsigned i = 0; i < count; i++) {
		const struct efimap_data *text = &file->sections[first + i];

		if (text->size == 0)
			continue;
		print(out, "%s%.*s", before, (int)text->size, (const char *)text->data);
		before = ", ";
	}
	print(out, "%s\n", *before ? "" : "the file does not say");
}

static void print_paging(const struct plan_machine *machine, const struct plan_wishes *wishes, struct printer *out)
{
	const char *known = machine->source.efimap ? "" : " (assumed)";

	print(out, "  %-14s %u levels%s, %s%s, CR4.MCE %s%s\n", "processor", machine->paging.levels,
	      wishes->levels ? " (--levels)" : known, machine->paging.gib_pages ? "pages of 1 GiB" : "no pages of 1 GiB",
	      wishes->no_gib_pages ? " (--no-gib-pages)" : known, machine->mce ? "set" : "clear", known);
}

void plan_machine_print(const struct plan_machine *machine, const struct plan_wishes *wishes, bool linux, struct printer *out)
{
	const struct map_source *source = &machine->source;

	print(out, "machine: %s, %s\n", source->name, source->kind);
	if (source->efimap) {
		print_text(&machine->file, EFIMAP_SYSTEM_VENDOR, 3, "system", out);
		print_text(&machine->file, EFIMAP_BOARD_VENDOR, 3, "board", out);
		print_text(&machine->file, EFIMAP_BIOS_VENDOR, 3, "BIOS", out);
		print_text(&machine->file, EFIMAP_FIRMWARE_VENDOR, 1, "firmware", out);
		print_text(&machine->file, EFIMAP_LOADER, 1, "saved by", out);
	}
	print(out, "  %-14s %zu descriptors of %zu bytes%s\n", "map", efi_memmap_count(&machine->map), machine->map.desc_size,
	      source->efimap ? "" : source->nr_efi ? source->efi_stride ? "" : " (the size is assumed)" :
				    " (made from the e820 or iomem map: all usable memory counts as free)");
	print_paging(machine, wishes, out);
	if (!source->efimap) {
		print(out, "  assumed:       no memory attributes table, no tables of ACPI in reserved memory%s%s\n",
		      machine->facts.acpi_rsdp ? " but the RSDP" : "", linux ? ", no setup_data (random seed, option ROMs)" : "");
		return;
	}
	if (machine->attributes.buffer)
		print(out, "  %-14s %zu descriptors\n", "attributes", efi_memmap_count(&machine->attributes));
	for (size_t i = 0; i < machine->table_count; i++)
		print(out, "  %-14s 0x%llx, %llu bytes\n", i ? "" : "early tables", X(machine->tables[i].base),
		      X(machine->tables[i].size));
	for (size_t i = 0; i < machine->node_count && linux; i++)
		print(out, "  %-14s type %u, %zu bytes\n", i ? "" : "setup_data", machine->nodes[i].type,
		      machine->nodes[i].body_size);
	for (size_t i = 0; i < machine->refused_count; i++)
		print(out, "  %-14s 0x%llx, %llu bytes, though the map calls it free\n", i ? "" : "refused",
		      X(machine->refused[i].base), X(machine->refused[i].size));
	if (linux && machine->node_count == 0)
		print(out, "  %-14s none: the map was saved without a Linux entry, or that machine has none\n", "setup_data");
	if (machine->facts.secure_boot == SECURE_BOOT_ENABLED)
		print(out, "  Secure Boot is on there: this plan is for the day when it is off\n");
}
