/* SPDX-License-Identifier: BSD-2-Clause */
/* What the EFI test programs share: they prepare the firmware, then start the loader from their own volume. */
#ifndef TEST_BOOT_EFI_CHAIN_H
#define TEST_BOOT_EFI_CHAIN_H

#include <efi.h>
#include <efilib.h>

/*
 * The first call of each program. gnu-efi's library uses SSE, which U-Boot leaves switched off: it is on from here,
 * except while the loader runs, which must do without.
 */
void initialize(EFI_HANDLE self, EFI_SYSTEM_TABLE *system_table);

/* Ends QEMU with status (value << 1) | 1 through isa-debug-exit; 0x10 means success. */
_Noreturn void leave_qemu(UINT32 value);

/* The volume that this program was started from. Ends QEMU when there is none. */
EFI_HANDLE own_volume(EFI_HANDLE self);

/*
 * LoadImage and StartImage of \EFI\mapbridge\BOOTX64.EFI on `volume`, with `options` (NULL: none) as its load options.
 * Returns what StartImage returned; ends QEMU when the image cannot be loaded, because then the test is broken.
 */
EFI_STATUS start_loader(EFI_HANDLE self, EFI_HANDLE volume, CHAR16 *options);

/* The two halves of it, for programs that change something in between. */
EFI_HANDLE load_loader(EFI_HANDLE self, EFI_HANDLE volume, CHAR16 *options);
EFI_STATUS run_loader(EFI_HANDLE loader);

/* The memory map in pool memory that the caller frees; ends QEMU when there is no memory. */
struct memory_map {
	UINT8 *descriptors;
	UINTN count, stride;
};
struct memory_map get_memory_map(void);
#define MEMORY_DESCRIPTOR(map, index) ((EFI_MEMORY_DESCRIPTOR *)((map).descriptors + (index) * (map).stride))

#endif
