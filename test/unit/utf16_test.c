/* SPDX-License-Identifier: BSD-2-Clause */
/* UTF-8 to UTF-16. The texts are heap memory of exactly their size with the NUL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <loader/utf16.h>
#include <mm/types.h>

static bool translate(const char *text, uint16_t *to, size_t capacity, size_t *bad)
{
	size_t size = strlen(text) + 1;
	char *copy = malloc(size);
	bool result;

	memcpy(copy, text, size);
	result = utf8_to_utf16(copy, to, capacity, bad);
	free(copy);
	return result;
}

static void texts(void **state)
{
	static const uint16_t expected[] = { 'a', 0x7f, 0x80, 0xfc, 0x7ff, 0x800, 0x20ac, 0xd7ff, 0xe000, 0xffff,
					     0xd800, 0xdc00,
					     0xdbff, 0xdfff, 0 };
	static const char text[] = "a\x7f\xc2\x80\xc3\xbc\xdf\xbf\xe0\xa0\x80\xe2\x82\xac\xed\x9f\xbf"
				   "\xee\x80\x80\xef\xbf\xbf"
				   "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf";
	uint16_t to[MM_ARRAY_COUNT(expected)];

	(void)state;
	assert_true(translate(text, to, MM_ARRAY_COUNT(to), NULL));
	assert_memory_equal(to, expected, sizeof(expected));
	for (size_t capacity = 0; capacity < MM_ARRAY_COUNT(expected); capacity++)
		assert_false(translate(text, to, capacity, NULL));
	assert_true(translate("", to, 1, NULL));
	assert_int_equal(to[0], 0);
}

static void what_is_no_utf8(void **state)
{
	static const char *const cases[] = { "ab\x80", "ab\xbf", "ab\xc3", "ab\xc3z", "ab\xc0\x80", "ab\xc1\xbf",
					     "ab\xe0\x9f\xbf",
					     "ab\xe2\x82", "ab\xe2\x82z", "ab\xed\xa0\x80", "ab\xed\xbf\xbf",
					     "ab\xf0\x8f\xbf\xbf",
					     "ab\xf4\x90\x80\x80", "ab\xf8\x88\x80\x80\x80", "ab\xff", "ab\xf0\x90\x80",
					     "ab\xfe" };
	uint16_t to[20];

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(cases); i++) {
		size_t bad = 0;

		if (translate(cases[i], to, MM_ARRAY_COUNT(to), &bad))
			fail_msg("case %zu was taken", i);
		assert_int_equal(bad, 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(texts), cmocka_unit_test(what_is_no_utf8) };

	return cmocka_run_group_tests_name("utf16", tests, NULL, NULL);
}
