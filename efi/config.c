/* SPDX-License-Identifier: BSD-2-Clause */
/* Which entry to boot: the one that was asked for, the default of loader.conf, or the first of the list. */
#include "firmware.h"

#include <loader/bls_sort.h>

#define LOADER_CONF "\\loader\\loader.conf"
#define ENTRIES "\\loader\\entries"
#define READ_SECONDS 10 /* to read a message before the firmware clears the screen; nothing_to_boot says it, too */

static const char nothing_to_boot[] =
	"Nothing to boot: this volume has no file " ENTRIES "\\*.conf.\n"
	"To boot a kernel, copy it to this volume and write " ENTRIES "\\my.conf\n"
	"(Boot Loader Specification, type 1):\n\n"
	"    title   My kernel\n"
	"    linux   /my-kernel.elf      (an ELF64 kernel or a Linux bzImage)\n"
	"    initrd  /my-initrd.img      (a line for each file, or none)\n"
	"    options console=ttyS0\n\n"
	"Tab shows this machine's memory map, q goes back to the firmware. Without a\n"
	"key it goes back by itself in 10 seconds.";

static void wait_before_return(void)
{
	print(console, "Press a key to go back to the firmware (it goes by itself in %d seconds).\n", READ_SECONDS);
	wait_for_key(READ_SECONDS);
}

/* Without an entry there is still the map to look at. */
static EFI_STATUS show_map_only(void)
{
	struct map_viewing viewing = { .message = nothing_to_boot, .seconds = READ_SECONDS,
				       .no_plan = "  there is no plan: there is no entry to boot" };
	struct memory_map map = { .buffer = NULL };
	uint32_t crc32;
	EFI_STATUS status = memory_map_reserve(&map, PLAN_SLACK_DESCRIPTORS);

	console_attend(true);
	if (!EFI_ERROR(status))
		status = memory_map_read(&map);
	if (!EFI_ERROR(status))
		status = dump_memory_map(&map.view, E820_POLICY_ACPI, NULL, &crc32, console);
	memory_map_free(&map);
	if (!EFI_ERROR(status))
		status = map_viewer_run(&viewing);
	if (!EFI_ERROR(status))
		return EFI_NOT_FOUND;
	print(console, "\n%s\n", nothing_to_boot);
	wait_before_return();
	return status;
}

/* What is wrong with loader.conf costs its settings, not the boot. */
static void read_loader_conf(struct bls_loader *loader)
{
	struct buffer_printer why, notes;
	char text[300], note_text[600];
	size_t size;
	char *conf;

	__builtin_memset(loader, 0, sizeof(*loader));
	if (file_missing(LOADER_CONF))
		return; /* every setting has a default */
	conf = file_read_all(LOADER_CONF, "the loader", BLS_FILE_MAX, &size);
	if (!conf)
		return;
	buffer_printer_init(&why, text, sizeof(text));
	buffer_printer_init(&notes, note_text, sizeof(note_text));
	if (bls_loader_parse(conf, size, loader, &notes.printer, &why.printer)) {
		print(refuse(LOADER_CONF), "%s; every setting of this file is left out\n", text);
		__builtin_memset(loader, 0, sizeof(*loader));
	}
	console_set_usual(loader->console);
	console_set_mode(loader); /* it clears the screen, so what is to be read comes after it */
	if (notes.length)
		print(console, "mapbridge: note: " LOADER_CONF ":\n%s", note_text);
	pool_free(conf);
}

/* An entry that somebody asked for by name: nothing else is read or started in its place. */
static EFI_STATUS boot_wanted(const char *wanted, const struct bls_loader *loader, struct entry_list *list)
{
	EFI_STATUS status = entries_read(wanted, list);

	if (EFI_ERROR(status))
		return status;
	clock_calibrate();
	loader_variables_tell(list, loader);
	if (list->count)
		return entry_start(list->files[0]);
	if (list->seen)
		return EFI_LOAD_ERROR; /* the reason has been said */
	print(refuse("load options"), "no entry fits \"%s\" in " ENTRIES "; correct the name\n", wanted);
	return EFI_NOT_FOUND;
}

static EFI_STATUS boot_default(struct bls_loader *loader, struct entry_list *list)
{
	EFI_STATUS status = entries_read("*", list);
	size_t chosen = 0;

	clock_calibrate();
	loader_variables_tell(list, loader);
	if (list->count) {
		loader_variables_ask(list, loader);
		if (loader->default_entry[0])
			chosen = bls_files_find(list->files, list->count, loader->default_entry);
		if (chosen == list->count) {
			print(console, "mapbridge: note: " LOADER_CONF ": no entry fits the default \"%s\"; the first "
			      "one is taken\n", loader->default_entry);
			chosen = 0;
		}
		return menu_run(list, chosen, loader);
	}
	if (!EFI_ERROR(status) && list->seen == 0)
		return show_map_only();
	if (!EFI_ERROR(status))
		print(refuse(ENTRIES), "none of its %zu entries can be started on this machine; correct one of them\n",
		      list->seen);
	wait_before_return();
	return EFI_ERROR(status) ? status : EFI_NOT_FOUND;
}

EFI_STATUS config_boot(const char *wanted)
{
	struct entry_list *list = pool_allocate(sizeof(*list), ENTRIES);
	struct bls_loader loader;
	EFI_STATUS status;

	if (!list)
		return EFI_OUT_OF_RESOURCES;
	read_loader_conf(&loader);
	status = wanted[0] ? boot_wanted(wanted, &loader, list) : boot_default(&loader, list);
	entries_free(list);
	pool_free(list);
	return status;
}
