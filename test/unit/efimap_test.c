/* SPDX-License-Identifier: BSD-2-Clause */
/* .efimap files: what is written comes back, byte by byte as docs/efimap.md says; what is damaged is refused with the reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <mm/crc32.h>
#include <mm/efimap.h>

static const struct efi_memory_desc descs[2] = {
	{ EFI_CONVENTIONAL_MEMORY, 0, 0x1000, 0, 0x9f, 0xf },
	{ EFI_RUNTIME_SERVICES_DATA, 0, 0x100000, 0, 0x10, 0x800000000000000f },
};

static const struct efimap_machine machine = { 5, EFIMAP_GIB_PAGES | EFIMAP_MCE, 0x10000, 0x20046, 0x7f014, 0x7e018, 2, 0 };
static const struct efimap_range tables[2] = { { 0x7f014, 36 }, { 0x7e018, 120 } };
static const struct efimap_node node = { 9, 0, 36 };
static const struct efimap_ecam ecam = { 0xe0000000, 1, 2, 255, 0 };

static struct efimap example(void)
{
	static const struct {
		uint32_t head[2];
		struct efi_memory_desc descs[2];
	} attributes = { { 40, 1 }, { { 5, 0, 0x100000, 0, 1, 0x8000000000020000 }, { 6, 0, 0x101000, 0, 1, 0x8000000000004000 } } };
	static const uint8_t screen[64] = { 1 }, edid[128] = { 0, 255 };
	struct efimap map = { .map = { descs, sizeof(descs), 40, 1 } };

	map.sections[EFIMAP_MACHINE] = (struct efimap_data){ &machine, sizeof(machine) };
	map.sections[EFIMAP_ATTRIBUTES] = (struct efimap_data){ &attributes, sizeof(attributes) };
	map.sections[EFIMAP_TABLES] = (struct efimap_data){ tables, sizeof(tables) };
	map.sections[EFIMAP_NODES] = (struct efimap_data){ &node, sizeof(node) };
	map.sections[EFIMAP_ECAM] = (struct efimap_data){ &ecam, sizeof(ecam) };
	map.sections[EFIMAP_SCREEN] = (struct efimap_data){ screen, sizeof(screen) };
	map.sections[EFIMAP_EDID] = (struct efimap_data){ edid, sizeof(edid) };
	map.sections[EFIMAP_LOADER] = (struct efimap_data){ "Mapbridge", 9 };
	map.sections[EFIMAP_BOARD_VERSION] = (struct efimap_data){ "", 0 };
	return map;
}

/* A file in memory of exactly its size, so that the sanitizer sees a byte too many. */
struct file {
	uint8_t *bytes;
	size_t size;
};

static struct file write_file(const struct efimap *map)
{
	struct file file = { NULL, efimap_size(map) };

	file.bytes = malloc(file.size);
	memset(file.bytes, 0xa5, file.size);
	efimap_write(map, file.bytes);
	return file;
}

static struct file write_example(void)
{
	struct efimap map = example();

	return write_file(&map);
}

static void put32(const struct file *file, size_t at, uint32_t value)
{
	memcpy(file->bytes + at, &value, sizeof(value));
}

static uint32_t get32(const struct file *file, size_t at)
{
	uint32_t value;

	memcpy(&value, file->bytes + at, sizeof(value));
	return value;
}

/* Makes the checksum right again. */
static void seal(const struct file *file)
{
	put32(file, 12, 0);
	put32(file, 12, mm_crc32(0, file->bytes, file->size));
}

static void assert_refused(struct file *file, const char *expected)
{
	struct buffer_printer why;
	struct efimap map;
	char text[300];

	buffer_printer_init(&why, text, sizeof(text));
	assert_int_equal(efimap_read(file->bytes, file->size, &map, &why.printer), MM_EINVAL);
	assert_string_equal(text, expected);
	assert_int_equal(efimap_read(file->bytes, file->size, &map, NULL), MM_EINVAL);
	free(file->bytes);
}

static void checksums(void **state)
{
	(void)state;
	assert_int_equal(mm_crc32(0, "123456789", 9), 0xcbf43926);
	assert_int_equal(mm_crc32(mm_crc32(0, "1234", 4), "56789", 5), 0xcbf43926);
	assert_int_equal(mm_crc32(0, NULL, 0), 0);
}

static void assert_same_data(const struct efimap *a, const struct efimap *b)
{
	for (uint32_t type = 2; type < EFIMAP_TYPES; type++) {
		assert_int_equal(!a->sections[type].data, !b->sections[type].data);
		assert_int_equal(a->sections[type].size, b->sections[type].size);
		if (a->sections[type].size)
			assert_memory_equal(a->sections[type].data, b->sections[type].data, a->sections[type].size);
	}
}

static void what_is_written_is_read(void **state)
{
	struct file file = write_example();
	struct efimap expected = example(), map;
	struct efimap_machine found;
	struct efi_memmap attributes;
	struct efi_memory_desc desc;
	struct efimap_range range;
	struct efimap_node found_node;
	struct efimap_ecam found_ecam;

	(void)state;
	assert_true(efimap_probe(file.bytes, file.size));
	assert_int_equal(efimap_read(file.bytes, file.size, &map, NULL), 0);
	assert_int_equal(map.skipped, 0);
	assert_int_equal(map.map.size, sizeof(descs));
	assert_int_equal(map.map.desc_size, 40);
	assert_int_equal(map.map.desc_version, 1);
	assert_memory_equal(map.map.buffer, descs, sizeof(descs));
	assert_same_data(&map, &expected);
	efimap_get_machine(&map, &found);
	assert_memory_equal(&found, &machine, sizeof(machine));
	assert_true(efimap_get_attributes(&map, &attributes));
	assert_int_equal(attributes.desc_version, 1);
	assert_int_equal(efi_memmap_count(&attributes), 2);
	assert_true(efi_memmap_get(&attributes, 1, &desc));
	assert_int_equal(desc.phys_addr, 0x101000);
	assert_int_equal(efimap_count(&map, EFIMAP_TABLES), 2);
	efimap_get(&map, EFIMAP_TABLES, 1, &range);
	assert_int_equal(range.base, 0x7e018);
	assert_int_equal(range.size, 120);
	assert_int_equal(efimap_count(&map, EFIMAP_REFUSED), 0);
	efimap_get(&map, EFIMAP_NODES, 0, &found_node);
	assert_memory_equal(&found_node, &node, sizeof(node));
	efimap_get(&map, EFIMAP_ECAM, 0, &found_ecam);
	assert_memory_equal(&found_ecam, &ecam, sizeof(ecam));
	free(file.bytes);
}

/* The smallest file, byte by byte: the format is a promise to other programs. */
static void the_bytes_are_those_of_the_format(void **state)
{
	static const uint8_t bytes[] = { 1, 2, 3 };
	static const uint8_t expected[56] = {
		0x89, 'E', 'F', 'I', 'M', 'A', 'P', '1', 32, 0, 0, 0, 0, 0, 0, 0, 56, 0, 0, 0, 0, 0, 0, 0, 48, 0, 0, 0, 1, 0, 0, 0,
		1,    0,   0,   0,   3,   0,   0,   0,   1,  2, 3, 0, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0,
	};
	struct efimap map = { .map = { bytes, 3, 48, 1 } };
	struct file file;

	(void)state;
	map.sections[EFIMAP_LOADER] = (struct efimap_data){ "", 0 };
	file = write_file(&map);
	assert_int_equal(file.size, sizeof(expected));
	assert_int_equal(get32(&file, 12), 0x9182b699);
	put32(&file, 12, 0);
	assert_memory_equal(file.bytes, expected, sizeof(expected));
	free(file.bytes);
}

static void a_map_alone_has_defaults(void **state)
{
	struct efimap map = { .map = { descs, sizeof(descs), 40, 1 } }, found;
	struct file file = write_file(&map);
	struct efimap_machine zero = { 0 }, numbers;
	struct efi_memmap attributes;

	(void)state;
	assert_int_equal(file.size, 32 + 8 + 80);
	assert_int_equal(efimap_read(file.bytes, file.size, &found, NULL), 0);
	efimap_get_machine(&found, &numbers);
	assert_memory_equal(&numbers, &zero, sizeof(zero));
	assert_false(efimap_get_attributes(&found, &attributes));
	free(file.bytes);
}

/* A later version may add sections of new types, a longer header and more numbers about the machine. */
static void what_is_new_is_skipped(void **state)
{
	struct efimap map = example(), found;
	struct {
		struct efimap_machine known;
		uint64_t more;
	} longer = { machine, 77 };
	struct efimap_machine numbers;
	struct file file, grown;

	(void)state;
	map.sections[EFIMAP_MACHINE] = (struct efimap_data){ &longer, sizeof(longer) };
	map.sections[EFIMAP_BIOS_DATE] = (struct efimap_data){ "01/01/2026", 10 };
	file = write_file(&map);
	grown = (struct file){ calloc(1, file.size + 8), file.size + 8 };
	memcpy(grown.bytes, file.bytes, 32);
	memcpy(grown.bytes + 40, file.bytes + 32, file.size - 32);
	put32(&grown, 8, 40);
	put32(&grown, 16, (uint32_t)grown.size);
	for (size_t at = 40; at < grown.size; at += 8 + ((get32(&grown, at + 4) + 7) & ~7U))
		if (get32(&grown, at) == EFIMAP_BIOS_DATE || get32(&grown, at) == EFIMAP_EDID)
			put32(&grown, at, get32(&grown, at) == EFIMAP_EDID ? 11 : 4711);
	seal(&grown);
	assert_int_equal(efimap_read(grown.bytes, grown.size, &found, NULL), 0);
	assert_int_equal(found.skipped, 2);
	assert_null(found.sections[EFIMAP_BIOS_DATE].data);
	assert_null(found.sections[EFIMAP_EDID].data);
	efimap_get_machine(&found, &numbers);
	assert_memory_equal(&numbers, &machine, sizeof(machine));
	free(file.bytes);
	free(grown.bytes);
}

static void too_large_a_section(void **state)
{
	struct efimap map = { .map = { descs, (size_t)UINT32_MAX + 1, 40, 1 } };

	(void)state;
	assert_true(efimap_size(&map) == SIZE_MAX);
}

static void every_cut_and_every_flipped_byte_is_refused(void **state)
{
	struct file file = write_example();
	struct efimap map;

	(void)state;
	for (size_t size = 0; size < file.size; size++) {
		uint8_t *cut = malloc(size ? size : 1);

		memcpy(cut, file.bytes, size);
		assert_int_equal(efimap_read(cut, size, &map, NULL), MM_EINVAL);
		free(cut);
	}
	for (size_t at = 0; at < file.size; at++) {
		file.bytes[at] ^= 0x10;
		assert_int_equal(efimap_read(file.bytes, file.size, &map, NULL), MM_EINVAL);
		file.bytes[at] ^= 0x10;
	}
	assert_int_equal(efimap_read(file.bytes, file.size, &map, NULL), 0);
	free(file.bytes);
}

static void the_header_is_checked(void **state)
{
	struct file file = write_example();

	(void)state;
	file.bytes[1] = 'e';
	assert_false(efimap_probe(file.bytes, file.size));
	assert_refused(&file, "not an .efimap file: its first bytes are others");
	file = write_example();
	file.bytes[7] = '2';
	assert_true(efimap_probe(file.bytes, file.size));
	assert_refused(&file, "format version 0x32; needed: 0x31; use a mapbridge that knows it");
	file = write_example();
	file.size = 20;
	assert_refused(&file, "20 bytes; needed: at least 32; copy it again");
	file = write_example();
	put32(&file, 16, 8);
	assert_refused(&file, "592 bytes, and its header says 8; needed: the whole file; copy it again");
	file = write_example();
	file.bytes[100] ^= 1;
	put32(&file, 12, 1);
	put32(&file, 24, 39);
	seal(&file);
	assert_refused(&file, "descriptors of 39 bytes; needed: at least 40; this firmware's map cannot be read");
	for (unsigned i = 0; i < 3; i++) {
		static const uint32_t sizes[] = { 24, 36, 600 };
		struct buffer_printer expected;
		char text[200];

		file = write_example();
		put32(&file, 8, sizes[i]);
		seal(&file);
		buffer_printer_init(&expected, text, sizeof(text));
		print(&expected.printer, "a header of %u bytes in a file of 592; needed: 32 or more, multiples of 8; save the map again",
		      sizes[i]);
		assert_refused(&file, text);
	}
}

static void the_checksum_is_told(void **state)
{
	struct efimap map = { .map = { descs, 40, 40, 1 } };
	struct file file = write_file(&map);
	uint32_t right = get32(&file, 12);
	struct buffer_printer out;
	char expected[200];

	(void)state;
	put32(&file, 12, 0x12345678);
	buffer_printer_init(&out, expected, sizeof(expected));
	print(&out.printer, "its checksum is %08x, and its header says 12345678: it was damaged; copy it again", right);
	assert_refused(&file, expected);
}

/* A file with one section of this type and length beside an empty map. */
static struct file with_section(uint32_t type, const void *data, size_t size)
{
	struct efimap map = { .map = { "", 0, 40, 1 } };

	map.sections[type] = (struct efimap_data){ data, size };
	return write_file(&map);
}

static void sections_are_checked(void **state)
{
	static const uint8_t zeros[256];
	static const struct {
		uint32_t type;
		size_t size;
		const char *why;
	} cases[] = {
		{ EFIMAP_MACHINE, 0, "its section 2 has 0 bytes; needed: at least 4; save the map again" },
		{ EFIMAP_ATTRIBUTES, 7, "its section 3 has 7 bytes; needed: 8 and descriptors with a stride of 40 or more; save the map again" },
		{ EFIMAP_ATTRIBUTES, 8, "its section 3 has 8 bytes; needed: 8 and descriptors with a stride of 40 or more; save the map again" },
		{ EFIMAP_TABLES, 17, "its section 4 has 17 bytes; needed: a multiple of 16; save the map again" },
		{ EFIMAP_REFUSED, 8, "its section 5 has 8 bytes; needed: a multiple of 16; save the map again" },
		{ EFIMAP_NODES, 1, "its section 6 has 1 bytes; needed: a multiple of 16; save the map again" },
		{ EFIMAP_ECAM, 31, "its section 7 has 31 bytes; needed: a multiple of 16; save the map again" },
		{ EFIMAP_SCREEN, 63, "its section 8 has 63 bytes; needed: 64; save the map again" },
		{ EFIMAP_EDID, 129, "its section 9 has 129 bytes; needed: 128; save the map again" },
		{ EFIMAP_RANDOM, 15, "its section 10 has 15 bytes; needed: 16; save the map again" },
		{ EFIMAP_LOADER, 1, "its section 16 has 1 bytes; needed: printable ASCII only; save the map again" },
	};
	struct file file;

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(cases); i++) {
		file = with_section(cases[i].type, zeros, cases[i].size);
		assert_refused(&file, cases[i].why);
	}
	file = with_section(EFIMAP_BIOS_VENDOR, "a\x7f", 2);
	assert_refused(&file, "its section 18 has 2 bytes; needed: printable ASCII only; save the map again");
	file = with_section(EFIMAP_LOADER, "ab", 2);
	put32(&file, 44, 9);
	seal(&file);
	assert_refused(&file, "its section 16 at byte 40 has 9 bytes, and 8 follow; save the map again");
	file = with_section(EFIMAP_LOADER, "ab", 2);
	put32(&file, 40, 1);
	seal(&file);
	assert_refused(&file, "it has section 1 twice; needed: at most one of each; save the map again");
	file = with_section(EFIMAP_LOADER, "ab", 2);
	put32(&file, 32, 4711);
	seal(&file);
	assert_refused(&file, "it has no memory map; save the map again");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checksums),
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(the_bytes_are_those_of_the_format),
		cmocka_unit_test(a_map_alone_has_defaults),
		cmocka_unit_test(what_is_new_is_skipped),
		cmocka_unit_test(too_large_a_section),
		cmocka_unit_test(every_cut_and_every_flipped_byte_is_refused),
		cmocka_unit_test(the_header_is_checked),
		cmocka_unit_test(the_checksum_is_told),
		cmocka_unit_test(sections_are_checked),
	};

	return cmocka_run_group_tests_name("efimap", tests, NULL, NULL);
}
