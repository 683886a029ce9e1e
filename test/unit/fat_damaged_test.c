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

/* What a file's chain is, and in *damage why. */
static enum fat_state chain_of(struct image *image, const char *path, struct fat_damage *damage)
{
	struct fat_extents extents;
	struct fat_node file;

	assert_true(fat_find(&image->fat, path, &file));
	return fat_extents_read(&image->fat, &file, &extents, damage);
}

/* Each entry of a file's chain with what it may not have: what is damaged is told from what is only odd. */
static void damaged_chains(void **state)
{
	static const unsigned kinds[] = { 12, 16, 32 };
	struct fat_extents extents;
	struct fat_damage damage;
	struct image image;
	struct fat_node file;

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(kinds); i++) {
		uint32_t first, ends, count, last;

		usual_image(&image, kinds[i]);
		assert_true(fat_find(&image.fat, NAMED, &file));
		first = file.cluster;
		ends = image.fat.mask;
		count = (file.size - 1) / image.fat.cluster_size + 1;
		last = first + count - 1;
		assert_int_equal(chain_of(&image, NAMED, &damage), FAT_GOOD);
		for (uint32_t cluster = first; cluster < first + 4; cluster++) {
			const struct {
				uint32_t value;
				enum fat_damage_kind kind;
			} bad[] = { { 0, FAT_LEADS_OUT }, { 1, FAT_LEADS_OUT }, { cluster, FAT_CYCLIC }, { first, FAT_CYCLIC },
				    { image.fat.cluster_end, FAT_LEADS_OUT }, { ends - 8, FAT_LEADS_OUT }, { ends, FAT_TOO_SHORT },
				    { ends - 7, FAT_TOO_SHORT } };

			for (size_t b = 0; b < MM_ARRAY_COUNT(bad); b++) {
				set_entry(&image, cluster, bad[b].value);
				assert_int_equal(chain_of(&image, NAMED, &damage), FAT_DAMAGED);
				assert_int_equal(damage.kind, bad[b].kind);
				if (damage.kind == FAT_TOO_SHORT) {
					assert_int_equal(damage.found, cluster - first + 1);
					assert_int_equal(damage.needed, count);
				} else if (damage.kind == FAT_LEADS_OUT) {
					assert_int_equal(damage.cluster, cluster);
					assert_int_equal(damage.value, bad[b].value);
				} else {
					assert_int_equal(damage.cluster, bad[b].value);
				}
			}
			set_entry(&image, cluster, cluster + 1);
			assert_true(takes(&image, NAMED));
		}
		/* the last cluster: one more behind it is legal, and the firmware may know why; it leads back or to a free one */
		set_entry(&image, last, image.fat.cluster_end - 1);
		set_entry(&image, image.fat.cluster_end - 1, ends);
		assert_int_equal(chain_of(&image, NAMED, &damage), FAT_ODD);
		set_entry(&image, image.fat.cluster_end - 1, 0);
		assert_int_equal(chain_of(&image, NAMED, &damage), FAT_DAMAGED);
		set_entry(&image, last, 0);
		assert_int_equal(chain_of(&image, NAMED, &damage), FAT_DAMAGED);
		set_entry(&image, last, first);
		assert_int_equal(chain_of(&image, NAMED, &damage), FAT_DAMAGED);
		assert_int_equal(damage.kind, FAT_CYCLIC);
		set_entry(&image, last, last);
		assert_int_equal(chain_of(&image, NAMED, &damage), FAT_DAMAGED);
		assert_int_equal(damage.kind, FAT_CYCLIC);
		set_entry(&image, last, ends - 7);
		assert_true(takes(&image, NAMED));
		/* clusters that go on behind the volume's last one */
		for (uint32_t cluster = image.fat.cluster_end - 2; cluster < image.fat.cluster_end; cluster++)
			set_entry(&image, cluster, cluster + 1);
		file = (struct fat_node){ .cluster = image.fat.cluster_end - 2, .size = 3 * image.fat.cluster_size };
		assert_int_equal(fat_extents_read(&image.fat, &file, &extents, &damage), FAT_DAMAGED);
		/* the largest size, and no cluster at all */
		file = (struct fat_node){ .cluster = first, .size = UINT32_MAX };
		assert_int_equal(fat_extents_read(&image.fat, &file, &extents, &damage), FAT_DAMAGED);
		assert_int_equal(damage.kind, FAT_TOO_SHORT);
		for (uint32_t cluster = 0; cluster < 2; cluster++) {
			file = (struct fat_node){ .cluster = cluster, .size = 1 };
			assert_int_equal(fat_extents_read(&image.fat, &file, &extents, &damage), FAT_DAMAGED);
			assert_int_equal(damage.kind, FAT_NO_START);
		}
		unmap_image(&image);
	}
}

/* A cycle of clusters that lie far from each other is found in a few steps, though each may be a read of its own. */
static void far_cycles(void **state)
{
	struct image image;
	struct fat_damage damage;
	struct fat_node file;
	struct fat_extents extents;

	(void)state;
	usual_image(&image, 32);
	for (uint32_t length = 2; length <= 200; length += 33) {
		uint32_t step = (image.fat.cluster_end - 10000) / 300, front = 50, reads;

		for (uint32_t i = 0; i < front + length; i++)
			set_entry(&image, 10000 + i * step, i + 1 == front + length ? 10000 + front * step : 10000 + (i + 1) * step);
		image.piece = 4;
		image.left = 100000;
		file = (struct fat_node){ .cluster = 10000, .size = UINT32_MAX };
		assert_int_equal(fat_extents_read(&image.fat, &file, &extents, &damage), FAT_DAMAGED);
		assert_int_equal(damage.kind, FAT_CYCLIC);
		reads = 100000 - (uint32_t)image.left;
		assert_in_range(reads, front + length, 3 * (front + length));
		image.left = -1;
	}
	unmap_image(&image);
}

/* The chains of two files meet: whoever jumps or is too long is looked at with the whole FAT. */
static void crossing_chains(void **state)
{
	static const unsigned kinds[] = { 12, 16, 32 };
	struct image image;
	struct fat_damage damage;
	struct fat_node a, b;
	struct fat_extents extents;
	struct fat_crossings crossings;

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(kinds); i++) {
		uint32_t ends;
		size_t size;

		usual_image(&image, kinds[i]);
		ends = image.fat.mask;
		size = fat_crossings_size(&image.fat);
		crossings.reached = malloc(size);
		crossings.crossed = malloc(size);
		assert_true(fat_find(&image.fat, NAMED, &a) && fat_find(&image.fat, "whole", &b));
		assert_true(fat_crossings_read(&image.fat, &crossings));
		assert_false(crossings.any);
		assert_false(fat_chain_crosses(&image.fat, &a, &crossings, &damage));
		assert_int_equal(fat_extents_read(&image.fat, &a, &extents, &damage), FAT_GOOD);
		assert_false(extents.suspect);
		/* into the other's chain, with the same number of clusters before the end: only the whole FAT shows it */
		a.size = 3 * image.fat.cluster_size;
		b.size = 4 * image.fat.cluster_size;
		for (uint32_t c = 0; c < 4; c++)
			set_entry(&image, b.cluster + c, c == 3 ? ends : b.cluster + c + 1);
		set_entry(&image, a.cluster, b.cluster + 2);
		assert_int_equal(fat_extents_read(&image.fat, &a, &extents, &damage), FAT_GOOD);
		assert_true(extents.suspect);
		assert_true(fat_crossings_read(&image.fat, &crossings));
		assert_true(fat_chain_crosses(&image.fat, &a, &crossings, &damage));
		assert_int_equal(damage.kind, FAT_CROSSES);
		assert_int_equal(damage.cluster, b.cluster + 2);
		assert_true(fat_chain_crosses(&image.fat, &b, &crossings, &damage));
		/* to the other's begin: nobody else leads there, and yet it is not ours */
		a.size = 5 * image.fat.cluster_size;
		set_entry(&image, a.cluster, b.cluster);
		assert_int_equal(fat_extents_read(&image.fat, &a, &extents, &damage), FAT_GOOD);
		assert_true(extents.suspect);
		assert_true(fat_crossings_read(&image.fat, &crossings));
		assert_true(fat_chain_crosses(&image.fat, &b, &crossings, &damage));
		assert_int_equal(damage.cluster, b.cluster);
		/* too long, by another file's clusters: odd, and then damaged */
		a.size = 2 * image.fat.cluster_size;
		set_entry(&image, a.cluster, b.cluster + 1);
		assert_int_equal(fat_extents_read(&image.fat, &a, &extents, &damage), FAT_ODD);
		assert_true(extents.suspect);
		assert_true(fat_crossings_read(&image.fat, &crossings));
		assert_true(fat_chain_crosses(&image.fat, &a, &crossings, &damage));
		forget(&image);
		image.left = 0;
		assert_false(fat_crossings_read(&image.fat, &crossings));
		free(crossings.reached);
		free(crossings.crossed);
		unmap_image(&image);
	}
}

static enum fat_state directory_of(struct image *image, const char *path, struct fat_damage *damage)
{
	struct fat_node node;
	enum fat_state state;
	uint32_t bytes;
	bool suspect;

	assert_int_equal(find_path(&image->fat, path, &node, &state, damage), FAT_FOUND);
	return fat_directory_check(&image->fat, &node, &suspect, &bytes, damage);
}

static enum fat_state path_state(struct image *image, const char *path, struct fat_damage *damage)
{
	struct fat_node node;
	enum fat_state state;

	find_path(&image->fat, path, &node, &state, damage);
	return state;
}

/* The record of a directory's first cluster that has this short name. */
static uint8_t *record_of(struct image *image, const struct fat_node *node, const char *name)
{
	uint8_t *record = image->disk + image->fat.data + (uint64_t)(node->cluster - 2) * image->fat.cluster_size;

	forget(image); /* it is going to be changed */
	for (uint32_t i = 0; i < image->fat.cluster_size; i += 32)
		if (memcmp(record + i, name, 11) == 0)
			return record + i;
	fail_msg("no record %s", name);
	return NULL;
}

static void set_cluster(uint8_t *record, uint32_t cluster)
{
	put(record + 20, cluster >> 16, 2);
	put(record + 26, cluster, 2);
}

static void damaged_directories(void **state)
{
	static const unsigned kinds[] = { 12, 16, 32 };
	struct fat_damage damage;
	struct image image;
	char *text;

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(kinds); i++) {
		struct fat_node many, sub, inner;
		uint8_t *record;
		uint32_t bytes;
		bool suspect;

		usual_image(&image, kinds[i]);
		assert_true(fat_find(&image.fat, "many", &many) && fat_find(&image.fat, "Sub", &sub) &&
			    fat_find(&image.fat, "Sub\\Dir With Long Name", &inner));
		assert_int_equal(fat_directory_check(&image.fat, &many, &suspect, &bytes, &damage), FAT_GOOD);
		assert_int_equal(suspect, image.fat.cluster_size < 4096);
		/* another one than its own record says, and one above it */
		record = record_of(&image, &sub, "DIRWIT~1   ");
		set_cluster(record, many.cluster);
		assert_int_equal(directory_of(&image, "Sub\\dirwit~1", &damage), FAT_GOOD);
		set_cluster(record_of(&image, &inner, ".          "), sub.cluster);
		set_cluster(record, inner.cluster);
		assert_int_equal(directory_of(&image, "Sub\\dirwit~1", &damage), FAT_DAMAGED);
		assert_int_equal(damage.kind, FAT_NOT_ITSELF);
		assert_int_equal(damage.value, sub.cluster);
		set_cluster(record, sub.cluster);
		assert_false(takes(&image, "Sub\\dirwit~1\\dirwit~1\\dirwit~1"));
		assert_int_equal(path_state(&image, "Sub\\dirwit~1\\x", &damage), FAT_DAMAGED);
		assert_int_equal(damage.kind, FAT_IS_ABOVE);
		set_cluster(record, 0);
		assert_int_equal(directory_of(&image, "Sub\\dirwit~1", &damage), FAT_DAMAGED);
		assert_int_equal(damage.kind, FAT_NO_START);
		if (kinds[i] == 32) {
			set_cluster(record, image.fat.root_cluster);
			assert_int_equal(path_state(&image, "Sub\\dirwit~1\\x", &damage), FAT_DAMAGED);
			assert_int_equal(damage.kind, FAT_IS_ABOVE);
		}
		/* without its own record it is what the firmware makes of it */
		set_cluster(record, inner.cluster);
		record_of(&image, &inner, ".          ")[0] = 'x';
		assert_int_equal(directory_of(&image, "Sub\\dirwit~1", &damage), FAT_ODD);
		/* a garbled long name is only odd, and a chain without an end behind it is not */
		record_of(&image, &many, "ENTRYN~1CON")[-19] ^= 1;
		assert_int_equal(directory_of(&image, "many", &damage), FAT_GOOD);
		assert_null(list(&image, "many"));
		set_entry(&image, many.cluster, many.cluster);
		assert_int_equal(directory_of(&image, "many", &damage), FAT_DAMAGED);
		assert_int_equal(damage.kind, FAT_CYCLIC);
		assert_null(list(&image, "many"));
		/* the end of its records does not make it better */
		memset(record_of(&image, &many, "..         ") + 32, 0, 32);
		assert_int_equal(directory_of(&image, "many", &damage), FAT_DAMAGED);
		set_entry(&image, many.cluster, image.fat.cluster_end);
		assert_int_equal(directory_of(&image, "many", &damage), FAT_DAMAGED);
		assert_int_equal(damage.kind, FAT_LEADS_OUT);
		set_entry(&image, many.cluster, 0);
		assert_int_equal(directory_of(&image, "many", &damage), FAT_DAMAGED);
		set_entry(&image, many.cluster, image.fat.mask);
		assert_int_equal(directory_of(&image, "many", &damage), FAT_GOOD);
		assert_string_equal(text = list(&image, "many"), "");
		free(text);
		unmap_image(&image);
	}
}

/* More clusters than a directory may have, and none of them twice. */
static void endless_directory(void **state)
{
	struct fat_damage damage;
	struct image image;
	struct fat_node many;
	uint32_t most, at;

	(void)state;
	usual_image(&image, 32);
	assert_true(fat_find(&image.fat, "many", &many));
	most = 65536 * 32 / image.fat.cluster_size;
	at = many.cluster;
	for (uint32_t i = 1; i <= most; i++) {
		set_entry(&image, at, i == most ? image.fat.mask : image.fat.cluster_end - i);
		at = image.fat.cluster_end - i;
	}
	assert_int_equal(directory_of(&image, "many", &damage), FAT_GOOD);
	set_entry(&image, at + 1, at);
	set_entry(&image, at, image.fat.mask);
	assert_int_equal(directory_of(&image, "many", &damage), FAT_DAMAGED);
	assert_int_equal(damage.kind, FAT_TOO_LONG);
	unmap_image(&image);
}

static void damage_in_words(void **state)
{
	static const struct {
		struct fat_damage damage;
		const char *text;
	} words[] = {
		{ { .kind = FAT_CYCLIC, .cluster = 261 }, "its chain of clusters never ends: it comes back to cluster 261" },
		{ { .kind = FAT_CROSSES, .cluster = 7 }, "its chain of clusters crosses another one in cluster 7" },
		{ { .kind = FAT_NO_START, .value = 1 }, "it begins at 1, which is no cluster of the volume" },
		{ { .kind = FAT_LEADS_OUT, .cluster = 5 }, "cluster 5 of its chain leads to 0, which is a free cluster" },
		{ { .kind = FAT_LEADS_OUT, .cluster = 5, .value = 99999 },
		  "cluster 5 of its chain leads to 99999, which is no cluster of the volume" },
		{ { .kind = FAT_TOO_SHORT, .found = 3, .needed = 40 }, "its chain has 3 clusters; needed for its size: 40" },
		{ { .kind = FAT_TOO_LONG }, "it has more than 2097152 bytes; at most as many may be in a directory" },
		{ { .kind = FAT_IS_ABOVE, .cluster = 2 }, "it begins at cluster 2, where a directory above it does" },
		{ { .kind = FAT_NOT_ITSELF, .cluster = 9, .value = 4 },
		  "it begins at cluster 9, and its own record \".\" names 4" },
	};

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(words); i++) {
		struct buffer_printer out;
		char text[200];

		buffer_printer_init(&out, text, sizeof(text));
		fat_damage_print(&words[i].damage, &out.printer);
		assert_string_equal(text, words[i].text);
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
		struct fat_damage damage;

		file.size = count * image.fat.cluster_size;
		set_entry(&image, first + 2 * (count - 1), 0xffff);
		assert_int_equal(fat_extents_read(&image.fat, &file, &extents, &damage),
				 count == FAT_EXTENTS_MAX ? FAT_GOOD : FAT_ODD);
		set_entry(&image, first + 2 * (count - 1), first + 2 * count);
	}
	unmap_image(&image);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(boot_sectors),
					    cmocka_unit_test(doubtful_kinds),
					    cmocka_unit_test(damaged_chains),
					    cmocka_unit_test(far_cycles),
					    cmocka_unit_test(crossing_chains),
					    cmocka_unit_test(damaged_directories),
					    cmocka_unit_test(endless_directory),
					    cmocka_unit_test(damage_in_words),
					    cmocka_unit_test(reads_that_fail),
					    cmocka_unit_test(many_pieces) };

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
