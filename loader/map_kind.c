/* SPDX-License-Identifier: BSD-2-Clause */
#include <loader/map_kind.h>

static const struct {
	char name[14]; /* an array, because pointers would need relocations in the EFI image */
	char symbol;
	uint32_t colour; /* test/unit/map_colour_test.c says what these have to fulfil */
} kinds[MAP_KINDS] = {
	[MAP_KIND_NOTHING] = { "nothing", '.', 0x34343c },
	[MAP_KIND_USABLE] = { "usable", '#', 0x289948 },
	[MAP_KIND_LOADER] = { "loader", 'L', 0xb0c68a },
	[MAP_KIND_BOOT_SERVICES] = { "boot services", 'B', 0x2dcbb0 },
	[MAP_KIND_RUNTIME_SERVICES] = { "runtime", 'F', 0xf1af2d },
	[MAP_KIND_ACPI] = { "ACPI data", 'A', 0xa3d1f1 },
	[MAP_KIND_NVS] = { "ACPI NVS", 'N', 0xa048eb },
	[MAP_KIND_RESERVED] = { "reserved", 'R', 0xe0302d },
	[MAP_KIND_MMIO] = { "MMIO", 'M', 0xe16beb },
	[MAP_KIND_UNUSABLE] = { "unusable", 'X', 0x750105 },
	[MAP_KIND_PERSISTENT] = { "persistent", 'P', 0xeed778 },
	[MAP_KIND_SOFT_RESERVED] = { "soft reserved", 'S', 0x81746f },
	[MAP_KIND_UNACCEPTED] = { "unaccepted", 'U', 0x6a7fa0 },
	[MAP_KIND_UNKNOWN] = { "unknown type", '?', 0xf5f5f5 },
};

enum map_kind map_kind_of_efi(const struct efi_memory_desc *desc)
{
	static const uint8_t of_type[EFI_MAX_MEMORY_TYPE] = {
		[EFI_RESERVED_TYPE] = MAP_KIND_RESERVED,
		[EFI_LOADER_CODE] = MAP_KIND_LOADER,
		[EFI_LOADER_DATA] = MAP_KIND_LOADER,
		[EFI_BOOT_SERVICES_CODE] = MAP_KIND_BOOT_SERVICES,
		[EFI_BOOT_SERVICES_DATA] = MAP_KIND_BOOT_SERVICES,
		[EFI_RUNTIME_SERVICES_CODE] = MAP_KIND_RUNTIME_SERVICES,
		[EFI_RUNTIME_SERVICES_DATA] = MAP_KIND_RUNTIME_SERVICES,
		[EFI_CONVENTIONAL_MEMORY] = MAP_KIND_USABLE,
		[EFI_UNUSABLE_MEMORY] = MAP_KIND_UNUSABLE,
		[EFI_ACPI_RECLAIM_MEMORY] = MAP_KIND_ACPI,
		[EFI_ACPI_MEMORY_NVS] = MAP_KIND_NVS,
		[EFI_MEMORY_MAPPED_IO] = MAP_KIND_MMIO,
		[EFI_MEMORY_MAPPED_IO_PORT_SPACE] = MAP_KIND_MMIO,
		[EFI_PAL_CODE] = MAP_KIND_RESERVED,
		[EFI_PERSISTENT_MEMORY] = MAP_KIND_PERSISTENT,
		[EFI_UNACCEPTED_MEMORY] = MAP_KIND_UNACCEPTED,
	};
	enum map_kind kind = desc->type < EFI_MAX_MEMORY_TYPE ? of_type[desc->type] : MAP_KIND_UNKNOWN;
	bool ram = kind == MAP_KIND_USABLE || kind == MAP_KIND_LOADER || kind == MAP_KIND_BOOT_SERVICES;

	return ram && (desc->attribute & EFI_ATTRIBUTE_SP) ? MAP_KIND_SOFT_RESERVED : kind;
}

enum map_kind map_kind_of_e820(uint32_t type)
{
	switch (type) {
	case E820_TYPE_RAM:
	case E820_TYPE_RESERVED_KERN:
		return MAP_KIND_USABLE;
	case E820_TYPE_RESERVED:
		return MAP_KIND_RESERVED;
	case E820_TYPE_ACPI:
		return MAP_KIND_ACPI;
	case E820_TYPE_NVS:
		return MAP_KIND_NVS;
	case E820_TYPE_UNUSABLE:
		return MAP_KIND_UNUSABLE;
	case E820_TYPE_PMEM:
	case E820_TYPE_PRAM:
		return MAP_KIND_PERSISTENT;
	case E820_TYPE_SOFT_RESERVED:
		return MAP_KIND_SOFT_RESERVED;
	default:
		return MAP_KIND_UNKNOWN;
	}
}

char map_kind_symbol(enum map_kind kind)
{
	return kinds[kind].symbol;
}

enum map_kind map_kind_of_symbol(char symbol)
{
	enum map_kind kind = MAP_KIND_NOTHING;

	while (kind < MAP_KINDS && kinds[kind].symbol != symbol)
		kind++;
	return kind;
}

const char *map_kind_name(enum map_kind kind)
{
	return kinds[kind].name;
}

uint32_t map_kind_colour(enum map_kind kind)
{
	return kinds[kind].colour;
}
