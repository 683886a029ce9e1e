/* SPDX-License-Identifier: BSD-2-Clause */
/* Any text as a command line, and as the value of mem= and memmap=; what is refused must leave the table alone. */
#include <mm/e820_options.h>

#include "fuzz.h"

#define CAPACITY 12

static const struct e820_entry start[] = { { 0, 0x9fc00, E820_TYPE_RAM },
					   { 0x100000, 0x3ff00000, E820_TYPE_RAM },
					   { 0x40000000, 0x1000, E820_TYPE_NVS } };

static void apply(int (*function)(struct e820_table *, const char *, const char *, const char **), const uint8_t *data,
		  size_t size)
{
	struct e820_entry entries[CAPACITY];
	struct e820_table table = { entries, CAPACITY, MM_ARRAY_COUNT(start) };
	char *text = exact_copy(data, size);
	const char *stop = NULL;
	int result;

	memcpy(entries, start, sizeof(start));
	result = function(&table, text, text + size, &stop);
	CHECK(stop >= text && stop <= text + size);
	CHECK(table.nr_entries <= CAPACITY);
	if (result != 0 && result != MM_ENOSPC)
		CHECK(table.nr_entries == MM_ARRAY_COUNT(start) && memcmp(entries, start, sizeof(start)) == 0);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct e820_entry entries[CAPACITY];
	struct e820_table table = { entries, CAPACITY, MM_ARRAY_COUNT(start) };
	char *line = malloc(size + 1), message[2000];
	struct buffer_printer out;
	size_t applied, scratch_size;
	void *scratch;
	int result;

	apply(e820_apply_mem, data, size);
	apply(e820_apply_memmap, data, size);
	CHECK(line);
	if (size)
		memcpy(line, data, size);
	line[size] = '\0';
	memcpy(entries, start, sizeof(start));
	buffer_printer_init(&out, message, sizeof(message));
	result = e820_apply_command_line(&table, line, &applied, &out.printer);
	CHECK((result != 0) == (out.length != 0));
	/* the first error is returned; one that may leave a part of its option behind is told, if the text has room */
	CHECK(applied || strstr(message, "no room for more entries") || out.length >= sizeof(message) ||
	      (table.nr_entries == MM_ARRAY_COUNT(start) && memcmp(entries, start, sizeof(start)) == 0));
	scratch_size = e820_update_scratch_size(table.nr_entries);
	scratch = exact_copy(NULL, scratch_size);
	if (e820_update_table(&table, scratch, scratch_size, NULL) == 0)
		check_sanitised(&table);
	free(scratch);
	free(line);
	return 0;
}
