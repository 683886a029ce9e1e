/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading the corpus of real machines' memory maps: tables of tab-separated values, one header line each. */
#ifndef TEST_CORPUS_H
#define TEST_CORPUS_H

#include <stdbool.h>
#include <stddef.h>

#include <mm/e820.h>
#include <mm/efi_memmap.h>

#define MAX_MAP 512 /* descriptors or entries of one machine */
#define STRIDE 48

/* Opens a file below the corpus and skips its header line; null when there is none. */
void *open_table(const char *folder, const char *id, const char *suffix);

/* Next line of a table, divided at tabs; the number of fields, 0 at the end. The fields live until the next call. */
size_t next_row(void *table, char *fields[], size_t max_fields);

void close_table(void *table);

/* Reads efi/ID.tsv as GetMemoryMap would have returned it, into a buffer of MAX_MAP strides. */
struct efi_memmap read_efi_map(const char *id, unsigned char *buffer);

/*
 * Appends e820/ID.tsv, or of e820/ID.after.tsv the rows with that label. false when there is no such file, or a
 * damaged one.
 */
bool read_e820_map(const char *id, const char *label, struct e820_table *table);

/* Shuffles elements of that size, always in the same manner. */
void shuffle(void *elements, size_t count, size_t size);

/* Whether two tables are equal; otherwise prints the entries that are in one only. */
bool same_tables(const struct e820_table *is, const struct e820_table *expected);

/* Counts a check; prints its name and the machine when it failed. */
void verdict(bool passed, const char *id, const char *what);

/* The checks of one machine. false when there is no such map, or none that can be replayed. */
bool replay_efi_map(const char *id, const char *name, bool *compared);
bool replay_e820_map(const char *id, const char *name);

/* User-defined maps that were compared so far. */
extern unsigned user_maps;

#endif
