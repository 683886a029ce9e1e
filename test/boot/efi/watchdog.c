/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Arms the watchdog as the firmware does for each boot option, only for a second instead of five minutes (UEFI 2.10,
 * section 7.5); then the loader, which must have switched it off when reading takes longer.
 */
#include "chain.h"

#define SECONDS 1

EFI_STATUS efi_main(EFI_HANDLE self, EFI_SYSTEM_TABLE *system_table)
{
	EFI_HANDLE loader;

	initialize(self, system_table);
	loader = load_loader(self, own_volume(self), NULL);
	if (BS->SetWatchdogTimer(SECONDS, 0x10000, 0, NULL))
		leave_qemu(0x20);
	Print(L"watchdog: armed for %d second\n", SECONDS);
	Print(L"watchdog: the loader returned %r\n", run_loader(loader));
	leave_qemu(0x20);
}
