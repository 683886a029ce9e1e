/* SPDX-License-Identifier: BSD-2-Clause */
/* Handles and the protocols on them: UEFI 2.10, section 7.3. Device paths: section 10. */
#include "mock.h"

#include <string.h>

#define HANDLES_MAX 128
#define PROTOCOLS_MAX 8

struct protocol {
	EFI_GUID guid;
	void *interface;
	bool applications; /* installed by the application */
};

struct handle {
	bool used;
	struct protocol protocols[PROTOCOLS_MAX];
	size_t count;
	unsigned opened;
};

EFI_GUID fw_device_path_guid = EFI_DEVICE_PATH_PROTOCOL_GUID;
EFI_GUID fw_loaded_image_guid = EFI_LOADED_IMAGE_PROTOCOL_GUID;
EFI_GUID fw_file_system_guid = EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_GUID;
EFI_GUID fw_block_io_guid = EFI_BLOCK_IO_PROTOCOL_GUID;

static struct handle handles[HANDLES_MAX];

bool guid_is(const EFI_GUID *a, const EFI_GUID *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static struct handle *find_handle(EFI_HANDLE handle)
{
	for (size_t i = 0; i < HANDLES_MAX; i++)
		if (handle == &handles[i] && handles[i].used)
			return &handles[i];
	return NULL;
}

EFI_HANDLE handle_new(void)
{
	for (size_t i = 0; i < HANDLES_MAX; i++) {
		if (handles[i].used)
			continue;
		handles[i] = (struct handle){ .used = true };
		return &handles[i];
	}
	fatal("there are no more handles");
}

void handle_install(EFI_HANDLE handle, const EFI_GUID *guid, void *interface)
{
	struct handle *h = handle;

	if (h->count == PROTOCOLS_MAX)
		fatal("too many protocols on a handle");
	h->protocols[h->count++] = (struct protocol){ *guid, interface, mock.in_application };
}

void handle_remove(EFI_HANDLE handle)
{
	((struct handle *)handle)->used = false;
}

static struct protocol *find_protocol(struct handle *handle, const EFI_GUID *guid)
{
	for (size_t i = 0; i < handle->count; i++)
		if (guid_is(&handle->protocols[i].guid, guid))
			return &handle->protocols[i];
	return NULL;
}

void *handle_interface(EFI_HANDLE handle, const EFI_GUID *guid)
{
	struct handle *h = find_handle(handle);
	struct protocol *protocol = h ? find_protocol(h, guid) : NULL;

	return protocol ? protocol->interface : NULL;
}

static EFI_STATUS get_interface(EFI_HANDLE handle, EFI_GUID *guid, void **interface)
{
	struct handle *h = find_handle(handle);
	struct protocol *protocol = h && guid ? find_protocol(h, guid) : NULL;

	if (!h || !guid || !interface)
		return EFI_INVALID_PARAMETER;
	*interface = protocol ? protocol->interface : NULL;
	return protocol ? EFI_SUCCESS : EFI_UNSUPPORTED;
}

EFI_STATUS EFIAPI fw_HandleProtocol(EFI_HANDLE handle, EFI_GUID *guid, void **interface)
{
	FIRMWARE(HandleProtocol);
	return get_interface(handle, guid, interface);
}

EFI_STATUS EFIAPI fw_OpenProtocol(EFI_HANDLE handle, EFI_GUID *guid, void **interface, EFI_HANDLE agent, EFI_HANDLE controller,
				  UINT32 attributes)
{
	FIRMWARE(OpenProtocol);
	(void)agent, (void)controller;

	EFI_STATUS status = get_interface(handle, guid, interface);

	if (!EFI_ERROR(status) && attributes & (EFI_OPEN_PROTOCOL_EXCLUSIVE | EFI_OPEN_PROTOCOL_BY_DRIVER))
		((struct handle *)handle)->opened++;
	return status;
}

EFI_STATUS EFIAPI fw_CloseProtocol(EFI_HANDLE handle, EFI_GUID *guid, EFI_HANDLE agent, EFI_HANDLE controller)
{
	FIRMWARE(CloseProtocol);
	(void)guid, (void)agent, (void)controller;

	struct handle *h = find_handle(handle);

	if (!h)
		return EFI_INVALID_PARAMETER;
	if (!h->opened)
		return EFI_NOT_FOUND;
	h->opened--;
	return EFI_SUCCESS;
}

EFI_STATUS EFIAPI fw_LocateProtocol(EFI_GUID *guid, void *registration, void **interface)
{
	FIRMWARE(LocateProtocol);
	(void)registration;
	if (!guid || !interface)
		return EFI_INVALID_PARAMETER;
	*interface = NULL;
	for (size_t i = 0; i < HANDLES_MAX; i++) {
		struct protocol *protocol = handles[i].used ? find_protocol(&handles[i], guid) : NULL;

		if (!protocol)
			continue;
		*interface = protocol->interface;
		return EFI_SUCCESS;
	}
	return EFI_NOT_FOUND;
}

EFI_STATUS EFIAPI fw_LocateHandleBuffer(EFI_LOCATE_SEARCH_TYPE how, EFI_GUID *guid, void *key, UINTN *count,
					EFI_HANDLE **buffer)
{
	EFI_HANDLE found[HANDLES_MAX];

	FIRMWARE(LocateHandleBuffer);
	if (how == ByRegisterNotify || !count || !buffer || (how == ByProtocol && !guid) || key)
		return EFI_INVALID_PARAMETER;
	*count = 0;
	for (size_t i = 0; i < HANDLES_MAX; i++)
		if (handles[i].used && (how == AllHandles || find_protocol(&handles[i], guid)))
			found[(*count)++] = &handles[i];
	if (*count == 0)
		return EFI_NOT_FOUND;
	*buffer = pool_take(EfiBootServicesData, *count * sizeof(found[0]));
	if (!*buffer)
		return EFI_OUT_OF_RESOURCES;
	memcpy(*buffer, found, *count * sizeof(found[0]));
	return EFI_SUCCESS;
}

/* Without the end node. */
size_t path_size(const EFI_DEVICE_PATH *path)
{
	const uint8_t *node = (const uint8_t *)path;
	size_t size = 0;

	while ((node[size] & 0x7f) != END_DEVICE_PATH_TYPE || node[size + 1] != END_ENTIRE_DEVICE_PATH_SUBTYPE) {
		size_t length = node[size + 2] | node[size + 3] << 8;

		if (length < sizeof(EFI_DEVICE_PATH) && mock.scenario->odd_path == ODD_PATH_EMPTY)
			break; /* this firmware knows its own paths */
		if (length < sizeof(EFI_DEVICE_PATH))
			fatal("a device path with a node of %zu bytes", length);
		size += length;
	}
	return size;
}

EFI_STATUS path_locate(const EFI_GUID *guid, EFI_DEVICE_PATH **path, EFI_HANDLE *handle)
{
	size_t best = 0, size = path_size(*path);
	bool found = false;

	for (size_t i = 0; i < HANDLES_MAX; i++) {
		struct handle *h = &handles[i];
		struct protocol *own = h->used && find_protocol(h, guid) ? find_protocol(h, &fw_device_path_guid) : NULL;
		size_t length = own ? path_size(own->interface) : 0;

		if (!own || length > size || memcmp(own->interface, *path, length) != 0 || (found && length <= best))
			continue;
		found = true;
		best = length;
		*handle = h;
	}
	if (!found)
		return EFI_NOT_FOUND;
	*path = (EFI_DEVICE_PATH *)((uint8_t *)*path + best);
	return EFI_SUCCESS;
}

EFI_STATUS EFIAPI fw_LocateDevicePath(EFI_GUID *guid, EFI_DEVICE_PATH **path, EFI_HANDLE *handle)
{
	FIRMWARE(LocateDevicePath);
	return guid && path && *path && handle ? path_locate(guid, path, handle) : EFI_INVALID_PARAMETER;
}

/* A path that is there already may not come a second time. */
static bool path_exists(const EFI_DEVICE_PATH *path)
{
	for (size_t i = 0; i < HANDLES_MAX; i++) {
		struct protocol *own = handles[i].used ? find_protocol(&handles[i], &fw_device_path_guid) : NULL;

		if (own && path_size(own->interface) == path_size(path) && memcmp(own->interface, path, path_size(path)) == 0)
			return true;
	}
	return false;
}

EFI_STATUS EFIAPI fw_InstallMultiple(EFI_HANDLE *handle, ...)
{
	__builtin_ms_va_list list;
	EFI_GUID *guids[PROTOCOLS_MAX];
	void *interfaces[PROTOCOLS_MAX];
	size_t count = 0;

	FIRMWARE(InstallMultipleProtocolInterfaces);
	if (!handle)
		return EFI_INVALID_PARAMETER;
	__builtin_ms_va_start(list, handle);
	while (count < PROTOCOLS_MAX && (guids[count] = __builtin_va_arg(list, EFI_GUID *)) != NULL)
		interfaces[count++] = __builtin_va_arg(list, void *);
	__builtin_ms_va_end(list);
	for (size_t i = 0; i < count; i++) {
		if (guid_is(guids[i], &fw_device_path_guid) && path_exists(interfaces[i]))
			return EFI_ALREADY_STARTED;
		if (*handle && (!find_handle(*handle) || find_protocol(*handle, guids[i])))
			return EFI_INVALID_PARAMETER;
	}
	if (!*handle)
		*handle = handle_new();
	for (size_t i = 0; i < count; i++)
		handle_install(*handle, guids[i], interfaces[i]);
	return EFI_SUCCESS;
}

EFI_STATUS EFIAPI fw_UninstallMultiple(EFI_HANDLE handle, ...)
{
	struct handle *h = find_handle(handle);
	__builtin_ms_va_list list;
	EFI_GUID *guid;
	EFI_STATUS injected = call_enter(CALL_UninstallMultipleProtocolInterfaces, __builtin_return_address(0));
	EFI_STATUS status = h ? EFI_SUCCESS : EFI_INVALID_PARAMETER;

	__builtin_ms_va_start(list, handle);
	while (h && (guid = __builtin_va_arg(list, EFI_GUID *)) != NULL) {
		void *interface = __builtin_va_arg(list, void *);
		struct protocol *protocol = find_protocol(h, guid);

		if (protocol && protocol->interface == interface)
			*protocol = h->protocols[--h->count];
		else
			status = EFI_INVALID_PARAMETER;
	}
	__builtin_ms_va_end(list);
	if (EFI_ERROR(status))
		problem("a protocol is uninstalled that is not there");
	if (h && h->count == 0)
		h->used = false;
	return EFI_ERROR(status) ? status : injected;
}

void handles_check_leaks(void)
{
	for (size_t i = 0; i < HANDLES_MAX; i++) {
		if (handles[i].used && handles[i].opened)
			problem("a protocol that was opened is not closed");
		for (size_t j = 0; handles[i].used && j < handles[i].count; j++)
			if (handles[i].protocols[j].applications)
				problem("the protocol %08x-... is not uninstalled", handles[i].protocols[j].guid.Data1);
	}
}
