/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Firmware whose map changes while boot services end: ExitBootServices fails FAILURES times, each time because it took
 * memory as ACPI NVS. What the UEFI specification forbids after the first failure is watched on COM1, and when the
 * loader gives up and resets the machine, that is told there.
 */
#include "chain.h"

#ifndef FAILURES
#define FAILURES 3
#endif
#define PAGES 1024 /* more than the firmware has put by for this type */
#define COM1 0x3f8

static EFI_EXIT_BOOT_SERVICES real_exit;
static EFI_ALLOCATE_PAGES real_allocate_pages;
static EFI_GET_MEMORY_MAP real_get_memory_map;
static EFI_RESET_SYSTEM real_reset;
static BOOLEAN map_is_last_call;
static UINTN calls;
static BOOLEAN in_firmware; /* what its own handlers call is not the loader's */

/* The console is a boot service too. */
static void say(const char *text)
{
	for (; *text; text++) {
		UINT8 status;

		do
			__asm__ volatile("inb %w1, %0" : "=a"(status) : "Nd"(COM1 + 5));
		while (!(status & 0x20));
		__asm__ volatile("outb %0, %w1" : : "a"(*text), "Nd"(COM1));
	}
}

static EFI_STATUS EFIAPI watched_get_memory_map(UINTN *size, EFI_MEMORY_DESCRIPTOR *map, UINTN *key, UINTN *stride,
						UINT32 *version)
{
	map_is_last_call = TRUE;
	return real_get_memory_map(size, map, key, stride, version);
}

static EFI_STATUS EFIAPI stubborn_exit(EFI_HANDLE image, UINTN key)
{
	EFI_PHYSICAL_ADDRESS page;
	EFI_STATUS status;

	if (!map_is_last_call)
		say("stubborn: FAIL something was called between GetMemoryMap and ExitBootServices\r\n");
	if (calls++ == FAILURES) {
		calls = 0;
		in_firmware = TRUE;
		RT->ResetSystem = real_reset;
		return real_exit(image, key);
	}
	real_allocate_pages(AllocateAnyPages, EfiACPIMemoryNVS, PAGES, &page);
	map_is_last_call = FALSE;
	in_firmware = TRUE;
	status = real_exit(image, key); /* of a map that is no longer true: half of the firmware ends */
	in_firmware = FALSE;
	return status;
}

static EFI_STATUS EFIAPI told_reset(EFI_RESET_TYPE type, EFI_STATUS status, UINTN size, CHAR16 *data)
{
	char number[] = "  ";

	number[0] = (char)('0' + calls / 10 % 10);
	number[1] = (char)('0' + calls % 10);
	say(type == EfiResetCold && EFI_ERROR(status) ? "stubborn: a cold reset because of an error, after "
						      : "stubborn: FAIL another reset, after ");
	say(number);
	say(" calls of ExitBootServices\r\n");
	return real_reset(type, status, size, data);
}

static void forbidden(const char *name)
{
	if (in_firmware)
		return;
	map_is_last_call = FALSE;
	if (calls) {
		say("stubborn: FAIL called after a failed ExitBootServices: ");
		say(name);
		say("\r\n");
	}
}

static EFI_ALLOCATE_POOL real_allocate_pool;
static EFI_FREE_POOL real_free_pool;
static EFI_FREE_PAGES real_free_pages;
static EFI_TEXT_OUTPUT_STRING real_output;
static EFI_STALL real_stall;

static EFI_STATUS EFIAPI watched_allocate_pages(EFI_ALLOCATE_TYPE kind, EFI_MEMORY_TYPE type, UINTN pages,
						EFI_PHYSICAL_ADDRESS *base)
{
	forbidden("AllocatePages");
	return real_allocate_pages(kind, type, pages, base);
}

static EFI_STATUS EFIAPI watched_free_pages(EFI_PHYSICAL_ADDRESS base, UINTN pages)
{
	forbidden("FreePages");
	return real_free_pages(base, pages);
}

static EFI_STATUS EFIAPI watched_allocate_pool(EFI_MEMORY_TYPE type, UINTN size, VOID **memory)
{
	forbidden("AllocatePool");
	return real_allocate_pool(type, size, memory);
}

static EFI_STATUS EFIAPI watched_free_pool(VOID *memory)
{
	forbidden("FreePool");
	return real_free_pool(memory);
}

static EFI_STATUS EFIAPI watched_stall(UINTN microseconds)
{
	forbidden("Stall");
	return real_stall(microseconds);
}

static EFI_STATUS EFIAPI watched_output(SIMPLE_TEXT_OUTPUT_INTERFACE *self, CHAR16 *text)
{
	forbidden("OutputString");
	return real_output(self, text);
}

#define HOOK(table, service, real, own) ((real) = (table)->service, (table)->service = (own))

EFI_STATUS efi_main(EFI_HANDLE self, EFI_SYSTEM_TABLE *system_table)
{
	initialize(self, system_table);
	HOOK(BS, ExitBootServices, real_exit, stubborn_exit);
	HOOK(RT, ResetSystem, real_reset, told_reset);
	HOOK(BS, GetMemoryMap, real_get_memory_map, watched_get_memory_map);
	HOOK(BS, AllocatePages, real_allocate_pages, watched_allocate_pages);
	HOOK(BS, FreePages, real_free_pages, watched_free_pages);
	HOOK(BS, AllocatePool, real_allocate_pool, watched_allocate_pool);
	HOOK(BS, FreePool, real_free_pool, watched_free_pool);
	HOOK(BS, Stall, real_stall, watched_stall);
	HOOK(system_table->ConOut, OutputString, real_output, watched_output);
	Print(L"stubborn: the loader returned %r\n", start_loader(self, own_volume(self), NULL));
	leave_qemu(0x20);
}
