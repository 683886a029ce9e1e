/* SPDX-License-Identifier: BSD-2-Clause */
/* SMBIOS entry points and strings, whole, damaged and cut off at every byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <loader/smbios.h>

static void put_sum(uint8_t *bytes, size_t size, size_t at)
{
	uint8_t sum = 0;

	bytes[at] = 0;
	for (size_t i = 0; i < size; i++)
		sum = (uint8_t)(sum + bytes[i]);
	bytes[at] = (uint8_t)-sum;
}

static void entry_points_of_version_2(void **state)
{
	uint8_t entry[SMBIOS_ENTRY2_SIZE] = { '_', 'S', 'M', '_', 0, 31, 2, 8, [16] = '_', 'D', 'M', 'I', '_', 0,
					      0x34, 0x12, 0x00, 0x10, 0x0f, 0x00, 9, 0, 0x28 };
	struct smbios_table table;

	(void)state;
	put_sum(entry, 31, 4);
	assert_true(smbios_entry2_parse(entry, &table));
	assert_int_equal(table.base, 0xf1000);
	assert_int_equal(table.size, 0x1234);
	entry[26]++;
	assert_false(smbios_entry2_parse(entry, &table));
	entry[5] = 30;
	put_sum(entry, 30, 4);
	assert_true(smbios_entry2_parse(entry, &table));
	for (unsigned length = 0; length < 256; length++) {
		entry[5] = (uint8_t)length;
		if (length < 30 || length > 31)
			assert_false(smbios_entry2_parse(entry, &table));
	}
	entry[5] = 31;
	memset(entry + 24, 0, 4);
	put_sum(entry, 31, 4);
	assert_false(smbios_entry2_parse(entry, &table));
	entry[3] = '3';
	put_sum(entry, 31, 4);
	assert_false(smbios_entry2_parse(entry, &table));
}

static void entry_points_of_version_3(void **state)
{
	uint8_t entry[SMBIOS_ENTRY3_SIZE] = { '_', 'S', 'M', '3', '_', 0, 24, 3, 0, 0, 1, 0, 0x78, 0x56, 0x34, 0x12,
					      0x00, 0x10, 0x32, 0x54, 0x01, 0x00, 0x00, 0x00 };
	struct smbios_table table;

	(void)state;
	put_sum(entry, 24, 5);
	assert_true(smbios_entry3_parse(entry, &table));
	assert_true(table.base == UINT64_C(0x154321000));
	assert_int_equal(table.size, 0x12345678);
	entry[12]++;
	assert_false(smbios_entry3_parse(entry, &table));
	entry[6] = 23;
	put_sum(entry, 24, 5);
	assert_false(smbios_entry3_parse(entry, &table));
	entry[6] = 24;
	memset(entry + 16, 0, 8);
	put_sum(entry, 24, 5);
	assert_false(smbios_entry3_parse(entry, &table));
	entry[4] = 0;
	put_sum(entry, 24, 5);
	assert_false(smbios_entry3_parse(entry, &table));
}

/* BIOS, system, two boards, the end. */
static const char machine[] = "\x00\x0a\x00\x00\x01\x02\x00\xe0\x03\x0f" "EDK II\0" "2.7 \0" "02/02/2022\0\0"
			      "\x01\x08\x01\x00\x01\x02\x00\x00" "QEMU\0" "Standard\x01PC\0\0"
			      "\x02\x07\x02\x00\x02\x01\x04" "Board\0" "Vendor\0" "\0"
			      "\x02\x07\x03\x00\x01\x01\x01" "second\0" "\0"
			      "\x7f\x04\x04\x00\0";

static void names_of_a_machine(void **state)
{
	static const char *const expected[SMBIOS_NAMES] = { "EDK II", "2.7", "02/02/2022", "QEMU", "Standard?PC", "",
							    "Vendor", "Board", "" };
	struct smbios_names names;

	(void)state;
	memset(&names, 0xa5, sizeof(names));
	smbios_names_read((const uint8_t *)machine, sizeof(machine), &names);
	for (unsigned i = 0; i < SMBIOS_NAMES; i++)
		assert_string_equal(names.text[i], expected[i]);
}

/* Under the address sanitizer: not one byte behind a table that is shorter than it should be. */
static void tables_cut_off_anywhere(void **state)
{
	struct smbios_names names;

	(void)state;
	for (size_t size = 0; size < sizeof(machine); size++) {
		uint8_t *cut = malloc(size ? size : 1);

		memcpy(cut, machine, size);
		smbios_names_read(cut, size, &names);
		assert_string_equal(names.text[SMBIOS_BIOS_VENDOR], size < 34 ? "" : "EDK II");
		free(cut);
	}
}

static void a_table_without_strings_or_of_no_sense(void **state)
{
	static const uint8_t none[] = { 0, 10, 0, 0, 1, 2, 0, 0, 3, 0, 0, 0, 127, 4, 0, 0, 0, 0 };
	static const uint8_t short_header[] = { 0, 3, 0, 0, 1, 'x', 0, 0 };
	uint8_t high[40] = { 2, 7, 0, 0, 200, 1, 0, 'a', 0, 0 };
	struct smbios_names names;

	(void)state;
	smbios_names_read(none, sizeof(none), &names);
	assert_string_equal(names.text[SMBIOS_BIOS_VENDOR], "");
	smbios_names_read(short_header, sizeof(short_header), &names);
	assert_string_equal(names.text[SMBIOS_BIOS_VENDOR], "");
	smbios_names_read(high, sizeof(high), &names);
	assert_string_equal(names.text[SMBIOS_BOARD_VENDOR], "");
	assert_string_equal(names.text[SMBIOS_BOARD_PRODUCT], "a");
}

static void long_strings_are_cut(void **state)
{
	uint8_t table[120] = { 2, 7, 0, 0, 1, 0, 0 };
	struct smbios_names names;

	(void)state;
	memset(table + 7, 'v', 100);
	smbios_names_read(table, sizeof(table), &names);
	assert_int_equal(strlen(names.text[SMBIOS_BOARD_VENDOR]), SMBIOS_TEXT_SIZE - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entry_points_of_version_2),
		cmocka_unit_test(entry_points_of_version_3),
		cmocka_unit_test(names_of_a_machine),
		cmocka_unit_test(tables_cut_off_anywhere),
		cmocka_unit_test(a_table_without_strings_or_of_no_sense),
		cmocka_unit_test(long_strings_are_cut),
	};

	return cmocka_run_group_tests_name("smbios", tests, NULL, NULL);
}
