/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The initrd that a program before us offers to Linux: EFI_LOAD_FILE2_PROTOCOL at a device path of Linux's own. Source: Linux's
 * Documentation/arch/x86/boot.rst and UEFI 2.10, section 13.2.
 */
#include "firmware.h"

EFI_GUID load_file2_guid = { 0x4006c0c1, 0xfcb3, 0x403e, { 0x99, 0x6d, 0x4a, 0x6c, 0x87, 0x24, 0xe0, 0x6d } };

const struct initrd_media_path initrd_media_path = {
	{ { MEDIA_DEVICE_PATH, MEDIA_VENDOR_DP, { sizeof(VENDOR_DEVICE_PATH), 0 } },
	  { 0x5568e427, 0x68fc, 0x4f3d, { 0xac, 0x74, 0xca, 0x55, 0x52, 0x31, 0xcc, 0x68 } } },
	{ END_DEVICE_PATH_TYPE, END_ENTIRE_DEVICE_PATH_SUBTYPE, { sizeof(EFI_DEVICE_PATH), 0 } },
};

EFI_STATUS initrd_media_find(struct initrd_media *media)
{
	EFI_DEVICE_PATH *path = (EFI_DEVICE_PATH *)(uintptr_t)&initrd_media_path;
	EFI_HANDLE handle;
	UINTN size = 0;
	EFI_STATUS status = fw.boot->LocateDevicePath(&load_file2_guid, &path, &handle);

	if (!EFI_ERROR(status))
		status = fw.boot->HandleProtocol(handle, &load_file2_guid, (void **)&media->protocol);
	if (EFI_ERROR(status))
		return EFI_NOT_FOUND;
	media->path = path;
	status = media->protocol->LoadFile(media->protocol, path, FALSE, &size, NULL);
	media->size = size;
	if (status == EFI_BUFFER_TOO_SMALL && size > 0)
		return EFI_SUCCESS;
	print(refuse("LINUX_EFI_INITRD_MEDIA_GUID"), "the program that offers an initrd said %s, %llu bytes, when asked for its size; "
	      "needed: EFI_BUFFER_TOO_SMALL; name the initrd in the entry\n", status_name(status), X(size));
	return EFI_LOAD_ERROR;
}

EFI_STATUS initrd_media_read(const struct initrd_media *media, void *to)
{
	UINTN size = media->size;
	EFI_STATUS status = media->protocol->LoadFile(media->protocol, media->path, FALSE, &size, to);

	if (!EFI_ERROR(status) && size == media->size)
		return EFI_SUCCESS;
	print(refuse("LINUX_EFI_INITRD_MEDIA_GUID"), "the program that offers an initrd said %s and gave %llu of %llu bytes; name the "
	      "initrd in the entry\n", status_name(status), X(size), X(media->size));
	return EFI_LOAD_ERROR;
}
