/* SPDX-License-Identifier: BSD-2-Clause */
/* A protocol of our own on a handle of its own, for as long as the program of an entry runs. */
#include "firmware.h"

struct running {
	EFI_HANDLE volume;
	char name[BLS_NAME_MAX]; /* of the entry's file */
};

static EFI_GUID running_guid = { 0x5a0e4b6f, 0x6d1c, 0x4c3e, { 0x9b, 0x52, 0x0d, 0x7e, 0x31, 0xa8, 0xc6, 0x14 } };
static struct running running;
static EFI_HANDLE running_handle;

void nested_begin(const struct bls_file *file)
{
	running.volume = fw.volumes[file->volume].handle;
	__builtin_memcpy(running.name, file->name, sizeof(running.name));
	running_handle = NULL;
	if (EFI_ERROR(fw.boot->InstallMultipleProtocolInterfaces(&running_handle, &running_guid, &running, NULL)))
		running_handle = NULL;
}

void nested_end(void)
{
	if (running_handle)
		fw.boot->UninstallMultipleProtocolInterfaces(running_handle, &running_guid, &running, NULL);
}

bool nested_is_running(const struct bls_file *file)
{
	EFI_HANDLE *handles;
	struct running *other;
	UINTN count = 0;
	bool found = false;

	if (EFI_ERROR(fw.boot->LocateHandleBuffer(ByProtocol, &running_guid, NULL, &count, &handles)))
		return false; /* nobody has started us so */
	for (UINTN i = 0; i < count && !found; i++)
		found = !EFI_ERROR(fw.boot->HandleProtocol(handles[i], &running_guid, (void **)&other)) &&
			other->volume == fw.volumes[file->volume].handle &&
			__builtin_memcmp(other->name, file->name, text_length(file->name) + 1) == 0;
	pool_free(handles);
	return found;
}
