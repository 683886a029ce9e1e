/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The folders in which Linux shows what it was given: /sys/firmware/memmap, /sys/firmware/efi/runtime-map and
 * /sys/kernel/boot_params, themselves or below the folder that is named (/sys, or a copy of it). Source: Linux's
 * Documentation/ABI/testing/sysfs-firmware-memmap, -efi-runtime-map and -kernel-boot_params.
 */
#define _POSIX_C_SOURCE 200809L

#include "file_content.h"
#include "map_reader.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_PATH 4096

static const struct {
	const char *name;
	uint32_t type;
} memmap_types[] = {
	{ "System RAM", E820_TYPE_RAM },
	{ "Reserved", E820_TYPE_RESERVED },
	{ "Device Reserved", E820_TYPE_RESERVED },
	{ "ACPI Tables", E820_TYPE_ACPI },
	{ "ACPI Non-volatile Storage", E820_TYPE_NVS },
	{ "Unusable memory", E820_TYPE_UNUSABLE },
	{ "Persistent Memory", E820_TYPE_PMEM },
	{ "Persistent Memory (legacy)", E820_TYPE_PRAM },
	{ "Soft Reserved", E820_TYPE_SOFT_RESERVED },
};

/* Where the folders may be below the one that was named: /sys/firmware/efi, /sys/firmware, /sys, or all of a root. */
static const char *const places[] = { "/", "/firmware/",	  "/sys/firmware/", "/efi/", "/firmware/efi/",
				      "/sys/firmware/efi/", "/kernel/",	    "/sys/kernel/" };

/* A file below a folder, without blanks and the line end; null when there is none. Free it. */
static char *read_value(const char *folder, const char *name, size_t *size)
{
	struct content content;
	char path[MAX_PATH];
	int file, result;

	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path))
		return NULL;
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return NULL;
	result = content_read(file, &content);
	close(file);
	if (result != 0)
		return NULL;
	*size = content.size;
	return content.data;
}

/* A number in hexadecimal in a file of its own; notes what is wrong with it. */
static bool read_hex(struct map_source *source, const char *folder, const char *name, uint64_t *value)
{
	size_t size;
	char *data = read_value(folder, name, &size);
	struct text text, line;
	bool good = false;

	if (data) {
		text = (struct text){ data, data + size };
		if (text_line(&text, &line))
			good = text_0x(&line, value) && line.at == line.end;
	}
	if (!good)
		source_note(source, NOTE_DAMAGED, 0,
			    "%s/%s %s; needed is a number such as 0x1000; its range was left out", folder, name,
			     data ? "is no number" : "cannot be read");
	free(data);
	return good;
}

static void read_memmap_entry(struct map_source *source, const char *folder)
{
	uint64_t start, last, size;
	size_t length;
	char *type = read_value(folder, "type", &length);

	if (!read_hex(source, folder, "start", &start) || !read_hex(source, folder, "end", &last)) {
		free(type);
		return;
	}
	if (type)
		type[strcspn(type, "\r\n")] = '\0';
	if (!type || !range_size(start, last, &size)) {
		source_note(source, NOTE_DAMAGED, 0, "%s %s; it was left out", folder,
			    type ? "ends before it starts" : "has no type");
		free(type);
		return;
	}
	for (size_t i = 0; i < MM_ARRAY_COUNT(memmap_types); i++)
		if (strcmp(type, memmap_types[i].name) == 0) {
			source_add_e820(source, "BIOS-e820", start, size, memmap_types[i].type);
			free(type);
			return;
		}
	source_note(source, NOTE_ABOUT, 0,
		    "%s: the kernel calls its type \"%s\" without a number; it was taken as reserved", folder, type);
	source_add_e820(source, "BIOS-e820", start, size, E820_TYPE_RESERVED);
	free(type);
}

static void read_runtime_entry(struct map_source *source, const char *folder)
{
	uint64_t type, start, virtual, pages, attribute;

	if (!read_hex(source, folder, "type", &type) || !read_hex(source, folder, "phys_addr", &start) ||
	    !read_hex(source, folder, "virt_addr", &virtual) || !read_hex(source, folder, "num_pages", &pages) ||
	    !read_hex(source, folder, "attribute", &attribute))
		return;
	source_add_efi(source, (uint32_t)type, start, pages, attribute);
	source->efi[source->nr_efi - 1].virt_addr = virtual;
}

static void read_setup_data(struct map_source *source, const char *folder)
{
	struct source_setup_data node = { .data = NULL };
	uint64_t type;

	if (!read_hex(source, folder, "type", &type))
		return;
	node.type = (uint32_t)type;
	node.data = (unsigned char *)read_value(folder, "data", &node.size);
	if (!node.data)
		return;
	source_add_setup_data(source, &node);
}

/* Calls entry for the folders "0", "1"... below one, up to the first that is missing; their number. */
static size_t each_entry(struct map_source *source, const char *folder,
			 void (*entry)(struct map_source *source, const char *folder))
{
	char path[MAX_PATH];
	struct stat status;
	size_t count = 0;

	for (;; count++) {
		if (snprintf(path, sizeof(path), "%s/%zu", folder, count) >= (int)sizeof(path) ||
		    stat(path, &status) != 0 || !S_ISDIR(status.st_mode))
			return count;
		entry(source, path);
	}
}

static bool exists(const char *folder, const char *file)
{
	char path[MAX_PATH];

	return snprintf(path, sizeof(path), "%s/%s", folder, file) < (int)sizeof(path) && access(path, F_OK) == 0;
}

/* One folder of a known kind; false when it is of none. */
static bool read_known_folder(struct map_source *source, const char *folder)
{
	char path[MAX_PATH];
	size_t size;
	char *page;

	if (exists(folder, "0/end") && exists(folder, "0/start")) {
		each_entry(source, folder, read_memmap_entry);
	} else if (exists(folder, "0/num_pages")) {
		each_entry(source, folder, read_runtime_entry);
		source_note(source, NOTE_ABOUT, 0, "%s has the regions of runtime services only, not the whole EFI map",
			    folder);
	} else if (exists(folder, "data") && exists(folder, "version")) {
		page = read_value(folder, "data", &size);
		if (!page || !boot_params_reader.probe(page, size)) {
			free(page);
			source_note(source, NOTE_DAMAGED, 0, "%s/data is no boot_params page", folder);
			return true;
		}
		boot_params_reader.parse(source, page, size);
		free(page);
		if (snprintf(path, sizeof(path), "%s/setup_data", folder) < (int)sizeof(path))
			each_entry(source, path, read_setup_data);
	} else {
		return false;
	}
	return true;
}

bool read_sys_folder(struct map_source *source, const char *folder)
{
	static const char *const kinds[] = { "memmap", "runtime-map", "boot_params" };
	char path[MAX_PATH];
	bool itself = read_known_folder(source, folder), found = false;

	source->kind = "folder of /sys";
	for (size_t i = 0; !itself && i < MM_ARRAY_COUNT(places); i++)
		for (size_t kind = 0; kind < MM_ARRAY_COUNT(kinds); kind++)
			if (snprintf(path, sizeof(path), "%s%s%s", folder, places[i], kinds[kind]) < (int)sizeof(path))
				found |= read_known_folder(source, path);
	return itself || found;
}
