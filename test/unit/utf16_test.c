/* SPDX-License-Identifier: BSD-2-Clause */
/* UTF-8 and UTF-16. The texts are heap memory of exactly their size with the NUL. */
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

/* What one U+FFFD stands for, as in table 3-8 of the Unicode Standard: C is a character, a digit the length of what is none. */
static void next_in_utf8(void **state)
{
	static const struct {
		const char *text, *lengths;
	} cases[] = {
		{ "a\xc3\xbc\xe2\x82\xac\xf0\x9f\x90\xa7", "C1C2C3C4" },
		{ "\xc0\xaf\xe0\x80\xbf\xf0\x81\x82" "A", "11111111C1" },
		{ "\xed\xa0\x80\xed\xbf\xbf\xed\xaf" "A", "11111111C1" },
		{ "\xf4\x91\x92\x93\xff" "A\x80\xbf" "B", "11111C111C1" },
		{ "\xe1\x80\xe2\xf0\x91\x92\xf1\xbf" "A", "2132C1" },
		{ "\xf4\x8f\xbf\xbf\xf4\x90", "C411" },
		{ "\xf0\x9f\x90", "3" },
	};

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(cases); i++) {
		size_t size = strlen(cases[i].text), at = 0, length;
		char *copy = malloc(size), lengths[32] = "", *end = lengths;

		memcpy(copy, cases[i].text, size);
		for (; at < size; at += length, *end = '\0') {
			if (utf8_next(copy + at, size - at, &length) != UTF_BAD)
				*end++ = 'C';
			*end++ = (char)('0' + length);
		}
		assert_int_equal(at, size);
		assert_string_equal(lengths, cases[i].lengths);
		free(copy);
	}
}

/* Every character, there and back; and each number of bytes less is no character. */
static void all_characters(void **state)
{
	(void)state;
	for (uint32_t code = 0; code <= 0x10ffff; code++) {
		bool surrogate = code >= 0xd800 && code < 0xe000;
		char bytes[4];
		size_t size = utf8_put(code, bytes), length, units = code > 0xffff ? 2 : 1;
		uint16_t wide[2] = { (uint16_t)code, 0 };

		if (units == 2) {
			wide[0] = (uint16_t)(0xd800 + ((code - 0x10000) >> 10));
			wide[1] = (uint16_t)(0xdc00 + ((code - 0x10000) & 0x3ff));
		}
		assert_int_equal(utf8_next(bytes, size, &length), surrogate ? UTF_BAD : code);
		assert_int_equal(length, surrogate ? 1 : size);
		for (size_t less = 1; less < size && !surrogate; less++) {
			assert_int_equal(utf8_next(bytes, less, &length), UTF_BAD);
			assert_int_equal(length, less);
		}
		assert_int_equal(utf16_next(wide, units, &length), surrogate ? UTF_BAD : code);
		assert_int_equal(length, units);
		assert_int_equal(utf16_next(wide, 1, &length), surrogate || units == 2 ? UTF_BAD : code);
	}
}

static void back_to_utf8(void **state)
{
	static const uint16_t from[] = { 'a', 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0xd800, 0xdc00, 0xdbff, 0xdfff,
					 0xd800, 'b', 0xdc00, 0xd800, 0, 'c' };
	static const char text[] = "a\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"
				   "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\xef\xbf\xbd" "b\xef\xbf\xbd\xef\xbf\xbd";
	unsigned char odd[1 + sizeof(from)];

	(void)state;
	memcpy(odd + 1, from, sizeof(from));
	for (size_t capacity = 1; capacity <= sizeof(text) + 1; capacity++) {
		char *to = malloc(capacity);
		size_t length;

		assert_int_equal(utf16_to_utf8((const void *)(odd + 1), MM_ARRAY_COUNT(from), to, capacity), sizeof(text) - 1);
		length = strlen(to);
		assert_true(length < capacity && memcmp(to, text, length) == 0);
		assert_true((text[length] & 0xc0) != 0x80); /* a whole character */
		assert_true(capacity < sizeof(text) ? length + 4 >= capacity : length == sizeof(text) - 1);
		free(to);
	}
	for (size_t count = 0; count < MM_ARRAY_COUNT(from); count++) {
		uint16_t *exact = malloc(count * sizeof(*exact) + 1);
		char to[100];

		memcpy(exact, from, count * sizeof(*exact));
		assert_true(utf16_to_utf8(exact, count, to, sizeof(to)) <= 3 * count);
		free(exact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(texts), cmocka_unit_test(what_is_no_utf8),
					    cmocka_unit_test(next_in_utf8), cmocka_unit_test(all_characters),
					    cmocka_unit_test(back_to_utf8) };

	return cmocka_run_group_tests_name("utf16", tests, NULL, NULL);
}
