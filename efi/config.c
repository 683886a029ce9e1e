/* SPDX-License-Identifier: BSD-2-Clause */
/* Which entry to boot: the one that was asked for, the default of loader.conf, or the first of the list. */
#include "firmware.h"

#include <loader/bls_sort.h>
#include <loader/load_options.h>
#include <loader/utf16.h>

#define LOADER_CONF "\\loader\\loader.conf"
#define NAME_SHOWN 60 /* bytes of a name that nothing fits: it may have any length */
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
	struct file_notes notes = file_notes(LOADER_CONF);
	struct buffer_printer why;
	char text[300];
	size_t size;
	char *conf;

	__builtin_memset(loader, 0, sizeof(*loader));
	if (file_missing(LOADER_CONF))
		return; /* every setting has a default */
	conf = file_read_all(LOADER_CONF, "the loader", BLS_FILE_MAX, &size);
	if (!conf)
		return;
	buffer_printer_init(&why, text, sizeof(text));
	if (bls_loader_parse(conf, size, loader, NULL, &why.printer)) {
		print(refuse(LOADER_CONF), "%s; every setting of this file is left out\n", text);
		__builtin_memset(loader, 0, sizeof(*loader));
	}
	console_set_usual(loader->console);
	console_set_mode(loader); /* it clears the screen, so what is to be read comes after it */
	bls_loader_parse(conf, size, loader, &notes.printer, NULL);
	pool_free(conf);
}

/* What somebody asked for and cannot have; from: where it was asked for. */
static void refuse_name(const char *from, const char *name)
{
	size_t length = text_length(name), shown = utf8_cut(name, length, NAME_SHOWN);

	print(refuse(from), "no entry fits \"%.*s%s\" in " ENTRIES "; choose one of the list, or correct the name\n", (int)shown,
	      name, shown < length ? "..." : "");
}

/* Whether an entry that was asked for by name may be started; says why not. */
static bool may_start(const char *from, struct bls_file *file)
{
	enum bls_state state = entry_check(file, false);

	if (state < BLS_BROKEN)
		return true;
	print(refuse(from), "%s cannot be started: %s\n", file->name,
	      state == BLS_LOOP ? "it leads to this loader again" : file->reason ? file->reason : "see above");
	return false;
}

static EFI_STATUS go_back(const struct entry_list *list, EFI_STATUS status)
{
	if (list->count == 0 && list->seen)
		print(refuse(ENTRIES), "none of its %zu entries can be started on this machine; correct one of them\n", list->seen);
	wait_before_return();
	return status;
}

/* An entry of the load options: no other is started in its place, unless somebody chooses it. */
static EFI_STATUS boot_wanted(const char *wanted, const struct bls_loader *loader, struct entry_list *list)
{
	static const char from[] = "load options";
	size_t index = list->count;
	EFI_STATUS status = EFI_NOT_FOUND;

	for (const char *name = load_options_reading(wanted, NULL); name && index == list->count;
	     name = load_options_reading(wanted, name))
		index = bls_files_find_name(list->files, list->count, name);
	if (index == list->count) {
		refuse_name(from, load_options_name(wanted));
	} else if (!may_start(from, list->files[index])) {
		status = EFI_LOAD_ERROR;
	} else {
		status = entry_start(list->files[index]);
		if (!EFI_ERROR(status))
			return status;
	}
	return list->count ? menu_show(list, index, loader, false, status) : go_back(list, status);
}

/* An entry of the variable for one boot: when it cannot be had, the list is shown before the default is started. */
static EFI_STATUS boot_one_shot(const struct bls_loader *loader, struct entry_list *list)
{
	static const char from[] = "the variable LoaderEntryOneShot";
	size_t index = bls_files_find_name(list->files, list->count, loader->one_shot);

	if (index == list->count) /* a pattern, as systemd-boot takes it */
		index = bls_files_find(list->files, list->count, loader->one_shot);
	if (index == list->count)
		refuse_name(from, loader->one_shot);
	else if (may_start(from, list->files[index]))
		return menu_run(list, index, loader, true);
	index = choice_find(list, loader->default_entry, true);
	return list->count ? menu_show(list, index, loader, index < list->count, EFI_NOT_FOUND) : go_back(list, EFI_NOT_FOUND);
}

static EFI_STATUS boot_default(struct bls_loader *loader, struct entry_list *list)
{
	size_t chosen;

	if (list->count)
		loader_variables_ask(list, loader);
	if (list->count && loader->one_shot[0])
		return boot_one_shot(loader, list);
	if (list->count && loader->default_entry[0] &&
	    bls_files_find(list->files, list->count, loader->default_entry) == list->count)
		print(refuse(LOADER_CONF), "no entry fits the default \"%s\"; the first one is taken\n", loader->default_entry);
	chosen = choice_find(list, loader->default_entry, loader->timeout > 0);
	if (chosen < list->count)
		return menu_run(list, chosen, loader, false);
	if (list->count)
		return menu_show(list, 0, loader, false, EFI_NOT_FOUND);
	return list->seen ? go_back(list, EFI_NOT_FOUND) : show_map_only();
}

EFI_STATUS config_boot(const char *wanted)
{
	struct bls_loader *loader = pool_allocate(sizeof(*loader), LOADER_CONF);
	struct entry_list list = { .files = NULL };
	EFI_STATUS status;

	if (!loader)
		return EFI_OUT_OF_RESOURCES;
	read_loader_conf(loader);
	status = entries_read("*", &list);
	clock_calibrate();
	loader_variables_tell(&list, loader);
	if (wanted[0])
		status = boot_wanted(wanted, loader, &list);
	else if (list.count || !EFI_ERROR(status))
		status = boot_default(loader, &list);
	else
		status = go_back(&list, status);
	entries_free(&list);
	pool_free(loader);
	return status;
}
