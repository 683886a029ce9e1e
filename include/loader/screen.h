/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel is told about the screen. Source: UEFI 2.10 section 12.9 (GOP), Linux's include/uapi/linux/screen_info.h. */
#ifndef LOADER_SCREEN_H
#define LOADER_SCREEN_H

#include <loader/boot_params.h>

/* EFI_GRAPHICS_PIXEL_FORMAT. */
enum screen_format { SCREEN_RGBX = 0, SCREEN_BGRX = 1, SCREEN_BITMASK = 2, SCREEN_BLT_ONLY = 3 };

/* A mode of the Graphics Output Protocol; the masks count only with SCREEN_BITMASK. */
struct screen_mode {
	uint32_t width; /* pixels */
	uint32_t height;
	uint32_t pixels_per_line;
	uint32_t format; /* enum screen_format */
	uint32_t red_mask;
	uint32_t green_mask;
	uint32_t blue_mask;
	uint32_t reserved_mask;
	uint64_t framebuffer; /* physical address */
};

/*
 * Describes the mode's linear framebuffer. false, and *screen all zero, when the mode has none (SCREEN_BLT_ONLY, a format that
 * is not known, no address, no pixels) or when the description cannot hold it (more than 65535 pixels or bytes a line).
 */
bool screen_info_from_mode(const struct screen_mode *mode, struct screen_info *screen);

#endif
