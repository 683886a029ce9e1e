/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A UEFI driver for a read-only disk whose contents are the QEMU fw_cfg file "opt/bench/disk". QEMU finishes such a
 * read inside the port write that asks for it, so that it always takes the same number of guest instructions; a virtio
 * disk is served by another host thread while the firmware polls, and the count depends on the host's mood. It travels
 * in the option ROM of a PCI device, which the firmware loads by itself.
 */
#include <efi.h>
#include <efilib.h>

#define SECTOR 512
#define FW_CFG_FILE_DIR 0x19
#define FW_CFG_DMA_HIGH 0x514 /* writing the low half, at +4, starts the transfer */

enum { FW_CFG_ERROR = 1, FW_CFG_READ = 2, FW_CFG_SKIP = 4, FW_CFG_SELECT = 8 };

struct fw_cfg_file {
	UINT32 size;
	UINT16 select, reserved;
	CHAR8 name[56];
};

static struct {
	VENDOR_DEVICE_PATH vendor;
	EFI_DEVICE_PATH end;
} path = {
	{ { HARDWARE_DEVICE_PATH, HW_VENDOR_DP, { sizeof(VENDOR_DEVICE_PATH), 0 } },
	  { 0xb007be4c, 0x0001, 0x4d15, { 0x8b, 0xfd, 0x66, 0x77, 0x63, 0x66, 0x67, 0x01 } } },
	{ END_DEVICE_PATH_TYPE, END_ENTIRE_DEVICE_PATH_SUBTYPE, { sizeof(EFI_DEVICE_PATH), 0 } },
};

static EFI_BLOCK_IO_MEDIA media = { .MediaId = 1, .MediaPresent = TRUE, .ReadOnly = TRUE, .BlockSize = SECTOR };
static UINT16 disk_key;

static void outl(UINT16 port, UINT32 value)
{
	__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

/* One fw_cfg transfer; everything in its control block is big-endian. */
static BOOLEAN transfer(UINT32 control, UINT32 length, void *buffer)
{
	static volatile struct {
		UINT32 control, length;
		UINT64 address;
	} dma __attribute__((aligned(16)));
	UINT64 address = (UINT64)&dma;

	dma.control = __builtin_bswap32(control);
	dma.length = __builtin_bswap32(length);
	dma.address = __builtin_bswap64((UINT64)buffer);
	outl(FW_CFG_DMA_HIGH, __builtin_bswap32((UINT32)(address >> 32)));
	outl(FW_CFG_DMA_HIGH + 4, __builtin_bswap32((UINT32)address));
	while (__builtin_bswap32(dma.control) & ~FW_CFG_ERROR)
		;
	return dma.control == 0;
}

static EFI_STATUS EFIAPI read_blocks(EFI_BLOCK_IO *self, UINT32 id, EFI_LBA lba, UINTN size, void *buffer)
{
	(void)self;
	if (id != media.MediaId)
		return EFI_MEDIA_CHANGED;
	if (size % SECTOR)
		return EFI_BAD_BUFFER_SIZE;
	if (lba > media.LastBlock || size / SECTOR > media.LastBlock + 1 - lba)
		return EFI_INVALID_PARAMETER;
	if (!size)
		return EFI_SUCCESS;
	if (!transfer(FW_CFG_SELECT | (UINT32)disk_key << 16, 0, NULL) ||
	    !transfer(FW_CFG_SKIP, (UINT32)(lba * SECTOR), NULL) || !transfer(FW_CFG_READ, (UINT32)size, buffer))
		return EFI_DEVICE_ERROR;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI write_blocks(EFI_BLOCK_IO *self, UINT32 id, EFI_LBA lba, UINTN size, void *buffer)
{
	(void)self, (void)id, (void)lba, (void)size, (void)buffer;
	return EFI_WRITE_PROTECTED;
}

static EFI_STATUS EFIAPI reset(EFI_BLOCK_IO *self, BOOLEAN extended)
{
	(void)self, (void)extended;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI flush_blocks(EFI_BLOCK_IO *self)
{
	(void)self;
	return EFI_SUCCESS;
}

static EFI_BLOCK_IO block_io = {
	.Revision = EFI_BLOCK_IO_INTERFACE_REVISION,
	.Media = &media,
	.Reset = reset,
	.ReadBlocks = read_blocks,
	.WriteBlocks = write_blocks,
	.FlushBlocks = flush_blocks,
};

EFI_STATUS efi_main(EFI_HANDLE self, EFI_SYSTEM_TABLE *system_table)
{
	static struct fw_cfg_file file;
	EFI_HANDLE handle = NULL;
	UINT32 count, size = 0;

	InitializeLib(self, system_table);
	if (!transfer(FW_CFG_SELECT | FW_CFG_READ | FW_CFG_FILE_DIR << 16, sizeof(count), &count))
		return EFI_UNSUPPORTED;
	for (count = __builtin_bswap32(count); count; count--) {
		if (!transfer(FW_CFG_READ, sizeof(file), &file))
			return EFI_UNSUPPORTED;
		if (!strcmpa(file.name, (CHAR8 *)"opt/bench/disk")) {
			size = __builtin_bswap32(file.size);
			disk_key = __builtin_bswap16(file.select);
		}
	}
	if (!size)
		return EFI_NOT_FOUND;
	media.LastBlock = size / SECTOR - 1;
	return BS->InstallMultipleProtocolInterfaces(&handle, &BlockIoProtocol, &block_io, &DevicePathProtocol, &path,
						     NULL);
}
