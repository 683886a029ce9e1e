/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading the corpus of real machines' memory maps. */
#ifndef TEST_CORPUS_H
#define TEST_CORPUS_H

#include "../support/map_files.h"
#include "../support/map_replay.h"

/* Opens a file below the corpus and skips its header line; null when there is none. */
void *open_table(const char *folder, const char *id, const char *suffix);

/* Opens the log of a machine, raw/ID-NAME.txt; null when there is none. Read with next_row(), closed as a table. */
void *open_log(const char *id, const char *name);

/* Reads efi/ID.tsv as GetMemoryMap would have returned it, into a buffer of MAX_MAP strides. */
struct efi_memmap read_efi_map(const char *id, unsigned char *buffer);

/*
 * Appends e820/ID.tsv, or of e820/ID.after.tsv the rows with that label. false when there is no such file, or a
 * damaged one.
 */
bool read_e820_map(const char *id, const char *label, struct e820_table *table);

/* Counts a check; prints its name and the machine when it failed. */
void verdict(bool passed, const char *id, const char *what);

/* The checks of one machine. false when there is no such map, or none that can be replayed. */
bool replay_efi_map(const char *id, const char *name, bool *compared);
bool replay_e820_map(const char *id, const char *name);

/* User-defined maps that were compared so far. */
extern unsigned user_maps;

#endif
