/* SPDX-License-Identifier: BSD-2-Clause */
#include "map_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *open_lines(const char *path)
{
	return fopen(path, "r");
}

void *open_table_file(const char *path)
{
	FILE *file = open_lines(path);
	char line[4096];

	do {
		if (file && !fgets(line, sizeof(line), file)) {
			fclose(file);
			return NULL;
		}
	} while (file && line[0] == '#');
	return file;
}

size_t next_row(void *table, char *fields[], size_t max_fields)
{
	static char line[8192];
	size_t count = 0;

	if (!fgets(line, sizeof(line), table))
		return 0;
	line[strcspn(line, "\r\n")] = '\0';
	for (char *at = line; at && count < max_fields; count++) {
		fields[count] = at;
		at = strchr(at, '\t');
		if (at)
			*at++ = '\0';
	}
	return count;
}

void close_table(void *table)
{
	fclose(table);
}

static uint64_t number(const char *text, const char *path)
{
	char *end;
	uint64_t value = strtoull(text, &end, 0);

	if (end == text || *end) {
		printf("%s: \"%s\" is no number\n", path, text);
		exit(1);
	}
	return value;
}

struct efi_memmap read_efi_map_file(const char *path, size_t stride, unsigned char *buffer)
{
	struct efi_memmap map = { buffer, 0, stride, EFI_MEMORY_DESC_VERSION };
	void *table = open_table_file(path);
	char *fields[4];

	if (!table)
		return map;
	while (next_row(table, fields, 4) == 4) {
		struct efi_memory_desc desc = { .type = (uint32_t)number(fields[0], path),
						.phys_addr = number(fields[1], path),
						.num_pages = number(fields[2], path),
						.attribute = number(fields[3], path) };

		if (map.size == MAX_MAP * stride) {
			printf("%s: more than %d descriptors\n", path, MAX_MAP);
			exit(1);
		}
		memset(buffer + map.size, 0xa5, stride);
		memcpy(buffer + map.size, &desc, sizeof(desc));
		map.size += stride;
	}
	close_table(table);
	return map;
}

bool read_e820_map_file(const char *path, const char *label, struct e820_table *e820)
{
	void *table = open_table_file(path);
	size_t first = label ? 1 : 0;
	char *fields[4];

	if (!table)
		return false;
	while (next_row(table, fields, 3 + first) == 3 + first) {
		uint64_t start = number(fields[first], path), last = number(fields[first + 1], path);

		if (label && strcmp(fields[0], label) != 0)
			continue;
		if (e820_range_add(e820, start, last - start + 1, (uint32_t)number(fields[first + 2], path)) != 0) {
			printf("not comparable: %s: damaged, a range from %s to %s\n", path, fields[first],
			       fields[first + 1]);
			close_table(table);
			return false;
		}
	}
	close_table(table);
	return true;
}
