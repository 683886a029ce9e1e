/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses and ranges as people write them. */
#include "efi_test.h"

#include "../../tools/address_argument.h"

struct sample {
	const char *text;
	uint64_t first;
	uint64_t last;
};

static void understood(void **state)
{
	static const struct sample samples[] = {
		{ "0", 0, 0 },
		{ "0x0", 0, 0 },
		{ "fee00000", 0xfee00000, 0xfee00000 },
		{ "0XFEE00000", 0xfee00000, 0xfee00000 },
		{ "1000", 0x1000, 0x1000 },
		{ "00000000fee00000", 0xfee00000, 0xfee00000 },
		{ "ffffffffffffffff", UINT64_MAX, UINT64_MAX },
		{ "640K", 640 << 10, 640 << 10 },
		{ "640k", 640 << 10, 640 << 10 },
		{ "0x10M", 16 << 20, 16 << 20 },
		{ "3G", UINT64_C(3) << 30, UINT64_C(3) << 30 },
		{ "16777215T", UINT64_C(16777215) << 40, UINT64_C(16777215) << 40 },
		{ "pfn:0", 0, 0xfff },
		{ "pfn:fee00", 0xfee00000, 0xfee00fff },
		{ "pfn:0xfffffffffffff", UINT64_MAX - 0xfff, UINT64_MAX },
		{ "1000-1fff", 0x1000, 0x1fff },
		{ "1000-1000", 0x1000, 0x1000 },
		{ "0-ffffffffffffffff", 0, UINT64_MAX },
		{ "pfn:10-pfn:1f", 0x10000, 0x1ffff },
		{ "0x1000+0x10", 0x1000, 0x100f },
		{ "1000+10", 0x1000, 0x100f },
		{ "1G+1", UINT64_C(1) << 30, UINT64_C(1) << 30 },
		{ "pfn:10+4K", 0x10000, 0x10fff },
		{ "ffffffffffffffff+1", UINT64_MAX, UINT64_MAX },
		{ "[mem 0x0000000000000000-0x000000000009ffff]", 0, 0x9ffff },
		{ "[mem 0x1000]", 0x1000, 0x1000 },
	};

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(samples); i++) {
		uint64_t first = 1, last = 2;
		char error[200];
		struct buffer_printer out;

		buffer_printer_init(&out, error, sizeof(error));
		if (!parse_address_argument(samples[i].text, &first, &last, &out.printer))
			fail_msg("%s: %s", samples[i].text, error);
		assert_string_equal(error, "");
		if (first != samples[i].first || last != samples[i].last)
			fail_msg("%s: %llx to %llx", samples[i].text, (unsigned long long)first,
				 (unsigned long long)last);
	}
}

static void refused(void **state)
{
	static const struct {
		const char *text;
		const char *why; /* a part of the error */
	} samples[] = {
		{ "", "is no address" },
		{ "0x", "is no address" },
		{ "xyz", "is no address" },
		{ "-1000", "is no address" },
		{ "1000-", "is no address" },
		{ "1000+", "is no address" },
		{ "1000 ", "is no address" },
		{ "1000--2000", "is no address" },
		{ "1000-2000-3000", "is no address" },
		{ "ffK", "is no address" },
		{ "1KK", "is no address" },
		{ "K", "is no address" },
		{ "pfn:", "is no address" },
		{ "1000+pfn:1", "is no address" },
		{ "[mem 1000-1fff", "is no address" },
		{ "[mem 1000-1fff]]", "is no address" },
		{ "2000-1fff", "it ends before it starts" },
		{ "1000+0", "it has no bytes" },
		{ "10000000000000000", "it passes 2^64 - 1" },
		{ "16777216T", "it passes 2^64 - 1" },
		{ "99999999999999999999K", "it passes 2^64 - 1" },
		{ "pfn:10000000000000", "it passes 2^64 - 1" },
		{ "ffffffffffffffff+2", "it passes 2^64 - 1" },
	};

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(samples); i++) {
		uint64_t first = 1, last = 2;
		char error[300];
		struct buffer_printer out;

		buffer_printer_init(&out, error, sizeof(error));
		if (parse_address_argument(samples[i].text, &first, &last, &out.printer))
			fail_msg("%s was taken for %llx to %llx", samples[i].text, (unsigned long long)first,
				 (unsigned long long)last);
		assert_int_equal(first, 1);
		assert_int_equal(last, 2);
		assert_non_null(strstr(error, samples[i].why));
		assert_null(strchr(error, '\n'));
		assert_in_range(out.length, 1, sizeof(error) - 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(understood),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests_name("address_argument", tests, NULL, NULL);
}
