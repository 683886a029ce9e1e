/* SPDX-License-Identifier: BSD-2-Clause */
/* The FAT itself: the geometry of a volume, and the entries of its table. */
#include "fat_internal.h"

#define BOOT_SECTOR_SIZE 512
#define FIRST_LOOK 32768 /* the usual 32 sectors in front of a FAT32's first FAT, and that one's begin */
#define TABLE_LOOK 4096  /* one read is enough for the chains of many small files that lie side by side */
#define SECTOR_MAX 4096
/* Fewer clusters than this are FAT12, or FAT16. Formatters stay away from the limits: drivers differ about them. */
#define FAT16_CLUSTERS 4085
#define FAT32_CLUSTERS 65525
#define DOUBT 16
#define FAT32_MASK 0x0fffffff
#define CLUSTERS_MAX 0x0ffffff0

const uint8_t *fat_look(struct fat_view *view, uint64_t offset, uint64_t needed, uint64_t useful)
{
	uint64_t skip = offset - view->offset;

	if (skip > view->size || view->size - skip < needed) {
		if (!view->show(view, offset, needed, useful))
			return NULL;
		skip = offset - view->offset;
	}
	return view->bytes + skip;
}

static bool is_power_of_2(uint32_t value)
{
	return value && (value & (value - 1)) == 0;
}

uint32_t fat_table_entry(const struct fat *fat, uint32_t cluster, uint64_t useful)
{
	uint64_t bytes = 4 * useful < TABLE_LOOK ? TABLE_LOOK : 4 * useful;
	const uint8_t *at = fat_look(fat->table_view, fat->table + (uint64_t)cluster * fat->bits / 8, fat->bits == 32 ? 4 : 2,
				     bytes);
	uint32_t value;

	if (!at)
		return FAT_UNREADABLE;
	value = fat->bits == 32 ? fat_get32(at) : fat_get16(at);
	if (fat->bits == 12 && cluster & 1)
		value >>= 4;
	return value & fat->mask;
}

/* Sizes and places from the boot sector, and the kind of FAT from the number of clusters. */
static bool read_geometry(struct fat *fat, const uint8_t *boot, uint64_t volume_size)
{
	uint32_t sector = fat_get16(boot + 11), sectors_per_cluster = boot[13], reserved = fat_get16(boot + 14), fats = boot[16];
	uint32_t total = fat_get16(boot + 19) ? fat_get16(boot + 19) : fat_get32(boot + 32);
	bool wide = fat_get16(boot + 22) == 0;
	uint64_t table_size = (uint64_t)(wide ? fat_get32(boot + 36) : fat_get16(boot + 22)) * sector;
	uint64_t end = (uint64_t)total * sector;
	uint32_t count;

	if (!is_power_of_2(sector) || sector < BOOT_SECTOR_SIZE || sector > SECTOR_MAX ||
	    !is_power_of_2(sectors_per_cluster) || reserved == 0 || fats == 0)
		return false;
	fat->cluster_size = sector * sectors_per_cluster;
	fat->table = (uint64_t)reserved * sector;
	fat->root = fat->table + fats * table_size;
	fat->root_size = fat_get16(boot + 17) * FAT_RECORD_SIZE;
	fat->data = fat->root + fat->root_size;
	if (wide != (fat->root_size == 0) || fat->root_size % sector || fat->data >= end || end > volume_size)
		return false;
	count = (uint32_t)((end - fat->data) / fat->cluster_size);
	if (count > CLUSTERS_MAX || count + DOUBT - FAT16_CLUSTERS < 2 * DOUBT ||
	    count + DOUBT - FAT32_CLUSTERS < 2 * DOUBT)
		return false;
	fat->cluster_end = count + FAT_FIRST_CLUSTER;
	fat->bits = count < FAT16_CLUSTERS ? 12 : count < FAT32_CLUSTERS ? 16 : 32;
	fat->mask = fat->bits == 32 ? FAT32_MASK : (1U << fat->bits) - 1;
	fat->root_cluster = 0;
	if (wide) {
		fat->root_cluster = fat_get32(boot + 44);
		/* one FAT in use among several, or a later version */
		if (!fat_is_cluster(fat, fat->root_cluster) || fat_get16(boot + 40) & 0x80 || fat_get16(boot + 42))
			return false;
	}
	return wide == (fat->bits == 32) && table_size * 8 >= (uint64_t)fat->cluster_end * fat->bits;
}

bool fat_open(struct fat *fat, struct fat_view *view, struct fat_view *table_view, uint64_t volume_size)
{
	const uint8_t *boot = volume_size < BOOT_SECTOR_SIZE ? NULL : fat_look(table_view, 0, BOOT_SECTOR_SIZE, FIRST_LOOK);
	uint8_t media;

	fat->view = view;
	fat->table_view = table_view;
	if (!boot || (boot[0] != 0xeb && boot[0] != 0xe9) || fat_get16(boot + 510) != 0xaa55 ||
	    !read_geometry(fat, boot, volume_size))
		return false;
	media = boot[21];
	/* Another file system may have left an old boot sector, but not this. */
	return fat_table_entry(fat, 0, 1) == ((fat->mask & ~0xffU) | media);
}

uint32_t fat_follow(const struct fat *fat, uint32_t cluster, uint32_t limit, uint32_t *next)
{
	const struct fat_view *view = fat->table_view;
	uint32_t run = 1;
	uint64_t skip;

	if (limit > fat->cluster_end - cluster)
		limit = fat->cluster_end - cluster;
	*next = fat_table_entry(fat, cluster, limit);
	skip = fat->table + 4 * (uint64_t)cluster - view->offset;
	/* large files lie mostly in one piece: a few instructions for each cluster of FAT32 */
	while (fat->bits == 32 && *next == cluster + run && run < limit && view->size - skip >= 8) {
		skip += 4;
		*next = fat_get32(view->bytes + skip) & FAT32_MASK;
		run++;
	}
	return run;
}
