/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Replays the firmware memory maps of real machines. The corpus is no part of the project: MAPBRIDGE_CORPUS says where
 * it is, and then it must be there. Otherwise it is looked for beside the checkout, and skipped when there is none.
 */
#define _POSIX_C_SOURCE 200809L

#include "corpus.h"

#include "../support/e820_compare.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *corpus;
static unsigned long passed, failed;

void *open_table(const char *folder, const char *id, const char *suffix)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s/%s%s", corpus, folder, id, suffix);
	file = fopen(path, "r");
	if (file && !fgets(path, sizeof(path), file)) {
		fclose(file);
		return NULL;
	}
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

static uint64_t number(const char *text, const char *id)
{
	char *end;
	uint64_t value = strtoull(text, &end, 0);

	if (end == text || *end) {
		printf("%s: \"%s\" is no number\n", id, text);
		exit(1);
	}
	return value;
}

struct efi_memmap read_efi_map(const char *id, unsigned char *buffer)
{
	struct efi_memmap map = { buffer, 0, STRIDE, EFI_MEMORY_DESC_VERSION };
	void *table = open_table("efi", id, ".tsv");
	char *fields[4];

	if (!table)
		return map;
	while (next_row(table, fields, 4) == 4 && map.size < MAX_MAP * STRIDE) {
		struct efi_memory_desc desc = { .type = (uint32_t)number(fields[0], id),
						.phys_addr = number(fields[1], id),
						.num_pages = number(fields[2], id),
						.attribute = number(fields[3], id) };

		memset(buffer + map.size, 0xa5, STRIDE);
		memcpy(buffer + map.size, &desc, sizeof(desc));
		map.size += STRIDE;
	}
	close_table(table);
	return map;
}

bool read_e820_map(const char *id, const char *label, struct e820_table *e820)
{
	void *table = open_table("e820", id, label ? ".after.tsv" : ".tsv");
	size_t first = label ? 1 : 0;
	char *fields[4];

	if (!table)
		return false;
	while (next_row(table, fields, 3 + first) == 3 + first) {
		uint64_t start = number(fields[first], id), last = number(fields[first + 1], id);

		if (label && strcmp(fields[0], label) != 0)
			continue;
		if (e820_range_add(e820, start, last - start + 1, (uint32_t)number(fields[first + 2], id)) != 0) {
			printf("not comparable: %s: damaged, a range from %s to %s\n", id, fields[first],
			       fields[first + 1]);
			close_table(table);
			return false;
		}
	}
	close_table(table);
	return true;
}

void shuffle(void *elements, size_t count, size_t size)
{
	unsigned char *bytes = elements, swap[STRIDE];
	uint32_t random = 0xc0ffee;

	for (size_t i = count; i > 1; i--) {
		random = random * 1664525 + 1013904223;

		size_t other = (random >> 8) % i;

		memcpy(swap, bytes + (i - 1) * size, size);
		memcpy(bytes + (i - 1) * size, bytes + other * size, size);
		memcpy(bytes + other * size, swap, size);
	}
}

bool same_tables(const struct e820_table *is, const struct e820_table *expected)
{
	return same_entries(is->entries, is->nr_entries, expected->entries, expected->nr_entries, true);
}

void verdict(bool good, const char *id, const char *what)
{
	if (good)
		passed++;
	else
		failed++;
	if (!good)
		printf("FAILED %s: %s\n", id, what);
}

static void replay_machines(void)
{
	void *machines = open_table(".", "meta", ".tsv");
	char *fields[9], id[16], name[128];
	unsigned efi = 0, pairs = 0, e820 = 0;
	bool compared;

	while (machines && next_row(machines, fields, 9) >= 2) {
		snprintf(id, sizeof(id), "%s", fields[0]);
		snprintf(name, sizeof(name), "%s", fields[1]);
		efi += replay_efi_map(id, name, &compared);
		pairs += compared;
		e820 += replay_e820_map(id, name);
	}
	printf("%u EFI maps converted, %u of them compared with the e820 map of the same boot; %u e820 maps "
	       "replayed, %u of them with options\n",
	       efi, pairs, e820, user_maps);
	if (machines)
		close_table(machines);
}

/* The summary when there is no corpus. */
static int no_corpus(bool wanted)
{
	if (wanted)
		printf("corpus replay: MAPBRIDGE_CORPUS is \"%s\", but there is no such folder; it must hold the maps of "
		       "real machines (meta.tsv, efi/, e820/)\n0 passed, 1 failed\n",
		       corpus);
	else
		printf("corpus replay: nothing was replayed, because there is no folder %s; set MAPBRIDGE_CORPUS to where "
		       "the maps of real machines are\n0 passed, 0 failed, 1 skipped\n",
		       corpus);
	return wanted;
}

int main(void)
{
	const char *wanted = getenv("MAPBRIDGE_CORPUS");
	DIR *folder;

	corpus = wanted && *wanted ? wanted : "../shared/corpus";
	folder = opendir(corpus);
	if (!folder)
		return no_corpus(corpus == wanted);
	closedir(folder);
	replay_machines();
	if (passed == 0)
		verdict(false, corpus, "holds no map that could be replayed");
	printf("%lu passed, %lu failed\n", passed, failed);
	return failed != 0;
}
