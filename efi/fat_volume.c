/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files of a FAT volume by EFI_BLOCK_IO, past the firmware's file system, which takes hundreds of instructions a
 * cluster. Only reads. What is declined here, the file system is asked for; what is damaged is refused, because the file
 * system would follow a chain without an end for ever. Directories are kept until something is written to the volume.
 */
#include "firmware.h"

#include <loader/fat_listing.h>

#define WINDOW_SIZE (UINT64_C(256) << 10)
#define TABLE_WINDOW_SIZE (UINT64_C(128) << 10)
#define READ_MIN 4096 /* bytes: one request for directories and small files that lie side by side */
#define BLOCK_MIN 512
#define BLOCK_MAX 4096
#define DIRECT_MIN 16384 /* less comes through the window: one read instead of two when its end is no whole block */
#define CROSSINGS_MAX (UINT64_C(8) << 20) /* bytes of a FAT that is read as a whole, for a file that lies in pieces */

struct fat_volume;

struct window {
	struct fat_view view; /* first: what show() gets */
	struct fat_volume *volume;
	uint8_t *bytes;
	uint64_t capacity;
};

/* A directory that was read, with its listing's memory behind it. */
struct cached_directory {
	struct cached_directory *next;
	struct fat_node node;
	enum fat_state state;
	struct fat_damage damage;
	struct fat_listing listing; /* of a good one */
};

struct fat_volume {
	struct window data, table;
	struct fat fat;
	EFI_BLOCK_IO *io;
	UINT32 media;
	uint64_t block, align; /* bytes */
	uint64_t size;
	EFI_STATUS status; /* of the last read */
	struct cached_directory *directories;
	struct fat_crossings crossings; /* null: not read yet */
	uint8_t table_bytes[TABLE_WINDOW_SIZE] __attribute__((aligned(BLOCK_MAX)));
	uint8_t data_bytes[WINDOW_SIZE] __attribute__((aligned(BLOCK_MAX)));
};

#define PAGES ((sizeof(struct fat_volume) + MM_PAGE_SIZE - 1) / MM_PAGE_SIZE)

static EFI_GUID block_io_guid = EFI_BLOCK_IO_PROTOCOL_GUID;

/* Whole blocks. */
static bool read_blocks(struct fat_volume *volume, uint64_t offset, uint64_t size, void *to)
{
	watchdog_feed();
	volume->status = volume->io->ReadBlocks(volume->io, volume->media, offset / volume->block, size, to);
	return !EFI_ERROR(volume->status);
}

static bool show(struct fat_view *view, uint64_t offset, uint64_t needed, uint64_t useful)
{
	struct window *window = (struct window *)view;
	struct fat_volume *volume = window->volume;
	uint64_t start = mm_align_down(offset, volume->block), size = offset - start + needed;

	if (size < offset - start + useful)
		size = offset - start + useful;
	if (size < READ_MIN)
		size = READ_MIN;
	size = size < window->capacity ? mm_align_down(size + volume->block - 1, volume->block) : window->capacity;
	view->size = 0;
	view->offset = start;
	if (size > volume->size - start)
		size = volume->size - start;
	if (!read_blocks(volume, start, size, window->bytes))
		return false;
	view->size = size;
	return true;
}

static struct window window_of(struct fat_volume *volume, uint8_t *bytes, uint64_t capacity)
{
	return (struct window){ { .bytes = bytes, .show = show }, volume, bytes, capacity };
}

struct fat_volume *fat_volume_open(EFI_HANDLE handle)
{
	struct fat_volume *volume;
	EFI_PHYSICAL_ADDRESS base;
	EFI_BLOCK_IO_MEDIA *media;
	EFI_BLOCK_IO *io;
	uint64_t size;

	if (EFI_ERROR(fw.boot->HandleProtocol(handle, &block_io_guid, (void **)&io)))
		return NULL;
	media = io->Media;
	if (!media->MediaPresent || media->BlockSize < BLOCK_MIN || media->BlockSize > BLOCK_MAX ||
	    media->BlockSize & (media->BlockSize - 1) || media->IoAlign > BLOCK_MAX ||
	    __builtin_mul_overflow(media->LastBlock + 1, media->BlockSize, &size) ||
	    EFI_ERROR(fw.boot->AllocatePages(AllocateAnyPages, EfiLoaderData, PAGES, &base)))
		return NULL;
	volume = (struct fat_volume *)(uintptr_t)base;
	volume->data = window_of(volume, volume->data_bytes, WINDOW_SIZE);
	volume->table = window_of(volume, volume->table_bytes, TABLE_WINDOW_SIZE);
	volume->io = io;
	volume->media = media->MediaId;
	volume->block = media->BlockSize;
	volume->align = media->IoAlign ? media->IoAlign : 1;
	volume->size = size;
	volume->directories = NULL;
	volume->crossings.reached = NULL;
	if (fat_open(&volume->fat, &volume->data.view, &volume->table.view, size))
		return volume;
	fat_volume_close(volume);
	return NULL;
}

void fat_volume_trim(struct fat_volume *volume)
{
	if (!volume)
		return;
	while (volume->directories) {
		struct cached_directory *next = volume->directories->next;

		pool_free(volume->directories);
		volume->directories = next;
	}
	pool_free(volume->crossings.reached);
	volume->crossings.reached = NULL;
}

void fat_volume_changed(struct fat_volume *volume)
{
	fat_volume_trim(volume);
	if (volume)
		volume->data.view.size = volume->table.view.size = 0;
}

void fat_volume_close(struct fat_volume *volume)
{
	fat_volume_trim(volume);
	if (volume)
		fw.boot->FreePages((uintptr_t)volume, PAGES);
}

/* Null, with nothing printed, when there is none: then the firmware is asked. */
static void *allocate(size_t size)
{
	void *memory;

	return EFI_ERROR(fw.boot->AllocatePool(EfiLoaderData, size, &memory)) ? NULL : memory;
}

/* Whether another chain leads into one that is bent. What cannot be found out is not held against it. */
static bool crosses(struct fat_volume *volume, const struct fat_node *node, struct fat_damage *damage)
{
	struct fat_crossings *crossings = &volume->crossings;
	size_t size = fat_crossings_size(&volume->fat);

	if (!crossings->reached && (uint64_t)volume->fat.cluster_end * volume->fat.bits / 8 <= CROSSINGS_MAX) {
		crossings->reached = allocate(2 * size);
		if (crossings->reached)
			crossings->crossed = crossings->reached + size;
		if (crossings->reached && !fat_crossings_read(&volume->fat, crossings)) {
			pool_free(crossings->reached);
			crossings->reached = NULL;
		}
	}
	return crossings->reached && fat_chain_crosses(&volume->fat, node, crossings, damage);
}

static enum fat_state check_directory(struct fat_volume *volume, const struct fat_node *node, uint32_t *size,
				      struct fat_damage *damage)
{
	bool suspect;
	enum fat_state state = fat_directory_check(&volume->fat, node, &suspect, size, damage);

	return state == FAT_GOOD && suspect && crosses(volume, node, damage) ? FAT_DAMAGED : state;
}

/* A directory from the ones that were read, or from the disk; null when the firmware is to be asked. */
static struct cached_directory *directory_of(struct fat_volume *volume, const struct fat_node *node)
{
	struct cached_directory *cached = volume->directories;
	struct fat_listing listing = { .count = 0 };
	struct fat_damage damage = { .cluster = 0 };
	enum fat_state state;
	uint32_t size;

	while (cached && (cached->node.cluster != node->cluster || cached->node.root != node->root))
		cached = cached->next;
	if (cached)
		return cached;
	state = check_directory(volume, node, &size, &damage);
	cached = allocate(sizeof(*cached) + (state == FAT_GOOD ? fat_listing_size(size) : 0));
	if (!cached)
		return NULL;
	if (state == FAT_GOOD && fat_listing_read(&volume->fat, node, size, &listing, cached + 1) != FAT_END)
		state = FAT_ODD;
	*cached = (struct cached_directory){ volume->directories, *node, state, damage, listing };
	volume->directories = cached;
	return cached;
}

/* Why a path is refused: the damage, and how many bytes of the path name what has it. */
struct trouble {
	struct fat_damage damage;
	size_t length;
	struct fat_trail trail;
};

/* Only for something that is good there is a node, and for a directory its listing. */
struct place {
	struct fat_node node;
	const struct fat_listing *listing; /* null: no directory */
};

enum look { LOOK_FOUND, LOOK_ABSENT, LOOK_ODD, LOOK_DAMAGED };

static enum look look_into(struct fat_volume *volume, struct place *place, struct trouble *trouble)
{
	struct cached_directory *directory;

	place->listing = NULL;
	if (!place->node.directory)
		return LOOK_FOUND;
	if (!fat_trail_add(&volume->fat, &trouble->trail, &place->node, &trouble->damage))
		return LOOK_DAMAGED;
	directory = directory_of(volume, &place->node);
	if (directory && directory->state == FAT_DAMAGED)
		trouble->damage = directory->damage;
	else if (directory && directory->state == FAT_GOOD)
		place->listing = &directory->listing;
	return place->listing ? LOOK_FOUND : directory && directory->state == FAT_DAMAGED ? LOOK_DAMAGED : LOOK_ODD;
}

static enum look find(const char *path, struct place *place, struct trouble *trouble)
{
	struct fat_volume *volume = fw.volume->fat;
	const char *rest = path, *name;
	size_t length;
	enum look look;

	if (!volume)
		return LOOK_ODD;
	place->node = (struct fat_node){ .directory = true, .root = true };
	trouble->length = 0;
	trouble->trail.count = 0;
	look = look_into(volume, place, trouble);
	while (look == LOOK_FOUND && fat_path_part(&rest, &name, &length)) {
		enum fat_found found = FAT_DOUBT;

		trouble->length = (size_t)(rest - path);
		if (length && place->listing)
			found = fat_listing_find(place->listing, name, length, &place->node);
		look = found == FAT_FOUND ? look_into(volume, place, trouble) : found == FAT_ABSENT ? LOOK_ABSENT : LOOK_ODD;
	}
	return look;
}

static EFI_STATUS refuse_damaged(const char *path, const char *user, const struct trouble *trouble, bool directory)
{
	struct printer *out = refuse(path);

	if (directory || path[trouble->length])
		print(out, "the directory %s%.*s is damaged: ", fw.volume->prefix, trouble->length ? (int)trouble->length : 1,
		      trouble->length ? path : "\\");
	else
		print(out, "damaged: ");
	fat_damage_print(&trouble->damage, out);
	print(out, ", named by %s; check the volume with fsck.fat or chkdsk, and copy its files again\n", user);
	return EFI_VOLUME_CORRUPTED;
}

enum file_presence fat_file_find(const char *path, uint64_t *size)
{
	struct trouble trouble;
	struct place place;

	switch (find(path, &place, &trouble)) {
	case LOOK_FOUND:
		*size = place.node.size;
		return place.node.directory ? FILE_DIRECTORY : FILE_PRESENT;
	case LOOK_ABSENT:
		return FILE_ABSENT;
	case LOOK_DAMAGED:
		return FILE_DAMAGED;
	default:
		return FILE_UNKNOWN;
	}
}

EFI_STATUS fat_file_open(const char *path, const char *user, struct file *file)
{
	struct fat_volume *volume = fw.volume->fat;
	struct trouble trouble;
	struct place place;
	enum look look = find(path, &place, &trouble);
	enum fat_state state;

	if (look == LOOK_DAMAGED)
		return refuse_damaged(path, user, &trouble, place.node.directory);
	if (look != LOOK_FOUND || place.listing)
		return EFI_UNSUPPORTED;
	state = fat_extents_read(&volume->fat, &place.node, &file->extents, &trouble.damage);
	if (state != FAT_DAMAGED && file->extents.suspect && crosses(volume, &place.node, &trouble.damage))
		state = FAT_DAMAGED;
	if (state == FAT_DAMAGED)
		return refuse_damaged(path, user, &trouble, false);
	file->size = place.node.size;
	return state == FAT_GOOD ? EFI_SUCCESS : EFI_UNSUPPORTED;
}

EFI_STATUS fat_file_read(const struct file *file, uint64_t offset, uint64_t size, uint8_t *to)
{
	struct fat_volume *volume = fw.volume->fat;
	uint64_t piece;

	for (; size; size -= piece, offset += piece, to += piece) {
		uint64_t at = fat_extents_find(&file->extents, offset, &piece), ragged = at & (volume->block - 1);

		if (piece == 0)
			return EFI_VOLUME_CORRUPTED;
		if (piece > size)
			piece = size;
		if (piece < DIRECT_MIN || ragged || (uintptr_t)to % volume->align) {
			struct fat_view *view = &volume->data.view;
			uint64_t skip = at - view->offset;

			if (piece > WINDOW_SIZE - ragged)
				piece = WINDOW_SIZE - ragged;
			if ((skip >= view->size || view->size - skip < piece) && !show(view, at, piece, piece))
				return volume->status;
			memcpy(to, view->bytes + (at - view->offset), piece);
		} else {
			piece = mm_align_down(piece, volume->block);
			if (!read_blocks(volume, at, piece, to))
				return volume->status;
		}
	}
	return EFI_SUCCESS;
}

/* Shows the bytes of as many files as fit into the window, from this one on, in the order that they lie in. */
static void read_ahead(struct fat_volume *volume, const struct fat_listing *listing, const uint32_t *order, uint32_t count)
{
	struct fat_view *view = &volume->data.view;
	const struct fat *fat = &volume->fat;
	uint64_t start = 0, end = 0;

	for (uint32_t i = 0; i < count; i++) {
		const struct fat_node *node = &listing->records[order[i]].node;
		uint64_t at = fat->data + (node->cluster - 2) * (uint64_t)fat->cluster_size;

		if (node->cluster < 2 || node->cluster >= fat->cluster_end || at >= volume->size)
			break;
		if (i == 0 && at >= view->offset && at - view->offset < view->size && view->size - (at - view->offset) >= node->size)
			return;
		if (i == 0)
			start = at;
		if (at - start + node->size > WINDOW_SIZE)
			break;
		end = at + node->size;
	}
	if (end > start)
		show(view, start, 1, end - start);
}

EFI_STATUS fat_directory_list(const char *path, const char *user, struct directory_reading *reading)
{
	struct fat_volume *volume = fw.volume->fat;
	struct trouble trouble;
	struct place place;
	enum look look = find(path, &place, &trouble);
	const struct fat_listing *listing = place.listing;
	uint32_t *order, count, kept = 0;

	if (look == LOOK_DAMAGED)
		return refuse_damaged(path, user, &trouble, true);
	if (look == LOOK_ABSENT)
		return EFI_NOT_FOUND;
	if (look != LOOK_FOUND || !listing)
		return EFI_UNSUPPORTED;
	order = allocate(listing->count * sizeof(*order) + 1);
	if (!order)
		return EFI_UNSUPPORTED;
	count = fat_listing_order(listing, order);
	for (uint32_t i = 0; i < count; i++)
		if (reading->wants(reading, listing->text + listing->records[order[i]].name))
			order[kept++] = order[i];
	for (uint32_t i = 0; i < kept; i++) {
		if (fat_name_is_odd(listing->text + listing->records[order[i]].name)) {
			pool_free(order);
			return EFI_UNSUPPORTED;
		}
	}
	for (uint32_t i = 0; i < kept; i++) {
		read_ahead(volume, listing, order + i, kept - i);
		reading->found(reading, listing->text + listing->records[order[i]].name);
	}
	pool_free(order);
	return EFI_SUCCESS;
}
