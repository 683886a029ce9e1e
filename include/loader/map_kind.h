/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kinds of memory as a reader tells them apart: one letter, name and colour each, for EFI descriptors and e820 entries
 * alike, so that every picture of a map has the same legend.
 */
#ifndef LOADER_MAP_KIND_H
#define LOADER_MAP_KIND_H

#include <mm/e820.h>
#include <mm/efi_memmap.h>

enum map_kind {
	MAP_KIND_NOTHING, /* a gap */
	MAP_KIND_USABLE,
	MAP_KIND_LOADER,
	MAP_KIND_BOOT_SERVICES,
	MAP_KIND_RUNTIME_SERVICES,
	MAP_KIND_ACPI,
	MAP_KIND_NVS,
	MAP_KIND_RESERVED,
	MAP_KIND_MMIO,
	MAP_KIND_UNUSABLE,
	MAP_KIND_PERSISTENT,
	MAP_KIND_SOFT_RESERVED, /* RAM kept for one purpose (EFI_MEMORY_SP) */
	MAP_KIND_UNACCEPTED,
	MAP_KIND_UNKNOWN, /* a type that nobody has defined, or the machine's maker */
	MAP_KINDS
};

/* The kind of a descriptor's type and attributes, and of an e820 type. Never MAP_KIND_NOTHING. */
enum map_kind map_kind_of_efi(const struct efi_memory_desc *desc);
enum map_kind map_kind_of_e820(uint32_t type);

/* A printable character that is no blank, and unlike those of all other kinds. '.' is nothing. */
char map_kind_symbol(enum map_kind kind);

/* The kind with that symbol, MAP_KINDS when there is none. */
enum map_kind map_kind_of_symbol(char symbol);

/* "usable", "ACPI NVS"...: at most 13 characters. */
const char *map_kind_name(enum map_kind kind);

/*
 * Its colour, 0xRRGGBB. Those who do not see red, green or blue tell all of them apart, too. Black text can be read on
 * all but nothing and unusable, white text on these two.
 */
uint32_t map_kind_colour(enum map_kind kind);

#endif
