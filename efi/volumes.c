/* SPDX-License-Identifier: BSD-2-Clause */
/* The volume that we were started from, and the extended boot loader partition (XBOOTLDR) of the same disk. */
#include "firmware.h"

#include <loader/bls.h>
#include <loader/device_path.h>
#include <loader/gpt.h>

static EFI_GUID loaded_image_guid = EFI_LOADED_IMAGE_PROTOCOL_GUID;
static EFI_GUID file_system_guid = EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_GUID;
static EFI_GUID device_path_guid = EFI_DEVICE_PATH_PROTOCOL_GUID;
static EFI_GUID block_io_guid = EFI_BLOCK_IO_PROTOCOL_GUID;

/* bc13c2ff-59e6-4262-a352-b275fd6f7172, as it stands on the disk */
static const uint8_t xbootldr_type[GPT_GUID_SIZE] = { 0xff, 0xc2, 0x13, 0xbc, 0xe6, 0x59, 0x62, 0x42,
						      0xa3, 0x52, 0xb2, 0x75, 0xfd, 0x6f, 0x71, 0x72 };

/* UEFI 2.10, section 10.3.5.1. Nodes have any alignment, and gnu-efi's structure would want 8. */
struct partition_node {
	EFI_DEVICE_PATH header;
	uint32_t number;
	uint64_t start;
	uint64_t size;
	uint8_t signature[GPT_GUID_SIZE];
	uint8_t format;
	uint8_t signature_type;
} __attribute__((packed));

_Static_assert(sizeof(struct partition_node) == 42, "Hard Drive Media Device Path");

/* The last node of a path when it is a partition of a GPT disk, and the length of the disk's path in front of it. */
static const struct partition_node *gpt_partition(const EFI_DEVICE_PATH *path, size_t *disk_length)
{
	struct device_path_node last;
	const struct partition_node *drive;

	if (device_path_length(path, &last) == SIZE_MAX ||
	    !device_path_node_is(&last, MEDIA_DEVICE_PATH, MEDIA_HARDDRIVE_DP, sizeof(*drive)))
		return NULL;
	drive = (const void *)last.bytes;
	*disk_length = last.offset;
	return drive->signature_type == SIGNATURE_TYPE_GUID ? drive : NULL;
}

/* A path of length bytes of another one, with an end node behind, and room for more in front of that. */
static EFI_DEVICE_PATH *copy_path(const EFI_DEVICE_PATH *path, size_t length, size_t room)
{
	uint8_t *copy = pool_allocate(length + room + END_DEVICE_PATH_LENGTH, "device path");

	if (copy) {
		__builtin_memcpy(copy, path, length);
		SetDevicePathEndNode((EFI_DEVICE_PATH *)(copy + length + room));
	}
	return (EFI_DEVICE_PATH *)copy;
}

static EFI_DEVICE_PATH *path_of(EFI_HANDLE handle)
{
	EFI_DEVICE_PATH *path;

	return EFI_ERROR(fw.boot->HandleProtocol(handle, &device_path_guid, (void **)&path)) ? NULL : path;
}

const uint8_t *volume_partition_guid(void)
{
	EFI_DEVICE_PATH *own = path_of(fw.volumes[0].handle);
	size_t disk_length;
	const struct partition_node *drive = own ? gpt_partition(own, &disk_length) : NULL;

	return drive ? drive->signature : NULL;
}

EFI_DEVICE_PATH *volume_file_path(const char *path)
{
	EFI_DEVICE_PATH *volume = path_of(fw.volume->handle);
	size_t slash = path[0] != '\\', units = slash + text_length(path) + 1;
	size_t node_size = SIZE_OF_FILEPATH_DEVICE_PATH + units * sizeof(CHAR16);
	size_t length = volume ? device_path_length(volume, NULL) : SIZE_MAX;
	EFI_DEVICE_PATH *all = length != SIZE_MAX ? copy_path(volume, length, node_size) : NULL;

	if (length == SIZE_MAX)
		print(refuse(path), "the firmware has no good device path for its volume, and cannot load programs from there; restart the "
		      "machine\n");
	if (all) {
		FILEPATH_DEVICE_PATH *file = (FILEPATH_DEVICE_PATH *)((uint8_t *)all + length);

		file->Header.Type = MEDIA_DEVICE_PATH;
		file->Header.SubType = MEDIA_FILEPATH_DP;
		SetDevicePathNodeLength(&file->Header, node_size);
		file->PathName[0] = '\\';
		for (size_t i = slash; i < units; i++)
			file->PathName[i] = (unsigned char)path[i - slash];
	}
	return all;
}

static EFI_BLOCK_IO *disk_of(EFI_DEVICE_PATH *partition, size_t disk_length)
{
	EFI_DEVICE_PATH *disk = copy_path(partition, disk_length, 0), *rest = disk;
	EFI_BLOCK_IO *io = NULL;
	EFI_HANDLE handle;

	if (disk && (EFI_ERROR(fw.boot->LocateDevicePath(&block_io_guid, &rest, &handle)) || !IsDevicePathEnd(rest) ||
		     EFI_ERROR(fw.boot->HandleProtocol(handle, &block_io_guid, (void **)&io))))
		io = NULL;
	pool_free(disk);
	return io;
}

/* Whole pages, because some disks want their buffers aligned. EFI_NOT_FOUND when the disk has no such partition. */
static EFI_STATUS find_xbootldr_guid(EFI_BLOCK_IO *io, uint8_t *unique)
{
	size_t block = io->Media->BlockSize, pages = (GPT_ENTRIES_MAX + block) / MM_PAGE_SIZE + 1, size;
	EFI_PHYSICAL_ADDRESS buffer;
	EFI_STATUS status;
	uint8_t *bytes;
	struct gpt gpt;

	if (block < 512)
		return EFI_NOT_FOUND;
	if (EFI_ERROR(fw.boot->AllocatePages(AllocateAnyPages, EfiLoaderData, pages, &buffer)))
		return EFI_OUT_OF_RESOURCES;
	bytes = (uint8_t *)(uintptr_t)buffer;
	status = io->ReadBlocks(io, io->Media->MediaId, GPT_HEADER_LBA, block, bytes);
	if (!EFI_ERROR(status) && !gpt_header_parse(bytes, block, &gpt))
		status = EFI_NOT_FOUND;
	if (!EFI_ERROR(status)) {
		size = ((size_t)gpt.entry_count * gpt.entry_size + block - 1) / block * block;
		status = io->ReadBlocks(io, io->Media->MediaId, gpt.entries_lba, size, bytes);
		if (!EFI_ERROR(status) && !gpt_find_type(&gpt, bytes, size, xbootldr_type, unique))
			status = EFI_NOT_FOUND;
	}
	fw.boot->FreePages(buffer, pages);
	return status;
}

static bool is_partition(EFI_HANDLE handle, const EFI_DEVICE_PATH *disk, size_t disk_length, const uint8_t *unique)
{
	EFI_DEVICE_PATH *path = path_of(handle);
	size_t length = 0;
	const struct partition_node *drive = path ? gpt_partition(path, &length) : NULL;

	return drive && length == disk_length &&
	       __builtin_memcmp(path, disk, disk_length) == 0 &&
	       __builtin_memcmp(drive->signature, unique, GPT_GUID_SIZE) == 0;
}

static EFI_HANDLE find_partition(const EFI_DEVICE_PATH *disk, size_t disk_length, const uint8_t *unique)
{
	EFI_HANDLE *handles, found = NULL;
	UINTN count = 0;

	if (EFI_ERROR(fw.boot->LocateHandleBuffer(ByProtocol, &block_io_guid, NULL, &count, &handles)))
		return NULL;
	for (UINTN i = 0; i < count && !found; i++)
		if (is_partition(handles[i], disk, disk_length, unique))
			found = handles[i];
	pool_free(handles);
	return found;
}

/* After a fast boot the firmware may have connected only the partition that it started us from. */
static EFI_STATUS open_root(EFI_HANDLE handle, EFI_FILE_HANDLE *root)
{
	EFI_FILE_IO_INTERFACE *volume;
	EFI_STATUS status = fw.boot->HandleProtocol(handle, &file_system_guid, (void **)&volume);

	if (EFI_ERROR(status)) {
		fw.boot->ConnectController(handle, NULL, NULL, TRUE);
		status = fw.boot->HandleProtocol(handle, &file_system_guid, (void **)&volume);
	}
	return EFI_ERROR(status) ? status : volume->OpenVolume(volume, root);
}

static void open_xbootldr(void)
{
	EFI_DEVICE_PATH *own = path_of(fw.volumes[0].handle);
	size_t disk_length = 0;
	const struct partition_node *drive = own ? gpt_partition(own, &disk_length) : NULL;
	EFI_BLOCK_IO *io = drive ? disk_of(own, disk_length) : NULL;
	uint8_t unique[GPT_GUID_SIZE];
	EFI_HANDLE handle;
	EFI_STATUS status;

	if (!io)
		return;
	status = find_xbootldr_guid(io, unique);
	if (status == EFI_NOT_FOUND)
		return;
	if (EFI_ERROR(status)) {
		print(console, "mapbridge: note: the disk's partition table cannot be read (%s): entries of an XBOOTLDR partition are "
		      "not looked for\n", status_name(status));
		return;
	}
	handle = find_partition(own, disk_length, unique);
	if (handle == fw.volumes[0].handle)
		return;
	status = handle ? open_root(handle, &fw.volumes[1].root) : EFI_NOT_FOUND;
	if (EFI_ERROR(status)) {
		print(console, "mapbridge: note: the XBOOTLDR partition cannot be opened (%s); needed: a file system "
		      "that this firmware reads, such as FAT\n", status_name(status));
		return;
	}
	fw.volumes[1].handle = handle;
	fw.volumes[1].fat = fat_volume_open(handle);
	fw.volumes[1].prefix = "XBOOTLDR:";
	fw.volume_count = 2;
}

EFI_STATUS volumes_open(void)
{
	EFI_STATUS status = fw.boot->HandleProtocol(fw.image, &loaded_image_guid, (void **)&fw.loaded);

	if (!EFI_ERROR(status))
		status = open_root(fw.loaded->DeviceHandle, &fw.volumes[0].root);
	if (EFI_ERROR(status)) {
		print(refuse("boot volume"), "the volume of this program cannot be opened (%s); start it from a FAT "
		      "file system\n", status_name(status));
		return status;
	}
	fw.volumes[0].handle = fw.loaded->DeviceHandle;
	fw.volumes[0].fat = fat_volume_open(fw.loaded->DeviceHandle);
	fw.volumes[0].prefix = "";
	fw.volume_count = 1;
	fw.volume = &fw.volumes[0];
	open_xbootldr();
	return EFI_SUCCESS;
}

void volumes_forget_directories(void)
{
	for (unsigned i = 0; i < fw.volume_count; i++)
		fat_volume_trim(fw.volumes[i].fat);
}

void volumes_forget_fat(void)
{
	for (unsigned i = 0; i < fw.volume_count; i++) {
		fat_volume_close(fw.volumes[i].fat);
		fw.volumes[i].fat = NULL;
	}
}

void volumes_recall_fat(void)
{
	for (unsigned i = 0; i < fw.volume_count; i++)
		if (!fw.volumes[i].fat)
			fw.volumes[i].fat = fat_volume_open(fw.volumes[i].handle);
}

void volumes_close(void)
{
	volumes_forget_fat();
	for (unsigned i = 0; i < fw.volume_count; i++)
		fw.volumes[i].root->Close(fw.volumes[i].root);
}
