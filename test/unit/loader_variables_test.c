/* SPDX-License-Identifier: BSD-2-Clause */
/* What stands in the variables of the Boot Loader Interface. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <stdlib.h>

#include <loader/loader_variables.h>

static struct bls_file file(const char *name)
{
	struct bls_file made = { .counter = boot_counter_parse(name) };

	strcpy(made.name, name);
	return made;
}

static void entries_are_called_without_counters(void **state)
{
	struct bls_file a = file("a+3-1.conf"), b = file("b.conf"), c = file("C+0.CONF"), d = file("pr\u00fcfung-\U0001f600+1.conf");
	struct bls_file *const files[] = { &a, &b, &c, &d };
	static const uint16_t expected[] = u"a.conf\0b.conf\0C.conf\0pr\u00fcfung-\U0001f600.conf";
	uint16_t *names = malloc(sizeof(expected));

	(void)state;
	assert_int_equal(loader_entries_units(files, 0), 0);
	assert_int_equal(loader_entries_units(files, 4), MM_ARRAY_COUNT(expected));
	loader_entries_write(files, 4, names);
	assert_memory_equal(names, expected, sizeof(expected));
	free(names);
}

static void the_longest_name(void **state)
{
	char name[BLS_NAME_MAX];
	struct bls_file a;
	struct bls_file *const files[] = { &a };
	uint16_t names[BLS_NAME_MAX];

	(void)state;
	memset(name, 'x', sizeof(name));
	strcpy(name + sizeof(name) - 6, ".conf");
	a = file(name);
	assert_int_equal(loader_entries_units(files, 1), BLS_NAME_MAX);
	loader_entries_write(files, 1, names);
	assert_int_equal(names[0], 'x');
	assert_int_equal(names[BLS_NAME_MAX - 2], 'f');
	assert_int_equal(names[BLS_NAME_MAX - 1], 0);
}

static void texts_of_variables(void **state)
{
	static const struct {
		const uint16_t value[9];
		size_t size;
		const char *text; /* null: none */
	} cases[] = {
		{ u"debian", 14, "debian" }, { u"debian", 12, "debian" }, { u"a b~", 10, "a b~" }, { u"1234567", 16, "1234567" },
		{ u"", 2, NULL },	     { u"", 0, NULL },		{ u"abc", 7, NULL },   { u"\u00fc", 4, "\u00fc" },
		{ u"a\tb", 8, NULL },	     { { 'a', 0, 'b', 0 }, 8, NULL }, { { 'a', 0x161 }, 4, "a\u0161" },
		{ u"\U0001f600", 6, "\U0001f600" }, { { 0xd83d, 'a' }, 4, NULL }, { { 0xde00, 0xd83d }, 4, NULL }, { { 0x7f }, 2, NULL },
		{ u"\u20ac\u20ac", 6, "\u20ac\u20ac" }, { u"\u20ac\u20ac\u00fc", 6, NULL },
		{ u"12345678", 16, NULL },
	};

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(cases); i++) {
		uint16_t *value = malloc(cases[i].size);
		char text[8] = "before";

		memcpy(value, cases[i].value, cases[i].size);
		assert_int_equal(loader_variable_text(value, cases[i].size, text, sizeof(text)), cases[i].text != NULL);
		assert_string_equal(text, cases[i].text ? cases[i].text : "");
		free(value);
	}
}

static void a_guid_as_text(void **state)
{
	/* bc13c2ff-59e6-4262-a352-b275fd6f7172 on the disk */
	static const uint8_t guid[16] = { 0xff, 0xc2, 0x13, 0xbc, 0xe6, 0x59, 0x62, 0x42,
					  0xa3, 0x52, 0xb2, 0x75, 0xfd, 0x6f, 0x71, 0x72 };
	struct buffer_printer out;
	char text[37];

	(void)state;
	buffer_printer_init(&out, text, sizeof(text));
	loader_guid_print(guid, &out.printer);
	assert_string_equal(text, "bc13c2ff-59e6-4262-a352-b275fd6f7172");
	assert_int_equal(out.length, 36);
}

static void the_frequency_of_the_counter(void **state)
{
	(void)state;
	/* a second */
	assert_int_equal(loader_tsc_frequency(UINT64_C(3000000000), 0, PM_TIMER_HZ, 32), UINT64_C(3000000000));
	assert_int_equal(loader_tsc_frequency(UINT64_C(3000000000), UINT32_MAX, PM_TIMER_HZ - 1, 32), UINT64_C(3000000000));
	/* a timer of 24 bits that begins anew; what is above them is no part of it */
	assert_int_equal(loader_tsc_frequency(200000, 0xfffffe, 0x1000001, 24), UINT64_C(200000) * PM_TIMER_HZ / 3);
	assert_int_equal(loader_tsc_frequency(1000, 0xab000000, 1, 24), UINT64_C(1000) * PM_TIMER_HZ);
	/* a timer that stands still, or is none */
	assert_int_equal(loader_tsc_frequency(1000, 5, 5, 32), 0);
	assert_int_equal(loader_tsc_frequency(1000, 5, 0x1000005, 24), 0);
	assert_int_equal(loader_tsc_frequency(UINT64_MAX, 0, 1, 32), 0);
	assert_int_equal(loader_tsc_frequency(100000, 0, 1, 32), UINT64_C(100000) * PM_TIMER_HZ);
	assert_int_equal(loader_tsc_frequency(100001, 0, 1, 32), 0);
	assert_int_equal(loader_tsc_frequency(0, 0, 1, 32), 0);
}

static void microseconds(void **state)
{
	(void)state;
	assert_int_equal(loader_microseconds(0, 3000000000), 0);
	assert_int_equal(loader_microseconds(2999, 3000000000), 0);
	assert_int_equal(loader_microseconds(3000, 3000000000), 1);
	assert_int_equal(loader_microseconds(UINT64_C(36000000000001), 3000000000), UINT64_C(12000000000));
	assert_int_equal(loader_microseconds(UINT64_MAX, UINT64_C(100000) * PM_TIMER_HZ), UINT64_C(51533767765762));
	assert_int_equal(loader_microseconds(7, 1), 7000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_are_called_without_counters),
		cmocka_unit_test(the_longest_name),
		cmocka_unit_test(texts_of_variables),
		cmocka_unit_test(a_guid_as_text),
		cmocka_unit_test(the_frequency_of_the_counter),
		cmocka_unit_test(microseconds),
	};

	return cmocka_run_group_tests_name("loader_variables", tests, NULL, NULL);
}
