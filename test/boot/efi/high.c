/* SPDX-License-Identifier: BSD-2-Clause */
/* Leaves hardly any free memory between 1 MiB and 4 GiB, so that kernel and initrd must go above; then the loader. */
#include "chain.h"

#define ONE_MIB 0x100000ULL
#define FOUR_GIB 0x100000000ULL
#define SMALL 256 /* pages; what is smaller is left to the firmware */

EFI_STATUS efi_main(EFI_HANDLE self, EFI_SYSTEM_TABLE *system_table)
{
	struct memory_map map;
	UINT64 taken = 0;

	initialize(self, system_table);
	map = get_memory_map();
	for (UINTN i = 0; i < map.count; i++) {
		EFI_MEMORY_DESCRIPTOR *descriptor = MEMORY_DESCRIPTOR(map, i);
		EFI_PHYSICAL_ADDRESS base = descriptor->PhysicalStart;

		if (descriptor->Type == EfiConventionalMemory && base >= ONE_MIB && base < FOUR_GIB &&
		    descriptor->NumberOfPages >= SMALL &&
		    !EFI_ERROR(BS->AllocatePages(AllocateAddress, EfiLoaderData, descriptor->NumberOfPages, &base)))
			taken += descriptor->NumberOfPages;
	}
	FreePool(map.descriptors);
	Print(L"high: %ld pages below 4 GiB taken\n", taken);
	Print(L"high: the loader returned %r\n", start_loader(self, own_volume(self), NULL));
	leave_qemu(0x20);
}
