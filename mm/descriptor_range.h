/* SPDX-License-Identifier: BSD-2-Clause */
/* Internal to mm/: which whole pages of e820 memory a descriptor amounts to. */
#ifndef MM_DESCRIPTOR_RANGE_H
#define MM_DESCRIPTOR_RANGE_H

#include <mm/efi_to_e820.h>

#include "ranges.h"

enum efi_extent {
	EFI_EXTENT_NONE, /* no page that e820 could name */
	EFI_EXTENT_CUT,  /* fewer bytes than the descriptor names: rounded inwards, or cut at the top */
	EFI_EXTENT_WHOLE
};

/* Sets start, last and type of *range, of a descriptor under a policy; only type when the answer is NONE. */
enum efi_extent mm_efi_range(const struct efi_memory_desc *desc, enum e820_policy policy, struct range *range);

/*
 * Explains the finished table: fills trace, one element for each of count descriptors. Destroys the list, which has
 * room for count.
 */
void mm_efi_trace(const struct efi_memmap *map, size_t count, enum e820_policy policy, const struct e820_table *table,
		  struct efi_trace *trace, struct ranges *ranges);

#endif
