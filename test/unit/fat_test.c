/* SPDX-License-Identifier: BSD-2-Clause */
/* FAT volumes: what is read is what mtools reads. */
#define _GNU_SOURCE
#include "fat_image.h"

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

static void paths(void **state)
{
	static const char *const declined[] = { "", "\\", "\\\\small.txt", "small.txt\\", "small.tx", "small.txtx",
						"small.txt\\x",
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

static enum fat_found find_in_root(struct image *image, const char *name)
{
	struct fat_damage damage;
	struct fat_node node;
	enum fat_state state;

	return find_path(&image->fat, name, &node, &state, &damage);
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
	both[0][3] = (char)0xe4; /* a-umlaut: its capital, or a letter of ASCII, may mean the same to firmware, or not */
	check_root(&image, both[0], 2, "a\303\244c.d\n");
	assert_int_equal(find_in_root(&image, "a\303\244c.d"), FAT_FOUND);
	assert_int_equal(find_in_root(&image, "A\303\244C.D"), FAT_FOUND);
	assert_int_equal(find_in_root(&image, "a\303\204c.d"), FAT_DOUBT);
	assert_int_equal(find_in_root(&image, "axc.d"), FAT_ABSENT);
	assert_int_equal(find_in_root(&image, "akc.d"), FAT_DOUBT);
	assert_int_equal(find_in_root(&image, "ax.d"), FAT_ABSENT);
	assert_int_equal(find_in_root(&image, "a\303\244c.dd"), FAT_ABSENT);
	assert_int_equal(find_in_root(&image, "ABC.D"), FAT_FOUND); /* the short name */
	both[0][3] = (char)0x2a; /* kelvin, and its lower case is k */
	both[0][4] = 0x21;
	check_root(&image, both[0], 2, "a\342\204\252c.d\n");
	assert_int_equal(find_in_root(&image, "akc.d"), FAT_DOUBT);
	both[0][3] = 0x3d; /* half a pair of surrogates, then a whole one, with the second half in the place of "c" */
	both[0][4] = (char)0xd8;
	check_root(&image, both[0], 2, "a\x7f""c.d\n");
	assert_int_equal(find_in_root(&image, "axc.d"), FAT_DOUBT);
	both[0][5] = 0x27;
	both[0][6] = (char)0xde;
	check_root(&image, both[0], 2, "a\360\237\230\247.d\n");
	assert_int_equal(find_in_root(&image, "a\360\237\230\247.d"), FAT_FOUND);
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
	assert_false(fat_find(&image.fat, "abc.d", &node)); /* free */
	memset(image.disk + image.fat.table + 4, 0xff, 2);
	forget(&image);
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
	struct fat_damage damage;
	char records[512 * 32];

	(void)state;
	make_image(16, 512, 4, 32768);
	map_image(&image);
	assert_true(reopen(&image));
	for (size_t i = 0; i < 512; i++)
		memcpy(records + 32 * i,
		       i == 511 ? SHORT("LAST       ", "\x20", "\0") : SHORT("\xe5          ", "\x20", "\0"), 32);
	set_root(&image, records, 512);
	assert_int_equal(image.fat.root_size, sizeof(records));
	assert_true(fat_find(&image.fat, "last", &node));
	assert_int_equal(fat_extents_read(&image.fat, &node, &extents, &damage), FAT_GOOD);
	assert_int_equal(extents.count, 0);
	node.cluster = 2;
	assert_int_equal(fat_extents_read(&image.fat, &node, &extents, &damage), FAT_ODD);
	node.size = UINT32_MAX;
	assert_int_equal(fat_extents_read(&image.fat, &node, &extents, &damage), FAT_DAMAGED);
	assert_int_equal(damage.kind, FAT_LEADS_OUT);
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

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(volumes_are_read),
					    cmocka_unit_test(paths),
					    cmocka_unit_test(records),
					    cmocka_unit_test(full_and_empty),
					    cmocka_unit_test(long_names) };

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
