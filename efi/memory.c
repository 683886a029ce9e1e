/* SPDX-License-Identifier: BSD-2-Clause */
#include "firmware.h"

void *pool_allocate(size_t size, const char *what)
{
	void *memory = NULL;
	EFI_STATUS status = fw.boot->AllocatePool(EfiLoaderData, size, &memory);

	if (!EFI_ERROR(status))
		return memory;
	print(refuse(what), "no pool memory: needed %zu bytes, the firmware said %s; use a machine with more memory\n", size,
	      status_name(status));
	return NULL;
}

void pool_free(void *memory)
{
	if (memory)
		fw.boot->FreePool(memory);
}

void wipe(void *memory, size_t size)
{
	__builtin_memset(memory, 0, size);
	/* a compiler could find that nobody reads the zeros */
	__asm__ volatile("" : : "r"(memory) : "memory");
}

EFI_STATUS memory_map_reserve(struct memory_map *map, size_t slack)
{
	/* Some firmware leaves the descriptor size alone when the buffer is too small. */
	UINTN size = 0, key, stride = sizeof(struct efi_memory_desc);
	UINT32 version;
	EFI_STATUS status = fw.boot->GetMemoryMap(&size, NULL, &key, &stride, &version);

	if (status != EFI_BUFFER_TOO_SMALL || stride < sizeof(struct efi_memory_desc) || size > SIZE_MAX / 4) {
		print(refuse("GetMemoryMap"), "%s for an empty buffer, %llu bytes, descriptors of %llu; needed: "
		      "EFI_BUFFER_TOO_SMALL; this firmware cannot be booted from\n", status_name(status), X(size), X(stride));
		return EFI_DEVICE_ERROR;
	}
	map->capacity = size + slack * stride;
	map->buffer = pool_allocate(map->capacity, "memory map");
	if (!map->buffer)
		return EFI_OUT_OF_RESOURCES;
	map->view.desc_size = stride;
	map->view.size = size;
	return EFI_SUCCESS;
}

EFI_STATUS memory_map_read(struct memory_map *map)
{
	UINTN size = map->capacity, stride = sizeof(struct efi_memory_desc);
	UINT32 version = 0;
	EFI_STATUS status = fw.boot->GetMemoryMap(&size, map->buffer, &map->key, &stride, &version);

	if (EFI_ERROR(status))
		print(refuse("GetMemoryMap"), "%s for a buffer of %llu bytes; restart the machine\n", status_name(status),
		      X(map->capacity));
	else
		map->view = (struct efi_memmap){ map->buffer, size, stride, version };
	return status;
}

void memory_map_free(struct memory_map *map)
{
	pool_free(map->buffer);
	map->buffer = NULL;
}
