/* SPDX-License-Identifier: BSD-2-Clause */
/* mapbridge show: the maps of a file, as Linux prints them. */
#include "command.h"
#include "file_printer.h"
#include "map_source.h"

#include <stdio.h>

static void show_table(const struct map_source *source)
{
	for (size_t i = 0; i < source->nr_efi; i++) {
		const struct efi_memory_desc *desc = &source->efi[i];
		uint64_t bytes = desc->num_pages << MM_PAGE_SHIFT;

		print(&standard_output, "efi: mem%02zu: [%-12s", i, efi_memory_type_linux_name(desc->type));
		efi_attribute_print(desc->attribute, &standard_output);
		print(&standard_output, "] range=[0x%016llx-0x%016llx] (%lluMB)\n", (unsigned long long)desc->phys_addr,
		      (unsigned long long)(desc->phys_addr + bytes - 1), (unsigned long long)(bytes >> 20));
	}
	for (size_t i = 0; i < source->nr_e820; i++)
		e820_print_table(&source->e820[i].table, source->e820[i].label, &standard_output);
}

int show_run(int argc, char **argv)
{
	char error[MAP_SOURCE_ERROR_SIZE];
	int status = EXIT_FINE;

	if (argc < 2)
		return refuse("which file? usage: mapbridge show FILE...");
	for (int i = 1; i < argc; i++) {
		struct map_source source;

		if (map_source_read(argv[i], &source, error, sizeof(error)) != 0)
			return refuse("%s", error);
		show_table(&source);
		map_source_print_notes(&source);
		if (source.nr_damaged)
			status = EXIT_FINDINGS;
		map_source_free(&source);
	}
	return status;
}
