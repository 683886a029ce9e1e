/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Replays the firmware memory maps of real machines. The corpus is no part of the project: MAPBRIDGE_CORPUS says where
 * it is, and "none" says that there is none; without either, its absence is a failure.
 */
#define _POSIX_C_SOURCE 200809L

#include "corpus.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *corpus;
static unsigned long passed, failed;

static const char *table_path(const char *folder, const char *id, const char *suffix)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/%s/%s%s", corpus, folder, id, suffix);
	return path;
}

void *open_table(const char *folder, const char *id, const char *suffix)
{
	return open_table_file(table_path(folder, id, suffix));
}

void *open_log(const char *id, const char *name)
{
	char file[160];

	snprintf(file, sizeof(file), "%s-%s", id, name);
	return open_lines(table_path("raw", file, ".txt"));
}

struct efi_memmap read_efi_map(const char *id, unsigned char *buffer)
{
	return read_efi_map_file(table_path("efi", id, ".tsv"), MAX_STRIDE, buffer);
}

bool read_e820_map(const char *id, const char *label, struct e820_table *e820)
{
	return read_e820_map_file(table_path("e820", id, label ? ".after.tsv" : ".tsv"), label, e820);
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

int main(void)
{
	DIR *folder;

	corpus = getenv("MAPBRIDGE_CORPUS");
	if (!corpus || !*corpus)
		corpus = "../shared/corpus";
	if (strcmp(corpus, "none") == 0) {
		printf("corpus replay: MAPBRIDGE_CORPUS=none, so no map of a real machine was replayed\n"
		       "0 passed, 0 failed\n");
		return 0;
	}
	folder = opendir(corpus);
	if (!folder) {
		printf("corpus replay: THERE IS NO FOLDER %s with maps of real machines; set MAPBRIDGE_CORPUS to where "
		       "it "
		       "is,\nor to \"none\" to do without it\n0 passed, 1 failed\n",
		       corpus);
		return 1;
	}
	closedir(folder);
	replay_machines();
	if (passed == 0)
		verdict(false, corpus, "holds no map that could be replayed");
	printf("%lu passed, %lu failed\n", passed, failed);
	return failed != 0;
}
