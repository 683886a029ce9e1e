/* SPDX-License-Identifier: BSD-2-Clause */
#include "firmware.h"

#include <loader/screen.h>

static EFI_GUID gop_guid = EFI_GRAPHICS_OUTPUT_PROTOCOL_GUID;
static EFI_GUID edid_active_guid = EFI_EDID_ACTIVE_PROTOCOL_GUID;
static EFI_GUID edid_discovered_guid = EFI_EDID_DISCOVERED_PROTOCOL_GUID;
static EFI_GUID text_out_guid = EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL_GUID;
/* The firmware marks with it the devices that its console is on. */
static EFI_GUID console_out_device_guid = { 0xd3b36f2c, 0xd551, 0x11d4, { 0x9a, 0x46, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d } };

static bool has_protocol(EFI_HANDLE handle, EFI_GUID *guid)
{
	void *interface;

	return !EFI_ERROR(fw.boot->HandleProtocol(handle, guid, &interface));
}

static bool describe(EFI_HANDLE handle, void *context)
{
	EFI_GRAPHICS_OUTPUT_PROTOCOL *gop;
	struct screen_info found;

	if (EFI_ERROR(fw.boot->HandleProtocol(handle, &gop_guid, (void **)&gop)) || !gop->Mode || !gop->Mode->Info)
		return false;

	const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *info = gop->Mode->Info;
	const EFI_PIXEL_BITMASK *masks = &info->PixelInformation;
	struct screen_mode mode = { info->HorizontalResolution, info->VerticalResolution, info->PixelsPerScanLine,
				    info->PixelFormat, masks->RedMask, masks->GreenMask, masks->BlueMask, masks->ReservedMask,
				    gop->Mode->FrameBufferBase };

	if (!screen_info_from_mode(&mode, &found))
		return false;
	*(struct screen_info *)context = found;
	return true;
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

/* Of several screens that fit() takes one that the console is on, as Linux's stub chooses it; null when it takes none. */
static EFI_HANDLE choose(bool (*fit)(EFI_HANDLE handle, void *context), void *context)
{
	EFI_HANDLE *handles, chosen = NULL;
	UINTN count;

	if (EFI_ERROR(fw.boot->LocateHandleBuffer(ByProtocol, &gop_guid, NULL, &count, &handles)))
		return NULL;
	for (UINTN i = 0; i < count; i++) {
		bool console_on = has_protocol(handles[i], &console_out_device_guid);

		if ((chosen && !console_on) || !fit(handles[i], context))
			continue;
		chosen = handles[i];
		if (console_on)
			break;
	}
	fw.boot->FreePool(handles);
	return chosen;
}

void screen_describe(struct screen_info *screen, uint8_t *edid)
{
	EFI_HANDLE chosen;

	*screen = (struct screen_info){ 0 };
	__builtin_memset(edid, 0, EDID_SIZE);
	chosen = choose(describe, screen);
	if (chosen && !read_edid(chosen, &edid_active_guid, edid))
		read_edid(chosen, &edid_discovered_guid, edid);
}

static bool open(EFI_HANDLE handle, void *context)
{
	EFI_GRAPHICS_OUTPUT_PROTOCOL *gop;

	if (EFI_ERROR(fw.boot->HandleProtocol(handle, &gop_guid, (void **)&gop)) || !gop->Mode || !gop->Mode->Info)
		return false;
	*(EFI_GRAPHICS_OUTPUT_PROTOCOL **)context = gop;
	return true;
}

static bool open_framebuffer(EFI_HANDLE handle, void *context)
{
	EFI_GRAPHICS_OUTPUT_PROTOCOL *gop;

	if (!open(handle, &gop) || gop->Mode->Info->PixelFormat >= PixelBltOnly)
		return false;
	*(EFI_GRAPHICS_OUTPUT_PROTOCOL **)context = gop;
	return true;
}

EFI_GRAPHICS_OUTPUT_PROTOCOL *screen_find_framebuffer(void)
{
	EFI_GRAPHICS_OUTPUT_PROTOCOL *gop = NULL;

	choose(open_framebuffer, &gop);
	return gop;
}

EFI_GRAPHICS_OUTPUT_PROTOCOL *screen_find(void)
{
	EFI_GRAPHICS_OUTPUT_PROTOCOL *gop = NULL;

	choose(open, &gop);
	return gop;
}

size_t screen_terminals(EFI_SIMPLE_TEXT_OUT_PROTOCOL **terminals, size_t capacity)
{
	EFI_HANDLE *handles;
	size_t found = 0;
	UINTN count;

	if (EFI_ERROR(fw.boot->LocateHandleBuffer(ByProtocol, &console_out_device_guid, NULL, &count, &handles)))
		return SIZE_MAX;
	for (UINTN i = 0; i < count && found < capacity; i++)
		if (!has_protocol(handles[i], &gop_guid) &&
		    !EFI_ERROR(fw.boot->HandleProtocol(handles[i], &text_out_guid, (void **)&terminals[found])))
			found++;
	fw.boot->FreePool(handles);
	return found;
}
