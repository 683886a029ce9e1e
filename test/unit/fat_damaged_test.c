/* SPDX-License-Identifier: BSD-2-Clause */
/* FAT volumes that are damaged, doubtful or cannot be read: they are declined. */
#define _GNU_SOURCE
#include "fat_image.h"

static void put(uint8_t *at, uint32_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static uint32_t get_reserved(const uint8_t *boot)
{
	return boot[14] | (uint32_t)boot[15] << 8;
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
	struct fat_extents extents;
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
		/* clusters that go on behind the last one */
		for (uint32_t cluster = image.fat.cluster_end - 2; cluster < image.fat.cluster_end; cluster++)
			set_entry(&image, cluster, cluster + 1);
		file = (struct fat_node){ image.fat.cluster_end - 2, 3 * image.fat.cluster_size, false };
		assert_false(fat_extents_read(&image.fat, &file, &extents));
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

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(boot_sectors),
					    cmocka_unit_test(doubtful_kinds),
					    cmocka_unit_test(damaged_chains),
					    cmocka_unit_test(reads_that_fail),
					    cmocka_unit_test(many_pieces) };

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
