/* SPDX-License-Identifier: BSD-2-Clause */
/* Which text mode console-mode means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <loader/console_mode.h>

/* OVMF's modes on a screen of 1280x800: the second one is not available. */
static const struct console_modes ovmf = {
	.modes = { { 80, 25 }, { 0, 0 }, { 100, 31 }, { 128, 40 }, { 160, 42 } },
	.count = 5, .current = 2, .width = 1280, .height = 800,
};

static uint32_t choose(enum console_mode wish, uint32_t number, const struct console_modes *modes)
{
	struct bls_loader loader = { .console_mode = wish, .console_mode_number = number };
	uint32_t mode = 12345;
	int error = console_mode_choose(&loader, modes, &mode);

	assert_true(error == 0 || error == MM_ENOENT);
	assert_int_equal(error != 0, mode == 12345);
	return mode;
}

static void modes_by_name_and_number(void **state)
{
	struct console_modes modes = ovmf;

	(void)state;
	assert_int_equal(choose(CONSOLE_MODE_KEEP, 0, &modes), 2);
	assert_int_equal(choose(CONSOLE_MODE_MAX, 0, &modes), 4);
	assert_int_equal(choose(CONSOLE_MODE_NUMBER, 0, &modes), 0);
	assert_int_equal(choose(CONSOLE_MODE_NUMBER, 3, &modes), 3);
	assert_int_equal(choose(CONSOLE_MODE_NUMBER, 1, &modes), 12345);
	assert_int_equal(choose(CONSOLE_MODE_NUMBER, 5, &modes), 12345);
	assert_int_equal(choose(CONSOLE_MODE_NUMBER, UINT32_MAX - 1, &modes), 12345);
	modes.modes[4].columns = 0;
	assert_int_equal(choose(CONSOLE_MODE_MAX, 0, &modes), 3);
}

static void a_mode_that_covers_the_screen(void **state)
{
	struct console_modes modes = ovmf;

	(void)state;
	/* 100x31 of 8x19 pixels are half of the screen */
	assert_int_equal(choose(CONSOLE_MODE_AUTO, 0, &modes), 2);
	/* a tenth of 3840x2160 is 5456 characters and a half: 160x42 has more, 128x40 has less */
	modes.width = 3840;
	modes.height = 2160;
	assert_int_equal(choose(CONSOLE_MODE_AUTO, 0, &modes), 4);
	/* the smallest that is enough, whatever its number */
	modes.modes[3].rows = 100;
	modes.modes[0].columns = 480;
	modes.modes[0].rows = 100;
	assert_int_equal(choose(CONSOLE_MODE_AUTO, 0, &modes), 4);
	modes.modes[4].rows = 0;
	assert_int_equal(choose(CONSOLE_MODE_AUTO, 0, &modes), 3);
	/* none is enough: the largest */
	modes.width = 32768;
	modes.height = 32768;
	assert_int_equal(choose(CONSOLE_MODE_AUTO, 0, &modes), 0);
	/* no screen: a serial console stays as it is */
	modes.width = modes.height = 0;
	assert_int_equal(choose(CONSOLE_MODE_AUTO, 0, &modes), 2);
}

static void a_console_without_modes(void **state)
{
	struct console_modes modes = { .count = 0 };

	(void)state;
	assert_int_equal(choose(CONSOLE_MODE_KEEP, 0, &modes), 12345);
	assert_int_equal(choose(CONSOLE_MODE_MAX, 0, &modes), 12345);
	assert_int_equal(choose(CONSOLE_MODE_NUMBER, 0, &modes), 12345);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(modes_by_name_and_number),
		cmocka_unit_test(a_mode_that_covers_the_screen),
		cmocka_unit_test(a_console_without_modes),
	};

	return cmocka_run_group_tests_name("console_mode", tests, NULL, NULL);
}
