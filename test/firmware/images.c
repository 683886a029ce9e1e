/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs: the application's own image, and those that it loads and starts (UEFI 2.10, section 7.4). A started program
 * does what the scenario says; one that boots as Linux's EFI stub does looks for its initrd first.
 */
#include "mock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <loader/utf16.h>

struct image {
	EFI_LOADED_IMAGE loaded;
	bool trusted;
	bool applications;
};

static struct image own;
static unsigned images_loaded;
static EFI_GUID load_file2_guid = { 0x4006c0c1, 0xfcb3, 0x403e, { 0x99, 0x6d, 0x4a, 0x6c, 0x87, 0x24, 0xe0, 0x6d } };

static EFI_DEVICE_PATH *own_path(void)
{
	static const CHAR16 name[] = { '\\', 'B', 'O', 'O', 'T', 'X', '6', '4', '.', 'E', 'F', 'I', 0 };
	static uint8_t path[4 + sizeof(name) + 4] = { MEDIA_DEVICE_PATH, MEDIA_FILEPATH_DP, 4 + sizeof(name), 0 };

	memcpy(path + 4, name, sizeof(name));
	if (mock.scenario->odd_path) { /* no NUL, and none behind it */
		uint8_t *bare = malloc(sizeof(path) - 2);

		memcpy(bare, path, 4 + sizeof(name) - 2);
		bare[2] -= 2;
		memcpy(bare + 4 + sizeof(name) - 2, (uint8_t[]){ END_DEVICE_PATH_TYPE, END_ENTIRE_DEVICE_PATH_SUBTYPE, 4, 0 }, 4);
		return (EFI_DEVICE_PATH *)bare;
	}
	memcpy(path + 4 + sizeof(name), (uint8_t[]){ END_DEVICE_PATH_TYPE, END_ENTIRE_DEVICE_PATH_SUBTYPE, 4, 0 }, 4);
	return (EFI_DEVICE_PATH *)path;
}

/* Another instance of the application waits for a program of its entry, by which we were started: efi/nested.c. */
static void install_running(void)
{
	static EFI_GUID guid = { 0x5a0e4b6f, 0x6d1c, 0x4c3e, { 0x9b, 0x52, 0x0d, 0x7e, 0x31, 0xa8, 0xc6, 0x14 } };
	static struct {
		EFI_HANDLE volume;
		char name[256];
	} running;

	running.volume = disk_partition(0);
	snprintf(running.name, sizeof(running.name), "%s", mock.scenario->running);
	handle_install(handle_new(), &guid, &running);
}

void images_setup(void)
{
	static CHAR16 options[1000];
	const char *text = mock.scenario->load_options;
	size_t length = 0;

	if (text && !utf8_to_utf16(text, options, 1000, NULL))
		fatal("load-options is no UTF-8, or too long");
	while (options[length])
		length++;
	if (mock.scenario->running)
		install_running();
	own.loaded = (EFI_LOADED_IMAGE){ .Revision = 0x1000, .DeviceHandle = disk_partition(0), .FilePath = own_path(),
					 .LoadOptions = text ? options : NULL,
					 .LoadOptionsSize = text ? (UINT32)(length + 1) * 2 : 0,
					 .ImageCodeType = EfiLoaderCode, .ImageDataType = EfiLoaderData };
	mock.image = handle_new();
	handle_install(mock.image, &fw_loaded_image_guid, &own.loaded);
}

static const uint8_t *file_of_path(EFI_DEVICE_PATH *path, EFI_HANDLE *device, size_t *size, bool *trusted)
{
	static const char mark[] = "signed";
	FILEPATH_DEVICE_PATH *node;
	CHAR16 name[512];
	size_t units;

	if (EFI_ERROR(path_locate(&fw_file_system_guid, &path, device)))
		return NULL;
	node = (FILEPATH_DEVICE_PATH *)path;
	if (node->Header.Type != MEDIA_DEVICE_PATH || node->Header.SubType != MEDIA_FILEPATH_DP)
		return NULL;
	units = (size_t)(DevicePathNodeLength(&node->Header) - 4) / 2;
	if (units == 0 || units > 512)
		fatal("a file path node of %zu characters", units);
	memcpy(name, (uint8_t *)node + 4, units * 2);
	if (name[units - 1])
		problem("a file path node without a NUL");
	*trusted = !mock.scenario->secure_boot;
	if (units > sizeof(mark)) {
		*trusted = true;
		for (size_t i = 0; i < sizeof(mark) && mock.scenario->secure_boot; i++)
			*trusted &= name[units - sizeof(mark) + i] == (CHAR16)mark[i];
	}
	return file_bytes(*device, name, size);
}

EFI_STATUS EFIAPI fw_LoadImage(BOOLEAN policy, EFI_HANDLE parent, EFI_DEVICE_PATH *path, void *source, UINTN size,
			       EFI_HANDLE *image)
{
	EFI_STATUS injected = call_enter(CALL_LoadImage, __builtin_return_address(0));
	struct image *new;
	const uint8_t *bytes = NULL;
	EFI_HANDLE device = NULL;
	size_t file_size = 0;
	bool trusted = true;

	(void)policy;
	if (!image || !handle_interface(parent, &fw_loaded_image_guid) || injected == EFI_INVALID_PARAMETER)
		return EFI_INVALID_PARAMETER;
	if (path)
		bytes = file_of_path(path, &device, &file_size, &trusted);
	if (source && bytes && (size != file_size || memcmp(source, bytes, size)))
		problem("LoadImage of bytes that are not the file's");
	if (source)
		bytes = source;
	else
		size = file_size;
	if (injected && injected != EFI_SECURITY_VIOLATION)
		return injected;
	if (!bytes)
		return EFI_NOT_FOUND;
	if (size < 2 || bytes[0] != 'M' || bytes[1] != 'Z')
		return EFI_UNSUPPORTED;
	new = calloc(1, sizeof(*new));
	new->loaded = (EFI_LOADED_IMAGE){ .Revision = 0x1000, .ParentHandle = parent, .SystemTable = mock.system,
					  .DeviceHandle = device, .ImageSize = size };
	new->trusted = trusted && !injected;
	if (mock.scenario->flip_count) { /* the firmware measures what it loads */
		tpm_extend(0x10, bytes, size, 4);
		mock.result->handed_over = digest_add(mock.result->handed_over, bytes, size);
	}
	mock.in_application = false;
	*image = handle_new();
	handle_install(*image, &fw_loaded_image_guid, &new->loaded);
	mock.in_application = true;
	images_loaded++;
	return new->trusted ? EFI_SUCCESS : EFI_SECURITY_VIOLATION;
}

static struct image *image_of(EFI_HANDLE handle)
{
	return handle == mock.image ? NULL : handle_interface(handle, &fw_loaded_image_guid);
}

static void unload(EFI_HANDLE handle)
{
	struct image *image = image_of(handle);

	handle_remove(handle);
	free(image);
	images_loaded--;
}

EFI_STATUS EFIAPI fw_UnloadImage(EFI_HANDLE image)
{
	EFI_STATUS injected = call_enter(CALL_UnloadImage, __builtin_return_address(0));

	if (!image_of(image)) {
		problem("UnloadImage of what is no image");
		return EFI_INVALID_PARAMETER;
	}
	unload(image);
	return injected;
}

/* As Linux's EFI stub measures its options and its initrd. */
static void measure_as_stub(const void *bytes, uint64_t size)
{
	tpm_extend(0, bytes, size, 9);
	mock.result->handed_over = digest_add(mock.result->handed_over, bytes, size);
}

/* The initrd as Linux's stub reads it. An error is its error, too. */
static EFI_STATUS load_initrd(void)
{
	static const uint8_t path_bytes[] = { 4, 3, 20, 0, 0x27, 0xe4, 0x68, 0x55, 0xfc, 0x68, 0x3d, 0x4f,
					      0xac, 0x74, 0xca, 0x55, 0x52, 0x31, 0xcc, 0x68, 0x7f, 0xff, 4, 0 };
	EFI_DEVICE_PATH *path = (EFI_DEVICE_PATH *)(uintptr_t)path_bytes;
	EFI_LOAD_FILE_PROTOCOL *protocol;
	EFI_HANDLE handle;
	UINTN size = 0, again;
	uint8_t *buffer;
	EFI_STATUS status;

	if (EFI_ERROR(path_locate(&load_file2_guid, &path, &handle))) {
		if (mock.scenario->initrd_count)
			problem("the program finds no initrd");
		return EFI_SUCCESS;
	}
	if (mock.scenario->offered_initrd && !mock.scenario->initrd_count)
		return EFI_SUCCESS;
	protocol = handle_interface(handle, &load_file2_guid);
	if (protocol->LoadFile(protocol, path, TRUE, &size, NULL) != EFI_UNSUPPORTED ||
	    protocol->LoadFile(protocol, path, FALSE, NULL, NULL) != EFI_INVALID_PARAMETER)
		problem("EFI_LOAD_FILE2_PROTOCOL takes what UEFI 2.10, section 13.2, forbids");
	status = protocol->LoadFile(protocol, path, FALSE, &size, NULL);
	if (status != EFI_BUFFER_TOO_SMALL || size == 0) {
		problem("the size of the initrd: status %llx, %llu bytes", (unsigned long long)status, (unsigned long long)size);
		return EFI_LOAD_ERROR;
	}
	buffer = malloc(size);
	again = size;
	status = protocol->LoadFile(protocol, path, FALSE, &again, buffer);
	if (!EFI_ERROR(status) && mock.scenario->flip_count)
		measure_as_stub(buffer, again);
	if (!EFI_ERROR(status) && !mock.scenario->flipped && (again != size || !initrds_are(mock.scenario, buffer, size)))
		problem("the program is given another initrd");
	free(buffer);
	return status;
}

static void check_options(const struct image *image)
{
	const CHAR16 *options = image->loaded.LoadOptions;
	const char *expected = mock.scenario->command_line ? mock.scenario->command_line : "";
	size_t units = image->loaded.LoadOptionsSize / 2, length = strlen(expected);

	if (units != (length ? length + 1 : 0))
		problem("the program has %zu characters of options; expected: %zu", units, length);
	for (size_t i = 0; i < length && i < units; i++)
		if (options[i] != (unsigned char)expected[i]) {
			problem("the program's options differ at character %zu", i);
			break;
		}
}

EFI_STATUS EFIAPI fw_StartImage(EFI_HANDLE handle, UINTN *size, CHAR16 **data)
{
	const char *does = mock.scenario->program ? mock.scenario->program : "boots";
	struct image *image = image_of(handle);
	EFI_STATUS status = EFI_ABORTED;

	FIRMWARE(StartImage);
	(void)size, (void)data;
	if (!image) {
		problem("StartImage of what is no image");
		return EFI_INVALID_PARAMETER;
	}
	if (!image->trusted)
		return EFI_SECURITY_VIOLATION;
	watchdog_check("a program is started");
	if (mock.scenario->kernel && !mock.scenario->flipped)
		check_options(image);
	if (mock.scenario->flip_count)
		measure_as_stub(image->loaded.LoadOptions, image->loaded.LoadOptionsSize);
	if (strcmp(does, "returns") != 0)
		status = load_initrd();
	if (!EFI_ERROR(status))
		end_run(ENDED_STARTED);
	unload(handle);
	return status;
}

void images_check_leaks(void)
{
	if (images_loaded)
		problem("%u images are not unloaded", images_loaded);
}
