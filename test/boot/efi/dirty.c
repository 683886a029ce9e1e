/* SPDX-License-Identifier: BSD-2-Clause */
/* Fills free memory with garbage, so that whatever the loader forgets to clear shows; then the loader. */
#include "chain.h"

#define GARBAGE 0xa5

/* Only what AllocatePages gives: boot services may use memory that their map calls free. */
static UINT64 fill(EFI_PHYSICAL_ADDRESS base, UINT64 pages)
{
	if (BS->AllocatePages(AllocateAddress, EfiLoaderData, pages, &base))
		return 0;
	SetMem((VOID *)(UINTN)base, pages * EFI_PAGE_SIZE, GARBAGE);
	BS->FreePages(base, pages);
	return pages;
}

EFI_STATUS efi_main(EFI_HANDLE self, EFI_SYSTEM_TABLE *system_table)
{
	struct memory_map map;
	UINT64 filled = 0;

	initialize(self, system_table);
	map = get_memory_map();
	for (UINTN i = 0; i < map.count; i++) {
		EFI_MEMORY_DESCRIPTOR *descriptor = MEMORY_DESCRIPTOR(map, i);

		/* above 1 MiB: below it U-Boot's map is not to be trusted */
		if (descriptor->Type == EfiConventionalMemory && descriptor->PhysicalStart >= 0x100000)
			filled += fill(descriptor->PhysicalStart, descriptor->NumberOfPages);
	}
	FreePool(map.descriptors);
	Print(L"dirty: %ld pages filled with 0x%x\n", filled, GARBAGE);
	Print(L"dirty: the loader returned %r\n", start_loader(self, own_volume(self), NULL));
	leave_qemu(0x20);
}
