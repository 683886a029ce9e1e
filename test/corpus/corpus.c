/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Replays the firmware memory maps of real machines. The corpus is no part of the project: MAPBRIDGE_CORPUS says where
 * it is, and then it must be there. Otherwise it is looked for beside the checkout, and skipped when there is none.
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
