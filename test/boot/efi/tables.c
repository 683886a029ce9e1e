/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does what other programs do before a loader runs: leaves a random seed and an ESRT as configuration tables, gives each
 * screen an EDID, and offers the file \media\initrd.img as initrd to Linux. Then the loader.
 */
#include "chain.h"

#define SEED_SIZE 64

static EFI_GUID seed_guid = { 0x1ce1e5bc, 0x7ceb, 0x42f2, { 0x81, 0xe5, 0x8a, 0xad, 0xf1, 0x80, 0xf5, 0x7b } };
static EFI_GUID esrt_guid = { 0xb122a263, 0x3661, 0x4f68, { 0x99, 0x29, 0x78, 0xf8, 0xb0, 0xd6, 0x21, 0x80 } };
static EFI_GUID edid_guid = EFI_EDID_ACTIVE_PROTOCOL_GUID;
static EFI_GUID gop_guid = EFI_GRAPHICS_OUTPUT_PROTOCOL_GUID;
static EFI_GUID load_file2_guid = { 0x4006c0c1, 0xfcb3, 0x403e, { 0x99, 0x6d, 0x4a, 0x6c, 0x87, 0x24, 0xe0, 0x6d } };

static struct {
	VENDOR_DEVICE_PATH media;
	EFI_DEVICE_PATH end;
} __attribute__((packed)) initrd_path = {
	{ { MEDIA_DEVICE_PATH, MEDIA_VENDOR_DP, { sizeof(VENDOR_DEVICE_PATH), 0 } },
	  { 0x5568e427, 0x68fc, 0x4f3d, { 0xac, 0x74, 0xca, 0x55, 0x52, 0x31, 0xcc, 0x68 } } },
	{ END_DEVICE_PATH_TYPE, END_ENTIRE_DEVICE_PATH_SUBTYPE, { sizeof(EFI_DEVICE_PATH), 0 } },
};

/* EFI_SYSTEM_RESOURCE_TABLE (UEFI 2.10, section 23.4) with one entry. */
struct esrt {
	UINT32 count, capacity;
	UINT64 version;
	EFI_GUID class;
	UINT32 type, fw_version, lowest, flags, attempt_version, attempt_status;
};

struct seed {
	UINT32 size;
	UINT8 bits[SEED_SIZE];
};

static EFI_FILE_HANDLE initrd;
static UINTN initrd_size;

static void need(EFI_STATUS status, CHAR16 *what)
{
	if (!EFI_ERROR(status))
		return;
	Print(L"tables: %s: %r\n", what, status);
	leave_qemu(0x20);
}

static void install_seed(void)
{
	struct seed *seed;

	need(BS->AllocatePool(EfiACPIReclaimMemory, sizeof(*seed), (void **)&seed), L"memory for the seed");
	seed->size = SEED_SIZE;
	for (UINTN i = 0; i < SEED_SIZE; i++)
		seed->bits[i] = (UINT8)(i * 37 + 1);
	need(BS->InstallConfigurationTable(&seed_guid, seed), L"random seed");
}

static void install_esrt(void)
{
	struct esrt *esrt;

	need(BS->AllocatePool(EfiBootServicesData, sizeof(*esrt), (void **)&esrt), L"memory for the ESRT");
	*esrt = (struct esrt){ 1, 1, 1, { 0x11223344, 0x5566, 0x7788, { 1, 2, 3, 4, 5, 6, 7, 8 } }, 1, 0x4d42, 1, 0, 0, 0 };
	need(BS->InstallConfigurationTable(&esrt_guid, esrt), L"ESRT");
}

static void install_edid(void)
{
	static UINT8 edid[128] = { 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0x36, 0x02 };
	static EFI_EDID_ACTIVE_PROTOCOL protocol = { sizeof(edid), edid };
	EFI_HANDLE *handles;
	UINTN count;

	edid[127] = 0xa5;
	need(LibLocateHandle(ByProtocol, &gop_guid, NULL, &count, &handles), L"no screen");
	for (UINTN i = 0; i < count; i++)
		need(BS->InstallProtocolInterface(&handles[i], &edid_guid, EFI_NATIVE_INTERFACE, &protocol), L"EDID");
}

static EFI_STATUS EFIAPI load_initrd(EFI_LOAD_FILE_PROTOCOL *self, EFI_DEVICE_PATH *path, BOOLEAN boot_policy, UINTN *size,
				     VOID *buffer)
{
	UINTN room = *size;

	(void)self;
	if (boot_policy || !path || path->Type != END_DEVICE_PATH_TYPE)
		return EFI_INVALID_PARAMETER;
	*size = initrd_size;
	if (!buffer || room < initrd_size)
		return EFI_BUFFER_TOO_SMALL;
	initrd->SetPosition(initrd, 0);
	return initrd->Read(initrd, size, buffer);
}

static void offer_initrd(EFI_HANDLE volume)
{
	static EFI_LOAD_FILE_PROTOCOL protocol = { load_initrd };
	EFI_FILE_HANDLE root = LibOpenRoot(volume);
	EFI_HANDLE handle = NULL;
	EFI_FILE_INFO *info;

	need(root->Open(root, &initrd, L"\\media\\initrd.img", EFI_FILE_MODE_READ, 0), L"\\media\\initrd.img");
	info = LibFileInfo(initrd);
	initrd_size = info->FileSize;
	FreePool(info);
	need(BS->InstallProtocolInterface(&handle, &DevicePathProtocol, EFI_NATIVE_INTERFACE, &initrd_path), L"device path");
	need(BS->InstallProtocolInterface(&handle, &load_file2_guid, EFI_NATIVE_INTERFACE, &protocol), L"LoadFile2");
}

EFI_STATUS efi_main(EFI_HANDLE self, EFI_SYSTEM_TABLE *system_table)
{
	EFI_DEVICE_PATH *path;
	EFI_HANDLE loader;

	initialize(self, system_table);
	install_edid();
	offer_initrd(own_volume(self));
	/* First: with the tables installed before it, OVMF 2022.11 under QEMU 7.2 ends with #UD in StartImage. */
	path = FileDevicePath(own_volume(self), L"\\EFI\\mapbridge\\BOOTX64.EFI");
	need(BS->LoadImage(FALSE, self, path, NULL, 0, &loader), L"LoadImage");
	install_seed();
	install_esrt();
	Print(L"tables: the loader returned %r\n", BS->StartImage(loader, NULL, NULL));
	leave_qemu(0x20);
}
