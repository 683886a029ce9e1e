/* SPDX-License-Identifier: BSD-2-Clause */
/* A GPT disk (UEFI 2.10, section 5.3) with a partition for each volume, and its device paths and block devices. */
#include "mock.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK 512
#define DISK_BLOCKS 1000000
#define PARTITION_BLOCKS 199000 /* enough for FAT32 */
#define ENTRIES 128
#define HEADER_AND_ENTRIES (2 * BLOCK + ENTRIES * 128)

#define PARTITION_NODE 42 /* UEFI 2.10, section 10.3.5.1; gnu-efi's structure has padding behind it */

struct path {
	uint8_t bytes[80];
	size_t size;
};

static uint8_t blocks[HEADER_AND_ENTRIES];
static struct path paths[3]; /* the disk, then its partitions */
static EFI_HANDLE handles[3];

static const uint8_t type_guids[2][16] = {
	{ 0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11, 0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b }, /* ESP */
	{ 0xff, 0xc2, 0x13, 0xbc, 0xe6, 0x59, 0x62, 0x42, 0xa3, 0x52, 0xb2, 0x75, 0xfd, 0x6f, 0x71, 0x72 }, /* XBOOTLDR */
};

static EFI_BLOCK_IO_MEDIA media[3];
static EFI_BLOCK_IO block_ios[3];

static EFI_STATUS EFIAPI read_blocks(EFI_BLOCK_IO *self, UINT32 id, EFI_LBA lba, UINTN size, void *buffer)
{
	FIRMWARE(ReadBlocks);
	if (++mock.disk_requests == mock.scenario->disk_requests + 1 && mock.scenario->disk_requests && !mock.result->injected)
		problem("more than %u requests for blocks of the disk", mock.scenario->disk_requests);
	if (size % BLOCK)
		return EFI_BAD_BUFFER_SIZE;
	if (id != self->Media->MediaId)
		return EFI_MEDIA_CHANGED;
	if (lba > self->Media->LastBlock || size / BLOCK > self->Media->LastBlock - lba + 1)
		return EFI_INVALID_PARAMETER;
	if (self->Media->IoAlign > 1 && (uintptr_t)buffer % self->Media->IoAlign)
		return EFI_INVALID_PARAMETER;
	if (self->Media->LogicalPartition && mock.scenario->fat) {
		fat_image_read((unsigned)(self - block_ios) - 1, PARTITION_BLOCKS, (uint32_t)lba, (uint32_t)(size / BLOCK), buffer);
		return EFI_SUCCESS;
	}
	memset(buffer, 0, size);
	if (self->Media->LogicalPartition || lba * BLOCK >= sizeof(blocks))
		return EFI_SUCCESS;
	memcpy(buffer, blocks + lba * BLOCK, size < sizeof(blocks) - lba * BLOCK ? size : sizeof(blocks) - lba * BLOCK);
	return EFI_SUCCESS;
}

MISSING(BlockIoReset)
MISSING(WriteBlocks)
MISSING(FlushBlocks)

static void put(uint8_t *at, uint64_t value, size_t size)
{
	memcpy(at, &value, size);
}

static uint64_t first_block(unsigned volume)
{
	return 2048 + (uint64_t)volume * PARTITION_BLOCKS;
}

static void unique_guid(unsigned volume, uint8_t *guid)
{
	memset(guid, 0x11 * (int)(volume + 1), 16);
}

static void write_gpt(void)
{
	unsigned count = mock.scenario->xbootldr ? 2 : 1;

	memcpy(blocks + BLOCK, "EFI PART", 8);
	put(blocks + BLOCK + 12, 92, 4);
	put(blocks + BLOCK + 72, 2, 8);
	put(blocks + BLOCK + 80, ENTRIES, 4);
	put(blocks + BLOCK + 84, 128, 4);
	for (unsigned i = 0; i < count; i++) {
		uint8_t *entry = blocks + 2 * BLOCK + i * 128;

		memcpy(entry, type_guids[i], 16);
		unique_guid(i, entry + 16);
		put(entry + 32, first_block(i), 8);
		put(entry + 40, first_block(i + 1) - 1, 8);
	}
}

static void add_node(struct path *path, const void *node, size_t size)
{
	memcpy(path->bytes + path->size, node, size);
	path->size += size;
}

/* Of a volume, or with -1 of the disk. */
static struct path make_path(int volume)
{
	static const ACPI_HID_DEVICE_PATH root = { { ACPI_DEVICE_PATH, ACPI_DP, { sizeof(root), 0 } }, 0x0a0341d0, 0 };
	static const PCI_DEVICE_PATH pci = { { HARDWARE_DEVICE_PATH, HW_PCI_DP, { sizeof(pci), 0 } }, 0, 2 };
	static const EFI_DEVICE_PATH end = { END_DEVICE_PATH_TYPE, END_ENTIRE_DEVICE_PATH_SUBTYPE, { sizeof(end), 0 } };
	HARDDRIVE_DEVICE_PATH partition = { { MEDIA_DEVICE_PATH, MEDIA_HARDDRIVE_DP, { PARTITION_NODE, 0 } },
					    (UINT32)(volume + 1), first_block((unsigned)volume), PARTITION_BLOCKS, { 0 },
					    MBR_TYPE_EFI_PARTITION_TABLE_HEADER, SIGNATURE_TYPE_GUID };
	struct path path = { .size = 0 };

	add_node(&path, &root, sizeof(root));
	add_node(&path, &pci, sizeof(pci));
	if (volume >= 0) {
		size_t size = mock.scenario->odd_path == ODD_PATH_SHORT ? PARTITION_NODE - 1 : PARTITION_NODE;

		unique_guid((unsigned)volume, partition.Signature);
		partition.Header.Length[0] = mock.scenario->odd_path == ODD_PATH_EMPTY ? 0 : (UINT8)size;
		add_node(&path, &partition, size);
	}
	add_node(&path, &end, sizeof(end));
	return path;
}

/* In memory of its size, so that the sanitizer sees what is read behind it. */
static void *exactly(const struct path *path)
{
	uint8_t *bytes = malloc(path->size);

	memcpy(bytes, path->bytes, path->size);
	return bytes;
}

void disk_setup(void)
{
	write_gpt();
	for (int i = 0; i < (mock.scenario->xbootldr ? 3 : 2); i++) {
		paths[i] = make_path(i - 1);
		media[i] = (EFI_BLOCK_IO_MEDIA){ .MediaId = 7, .MediaPresent = TRUE, .LogicalPartition = i > 0, .BlockSize = BLOCK,
						 .IoAlign = mock.scenario->io_align, .LastBlock = (i ? PARTITION_BLOCKS - mock.scenario->fat_missing : DISK_BLOCKS) - 1 };
		block_ios[i] = (EFI_BLOCK_IO){ EFI_BLOCK_IO_INTERFACE_REVISION, &media[i], (void *)missing_BlockIoReset, read_blocks,
					       (void *)missing_WriteBlocks, (void *)missing_FlushBlocks };
		handles[i] = handle_new();
		handle_install(handles[i], &fw_device_path_guid, exactly(&paths[i]));
		handle_install(handles[i], &fw_block_io_guid, &block_ios[i]);
	}
}

EFI_HANDLE disk_partition(unsigned volume)
{
	return handles[1 + volume];
}
