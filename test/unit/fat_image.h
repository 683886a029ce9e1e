/* SPDX-License-Identifier: BSD-2-Clause */
/* FAT volumes made by mkfs.fat and filled by mtools, for the unit tests of loader/fat.c. */
#ifndef TEST_UNIT_FAT_IMAGE_H
#define TEST_UNIT_FAT_IMAGE_H

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <loader/fat_listing.h>

#define NAMED "\\Sub\\Dir With Long Name\\A rather long name.config"

static char folder[] = "/tmp/fat_test-XXXXXX";

/* A volume whose file is mapped for this process alone. */
struct image {
	struct fat_view view; /* first: what show() is called with */
	uint8_t *disk;
	uint64_t size;
	uint8_t *shown;
	uint64_t piece; /* bytes that are shown at once at most, unless more are needed */
	int left;       /* that many are shown; then there are errors. -1: no limit */
	struct fat fat;
};

static inline void run(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline void run(const char *format, ...)
{
	char command[2000], part[1800];
	va_list list;

	va_start(list, format);
	vsnprintf(part, sizeof(part), format, list);
	va_end(list);
	snprintf(command, sizeof(command), "cd %s && export MTOOLS_SKIP_CHECK=1 PATH=\"$PATH:/usr/sbin\" && %s", folder,
		 part);
	if (system(command) != 0)
		fail_msg("%s: failed; needed: dosfstools, mtools", command);
}

/* In memory of its own, so that the sanitizer sees a byte too many. */
static inline bool show(struct fat_view *view, uint64_t offset, uint64_t needed, uint64_t useful)
{
	struct image *image = (struct image *)view;
	uint64_t size = useful < image->piece ? useful : image->piece;

	assert_true(needed > 0 && needed <= 512 && offset < image->size && needed <= image->size - offset);
	if (image->left == 0)
		return false;
	image->left -= image->left > 0;
	size = size < needed ? needed : size;
	size = size < image->size - offset ? size : image->size - offset;
	free(image->shown);
	image->shown = malloc(size);
	memcpy(image->shown, image->disk + offset, size);
	view->bytes = image->shown;
	view->offset = offset;
	view->size = size;
	return true;
}

static inline void map_image(struct image *image)
{
	char path[100];
	struct stat about;
	int file;

	snprintf(path, sizeof(path), "%s/image", folder);
	file = open(path, O_RDONLY);
	assert_true(file >= 0 && fstat(file, &about) == 0);
	*image = (struct image){ .view = { .show = show }, .size = (uint64_t)about.st_size, .piece = 4096, .left = -1 };
	image->disk = mmap(NULL, image->size, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
	assert_ptr_not_equal(image->disk, MAP_FAILED);
	close(file);
}

static inline void forget(struct image *image)
{
	image->view.size = 0;
}

static inline bool reopen(struct image *image)
{
	forget(image);
	return fat_open(&image->fat, &image->view, &image->view, image->size);
}

static inline void unmap_image(struct image *image)
{
	free(image->shown);
	munmap(image->disk, image->size);
}

static inline void make_image(unsigned bits, unsigned sector, unsigned sectors_per_cluster, unsigned kib)
{
	run("rm -f image && mkfs.fat -F %u -S %u -s %u -f 2 -C image %u >mkfs.log", bits, sector, sectors_per_cluster, kib);
}

static inline uint8_t *read_host_file(const char *name, size_t *size)
{
	char path[100];
	uint8_t *bytes;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "rb");
	assert_non_null(file);
	fseek(file, 0, SEEK_END);
	*size = (size_t)ftell(file);
	rewind(file);
	bytes = malloc(*size + 1);
	assert_int_equal(fread(bytes, 1, *size, file), *size);
	bytes[*size] = '\0';
	fclose(file);
	return bytes;
}

/* A file of the host, each with other bytes. */
static inline void write_host_file(const char *name, size_t size)
{
	char path[100];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "wb");
	assert_non_null(file);
	for (size_t i = 0; i < size; i++)
		fputc((int)(i * 7 + i / 251 + size + (unsigned char)name[0]), file);
	assert_int_equal(fclose(file), 0);
}

/* A directory's listing in memory of its own; null when it is not good, or declined. */
static inline struct fat_listing *list_directory(const struct fat *fat, const struct fat_node *node, enum fat_state *state,
						 struct fat_damage *damage)
{
	struct fat_listing *made;
	uint32_t bytes;
	bool suspect;

	*state = fat_directory_check(fat, node, &suspect, &bytes, damage);
	if (*state != FAT_GOOD)
		return NULL;
	made = malloc(sizeof(*made) + fat_listing_size(bytes));
	if (fat_listing_read(fat, node, bytes, made, made + 1) == FAT_END)
		return made;
	free(made);
	return NULL;
}

/* What the EFI application does with a path. *state: of the last directory on the way. */
static inline enum fat_found find_path(const struct fat *fat, const char *path, struct fat_node *found, enum fat_state *state,
				       struct fat_damage *damage)
{
	enum fat_found result = FAT_FOUND;
	struct fat_trail trail = { .count = 0 };
	const char *name;
	size_t length;

	*found = (struct fat_node){ .directory = true, .root = true };
	*state = FAT_GOOD;
	while (result == FAT_FOUND && fat_path_part(&path, &name, &length)) {
		struct fat_listing *listing = NULL;

		if (found->directory && !fat_trail_add(fat, &trail, found, damage))
			*state = FAT_DAMAGED;
		else if (found->directory && length)
			listing = list_directory(fat, found, state, damage);

		result = listing ? fat_listing_find(listing, name, length, found) : FAT_DOUBT;
		free(listing);
	}
	return result;
}

static inline bool fat_find(const struct fat *fat, const char *path, struct fat_node *found)
{
	struct fat_damage damage;
	enum fat_state state;
	uint32_t bytes;
	bool suspect;

	if (!path[0] || find_path(fat, path, found, &state, &damage) != FAT_FOUND)
		return false;
	return !found->directory || fat_directory_check(fat, found, &suspect, &bytes, &damage) != FAT_DAMAGED;
}

/* The bytes of a file, put together from its extents by pieces of odd sizes; null when it is declined. */
static inline uint8_t *read_file(struct image *image, const char *path, size_t *size, struct fat_extents *extents)
{
	struct fat_damage damage;
	struct fat_node file;
	uint8_t *bytes;
	uint64_t done = 0, there;

	if (!fat_find(&image->fat, path, &file) || file.directory ||
	    fat_extents_read(&image->fat, &file, extents, &damage) != FAT_GOOD)
		return NULL;
	bytes = malloc(file.size + 1);
	while (done < file.size) {
		uint64_t at = fat_extents_find(extents, done, &there), piece = there < 777 ? there : 777;

		assert_true(there > 0 && there <= image->size - at);
		piece = piece < file.size - done ? piece : file.size - done;
		memcpy(bytes + done, image->disk + at, piece);
		done += piece;
	}
	fat_extents_find(extents, done + image->fat.cluster_size, &there);
	assert_int_equal(there, 0);
	*size = file.size;
	return bytes;
}

static inline int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All names of a directory, one a line and in order; null when it is declined. */
static inline char *list(struct image *image, const char *path)
{
	struct fat_directory directory;
	struct fat_node node = { .directory = true, .root = true };
	struct fat_entry entry;
	enum fat_step step;
	char *names[400], *text = calloc(1, 100000);
	size_t count = 0;

	if (path[0] && !fat_find(&image->fat, path, &node)) {
		free(text);
		return NULL;
	}
	fat_directory_begin(&image->fat, &node, &directory);
	while ((step = fat_directory_next(&directory, &entry)) == FAT_ENTRY) {
		assert_true(count < 400);
		if (strcmp(entry.name, ".") != 0 && strcmp(entry.name, "..") != 0)
			assert_true(asprintf(&names[count++], "%s%s\n", entry.name, entry.node.directory ? "/" : "") > 0);
	}
	qsort(names, count, sizeof(names[0]), by_text);
	for (size_t i = 0; i < count; i++) {
		strcat(text, names[i]);
		free(names[i]);
	}
	if (step == FAT_END)
		return text;
	free(text);
	return NULL;
}

static inline void fill_image(unsigned bits, unsigned sector)
{
	run("mmd -i image ::/Sub '::/Sub/Dir With Long Name' ::/many && mcopy -i image big '::/Sub/Dir With Long Name/"
	    "A rather long name.config' && mcopy -i image small ::/SMALL.TXT && mcopy -i image small ::/lower.txt && "
	    "mcopy -i image small '::/thirteen.char' && mcopy -i image empty ::/empty && mcopy -i image whole ::/whole");
	/* 13 characters are one piece of a name without its end */
	run("mkdir -p many && for i in $(seq 100); do echo $i >\"many/entry number $i.conf\"; done && "
	    "mcopy -i image many/* ::/many && "
	    "for i in $(seq 3 2 99); do mdel -i image \"::/many/entry number $i.conf\"; done");
	/* odd numbers left holes, so this is in pieces, if the search for free clusters begins at the front */
	if (bits == 32)
		run("printf '\\2\\0\\0\\0' | dd of=image bs=1 seek=%u conv=notrunc status=none", sector + 492);
	run("mcopy -i image middle ::/pieces");
}

static inline void usual_image(struct image *image, unsigned bits)
{
	write_host_file("whole", 4096);
	write_host_file("middle", 30000);
	make_image(bits, 512, bits == 16 ? 4 : 1, bits == 12 ? 1440 : bits == 16 ? 32768 : 40960);
	fill_image(bits, 512);
	map_image(image);
	assert_true(reopen(image));
}

static inline int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	write_host_file("big", 70001);
	write_host_file("small", 600);
	write_host_file("empty", 0);
	return 0;
}

static inline int tear_down(void **state)
{
	char command[100];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

#endif
