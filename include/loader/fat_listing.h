/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A directory of a FAT volume, read once: its files are found by name and handed out in the order that they lie in on the
 * disk. The memory is the caller's; all else as of fat.h.
 */
#ifndef LOADER_FAT_LISTING_H
#define LOADER_FAT_LISTING_H

#include <loader/fat.h>

struct fat_listing {
	uint32_t count;     /* of files and directories, "." and ".." among them */
	uint32_t slot_mask; /* one less than the number of slots, a power of 2 */
	size_t text_used;
	bool ascii;         /* all names are */
	bool odd;           /* there is a name with FAT_ODD_CHAR */
	struct fat_record {
		struct fat_node node;
		uint32_t name, short_name; /* in text */
	} *records;
	struct fat_slot {
		uint32_t hash;
		uint32_t record; /* 1 more than its index; 0: empty */
	} *slots;
	char *text;
};

/* Bytes of memory, aligned to 8, that are enough for a directory of so many bytes of records. */
size_t fat_listing_size(uint32_t directory_size);

/* Reads a directory that fat_directory_check found good, into that much memory. FAT_END, or FAT_DECLINED. */
enum fat_step fat_listing_read(const struct fat *fat, const struct fat_node *node, uint32_t directory_size,
			       struct fat_listing *listing, void *memory);

enum fat_found {
	FAT_FOUND,
	FAT_ABSENT, /* beyond doubt */
	FAT_DOUBT   /* two fit, or the case of characters beyond ASCII decides, or an odd character */
};

/* What has a name of length bytes, long or short, without case. *node is untouched unless it is found. */
enum fat_found fat_listing_find(const struct fat_listing *listing, const char *name, size_t length, struct fat_node *node);

/* Whether a name has FAT_ODD_CHAR. */
bool fat_name_is_odd(const char *name);

/* Fills order with the indices of all files (no directories) by their first cluster; returns how many. */
uint32_t fat_listing_order(const struct fat_listing *listing, uint32_t *order);

/*
 * The next part of a path, which may begin with a backslash: *path moves behind it, *length are its bytes from *name on.
 * False at the end, and with *length 0 for what firmware might take for another name: an empty part, or one with a blank at
 * an end, or a dot at the last.
 */
bool fat_path_part(const char **path, const char **name, size_t *length);

#endif
