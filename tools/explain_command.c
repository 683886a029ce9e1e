/* SPDX-License-Identifier: BSD-2-Clause */
/* mapbridge explain ADDRESS|RANGE FILE...: all that files tell about an address. */
#include <stdio.h>
#include <string.h>

#include "address_argument.h"
#include "command.h"
#include "explain.h"
#include "file_printer.h"

static const char help[] =
	"usage: mapbridge explain ADDRESS|RANGE FILE...\n"
	"\n"
	"Tells in sentences what the files know about an address or a range: which EFI descriptor and which\n"
	"e820 entry have it and how one became the other, who owns it in /proc/iomem, what Linux does with such\n"
	"memory, what lies nearest when nobody has it, and what such addresses are on every PC.\n"
	"\n"
	"  0xfee00000, fee00000   an address: hexadecimal with or without 0x, as maps print it\n"
	"  3G, 640K               decimal in units of K, M, G or T (binary)\n"
	"  pfn:fee00              a page by its page frame number, hexadecimal\n"
	"  A-B, A+SIZE            a range: from A to B, both inclusive; SIZE bytes from A on\n"
	"  '[mem A-B]'            a range as the kernel's log writes it\n"
	"\n"
	"FILE is whatever `mapbridge show` reads; - is standard input.\n"
	"\n"
	"examples:\n"
	"  mapbridge explain 0xfee00000 dmesg.txt\n"
	"  mapbridge explain 3G+512M /sys/firmware/memmap\n"
	"  dmesg | mapbridge explain pfn:7ff00 -\n"
	"\n"
	"exit status: 0 explained, 1 a line was damaged, 2 refused\n";

int explain_run(int argc, char **argv)
{
	char error[256];
	struct buffer_printer why;
	uint64_t first, last;
	int status = EXIT_FINE;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			fputs(help, stdout);
			return EXIT_FINE;
		}
		if (argv[i][0] == '-' && argv[i][1])
			return refuse("explain has no option \"%s\"; `mapbridge explain --help` tells more", argv[i]);
	}
	if (argc < 3)
		return refuse("explain needs an address and a file; `mapbridge explain --help` tells more");
	buffer_printer_init(&why, error, sizeof(error));
	if (!parse_address_argument(argv[1], &first, &last, &why.printer))
		return refuse("%s", error);
	for (int i = 2; i < argc; i++) {
		struct map_view view;

		if (!map_view_open(&view, argv[i])) {
			status = EXIT_REFUSED;
			continue;
		}
		if (i > 2)
			putchar('\n');
		explain_range(&view, first, last, &standard_output);
		if (view.source->nr_damaged && status == EXIT_FINE)
			status = EXIT_FINDINGS;
		map_view_close(&view);
	}
	return status;
}
