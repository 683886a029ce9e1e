/* SPDX-License-Identifier: BSD-2-Clause */
/* The loader's own .efimap file; mm/efimap does the reading. */
#include "map_reader.h"

#include <mm/efimap.h>

#include <stdio.h>

static bool efimap_reader_probe(const char *data, size_t size)
{
	return efimap_probe(data, size);
}

static void add_text(char *text, size_t size, const struct efimap *map, enum efimap_type type, const char *before)
{
	const struct efimap_data *section = &map->sections[type];
	size_t used = text_length(text);

	if (section->size && used < size)
		snprintf(text + used, size - used, "%s%.*s", used ? before : "", (int)section->size,
			 (const char *)section->data);
}

/* As Linux's DMI line: "MAKER PRODUCT/BOARD, BIOS VERSION DATE", and its line about EFI. */
static void read_facts(struct map_source *source, const struct efimap *map)
{
	struct efimap_machine machine;
	char text[8 * EFIMAP_TEXT_MAX] = "";

	efimap_get_machine(map, &machine);
	source->rsdp = machine.acpi_rsdp;
	add_text(text, sizeof(text), map, EFIMAP_SYSTEM_VENDOR, "");
	add_text(text, sizeof(text), map, EFIMAP_SYSTEM_PRODUCT, " ");
	add_text(text, sizeof(text), map, EFIMAP_BOARD_PRODUCT, "/");
	add_text(text, sizeof(text), map, EFIMAP_BIOS_VERSION, ", BIOS ");
	add_text(text, sizeof(text), map, EFIMAP_BIOS_DATE, " ");
	source_set_fact(&source->board, text, text_length(text));
	text[0] = '\0';
	if (machine.uefi_revision)
		snprintf(text, sizeof(text), "EFI v%u.%02u", (unsigned)(machine.uefi_revision >> 16),
			 (unsigned)(machine.uefi_revision & 0xffff));
	add_text(text, sizeof(text), map, EFIMAP_FIRMWARE_VENDOR, " by ");
	source_set_fact(&source->firmware, text, text_length(text));
}

static int efimap_reader_parse(struct map_source *source, const char *data, size_t size)
{
	struct efi_memory_desc desc;
	struct buffer_printer why;
	struct efimap map;
	char text[300];

	buffer_printer_init(&why, text, sizeof(text));
	if (efimap_read(data, size, &map, &why.printer) != 0)
		return source_refuse(source, "%s", text);
	for (size_t i = 0; efi_memmap_get(&map.map, i, &desc); i++) {
		source_add_efi(source, desc.type, desc.phys_addr, desc.num_pages, desc.attribute);
		source->efi[i].virt_addr = desc.virt_addr;
	}
	source->efi_stride = map.map.desc_size;
	source->efi_size = map.map.size;
	source->efi_version = map.map.desc_version;
	read_facts(source, &map);
	source->efimap = (unsigned char *)copied(data, size);
	source->efimap_size = size;
	return 0;
}

const struct map_reader efimap_reader = {
	.kind = ".efimap file", .probe = efimap_reader_probe, .parse = efimap_reader_parse
};
