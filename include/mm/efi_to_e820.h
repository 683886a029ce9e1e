/* SPDX-License-Identifier: BSD-2-Clause */
/* From the firmware's descriptors to a sanitised e820 table, with a trace that explains each step. */
#ifndef MM_EFI_TO_E820_H
#define MM_EFI_TO_E820_H

#include <mm/e820.h>
#include <mm/efi_memmap.h>

enum e820_policy {
	E820_POLICY_ACPI, /* types 1 to 4 only; everything that is not surely RAM or ACPI is reserved */
	E820_POLICY_LINUX, /* as Linux's EFI stub: also unusable 5, persistent 7, soft reserved 0xefffffff */
	E820_POLICY_LINUX_NOSOFTRESERVE /* as the stub with efi=nosoftreserve: what would be soft reserved is RAM */
};

/* The e820 type of a descriptor under a policy. Never 0: what nobody knows is reserved (ACPI 6.5, table 15.5). */
uint32_t efi_to_e820_type(const struct efi_memory_desc *desc, enum e820_policy policy);

enum efi_fate {
	EFI_FATE_KEPT,	  /* one output entry is exactly this descriptor (several that touch, if they never merge) */
	EFI_FATE_MERGED,  /* whole, as a part of output entry first */
	EFI_FATE_CLIPPED, /* only partly: by took the rest, or it was rounded or cut at the top of the address space */
	EFI_FATE_COVERED, /* nothing left: a higher type, such as that of descriptor by, has all of it */
	EFI_FATE_DROPPED  /* no page that e820 can name: no pages, past 2^64, or only the last page before 2^64 */
};

/*
 * What became of one descriptor. first..last are output entries (inclusive) of its type, the outermost that hold a
 * part of it; both SIZE_MAX when nothing is left. Where descriptors of one type overlap, both have the bytes.
 */
struct efi_trace {
	enum efi_fate fate;
	uint32_t type;  /* its e820 type under the policy */
	size_t first;
	size_t last;
	size_t by;      /* a descriptor that took bytes from it; SIZE_MAX when none did */
};

/* Bytes of scratch memory wanted for that many descriptors; SIZE_MAX above 2^31 - 1 of them. */
size_t efi_to_e820_scratch_size(size_t count);

/*
 * Converts the whole map into *table (its previous entries are replaced): sanitised, sorted, adjacent equals merged,
 * overlaps resolved by e820 precedence. Descriptors may come in any order. An unaligned phys_addr is rounded: RAM
 * inwards, all else outwards. Bytes are conserved: the output covers the union of the valid input exactly, at the top
 * clipped to the last page before 2^64. trace may be null, else it has one element for each descriptor. O(n log n), no
 * allocation. MM_EINVAL when the stride is below 40; MM_ENOSPC when scratch or table is too small (*table has no
 * entries then). Soft reserved ranges stay apart and are cut as e820_update_table does it, except that a descriptor
 * which continues the one before it in the map is one range with it, as in Linux's stub.
 */
int efi_to_e820(const struct efi_memmap *map, enum e820_policy policy, struct e820_table *table,
		struct efi_trace *trace, void *scratch, size_t scratch_size);

#endif
