/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files of a FAT volume by EFI_BLOCK_IO, past the firmware's file system, which takes hundreds of instructions a
 * cluster. Only reads. What is declined here, the file system is asked for. Nothing read of directories or the FAT
 * outlives one call, so that what is written through the file system is seen.
 */
#include "firmware.h"

#define WINDOW_SIZE 65536
#define BLOCK_MIN 512
#define BLOCK_MAX 4096
#define DIRECT_MIN 16384 /* less comes through the window: one read instead of two when its end is no whole block */

struct fat_volume {
	struct fat_view view; /* first: what show() gets */
	struct fat fat;
	EFI_BLOCK_IO *io;
	UINT32 media;
	uint64_t block, align; /* bytes */
	uint64_t size;
	EFI_STATUS status; /* of the last read */
	uint8_t window[WINDOW_SIZE] __attribute__((aligned(BLOCK_MAX)));
};

#define PAGES (sizeof(struct fat_volume) / MM_PAGE_SIZE)

static EFI_GUID block_io_guid = EFI_BLOCK_IO_PROTOCOL_GUID;

/* Whole blocks. */
static bool read_blocks(struct fat_volume *volume, uint64_t offset, uint64_t size, void *to)
{
	volume->status = volume->io->ReadBlocks(volume->io, volume->media, offset / volume->block, size, to);
	return !EFI_ERROR(volume->status);
}

static bool show(struct fat_view *view, uint64_t offset, uint64_t needed, uint64_t useful)
{
	struct fat_volume *volume = (struct fat_volume *)view;
	uint64_t start = mm_align_down(offset, volume->block), size = offset - start + (useful < needed ? needed : useful);

	size = size < WINDOW_SIZE ? mm_align_down(size + volume->block - 1, volume->block) : WINDOW_SIZE;
	view->size = 0;
	view->offset = start;
	if (size > volume->size - start)
		size = volume->size - start;
	if (!read_blocks(volume, start, size, volume->window))
		return false;
	view->size = size;
	return true;
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
	volume->view = (struct fat_view){ .bytes = volume->window, .show = show };
	volume->io = io;
	volume->media = media->MediaId;
	volume->block = media->BlockSize;
	volume->align = media->IoAlign ? media->IoAlign : 1;
	volume->size = size;
	if (fat_open(&volume->fat, &volume->view, size))
		return volume;
	fat_volume_close(volume);
	return NULL;
}

void fat_volume_close(struct fat_volume *volume)
{
	if (volume)
		fw.boot->FreePages((uintptr_t)volume, PAGES);
}

static bool find(const char *path, struct fat_node *node)
{
	struct fat_volume *volume = fw.volume->fat;

	if (!volume)
		return false;
	volume->view.size = 0;
	return fat_find(&volume->fat, path, node);
}

bool fat_file_exists(const char *path)
{
	struct fat_node node;

	return find(path, &node);
}

bool fat_file_open(const char *path, struct file *file)
{
	struct fat_node node;

	if (!find(path, &node) || node.directory || !fat_extents_read(&fw.volume->fat->fat, &node, &file->extents))
		return false;
	file->size = node.size;
	return true;
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
			if (piece > WINDOW_SIZE - ragged)
				piece = WINDOW_SIZE - ragged;
			if (!show(&volume->view, at, piece, piece))
				return volume->status;
			memcpy(to, volume->window + ragged, piece);
		} else {
			piece = mm_align_down(piece, volume->block);
			if (!read_blocks(volume, at, piece, to))
				return volume->status;
		}
	}
	return EFI_SUCCESS;
}

bool fat_directory_open(const char *path, struct fat_directory *directory)
{
	struct fat_node node;
	struct fat_entry entry;
	enum fat_step step;

	if (!find(path, &node) || !node.directory)
		return false;
	fat_directory_begin(&fw.volume->fat->fat, &node, directory);
	do
		step = fat_directory_next(directory, &entry);
	while (step == FAT_ENTRY);
	fat_directory_begin(&fw.volume->fat->fat, &node, directory);
	return step == FAT_END;
}
