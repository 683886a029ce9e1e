/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding a partition by type in a GUID partition table. Source: UEFI 2.10, section 5.3. */
#ifndef LOADER_GPT_H
#define LOADER_GPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GPT_HEADER_LBA 1
#define GPT_GUID_SIZE 16
#define GPT_ENTRIES_MAX 131072 /* bytes of the entries that are looked at: eight times what disks have */

struct gpt {
	uint64_t entries_lba;
	uint32_t entry_count;
	uint32_t entry_size; /* bytes */
};

/*
 * Reads the header in block 1. False when there is none, or when its entries are smaller than 128 bytes or take more
 * than GPT_ENTRIES_MAX bytes. Checksums are left to the firmware, which has found its partitions with them.
 */
bool gpt_header_parse(const void *block, size_t size, struct gpt *gpt);

/*
 * The unique GUID of the first partition of a type, in the bytes that start at entries_lba. False when there is none.
 * GUIDs are 16 bytes as they stand on the disk.
 */
bool gpt_find_type(const struct gpt *gpt, const void *entries, size_t size, const uint8_t *type, uint8_t *unique);

#endif
