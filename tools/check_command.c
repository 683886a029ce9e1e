/* SPDX-License-Identifier: BSD-2-Clause */
/* mapbridge check: everything that is odd about a file's maps. */
#define _GNU_SOURCE /* getopt_long */

#include "check.h"
#include "command.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>

static const char help[] =
	"usage: mapbridge check FILE...\n"
	"\n"
	"Looks for what is wrong with a machine's memory map. A \"finding\" is wrong, or is a line that is damaged;\n"
	"a \"note\" explains something that is not. Looked at are: descriptors without pages, past 2^64, unaligned, of\n"
	"unknown type, duplicate or overlapping; attributes that do not go with the type; e820 entries that are empty,\n"
	"overlap, are out of order or call devices usable; and, where a file has both maps of a boot, whether the e820\n"
	"map follows from the EFI map, by whose rule, and how much memory was lost.\n"
	"\n"
	"  --help   this text\n"
	"\n"
	"examples:\n"
	"  journalctl -kb | mapbridge check -\n"
	"  mapbridge check *.efimap || echo 'look at these'\n"
	"\n"
	"exit status: 0 no findings, 1 findings, 2 a file cannot be read\n";

static void say(const char *what, const char *format, va_list arguments)
{
	printf("%s: ", what);
	vprintf(format, arguments);
	putchar('\n');
}

void finding(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say("finding", format, arguments);
	va_end(arguments);
}

void remark(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say("note", format, arguments);
	va_end(arguments);
}

const char *e820_name(uint32_t type)
{
	static char texts[4][40];
	static unsigned next;
	struct buffer_printer out;
	char *text = texts[next++ % 4];

	buffer_printer_init(&out, text, sizeof(texts[0]));
	if (type == 0)
		print(&out.printer, "nothing");
	else
		e820_print_type(type, &out.printer);
	return text;
}

static size_t check_lines(const struct map_source *source)
{
	for (size_t i = 0; i < source->nr_notes; i++) {
		const struct source_note *note = &source->notes[i];

		if (note->line)
			(note->kind == NOTE_DAMAGED ? finding : remark)("line %zu: %s", note->line, note->text);
		else
			(note->kind == NOTE_DAMAGED ? finding : remark)("%s", note->text);
	}
	if (source->nr_damaged > DAMAGED_NOTES)
		finding("%zu more lines are damaged", source->nr_damaged - DAMAGED_NOTES);
	return source->nr_damaged;
}

static void say_count(size_t count, const char *what)
{
	if (count)
		printf(", %zu %s%s", count, what, count == 1 ? "" : "s");
}

static size_t check_source(const struct map_source *source)
{
	size_t found;

	printf("%s: %s", source->name, source->kind);
	say_count(source->nr_efi, "EFI descriptor");
	say_count(source->nr_e820, "e820 table");
	say_count(source->nr_iomem, "resource");
	putchar('\n');
	found = check_lines(source) + check_efi(source) + check_e820(source) + check_pair(source);
	printf("%s: %zu finding%s\n", source->name, found, found == 1 ? "" : "s");
	return found;
}

int check_run(int argc, char **argv)
{
	static const struct option options[] = { { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };
	char error[MAP_SOURCE_ERROR_SIZE];
	int status = EXIT_FINE;

	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (option != 'h')
			return EXIT_REFUSED; /* getopt has said why */
		fputs(help, stdout);
		return EXIT_FINE;
	}
	if (optind == argc)
		return refuse("check: which file? `mapbridge check --help` tells more");
	for (int i = optind; i < argc; i++) {
		struct map_source source;

		if (map_source_read(argv[i], &source, error, sizeof(error)) != 0) {
			status = refuse("%s", error);
			continue;
		}
		if (check_source(&source) && status == EXIT_FINE)
			status = EXIT_FINDINGS;
		map_source_free(&source);
	}
	return status;
}
