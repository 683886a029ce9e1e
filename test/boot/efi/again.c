/* SPDX-License-Identifier: BSD-2-Clause */
/* A program that an entry names and that starts the loader again, as shim, a shell's script or another boot manager may do. */
#include "chain.h"

EFI_STATUS efi_main(EFI_HANDLE self, EFI_SYSTEM_TABLE *system_table)
{
	initialize(self, system_table);
	Print(L"again: starting the loader\n");
	return start_loader(self, own_volume(self), NULL);
}
