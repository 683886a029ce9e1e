/* SPDX-License-Identifier: BSD-2-Clause */
/* FAT volumes made by mkfs.fat and filled by mtools: what is read is what mtools reads; what is damaged is declined. */
#define _GNU_SOURCE
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

#include <loader/fat.h>

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

static void run(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void run(const char *format, ...)
{
	char command[2000], part[1800];
	va_list list;

	va_start(list, format);
	vsnprintf(part, sizeof(part), format, list);
	va_end(list);
	snprintf(command, sizeof(command), "cd %s && export MTOOLS_SKIP_CHECK=1 PATH=\"$PATH:/usr/sbin\" && %s", folder, part);
	if (system(command) != 0)
		fail_msg("%s: failed; needed: dosfstools, mtools", command);
}

/* In memory of its own, so that the sanitizer sees a byte too many. */
static bool show(struct fat_view *view, uint64_t offset, uint64_t needed, uint64_t useful)
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

static void map_image(struct image *image)
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

static void forget(struct image *image)
{
	image->view.size = 0;
}

static bool reopen(struct image *image)
{
	forget(image);
	return fat_open(&image->fat, &image->view, image->size);
}

static void unmap_image(struct image *image)
{
	free(image->shown);
	munmap(image->disk, image->size);
}

static void make_image(unsigned bits, unsigned sector, unsigned sectors_per_cluster, unsigned kib)
{
	run("rm -f image && mkfs.fat -F %u -S %u -s %u -f 2 -C image %u >mkfs.log", bits, sector, sectors_per_cluster, kib);
}

static uint8_t *read_host_file(const char *name, size_t *size)
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
static void write_host_file(const char *name, size_t size)
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

/* The bytes of a file, put together from its extents by pieces of odd sizes; null when it is declined. */
static uint8_t *read_file(struct image *image, const char *path, size_t *size, struct fat_extents *extents)
{
	struct fat_node file;
	uint8_t *bytes;
	uint64_t done = 0, there;

	if (!fat_find(&image->fat, path, &file) || file.directory || !fat_extents_read(&image->fat, &file, extents))
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

/* The same file, by us and by mtools; returns in how many pieces it lies. */
static unsigned check_file(struct image *image, const char *path)
{
	char theirs[300];
	struct fat_extents extents;
	size_t size, expected;
	uint8_t *bytes, *copy;

	snprintf(theirs, sizeof(theirs), "%s%s", path[0] == '\\' ? "" : "/", path);
	for (char *c = theirs; *c; c++)
		*c = *c == '\\' ? '/' : *c;
	run("mcopy -n -o -i image '::%s' copy", theirs);
	copy = read_host_file("copy", &expected);
	bytes = read_file(image, path, &size, &extents);
	assert_non_null(bytes);
	assert_int_equal(size, expected);
	assert_memory_equal(bytes, copy, size);
	free(bytes);
	free(copy);
	return extents.count;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All names of a directory, one a line and in order; null when it is declined. */
static char *list(struct image *image, const char *path)
{
	struct fat_directory directory;
	struct fat_node node = { .directory = true };
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

static void check_list(struct image *image, const char *path, const char *theirs)
{
	char *names = list(image, path);
	size_t size;
	char *expected;

	run("mdir -b -i image '::%s' | sed 's|^::%s/*||' | LC_ALL=C sort >list", theirs, theirs);
	expected = (char *)read_host_file("list", &size);
	assert_non_null(names);
	assert_string_equal(names, expected);
	free(names);
	free(expected);
}

static void fill_image(unsigned bits, unsigned sector)
{
	run("mmd -i image ::/Sub '::/Sub/Dir With Long Name' ::/many && mcopy -i image big '::/Sub/Dir With Long Name/"
	    "A rather long name.config' && mcopy -i image small ::/SMALL.TXT && mcopy -i image small ::/lower.txt && "
	    "mcopy -i image small '::/thirteen.char' && mcopy -i image empty ::/empty && mcopy -i image whole ::/whole");
	/* 13 characters are one piece of a name without its end */
	run("mkdir -p many && for i in $(seq 100); do echo $i >\"many/entry number $i.conf\"; done && mcopy -i image many/* ::/many && "
	    "for i in $(seq 3 2 99); do mdel -i image \"::/many/entry number $i.conf\"; done");
	/* odd numbers left holes, so this is in pieces, if the search for free clusters begins at the front */
	if (bits == 32)
		run("printf '\\2\\0\\0\\0' | dd of=image bs=1 seek=%u conv=notrunc status=none", sector + 492);
	run("mcopy -i image middle ::/pieces");
}

static void check_image(unsigned bits, uint32_t cluster_size, uint64_t piece)
{
	struct image image;

	map_image(&image);
	image.piece = piece;
	assert_true(reopen(&image));
	assert_int_equal(image.fat.bits, bits);
	assert_int_equal(image.fat.cluster_size, cluster_size);
	assert_int_equal(check_file(&image, NAMED), 1);
	assert_int_equal(check_file(&image, NAMED + 1), 1);
	assert_int_equal(check_file(&image, "\\sUB\\dir with LONG name\\a RATHER long NAME.CONFIG"), 1);
	assert_int_equal(check_file(&image, "\\sub\\dirwit~1\\arathe~1.con"), 1);
	assert_int_equal(check_file(&image, "small.txt"), 1);
	assert_int_equal(check_file(&image, "LOWER.TXT"), 1);
	assert_int_equal(check_file(&image, "thirteen.char"), 1);
	assert_int_equal(check_file(&image, "whole"), 1);
	assert_int_equal(check_file(&image, "empty"), 0);
	assert_int_equal(check_file(&image, "\\many\\entry number 1.conf"), 1);
	assert_int_equal(check_file(&image, "\\many\\entry number 100.conf"), 1);
	assert_true(check_file(&image, "\\pieces") > 1);
	check_list(&image, "", "/");
	check_list(&image, "many", "/many");
	check_list(&image, "Sub", "/Sub");
	unmap_image(&image);
}

static void volumes_are_read(void **state)
{
	static const struct {
		unsigned bits, sector, sectors_per_cluster, kib;
	} volumes[] = { { 12, 512, 1, 1440 },  { 12, 512, 16, 16384 }, { 12, 4096, 1, 8192 },  { 16, 512, 4, 32768 },
			{ 16, 4096, 1, 65536 }, { 32, 512, 1, 40960 },  { 32, 1024, 2, 150000 }, { 32, 4096, 1, 300000 } };

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(volumes); i++) {
		uint32_t cluster = volumes[i].sector * volumes[i].sectors_per_cluster;

		write_host_file("whole", 4 * cluster);
		write_host_file("middle", 10 * cluster + 1);
		make_image(volumes[i].bits, volumes[i].sector, volumes[i].sectors_per_cluster, volumes[i].kib);
		fill_image(volumes[i].bits, volumes[i].sector);
		check_image(volumes[i].bits, cluster, 1);
		check_image(volumes[i].bits, cluster, 512);
		check_image(volumes[i].bits, cluster, 65536);
	}
}

static void put(uint8_t *at, uint32_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static uint32_t get_reserved(const uint8_t *boot)
{
	return boot[14] | (uint32_t)boot[15] << 8;
}

static void usual_image(struct image *image, unsigned bits)
{
	write_host_file("whole", 4096);
	write_host_file("middle", 30000);
	make_image(bits, 512, bits == 16 ? 4 : 1, bits == 12 ? 1440 : bits == 16 ? 32768 : 40960);
	fill_image(bits, 512);
	map_image(image);
	assert_true(reopen(image));
}

/* A boot sector with one field changed is declined, and with the field as it was it is not. */
static void boot_sectors(void **state)
{
	static const struct {
		unsigned at, size;
		uint32_t value;
	} changes[] = { { 0, 1, 0 },      { 510, 1, 0 },     { 511, 1, 0xab },    { 11, 2, 0 },    { 11, 2, 256 },
			{ 11, 2, 513 },   { 11, 2, 8192 },   { 13, 1, 0 },        { 13, 1, 3 },    { 14, 2, 0 },
			{ 14, 2, 31 },    { 16, 1, 0 },      { 17, 2, 16 },       { 17, 2, 1 },    { 19, 2, 100 },
			{ 21, 1, 0xf0 },  { 22, 2, 200 },    { 32, 4, 0 },        { 32, 4, 700 },  { 32, 4, 81921 },
			{ 32, 4, 0xffffffff }, { 36, 4, 0 },  { 36, 4, 0xffffffff }, { 36, 4, 500 }, { 40, 2, 0x80 },
			{ 42, 2, 1 },     { 44, 4, 0 },      { 44, 4, 1 },        { 44, 4, 0x0fffffff } };
	struct image image;
	uint8_t whole[512];

	(void)state;
	usual_image(&image, 32);
	memcpy(whole, image.disk, sizeof(whole));
	for (size_t i = 0; i < MM_ARRAY_COUNT(changes); i++) {
		put(image.disk + changes[i].at, changes[i].value, changes[i].size);
		if (reopen(&image))
			fail_msg("%u bytes at %u: %#x is taken", changes[i].size, changes[i].at, changes[i].value);
		memcpy(image.disk, whole, sizeof(whole));
		assert_true(reopen(&image));
	}
	put(image.disk, 0x1234e9, 3);
	assert_true(reopen(&image));
	image.size = 511;
	assert_false(reopen(&image));
	image.size = 40960 * 1024;
	image.left = 0;
	assert_false(reopen(&image));
	image.left = -1;
	put(image.disk + image.fat.table, 0x0ffffff0, 4); /* not the boot sector's medium */
	assert_false(reopen(&image));
	unmap_image(&image);
}

/* Clusters near the limits between the kinds, and a root directory that is no whole sector. */
static void doubtful_kinds(void **state)
{
	static const struct {
		uint32_t sectors;
		bool taken;
	} volumes[] = { { 4068, true }, { 4069, false }, { 4085, false }, { 4100, false }, { 4101, true },
			{ 65508, true }, { 65509, false }, { 65525, false }, { 65540, false } };
	struct image image;

	(void)state;
	make_image(16, 512, 1, 32000);
	map_image(&image);
	assert_true(reopen(&image));
	for (size_t i = 0; i < MM_ARRAY_COUNT(volumes); i++) {
		uint32_t count = volumes[i].sectors;

		put(image.disk + 19, 0, 2);
		put(image.disk + 22, 256, 2);
		put(image.disk + 32, count + 2 * 256 + get_reserved(image.disk) + 32, 4);
		put(image.disk + get_reserved(image.disk) * 512, count < 4085 ? 0xff8 : 0xfff8, 2);
		image.size = 40000 * 1024;
		if (reopen(&image) != volumes[i].taken)
			fail_msg("%u clusters", count);
	}
	put(image.disk + 17, 513, 2);
	assert_false(reopen(&image));
	image.size = 32000 * 1024;
	unmap_image(&image);
}

/* What the FAT has for a cluster. */
static void set_entry(struct image *image, uint32_t cluster, uint32_t value)
{
	uint8_t *at = image->disk + image->fat.table + (uint64_t)cluster * image->fat.bits / 8;

	if (image->fat.bits == 12)
		value = cluster & 1 ? (value << 4) | (at[0] & 15) : (value & 0xfff) | (uint32_t)(at[1] & 0xf0) << 8;
	put(at, value, image->fat.bits == 32 ? 4 : 2);
	forget(image);
}

static bool takes(struct image *image, const char *path)
{
	struct fat_extents extents;
	size_t size;
	uint8_t *bytes = read_file(image, path, &size, &extents);

	free(bytes);
	return bytes;
}

static void damaged_chains(void **state)
{
	static const unsigned kinds[] = { 12, 16, 32 };
	struct image image;
	struct fat_node file;

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(kinds); i++) {
		uint32_t first, ends;

		usual_image(&image, kinds[i]);
		assert_true(fat_find(&image.fat, NAMED, &file));
		first = file.cluster;
		ends = image.fat.mask;
		assert_true(takes(&image, NAMED));
		for (uint32_t cluster = first; cluster < first + 4; cluster++) {
			const uint32_t bad[] = { 0, 1, cluster, first, image.fat.cluster_end, ends - 8, ends, ends - 7 };

			for (size_t b = 0; b < MM_ARRAY_COUNT(bad); b++) {
				set_entry(&image, cluster, bad[b]);
				assert_false(takes(&image, NAMED));
			}
			set_entry(&image, cluster, cluster + 1);
			assert_true(takes(&image, NAMED));
		}
		/* the last cluster: with one more behind it, and free */
		set_entry(&image, first + (file.size - 1) / image.fat.cluster_size, image.fat.cluster_end - 1);
		assert_false(takes(&image, NAMED));
		set_entry(&image, first + (file.size - 1) / image.fat.cluster_size, 0);
		assert_false(takes(&image, NAMED));
		set_entry(&image, first + (file.size - 1) / image.fat.cluster_size, ends - 7);
		assert_true(takes(&image, NAMED));
		/* a directory that never ends */
		assert_true(takes(&image, "\\many\\entry number 1.conf"));
		assert_true(fat_find(&image.fat, "many", &file));
		for (uint64_t c = 0; c < image.fat.cluster_size; c += 32)
			memset(image.disk + image.fat.data + (uint64_t)(file.cluster - 2) * image.fat.cluster_size + c, 0xe5, 1);
		set_entry(&image, file.cluster, file.cluster);
		assert_false(takes(&image, "\\many\\entry number 1.conf"));
		set_entry(&image, file.cluster, image.fat.cluster_end);
		assert_false(takes(&image, "\\many\\entry number 1.conf"));
		unmap_image(&image);
	}
}

/* Each read fails once: it is declined, or nothing of it was needed. */
static void reads_that_fail(void **state)
{
	struct image image;
	struct fat_extents extents;
	uint8_t *whole, *bytes;
	size_t size, again;
	int failed = 0;

	(void)state;
	usual_image(&image, 16);
	whole = read_file(&image, NAMED, &size, &extents);
	for (int left = 0; left < 1000; left++) {
		forget(&image);
		image.piece = 32;
		image.left = left;
		bytes = read_file(&image, NAMED, &again, &extents);
		if (bytes) {
			assert_int_equal(size, again);
			assert_memory_equal(bytes, whole, size);
			free(bytes);
			break;
		}
		failed++;
	}
	assert_in_range(failed, 10, 900);
	free(whole);
	unmap_image(&image);
}

/* In more pieces than there is room for; with one less it is taken. */
static void many_pieces(void **state)
{
	struct image image;
	struct fat_node file;
	uint32_t first;

	(void)state;
	usual_image(&image, 16);
	assert_true(fat_find(&image.fat, NAMED, &file));
	first = image.fat.cluster_end - 2 * (FAT_EXTENTS_MAX + 1);
	assert_true((file.size - 1) / image.fat.cluster_size > FAT_EXTENTS_MAX);
	for (uint32_t i = 0; i <= FAT_EXTENTS_MAX; i++)
		set_entry(&image, i ? first + 2 * i : file.cluster, i == FAT_EXTENTS_MAX ? 0xffff : first + 2 * (i + 1));
	for (unsigned count = FAT_EXTENTS_MAX; count <= FAT_EXTENTS_MAX + 1; count++) {
		struct fat_extents extents;

		file.size = count * image.fat.cluster_size;
		set_entry(&image, first + 2 * (count - 1), 0xffff);
		assert_int_equal(fat_extents_read(&image.fat, &file, &extents), count == FAT_EXTENTS_MAX);
		set_entry(&image, first + 2 * (count - 1), first + 2 * count);
	}
	unmap_image(&image);
}

static void paths(void **state)
{
	static const char *const declined[] = { "", "\\", "\\\\small.txt", "small.txt\\", "small.tx", "small.txtx", "small.txt\\x",
						" small.txt", "small.txt ", "small.txt.", ".", "..", "many\\.", "many\\..\\small.txt",
						"many/entry number 1.conf", "nothing", "many\\nothing", "sm\303\244ll", "sm\tll",
						"many\\entry number 3.conf" };
	struct image image;
	struct fat_node node;
	char name[300];

	(void)state;
	usual_image(&image, 12);
	for (size_t i = 0; i < MM_ARRAY_COUNT(declined); i++)
		if (fat_find(&image.fat, declined[i], &node))
			fail_msg("\"%s\" is found", declined[i]);
	memset(name, 'a', sizeof(name));
	for (size_t length = 254; length < 258; length++) {
		name[length] = '\0';
		assert_false(fat_find(&image.fat, name, &node));
		name[length] = 'a';
	}
	assert_true(fat_find(&image.fat, "many", &node) && node.directory);
	unmap_image(&image);
}

/* The root directory of a FAT16 volume with these records. */
static void set_root(struct image *image, const char *records, size_t count)
{
	memset(image->disk + image->fat.root, 0, image->fat.root_size);
	memcpy(image->disk + image->fat.root, records, count * 32);
	forget(image);
}

#define SHORT(name, attributes, lower) name attributes lower "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define PIECE(number, sum, a, b, c) number a "\x0f\0" sum b "\0\0" c
#define FILL "\xff\xff"

static void check_root(struct image *image, const char *records, size_t count, const char *names)
{
	char *text;

	set_root(image, records, count);
	text = list(image, "");
	if (!names)
		assert_null(text);
	else
		assert_string_equal(text, names);
	free(text);
}

static void records(void **state)
{
	/* "abc.d" of ABC.D, whose checksum is the first byte */
	static const char abc[] = SHORT("ABC     D  ", "\x20", "\0");
	static const char piece[] = PIECE("\x41", "\x00", "a\0b\0c\0.\0d\0", "\0\0" FILL FILL FILL FILL FILL, FILL FILL);
	char both[4][32];
	uint8_t sum = 0;
	struct image image;
	struct fat_node node;

	(void)state;
	make_image(16, 512, 4, 32768);
	map_image(&image);
	assert_true(reopen(&image));
	check_root(&image, abc, 0, "");
	check_root(&image, abc, 1, "ABC.D\n");
	check_root(&image, SHORT("ABC     D  ", "\x20", "\x08"), 1, "abc.D\n");
	check_root(&image, SHORT("ABC     D  ", "\x20", "\x10"), 1, "ABC.d\n");
	check_root(&image, SHORT("ABC     D  ", "\x20", "\x18"), 1, "abc.d\n");
	check_root(&image, SHORT("ABC        ", "\x10", "\x18"), 1, "abc/\n");
	check_root(&image, SHORT("ABCDEFGHIJK", "\x10", "\0"), 1, "ABCDEFGH.IJK/\n");
	check_root(&image, SHORT("A B     C D", "\x07", "\0"), 1, "A B.C D\n");
	check_root(&image, SHORT("LABEL      ", "\x08", "\0"), 1, "");
	check_root(&image, SHORT("\x05""BC     D  ", "\x20", "\0"), 1, "\x7f""BC.D\n");
	check_root(&image, SHORT(" BC     D  ", "\x20", "\0"), 1, NULL);
	check_root(&image, SHORT("ABC     D  ", "\x60", "\0"), 1, NULL);
	check_root(&image, SHORT("\xe5""BC     D  ", "\x20", "\0"), 1, "");
	check_root(&image, SHORT("\0BC     D  ", "\x20", "\0"), 1, "");

	for (size_t i = 0; i < 11; i++)
		sum = (uint8_t)((sum >> 1 | sum << 7) + (uint8_t)abc[i]);
	memcpy(both[0], piece, 32);
	memcpy(both[1], abc, 32);
	both[0][13] = (char)sum;
	check_root(&image, both[0], 2, "abc.d\n");
	check_root(&image, both[0], 1, NULL); /* and no short name */
	for (size_t i = 0; i < 16; i++) {     /* another order, kind, checksum or short name */
		static const struct {
			uint8_t record, at, value;
		} changes[16] = { { 0, 0, 1 },    { 0, 0, 0x40 }, { 0, 0, 0x42 }, { 0, 0, 0x55 }, { 0, 12, 1 },   { 0, 13, 0 },
				  { 1, 0, 'X' },  { 1, 0, 0xe5 }, { 1, 11, 8 },   { 1, 11, 0xff }, { 0, 1, 0 },   { 1, 0, 0 },
				  { 1, 10, 'X' }, { 0, 11, 0x4f }, { 1, 11, 0x0f }, { 0, 0, 0x7f } };
		char saved[4][32];

		memcpy(saved, both, sizeof(saved));
		both[changes[i].record][changes[i].at] = (char)changes[i].value;
		check_root(&image, both[0], 2, NULL);
		memcpy(both, saved, sizeof(both));
	}
	both[0][3] = (char)0xe4; /* a-umlaut: it may be what is asked for, or not */
	check_root(&image, both[0], 2, "a\x7f""c.d\n");
	assert_false(fat_find(&image.fat, "abc.d", &node));
	assert_false(fat_find(&image.fat, "axc.d", &node));
	memcpy(both[0], piece, 32);
	both[0][13] = (char)sum;
	/* the same short name once more: two fit */
	memcpy(both[2], abc, 32);
	set_root(&image, both[0], 3);
	assert_false(fat_find(&image.fat, "abc.d", &node));
	memcpy(both[2], "OTHER", 5);
	set_root(&image, both[0], 3);
	assert_true(fat_find(&image.fat, "abc.d", &node));
	assert_int_equal(node.cluster, 0);
	/* a file that is a directory on the way, and a directory without a cluster */
	assert_false(fat_find(&image.fat, "abc.d\\x", &node));
	both[1][11] = 0x10;
	set_root(&image, both[0], 3);
	assert_false(fat_find(&image.fat, "abc.d", &node));
	both[1][26] = 2;
	set_root(&image, both[0], 3);
	assert_true(fat_find(&image.fat, "abc.d", &node));
	assert_true(node.directory);
	both[1][20] = 1; /* the upper half of a cluster's number */
	set_root(&image, both[0], 3);
	assert_false(fat_find(&image.fat, "abc.d", &node));
	assert_true(fat_find(&image.fat, "other.d", &node));
	unmap_image(&image);
}

/* An empty file has no cluster; a root directory that is full has no end mark. */
static void full_and_empty(void **state)
{
	struct image image;
	struct fat_node node;
	struct fat_extents extents;
	char records[512 * 32];

	(void)state;
	make_image(16, 512, 4, 32768);
	map_image(&image);
	assert_true(reopen(&image));
	for (size_t i = 0; i < 512; i++)
		memcpy(records + 32 * i, i == 511 ? SHORT("LAST       ", "\x20", "\0") : SHORT("\xe5        ", "  \x20", "\0"), 32);
	set_root(&image, records, 512);
	assert_int_equal(image.fat.root_size, sizeof(records));
	assert_true(fat_find(&image.fat, "last", &node));
	assert_true(fat_extents_read(&image.fat, &node, &extents));
	assert_int_equal(extents.count, 0);
	node.cluster = 2;
	assert_false(fat_extents_read(&image.fat, &node, &extents));
	node.size = UINT32_MAX;
	assert_false(fat_extents_read(&image.fat, &node, &extents));
	unmap_image(&image);
}

/* Names of all lengths that there are, and one that is too long. */
static void long_names(void **state)
{
	struct image image;
	struct fat_node node;
	char name[300];

	(void)state;
	make_image(32, 512, 1, 40960);
	for (size_t length = 9; length <= 247; length += length < 30 ? 1 : 31) {
		memset(name, 'n', length);
		snprintf(name + length - 4, 5, ".%03zu", length);
		run("mcopy -i image small '::/%s'", name);
	}
	map_image(&image);
	assert_true(reopen(&image));
	check_list(&image, "", "/");
	assert_true(fat_find(&image.fat, name, &node));
	assert_int_equal(strlen(name), 247);
	unmap_image(&image);
	run("mcopy -i image small '::/%0248d'", 0);
	map_image(&image);
	assert_true(reopen(&image));
	assert_null(list(&image, ""));
	assert_false(fat_find(&image.fat, name, &node));
	unmap_image(&image);
}

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	write_host_file("big", 70001);
	write_host_file("small", 600);
	write_host_file("empty", 0);
	return 0;
}

static int tear_down(void **state)
{
	char command[100];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(volumes_are_read), cmocka_unit_test(boot_sectors),
					    cmocka_unit_test(doubtful_kinds),   cmocka_unit_test(damaged_chains),
					    cmocka_unit_test(reads_that_fail),  cmocka_unit_test(many_pieces),
					    cmocka_unit_test(paths),            cmocka_unit_test(records),
					    cmocka_unit_test(full_and_empty),   cmocka_unit_test(long_names) };

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
