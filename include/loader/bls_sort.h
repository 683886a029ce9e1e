/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of boot entries: its order, the entry that a name or pattern means, and what each is called. */
#ifndef LOADER_BLS_SORT_H
#define LOADER_BLS_SORT_H

#include <loader/bls.h>
#include <loader/boot_counting.h>

/* What is known of an entry, by looking at what it names or by starting it. */
enum bls_state {
	BLS_UNCHECKED,
	BLS_UNREAD, /* its text cannot be parsed */
	BLS_FOUND,  /* its files are there */
	BLS_STARTS, /* and they look right */
	BLS_BROKEN, /* it cannot be started */
	BLS_TRIED,  /* it was started and came back, or failed */
	BLS_LOOP    /* it leads back to this loader */
};

/* An entry in the list: what order and label need of it, and its text. The whole entry is parsed when it is needed. */
struct bls_file {
	char name[BLS_NAME_MAX]; /* in \loader\entries */
	struct boot_counter counter;
	unsigned volume; /* the caller's number of the volume that it lies on */
	const char *title, *version, *machine_id, *sort_key; /* empty: the entry has none */
	const char *text; /* of the file */
	size_t text_size;
	struct bls_entry *entry; /* null until the caller has parsed it */
	enum bls_state state;    /* the caller's, as the next one */
	char *reason;            /* for its state; may be null */
	bool noted; /* the caller's: something was noted about the text */
};

/* Bytes that bls_file_make needs for an entry that was parsed from a text of that many bytes. */
size_t bls_file_size(const struct bls_entry *entry, size_t text_size);

/*
 * Makes the list's entry of a parsed one in memory of bls_file_size() bytes, aligned for a struct bls_file: *entry and *text
 * are copied and not needed any more. The name must fit with its NUL.
 */
struct bls_file *bls_file_make(void *memory, const char *name, unsigned volume, const struct bls_entry *entry, const char *text,
			       size_t text_size);

/*
 * Negative when a stands before b in a menu. The order of the Boot Loader Specification: without tries left last; those
 * with a sort-key first, by sort-key, machine-id and version (newest first); then by file name in small letters without counter
 * and suffix (newest first); then by tries left and done. What is still equal is ordered by volume and file name. Where the
 * specification leaves it open (case, counters) this is systemd-boot's order.
 */
int bls_file_compare(const struct bls_file *a, const struct bls_file *b);

/* Sorts pointers to entries in place, with at most 2 n log2 n comparisons. */
void bls_files_sort(struct bls_file **files, size_t count);

/* Prints what an entry is called for other programs: its file name without the counter. */
void bls_file_print_id(const struct bls_file *file, struct printer *out);

/* Index of the first entry whose file name, with or without its counter, fits a pattern; count when none does. */
size_t bls_files_find(struct bls_file *const *files, size_t count, const char *pattern);

/* The same for a name that is no pattern. */
size_t bls_files_find_name(struct bls_file *const *files, size_t count, const char *name);

/*
 * The entry to start when nobody chooses: the first that fits the pattern, or, when none is left that does, the first of all;
 * but none that is BLS_BROKEN, BLS_TRIED or BLS_LOOP. count when there is none. An empty pattern fits nothing.
 */
size_t bls_files_next(struct bls_file *const *files, size_t count, const char *pattern);

/*
 * Prints what an entry is called: its title, or its file name when it has none; with the version when another entry has
 * the same title, else with the machine-id, else with the file name, whichever tells them apart first.
 */
void bls_file_print_label(struct bls_file *const *files, size_t count, size_t index, struct printer *printer);

#endif
