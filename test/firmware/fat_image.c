/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * FAT16 or FAT32 with the files of a volume, as the blocks of its partition show it. Nothing but the FAT is stored:
 * every block is made of the files when it is read. Each file and directory lies in two pieces.
 */
#include "mock.h"

#include <loader/utf16.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 512
#define VOLUMES 2
#define ROOT_ENTRIES 512
#define RECORD 32
#define NAME_UNITS 300
#define LAST UINT32_C(0x0fffffff)

struct placed {
	struct fat_node node;
	uint32_t first;   /* cluster; 0: none, and the root directory of FAT16 */
	uint8_t *records; /* of a directory */
	size_t size;
};

struct image {
	bool built;
	unsigned bits;
	uint32_t cluster, reserved, table_blocks, root_blocks; /* in blocks */
	uint32_t cluster_end;
	uint8_t *table;
	uint16_t *owner;    /* of each cluster: 1 more than its node */
	uint32_t *position; /* in the owner, in clusters */
	struct placed placed[FILES_MAX];
	size_t count;
	uint32_t next; /* free cluster */
};

static struct image images[VOLUMES];

static void put(uint8_t *at, uint32_t value, size_t size)
{
	memcpy(at, &value, size);
}

static void set_table(struct image *image, uint32_t cluster, uint32_t value)
{
	put(image->table + (uint64_t)cluster * image->bits / 8, value, image->bits / 8);
}

/* With a gap after the first half. */
static void place(struct image *image, size_t index)
{
	struct placed *placed = &image->placed[index];
	uint32_t bytes = image->cluster * BLOCK, count = (uint32_t)((placed->size + bytes - 1) / bytes), last = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t cluster = image->next++;

		if (i == count / 2)
			image->next++;
		if (image->next >= image->cluster_end)
			fatal("the scenario's files do not fit into its FAT volume");
		if (last)
			set_table(image, last, cluster);
		else
			placed->first = cluster;
		set_table(image, cluster, LAST);
		image->owner[cluster] = (uint16_t)(index + 1);
		image->position[cluster] = i;
		last = cluster;
	}
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '\\');

	return slash ? slash + 1 : path;
}

static bool is_in(const struct fat_node *node, const struct fat_node *directory)
{
	size_t length = strlen(directory->path);

	return node->path[0] && strncmp(node->path, directory->path, length) == 0 &&
	       (size_t)(last_part(node->path) - node->path) == length + 1;
}

/* The units of a name, without its NUL. */
static size_t units_of(const char *name, uint16_t *units)
{
	size_t length = 0;

	utf8_to_utf16(name, units, NAME_UNITS, NULL);
	while (units[length])
		length++;
	return length;
}

static size_t pieces(const char *name)
{
	uint16_t units[NAME_UNITS];

	return (units_of(name, units) + 12) / 13;
}

static uint8_t *write_short(uint8_t *to, const char *name, uint8_t attributes, uint32_t cluster, uint32_t size)
{
	memcpy(to, name, 11);
	to[11] = attributes;
	put(to + 20, cluster >> 16, 2);
	put(to + 26, cluster, 2);
	put(to + 28, size, 4);
	return to + RECORD;
}

/* The long name, and a short one that no other file has. */
static uint8_t *write_entry(uint8_t *to, const struct placed *placed, size_t index)
{
	const char *name = last_part(placed->node.path);
	uint16_t units[NAME_UNITS];
	size_t length = units_of(name, units);
	char alias[20];
	uint8_t sum = 0;

	snprintf(alias, sizeof(alias), "F~%06zuXYZ", index % 1000000);
	for (size_t i = 0; i < 11; i++)
		sum = (uint8_t)((sum >> 1 | sum << 7) + (uint8_t)alias[i]);
	for (size_t number = pieces(name); number > 0; number--, to += RECORD) {
		to[0] = (uint8_t)(number | (number == pieces(name) ? 0x40 : 0));
		to[11] = 0x0f;
		to[13] = sum;
		for (size_t i = 0; i < 13; i++) {
			size_t at = (number - 1) * 13 + i;

			put(to + (i < 5 ? 1 + 2 * i : i < 11 ? 4 + 2 * i : 6 + 2 * i),
			    at < length ? units[at] : at == length ? 0 : 0xffff, 2);
		}
	}
	return write_short(to, alias, placed->node.directory ? 0x10 : 0x20, placed->first,
			   placed->node.directory ? 0 : (uint32_t)placed->size);
}

static void write_directory(struct image *image, size_t index)
{
	struct placed *directory = &image->placed[index];
	uint8_t *to = directory->records;

	if (directory->node.path[0]) {
		to = write_short(to, ".          ", 0x10, directory->first, 0);
		to = write_short(to, "..         ", 0x10, 0, 0);
	}
	for (size_t i = 0; i < image->count; i++)
		if (is_in(&image->placed[i].node, &directory->node))
			to = write_entry(to, &image->placed[i], i);
}

static size_t directory_size(const struct image *image, const struct placed *directory)
{
	size_t records = 3; /* its own two, and the end */

	for (size_t i = 0; i < image->count; i++)
		if (is_in(&image->placed[i].node, &directory->node))
			records += 1 + pieces(last_part(image->placed[i].node.path));
	return records * RECORD;
}

static const struct placed *placed_at(const struct image *image, const char *path)
{
	for (size_t i = 0; i < image->count; i++)
		if (strcmp(image->placed[i].node.path, path) == 0)
			return &image->placed[i];
	fatal("%s is not on the volume", path);
}

static uint32_t get_table(const struct image *image, uint32_t cluster)
{
	uint32_t value = 0;

	memcpy(&value, image->table + (uint64_t)cluster * image->bits / 8, image->bits / 8);
	return value;
}

/* Of a file or directory, counted from 0. */
static uint32_t cluster_of(const struct image *image, const char *path, uint32_t count)
{
	uint32_t cluster = placed_at(image, path)->first;

	while (count-- > 0)
		cluster = get_table(image, cluster);
	return cluster;
}

/* All clusters are found before the first link is changed. */
static void link_clusters(struct image *image)
{
	const struct scenario *scenario = mock.scenario;
	uint32_t from[SCENARIO_LINKS_MAX], to[SCENARIO_LINKS_MAX], bytes = image->cluster * BLOCK;

	for (size_t i = 0; i < scenario->link_count; i++) {
		const struct scenario_link *link = &scenario->links[i];

		from[i] = cluster_of(image, link->path, link->cluster);
		to[i] = link->to ? cluster_of(image, link->to, link->to_cluster) : link->value;
	}
	for (size_t i = 0; i < scenario->link_count; i++)
		set_table(image, from[i], to[i]);
	if (scenario->longer) {
		uint32_t clusters = (uint32_t)((placed_at(image, scenario->longer)->size + bytes - 1) / bytes);

		set_table(image, cluster_of(image, scenario->longer, clusters - 1), image->next);
		set_table(image, image->next++, LAST);
	}
}

static void build(struct image *image, unsigned volume, uint32_t blocks)
{
	free(image->table);
	free(image->owner);
	free(image->position);
	for (size_t i = 0; i < image->count; i++)
		free(image->placed[i].records);
	*image = (struct image){ .built = true, .bits = mock.scenario->fat, .next = 3 };
	image->cluster = image->bits == 16 ? 8 : 1;
	image->reserved = image->bits == 16 ? 1 : 32;
	image->root_blocks = image->bits == 16 ? ROOT_ENTRIES * RECORD / BLOCK : 0;
	image->table_blocks = blocks / image->cluster * (image->bits / 8) / BLOCK + 1;
	image->cluster_end = (blocks - image->reserved - 2 * image->table_blocks - image->root_blocks) / image->cluster + 2;
	image->table = calloc(image->table_blocks, BLOCK);
	image->owner = calloc(image->cluster_end, sizeof(*image->owner));
	image->position = calloc(image->cluster_end, sizeof(*image->position));
	set_table(image, 0, LAST - 0xff + 0xf8);
	set_table(image, 1, LAST);
	for (size_t i = 0; i < FILES_MAX; i++)
		if (file_system_node(volume, i, &image->placed[image->count].node))
			image->count++;
	for (size_t i = 0; i < image->count; i++) {
		struct placed *placed = &image->placed[i];

		placed->size = placed->node.directory ? directory_size(image, placed) : placed->node.size;
		if (!placed->node.path[0] && image->bits == 16)
			placed->size = ROOT_ENTRIES * RECORD;
		if (placed->node.directory)
			placed->records = calloc(1, placed->size);
		if (placed->node.path[0] || image->bits == 32)
			place(image, i);
	}
	for (size_t i = 0; i < image->count; i++)
		if (image->placed[i].node.directory)
			write_directory(image, i);
	if (volume == 0)
		link_clusters(image);
}

static const struct placed *root_of(const struct image *image)
{
	for (size_t i = 0; i < image->count; i++)
		if (!image->placed[i].node.path[0])
			return &image->placed[i];
	fatal("a volume without a root");
}

static void boot_sector(const struct image *image, uint32_t blocks, uint8_t *to)
{
	memcpy(to, "\xeb\x58\x90MOCKFAT ", 11);
	put(to + 11, BLOCK, 2);
	put(to + 13, image->cluster, 1);
	put(to + 14, image->reserved, 2);
	put(to + 16, 2, 1);
	put(to + 17, image->root_blocks * BLOCK / RECORD, 2);
	put(to + 21, 0xf8, 1);
	put(to + 32, blocks, 4);
	if (image->bits == 16) {
		put(to + 22, image->table_blocks, 2);
	} else {
		put(to + 36, image->table_blocks, 4);
		put(to + 44, root_of(image)->first, 4);
	}
	put(to + 510, 0xaa55, 2);
}

static void copy_piece(const uint8_t *from, size_t size, size_t position, uint8_t *to)
{
	if (position < size)
		memcpy(to, from + position, size - position < BLOCK ? size - position : BLOCK);
}

static void read_block(const struct image *image, uint32_t blocks, uint32_t block, uint8_t *to)
{
	uint32_t cluster;

	memset(to, 0, BLOCK);
	if (block == 0)
		boot_sector(image, blocks, to);
	if (block < image->reserved)
		return;
	block -= image->reserved;
	if (block < 2 * image->table_blocks) {
		memcpy(to, image->table + (uint64_t)(block % image->table_blocks) * BLOCK, BLOCK);
		return;
	}
	block -= 2 * image->table_blocks;
	if (block < image->root_blocks) {
		memcpy(to, root_of(image)->records + block * BLOCK, BLOCK);
		return;
	}
	block -= image->root_blocks;
	cluster = 2 + block / image->cluster;
	if (cluster < image->cluster_end && image->owner[cluster]) {
		const struct placed *placed = &image->placed[image->owner[cluster] - 1];
		size_t position = ((size_t)image->position[cluster] * image->cluster + block % image->cluster) * BLOCK;

		copy_piece(placed->records ? placed->records : placed->node.bytes, placed->size, position, to);
	}
}

void fat_image_read(unsigned volume, uint32_t blocks, uint32_t block, uint32_t count, uint8_t *to)
{
	struct image *image = &images[volume];

	if (!image->built)
		build(image, volume, blocks);
	for (uint32_t i = 0; i < count; i++)
		read_block(image, blocks, block + i, to + (size_t)i * BLOCK);
}

void fat_image_changed(void)
{
	for (unsigned i = 0; i < VOLUMES; i++)
		images[i].built = false;
}
