/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An immutable view of the buffer that EFI_BOOT_SERVICES.GetMemoryMap() filled, and findings about it.
 * Source of the rules: UEFI specification 2.10, section 7.2.3 (GetMemoryMap).
 */
#ifndef MM_EFI_MEMMAP_H
#define MM_EFI_MEMMAP_H

#include <mm/printer.h>
#include <mm/types.h>

/* EFI_MEMORY_TYPE, under Linux's names. */
enum {
	EFI_RESERVED_TYPE = 0,
	EFI_LOADER_CODE = 1,
	EFI_LOADER_DATA = 2,
	EFI_BOOT_SERVICES_CODE = 3,
	EFI_BOOT_SERVICES_DATA = 4,
	EFI_RUNTIME_SERVICES_CODE = 5,
	EFI_RUNTIME_SERVICES_DATA = 6,
	EFI_CONVENTIONAL_MEMORY = 7,
	EFI_UNUSABLE_MEMORY = 8,
	EFI_ACPI_RECLAIM_MEMORY = 9,
	EFI_ACPI_MEMORY_NVS = 10,
	EFI_MEMORY_MAPPED_IO = 11,
	EFI_MEMORY_MAPPED_IO_PORT_SPACE = 12,
	EFI_PAL_CODE = 13,
	EFI_PERSISTENT_MEMORY = 14,
	EFI_UNACCEPTED_MEMORY = 15,
	EFI_MAX_MEMORY_TYPE = 16
};

/* Types above the defined ones: first of the machine's maker, then of operating system loaders. */
#define EFI_OEM_TYPE_MIN UINT32_C(0x70000000)
#define EFI_OS_TYPE_MIN UINT32_C(0x80000000)

/*
 * Attribute bits of a descriptor. UC to UCE, and on most firmware WP, RP, XP and RO, say what the memory could do,
 * not what it does.
 */
#define EFI_ATTRIBUTE_UC UINT64_C(0x1)
#define EFI_ATTRIBUTE_WC UINT64_C(0x2)
#define EFI_ATTRIBUTE_WT UINT64_C(0x4)
#define EFI_ATTRIBUTE_WB UINT64_C(0x8)
#define EFI_ATTRIBUTE_UCE UINT64_C(0x10)
#define EFI_ATTRIBUTE_WP UINT64_C(0x1000)
#define EFI_ATTRIBUTE_RP UINT64_C(0x2000)
#define EFI_ATTRIBUTE_XP UINT64_C(0x4000)
#define EFI_ATTRIBUTE_NV UINT64_C(0x8000)
#define EFI_ATTRIBUTE_MORE_RELIABLE UINT64_C(0x10000)
#define EFI_ATTRIBUTE_RO UINT64_C(0x20000)
#define EFI_ATTRIBUTE_SP UINT64_C(0x40000)
#define EFI_ATTRIBUTE_CPU_CRYPTO UINT64_C(0x80000)
#define EFI_ATTRIBUTE_RUNTIME UINT64_C(0x8000000000000000)

#define EFI_MEMORY_DESC_VERSION 1u

/* EFI_MEMORY_DESCRIPTOR, version 1: the first 40 bytes of each stride. */
struct efi_memory_desc {
	uint32_t type;
	uint32_t pad;
	uint64_t phys_addr;
	uint64_t virt_addr;
	uint64_t num_pages; /* of 4096 bytes */
	uint64_t attribute;
};

_Static_assert(sizeof(struct efi_memory_desc) == 40, "EFI_MEMORY_DESCRIPTOR");

/*
 * The view. size is what GetMemoryMap returned (bytes in use), desc_size the stride that it
 * returned (48 on edk2, 40 on U-Boot). Plain data: fill it in directly.
 */
struct efi_memmap {
	const void *buffer;
	size_t size;
	size_t desc_size;
	uint32_t desc_version;
};

/* Whole descriptors in the buffer; 0 when the stride is below 40. A remainder does not count. */
size_t efi_memmap_count(const struct efi_memmap *map);

/* Copies descriptor index into *desc; false, and *desc untouched, when there is none. Any alignment of the buffer. */
bool efi_memmap_get(const struct efi_memmap *map, size_t index, struct efi_memory_desc *desc);

/*
 * The exclusive end address of a descriptor. false when it has no pages, or its last byte lies past 2^64 - 1.
 * A range that ends at 2^64 exactly is valid: then *end is 0, and "end - 1" is still its last byte.
 */
bool efi_memory_desc_end(const struct efi_memory_desc *desc, uint64_t *end);

/*
 * Stores the numbers of all descriptors in the order of their phys_addr, equal ones in the map's own order. order has
 * efi_memmap_count() elements; scratch memory as for efi_memmap_check(). MM_ENOSPC, and order untouched, when that is too
 * small.
 */
int efi_memmap_order(const struct efi_memmap *map, uint32_t *order, void *scratch, size_t scratch_size);

/*
 * Name of a type as the UEFI specification writes it ("EfiConventionalMemory"), "OEM type", "OS type" or "unknown
 * type".
 */
const char *efi_memory_type_name(uint32_t type);

/*
 * Linux 6.1's short name, as its "efi: mem" lines print it ("Conventional", "Boot Data"...); else as
 * efi_memory_type_name.
 */
const char *efi_memory_type_linux_name(uint32_t type);

enum efi_finding_kind {
	EFI_FINDING_STRIDE,     /* stride below 40: nothing in the buffer can be read */
	EFI_FINDING_REMAINDER,  /* size is no multiple of the stride */
	EFI_FINDING_VERSION,    /* descriptor version is not 1 */
	EFI_FINDING_ZERO_PAGES,
	EFI_FINDING_OVERFLOW,   /* the range passes 2^64 */
	EFI_FINDING_UNALIGNED,  /* phys_addr is no multiple of 4096 */
	EFI_FINDING_UNKNOWN_TYPE,
	EFI_FINDING_OEM_TYPE,
	EFI_FINDING_OS_TYPE,
	EFI_FINDING_DUPLICATE,  /* the same range as descriptor other */
	EFI_FINDING_OVERLAP,    /* has bytes in common with descriptor other, which starts at or before it */
	EFI_FINDING_KINDS
};

struct efi_finding {
	enum efi_finding_kind kind;
	size_t index; /* of the descriptor; 0 for findings about the whole map */
	size_t other; /* of the second descriptor of an overlap or duplicate, else equal to index */
};

/* Bytes of scratch memory that efi_memmap_check wants for that many descriptors; SIZE_MAX above 2^31 - 1 of them. */
size_t efi_memmap_check_scratch_size(size_t count);

/*
 * Finds every oddity. found() is called with each finding, kinds in the order of the enum, ordered by descriptor
 * within a kind; the return value is their number, or MM_ENOSPC (nothing reported) when the scratch memory is too
 * small. found may be null. A descriptor has at most one finding of a kind: of all those that it overlaps, the one
 * that reaches highest is named, so that everybody in an overlap appears in some finding. O(n log n).
 */
long efi_memmap_check(const struct efi_memmap *map, void *scratch, size_t scratch_size,
		      void (*found)(void *context, const struct efi_finding *finding), void *context);

/* One line about a finding, with index, range and what it means, ending in a newline. */
void efi_finding_print(const struct efi_memmap *map, const struct efi_finding *finding, struct printer *out);

/*
 * Attributes of a descriptor in the columns of Linux 6.1, blank where a bit is not set:
 * "|RUN|MR|CC|SP|NV|XP|RP|WP|RO|UCE|WB|WT|WC|UC|", or "|attr=0x8000000000200000|" when there is a bit without a column.
 */
void efi_attribute_print(uint64_t attribute, struct printer *out);

#endif
