/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The colours of kinds of memory, seen by everybody: what colour-blind eyes see is simulated with the matrices of
 * Machado, Oliveira and Fernandes (2009) for complete lack of one kind of cones, differences are distances in CIELAB
 * (1976).
 */
#include <math.h>

#include "efi_test.h"

#include <loader/map_kind.h>

/* A difference of 2.3 is just seen side by side; places that are apart need far more. */
#define LEAST_DIFFERENCE 20
/* Of text on its ground: WCAG 2, level AA. */
#define LEAST_CONTRAST 4.5

struct colour {
	double r, g, b; /* linear light, 0 to 1 */
};

struct lab {
	double l, a, b;
};

static const double eyes[][3][3] = {
	{ { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 } },
	{ { 0.152286, 1.052583, -0.204868 }, { 0.114503, 0.786281, 0.099216 }, { -0.003882, -0.048116, 1.051998 } },
	{ { 0.367322, 0.860646, -0.227968 }, { 0.280085, 0.672501, 0.047413 }, { -0.011820, 0.042940, 0.968881 } },
	{ { 1.255528, -0.076749, -0.178779 }, { -0.078411, 0.930809, 0.147602 }, { 0.004733, 0.691367, 0.303900 } },
};

static double linear(uint32_t channel)
{
	double value = (channel & 0xff) / 255.0;

	return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4);
}

static struct colour light_of(uint32_t rgb)
{
	return (struct colour){ linear(rgb >> 16), linear(rgb >> 8), linear(rgb) };
}

static double seen(const double row[3], struct colour colour)
{
	return fmin(1, fmax(0, row[0] * colour.r + row[1] * colour.g + row[2] * colour.b));
}

static double curve(double t)
{
	return t > 0.008856 ? cbrt(t) : 7.787 * t + 16.0 / 116;
}

static struct lab lab_of(uint32_t rgb, const double eye[3][3])
{
	struct colour light = light_of(rgb), c = { seen(eye[0], light), seen(eye[1], light), seen(eye[2], light) };
	double x = curve((0.4124 * c.r + 0.3576 * c.g + 0.1805 * c.b) / 0.9505);
	double y = curve(0.2126 * c.r + 0.7152 * c.g + 0.0722 * c.b);
	double z = curve((0.0193 * c.r + 0.1192 * c.g + 0.9505 * c.b) / 1.089);

	return (struct lab){ 116 * y - 16, 500 * (x - y), 200 * (y - z) };
}

static double difference(struct lab a, struct lab b)
{
	return sqrt((a.l - b.l) * (a.l - b.l) + (a.a - b.a) * (a.a - b.a) + (a.b - b.b) * (a.b - b.b));
}

static void all_eyes_tell_kinds_apart(void **state)
{
	(void)state;
	for (size_t eye = 0; eye < MM_ARRAY_COUNT(eyes); eye++)
		for (enum map_kind a = 0; a < MAP_KINDS; a++)
			for (enum map_kind b = 0; b < a; b++) {
				double least = difference(lab_of(map_kind_colour(a), eyes[eye]),
							  lab_of(map_kind_colour(b), eyes[eye]));

				if (least < LEAST_DIFFERENCE)
					fail_msg("eye %zu sees %s and %s with a difference of %.1f", eye,
						 map_kind_name(a), map_kind_name(b), least);
			}
}

static void text_can_be_read(void **state)
{
	(void)state;
	for (enum map_kind kind = 0; kind < MAP_KINDS; kind++) {
		struct colour c = light_of(map_kind_colour(kind));
		double luminance = 0.2126 * c.r + 0.7152 * c.g + 0.0722 * c.b;
		bool dark = kind == MAP_KIND_NOTHING || kind == MAP_KIND_UNUSABLE;
		double contrast = dark ? 1.05 / (luminance + 0.05) : (luminance + 0.05) / 0.05;

		if (contrast < LEAST_CONTRAST)
			fail_msg("text on %s has a contrast of %.1f", map_kind_name(kind), contrast);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_eyes_tell_kinds_apart),
		cmocka_unit_test(text_can_be_read),
	};

	return cmocka_run_group_tests_name("map_colour", tests, NULL, NULL);
}
