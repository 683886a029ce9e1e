/* SPDX-License-Identifier: BSD-2-Clause */
/* A boot_params page, as /sys/kernel/boot_params/data has it. Source: Linux's Documentation/arch/x86/zero-page.rst. */
#include "map_reader.h"

#include <stdlib.h>

static bool boot_params_probe(const char *data, size_t size)
{
	const struct boot_params *params = (const struct boot_params *)(const void *)data;

	return size == BOOT_PARAMS_SIZE && params->hdr.header == BOOT_HEADER_MAGIC &&
	       params->hdr.boot_flag == BOOT_FLAG;
}

static int boot_params_parse(struct map_source *source, const char *data, size_t size)
{
	const struct boot_params *params = (const struct boot_params *)(const void *)data;
	/* of a folder with both, /sys/firmware/memmap is the map before the kernel changed it */
	const char *label = map_source_e820(source, "BIOS-e820") ? "boot_params" : "BIOS-e820";
	size_t entries = params->e820_entries;

	if (entries > E820_MAX_ENTRIES_ZEROPAGE) {
		source_note(source, NOTE_DAMAGED, 0,
			    "e820_entries is %zu; the page holds at most %d, and these were read", entries,
			    E820_MAX_ENTRIES_ZEROPAGE);
		entries = E820_MAX_ENTRIES_ZEROPAGE;
	}
	for (size_t i = 0; i < entries; i++)
		source_add_e820(source, label, params->e820_table[i].addr, params->e820_table[i].size,
				params->e820_table[i].type);
	free(source->boot_params);
	source->boot_params = (unsigned char *)copied(data, size);
	source->rsdp = params->acpi_rsdp_addr;
	if (params->efi_info.efi_loader_signature == EFI64_LOADER_SIGNATURE) {
		source->efi_stride = params->efi_info.efi_memdesc_size;
		source->efi_size = params->efi_info.efi_memmap_size;
		source->efi_version = params->efi_info.efi_memdesc_version;
	}
	return 0;
}

const struct map_reader boot_params_reader = {
	.kind = "boot_params page", .probe = boot_params_probe, .parse = boot_params_parse
};
