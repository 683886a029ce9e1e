/* SPDX-License-Identifier: BSD-2-Clause */
/* mapbridge show: the maps of a file, in a form of one's choice. */
#define _GNU_SOURCE /* getopt_long */

#include "command.h"
#include "forms.h"

#include <getopt.h>
#include <stdio.h>

static const char help[] =
	"usage: mapbridge show [--as FORM [--all]] FILE...\n"
	"\n"
	"Prints the memory maps of a file, with the sum of each type. What the file is, its content says: a Linux or\n"
	"Xen log, an .efimap file, /proc/iomem, the folders of /sys/firmware, a boot_params page, what the UEFI shell,\n"
	"GRUB, OpenCore, SeaBIOS, coreboot, U-Boot, Syslinux, the BSDs, Haiku, Windows' MemInfo, QEMU, kexec and\n"
	"other programs print, or JSON and TSV of this command.\n"
	"\n"
	"  --as FORM   " FORMS_HELP "\n"
	"  --all       write a page also of more than 20,000 entries, with which browsers are slow\n"
	"  --help      this text\n"
	"\n"
	"examples:\n"
	"  dmesg | mapbridge show -\n"
	"  mapbridge show /sys/firmware/memmap\n"
	"  mapbridge show --as json map-1b2c3d4e.efimap | jq '.efi[].start'\n"
	"\n"
	"exit status: 0 fine, 1 a line was damaged, 2 a file cannot be read\n";

int show_run(int argc, char **argv)
{
	static const struct option options[] = { { "as", required_argument, NULL, 'a' },
						 { "all", no_argument, NULL, 'A' },
						 { "help", no_argument, NULL, 'h' },
						 { NULL, 0, NULL, 0 } };
	const struct form *form = find_form("table");
	char error[MAP_SOURCE_ERROR_SIZE];
	int status = EXIT_FINE;
	bool all = false;

	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (option == 'h') {
			fputs(help, stdout);
			return EXIT_FINE;
		}
		all |= option == 'A';
		if (option == 'A')
			continue;
		if (option != 'a')
			return EXIT_REFUSED; /* getopt has said why */
		form = find_form(optarg);
		if (!form)
			return refuse("--as %s: there is no such form; there are " FORMS, optarg);
	}
	if (optind == argc)
		return refuse("show: which file? `mapbridge show --help` tells more");
	if (form->one_file && argc - optind > 1)
		return refuse("show --as %s writes one file; %d were given", form->name, argc - optind);
	for (int i = optind; i < argc; i++) {
		struct map_source source;

		if (map_source_read(argv[i], &source, error, sizeof(error)) != 0) {
			status = refuse("%s", error);
			continue;
		}
		if (argc - optind > 1)
			printf("%s==> %s <==\n", i > optind ? "\n" : "", source.name);
		if (form_allows(form, &source, all) == EXIT_FINE)
			form->print(&source);
		else
			status = EXIT_REFUSED;
		map_source_print_notes(&source);
		if (source.nr_damaged && status == EXIT_FINE)
			status = EXIT_FINDINGS;
		map_source_free(&source);
	}
	return status;
}
