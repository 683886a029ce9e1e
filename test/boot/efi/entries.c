/* SPDX-License-Identifier: BSD-2-Clause */
/* An entry of the loader's list: prints the list as LoaderEntries has it, a line each. */
#include "chain.h"

#define UNITS 4096

static EFI_GUID loader_guid = { 0x4a67b082, 0x0a4c, 0x41cf, { 0xb6, 0xc7, 0x44, 0x0b, 0x29, 0xbb, 0x8c, 0x4f } };

EFI_STATUS efi_main(EFI_HANDLE self, EFI_SYSTEM_TABLE *system_table)
{
	static CHAR16 value[UNITS + 1];
	UINTN size = UNITS * sizeof(*value);
	EFI_STATUS status;

	initialize(self, system_table);
	status = RT->GetVariable(L"LoaderEntries", &loader_guid, NULL, &size, value);
	if (status) {
		Print(L"entries: LoaderEntries cannot be read (%r)\n", status);
		leave_qemu(0x20);
	}
	for (UINTN i = 0; i < size / sizeof(*value); i += StrLen(value + i) + 1)
		Print(L"\nentry: %s\n", value + i);
	leave_qemu(0x10);
}
