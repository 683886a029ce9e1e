/* SPDX-License-Identifier: BSD-2-Clause */
/* The order of versions: the examples of the Version Format Specification, and where its rules invite mistakes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <loader/bls_version.h>
#include <mm/types.h>

/* In heap memory of exactly their size, so that a read past the end is seen. */
static int compare(const char *a, const char *b)
{
	size_t a_length = strlen(a), b_length = strlen(b);
	char *a_copy = malloc(a_length + !a_length), *b_copy = malloc(b_length + !b_length);
	int order, reverse;

	memcpy(a_copy, a, a_length);
	memcpy(b_copy, b, b_length);
	order = bls_version_compare(a_copy, a_length, b_copy, b_length);
	reverse = bls_version_compare(b_copy, b_length, a_copy, a_length);
	assert_int_equal((order > 0) - (order < 0), (reverse < 0) - (reverse > 0));
	free(a_copy);
	free(b_copy);
	return (order > 0) - (order < 0);
}

static void pairs(void **state)
{
	static const struct {
		const char *a;
		char order;
		const char *b;
	} cases[] = {
		{ "11", '=', "11" },	     { "systemd-123", '=', "systemd-123" }, { "bar-123", '<', "foo-123" },
		{ "123a", '>', "123" },	     { "123.a", '>', "123" },		    { "123.a", '<', "123.b" },
		{ "123a", '>', "123.a" },    { "11\xce\xb1", '=', "11\xce\xb2" },   { "B", '<', "a" },
		{ "", '<', "0" },	     { "0.", '>', "0" },		    { "0.0", '>', "0" },
		{ "0", '>', "~" },	     { "", '>', "~" },			    { "1_", '=', "1" },
		{ "_1", '=', "1" },	     { "1_", '<', "1.2" },		    { "1_2_3", '>', "1.3.3" },
		{ "1+", '=', "1" },	     { "+1", '=', "1" },		    { "1+", '<', "1.2" },
		{ "6.9", '<', "6.10" },	     { "6.1.0-9-amd64", '<', "6.1.0-18-amd64" }, { "6.1.0-rc1", '>', "6.1.0" },
		{ "6.1.0~rc1", '<', "6.1.0" }, { "6.1.0~rc1", '<', "6.1.0~rc2" },   { "1~~", '>', "1~" },
		{ "007", '=', "7" },	     { "00", '=', "0" },		    { "1.00.2", '=', "1.0.2" },
		{ "18446744073709551616", '>', "18446744073709551615" },
		{ "99999999999999999999999999999999998", '<', "99999999999999999999999999999999999" },
		{ "1^", '>', "1" },	     { "1^post1", '<', "1.1" },		    { "1-1", '<', "1^post1" },
		{ "a-1", '<', "a1" },	     { "0a", '=', "a" },		    { "abc", '<', "abcd" },
		{ "ab1", '<', "abc" },	     { "", '=', "" },			    { "_", '=', "" },
		{ "-", '>', "" },	     { "-", '<', "." },			    { "--", '>', "-" },
	};

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(cases); i++)
		if ("<=>"[compare(cases[i].a, cases[i].b) + 1] != cases[i].order)
			fail_msg("'%s' and '%s': not %c", cases[i].a, cases[i].b, cases[i].order);
}

/* The specification's list: each is older than every one to its right. */
static void a_list_in_order(void **state)
{
	static const char *const list[] = { "122.1", "123~rc1-1", "123", "123-a", "123-a.1", "123-1", "123-1.1",
					    "123^post1", "123.a-1",
					    "123.1-1", "123a-1", "124-1" };

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(list); i++)
		for (size_t j = 0; j < MM_ARRAY_COUNT(list); j++)
			if (compare(list[i], list[j]) != (i > j) - (i < j))
				fail_msg("'%s' and '%s'", list[i], list[j]);
}

static void a_nul_within_is_a_separator(void **state)
{
	(void)state;
	assert_int_equal(bls_version_compare("1\0", 2, "1", 1), 0);
	assert_true(bls_version_compare("1\0" "2", 3, "1", 1) > 0);
}

/* All texts of up to 4 of some characters: the order is total, and no two loop for ever. */
static void the_order_is_transitive(void **state)
{
	static const char alphabet[] = "0a~^-._";
	char texts[400][4];
	size_t count = 0;

	(void)state;
	for (size_t code = 0; code < 343; code++) {
		size_t length = 0;

		for (size_t rest = code; rest; rest /= 7)
			texts[count][length++] = alphabet[rest % 7];
		texts[count++][length] = '\0';
	}
	for (size_t i = 0; i < count; i++)
		for (size_t j = i; j < count; j++)
			for (size_t k = 0; k < count; k += 7)
				if (compare(texts[i], texts[j]) <= 0 && compare(texts[j], texts[k]) <= 0 &&
				    compare(texts[i], texts[k]) > 0)
					fail_msg("'%s' '%s' '%s'", texts[i], texts[j], texts[k]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs),
		cmocka_unit_test(a_list_in_order),
		cmocka_unit_test(a_nul_within_is_a_separator),
		cmocka_unit_test(the_order_is_transitive),
	};

	return cmocka_run_group_tests_name("bls_version", tests, NULL, NULL);
}
