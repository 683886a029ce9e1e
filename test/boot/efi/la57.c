/* SPDX-License-Identifier: BSD-2-Clause */
/* Turns on 5-level paging under the firmware, which runs with 4 levels, then the loader. Needs a CPU with LA57. */
#include "chain.h"

#define CR4_LA57 (1UL << 12)

extern UINT8 la57_switch[], la57_switch_end[];

static BOOLEAN cpu_has_la57(void)
{
	UINT32 eax = 7, ebx, ecx = 0, edx;

	__asm__("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
	return ecx >> 16 & 1;
}

static UINTN read_cr4(void)
{
	UINTN value;

	__asm__ volatile("mov %%cr4, %0" : "=r"(value));
	return value;
}

static UINT8 *page_below_4g(EFI_MEMORY_TYPE type)
{
	EFI_PHYSICAL_ADDRESS address = 0xffffffff;

	if (BS->AllocatePages(AllocateMaxAddress, type, 1, &address)) {
		Print(L"la57: no memory below 4 GiB\n");
		leave_qemu(0x20);
	}
	SetMem((void *)address, EFI_PAGE_SIZE, 0);
	return (UINT8 *)address;
}

EFI_STATUS efi_main(EFI_HANDLE self, EFI_SYSTEM_TABLE *system_table)
{
	UINT8 *code;
	UINT64 *root;
	UINTN cr3;

	initialize(self, system_table);
	if (!cpu_has_la57()) {
		Print(L"la57: this CPU has no 5-level paging\n");
		leave_qemu(0x20);
	}
	code = page_below_4g(EfiLoaderCode);
	CopyMem(code, la57_switch, la57_switch_end - la57_switch);
	root = (UINT64 *)page_below_4g(EfiBootServicesData);
	__asm__ volatile("mov %%cr3, %0" : "=r"(cr3));
	root[0] = (cr3 & ~0xfffUL) | 3; /* present, writable: the old top level becomes the second */
	((void (*)(UINT32))code)((UINT32)(UINTN)root);
	Print(L"la57: 5-level paging is %a\n", read_cr4() & CR4_LA57 ? "on" : "off");
	Print(L"la57: the loader returned %r\n", start_loader(self, own_volume(self), NULL));
	leave_qemu(0x20);
}
