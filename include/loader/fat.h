/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading FAT12, FAT16 and FAT32. What is found here is what the firmware's own driver finds: whatever is damaged, or
 * so unusual that firmware differs about it, is declined, and the caller asks the firmware. Source: Microsoft, FAT:
 * General Overview of On-Disk Format, 1.03.
 */
#ifndef LOADER_FAT_H
#define LOADER_FAT_H

#include <mm/types.h>

#define FAT_NAME_MAX 256   /* with the NUL; names of more than 247 characters are declined */
#define FAT_ODD_CHAR 0x7f  /* in a name: a character that is not printable ASCII */
#define FAT_EXTENTS_MAX 32 /* pieces of a file; more are declined */

/* The piece of a volume that can be seen: size bytes from its byte offset on. */
struct fat_view {
	const uint8_t *bytes;
	uint64_t offset;
	uint64_t size;
	/*
	 * Shows at least needed bytes (2 to 512) at an offset, all of them on the volume, and better useful ones; false
	 * when they cannot be read. What was seen before may be gone.
	 */
	bool (*show)(struct fat_view *view, uint64_t offset, uint64_t needed, uint64_t useful);
};

/* A volume; all offsets are bytes from its start. */
struct fat {
	struct fat_view *view;
	uint64_t table;        /* the first FAT */
	uint64_t root;         /* the root directory of FAT12 and FAT16 */
	uint64_t data;         /* cluster 2 */
	uint32_t root_size;    /* bytes; 0: FAT32 */
	uint32_t root_cluster; /* of FAT32; else 0 */
	uint32_t cluster_size; /* bytes */
	uint32_t cluster_end;  /* clusters are 2 to this, which is none */
	uint32_t bits;         /* of an entry in the FAT: 12, 16 or 32 */
	uint32_t mask;         /* those of them that count */
};

/* Reads the boot sector of a volume of that many bytes. False: no FAT beyond doubt; fat is undefined then. */
bool fat_open(struct fat *fat, struct fat_view *view, uint64_t volume_size);

/* A file or directory; nothing of it is checked but what fat_find says. */
struct fat_node {
	uint32_t cluster; /* the first one; 0: an empty file, or the root directory */
	uint32_t size;    /* bytes */
	bool directory;
};

struct fat_entry {
	char name[FAT_NAME_MAX]; /* as the firmware shows it, but for FAT_ODD_CHAR; never empty */
	char short_name[13];     /* NAME.EXT */
	struct fat_node node;
};

/* A position in a directory. */
struct fat_directory {
	const struct fat *fat;
	uint64_t offset;
	uint32_t left;    /* bytes from there that are the directory's */
	uint32_t cluster; /* 0: the root directory of FAT12 and FAT16 */
	uint32_t seen;    /* entries */
};

enum fat_step { FAT_DECLINED, FAT_END, FAT_ENTRY };

/* At the start of the root directory, or of one that fat_find found. The view may be used between the steps. */
void fat_directory_begin(const struct fat *fat, const struct fat_node *node, struct fat_directory *directory);

/* The next file or directory, "." and ".." among them; entry is undefined unless there is one. */
enum fat_step fat_directory_next(struct fat_directory *directory, struct fat_entry *entry);

/*
 * The file or directory at a path from the root, with backslashes and maybe one in front. Names are compared without
 * case, long and short ones. A directory has a cluster of the volume. False when there is none, when two would fit, or
 * when a directory on the way or a name is in doubt; found is undefined then.
 */
bool fat_find(const struct fat *fat, const char *path, struct fat_node *found);

/* Where a file lies: its bytes, and what is left of its last cluster, in order. */
struct fat_extents {
	uint32_t count;
	struct fat_extent {
		uint64_t offset; /* of the volume */
		uint64_t size;
	} list[FAT_EXTENTS_MAX];
};

/* False when the file's chain of clusters is damaged, longer or shorter than its size, or in too many pieces. */
bool fat_extents_read(const struct fat *fat, const struct fat_node *file, struct fat_extents *extents);

/* The volume's offset of a byte of the file; *size: how many bytes follow from there, 0 behind its last cluster. */
uint64_t fat_extents_find(const struct fat_extents *extents, uint64_t position, uint64_t *size);

#endif
