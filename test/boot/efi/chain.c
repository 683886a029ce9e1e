/* SPDX-License-Identifier: BSD-2-Clause */
#include "chain.h"

_Noreturn void leave_qemu(UINT32 value)
{
	__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"((UINT16)0xf4));
	for (;;)
		__asm__ volatile("hlt");
}

/* Sets or clears CR4.OSFXSR, without which SSE instructions fault; what it was. */
static BOOLEAN allow_sse(BOOLEAN allow)
{
	const UINTN osfxsr = 1UL << 9;
	UINTN cr4;

	__asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
	__asm__ volatile("mov %0, %%cr4" : : "r"(allow ? cr4 | osfxsr : cr4 & ~osfxsr));
	return (cr4 & osfxsr) != 0;
}

static BOOLEAN firmware_allows_sse;

void initialize(EFI_HANDLE self, EFI_SYSTEM_TABLE *system_table)
{
	firmware_allows_sse = allow_sse(TRUE);
	InitializeLib(self, system_table);
}

static void need(EFI_STATUS status, CHAR16 *what)
{
	if (!EFI_ERROR(status))
		return;
	Print(L"test program: %s: %r\n", what, status);
	leave_qemu(0x20);
}

EFI_HANDLE own_volume(EFI_HANDLE self)
{
	EFI_LOADED_IMAGE *image;

	need(BS->HandleProtocol(self, &LoadedImageProtocol, (void **)&image), L"no loaded image protocol");
	return image->DeviceHandle;
}

EFI_HANDLE load_loader(EFI_HANDLE self, EFI_HANDLE volume, CHAR16 *options)
{
	EFI_DEVICE_PATH *path = FileDevicePath(volume, L"\\EFI\\mapbridge\\BOOTX64.EFI");
	EFI_LOADED_IMAGE *image;
	EFI_HANDLE handle;

	need(BS->LoadImage(FALSE, self, path, NULL, 0, &handle), L"LoadImage of the loader");
	FreePool(path);
	need(BS->HandleProtocol(handle, &LoadedImageProtocol, (void **)&image), L"the loader has no loaded image");
	image->LoadOptions = options;
	image->LoadOptionsSize = options ? StrSize(options) : 0;
	return handle;
}

EFI_STATUS run_loader(EFI_HANDLE loader)
{
	EFI_STATUS status;

	allow_sse(firmware_allows_sse);
	/* an application that returns is unloaded by StartImage */
	status = BS->StartImage(loader, NULL, NULL);
	allow_sse(TRUE);
	return status;
}

EFI_STATUS start_loader(EFI_HANDLE self, EFI_HANDLE volume, CHAR16 *options)
{
	return run_loader(load_loader(self, volume, options));
}

struct memory_map get_memory_map(void)
{
	struct memory_map map;
	UINTN size = 0, key;
	UINT32 version;

	BS->GetMemoryMap(&size, NULL, &key, &map.stride, &version);
	size += 64 * map.stride;
	need(BS->AllocatePool(EfiBootServicesData, size, (void **)&map.descriptors), L"memory for the map");
	need(BS->GetMemoryMap(&size, (void *)map.descriptors, &key, &map.stride, &version), L"GetMemoryMap");
	map.count = size / map.stride;
	return map;
}
