/* SPDX-License-Identifier: BSD-2-Clause */
/* New files on fw.volume: whole or not at all, and nothing that is there is ever written over. */
#include "firmware.h"

#define COMPARE_CHUNK 1024

static bool same_bytes(EFI_FILE_HANDLE handle, const uint8_t *bytes, size_t size)
{
	uint8_t chunk[COMPARE_CHUNK];

	for (;;) {
		UINTN got = sizeof(chunk);

		if (EFI_ERROR(handle->Read(handle, &got, chunk)) || got > size || got > sizeof(chunk) ||
		    __builtin_memcmp(chunk, bytes, got))
			return false;
		if (got == 0)
			return size == 0;
		bytes += got;
		size -= got;
	}
}

EFI_STATUS file_compare(const char *path, const void *bytes, size_t size, bool *same)
{
	EFI_FILE_HANDLE handle;
	EFI_STATUS status = file_open_path(path, EFI_FILE_MODE_READ, 0, &handle);

	if (EFI_ERROR(status))
		return status;
	*same = same_bytes(handle, bytes, size);
	handle->Close(handle);
	return EFI_SUCCESS;
}

EFI_STATUS directory_make(const char *path)
{
	EFI_FILE_HANDLE handle;
	EFI_STATUS status = file_open_path(path, EFI_FILE_MODE_READ, 0, &handle);

	if (status == EFI_NOT_FOUND)
		status = file_open_path(path, EFI_FILE_MODE_READ | EFI_FILE_MODE_WRITE | EFI_FILE_MODE_CREATE,
					EFI_FILE_DIRECTORY, &handle);
	if (!EFI_ERROR(status))
		handle->Close(handle);
	return status;
}

static void delete_file(const char *path)
{
	EFI_FILE_HANDLE handle;

	if (!EFI_ERROR(file_open_path(path, EFI_FILE_MODE_READ | EFI_FILE_MODE_WRITE, 0, &handle)))
		handle->Delete(handle); /* closes it, too */
}

static EFI_STATUS write_bytes(const char *path, const void *bytes, size_t size)
{
	EFI_FILE_HANDLE handle;
	UINTN written = size;
	EFI_STATUS status =
		file_open_path(path, EFI_FILE_MODE_READ | EFI_FILE_MODE_WRITE | EFI_FILE_MODE_CREATE, 0, &handle);

	if (EFI_ERROR(status))
		return status;
	status = handle->Write(handle, &written, (void *)(uintptr_t)bytes);
	if (!EFI_ERROR(status) && written != size)
		status = EFI_VOLUME_FULL;
	if (!EFI_ERROR(status))
		status = handle->Flush(handle);
	if (EFI_ERROR(status))
		handle->Delete(handle);
	else
		handle->Close(handle);
	return status;
}

EFI_STATUS file_write_new(const char *temporary, const char *path, const char *name, const void *bytes, size_t size)
{
	EFI_STATUS status;
	bool same = false;

	delete_file(temporary); /* of a save that a reset ended */
	status = write_bytes(temporary, bytes, size);
	if (EFI_ERROR(status))
		return status;
	if (EFI_ERROR(file_rename(temporary, name))) {
		/* U-Boot cannot rename */
		delete_file(temporary);
		status = write_bytes(path, bytes, size);
	}
	if (!EFI_ERROR(status))
		status = file_compare(path, bytes, size, &same);
	if (EFI_ERROR(status) || same)
		return status;
	delete_file(path);
	return EFI_VOLUME_CORRUPTED;
}
