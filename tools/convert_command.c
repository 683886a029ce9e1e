/* SPDX-License-Identifier: BSD-2-Clause */
/* mapbridge convert: the e820 map that a machine's kernel is given, with the command line's options applied. */
#define _GNU_SOURCE /* getopt_long */

#include "command.h"
#include "forms.h"

#include <loader/linux_options.h>
#include <mm/e820_options.h>

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
	"usage: mapbridge convert [--policy acpi|linux] [--memmap OPT]... [--cmdline TEXT] [--as FORM [--all]] FILE\n"
	"\n"
	"Converts the EFI map of a file to e820, as the loader does it. Of a file without an EFI map the recorded e820\n"
	"table is taken. The result is sorted, without overlaps, and merged.\n"
	"\n"
	"  --policy linux   as Linux's EFI stub: unusable, persistent and soft reserved memory have types (default)\n"
	"  --policy acpi    as the ACPI specification: usable, ACPI data, ACPI NVS, and all else reserved\n"
	"  --memmap OPT     applies memmap=OPT of Linux's command line: SIZE@START (usable), SIZE#START (ACPI data),\n"
	"                   SIZE$START (reserved), SIZE!START (persistent), SIZE%START-OLD+NEW, exactmap;\n"
	"                   or mem=SIZE. Several are applied in their order\n"
	"  --cmdline TEXT   applies mem=, memmap= and efi=nosoftreserve of a Linux command line, as loader and kernel do\n"
	"  --as FORM        " FORMS_HELP "\n"
	"  --all            write a page also of more than 20,000 entries, with which browsers are slow\n"
	"  --help           this text\n"
	"\n"
	"examples:\n"
	"  mapbridge convert map-1b2c3d4e.efimap\n"
	"  dmesg | mapbridge convert --memmap '64K$0x1a000000' -\n"
	"  mapbridge convert --policy acpi --as tsv memmap.txt\n"
	"\n"
	"exit status: 0 fine, 1 a line was damaged, 2 the file cannot be read or an option is wrong\n";

/* Text behind a command line, with a name in front: "memmap=A mem=B". Appended, in fresh memory. */
static char *append(char *line, const char *name, const char *text)
{
	size_t used = line ? strlen(line) : 0, size = used + strlen(name) + strlen(text) + sizeof(" ");
	char *longer = realloc(line, size);

	if (!longer) {
		refuse("out of memory");
		exit(EXIT_REFUSED);
	}
	snprintf(longer + used, size - used, "%s%s%s", used ? " " : "", name, text);
	return longer;
}

static char *with_option(char *line, const char *option)
{
	bool named = strncmp(option, "mem=", 4) == 0 || strncmp(option, "memmap=", 7) == 0;

	return append(line, named ? "" : "memmap=", option);
}

/* Applies the options to a table in fresh memory; an exit status. */
static int apply(struct e820_table *table, const char *options)
{
	size_t original = table->nr_entries, bytes = original * sizeof(*table->entries), applied;
	struct e820_entry *copy = malloc(bytes + 1), *larger;
	struct buffer_printer out;
	char message[500] = "out of memory";
	int result = MM_ENOSPC;

	if (copy)
		memcpy(copy, table->entries, bytes);
	/* how many entries the options need, only trying tells */
	for (size_t capacity = original + 64; copy && result == MM_ENOSPC; capacity *= 2) {
		larger = capacity > SIZE_MAX / sizeof(*larger) ? NULL :
								  realloc(table->entries, capacity * sizeof(*larger));
		if (!larger)
			break;
		memcpy(larger, copy, bytes);
		*table = (struct e820_table){ larger, capacity, original };
		buffer_printer_init(&out, message, sizeof(message));
		result = e820_apply_command_line(table, options, &applied, &out.printer);
	}
	free(copy);
	if (result == 0 && map_source_sanitise(table))
		return EXIT_FINE;
	message[strcspn(message, "\n")] = '\0';
	return refuse("%s", result == 0 ? "out of memory" : message);
}

static int convert(struct map_source *source, enum e820_policy policy, const char *options, const struct form *form,
		   bool all)
{
	struct map_source result = *source;
	struct source_e820 e820 = { .label = options ? "user" : "BIOS-e820" };
	struct linux_options linux_options;
	int status = EXIT_FINE;

	linux_options_read(options ? options : "", &linux_options);
	if (policy == E820_POLICY_LINUX && linux_options.no_soft_reserve)
		policy = E820_POLICY_LINUX_NOSOFTRESERVE;
	if (source->nr_efi == 0 && source->nr_e820 == 0)
		return refuse("%s: a %s has neither an EFI map nor an e820 table to convert", source->name,
			      source->kind);
	if (!(source->nr_efi ? map_source_convert(source, policy, &e820.table, NULL) :
			       map_source_work_e820(source, policy, &e820.table, NULL)))
		return refuse("%s: its map is too large for this machine's memory", source->name);
	if (source->nr_efi == 0)
		fprintf(stderr, "mapbridge: %s: it has no EFI map; its %s table was taken\n", source->name,
			map_source_e820(source, "BIOS-e820") ? "BIOS-e820" : source->e820[0].label);
	if (options)
		status = apply(&e820.table, options);
	result.nr_efi = result.nr_iomem = result.nr_setup_data = 0;
	result.efi_stride = result.efi_size = result.efi_version = 0;
	result.boot_params = NULL;
	result.e820 = &e820;
	result.nr_e820 = 1;
	if (status == EXIT_FINE)
		status = form_allows(form, &result, all);
	if (status == EXIT_FINE)
		form->print(&result);
	free(e820.table.entries);
	return status;
}

struct arguments {
	enum e820_policy policy;
	const struct form *form;
	char *options; /* null without --memmap and --cmdline; on the heap */
	bool all;
};

/* EXIT_FINE, or what to exit with; *helped says that help was all that was wanted. */
static int parse_arguments(int argc, char **argv, struct arguments *arguments, bool *helped)
{
	static const struct option options[] = { { "policy", required_argument, NULL, 'p' },
						 { "memmap", required_argument, NULL, 'm' },
						 { "cmdline", required_argument, NULL, 'c' },
						 { "as", required_argument, NULL, 'a' },
						 { "all", no_argument, NULL, 'A' },
						 { "help", no_argument, NULL, 'h' },
						 { NULL, 0, NULL, 0 } };

	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (option) {
		case 'p':
			if (strcmp(optarg, "acpi") != 0 && strcmp(optarg, "linux") != 0)
				return refuse("--policy %s: there is no such policy; there are acpi and linux", optarg);
			arguments->policy = strcmp(optarg, "acpi") == 0 ? E820_POLICY_ACPI : E820_POLICY_LINUX;
			break;
		case 'm':
			arguments->options = with_option(arguments->options, optarg);
			break;
		case 'c':
			arguments->options = append(arguments->options, "", optarg);
			break;
		case 'a':
			arguments->form = find_form(optarg);
			if (!arguments->form)
				return refuse("--as %s: there is no such form; there are " FORMS, optarg);
			break;
		case 'A':
			arguments->all = true;
			break;
		case 'h':
			fputs(help, stdout);
			*helped = true;
			return EXIT_FINE;
		default:
			return EXIT_REFUSED; /* getopt has said why */
		}
	}
	if (argc - optind != 1)
		return refuse("convert: %d files were given; needed is one. `mapbridge convert --help` tells more",
			      argc - optind);
	return EXIT_FINE;
}

static int convert_file(const char *path, const struct arguments *arguments)
{
	char error[MAP_SOURCE_ERROR_SIZE];
	struct map_source source;
	int status;

	if (map_source_read(path, &source, error, sizeof(error)) != 0)
		return refuse("%s", error);
	status = convert(&source, arguments->policy, arguments->options, arguments->form,
			 arguments->all);
	map_source_print_notes(&source);
	if (source.nr_damaged && status == EXIT_FINE)
		status = EXIT_FINDINGS;
	map_source_free(&source);
	return status;
}

int convert_run(int argc, char **argv)
{
	struct arguments arguments = { E820_POLICY_LINUX, find_form("table"), NULL, false };
	bool helped = false;
	int status = parse_arguments(argc, argv, &arguments, &helped);

	if (status == EXIT_FINE && !helped)
		status = convert_file(argv[optind], &arguments);
	free(arguments.options);
	return status;
}
