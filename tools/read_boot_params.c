/* SPDX-License-Identifier: BSD-2-Clause */
/* A boot_params page, as /sys/kernel/boot_params/data has it. Source: Linux's Documentation/arch/x86/zero-page.rst. */
#include "map_reader.h"

#include <stdlib.h>

/* No type of e820 has a higher number, except for soft reserved; text would. */
#define HIGHEST_TYPE 255

static bool has_good_table(const struct boot_params *params)
{
	for (size_t i = 0; i < params->e820_entries && i < E820_MAX_ENTRIES_ZEROPAGE; i++) {
		struct e820_entry entry = params->e820_table[i];
		uint64_t size;

		if (!range_size(entry.addr, entry.addr + entry.size - 1, &size) || entry.size == 0 || entry.type == 0 ||
		    (entry.type > HIGHEST_TYPE && entry.type != E820_TYPE_SOFT_RESERVED))
			return false;
	}
	return params->e820_entries && params->e820_entries <= E820_MAX_ENTRIES_ZEROPAGE;
}

/* Virtual machine monitors that start a kernel directly may leave the header's magic numbers out. */
static bool boot_params_probe(const char *data, size_t size)
{
	const struct boot_params *params = (const struct boot_params *)(const void *)data;

	return size == BOOT_PARAMS_SIZE &&
	       ((params->hdr.header == BOOT_HEADER_MAGIC && params->hdr.boot_flag == BOOT_FLAG) || has_good_table(params));
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
