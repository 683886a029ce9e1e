/* SPDX-License-Identifier: BSD-2-Clause */
#include "firmware.h"

#include <loader/bls.h>
#include <loader/placement.h>
#include <loader/utf16.h>

/* Reads begin small and grow while the disk is quick: large ones cost nothing extra, a slow disk shows its progress. */
#define READ_FIRST (UINT64_C(128) << 10)
#define READ_MOST (UINT64_C(4) << 20)
#define QUIET_MOST 4 /* seconds in which a file is read and nobody is told */
#define ABOUT_A_SECOND (UINT64_C(1) << 31) /* of time stamp counters, which run at 1 to 5 GHz */
#define PATH_UNITS 1024
#define INFO_SIZE (sizeof(EFI_FILE_INFO) + 512)
#define DIRECTORY_FILES_MAX 65536 /* a FAT directory has no more records: more of them never end */

static EFI_GUID file_info_guid = EFI_FILE_INFO_ID;

EFI_STATUS file_open_path(const char *path, UINT64 mode, UINT64 attributes, EFI_FILE_HANDLE *handle)
{
	CHAR16 name[PATH_UNITS];

	if (!utf8_to_utf16(path, name, MM_ARRAY_COUNT(name), NULL))
		return EFI_INVALID_PARAMETER;
	if (mode & EFI_FILE_MODE_WRITE)
		fat_volume_changed(fw.volume->fat); /* or about to be */
	return fw.volume->root->Open(fw.volume->root, handle, name, mode, attributes);
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
	if (!EFI_ERROR(status) &&
	    !utf8_to_utf16(name, info.info.FileName, (sizeof(info) - offsetof(EFI_FILE_INFO, FileName)) / sizeof(CHAR16), NULL))
		status = EFI_INVALID_PARAMETER;
	if (!EFI_ERROR(status)) {
		size = offsetof(EFI_FILE_INFO, FileName) + sizeof(CHAR16);
		for (const CHAR16 *at = info.info.FileName; *at; at++)
			size += sizeof(CHAR16);
		info.info.Size = size;
		status = handle->SetInfo(handle, &file_info_guid, size, &info);
	}
	handle->Close(handle);
	return status;
}

/* By the firmware's file system. */
static EFI_STATUS open_by_firmware(const char *path, const char *user, struct file *file)
{
	union {
		EFI_FILE_INFO info;
		uint8_t room[INFO_SIZE];
	} info;
	UINTN size = sizeof(info);
	EFI_STATUS status;

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

EFI_STATUS file_open(const char *path, const char *user, struct file *file)
{
	EFI_STATUS status;

	file->path = path;
	file->own_path = NULL;
	file->handle = NULL;
	status = fat_file_open(path, user, file);
	return status == EFI_UNSUPPORTED ? open_by_firmware(path, user, file) : status;
}

EFI_STATUS file_open_slowly(const char *path, const char *user, struct file *file)
{
	EFI_STATUS status = file_open(path, user, file);

	return EFI_ERROR(status) || file->handle ? status : open_by_firmware(path, user, file);
}

enum file_presence file_find(const char *path, uint64_t *size)
{
	union {
		EFI_FILE_INFO info;
		uint8_t room[INFO_SIZE];
	} info;
	UINTN info_size = sizeof(info);
	enum file_presence presence = fat_file_find(path, size);
	EFI_FILE_HANDLE handle;
	EFI_STATUS status;

	if (presence != FILE_UNKNOWN)
		return presence;
	status = file_open_path(path, EFI_FILE_MODE_READ, 0, &handle);
	if (EFI_ERROR(status))
		return status == EFI_NOT_FOUND ? FILE_ABSENT : FILE_UNKNOWN;
	status = handle->GetInfo(handle, &file_info_guid, &info_size, &info);
	handle->Close(handle);
	if (EFI_ERROR(status))
		return FILE_UNKNOWN;
	*size = info.info.FileSize;
	return info.info.Attribute & EFI_FILE_DIRECTORY ? FILE_DIRECTORY : FILE_PRESENT;
}

bool file_missing(const char *path)
{
	uint64_t size;

	return file_find(path, &size) == FILE_ABSENT;
}

void file_close(struct file *file)
{
	if (file->handle)
		file->handle->Close(file->handle);
	file->handle = NULL;
	pool_free(file->own_path);
	file->own_path = NULL;
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
		watchdog_feed();
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

bool file_read_text(const char *path, const char *user, size_t max, struct file_text *text)
{
	struct file file;
	bool good = false;

	if (EFI_ERROR(file_open(path, user, &file)))
		return false;
	if (file.size > max) {
		print(refuse(path), "%llu bytes; needed: at most %zu\n", X(file.size), max);
	} else if (file.size >= text->capacity) {
		pool_free(text->text);
		text->text = pool_allocate(file.size + 1, path);
		text->capacity = text->text ? file.size + 1 : 0;
	}
	if (file.size < text->capacity && file.size <= max)
		good = !EFI_ERROR(file_read(&file, 0, file.size, text->text));
	if (good) {
		text->text[file.size] = '\0';
		text->size = file.size;
	}
	file_close(&file);
	return good;
}

char *file_read_all(const char *path, const char *user, size_t max, size_t *size)
{
	struct file_text text = { .text = NULL };

	if (!file_read_text(path, user, max, &text)) {
		pool_free(text.text);
		return NULL;
	}
	*size = text.size;
	return text.text;
}

/* Names one after the other, each with its NUL. */
struct names {
	char *text;
	size_t used, capacity;
};

static EFI_STATUS add_name(struct names *names, const char *name, const char *path)
{
	size_t size = text_length(name) + 1, capacity = names->capacity ? 2 * names->capacity : 4096;
	char *text;

	if (names->capacity - names->used < size) {
		text = pool_allocate(capacity, path);
		if (!text)
			return EFI_OUT_OF_RESOURCES;
		if (names->used)
			__builtin_memcpy(text, names->text, names->used);
		pool_free(names->text);
		names->text = text;
		names->capacity = capacity;
	}
	__builtin_memcpy(names->text + names->used, name, size);
	names->used += size;
	return EFI_SUCCESS;
}

static EFI_STATUS read_names(EFI_FILE_HANDLE directory, const char *path, struct directory_reading *reading, struct names *names)
{
	union {
		EFI_FILE_INFO info;
		uint8_t room[INFO_SIZE];
	} info;
	char name[FAT_NAME_MAX];

	for (unsigned count = 0; count < DIRECTORY_FILES_MAX; count++) {
		UINTN size = sizeof(info);
		EFI_STATUS status = directory->Read(directory, &size, &info);

		watchdog_feed();
		if (EFI_ERROR(status)) {
			print(refuse(path), "this directory cannot be read (%s); check the volume\n", status_name(status));
			return status;
		}
		if (size == 0)
			return EFI_SUCCESS;
		if (info.info.Attribute & EFI_FILE_DIRECTORY)
			continue;
		if (utf16_to_utf8(info.info.FileName, (sizeof(info) - offsetof(EFI_FILE_INFO, FileName)) / sizeof(CHAR16), name,
				  sizeof(name)) >= sizeof(name))
			print(console, "mapbridge: note: %s: a file whose name has more than %zu bytes is ignored\n", path,
			      sizeof(name) - 1);
		else if (reading->wants(reading, name))
			status = add_name(names, name, path);
		if (EFI_ERROR(status))
			return status;
	}
	print(refuse(path), "%d files of this directory were read, and there is no end; check the volume\n", DIRECTORY_FILES_MAX);
	return EFI_VOLUME_CORRUPTED;
}

static EFI_STATUS list_by_firmware(const char *path, struct directory_reading *reading)
{
	struct names names = { .text = NULL };
	EFI_FILE_HANDLE directory;
	EFI_STATUS status = file_open_path(path, EFI_FILE_MODE_READ, 0, &directory);

	if (EFI_ERROR(status)) {
		if (status != EFI_NOT_FOUND)
			print(refuse(path), "this directory cannot be opened (%s); check the volume\n", status_name(status));
		return status;
	}
	status = read_names(directory, path, reading, &names);
	directory->Close(directory);
	for (size_t at = 0; !EFI_ERROR(status) && at < names.used; at += text_length(names.text + at) + 1)
		reading->found(reading, names.text + at);
	pool_free(names.text);
	return status;
}

EFI_STATUS directory_list(const char *path, const char *user, struct directory_reading *reading)
{
	EFI_STATUS status = fat_directory_list(path, user, reading);

	return status == EFI_UNSUPPORTED ? list_by_firmware(path, reading) : status;
}
