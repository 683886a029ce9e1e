/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of boot entries: its order, the entry that a name or pattern means, and what each is called. */
#ifndef LOADER_BLS_SORT_H
#define LOADER_BLS_SORT_H

#include <loader/bls.h>
#include <loader/boot_counting.h>

struct bls_file {
	char name[BLS_NAME_MAX]; /* in \loader\entries */
	struct boot_counter counter;
	unsigned volume; /* the caller's number of the volume that it lies on */
	struct bls_entry entry;
};

/*
 * Negative when a stands before b in a menu. The order of the Boot Loader Specification: without tries left last; those
 * with a sort-key first, by sort-key, machine-id and version (newest first); then by file name without counter
 * and suffix (newest first); then by tries left and done. What is still equal is ordered by file name and volume.
 */
int bls_file_compare(const struct bls_file *a, const struct bls_file *b);

/* Sorts pointers to entries in place. */
void bls_files_sort(struct bls_file **files, size_t count);

/* Prints what an entry is called for other programs: its file name without the counter. */
void bls_file_print_id(const struct bls_file *file, struct printer *out);

/* Index of the first entry whose file name, with or without its counter, fits a pattern; count when none does. */
size_t bls_files_find(struct bls_file *const *files, size_t count, const char *pattern);

/*
 * Prints what an entry is called: its title, or its file name when it has none; with the version when another entry has
 * the same title, else with the machine-id, else with the file name, whichever tells them apart first.
 */
void bls_file_print_label(struct bls_file *const *files, size_t count, size_t index, struct printer *printer);

#endif
