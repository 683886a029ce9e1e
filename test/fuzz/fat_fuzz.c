/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a FAT volume: 16 bytes of a path, one for the size of what is shown at once, one for the volume's size,
 * then seven sectors. These are repeated up to the volume's end, so that large ones have contents, too.
 */
#define _GNU_SOURCE /* strnlen, strcasecmp */
#include <strings.h>

#include <loader/fat_listing.h>

#include "fuzz.h"

#define PATH_SIZE 16
#define REPEATED 3584

struct volume {
	struct fat_view view; /* first: what show() is called with */
	uint8_t bytes[REPEATED];
	uint64_t size, piece;
	uint8_t *shown;
};

static bool show(struct fat_view *view, uint64_t offset, uint64_t needed, uint64_t useful)
{
	struct volume *volume = (struct volume *)view;
	uint64_t size = useful < volume->piece ? useful : volume->piece;

	CHECK(needed > 0 && needed <= 512 && offset < volume->size && needed <= volume->size - offset);
	size = size < needed ? needed : size;
	size = size < volume->size - offset ? size : volume->size - offset;
	free(volume->shown);
	volume->shown = exact_copy(NULL, size);
	for (uint64_t i = 0; i < size; i++)
		volume->shown[i] = volume->bytes[(offset + i) % REPEATED];
	view->bytes = volume->shown;
	view->offset = offset;
	view->size = size;
	return true;
}

static uint32_t byte(const struct volume *volume, uint64_t offset)
{
	CHECK(offset < volume->size);
	return volume->bytes[offset % REPEATED];
}

/* What the FAT says is behind a cluster, by half bytes. */
static uint32_t next_cluster(const struct volume *volume, const struct fat *fat, uint32_t cluster)
{
	uint32_t value = 0;

	for (uint32_t i = 0; i < fat->bits / 4; i++) {
		uint64_t half = (uint64_t)cluster * (fat->bits / 4) + i;

		value |= (byte(volume, fat->table + half / 2) >> (half % 2 * 4) & 15) << 4 * i;
	}
	return fat->bits == 32 ? value & 0x0fffffff : value;
}

static void print_damage(const struct fat_damage *damage)
{
	static char text[200];
	struct buffer_printer out;

	buffer_printer_init(&out, text, sizeof(text));
	fat_damage_print(damage, &out.printer);
	CHECK(out.length > 0 && out.length < sizeof(text));
}

static void check_extents(const struct volume *volume, const struct fat *fat, const struct fat_node *file)
{
	struct fat_extents extents;
	uint64_t total = 0, there;
	uint32_t cluster = file->cluster;

	struct fat_damage damage;
	enum fat_state state = fat_extents_read(fat, file, &extents, &damage);

	if (state == FAT_DAMAGED)
		print_damage(&damage);
	if (state != FAT_GOOD)
		return;
	CHECK(extents.count <= FAT_EXTENTS_MAX);
	for (uint32_t i = 0; i < extents.count; i++) {
		const struct fat_extent *extent = &extents.list[i];

		CHECK(extent->size > 0 && extent->offset >= fat->data && extent->size <= volume->size - extent->offset);
		for (uint32_t j = 0; j < i; j++)
			CHECK(!mm_overlaps(extent->offset, extent->offset + extent->size, extents.list[j].offset,
					   extents.list[j].offset + extents.list[j].size));
		for (uint64_t at = 0; at < extent->size; at += fat->cluster_size) {
			CHECK(fat->data + (uint64_t)(cluster - 2) * fat->cluster_size == extent->offset + at);
			CHECK(fat_extents_find(&extents, total + at, &there) == extent->offset + at && there == extent->size - at);
			cluster = next_cluster(volume, fat, cluster);
		}
		total += extent->size;
	}
	CHECK(total >= file->size && total - file->size < fat->cluster_size);
	CHECK(file->size ? cluster >= (fat->mask & ~7U) : cluster == 0);
	fat_extents_find(&extents, total, &there);
	CHECK(there == 0);
}

static void check_directory(const struct fat *fat, const struct fat_node *node)
{
	struct fat_directory directory;
	struct fat_entry each;

	fat_directory_begin(fat, node, &directory);
	while (fat_directory_next(&directory, &each) == FAT_ENTRY) {
		size_t length = strnlen(each.name, sizeof(each.name));

		CHECK(length > 0 && length < sizeof(each.name) && strnlen(each.short_name, sizeof(each.short_name)) <= 12);
		for (size_t i = 0; i < length; i++)
			CHECK((unsigned char)each.name[i] >= ' ');
	}
}

/* A directory as a listing, in memory of exactly its size; null when it is damaged or declined. */
static struct fat_listing *list_directory(const struct fat *fat, const struct fat_node *node)
{
	struct fat_listing *made = NULL;
	struct fat_damage damage;
	uint32_t *order, last = 0, bytes;
	bool suspect;
	enum fat_state state = fat_directory_check(fat, node, &suspect, &bytes, &damage);

	if (state == FAT_DAMAGED)
		print_damage(&damage);
	if (state != FAT_GOOD)
		return NULL;
	made = exact_copy(NULL, sizeof(*made) + fat_listing_size(bytes));
	if (fat_listing_read(fat, node, bytes, made, made + 1) != FAT_END) {
		free(made);
		return NULL;
	}
	order = exact_copy(NULL, made->count * sizeof(*order));
	for (uint32_t i = 0, count = fat_listing_order(made, order); i < count; i++) {
		const struct fat_node *file = &made->records[order[i]].node;

		CHECK(order[i] < made->count && !file->directory && file->cluster >= last);
		last = file->cluster;
	}
	free(order);
	return made;
}

/* The path, part by part, as the EFI application finds it. */
static bool find(const struct fat *fat, const char *path, struct fat_node *found)
{
	enum fat_found result = FAT_FOUND;
	struct fat_trail trail = { .count = 0 };
	struct fat_damage damage;
	const char *name;
	size_t length;

	*found = (struct fat_node){ .directory = true, .root = true };
	while (result == FAT_FOUND && fat_path_part(&path, &name, &length)) {
		struct fat_listing *listing = NULL;

		if (length && found->directory && fat_trail_add(fat, &trail, found, &damage))
			listing = list_directory(fat, found);
		result = listing ? fat_listing_find(listing, name, length, found) : FAT_DOUBT;
		free(listing);
	}
	return result == FAT_FOUND;
}

/* Reading the whole FAT, where it is not too large for a test. */
static void check_crossings(const struct fat *fat, const struct fat_node *node)
{
	struct fat_crossings crossings;
	struct fat_damage damage;
	size_t size = fat_crossings_size(fat);

	if (size > 10000)
		return;
	crossings.reached = exact_copy(NULL, size);
	crossings.crossed = exact_copy(NULL, size);
	if (fat_crossings_read(fat, &crossings) && fat_chain_crosses(fat, node, &crossings, &damage))
		print_damage(&damage);
	free(crossings.reached);
	free(crossings.crossed);
}

/* What was found in the root directory is the only thing there that is called so. */
static void check_found(const struct fat *fat, const char *name, const struct fat_node *found)
{
	const struct fat_node root = { .directory = true, .root = true };
	struct fat_directory directory;
	struct fat_entry each;
	unsigned count = 0;

	fat_directory_begin(fat, &root, &directory);
	while (fat_directory_next(&directory, &each) == FAT_ENTRY) {
		if (strcasecmp(each.name, name) != 0 && strcasecmp(each.short_name, name) != 0)
			continue;
		CHECK(each.node.cluster == found->cluster && each.node.size == found->size &&
		      each.node.directory == found->directory);
		count++;
	}
	CHECK(count == 1);
}

static void check_volume(struct volume *volume, const char *path)
{
	const struct fat_node root = { .directory = true, .root = true };
	struct fat_damage damage;
	struct fat_node found;
	uint32_t bytes;
	bool suspect;
	struct fat fat;

	if (!fat_open(&fat, &volume->view, &volume->view, volume->size))
		return;
	CHECK(fat.cluster_end > 2 && fat.data + (uint64_t)(fat.cluster_end - 2) * fat.cluster_size <= volume->size);
	CHECK((fat.bits == 12) == (fat.cluster_end < 4087) && (fat.bits == 32) == (fat.cluster_end >= 65527));
	check_directory(&fat, &root);
	if (!find(&fat, path, &found) || found.root)
		return;
	if (!strchr(path + 1, '\\'))
		check_found(&fat, path + (path[0] == '\\'), &found);
	if (!found.directory)
		check_extents(volume, &fat, &found);
	else if (fat_directory_check(&fat, &found, &suspect, &bytes, &damage) == FAT_GOOD)
		check_directory(&fat, &found);
	else
		return;
	check_crossings(&fat, &found);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct volume volume = { .view = { .show = show } };
	char path[PATH_SIZE + 1] = { 0 };

	if (size < PATH_SIZE + 2)
		return 0;
	memcpy(path, data, PATH_SIZE);
	volume.piece = 32 + data[PATH_SIZE] * 16;
	volume.size = UINT64_C(1) << data[PATH_SIZE + 1] % 48;
	size -= PATH_SIZE + 2;
	memcpy(volume.bytes, data + PATH_SIZE + 2, size < REPEATED ? size : REPEATED);
	check_volume(&volume, path);
	free(volume.shown);
	return 0;
}
