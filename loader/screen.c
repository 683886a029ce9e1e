/* SPDX-License-Identifier: BSD-2-Clause */
#include <loader/screen.h>

static void mask_to_field(uint32_t mask, uint8_t *size, uint8_t *position)
{
	*position = mask ? (uint8_t)__builtin_ctz(mask) : 0;
	for (*size = 0; mask; mask &= mask - 1)
		++*size;
}

/* A pixel ends with the byte that has the highest bit of any mask: masks may leave bits out (15 bits in 2 bytes). */
static uint32_t pixel_bytes(uint32_t bits)
{
	return bits ? (32 - (uint32_t)__builtin_clz(bits) + 7) / 8 : 0;
}

bool screen_info_from_mode(const struct screen_mode *mode, struct screen_info *screen)
{
	uint32_t red = mode->red_mask, green = mode->green_mask, blue = mode->blue_mask, reserved = mode->reserved_mask;
	uint64_t line, size;

	*screen = (struct screen_info){ 0 };
	switch (mode->format) {
	case SCREEN_RGBX:
	case SCREEN_BGRX:
		red = mode->format == SCREEN_RGBX ? 0x000000ff : 0x00ff0000;
		blue = mode->format == SCREEN_RGBX ? 0x00ff0000 : 0x000000ff;
		green = 0x0000ff00;
		reserved = 0xff000000;
		break;
	case SCREEN_BITMASK:
		break;
	default:
		return false;
	}
	line = (uint64_t)mode->pixels_per_line * pixel_bytes(red | green | blue | reserved);
	size = line * mode->height;
	if (mode->framebuffer == 0 || mode->width == 0 || size == 0 || size > UINT32_MAX || line > UINT16_MAX ||
	    mode->width > UINT16_MAX || mode->height > UINT16_MAX || mode->width > mode->pixels_per_line)
		return false;
	screen->orig_video_isVGA = VIDEO_TYPE_EFI;
	screen->lfb_width = (uint16_t)mode->width;
	screen->lfb_height = (uint16_t)mode->height;
	screen->lfb_base = (uint32_t)mode->framebuffer;
	screen->ext_lfb_base = (uint32_t)(mode->framebuffer >> 32);
	mask_to_field(red, &screen->red_size, &screen->red_pos);
	mask_to_field(green, &screen->green_size, &screen->green_pos);
	mask_to_field(blue, &screen->blue_size, &screen->blue_pos);
	mask_to_field(reserved, &screen->rsvd_size, &screen->rsvd_pos);
	screen->lfb_depth = screen->red_size + screen->green_size + screen->blue_size + screen->rsvd_size;
	screen->lfb_linelength = (uint16_t)line;
	screen->lfb_size = (uint32_t)size;
	screen->pages = 1;
	screen->capabilities = VIDEO_CAPABILITY_SKIP_QUIRKS | (screen->ext_lfb_base ? VIDEO_CAPABILITY_64BIT_BASE : 0);
	return true;
}
