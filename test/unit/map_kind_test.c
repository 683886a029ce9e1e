/* SPDX-License-Identifier: BSD-2-Clause */
/* Kinds of memory: every type has one, and no two look alike. */
#include "efi_test.h"

#include <loader/map_kind.h>

static enum map_kind kind_of(uint32_t type, uint64_t attribute)
{
	struct efi_memory_desc desc = { .type = type, .attribute = attribute };

	return map_kind_of_efi(&desc);
}

static void kinds_of_descriptors(void **state)
{
	static const enum map_kind wanted[] = {
		MAP_KIND_RESERVED,   MAP_KIND_LOADER,   MAP_KIND_LOADER, MAP_KIND_BOOT_SERVICES, MAP_KIND_BOOT_SERVICES,
		MAP_KIND_RUNTIME_SERVICES, MAP_KIND_RUNTIME_SERVICES, MAP_KIND_USABLE, MAP_KIND_UNUSABLE, MAP_KIND_ACPI,
		MAP_KIND_NVS, MAP_KIND_MMIO, MAP_KIND_MMIO, MAP_KIND_RESERVED, MAP_KIND_PERSISTENT, MAP_KIND_UNACCEPTED,
		MAP_KIND_UNKNOWN
	};

	(void)state;
	assert_int_equal(MM_ARRAY_COUNT(wanted), EFI_MAX_MEMORY_TYPE + 1);
	for (uint32_t type = 0; type < MM_ARRAY_COUNT(wanted); type++) {
		bool ram = type >= EFI_LOADER_CODE && type <= EFI_CONVENTIONAL_MEMORY && type != EFI_RUNTIME_SERVICES_CODE &&
			   type != EFI_RUNTIME_SERVICES_DATA;

		assert_int_equal(kind_of(type, EFI_ATTRIBUTE_WB), wanted[type]);
		assert_int_equal(kind_of(type, EFI_ATTRIBUTE_SP), ram ? MAP_KIND_SOFT_RESERVED : wanted[type]);
	}
	assert_int_equal(kind_of(EFI_OEM_TYPE_MIN, 0), MAP_KIND_UNKNOWN);
	assert_int_equal(kind_of(UINT32_MAX, EFI_ATTRIBUTE_SP), MAP_KIND_UNKNOWN);
}

static void kinds_of_e820_types(void **state)
{
	static const struct {
		uint32_t type;
		enum map_kind kind;
	} wanted[] = {
		{ RAM, MAP_KIND_USABLE },        { E820_TYPE_RESERVED_KERN, MAP_KIND_USABLE },
		{ RESERVED, MAP_KIND_RESERVED }, { ACPI, MAP_KIND_ACPI },
		{ NVS, MAP_KIND_NVS },           { UNUSABLE, MAP_KIND_UNUSABLE },
		{ PMEM, MAP_KIND_PERSISTENT },   { PRAM, MAP_KIND_PERSISTENT },
		{ SOFT, MAP_KIND_SOFT_RESERVED }, { 0, MAP_KIND_UNKNOWN },
		{ 6, MAP_KIND_UNKNOWN },         { UINT32_MAX, MAP_KIND_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(wanted); i++)
		assert_int_equal(map_kind_of_e820(wanted[i].type), wanted[i].kind);
}

/* Letters, names and colours tell kinds apart, and a letter leads back to its kind. */
static void no_two_look_alike(void **state)
{
	(void)state;
	for (enum map_kind a = 0; a < MAP_KINDS; a++) {
		assert_true(map_kind_symbol(a) > ' ' && map_kind_symbol(a) < 0x7f && map_kind_symbol(a) != '~');
		assert_int_equal(map_kind_of_symbol(map_kind_symbol(a)), a);
		assert_in_range(text_length(map_kind_name(a)), 4, 13);
		assert_true(map_kind_colour(a) <= 0xffffff);
		for (enum map_kind b = 0; b < a; b++) {
			assert_string_not_equal(map_kind_name(a), map_kind_name(b));
			assert_int_not_equal(map_kind_colour(a), map_kind_colour(b));
		}
	}
	assert_int_equal(map_kind_of_symbol(' '), MAP_KINDS);
	assert_int_equal(map_kind_of_symbol('\0'), MAP_KINDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds_of_descriptors),
		cmocka_unit_test(kinds_of_e820_types),
		cmocka_unit_test(no_two_look_alike),
	};

	return cmocka_run_group_tests_name("map_kind", tests, NULL, NULL);
}
