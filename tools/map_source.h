/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was read from one file that tells of a machine's memory: a log, a /sys or /proc file, a saved map. Everything
 * is kept as it was found, in the file's order; nothing is sorted, merged or repaired. Memory is on the heap.
 */
#ifndef TOOLS_MAP_SOURCE_H
#define TOOLS_MAP_SOURCE_H

#include <loader/boot_params.h>
#include <mm/efi_to_e820.h>

/* An e820 table and whose it is: the word that Linux prints before each of its lines. */
struct source_e820 {
	char *label; /* "BIOS-e820", "user", "modified", "reserve setup_data" (Linux's "extended" map), "Xen"... */
	struct e820_table table;
};

/* Linux prints four at most. */
#define MAX_E820_TABLES 32

/* A line of /proc/iomem: depth levels below the root, end inclusive. */
struct source_iomem {
	unsigned depth;
	uint64_t start;
	uint64_t end;
	char *name;
};

enum source_note_kind {
	NOTE_ABOUT,  /* something worth knowing: of several boots the last was read */
	NOTE_DAMAGED /* a line or value that should hold a range and does not; it was left out */
};

/* Who reads a hundred notes, needs no more. */
#define DAMAGED_NOTES 100

struct source_note {
	enum source_note_kind kind;
	size_t line; /* from 1; 0 when it is about no line */
	char *text;
};

/* A node of the setup_data list, from the folder /sys/kernel/boot_params/setup_data. */
struct source_setup_data {
	uint32_t type;
	size_t size;
	unsigned char *data;
};

struct map_source {
	char *name;       /* the path as given, or "standard input" */
	const char *kind; /* what it was taken for: "Linux log"... */

	/* Raw EFI descriptors, as they lay in the firmware's map (virt_addr 0 where the file does not say). */
	struct efi_memory_desc *efi;
	size_t nr_efi, max_efi;
	uint64_t efi_stride;       /* of the firmware's buffer; 0 when the file does not say */
	uint64_t efi_size;         /* of the firmware's buffer in bytes; 0 when the file does not say */
	uint64_t efi_version;      /* descriptor version; 0 when the file does not say */

	struct source_e820 *e820; /* at most MAX_E820_TABLES */
	size_t nr_e820;
	struct source_iomem *iomem;
	size_t nr_iomem, max_iomem;

	/* Facts; null or 0 when the file does not say. */
	char *command_line;
	char *kernel;      /* "6.1.0-28-amd64" */
	char *board;       /* maker, model and BIOS version, as Linux's DMI line */
	char *firmware;    /* "EFI v2.70 by EDK II" */
	uint64_t rsdp;     /* physical address */
	unsigned char *boot_params; /* BOOT_PARAMS_SIZE bytes */
	unsigned char *efimap; /* the whole .efimap file, which holds more than is said here (mm/efimap.h) */
	size_t efimap_size;
	struct source_setup_data *setup_data;
	size_t nr_setup_data;

	struct source_note *notes;
	size_t nr_notes, max_notes;
	size_t nr_damaged; /* how many lines and values are damaged; the first DAMAGED_NOTES have notes */
	char *heading;     /* of the table that is being read; a reader's own business */
	size_t nr_restarts; /* maps that were read before this one and dropped for it; likewise */
	uint64_t announced; /* entries that the heading announces, 0 when it does not; likewise */
	bool forgets_text; /* what was read of the text is given back to the system, see reading() */
	const char *forgotten; /* up to where it is */
	char *refusal;     /* why nothing of it can be used; null in a source that was read */
};

/* Longest error of map_source_read, with its NUL. */
#define MAP_SOURCE_ERROR_SIZE 2048

/*
 * Reads a file, a folder (/sys/firmware/memmap and the like) or, for "-", standard input; what it is is told by its
 * content. Returns 0, and *source to be freed with map_source_free. Otherwise -1, *source empty (no need to free it)
 * and one sentence in error, without the program's name and without a line end.
 */
int map_source_read(const char *path, struct map_source *source, char *error, size_t error_size);

void map_source_free(struct map_source *source);

/* Prints its notes to standard error, a line each: "mapbridge: FILE:LINE: text". */
void map_source_print_notes(const struct map_source *source);

/* The view of the raw descriptors that mm/ works on; it has none when the file holds no EFI map. */
struct efi_memmap map_source_efi(const struct map_source *source);

/* The table with that label; null when there is none. */
const struct source_e820 *map_source_e820(const struct map_source *source, const char *label);

/*
 * The e820 table to work on, sanitised, in fresh memory (free table->entries): the recorded one that the boot loader
 * gave (BIOS-e820, or the first that there is), else the EFI map converted under that policy. *converted (may be null)
 * says which. false when the file holds neither, or *table would be too large; *table is empty then.
 */
bool map_source_work_e820(const struct map_source *source, enum e820_policy policy, struct e820_table *table,
			  bool *converted);

/* The EFI map converted under a policy; table->entries, and *trace unless null, in fresh memory. false as above. */
bool map_source_convert(const struct map_source *source, enum e820_policy policy, struct e820_table *table,
			struct efi_trace **trace);

/* Sanitises a table that has grown in fresh memory; false when there is no memory. */
bool map_source_sanitise(struct e820_table *table);

#endif
