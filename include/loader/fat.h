/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading FAT12, FAT16 and FAT32. What is found here is what the firmware's own driver finds: what is so unusual that
 * firmware differs about it is declined, and the caller asks the firmware. What is damaged beyond doubt is told apart
 * from that: the firmware must not be asked then, because it follows such a chain for ever, or reads other files'
 * clusters. Source: Microsoft, FAT: General Overview of On-Disk Format, 1.03.
 */
#ifndef LOADER_FAT_H
#define LOADER_FAT_H

#include <mm/printer.h>
#include <mm/types.h>

#define FAT_NAME_MAX 742   /* bytes of UTF-8 with the NUL; names of more than 247 characters are declined */
#define FAT_ODD_CHAR 0x7f  /* in a name: a character whose meaning depends on the code page, or is none */
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
	struct fat_view *view;       /* of directories */
	struct fat_view *table_view; /* of the FAT; it may be the same one */
	uint64_t table;              /* the first FAT */
	uint64_t root;               /* the root directory of FAT12 and FAT16 */
	uint64_t data;               /* cluster 2 */
	uint32_t root_size;          /* bytes; 0: FAT32 */
	uint32_t root_cluster;       /* of FAT32; else 0 */
	uint32_t cluster_size;       /* bytes */
	uint32_t cluster_end;        /* clusters are 2 to this, which is none */
	uint32_t bits;               /* of an entry in the FAT: 12, 16 or 32 */
	uint32_t mask;               /* those of them that count */
};

/* Reads the boot sector of a volume of that many bytes. False: no FAT beyond doubt; fat is undefined then. */
bool fat_open(struct fat *fat, struct fat_view *view, struct fat_view *table_view, uint64_t volume_size);

/* A file or directory as a directory has it; nothing of it is checked. */
struct fat_node {
	uint32_t cluster; /* the first one; 0: an empty file, or the root directory */
	uint32_t size;    /* bytes */
	bool directory;
	bool root; /* the root directory, which no record is about */
};

/* FAT_ODD: legal or not, firmware may know better, or a block cannot be read. FAT_DAMAGED: nobody should read it. */
enum fat_state { FAT_GOOD, FAT_ODD, FAT_DAMAGED };

/* What is wrong with a chain of clusters. */
struct fat_damage {
	enum fat_damage_kind {
		FAT_CYCLIC,    /* it comes back to a cluster */
		FAT_CROSSES,   /* another chain leads to a cluster, too */
		FAT_NO_START,  /* it begins at what is no cluster */
		FAT_LEADS_OUT, /* a cluster leads to what is no cluster */
		FAT_TOO_SHORT, /* for the file's size */
		FAT_TOO_LONG,  /* for a directory */
		FAT_IS_ABOVE,  /* a directory that begins where one above it does */
		FAT_NOT_ITSELF /* a directory whose "." is another one */
	} kind;
	uint32_t cluster;
	uint32_t value;        /* FAT_LEADS_OUT: what the FAT has there; FAT_NOT_ITSELF: the cluster of "." */
	uint64_t found, needed; /* FAT_TOO_SHORT: clusters */
};

/* A sentence without its end: "its chain of clusters comes back to cluster 261". */
void fat_damage_print(const struct fat_damage *damage, struct printer *out);

/* Where a file lies: its bytes, and what is left of its last cluster, in order. */
struct fat_extents {
	uint32_t count;
	bool suspect; /* the chain jumps, or is longer than the file: fat_chain_crosses() may know more */
	struct fat_extent {
		uint64_t offset; /* of the volume */
		uint64_t size;
	} list[FAT_EXTENTS_MAX];
};

/*
 * Follows a file's chain to its end. FAT_ODD when it is longer than the file's size needs, or in too many pieces: extents but
 * for suspect are undefined then. *damage is set for FAT_DAMAGED alone.
 */
enum fat_state fat_extents_read(const struct fat *fat, const struct fat_node *file, struct fat_extents *extents,
				struct fat_damage *damage);

/* The volume's offset of a byte of the file; *size: how many bytes follow from there, 0 behind its last cluster. */
uint64_t fat_extents_find(const struct fat_extents *extents, uint64_t position, uint64_t *size);

/*
 * Follows a directory's chain to its end, however it is bent, and looks at its ".". *suspect as of struct fat_extents, *size:
 * the bytes of its records. Only a directory that is good has an end for sure.
 */
enum fat_state fat_directory_check(const struct fat *fat, const struct fat_node *node, bool *suspect, uint32_t *size,
				   struct fat_damage *damage);

#define FAT_DEPTH_MAX 32

/* The directories of a path, from the root on. */
struct fat_trail {
	uint32_t count;
	uint32_t clusters[FAT_DEPTH_MAX];
};

/* Adds one; false, and *damage is set, when it is among those above. Whatever lies deeper than FAT_DEPTH_MAX is not looked at. */
bool fat_trail_add(const struct fat *fat, struct fat_trail *trail, const struct fat_node *node, struct fat_damage *damage);

/* The clusters that chains lead to, of a whole FAT: one bit for each. */
struct fat_crossings {
	uint8_t *reached;
	uint8_t *crossed; /* reached from two clusters */
	bool any;         /* crossed ones */
};

/* Bytes of each of the two maps. */
size_t fat_crossings_size(const struct fat *fat);

/* Reads the whole FAT; the maps' memory is the caller's. False when it cannot be read. */
bool fat_crossings_read(const struct fat *fat, struct fat_crossings *crossings);

/* Whether a chain that has an end (FAT_GOOD or too long) has a cluster that another one leads to; *damage is set then. */
bool fat_chain_crosses(const struct fat *fat, const struct fat_node *node, const struct fat_crossings *crossings,
		       struct fat_damage *damage);

struct fat_entry {
	char name[FAT_NAME_MAX]; /* UTF-8, as the firmware shows it, but for FAT_ODD_CHAR; never empty */
	char short_name[13];     /* NAME.EXT */
	struct fat_node node;
};

/* A position in a directory. */
struct fat_directory {
	const struct fat *fat;
	uint64_t offset;
	uint64_t left; /* bytes from there that are the directory's */
	uint32_t next; /* what the FAT has behind them */
	uint32_t seen; /* records */
	bool fixed;    /* the root directory of FAT12 and FAT16 */
};

enum fat_step { FAT_DECLINED, FAT_END, FAT_ENTRY };

/* At the start of the root directory, or of another one whose cluster is one of the volume. Views may be used between steps. */
void fat_directory_begin(const struct fat *fat, const struct fat_node *node, struct fat_directory *directory);

/* The next file or directory, "." and ".." among them; entry is undefined unless there is one. */
enum fat_step fat_directory_next(struct fat_directory *directory, struct fat_entry *entry);

#endif
