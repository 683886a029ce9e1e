/* SPDX-License-Identifier: BSD-2-Clause */
/* Takes a file's bytes, finds the reader that knows them, and has it read them. */
#define _POSIX_C_SOURCE 200809L

#include "file_content.h"
#include "map_reader.h"
#include "progress.h"

#include <loader/file_kind.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * A log may quote what other programs printed, so that its own lines decide before theirs; and what any text may have
 * by chance comes last.
 */
const struct map_reader *const map_readers[] = {
	&efimap_reader,	  &json_reader,	    &tsv_reader,    &boot_params_reader, &xen_log_reader,
	&linux_log_reader, &kexec_reader,   &iomem_reader,  &grub_reader,	 &u_boot_reader, &shell_reader,
	&freebsd_reader,  &opencore_reader, &tboot_reader,  &firmware_reader,	 &coreboot_reader,
	&lmb_reader,	    &limine_reader, &syslinux_reader,	 &ipxe_reader,
	&grub4dos_reader, &displaymem_reader, &haiku_reader, &registry_reader, &meminfo_reader,	 &msinfo_reader, &openbsd_reader,
	&mtree_reader,	  &lsmem_reader,    &uefi_rs_reader, &csv_reader,	 &keyed_reader,
	NULL
};

static void list_kinds(char *list, size_t size)
{
	size_t used = 0;

	*list = '\0';
	for (size_t i = 0; map_readers[i] && used < size; i++)
		used += (size_t)snprintf(list + used, size - used, "%s%s", i ? ", " : "", map_readers[i]->kind);
}

static bool has_map(const struct map_source *source)
{
	return source->nr_efi || source->nr_e820 || source->nr_iomem;
}

static bool knows(const struct map_reader *reader, const struct content *content)
{
	return reader->probe ? reader->probe(content->data, content->size) :
			       probe_lines(reader, content->data, content->size);
}

/* Whether it starts as no text does. */
static bool is_binary(const struct content *content)
{
	for (size_t i = 0; i < content->size && i < 16; i++)
		if ((unsigned char)content->data[i] < ' ' && !memchr("\t\r\n", content->data[i], 3))
			return true;
	return false;
}

/* 0, or -1 with a refusal in source. */
static int parse_content(struct map_source *source, struct content *content)
{
	const struct map_reader *reader = NULL;
	const struct file_kind *kind;
	char kinds[900];

	if (!boot_params_reader.probe(content->data, content->size) &&
	    !efimap_reader.probe(content->data, content->size)) {
		if (content_to_utf8(content) != 0)
			return source_refuse(source, "out of memory");
		content_strip_escapes(content);
	}
	for (size_t i = 0; map_readers[i] && !reader; i++) {
		sniff_reader(i, MM_ARRAY_COUNT(map_readers) - 1);
		reader = knows(map_readers[i], content) ? map_readers[i] : NULL;
	}
	sniff_reader(0, 1);
	if (!reader) {
		kind = is_binary(content) ? file_kind_of((const uint8_t *)content->data, content->size) : NULL;
		list_kinds(kinds, sizeof(kinds));
		return source_refuse(source, "%s%s%sthere is no memory map in it; understood are: %s, and folders of /sys",
				     kind ? "it is " : "", kind ? kind->what : "", kind ? "; " : "", kinds);
	}
	source->kind = reader->kind;
	source->forgets_text = true;
	if (!reader->parse) {
		parse_lines(reader, source, content->data, content->size);
		return 0;
	}
	return reader->parse(source, content->data, content->size);
}

static int read_file(struct map_source *source, const char *path)
{
	bool standard_input = strcmp(path, "-") == 0;
	int file = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	struct content content;
	int result = file < 0 ? errno : content_read(file, &content);

	if (file >= 0 && !standard_input)
		close(file);
	if (result == EISDIR && read_sys_folder(source, path))
		return 0;
	if (result == EISDIR)
		return source_refuse(source, "is a folder, but none of /sys/firmware/memmap, "
				     "/sys/firmware/efi/runtime-map and /sys/kernel/boot_params, nor a copy of them");
	if (result != 0)
		return source_refuse(source, "%s", strerror(result));
	result = parse_content(source, &content);
	free(content.data);
	return result;
}

int map_source_read(const char *path, struct map_source *source, char *error, size_t error_size)
{
	const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
	int result;

	*source = (struct map_source){ .name = copied(name, strlen(name)) };
	result = read_file(source, path);
	progress_end();
	if (result == 0 && !has_map(source)) {
		const struct source_note *note = source->nr_notes ? &source->notes[0] : NULL;

		result = source_refuse(source, "a %s without a single good line%s%s", source->kind, note ? "; " : "",
				       note ? note->text : "");
	}
	if (result == 0)
		return 0;
	snprintf(error, error_size, "%s: %s", name, source->refusal);
	map_source_free(source);
	return -1;
}
