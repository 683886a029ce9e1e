/* SPDX-License-Identifier: BSD-2-Clause */
/* Framebuffers (UEFI 2.10, section 12.9), the EDID of their monitors, and the font. */
#include "mock.h"

#define SCREENS_MAX 3
#define WIDTH 640
#define HEIGHT 480

static EFI_GUID gop_guid = EFI_GRAPHICS_OUTPUT_PROTOCOL_GUID;
static EFI_GUID console_out_device_guid = { 0xd3b36f2c, 0xd551, 0x11d4, { 0x9a, 0x46, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d } };
static EFI_GUID edid_guids[2] = { EFI_EDID_ACTIVE_PROTOCOL_GUID, EFI_EDID_DISCOVERED_PROTOCOL_GUID };
static EFI_GUID hii_font_guid = { 0xe9ca4775, 0x8657, 0x47fc, { 0x97, 0xe7, 0x7e, 0xd6, 0x5a, 0x08, 0x43, 0x24 } };

static EFI_GRAPHICS_OUTPUT_MODE_INFORMATION screen_info = { 0, WIDTH, HEIGHT, PixelBlueGreenRedReserved8BitPerColor, { 0 }, WIDTH };

static EFI_STATUS EFIAPI gop_query(EFI_GRAPHICS_OUTPUT_PROTOCOL *self, UINT32 mode, UINTN *size,
				   EFI_GRAPHICS_OUTPUT_MODE_INFORMATION **info)
{
	FIRMWARE(Gop_QueryMode);
	if (mode >= self->Mode->MaxMode || !size || !info)
		return EFI_INVALID_PARAMETER;
	*size = sizeof(**info);
	*info = pool_take(EfiBootServicesData, sizeof(**info));
	if (!*info)
		return EFI_DEVICE_ERROR;
	**info = screen_info;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI gop_set(EFI_GRAPHICS_OUTPUT_PROTOCOL *self, UINT32 mode)
{
	FIRMWARE(Gop_SetMode);
	return mode < self->Mode->MaxMode ? EFI_SUCCESS : EFI_UNSUPPORTED;
}

static bool outside(UINTN x, UINTN y, UINTN width, UINTN height)
{
	return x > WIDTH || y > HEIGHT || width > WIDTH - x || height > HEIGHT - y;
}

/* Every pixel that is read or written is touched, so that the sanitizer sees a buffer that is too small. */
static EFI_STATUS EFIAPI gop_blt(EFI_GRAPHICS_OUTPUT_PROTOCOL *self, EFI_GRAPHICS_OUTPUT_BLT_PIXEL *buffer,
				 EFI_GRAPHICS_OUTPUT_BLT_OPERATION how, UINTN from_x, UINTN from_y, UINTN to_x, UINTN to_y,
				 UINTN width, UINTN height, UINTN delta)
{
	static EFI_GRAPHICS_OUTPUT_BLT_PIXEL pixels[HEIGHT][WIDTH];
	bool from_video = how == EfiBltVideoToBltBuffer || how == EfiBltVideoToVideo;
	bool to_video = how != EfiBltVideoToBltBuffer;
	UINTN row = delta ? delta / sizeof(*buffer) : width;

	FIRMWARE(Gop_Blt);
	(void)self;
	if (how >= EfiGraphicsOutputBltOperationMax || width == 0 || height == 0 || (how != EfiBltVideoToVideo && !buffer) ||
	    (from_video && outside(from_x, from_y, width, height)) || (to_video && outside(to_x, to_y, width, height)))
		return EFI_INVALID_PARAMETER;
	for (UINTN y = 0; y < height; y++)
		for (UINTN x = 0; x < width; x++) {
			EFI_GRAPHICS_OUTPUT_BLT_PIXEL *to = to_video ? &pixels[to_y + y][to_x + x] : &buffer[(to_y + y) * row + to_x + x];

			*to = how == EfiBltVideoFill ? *buffer : from_video ? pixels[from_y + y][from_x + x] :
									      buffer[(from_y + y) * row + from_x + x];
		}
	return EFI_SUCCESS;
}

/* EFI_HII_FONT_PROTOCOL and EFI_IMAGE_OUTPUT (UEFI 2.10, section 34.1). */
struct glyph {
	UINT16 width;
	UINT16 height;
	EFI_GRAPHICS_OUTPUT_BLT_PIXEL *bitmap;
};

struct font {
	void *string_to_image, *string_id_to_image;
	EFI_STATUS(EFIAPI *glyph)(const struct font *self, CHAR16 c, const void *info, struct glyph **glyph, UINTN *baseline);
	void *font_info;
};

/* 8x19 pixels: the bits of the character's number. */
static EFI_STATUS EFIAPI font_glyph(const struct font *self, CHAR16 c, const void *info, struct glyph **glyph, UINTN *baseline)
{
	FIRMWARE(HiiFont_GetGlyph);
	(void)self, (void)info;
	if (!glyph)
		return EFI_INVALID_PARAMETER;
	*glyph = pool_take(EfiBootServicesData, sizeof(**glyph));
	if (!*glyph)
		return EFI_OUT_OF_RESOURCES;
	**glyph = (struct glyph){ 8, 19, pool_take(EfiBootServicesData, 8 * 19 * sizeof(EFI_GRAPHICS_OUTPUT_BLT_PIXEL)) };
	if (!(*glyph)->bitmap) {
		fw_FreePool(*glyph);
		return EFI_OUT_OF_RESOURCES;
	}
	for (unsigned i = 0; i < 8 * 19; i++)
		(*glyph)->bitmap[i] = (EFI_GRAPHICS_OUTPUT_BLT_PIXEL){ c != ' ' && c >> i % 8 & 1 ? 255 : 0, 0, 0, 0 };
	if (baseline)
		*baseline = 15;
	return EFI_SUCCESS;
}

MISSING(HiiFont)

void screens_setup(void)
{
	static EFI_GRAPHICS_OUTPUT_PROTOCOL_MODE modes[SCREENS_MAX];
	static EFI_GRAPHICS_OUTPUT_PROTOCOL gops[SCREENS_MAX];
	static uint8_t edid[128] = { 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0 };
	static EFI_EDID_ACTIVE_PROTOCOL edid_protocol = { sizeof(edid), edid };
	static struct font font = { (void *)missing_HiiFont, (void *)missing_HiiFont, font_glyph, (void *)missing_HiiFont };

	if (mock.scenario->font)
		handle_install(handle_new(), &hii_font_guid, &font);
	for (unsigned i = 0; i < mock.scenario->screens && i < SCREENS_MAX; i++) {
		EFI_HANDLE handle = handle_new();

		modes[i] = (EFI_GRAPHICS_OUTPUT_PROTOCOL_MODE){ 1, 0, &screen_info, sizeof(screen_info), 0xc0000000 + i * 0x1000000,
								WIDTH * HEIGHT * 4 };
		gops[i] = (EFI_GRAPHICS_OUTPUT_PROTOCOL){ gop_query, gop_set, gop_blt, &modes[i] };
		handle_install(handle, &gop_guid, &gops[i]);
		if (mock.scenario->edid)
			handle_install(handle, &edid_guids[mock.scenario->edid - 1], &edid_protocol);
		if (i + 1 == mock.scenario->screens)
			handle_install(handle, &console_out_device_guid, NULL);
	}
}
