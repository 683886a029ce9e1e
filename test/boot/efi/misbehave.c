/* SPDX-License-Identifier: BSD-2-Clause */
/* Ends a run in the way that \misbehave.txt names, so that the tests of scripts/qemu know how each end looks. */
#include "chain.h"

static char way(EFI_HANDLE self)
{
	EFI_FILE *root = LibOpenRoot(own_volume(self)), *file;
	UINTN size = 1;
	char first = 0;

	if (root && !root->Open(root, &file, L"\\misbehave.txt", EFI_FILE_MODE_READ, 0))
		file->Read(file, &size, &first);
	return first;
}

EFI_STATUS efi_main(EFI_HANDLE self, EFI_SYSTEM_TABLE *system_table)
{
	static const struct {
		UINT16 limit;
		UINT64 base;
	} __attribute__((packed)) no_idt = {0, 0};
	static volatile UINT8 data = 0xc3; /* a ret */

	initialize(self, system_table);
	switch (way(self)) {
	case 's': /* of the bench: a loader that does nothing */
		leave_qemu(0x10);
	case 'f':
		leave_qemu(0x11);
	case 't':
		__asm__ volatile("lidt %0\n\tud2" : : "m"(no_idt));
		break;
	case 'r':
		Print(L"mapbridge: error: a stand-in refuses\nmapbridge: back to the firmware\n");
		return EFI_LOAD_ERROR;
	case 'x': /* these two end in nothing but an exception where W^X is enforced */
		((void (*)(void))(UINTN)&data)();
		leave_qemu(0x11);
	case 'w':
		*(volatile UINT8 *)(UINTN)efi_main = data;
		leave_qemu(0x11);
	case 'h':
		for (;;)
			__asm__ volatile("hlt");
	}
	Print(L"misbehave: \\misbehave.txt names no way to end\n");
	leave_qemu(0x20);
}
