/* SPDX-License-Identifier: BSD-2-Clause */
/* mapbridge diff A B: what changed between two boots, or what tells two machines apart. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "diff_print.h"
#include "file_printer.h"

static const char help[] =
	"usage: mapbridge diff A B\n"
	"\n"
	"Compares the memory maps of two files on every level that both have: EFI descriptors, the e820 map (made\n"
	"from the descriptors, as Linux's EFI stub does it, where a file has none of its own) and /proc/iomem.\n"
	"Tells which ranges changed type, grew, shrank, moved, vanished or appeared, who has the bytes now, how the\n"
	"totals changed, and whether Linux would resume from hibernation: it compares a CRC32 of the e820 map.\n"
	"\n"
	"A and B are whatever `mapbridge show` reads, also of different kinds; one of them may be -, standard input.\n"
	"\n"
	"examples:\n"
	"  mapbridge diff before.efimap after.efimap\n"
	"  journalctl -k -b -1 | mapbridge diff - /sys/firmware/memmap\n"
	"\n"
	"exit status: 0 the same, 1 different, 2 refused\n";

static int compare(const struct map_view *a, const struct map_view *b)
{
	switch (diff_print(a, b, &standard_output)) {
	case DIFF_SAME:
		return EXIT_FINE;
	case DIFF_DIFFERENT:
		return EXIT_FINDINGS;
	default:
		return refuse(
			"%s (%s) and %s (%s) have no level in common: EFI descriptors, e820 entries or /proc/iomem",
			a->source->name, a->source->kind, b->source->name, b->source->kind);
	}
}

static bool read_source(struct map_source *source, const char *path)
{
	char error[MAP_SOURCE_ERROR_SIZE];

	if (map_source_read(path, source, error, sizeof(error)) != 0) {
		refuse("%s", error);
		return false;
	}
	map_source_print_notes(source);
	return true;
}

int diff_run(int argc, char **argv)
{
	struct map_source sources[2];
	struct map_view a, b;
	int status;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			fputs(help, stdout);
			return EXIT_FINE;
		}
		if (argv[i][0] == '-' && argv[i][1])
			return refuse("diff has no option \"%s\"; `mapbridge diff --help` tells more", argv[i]);
	}
	if (argc != 3)
		return refuse("diff needs two files; `mapbridge diff --help` tells more");
	if (strcmp(argv[1], "-") == 0 && strcmp(argv[2], "-") == 0)
		return refuse("only one of the two files can be standard input");
	/* both are read before either is prepared: reading takes more memory than what is kept of a file */
	if (!read_source(&sources[0], argv[1]))
		return EXIT_REFUSED;
	if (!read_source(&sources[1], argv[2])) {
		map_source_free(&sources[0]);
		return EXIT_REFUSED;
	}
	map_view_levels_of(&a, &sources[0]);
	map_view_levels_of(&b, &sources[1]);
	status = compare(&a, &b);
	map_view_close(&a);
	map_view_close(&b);
	map_source_free(&sources[0]);
	map_source_free(&sources[1]);
	return status;
}
