/* SPDX-License-Identifier: BSD-2-Clause */
/* Framebuffers (UEFI 2.10, section 12.9), the EDID of their monitors, and the font. */
#include "mock.h"

#include <string.h>

#define SCREENS_MAX 3
#define WIDTH 1280 /* of the largest mode */
#define HEIGHT 1024
#define MODES 4

static EFI_GUID gop_guid = EFI_GRAPHICS_OUTPUT_PROTOCOL_GUID;
static EFI_GUID console_out_device_guid = { 0xd3b36f2c, 0xd551, 0x11d4, { 0x9a, 0x46, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d } };
static EFI_GUID edid_guids[2] = { EFI_EDID_ACTIVE_PROTOCOL_GUID, EFI_EDID_DISCOVERED_PROTOCOL_GUID };
static EFI_GUID hii_font_guid = { 0xe9ca4775, 0x8657, 0x47fc, { 0x97, 0xe7, 0x7e, 0xd6, 0x5a, 0x08, 0x43, 0x24 } };

static EFI_GRAPHICS_OUTPUT_MODE_INFORMATION mode_infos[MODES] = {
	{ 0, 640, 480, PixelBlueGreenRedReserved8BitPerColor, { 0 }, 640 },
	{ 0, 800, 600, PixelBlueGreenRedReserved8BitPerColor, { 0 }, 832 },
	{ 0, 1024, 768, PixelRedGreenBlueReserved8BitPerColor, { 0 }, 1024 },
	{ 0, WIDTH, HEIGHT, PixelBltOnly, { 0 }, WIDTH },
};

static EFI_GRAPHICS_OUTPUT_PROTOCOL_MODE screen_modes[SCREENS_MAX];

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
	**info = mode_infos[mode];
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI gop_set(EFI_GRAPHICS_OUTPUT_PROTOCOL *self, UINT32 mode)
{
	FIRMWARE(Gop_SetMode);
	if (mode >= self->Mode->MaxMode)
		return EFI_UNSUPPORTED;
	self->Mode->Mode = mode;
	self->Mode->Info = &mode_infos[mode];
	self->Mode->FrameBufferSize = (UINTN)mode_infos[mode].PixelsPerScanLine * mode_infos[mode].VerticalResolution * 4;
	return EFI_SUCCESS;
}

bool screen_has(uint32_t width, uint32_t height, bool any)
{
	unsigned count = mock.scenario->screens < SCREENS_MAX ? mock.scenario->screens : SCREENS_MAX;

	for (unsigned i = count; i-- > 0;) {
		const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *info = screen_modes[i].Info;

		if (info->HorizontalResolution == width && info->VerticalResolution == height)
			return true;
		if (!any)
			return false;
	}
	return width == 0 && height == 0;
}

static bool outside(UINTN x, UINTN y, UINTN width, UINTN height)
{
	return x > WIDTH || y > HEIGHT || width > WIDTH - x || height > HEIGHT - y;
}

/* Every row is copied, so that the sanitizer sees a buffer that is too small; of a colour only the blue is kept. */
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
	for (UINTN y = 0; y < height; y++) {
		EFI_GRAPHICS_OUTPUT_BLT_PIXEL *to = to_video ? &pixels[to_y + y][to_x] : &buffer[(to_y + y) * row + to_x];
		const EFI_GRAPHICS_OUTPUT_BLT_PIXEL *from = from_video ? &pixels[from_y + y][from_x] :
									 &buffer[(from_y + y) * row + from_x];

		if (how == EfiBltVideoFill)
			memset(to, buffer->Blue, width * sizeof(*to));
		else
			memmove(to, from, width * sizeof(*to));
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

/* 8x19 pixels: the bits of the character's number. Beyond Latin the image stands for no character. */
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
	return c < 0x180 ? EFI_SUCCESS : EFI_WARN_UNKNOWN_GLYPH;
}

MISSING(HiiFont)

void screens_setup(void)
{
	static EFI_GRAPHICS_OUTPUT_PROTOCOL gops[SCREENS_MAX];
	static uint8_t edid[128] = { 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0 };
	static EFI_EDID_ACTIVE_PROTOCOL edid_protocol = { sizeof(edid), edid };
	static struct font font = { (void *)missing_HiiFont, (void *)missing_HiiFont, font_glyph, (void *)missing_HiiFont };

	if (mock.scenario->font)
		handle_install(handle_new(), &hii_font_guid, &font);
	for (unsigned i = 0; i < mock.scenario->screens && i < SCREENS_MAX; i++) {
		EFI_HANDLE handle = handle_new();

		screen_modes[i] = (EFI_GRAPHICS_OUTPUT_PROTOCOL_MODE){ MODES, 0, &mode_infos[0], sizeof(mode_infos[0]),
								0xc0000000 + i * 0x1000000, 640 * 480 * 4 };
		gops[i] = (EFI_GRAPHICS_OUTPUT_PROTOCOL){ gop_query, gop_set, gop_blt, &screen_modes[i] };
		handle_install(handle, &gop_guid, &gops[i]);
		if (mock.scenario->edid)
			handle_install(handle, &edid_guids[mock.scenario->edid - 1], &edid_protocol);
		if (i + 1 == mock.scenario->screens)
			handle_install(handle, &console_out_device_guid, NULL);
	}
}
