/* SPDX-License-Identifier: BSD-2-Clause */
#include "firmware.h"

#include <loader/screen.h>

static EFI_GUID gop_guid = EFI_GRAPHICS_OUTPUT_PROTOCOL_GUID;
static EFI_GUID edid_active_guid = EFI_EDID_ACTIVE_PROTOCOL_GUID;
static EFI_GUID edid_discovered_guid = EFI_EDID_DISCOVERED_PROTOCOL_GUID;
/* The firmware marks with it the devices that its console is on. */
static EFI_GUID console_out_device_guid = { 0xd3b36f2c, 0xd551, 0x11d4, { 0x9a, 0x46, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d } };

static bool has_protocol(EFI_HANDLE handle, EFI_GUID *guid)
{
	void *interface;

	return !EFI_ERROR(fw.boot->HandleProtocol(handle, guid, &interface));
}

static bool describe(EFI_HANDLE handle, struct screen_info *screen)
{
	EFI_GRAPHICS_OUTPUT_PROTOCOL *gop;

	if (EFI_ERROR(fw.boot->HandleProtocol(handle, &gop_guid, (void **)&gop)) || !gop->Mode || !gop->Mode->Info)
		return false;

	const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *info = gop->Mode->Info;
	const EFI_PIXEL_BITMASK *masks = &info->PixelInformation;
	struct screen_mode mode = { info->HorizontalResolution, info->VerticalResolution, info->PixelsPerScanLine,
				    info->PixelFormat, masks->RedMask, masks->GreenMask, masks->BlueMask, masks->ReservedMask,
				    gop->Mode->FrameBufferBase };

	return screen_info_from_mode(&mode, screen);
}

/* The first block; its eight bytes at the front are the same in every EDID. */
static bool read_edid(EFI_HANDLE handle, EFI_GUID *guid, uint8_t *edid)
{
	static const uint8_t magic[8] = { 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0 };
	EFI_EDID_ACTIVE_PROTOCOL *protocol; /* EFI_EDID_DISCOVERED_PROTOCOL has the same members */

	if (EFI_ERROR(fw.boot->HandleProtocol(handle, guid, (void **)&protocol)) || protocol->SizeOfEdid < EDID_SIZE ||
	    !protocol->Edid || __builtin_memcmp(protocol->Edid, magic, sizeof(magic)))
		return false;
	__builtin_memcpy(edid, protocol->Edid, EDID_SIZE);
	return true;
}

/* Of several framebuffers one that the console is on, as Linux's stub chooses it. */
void screen_describe(struct screen_info *screen, uint8_t *edid)
{
	EFI_HANDLE *handles, chosen = NULL;
	UINTN count;

	*screen = (struct screen_info){ 0 };
	__builtin_memset(edid, 0, EDID_SIZE);
	if (EFI_ERROR(fw.boot->LocateHandleBuffer(ByProtocol, &gop_guid, NULL, &count, &handles)))
		return;
	for (UINTN i = 0; i < count; i++) {
		struct screen_info found;
		bool console_on = has_protocol(handles[i], &console_out_device_guid);

		if ((chosen && !console_on) || !describe(handles[i], &found))
			continue;
		*screen = found;
		chosen = handles[i];
		if (console_on)
			break;
	}
	fw.boot->FreePool(handles);
	if (chosen && !read_edid(chosen, &edid_active_guid, edid))
		read_edid(chosen, &edid_discovered_guid, edid);
}
