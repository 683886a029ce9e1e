/* SPDX-License-Identifier: BSD-2-Clause */
/* Sections of EFI programs, and which program is this loader itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <loader/efi_image.h>
#include <mm/types.h>

#define PE 0x80
#define OPTIONAL 0xf0
#define SECTIONS (PE + 24 + OPTIONAL)

static uint8_t image[4096];

static void put(size_t at, uint32_t value, size_t size)
{
	memcpy(image + at, &value, size);
}

static void section(size_t index, const char *name, uint32_t offset, uint32_t size)
{
	size_t at = SECTIONS + 40 * index;

	memcpy(image + at, name, strlen(name) < 8 ? strlen(name) : 8);
	put(at + 16, size, 4);
	put(at + 20, offset, 4);
}

static void make_image(uint16_t machine)
{
	memset(image, 0, sizeof(image));
	memcpy(image, "MZ", 2);
	put(0x3c, PE, 4);
	memcpy(image + PE, "PE\0", 4);
	put(PE + 4, machine, 2);
	put(PE + 6, 3, 2);
	put(PE + 20, OPTIONAL, 2);
	section(0, ".text", 0x1000, 0x5000);
	section(1, ".sbatley", 0x7000, 0x10);
	section(2, ".sbat", 0x8000, 0x200);
}

/* In memory of exactly its size. */
static bool find(size_t size, const char *name, uint32_t *offset, uint32_t *length)
{
	uint8_t *copy = malloc(size);
	bool found;

	memcpy(copy, image, size);
	found = efi_image_section(copy, size, name, offset, length);
	free(copy);
	return found;
}

static void sections(void **state)
{
	uint32_t offset = 0, length = 0;

	(void)state;
	make_image(0x8664);
	assert_true(find(sizeof(image), ".sbat", &offset, &length));
	assert_int_equal(offset, 0x8000);
	assert_int_equal(length, 0x200);
	assert_true(find(sizeof(image), ".sbatley", &offset, &length));
	assert_int_equal(offset, 0x7000);
	assert_false(find(sizeof(image), ".sba", &offset, &length));
	assert_false(find(sizeof(image), ".sbatleyx", &offset, &length));
	for (size_t size = 0; size < SECTIONS + 3 * 40; size++)
		assert_false(find(size, ".sbat", &offset, &length));
	assert_true(find(SECTIONS + 3 * 40, ".sbat", &offset, &length));
	put(PE + 6, 2, 2);
	assert_false(find(sizeof(image), ".sbat", &offset, &length));
	put(PE + 6, 0xffff, 2);
	assert_false(find(sizeof(image), ".none", &offset, &length));
	put(PE + 20, 0xffff, 2);
	assert_false(find(sizeof(image), ".sbat", &offset, &length));
	make_image(0x8664);
	image[PE + 1] = 'X';
	assert_false(find(sizeof(image), ".sbat", &offset, &length));
	make_image(0x8664);
	put(0x3c, UINT32_MAX, 4);
	assert_false(find(sizeof(image), ".sbat", &offset, &length));
}

static void this_loader(void **state)
{
	static const char own[] = "sbat,1,SBAT Version,sbat,1,https://example.org\nmapbridge,1,Mapbridge,mapbridge,1,-\n";
	static const char *const others[] = { "", "mapbridge", "sbat,1,mapbridge,\nsystemd-stub,1,mapbridge,", "amapbridge,1\n",
					      "mapbridges,1\n", "map\nbridge,1\n" };

	(void)state;
	for (size_t size = 0; size < sizeof(own); size++) {
		char *copy = malloc(size);

		memcpy(copy, own, size);
		assert_int_equal(efi_image_is_mapbridge(copy, size), size >= (size_t)(strchr(own, '\n') - own) + 11);
		free(copy);
	}
	assert_true(efi_image_is_mapbridge("mapbridge,7", 11));
	for (size_t i = 0; i < MM_ARRAY_COUNT(others); i++)
		if (efi_image_is_mapbridge(others[i], strlen(others[i])))
			fail_msg("case %zu was taken", i);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(sections), cmocka_unit_test(this_loader) };

	return cmocka_run_group_tests_name("efi_image", tests, NULL, NULL);
}
