/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory maps in files: tables of tab-separated values with one header line, in front of which there may be lines that
 * start with '#'. A field that should be a number and is none ends the program.
 */
#ifndef TEST_SUPPORT_MAP_FILES_H
#define TEST_SUPPORT_MAP_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include <mm/e820.h>
#include <mm/efi_memmap.h>

#define MAX_MAP 1024 /* descriptors or entries of one machine */
#define MAX_STRIDE 48

/* Opens a table and skips its header; null when there is none. */
void *open_table_file(const char *path);

/* Opens a text file, whose lines next_row() gives from the first one on; null when there is none. */
void *open_lines(const char *path);

/* Next line of a table, divided at tabs; the number of fields, 0 at the end. The fields live until the next call. */
size_t next_row(void *table, char *fields[], size_t max_fields);

void close_table(void *table);

/*
 * Reads type, phys_start, num_pages and attribute as GetMemoryMap would have returned them with that stride, into a
 * buffer of MAX_MAP strides, with junk behind the 40 bytes that are defined. An empty map when there is no such file.
 */
struct efi_memmap read_efi_map_file(const char *path, size_t stride, unsigned char *buffer);

/*
 * Appends start, inclusive end and type of each row; with a label only of the rows whose first field is that label.
 * false when there is no such file, or a damaged one (printed).
 */
bool read_e820_map_file(const char *path, const char *label, struct e820_table *table);

#endif
