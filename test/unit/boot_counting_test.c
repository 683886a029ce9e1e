/* SPDX-License-Identifier: BSD-2-Clause */
/* Boot counting in file names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <loader/boot_counting.h>
#include <mm/types.h>

static void names_with_a_counter(void **state)
{
	static const struct {
		const char *name;
		uint32_t left, done;
		const char *stem, *next;
	} cases[] = {
		{ "a+3.conf", 3, 0, "a", "a+2-1.conf" },
		{ "a+2-1.conf", 2, 1, "a", "a+1-2.conf" },
		{ "a+0-3.conf", 0, 3, "a", "a+0-4.conf" },
		{ "a+0.conf", 0, 0, "a", "a+0-1.conf" },
		{ "A+007-09.CONF", 7, 9, "A", "A+6-10.CONF" },
		{ "a+1+2.conf", 2, 0, "a+1", "a+1+1-1.conf" },
		{ "6.1-4+10-9.conf", 10, 9, "6.1-4", "6.1-4+9-10.conf" },
		{ "+1.conf", 1, 0, "", "+0-1.conf" },
		{ "a+2147483647-2147483647.conf", 2147483647, 2147483647, "a", "a+2147483646-2147483647.conf" },
	};

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(cases); i++) {
		struct boot_counter counter = boot_counter_parse(cases[i].name);
		char next[40];

		assert_true(counter.counted);
		assert_int_equal(counter.left, cases[i].left);
		assert_int_equal(counter.done, cases[i].done);
		assert_int_equal(counter.stem, strlen(cases[i].stem));
		assert_memory_equal(cases[i].name, cases[i].stem, counter.stem);
		assert_true(boot_counter_next_name(cases[i].name, next, sizeof(next)));
		assert_string_equal(next, cases[i].next);
	}
}

static void names_without_one(void **state)
{
	static const struct {
		const char *name, *stem;
	} cases[] = {
		{ "a.conf", "a" },	     { "a-3.conf", "a-3" },	    { "a+.conf", "a+" },
		{ "a+3-.conf", "a+3-" },
		{ "a+-3.conf", "a+-3" },     { "a+3x.conf", "a+3x" },	    { "a+x-3.conf", "a+x-3" },
		{ "a+3.5.conf", "a+3.5" },
		{ ".conf", "" },	     { "3.conf", "3" },		    { "3-4.conf", "3-4" },   { "", "" },
		{ "a+2147483648.conf", "a+2147483648" }, { "a+1-2147483648.conf", "a+1-2147483648" },
		{ "a+99999999999999999999999.conf", "a+99999999999999999999999" }, { "a+1-2-3.conf", "a+1-2-3" },
	};

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(cases); i++) {
		struct boot_counter counter = boot_counter_parse(cases[i].name);
		char next[40];

		if (counter.counted || counter.left || counter.done || counter.stem != strlen(cases[i].stem))
			fail_msg("'%s': counted %d, left %u, done %u, stem of %zu", cases[i].name, counter.counted,
				 counter.left,
				 counter.done, counter.stem);
		assert_false(boot_counter_next_name(cases[i].name, next, sizeof(next)));
	}
}

/* +9 becomes +8-1, which is two characters longer. */
static void the_next_name_must_fit(void **state)
{
	char next[10];

	(void)state;
	assert_true(boot_counter_next_name("+9.conf", next, 10));
	assert_string_equal(next, "+8-1.conf");
	assert_false(boot_counter_next_name("+9.conf", next, 9));
	assert_false(boot_counter_next_name("+9.conf", next, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_with_a_counter),
		cmocka_unit_test(names_without_one),
		cmocka_unit_test(the_next_name_must_fit),
	};

	return cmocka_run_group_tests_name("boot_counting", tests, NULL, NULL);
}
