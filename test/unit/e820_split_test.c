/* SPDX-License-Identifier: BSD-2-Clause */
/* Dividing a table between boot_params and SETUP_E820_EXT. */
#include "e820_assert.h"

#include <mm/e820_split.h>

#define LARGEST (E820_MAX_ENTRIES_ZEROPAGE + E820_MAX_ENTRIES_EXT)

static struct e820_table make_table(size_t count)
{
	struct e820_table table = { calloc(count ? count : 1, sizeof(struct e820_entry)), count, count };

	for (size_t i = 0; i < count; i++)
		table.entries[i] = (struct e820_entry){ i << 13, 0x1000, RAM };
	return table;
}

static void counts(void **state)
{
	static const struct {
		size_t entries;
		int result;
		size_t zeropage, extension;
	} cases[] = {
		{ 0, 0, 0, 0 },	   { 1, 0, 1, 0 },
		{ 128, 0, 128, 0 }, { 129, 0, 128, 1 },
		{ LARGEST, 0, 128, 13106 }, { LARGEST + 1, MM_ENOSPC, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(cases); i++) {
		struct e820_table table = make_table(cases[i].entries);
		struct e820_split split = { 7, 7, 7 };

		assert_int_equal(e820_split(&table, &split), cases[i].result);
		assert_int_equal(split.zeropage, cases[i].zeropage);
		assert_int_equal(split.extension, cases[i].extension);
		assert_int_equal(split.extension_size, cases[i].extension * 20);
		free(table.entries);
	}
}

static void copies_every_entry_once(void **state)
{
	struct e820_table table = make_table(300);
	unsigned char *zeropage = malloc(128 * 20), *extension = malloc(172 * 20);
	struct e820_split split;

	(void)state;
	assert_int_equal(e820_split(&table, &split), 0);
	e820_copy_split(&table, &split, zeropage, extension);
	assert_memory_equal(zeropage, table.entries, 128 * 20);
	assert_memory_equal(extension, table.entries + 128, 172 * 20);
	table.nr_entries = 0;
	assert_int_equal(e820_split(&table, &split), 0);
	e820_copy_split(&table, &split, NULL, NULL);
	free(extension);
	free(zeropage);
	free(table.entries);
}

/* 64 pages from the start of the node's first page, 16 bytes of which are its header. */
static void extension_and_address(void **state)
{
	(void)state;
	assert_true(e820_extension_fits(0x100000, 13106));
	assert_false(e820_extension_fits(0x100000, 13107));
	assert_true(e820_extension_fits(0x100008, 13106));
	assert_false(e820_extension_fits(0x100010, 13106));
	assert_true(e820_extension_fits(0x100010, 13105));
	assert_true(e820_extension_fits(0x100ff0, (0x40000 - 0x1000) / 20));
	assert_true(e820_extension_fits(0x100ff8, (0x40000 - 0x1000) / 20));
	assert_false(e820_extension_fits(0x100ff9, (0x40000 - 0x1000) / 20));
	assert_true(e820_extension_fits(0x100fff, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts),
		cmocka_unit_test(copies_every_entry_once),
		cmocka_unit_test(extension_and_address),
	};

	return cmocka_run_group_tests_name("e820_split", tests, NULL, NULL);
}
