/* SPDX-License-Identifier: BSD-2-Clause */
#include "firmware.h"

#include <loader/bls.h>
#include <loader/placement.h>

/* Reads begin small and grow while the disk is quick: large ones cost nothing extra, a slow disk shows its progress. */
#define READ_FIRST (UINT64_C(128) << 10)
#define READ_MOST (UINT64_C(4) << 20)
#define QUIET_MOST 4 /* seconds in which a file is read and nobody is told */
#define ABOUT_A_SECOND (UINT64_C(1) << 31) /* of time stamp counters, which run at 1 to 5 GHz */
#define INFO_SIZE (sizeof(EFI_FILE_INFO) + 512)

static EFI_GUID file_info_guid = EFI_FILE_INFO_ID;

static bool path_to_ucs2(const char *path, CHAR16 *to, size_t capacity)
{
	size_t length = 0;

	for (; path[length]; length++) {
		if (length + 1 == capacity)
			return false;
		to[length] = (unsigned char)path[length];
	}
	to[length] = 0;
	return true;
}

EFI_STATUS file_open_path(const char *path, UINT64 mode, UINT64 attributes, EFI_FILE_HANDLE *handle)
{
	CHAR16 name[BLS_PATH_MAX];

	if (!path_to_ucs2(path, name, MM_ARRAY_COUNT(name)))
		return EFI_INVALID_PARAMETER;
	return fw.volume->root->Open(fw.volume->root, handle, name, mode, attributes);
}

bool file_missing(const char *path)
{
	EFI_FILE_HANDLE handle;
	EFI_STATUS status;

	if (fat_file_exists(path))
		return false;
	status = file_open_path(path, EFI_FILE_MODE_READ, 0, &handle);
	if (!EFI_ERROR(status))
		handle->Close(handle);
	return status == EFI_NOT_FOUND;
}

EFI_STATUS file_rename(const char *path, const char *name)
{
	union {
		EFI_FILE_INFO info;
		uint8_t room[INFO_SIZE];
	} info;
	UINTN size = sizeof(info);
	EFI_FILE_HANDLE handle;
	EFI_STATUS status = file_open_path(path, EFI_FILE_MODE_READ | EFI_FILE_MODE_WRITE, 0, &handle);

	if (EFI_ERROR(status))
		return status;
	status = handle->GetInfo(handle, &file_info_guid, &size, &info);
	if (!EFI_ERROR(status)) {
		size = offsetof(EFI_FILE_INFO, FileName) + (text_length(name) + 1) * sizeof(CHAR16);
		info.info.Size = size;
		path_to_ucs2(name, info.info.FileName, (sizeof(info) - offsetof(EFI_FILE_INFO, FileName)) / sizeof(CHAR16));
		status = handle->SetInfo(handle, &file_info_guid, size, &info);
	}
	handle->Close(handle);
	return status;
}

EFI_STATUS file_open(const char *path, const char *user, struct file *file)
{
	union {
		EFI_FILE_INFO info;
		uint8_t room[INFO_SIZE];
	} info;
	UINTN size = sizeof(info);
	EFI_STATUS status;

	file->path = path;
	file->handle = NULL;
	if (fat_file_open(path, file))
		return EFI_SUCCESS;
	status = file_open_path(path, EFI_FILE_MODE_READ, 0, &file->handle);
	if (EFI_ERROR(status)) {
		file->handle = NULL;
		print(refuse(path), "%s (%s), named by %s; copy the file to this volume, or correct the name\n",
		      status == EFI_NOT_FOUND ? "not found" : "cannot be opened", status_name(status), user);
		return status;
	}
	status = file->handle->GetInfo(file->handle, &file_info_guid, &size, &info);
	if (!EFI_ERROR(status) && !(info.info.Attribute & EFI_FILE_DIRECTORY)) {
		file->size = info.info.FileSize;
		return EFI_SUCCESS;
	}
	file_close(file);
	if (EFI_ERROR(status)) {
		print(refuse(path), "its size cannot be read (%s), named by %s; check the volume\n", status_name(status), user);
		return status;
	}
	print(refuse(path), "a directory, named by %s; needed: a file\n", user);
	return EFI_NOT_FOUND;
}

void file_close(struct file *file)
{
	if (file->handle)
		file->handle->Close(file->handle);
	file->handle = NULL;
}

static void show_progress(const struct file *file, uint64_t done)
{
	print(console, "\r  %llu of %llu KiB of %s", X(done >> 10), X(file->size >> 10), file->path);
	console_flush();
}

static EFI_STATUS read_at(struct file *file, uint64_t offset, uint64_t size, void *to, uint64_t *got)
{
	UINTN count = size;
	EFI_STATUS status;

	if (!file->handle) {
		status = fat_file_read(file, offset, size, to);
		*got = EFI_ERROR(status) ? 0 : size;
		return status;
	}
	status = file->handle->SetPosition(file->handle, offset);
	if (!EFI_ERROR(status))
		status = file->handle->Read(file->handle, &count, to);
	if (!EFI_ERROR(status) && (count == 0 || count > size))
		status = EFI_VOLUME_CORRUPTED;
	*got = EFI_ERROR(status) ? 0 : count;
	return status;
}

/*
 * What failed is not tried again: edk2's FAT driver marks a page of its cache as read before it reads, and at the
 * second try gives out the page's old bytes as the file's.
 */
EFI_STATUS file_read(struct file *file, uint64_t offset, uint64_t size, void *to)
{
	uint64_t done = 0, got, chunk = READ_FIRST, begun = machine_tsc(), shown = begun;
	EFI_STATUS status = EFI_SUCCESS;
	bool slow = false;

	while (!EFI_ERROR(status) && done < size) {
		uint64_t wanted = size - done < chunk ? size - done : chunk, started = machine_tsc(), now;

		status = read_at(file, offset + done, wanted, (uint8_t *)to + done, &got);
		now = machine_tsc();
		done += got;
		if (chunk < READ_MOST && now - started < ABOUT_A_SECOND / 4)
			chunk *= 2;
		if (now - begun >= QUIET_MOST * ABOUT_A_SECOND)
			console_attend(true);
		if (now - shown >= ABOUT_A_SECOND && console_open()) {
			slow = true;
			shown = now;
			show_progress(file, offset + done);
		}
	}
	if (slow)
		print(console, "\n");
	if (EFI_ERROR(status))
		print(refuse(file->path), "reading stopped at byte %llu of %llu, in a piece of %llu bytes (%s); check the disk, or "
		      "copy the file again\n", X(offset + done), X(file->size), X(size - done < chunk ? size - done : chunk),
		      status_name(status));
	return status;
}

char *file_read_all(const char *path, const char *user, size_t max, size_t *size)
{
	struct file file;
	char *text = NULL;

	if (EFI_ERROR(file_open(path, user, &file)))
		return NULL;
	if (file.size > max)
		print(refuse(path), "%llu bytes; needed: at most %zu\n", X(file.size), max);
	else
		text = pool_allocate(file.size + 1, path);
	if (text && EFI_ERROR(file_read(&file, 0, file.size, text))) {
		pool_free(text);
		text = NULL;
	}
	if (text) {
		text[file.size] = '\0';
		*size = file.size;
	}
	file_close(&file);
	return text;
}

static bool ucs2_to_name(const CHAR16 *from, char *to, size_t capacity)
{
	size_t length = 0;

	for (; from[length]; length++) {
		if (length + 1 == capacity || from[length] < ' ' || from[length] > '~')
			return false;
		to[length] = (char)from[length];
	}
	to[length] = '\0';
	return true;
}

static bool ends_with(const char *name, const char *suffix)
{
	size_t length = text_length(name), end = text_length(suffix);

	return length >= end && bls_name_matches(suffix, name + length - end);
}

static bool is_plain(const char *name)
{
	while (*name && *name != FAT_ODD_CHAR)
		name++;
	return *name == '\0';
}

EFI_STATUS directory_list(const char *path, const char *suffix, void (*found)(void *context, const char *name),
			  void *context)
{
	union {
		EFI_FILE_INFO info;
		uint8_t room[INFO_SIZE];
	} info;
	EFI_FILE_HANDLE directory = NULL;
	struct fat_directory fat;
	struct fat_entry entry;
	EFI_STATUS status = EFI_SUCCESS;

	if (!fat_directory_open(path, &fat))
		status = file_open_path(path, EFI_FILE_MODE_READ, 0, &directory);
	while (!EFI_ERROR(status)) {
		UINTN size = sizeof(info);
		bool plain;

		if (directory) {
			status = directory->Read(directory, &size, &info);
			if (EFI_ERROR(status) || size == 0)
				break;
			entry.node.directory = info.info.Attribute & EFI_FILE_DIRECTORY;
			plain = ucs2_to_name(info.info.FileName, entry.name, sizeof(entry.name));
		} else {
			enum fat_step step = fat_directory_next(&fat, &entry);

			if (step == FAT_DECLINED)
				status = EFI_DEVICE_ERROR;
			if (step != FAT_ENTRY)
				break;
			plain = is_plain(entry.name);
		}
		if (entry.node.directory)
			continue;
		if (!plain)
			print(console, "mapbridge: note: %s: a file whose name is not short printable ASCII is ignored\n", path);
		else if (ends_with(entry.name, suffix))
			found(context, entry.name);
	}
	if (directory)
		directory->Close(directory);
	return status;
}
