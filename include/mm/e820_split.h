/* SPDX-License-Identifier: BSD-2-Clause */
/* Dividing a table between boot_params, which holds 128 entries, and one SETUP_E820_EXT node for the rest. */
#ifndef MM_E820_SPLIT_H
#define MM_E820_SPLIT_H

#include <mm/e820.h>

/* Bytes of struct setup_data before its data: next, type, len. */
#define E820_SETUP_DATA_HEADER 16
/* What Linux maps of a setup_data node in one go, from the start of its first page: 64 pages. */
#define E820_SETUP_DATA_MAP UINT64_C(0x40000)

struct e820_split {
	size_t zeropage;       /* entries for boot_params.e820_table: the first ones */
	size_t extension;      /* entries for SETUP_E820_EXT: the rest; 0 when no node is needed */
	size_t extension_size; /* their bytes, what the node's len says (without its header) */
};

/*
 * Says how a table divides. MM_ENOSPC, and *split all 0, when more than E820_MAX_ENTRIES_EXT entries are left for the
 * extension: Linux would map only a part of the node and crash at the first boot message.
 */
int e820_split(const struct e820_table *table, struct e820_split *split);

/* Whether Linux can map a SETUP_E820_EXT node (its header included) of so many entries at that physical address. */
bool e820_extension_fits(uint64_t node, size_t entries);

/*
 * Copies the entries as e820_split() divided them: split->zeropage entries to zeropage, and split->extension_size bytes
 * to extension (null when there are none). Both may have any alignment.
 */
void e820_copy_split(const struct e820_table *table, const struct e820_split *split, void *zeropage, void *extension);

#endif
