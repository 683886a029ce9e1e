/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes Boot0000 for an image on its own volume into the variable store, and ends QEMU: line 1 of \setboot.txt is the
 * image's path, line 2 its load options. A run with that store starts the image from the firmware's boot manager.
 */
#include <efi.h>
#include <efilib.h>

#define ATTRIBUTES (EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS)
#define LINE_MAX 2048

static UINT8 option[3 * LINE_MAX];
static UINTN used;

static void leave(const CHAR16 *what, UINT32 value)
{
	Print(L"setboot: %s\n", what);
	__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"((UINT16)0xf4));
	for (;;)
		__asm__ volatile("hlt");
}

static void append(const void *data, UINTN size)
{
	if (size > sizeof(option) - used)
		leave(L"the boot entry is too long", 0x20);
	CopyMem(option + used, data, size);
	used += size;
}

static UINTN read_file(EFI_HANDLE volume, char *text, UINTN size)
{
	EFI_FILE *root = LibOpenRoot(volume), *file;

	if (!root || root->Open(root, &file, L"\\setboot.txt", EFI_FILE_MODE_READ, 0) || file->Read(file, &size, text))
		leave(L"cannot read \\setboot.txt", 0x20);
	return size;
}

/* The next line of text as UCS-2; returns where the one after it starts. */
static UINTN next_line(const char *text, UINTN size, UINTN at, CHAR16 *line)
{
	UINTN n = 0;

	for (; at < size && text[at] != '\n'; at++)
		line[n++] = text[at];
	line[n] = 0;
	return at + 1;
}

EFI_STATUS efi_main(EFI_HANDLE self, EFI_SYSTEM_TABLE *system_table)
{
	static char text[LINE_MAX];
	static CHAR16 path[LINE_MAX], options[LINE_MAX];
	EFI_LOADED_IMAGE *image;
	EFI_DEVICE_PATH *device;
	UINT16 path_size, zero = 0;
	UINT32 active = 1;
	UINTN size;

	InitializeLib(self, system_table);
	if (BS->HandleProtocol(self, &LoadedImageProtocol, (void **)&image))
		leave(L"no loaded image protocol", 0x20);
	size = read_file(image->DeviceHandle, text, sizeof(text));
	next_line(text, size, next_line(text, size, 0, path), options);
	device = FileDevicePath(image->DeviceHandle, path);
	path_size = DevicePathSize(device);

	append(&active, sizeof(active));
	append(&path_size, sizeof(path_size));
	append(L"bench", sizeof(L"bench"));
	append(device, path_size);
	append(options, StrSize(options));
	if (RT->SetVariable(L"Boot0000", &gEfiGlobalVariableGuid, ATTRIBUTES, used, option) ||
	    RT->SetVariable(L"BootOrder", &gEfiGlobalVariableGuid, ATTRIBUTES, sizeof(zero), &zero) ||
	    RT->SetVariable(L"Timeout", &gEfiGlobalVariableGuid, ATTRIBUTES, sizeof(zero), &zero))
		leave(L"SetVariable failed", 0x20);
	leave(L"done", 0x10);
	return EFI_SUCCESS;
}
