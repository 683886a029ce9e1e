/* SPDX-License-Identifier: BSD-2-Clause */
/* Tells what a loader gave it: its load options, and the initrd that is offered. Then it returns. */
#include "chain.h"

static EFI_GUID load_file2_guid = { 0x4006c0c1, 0xfcb3, 0x403e, { 0x99, 0x6d, 0x4a, 0x6c, 0x87, 0x24, 0xe0, 0x6d } };

static struct {
	VENDOR_DEVICE_PATH vendor;
	EFI_DEVICE_PATH end;
} __attribute__((packed)) initrd_path = {
	{ { 4, 3, { 20, 0 } }, { 0x5568e427, 0x68fc, 0x4f3d, { 0xac, 0x74, 0xca, 0x55, 0x52, 0x31, 0xcc, 0x68 } } },
	{ 0x7f, 0xff, { 4, 0 } },
};

struct load_file2 {
	EFI_STATUS(EFIAPI *load)(struct load_file2 *self, EFI_DEVICE_PATH *path, BOOLEAN boot_policy, UINTN *size,
				 void *buffer);
};

static void report_initrd(void)
{
	EFI_DEVICE_PATH *path = (EFI_DEVICE_PATH *)&initrd_path;
	struct load_file2 *loader;
	EFI_HANDLE handle;
	UINTN size = 0, small;
	UINT32 crc = 0;
	void *buffer;

	if (BS->LocateDevicePath(&load_file2_guid, &path, &handle) ||
	    BS->HandleProtocol(handle, &load_file2_guid, (void **)&loader)) {
		Print(L"echo: no initrd is offered\n");
		return;
	}
	Print(L"echo: boot policy %r, no size %r", loader->load(loader, path, TRUE, &size, NULL),
	      loader->load(loader, path, FALSE, NULL, NULL));
	Print(L", no buffer %r", loader->load(loader, path, FALSE, &size, NULL));
	buffer = AllocatePool(size);
	small = size - 1;
	Print(L", one byte less %r", loader->load(loader, path, FALSE, &small, buffer));
	Print(L", all %r", loader->load(loader, path, FALSE, &size, buffer));
	BS->CalculateCrc32(buffer, size, &crc);
	Print(L"\necho: initrd of %ld bytes, CRC %08x\n", size, crc);
	FreePool(buffer);
}

EFI_STATUS efi_main(EFI_HANDLE self, EFI_SYSTEM_TABLE *system_table)
{
	EFI_LOADED_IMAGE *image;
	CHAR16 *options;

	initialize(self, system_table);
	if (BS->HandleProtocol(self, &LoadedImageProtocol, (void **)&image))
		return EFI_UNSUPPORTED;
	options = image->LoadOptions;
	Print(L"echo: %d bytes of options", image->LoadOptionsSize);
	for (UINTN i = 0; i < image->LoadOptionsSize / sizeof(*options); i++)
		Print(L" %x", options[i]);
	Print(L"\n");
	report_initrd();
	return EFI_SUCCESS;
}
