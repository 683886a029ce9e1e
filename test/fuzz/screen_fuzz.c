/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as a mode of the Graphics Output Protocol: what is described lies inside the numbers' limits. */
#include <loader/screen.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct screen_info none;
	struct screen_mode mode;
	struct screen_info screen;

	if (size < sizeof(mode))
		return 0;
	memcpy(&mode, data, sizeof(mode));
	mode.format %= 5;
	/* most widths are too large, and most lines shorter than that */
	mode.width &= data[0] & 1 ? 0xfff : UINT32_MAX;
	mode.pixels_per_line = data[0] & 2 ? mode.width + (mode.pixels_per_line & 0xff) : mode.pixels_per_line;
	mode.height &= data[0] & 4 ? 0xfff : UINT32_MAX;
	if (!screen_info_from_mode(&mode, &screen)) {
		CHECK(memcmp(&screen, &none, sizeof(screen)) == 0);
		return 0;
	}
	CHECK(screen.lfb_width == mode.width && screen.lfb_height == mode.height);
	CHECK(screen.lfb_base == (uint32_t)mode.framebuffer && screen.ext_lfb_base == mode.framebuffer >> 32);
	CHECK(screen.lfb_size == (uint64_t)screen.lfb_linelength * screen.lfb_height && screen.lfb_size > 0);
	CHECK(screen.lfb_linelength >= screen.lfb_width && screen.orig_video_isVGA == VIDEO_TYPE_EFI);
	CHECK(screen.lfb_depth == screen.red_size + screen.green_size + screen.blue_size + screen.rsvd_size);
	return 0;
}
