/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Adds what few machines have to the memory map, then the loader: persistent, unaccepted and specific-purpose memory,
 * MMIO and reserved ranges far up through the DXE services table (edk2 only: PI specification 1.8, volume 2, section
 * 7.2), and pages of unusable memory, of an OEM type and of operating system types.
 */
#include "chain.h"

#ifndef ALL_ACCEPTED
#define ALL_ACCEPTED 0
#endif

#define GCD_RESERVED 1
#define GCD_MMIO 3
#define GCD_PERSISTENT 4
#define GCD_UNACCEPTED 6
#define GCD_UNACCEPTED_2022 7 /* as edk2 numbered it at first */

#define MEMORY_UC 0x1ULL
#define MEMORY_WB 0x8ULL
#define MEMORY_SP 0x40000ULL
#define MEMORY_HOT_PLUGGABLE 0x100000ULL /* a bit that most software has no name for */
#define MEMORY_RUNTIME (1ULL << 63)
#define TYPE_UNACCEPTED 15

/* RAM of every machine with 256 MiB or more, which the firmware's drivers leave alone. */
#define SPECIAL_BASE 0x8000000ULL
#define SPECIAL_SIZE 0x1000000ULL

#define RESERVED_BASE 0x2020000000ULL
#define MMIO_BASE 0x2040000000ULL

struct gcd_descriptor {
	UINT64 base, length, capabilities, attributes;
	UINT32 type;
	EFI_HANDLE image, device;
};

struct dxe_services {
	EFI_TABLE_HEADER header;
	EFI_STATUS (EFIAPI *AddMemorySpace)(UINTN type, UINT64 base, UINT64 length, UINT64 capabilities);
	void *AllocateMemorySpace, *FreeMemorySpace, *RemoveMemorySpace;
	EFI_STATUS (EFIAPI *GetMemorySpaceDescriptor)(UINT64 base, struct gcd_descriptor *descriptor);
	EFI_STATUS (EFIAPI *SetMemorySpaceAttributes)(UINT64 base, UINT64 length, UINT64 attributes);
	void *GetMemorySpaceMap, *io_space[6], *dispatcher[4];
	EFI_STATUS (EFIAPI *SetMemorySpaceCapabilities)(UINT64 base, UINT64 length, UINT64 capabilities);
};

static struct dxe_services *dxe;
static __typeof__(((EFI_BOOT_SERVICES *)0)->GetMemoryMap) firmware_get_memory_map;

static void need(EFI_STATUS status, CHAR16 *what)
{
	if (!EFI_ERROR(status))
		return;
	Print(L"gcd_ranges: %s: %r\n", what, status);
	leave_qemu(0x20);
}

/* Never RAM where there is none: the firmware would allocate from it at once. */
static void add_ranges(void)
{
	need(dxe->AddMemorySpace(GCD_PERSISTENT, 0x2000000000, 0x10000000, MEMORY_WB | MEMORY_UC), L"persistent memory");
	need(dxe->AddMemorySpace(GCD_RESERVED, RESERVED_BASE, 0x200000, MEMORY_UC), L"reserved range");
	need(dxe->AddMemorySpace(GCD_MMIO, MMIO_BASE, 0x100000, MEMORY_UC | MEMORY_RUNTIME), L"MMIO");
	need(dxe->SetMemorySpaceAttributes(MMIO_BASE, 0x100000, MEMORY_UC | MEMORY_RUNTIME), L"MMIO at runtime");
}

/* A kernel that Linux's boot protocol enters is refused then: gcd_accepted is this program without it. */
static void add_unaccepted(void)
{
	EFI_STATUS status = dxe->AddMemorySpace(GCD_UNACCEPTED_2022, 0x30c0000000, 0x10000000, MEMORY_WB | MEMORY_UC);
	if (EFI_ERROR(status))
		status = dxe->AddMemorySpace(GCD_UNACCEPTED, 0x30c0000000, 0x10000000, MEMORY_WB | MEMORY_UC);
	need(status, L"unaccepted memory");
}

static void make_ram_special(void)
{
	struct gcd_descriptor ram;

	need(dxe->GetMemorySpaceDescriptor(SPECIAL_BASE, &ram), L"GetMemorySpaceDescriptor");
	need(dxe->SetMemorySpaceCapabilities(SPECIAL_BASE, SPECIAL_SIZE, ram.capabilities | MEMORY_SP),
	     L"specific-purpose memory");
}

static void allocate_rare_types(void)
{
	static const UINT32 types[] = { EfiUnusableMemory, 0x70000001, 0x80000001, 0xffffffff };

	for (UINTN i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		EFI_PHYSICAL_ADDRESS address = SPECIAL_BASE - (i + 1) * 0x10000;

		need(BS->AllocatePages(AllocateAddress, types[i], 1 + i, &address), L"pages of a rare type");
	}
}

/*
 * edk2 leaves out attribute bits that it does not know, as newer firmware's would be: the reserved range gets one, and
 * the MMIO range every bit that has a name.
 */
static EFI_STATUS EFIAPI get_memory_map_with_bits(UINTN *size, EFI_MEMORY_DESCRIPTOR *map, UINTN *key, UINTN *stride,
						  UINT32 *version)
{
	EFI_STATUS status = firmware_get_memory_map(size, map, key, stride, version);

	for (UINTN at = 0; !EFI_ERROR(status) && at + *stride <= *size; at += *stride) {
		EFI_MEMORY_DESCRIPTOR *descriptor = (EFI_MEMORY_DESCRIPTOR *)((UINT8 *)map + at);

		if (descriptor->PhysicalStart == RESERVED_BASE)
			descriptor->Attribute |= MEMORY_HOT_PLUGGABLE;
		else if (descriptor->PhysicalStart == MMIO_BASE)
			descriptor->Attribute |= 0xff01f;
	}
	return status;
}

static BOOLEAN map_has(UINT32 type)
{
	struct memory_map map = get_memory_map();
	BOOLEAN found = FALSE;

	for (UINTN i = 0; i < map.count; i++)
		found |= MEMORY_DESCRIPTOR(map, i)->Type == type;
	FreePool(map.descriptors);
	return found;
}

EFI_STATUS efi_main(EFI_HANDLE self, EFI_SYSTEM_TABLE *system_table)
{
	EFI_GUID guid = { 0x05ad34ba, 0x6f02, 0x4214, { 0x95, 0x2e, 0x4d, 0xa0, 0x39, 0x8e, 0x2b, 0xb9 } };

	initialize(self, system_table);
	need(LibGetSystemConfigurationTable(&guid, (void **)&dxe), L"no DXE services table");
	add_ranges();
	if (!ALL_ACCEPTED)
		add_unaccepted();
	allocate_rare_types();
	make_ram_special();
	firmware_get_memory_map = BS->GetMemoryMap;
	BS->GetMemoryMap = get_memory_map_with_bits;
	if (map_has(TYPE_UNACCEPTED) == ALL_ACCEPTED)
		need(EFI_NOT_FOUND, L"unaccepted memory in the map");
	Print(L"gcd_ranges: the loader returned %r\n", start_loader(self, own_volume(self), NULL));
	leave_qemu(0x20);
}
