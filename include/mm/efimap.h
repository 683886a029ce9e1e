/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The .efimap file: a firmware's memory map as GetMemoryMap gave it, and what else a boot plan on that machine
 * depends on. docs/efimap.md describes the format. One structure serves reader and writer.
 */
#ifndef MM_EFIMAP_H
#define MM_EFIMAP_H

#include <mm/efi_memmap.h>

#define EFIMAP_MAGIC "\x89" "EFIMAP1" /* the last character is the version */
#define EFIMAP_MAGIC_SIZE 8
#define EFIMAP_ALIGN 8 /* of sections in the file */

/* The first bytes of the file; little-endian, as everything in it. */
struct efimap_header {
	uint8_t magic[EFIMAP_MAGIC_SIZE];
	uint32_t header_size;  /* the first section starts there */
	uint32_t crc32;        /* of the whole file, with these four bytes taken as 0 */
	uint64_t total_size;   /* of the file, bytes */
	uint32_t desc_size;    /* stride of the map's descriptors, bytes */
	uint32_t desc_version;
};

/* In front of a section's data. Zeros follow the data up to a multiple of EFIMAP_ALIGN. */
struct efimap_section {
	uint32_t type;
	uint32_t length; /* of the data, bytes */
};

/* Bytes of a section with length bytes of data. */
static inline size_t efimap_section_size(size_t length)
{
	return sizeof(struct efimap_section) + ((length + (EFIMAP_ALIGN - 1)) & ~(size_t)(EFIMAP_ALIGN - 1));
}

/* Types of sections. A file has at most one of each; readers skip those that they do not know. */
enum efimap_type {
	EFIMAP_MAP = 1,        /* GetMemoryMap's buffer, unchanged */
	EFIMAP_MACHINE = 2,    /* struct efimap_machine; later versions may have more behind it */
	EFIMAP_ATTRIBUTES = 3, /* stride and version (32 bits each), then EFI_MEMORY_ATTRIBUTES_TABLE's descriptors */
	EFIMAP_TABLES = 4,     /* struct efimap_range: firmware tables that Linux reads before it can map them */
	EFIMAP_REFUSED = 5,    /* struct efimap_range: what the firmware refused although its map calls it free */
	EFIMAP_NODES = 6,      /* struct efimap_node: setup_data that is handed over; not its content */
	EFIMAP_ECAM = 7,       /* struct efimap_ecam: ACPI's MCFG */
	EFIMAP_SCREEN = 8,     /* Linux's struct screen_info, 64 bytes */
	EFIMAP_EDID = 9,       /* the monitor's first block, 128 bytes */
	EFIMAP_RANDOM = 10,    /* struct efimap_random: what chose a prepared kernel's place in the saved plan, and in no other */
	/* Text: printable ASCII without NUL. */
	EFIMAP_LOADER = 16,    /* the program that wrote the file, and its version */
	EFIMAP_FIRMWARE_VENDOR = 17, /* of the EFI system table */
	EFIMAP_BIOS_VENDOR = 18,     /* SMBIOS structure 0 */
	EFIMAP_BIOS_VERSION = 19,
	EFIMAP_BIOS_DATE = 20,
	EFIMAP_SYSTEM_VENDOR = 21,   /* SMBIOS structure 1 */
	EFIMAP_SYSTEM_PRODUCT = 22,
	EFIMAP_SYSTEM_VERSION = 23,
	EFIMAP_BOARD_VENDOR = 24,    /* SMBIOS structure 2 */
	EFIMAP_BOARD_PRODUCT = 25,
	EFIMAP_BOARD_VERSION = 26,
	EFIMAP_TYPES
};

#define EFIMAP_TEXTS EFIMAP_LOADER /* the first type that is text; all that follow are */
#define EFIMAP_TEXT_MAX 255        /* bytes of a text that the writer is asked to write; readers take any length */

enum efimap_flags {
	EFIMAP_GIB_PAGES = 1, /* the processor has pages of 1 GiB */
	EFIMAP_MCE = 2        /* CR4.MCE was set */
};

struct efimap_machine {
	uint32_t paging_levels; /* 4 or 5: CR4.LA57 */
	uint32_t flags;         /* enum efimap_flags */
	uint32_t firmware_revision; /* of the EFI system table; the vendor's own number */
	uint32_t uefi_revision;     /* of the UEFI specification: major << 16 | minor */
	uint64_t acpi_rsdp;     /* physical address; 0: none */
	uint64_t efi_systab;    /* physical address of the EFI system table */
	uint32_t secure_boot;   /* Linux's numbers: 0 unset, 1 unknown, 2 disabled, 3 enabled */
	uint32_t reserved;      /* 0 */
};

/* Bytes of memory at a physical address. */
struct efimap_range {
	uint64_t base;
	uint64_t size;
};

struct efimap_node {
	uint32_t type; /* SETUP_... */
	uint32_t reserved;
	uint64_t size; /* of the node's data, bytes */
};

/* A window to PCI configuration space (PCI Firmware Specification 3.3, table 4-3). */
struct efimap_ecam {
	uint64_t base; /* physical address of bus 0, even when start_bus is not 0 */
	uint16_t segment;
	uint8_t start_bus;
	uint8_t end_bus; /* inclusive */
	uint32_t reserved;
};

struct efimap_random {
	uint64_t physical;
	uint64_t virtual;
};

_Static_assert(sizeof(struct efimap_header) == 32 && sizeof(struct efimap_section) == 8, "part of the format");
_Static_assert(offsetof(struct efimap_header, total_size) == 16, "part of the format");
_Static_assert(sizeof(struct efimap_machine) == 40 && offsetof(struct efimap_machine, acpi_rsdp) == 16, "part of the format");
_Static_assert(sizeof(struct efimap_range) == 16 && sizeof(struct efimap_node) == 16, "part of the format");
_Static_assert(sizeof(struct efimap_ecam) == 16 && sizeof(struct efimap_random) == 16, "part of the format");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "structures are written as they lie in memory");

/* The data of one section; no data: there is no such section. */
struct efimap_data {
	const void *data;
	size_t size;
};

/*
 * What a file holds, or shall hold. Pointers are the caller's; those of a file that was read point into it. sections[EFIMAP_MAP]
 * does not count: the map has its view.
 */
struct efimap {
	struct efi_memmap map;
	struct efimap_data sections[EFIMAP_TYPES];
	size_t skipped; /* sections of types that this version does not know (reader) */
};

/* Bytes of the file; SIZE_MAX when a section has 2^32 bytes or more. */
size_t efimap_size(const struct efimap *map);

/* Writes the file into a buffer of efimap_size() bytes. */
void efimap_write(const struct efimap *map, void *buffer);

/* What belongs into the header's crc32 of a whole file, which has at least a header. */
uint32_t efimap_checksum(const void *file, size_t size);

/* Whether these bytes begin as an .efimap file of any version does: what follows decides whether it can be read. */
bool efimap_probe(const void *bytes, size_t size);

/*
 * Reads a whole file, of any alignment. Every length and the checksum are verified; nothing outside the file is read. On
 * error MM_EINVAL, *map is undefined, and why (may be null) has a sentence without newline: what was found, what was needed.
 */
int efimap_read(const void *bytes, size_t size, struct efimap *map, struct printer *why);

/* The machine's numbers; all 0 when the file has none, and those that a shorter section lacks. */
void efimap_get_machine(const struct efimap *map, struct efimap_machine *machine);

/* The attributes table's descriptors; false when the file has none. */
bool efimap_get_attributes(const struct efimap *map, struct efi_memmap *attributes);

/* Number of elements of a section that is a list (EFIMAP_TABLES, _REFUSED, _NODES, _ECAM). */
size_t efimap_count(const struct efimap *map, enum efimap_type type);

/* Copies element index of such a section, which efimap_count() says to be there; it has 16 bytes. */
void efimap_get(const struct efimap *map, enum efimap_type type, size_t index, void *element);

#endif
