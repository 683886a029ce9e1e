/* SPDX-License-Identifier: BSD-2-Clause */
/* Scatters single pages of four memory types, so that the e820 map needs far more than 128 entries; then the loader. */
#include "chain.h"

#ifndef ISLANDS
#define ISLANDS 400
#endif
#ifndef MAX_STEP
#define MAX_STEP 64 /* pages from one island to the next */
#endif

static EFI_MEMORY_DESCRIPTOR largest_free_range(void)
{
	struct memory_map map = get_memory_map();
	EFI_MEMORY_DESCRIPTOR largest = {0};

	for (UINTN i = 0; i < map.count; i++) {
		EFI_MEMORY_DESCRIPTOR *descriptor = MEMORY_DESCRIPTOR(map, i);

		if (descriptor->Type == EfiConventionalMemory && descriptor->PhysicalStart < (1ULL << 32) &&
		    descriptor->NumberOfPages > largest.NumberOfPages)
			largest = *descriptor;
	}
	FreePool(map.descriptors);
	return largest;
}

EFI_STATUS efi_main(EFI_HANDLE self, EFI_SYSTEM_TABLE *system_table)
{
	static const EFI_MEMORY_TYPE types[] = {
		EfiACPIMemoryNVS, EfiReservedMemoryType, EfiACPIReclaimMemory, EfiRuntimeServicesData,
	};
	EFI_MEMORY_DESCRIPTOR range;
	UINT64 step, first, allocated = 0;

	initialize(self, system_table);
	range = largest_free_range();
	step = range.NumberOfPages / (ISLANDS + 1);
	if (step > MAX_STEP)
		step = MAX_STEP;
	/* the middle of the range, so that the loader finds room on both sides */
	first = range.PhysicalStart + (range.NumberOfPages - step * ISLANDS) / 2 * EFI_PAGE_SIZE;
	for (UINTN i = 0; i < ISLANDS; i++) {
		EFI_PHYSICAL_ADDRESS address = first + i * step * EFI_PAGE_SIZE;

		if (!BS->AllocatePages(AllocateAddress, types[i % 4], 1, &address))
			allocated++;
	}
	Print(L"fragment: %ld islands of one page from 0x%lx, %ld pages apart\n", allocated, first, step);
	Print(L"fragment: the loader returned %r\n", start_loader(self, own_volume(self), NULL));
	leave_qemu(0x20);
}
