/* SPDX-License-Identifier: BSD-2-Clause */
/* Takes a file's bytes, finds the reader that knows them, and has it read them. */
#define _POSIX_C_SOURCE 200809L

#include "map_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

const struct map_reader *const map_readers[] = { &linux_log_reader, NULL };

/* The bytes of a file; mapped from it where that can be done, since logs are large. */
struct content {
	char *data;
	size_t size;
	bool mapped;
};

static void content_free(struct content *content)
{
	if (content->mapped)
		munmap(content->data, content->size);
	else
		free(content->data);
}

/* Pipes, and files of /proc and /sys, which do not tell their size. 0, or an errno. */
static int read_all(int file, struct content *content)
{
	size_t capacity = 0, used = 0;
	char *data = NULL;
	ssize_t got;

	for (;;) {
		if (capacity - used < 4096) {
			char *larger = realloc(data, capacity + capacity / 2 + (1 << 16));

			if (!larger) {
				free(data);
				return ENOMEM;
			}
			capacity += capacity / 2 + (1 << 16);
			data = larger;
		}
		got = read(file, data + used, capacity - used);
		if (got == 0)
			break;
		if (got > 0) {
			used += (size_t)got;
		} else if (errno != EINTR) {
			free(data);
			return errno;
		}
	}
	*content = (struct content){ data, used, false };
	return 0;
}

static int read_content(int file, struct content *content)
{
	struct stat status;

	if (fstat(file, &status) != 0)
		return errno;
	if (S_ISDIR(status.st_mode))
		return EISDIR;
	if (S_ISREG(status.st_mode) && status.st_size > 0 && (uintmax_t)status.st_size <= SIZE_MAX) {
		void *data = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);

		if (data != MAP_FAILED) {
			*content = (struct content){ data, (size_t)status.st_size, true };
			return 0;
		}
	}
	return read_all(file, content);
}

/* "a Linux log, an .efimap file or ...": what may be given. */
static void list_kinds(char *list, size_t size)
{
	size_t used = 0;

	*list = '\0';
	for (size_t i = 0; map_readers[i]; i++)
		used += (size_t)snprintf(list + used, used < size ? size - used : 0, "%s%s", i ? ", " : "",
					 map_readers[i]->kind);
}

static bool has_map(const struct map_source *source)
{
	return source->nr_efi || source->nr_e820 || source->nr_iomem;
}

static int parse_content(struct map_source *source, const struct content *content, char *error, size_t error_size)
{
	char kinds[600];

	for (size_t i = 0; map_readers[i]; i++) {
		if (!map_readers[i]->probe(content->data, content->size))
			continue;
		source->kind = map_readers[i]->kind;
		if (map_readers[i]->parse(source, content->data, content->size) != 0) {
			snprintf(error, error_size, "%s: %s", source->name, source->refusal);
			return -1;
		}
		if (has_map(source))
			return 0;
		snprintf(error, error_size, "%s: a %s without a single good line%s%s", source->name, source->kind,
			 source->nr_notes ? "; the first: " : "", source->nr_notes ? source->notes[0].text : "");
		return -1;
	}
	list_kinds(kinds, sizeof(kinds));
	snprintf(error, error_size, "%s: there is no memory map in it; understood are: %s", source->name, kinds);
	return -1;
}

int map_source_read(const char *path, struct map_source *source, char *error, size_t error_size)
{
	bool standard_input = strcmp(path, "-") == 0;
	const char *name = standard_input ? "standard input" : path;
	int file = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	struct content content = { NULL, 0, false };
	int result = file < 0 ? errno : read_content(file, &content);

	*source = (struct map_source){ .efi_version = EFI_MEMORY_DESC_VERSION };
	if (file >= 0 && !standard_input)
		close(file);
	if (result != 0) {
		snprintf(error, error_size, "%s: %s", name, strerror(result));
		return -1;
	}
	source->name = copied(name, strlen(name));
	result = parse_content(source, &content, error, error_size);
	content_free(&content);
	if (result != 0)
		map_source_free(source);
	return result;
}
