/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starts the loader for every entry \loader\entries\bad-*.conf, twice each, and reports what the second run left
 * behind: the first one may make the firmware allocate what it keeps (drivers, caches), the second one must not.
 */
#include "chain.h"

#define MAX_CASES 100
#define NAME_LENGTH 80

static CHAR16 names[MAX_CASES][NAME_LENGTH];

static UINTN insert_sorted(UINTN count, const CHAR16 *name)
{
	UINTN place = count;

	for (; place > 0 && StriCmp(names[place - 1], name) > 0; place--)
		StrCpy(names[place], names[place - 1]);
	StrCpy(names[place], name);
	return count + 1;
}

static UINTN find_cases(EFI_HANDLE volume)
{
	EFI_FILE *root = LibOpenRoot(volume), *folder;
	static union {
		EFI_FILE_INFO info;
		UINT8 bytes[sizeof(EFI_FILE_INFO) + 2 * 256]; /* with the longest name that FAT has */
	} entry;
	UINTN count = 0, size;

	if (!root || root->Open(root, &folder, L"\\loader\\entries", EFI_FILE_MODE_READ, 0)) {
		Print(L"caller: no \\loader\\entries on this volume\n");
		leave_qemu(0x20);
	}
	for (;;) {
		size = sizeof(entry);
		if (folder->Read(folder, &size, &entry) || !size)
			break;
		if (!MetaiMatch(entry.info.FileName, L"bad-*.conf"))
			continue;
		if (count == MAX_CASES || StrLen(entry.info.FileName) >= NAME_LENGTH) {
			Print(L"caller: too many cases, or the name %s is too long\n", entry.info.FileName);
			leave_qemu(0x20);
		}
		count = insert_sorted(count, entry.info.FileName);
	}
	folder->Close(folder);
	root->Close(root);
	return count;
}

static UINT64 free_pages(void)
{
	struct memory_map map = get_memory_map();
	UINT64 pages = 0;

	for (UINTN i = 0; i < map.count; i++)
		if (MEMORY_DESCRIPTOR(map, i)->Type == EfiConventionalMemory)
			pages += MEMORY_DESCRIPTOR(map, i)->NumberOfPages;
	FreePool(map.descriptors);
	return pages;
}

static UINTN count_handles(void)
{
	EFI_HANDLE *handles;
	UINTN count = 0;

	if (!LibLocateHandle(AllHandles, NULL, NULL, &count, &handles))
		FreePool(handles);
	return count;
}

/* The loader waits for a key with its list shown: seconds go by at once. */
static EFI_STATUS EFIAPI no_stall(UINTN microseconds)
{
	(void)microseconds;
	return EFI_SUCCESS;
}

EFI_STATUS efi_main(EFI_HANDLE self, EFI_SYSTEM_TABLE *system_table)
{
	EFI_HANDLE volume;
	UINTN count;

	initialize(self, system_table);
	volume = own_volume(self);
	count = find_cases(volume);
	BS->Stall = no_stall;
	for (UINTN i = 0; i < count; i++) {
		UINT64 pages = 0;
		UINTN handles = 0;
		EFI_STATUS status = EFI_SUCCESS;

		for (int run = 1; run <= 2; run++) {
			Print(L"CASE %s run %d\n", names[i], run);
			pages = free_pages();
			handles = count_handles();
			status = start_loader(self, volume, names[i]);
		}
		Print(L"CASE %s returned %r leaked %ld pages %ld handles\n", names[i], status, pages - free_pages(),
		      count_handles() - handles);
	}
	Print(L"caller: %ld cases\n", count);
	leave_qemu(count ? 0x10 : 0x20);
}
