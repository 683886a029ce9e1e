/* SPDX-License-Identifier: BSD-2-Clause */
/* The view of a GetMemoryMap buffer, names and attributes. */
#include "efi_test.h"

static void steps_by_stride(void **state)
{
	static const struct d list[] = { { 7, 0x1000, 2, 0xf },
					 { 0x80000001, 0x123456789000, 0x10, EFI_ATTRIBUTE_RUNTIME } };
	static const size_t strides[] = { 40, 41, 48, 64, 1000 };

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(strides); i++) {
		struct efi_memmap map = make_map(list, 2, strides[i]);
		struct efi_memory_desc desc = { 0 };

		assert_int_equal(efi_memmap_count(&map), 2);
		assert_true(efi_memmap_get(&map, 1, &desc));
		assert_int_equal(desc.type, 0x80000001);
		assert_int_equal(desc.phys_addr, 0x123456789000);
		assert_int_equal(desc.virt_addr, 0);
		assert_int_equal(desc.num_pages, 0x10);
		assert_true(desc.attribute == EFI_ATTRIBUTE_RUNTIME);
		assert_true(efi_memmap_get(&map, 0, &desc));
		assert_int_equal(desc.phys_addr, 0x1000);
		assert_false(efi_memmap_get(&map, 2, &desc));
		assert_false(efi_memmap_get(&map, SIZE_MAX, &desc));
		assert_int_equal(desc.phys_addr, 0x1000);
		free_map(&map);
	}
}

static void does_not_read_what_is_no_whole_descriptor(void **state)
{
	static const struct d list[] = { { 7, 0x1000, 2, 0xf } };
	struct efi_memmap map = make_map(list, 1, 39), none = { NULL, 480, 48, 1 };
	struct efi_memory_desc desc;

	(void)state;
	assert_int_equal(efi_memmap_count(&map), 0);
	assert_false(efi_memmap_get(&map, 0, &desc));
	map.desc_size = 0;
	assert_int_equal(efi_memmap_count(&map), 0);
	map.desc_size = 40;
	assert_int_equal(efi_memmap_count(&map), 0);
	assert_int_equal(efi_memmap_count(&none), 0);
	free_map(&map);
	map = make_map(list, 1, 47);
	map.desc_size = 46;
	assert_int_equal(efi_memmap_count(&map), 1);
	free_map(&map);
}

static void ends(void **state)
{
	static const struct {
		uint64_t start, pages, end;
		bool valid;
	} cases[] = {
		{ 0x1000, 1, 0x2000, true },
		{ 0x1000, 0, 0, false },
		{ 0x1234, 2, 0x3234, true },
		{ UINT64_MAX - 0xfff, 1, 0, true },
		{ UINT64_MAX - 0xffe, 1, 0, false },
		{ UINT64_MAX - 0xfff, 2, 0, false },
		{ 0, UINT64_C(1) << 52, 0, true },
		{ 0x1000, UINT64_C(1) << 52, 0, false },
		{ 0, (UINT64_C(1) << 52) + 1, 0, false },
		{ 0x1000, UINT64_MAX, 0, false },
		{ 0, (UINT64_C(1) << 52) - 1, UINT64_MAX - 0xfff, true },
	};

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(cases); i++) {
		struct efi_memory_desc desc = { .phys_addr = cases[i].start, .num_pages = cases[i].pages };
		uint64_t end = 77;

		assert_int_equal(efi_memory_desc_end(&desc, &end), cases[i].valid);
		assert_true(end == (cases[i].valid ? cases[i].end : 77));
	}
}

static void names(void **state)
{
	static const struct {
		uint32_t type;
		const char *efi, *linux_name;
	} cases[] = {
		{ 0, "EfiReservedMemoryType", "Reserved" },
		{ 1, "EfiLoaderCode", "Loader Code" },
		{ 2, "EfiLoaderData", "Loader Data" },
		{ 3, "EfiBootServicesCode", "Boot Code" },
		{ 4, "EfiBootServicesData", "Boot Data" },
		{ 5, "EfiRuntimeServicesCode", "Runtime Code" },
		{ 6, "EfiRuntimeServicesData", "Runtime Data" },
		{ 7, "EfiConventionalMemory", "Conventional" },
		{ 8, "EfiUnusableMemory", "Unusable" },
		{ 9, "EfiACPIReclaimMemory", "ACPI Reclaim" },
		{ 10, "EfiACPIMemoryNVS", "ACPI Mem NVS" },
		{ 11, "EfiMemoryMappedIO", "MMIO" },
		{ 12, "EfiMemoryMappedIOPortSpace", "MMIO Port" },
		{ 13, "EfiPalCode", "PAL Code" },
		{ 14, "EfiPersistentMemory", "Persistent" },
		{ 15, "EfiUnacceptedMemoryType", "Unaccepted" },
		{ 16, "unknown type", "unknown type" },
		{ 0x6fffffff, "unknown type", "unknown type" },
		{ 0x70000000, "OEM type", "OEM type" },
		{ 0x7fffffff, "OEM type", "OEM type" },
		{ 0x80000000, "OS type", "OS type" },
		{ 0xffffffff, "OS type", "OS type" },
	};

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(cases); i++) {
		assert_string_equal(efi_memory_type_name(cases[i].type), cases[i].efi);
		assert_string_equal(efi_memory_type_linux_name(cases[i].type), cases[i].linux_name);
	}
}

static void attributes(void **state)
{
	static const struct {
		uint64_t attribute;
		const char *text;
	} cases[] = {
		{ 0, "|   |  |  |  |  |  |  |  |  |   |  |  |  |  |" },
		{ 0xf, "|   |  |  |  |  |  |  |  |  |   |WB|WT|WC|UC|" },
		{ 0x800000000000000f, "|RUN|  |  |  |  |  |  |  |  |   |WB|WT|WC|UC|" },
		{ 0x80000000000ff01f, "|RUN|MR|CC|SP|NV|XP|RP|WP|RO|UCE|WB|WT|WC|UC|" },
		{ EFI_ATTRIBUTE_SP | EFI_ATTRIBUTE_WB, "|   |  |  |SP|  |  |  |  |  |   |WB|  |  |  |" },
		{ 0x070000000000000f, "|attr=0x070000000000000f|" },
	};

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(cases); i++) {
		char text[100];
		struct buffer_printer out;

		buffer_printer_init(&out, text, sizeof(text));
		efi_attribute_print(cases[i].attribute, &out.printer);
		assert_string_equal(text, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_by_stride),
		cmocka_unit_test(does_not_read_what_is_no_whole_descriptor),
		cmocka_unit_test(ends),
		cmocka_unit_test(names),
		cmocka_unit_test(attributes),
	};

	return cmocka_run_group_tests_name("efi_memmap", tests, NULL, NULL);
}
