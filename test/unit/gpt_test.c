/* SPDX-License-Identifier: BSD-2-Clause */
/* GUID partition tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <loader/gpt.h>
#include <mm/types.h>

static void put32(uint8_t *at, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static uint32_t header_size = 92;

static bool parse(const char *signature, uint32_t count, uint32_t size, size_t block, struct gpt *gpt)
{
	uint8_t *header = calloc(1, block);
	uint8_t whole[512] = { 0 };
	bool result;

	memcpy(whole, signature, 8);
	put32(whole + 12, header_size);
	put32(whole + 72, 2);
	put32(whole + 76, 1);
	put32(whole + 80, count);
	put32(whole + 84, size);
	memcpy(header, whole, block < sizeof(whole) ? block : sizeof(whole));
	result = gpt_header_parse(header, block, gpt);
	free(header);
	return result;
}

static void headers(void **state)
{
	struct gpt gpt;

	(void)state;
	assert_true(parse("EFI PART", 128, 128, 512, &gpt));
	assert_int_equal(gpt.entries_lba, 0x100000002);
	assert_int_equal(gpt.entry_count, 128);
	assert_int_equal(gpt.entry_size, 128);
	assert_true(parse("EFI PART", 128, 128, 92, &gpt));
	assert_false(parse("EFI PART", 128, 128, 91, &gpt));
	assert_false(parse("EFI PARX", 128, 128, 512, &gpt));
	assert_false(parse("EFI PART", 128, 127, 512, &gpt));
	assert_true(parse("EFI PART", 1024, 128, 4096, &gpt));
	assert_false(parse("EFI PART", 1025, 128, 512, &gpt));
	assert_false(parse("EFI PART", UINT32_MAX, UINT32_MAX, 512, &gpt));
	assert_true(parse("EFI PART", 0, 128, 512, &gpt));
	header_size = 512;
	assert_true(parse("EFI PART", 128, 128, 512, &gpt));
	header_size = 513;
	assert_false(parse("EFI PART", 128, 128, 512, &gpt));
	header_size = 91; /* what is read would be behind it */
	assert_false(parse("EFI PART", 128, 128, 512, &gpt));
	header_size = 92;
}

static void a_partition_by_type(void **state)
{
	static const uint8_t type[GPT_GUID_SIZE] = { 0xff, 0xc2, 0x13, 0xbc, 1 };
	struct gpt gpt = { 2, 4, 256 };
	uint8_t *entries = calloc(4, 256), unique[GPT_GUID_SIZE] = { 0 };

	(void)state;
	assert_false(gpt_find_type(&gpt, entries, 1024, type, unique));
	memcpy(entries + 512, type, sizeof(type));
	memset(entries + 528, 7, GPT_GUID_SIZE);
	memcpy(entries + 768, type, sizeof(type));
	assert_true(gpt_find_type(&gpt, entries, 1024, type, unique));
	assert_memory_equal(unique, entries + 528, GPT_GUID_SIZE);
	/* Only whole entries within the bytes and the count are looked at. */
	assert_true(gpt_find_type(&gpt, entries, 768, type, unique));
	assert_false(gpt_find_type(&gpt, entries, 767, type, unique));
	gpt.entry_count = 2;
	assert_false(gpt_find_type(&gpt, entries, 1024, type, unique));
	free(entries);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(headers), cmocka_unit_test(a_partition_by_type) };

	return cmocka_run_group_tests_name("gpt", tests, NULL, NULL);
}
