/* SPDX-License-Identifier: BSD-2-Clause */
/* screen_info for every pixel format of the Graphics Output Protocol, and the modes that have no framebuffer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <loader/screen.h>

static struct screen_mode mode_of(uint32_t format)
{
	return (struct screen_mode){ .width = 1280, .height = 800, .pixels_per_line = 1344, .format = format, .framebuffer = 0x80000000 };
}

static void assert_channels(const struct screen_info *s, const uint8_t expected[8])
{
	const uint8_t found[8] = { s->red_size,  s->red_pos,  s->green_size, s->green_pos,
				   s->blue_size, s->blue_pos, s->rsvd_size,  s->rsvd_pos };

	assert_memory_equal(found, expected, 8);
}

static void assert_no_screen(const struct screen_mode *mode)
{
	static const struct screen_info zero;
	struct screen_info s;

	memset(&s, 0xa5, sizeof(s));
	assert_false(screen_info_from_mode(mode, &s));
	assert_memory_equal(&s, &zero, sizeof(s));
}

static void red_first_and_blue_first(void **state)
{
	struct screen_mode mode = mode_of(SCREEN_RGBX);
	struct screen_info s;

	(void)state;
	mode.red_mask = 0x1f; /* does not count in these formats */
	assert_true(screen_info_from_mode(&mode, &s));
	assert_channels(&s, (const uint8_t[]){ 8, 0, 8, 8, 8, 16, 8, 24 });
	assert_int_equal(s.orig_video_isVGA, 0x70);
	assert_int_equal(s.lfb_width, 1280);
	assert_int_equal(s.lfb_height, 800);
	assert_int_equal(s.lfb_depth, 32);
	assert_int_equal(s.lfb_linelength, 1344 * 4);
	assert_int_equal(s.lfb_size, 1344 * 4 * 800);
	assert_int_equal(s.lfb_base, 0x80000000);
	assert_int_equal(s.ext_lfb_base, 0);
	assert_int_equal(s.pages, 1);
	assert_int_equal(s.capabilities, 1);
	mode.format = SCREEN_BGRX;
	mode.framebuffer = 0x3880000000;
	assert_true(screen_info_from_mode(&mode, &s));
	assert_channels(&s, (const uint8_t[]){ 8, 16, 8, 8, 8, 0, 8, 24 });
	assert_int_equal(s.lfb_base, 0x80000000);
	assert_int_equal(s.ext_lfb_base, 0x38);
	assert_int_equal(s.capabilities, 3);
}

static void bit_masks(void **state)
{
	static const struct {
		uint32_t masks[4];
		uint8_t channels[8];
		unsigned depth, bytes;
	} cases[] = {
		{ { 0xf800, 0x07e0, 0x001f, 0 }, { 5, 11, 6, 5, 5, 0, 0, 0 }, 16, 2 },
		{ { 0x7c00, 0x03e0, 0x001f, 0x8000 }, { 5, 10, 5, 5, 5, 0, 1, 15 }, 16, 2 },
		{ { 0x7c00, 0x03e0, 0x001f, 0 }, { 5, 10, 5, 5, 5, 0, 0, 0 }, 15, 2 },
		{ { 0xff0000, 0xff00, 0xff, 0 }, { 8, 16, 8, 8, 8, 0, 0, 0 }, 24, 3 },
		{ { 0x3ff00000, 0xffc00, 0x3ff, 0xc0000000 }, { 10, 20, 10, 10, 10, 0, 2, 30 }, 32, 4 },
		{ { 0xff000000, 0xff0000, 0xff00, 0 }, { 8, 24, 8, 16, 8, 8, 0, 0 }, 24, 4 },
		{ { 0xff, 0, 0, 0 }, { 8, 0, 0, 0, 0, 0, 0, 0 }, 8, 1 },
	};

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(cases); i++) {
		struct screen_mode mode = mode_of(SCREEN_BITMASK);
		struct screen_info s;

		mode.red_mask = cases[i].masks[0];
		mode.green_mask = cases[i].masks[1];
		mode.blue_mask = cases[i].masks[2];
		mode.reserved_mask = cases[i].masks[3];
		assert_true(screen_info_from_mode(&mode, &s));
		assert_channels(&s, cases[i].channels);
		assert_int_equal(s.lfb_depth, cases[i].depth);
		assert_int_equal(s.lfb_linelength, 1344 * cases[i].bytes);
		assert_int_equal(s.lfb_size, 1344 * cases[i].bytes * 800);
	}
}

static void modes_without_a_framebuffer(void **state)
{
	struct screen_mode mode = mode_of(SCREEN_BLT_ONLY);

	(void)state;
	assert_no_screen(&mode);
	mode.format = 4;
	assert_no_screen(&mode);
	mode = mode_of(SCREEN_BITMASK); /* and all masks empty */
	assert_no_screen(&mode);
	mode = mode_of(SCREEN_BGRX);
	mode.framebuffer = 0;
	assert_no_screen(&mode);
	mode = mode_of(SCREEN_BGRX);
	mode.height = 0;
	assert_no_screen(&mode);
	mode = mode_of(SCREEN_BGRX);
	mode.width = 0;
	assert_no_screen(&mode);
	mode = mode_of(SCREEN_BGRX);
	mode.pixels_per_line = 1279;
	assert_no_screen(&mode);
}

static void modes_that_screen_info_cannot_hold(void **state)
{
	struct screen_mode mode = mode_of(SCREEN_BGRX);
	struct screen_info s;

	(void)state;
	mode.pixels_per_line = 16383;
	mode.height = 65535;
	assert_true(screen_info_from_mode(&mode, &s));
	assert_int_equal(s.lfb_linelength, 65532);
	assert_int_equal(s.lfb_size, UINT64_C(65532) * 65535);
	mode.pixels_per_line = 16384; /* 65536 bytes a line */
	assert_no_screen(&mode);
	mode.pixels_per_line = UINT32_MAX;
	assert_no_screen(&mode);
	mode = mode_of(SCREEN_BGRX);
	mode.height = 65536;
	assert_no_screen(&mode);
	mode = mode_of(SCREEN_BITMASK);
	mode.red_mask = 1;
	mode.width = 65536;
	mode.pixels_per_line = 65536;
	assert_no_screen(&mode);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(red_first_and_blue_first),
		cmocka_unit_test(bit_masks),
		cmocka_unit_test(modes_without_a_framebuffer),
		cmocka_unit_test(modes_that_screen_info_cannot_hold),
	};

	return cmocka_run_group_tests_name("screen", tests, NULL, NULL);
}
