/* SPDX-License-Identifier: BSD-2-Clause */
/* Which entry load options name. Options and text are heap memory of exactly their size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <loader/load_options.h>
#include <loader/utf16.h>

static char text[2000];
static bool rest;

static bool parse_bytes(const void *bytes, size_t size)
{
	char *copy = malloc(size + 1), *to = malloc(load_options_room(size));
	bool named;

	memcpy(copy + 1, bytes, size); /* at an odd address */
	named = load_options_parse(copy + 1, size, to, &rest);
	assert_int_equal(named, to[0] != '\0');
	snprintf(text, sizeof(text), "%s", to);
	free(to);
	free(copy);
	return named;
}

/* As UTF-16, without a NUL and with one and more behind it. */
static bool parse(const char *options)
{
	uint16_t units[1000];
	size_t count = 0;
	bool named;

	assert_true(utf8_to_utf16(options, units, 900, NULL));
	while (units[count])
		count++;
	named = parse_bytes(units, count * 2);
	memcpy(units + count + 1, (uint16_t[]){ 'x', '.', 'c', 'o', 'n', 'f' }, 12);
	assert_int_equal(parse_bytes(units, (count + 7) * 2 + 1), named);
	return named;
}

/* The readings one after the other, with | between them. */
static const char *readings(void)
{
	static char all[4000];

	all[0] = '\0';
	for (const char *reading = load_options_reading(text, NULL); reading; reading = load_options_reading(text, reading)) {
		strcat(all, all[0] ? "|" : "");
		strcat(all, reading);
	}
	return all;
}

static void a_name(void **state)
{
	(void)state;
	assert_true(parse("test.conf"));
	assert_string_equal(readings(), "test.conf");
	assert_string_equal(load_options_name(text), "test.conf");
	assert_false(rest);
	assert_true(parse("BOOTX64.EFI test.conf"));
	assert_string_equal(readings(), "BOOTX64.EFI test.conf|test.conf");
	assert_string_equal(load_options_name(text), "test.conf");
	assert_true(parse("  FS0:\\EFI\\MB.EFI\tTEST.Conf \r\n"));
	assert_string_equal(readings(), "FS0:\\EFI\\MB.EFI\tTEST.Conf|EFI\\MB.EFI\tTEST.Conf|MB.EFI\tTEST.Conf|TEST.Conf");
	assert_false(rest);
	assert_true(parse("a.conf quiet b.conf 1"));
	assert_string_equal(text, "a.conf quiet b.conf");
	assert_true(rest);
}

static void blanks_and_quotes(void **state)
{
	(void)state;
	assert_true(parse("MB.EFI \"my entry.conf\""));
	assert_string_equal(readings(), "MB.EFI \"my entry.conf|my entry.conf|entry.conf");
	assert_string_equal(load_options_name(text), "my entry.conf");
	assert_false(rest);
	assert_true(parse("my entry.conf"));
	assert_string_equal(readings(), "my entry.conf|entry.conf");
	assert_true(parse("\"MB.EFI\" a.conf"));
	assert_string_equal(load_options_name(text), "a.conf");
}

static void any_script_and_length(void **state)
{
	char name[700];

	(void)state;
	assert_true(parse("MB.EFI pr\xc3\xbc" "fung.conf"));
	assert_string_equal(load_options_name(text), "pr\xc3\xbc" "fung.conf");
	assert_true(parse("\xe6\x85\xa2" "b.conf")); /* its first three bytes look like ASCII */
	assert_string_equal(text, "\xe6\x85\xa2" "b.conf");
	assert_true(parse("\xf0\x9f\x90\xa7.conf"));
	assert_string_equal(text, "\xf0\x9f\x90\xa7.conf");
	assert_true(parse_bytes((uint16_t[]){ 0xd83d, '.', 'c', 'o', 'n', 'f' }, 12)); /* half a character */
	assert_string_equal(text, "\xef\xbf\xbd.conf");
	for (size_t length = 240; length < 600; length++) {
		memset(name, 'a', length);
		strcpy(name + length, ".conf");
		assert_true(parse(name));
		assert_string_equal(text, name);
	}
}

static void ascii(void **state)
{
	(void)state;
	assert_true(parse_bytes("test.conf", 9));
	assert_string_equal(text, "test.conf");
	assert_true(parse_bytes("MB.EFI test.conf\0", 17));
	assert_string_equal(text, "MB.EFI test.conf");
}

/* What firmware leaves there besides. */
static void no_name(void **state)
{
	static const uint8_t guid[16] = { 0x4e, 0xac, 0x08, 0x81, 0x11, 0x9f, 0x59, 0x4d, 0x85, 0x0e, 0xe2, 0x1a, 0x52, 0x2c, 0x59, 0xb2 };
	static const char *const texts[] = { "", " ", "BOOTX64.EFI", "\\EFI\\BOOT\\BOOTX64.EFI", "conf", "a.config", "a.conf.d", ".con",
					     "\"\"", "quiet ro" };

	(void)state;
	assert_false(parse_bytes(guid, sizeof(guid)));
	assert_false(parse_bytes("", 0));
	assert_false(parse_bytes("WINDOWS\0\1\0\0\0", 12));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (parse(texts[i]))
			fail_msg("\"%s\" was taken for \"%s\"", texts[i], text);
	assert_string_equal(readings(), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(a_name), cmocka_unit_test(blanks_and_quotes),
					    cmocka_unit_test(any_script_and_length), cmocka_unit_test(ascii),
					    cmocka_unit_test(no_name) };

	return cmocka_run_group_tests_name("load_options", tests, NULL, NULL);
}
