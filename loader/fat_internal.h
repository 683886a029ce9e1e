/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of the FAT reader share. */
#ifndef LOADER_FAT_INTERNAL_H
#define LOADER_FAT_INTERNAL_H

#include <loader/fat.h>

#define FAT_RECORD_SIZE 32
#define FAT_RECORDS_MAX 65536 /* of a directory */
#define FAT_FIRST_CLUSTER 2
#define FAT_UNREADABLE UINT32_MAX

static inline uint32_t fat_get16(const uint8_t *at)
{
	return (uint32_t)(at[0] | at[1] << 8);
}

static inline uint32_t fat_get32(const uint8_t *at)
{
	uint32_t value;

	__builtin_memcpy(&value, at, sizeof(value));
	return value;
}

static inline bool fat_is_cluster(const struct fat *fat, uint32_t cluster)
{
	return cluster >= FAT_FIRST_CLUSTER && cluster < fat->cluster_end;
}

static inline bool fat_is_end(const struct fat *fat, uint32_t value)
{
	return (value | 7) == fat->mask;
}

static inline uint64_t fat_cluster_offset(const struct fat *fat, uint32_t cluster)
{
	return fat->data + (uint64_t)(cluster - FAT_FIRST_CLUSTER) * fat->cluster_size;
}

/* Needed bytes at an offset of the volume, and better useful ones; null when they cannot be read. */
const uint8_t *fat_look(struct fat_view *view, uint64_t offset, uint64_t needed, uint64_t useful);

/* What the FAT has for a cluster, or FAT_UNREADABLE. useful: how many clusters may come next. */
uint32_t fat_table_entry(const struct fat *fat, uint32_t cluster, uint64_t useful);

/*
 * How many clusters follow each other from this one of the volume on, at least 1, at most limit (which is not 0), as far as
 * it can be seen. *next is what comes then: FAT_UNREADABLE, or an entry of the FAT.
 */
uint32_t fat_follow(const struct fat *fat, uint32_t cluster, uint32_t limit, uint32_t *next);

#endif
