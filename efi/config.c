/* SPDX-License-Identifier: BSD-2-Clause */
/* Which entry to boot: the one that was asked for, the default of loader.conf, or the first by name. */
#include "firmware.h"

#include <loader/bls.h>

#define LOADER_CONF "\\loader\\loader.conf"
#define ENTRIES "\\loader\\entries"

struct choice {
	const char *pattern; /* empty: any */
	char name[BLS_NAME_MAX];
	size_t seen;
};

/* Lowest name that fits, so that the choice does not depend on the directory's order. */
static bool comes_before(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (unsigned char)*a < (unsigned char)*b;
}

static void consider(void *context, const char *name)
{
	struct choice *choice = context;

	choice->seen++;
	if (choice->pattern[0] && !bls_name_matches(choice->pattern, name))
		return;
	if (!choice->name[0] || comes_before(name, choice->name))
		__builtin_memcpy(choice->name, name, text_length(name) + 1);
}

static void explain_configuration(void)
{
	print(console,
	      "\nNothing to boot: this volume has no file " ENTRIES "\\*.conf.\n"
	      "To boot a kernel, copy it to this volume and write " ENTRIES "\\my.conf\n"
	      "(Boot Loader Specification, type 1):\n\n"
	      "    title   My kernel\n"
	      "    linux   /my-kernel.elf      (an ELF64 kernel or a Linux bzImage)\n"
	      "    initrd  /my-initrd.img      (a line for each file, or none)\n"
	      "    options console=ttyS0\n\n");
}

/* Without an entry there is still the map to look at. */
static EFI_STATUS show_map_only(void)
{
	struct memory_map map = { .buffer = NULL };
	uint32_t crc32;
	EFI_STATUS status = memory_map_reserve(&map, PLAN_SLACK_DESCRIPTORS);

	if (!EFI_ERROR(status))
		status = memory_map_read(&map);
	if (!EFI_ERROR(status))
		status = dump_memory_map(&map.view, E820_POLICY_ACPI, NULL, &crc32);
	memory_map_free(&map);
	explain_configuration();
	return EFI_ERROR(status) ? status : EFI_NOT_FOUND;
}

/* The notes of a parser, after the file's name; nothing when there are none. */
static void print_notes(const char *path, const struct buffer_printer *notes)
{
	if (notes->length)
		print(console, "mapbridge: note: %s:\n%s", path, notes->buffer);
}

static EFI_STATUS read_loader_conf(struct bls_loader *loader)
{
	struct buffer_printer why, notes;
	char text[300], note_text[600];
	EFI_FILE_HANDLE probe = NULL;
	size_t size;
	char *conf;
	int error;

	__builtin_memset(loader, 0, sizeof(*loader));
	if (fw.root->Open(fw.root, &probe, (CHAR16 *)L"" LOADER_CONF, EFI_FILE_MODE_READ, 0) == EFI_NOT_FOUND)
		return EFI_SUCCESS; /* every setting has a default */
	if (probe)
		probe->Close(probe);
	conf = file_read_all(LOADER_CONF, "the loader", BLS_FILE_MAX, &size);
	if (!conf)
		return EFI_LOAD_ERROR;
	buffer_printer_init(&why, text, sizeof(text));
	buffer_printer_init(&notes, note_text, sizeof(note_text));
	error = bls_loader_parse(conf, size, loader, &notes.printer, &why.printer);
	print_notes(LOADER_CONF, &notes);
	if (error)
		print(refuse(LOADER_CONF), "%s\n", text);
	pool_free(conf);
	return error ? EFI_LOAD_ERROR : EFI_SUCCESS;
}

static EFI_STATUS boot_file(const char *name)
{
	char path[sizeof(ENTRIES) + 1 + BLS_NAME_MAX], text[300], note_text[600];
	struct buffer_printer out, why, notes;
	struct bls_entry *entry;
	EFI_STATUS status = EFI_LOAD_ERROR;
	size_t size;
	char *conf;

	buffer_printer_init(&out, path, sizeof(path));
	print(&out.printer, ENTRIES "\\%s", name);
	conf = file_read_all(path, "the loader", BLS_FILE_MAX, &size);
	if (!conf)
		return EFI_LOAD_ERROR;
	entry = pool_allocate(sizeof(*entry), path);
	if (entry) {
		buffer_printer_init(&why, text, sizeof(text));
		buffer_printer_init(&notes, note_text, sizeof(note_text));
		if (bls_entry_parse(conf, size, entry, &notes.printer, &why.printer)) {
			print(refuse(path), "%s\n", text);
		} else {
			print_notes(path, &notes);
			status = boot_entry(entry, path);
		}
	}
	pool_free(entry);
	pool_free(conf);
	return status;
}

EFI_STATUS config_boot(const char *wanted)
{
	struct bls_loader loader;
	struct choice choice = { .pattern = wanted };
	EFI_STATUS status = read_loader_conf(&loader);

	if (EFI_ERROR(status))
		return status;
	if (!wanted[0])
		choice.pattern = loader.default_entry;
	status = directory_list(ENTRIES, ".conf", consider, &choice);
	if (EFI_ERROR(status) && status != EFI_NOT_FOUND) {
		print(refuse(ENTRIES), "cannot be read (%s); check the volume\n", status_name(status));
		return status;
	}
	if (choice.name[0])
		return boot_file(choice.name);
	if (choice.seen == 0 && !choice.pattern[0])
		return show_map_only();
	print(refuse(wanted[0] ? "load options" : LOADER_CONF), "no entry fits \"%s\" among %zu files in " ENTRIES "; correct the name\n",
	      choice.pattern, choice.seen);
	return EFI_NOT_FOUND;
}
