/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Firmware that enforces W^X: an image's sections get what their headers ask for and nothing more, free memory and data
 * are not executable, and EFI_MEMORY_ATTRIBUTE_PROTOCOL (UEFI 2.10, section 37.7) is there for who needs more. No
 * firmware of Debian 12 does that, so it is done here, in the firmware's own page tables; then the loader.
 */
#include "chain.h"

#define PRESENT 1ULL
#define WRITE 2ULL
#define USER 4ULL
#define LARGE 0x80ULL
#define NO_EXECUTE (1ULL << 63)
#define ADDRESS 0x000ffffffffff000ULL
#define CR0_WP (1ULL << 16)
#define CR4_LA57 (1ULL << 12)
#define MSR_EFER 0xc0000080
#define EFER_NXE 0x800
#define TABLES 512 /* pages for tables that large pages are split into */

#define EFI_MEMORY_XP_ATTRIBUTE 0x4000ULL
#define EFI_MEMORY_RO_ATTRIBUTE 0x20000ULL

/* Microsoft's PE format specification: offsets from the signature, and in a section header */
#define PE_SECTIONS 6
#define PE_OPTIONAL_SIZE 20
#define PE_OPTIONAL 24
#define PE_NX_COMPAT_AT (PE_OPTIONAL + 70)
#define PE_NX_COMPAT 0x100
#define SECTION_HEADER 40
#define SECTION_EXECUTE 0x20000000
#define SECTION_WRITE 0x80000000

static EFI_PHYSICAL_ADDRESS tables;
static UINTN tables_used;

static void fail(const CHAR16 *what, UINT64 value)
{
	Print(L"strict_wx: FAIL %s 0x%lx\n", what, value);
	leave_qemu(0x20);
}

static UINTN read_cr0(void)
{
	UINTN value;

	__asm__ volatile("mov %%cr0, %0" : "=r"(value));
	return value;
}

static void write_cr0(UINTN value)
{
	__asm__ volatile("mov %0, %%cr0" : : "r"(value) : "memory");
}

static void split(UINT64 *entry, UINT64 size)
{
	UINT64 *table = (UINT64 *)(UINTN)(tables + tables_used * EFI_PAGE_SIZE);
	UINT64 first = *entry & ~(size == 1ULL << 21 ? LARGE : 0);

	if (tables_used++ == TABLES)
		fail(L"more page tables are needed than", TABLES);
	for (UINTN i = 0; i < 512; i++)
		table[i] = first + i * (size / 512);
	*entry = (UINT64)(UINTN)table | PRESENT | WRITE | USER;
}

/* Changes the largest page at address that fits; how many bytes that was. */
static UINT64 change_page(UINT64 address, UINT64 bytes, UINT64 set, UINT64 clear)
{
	UINT64 cr3, cr4, size, *entry, *table;
	unsigned shift;

	__asm__ volatile("mov %%cr3, %0" : "=r"(cr3));
	__asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
	table = (UINT64 *)(UINTN)(cr3 & ADDRESS);
	for (shift = cr4 & CR4_LA57 ? 48 : 39;; shift -= 9) {
		entry = &table[address >> shift & 511];
		size = 1ULL << shift;
		if (!(*entry & PRESENT))
			fail(L"not mapped:", address);
		if (shift != 12 && (*entry & LARGE) && (bytes < size || (address & (size - 1))))
			split(entry, size);
		if (shift == 12 || (*entry & LARGE))
			break;
		*entry = (*entry | WRITE) & ~NO_EXECUTE; /* the last level decides */
		table = (UINT64 *)(UINTN)(*entry & ADDRESS);
	}
	*entry = (*entry | set) & ~clear;
	return size;
}

static void change(UINT64 address, UINT64 bytes, UINT64 set, UINT64 clear)
{
	UINTN cr0 = read_cr0();

	write_cr0(cr0 & ~CR0_WP); /* firmware protects its page tables, too */
	for (UINT64 done = 0; done < bytes;)
		done += change_page(address + done, bytes - done, set, clear);
	__asm__ volatile("mov %%cr3, %%rax\n\tmov %%rax, %%cr3" : : : "rax", "memory");
	write_cr0(cr0);
}

struct attribute_protocol {
	EFI_STATUS(EFIAPI *get)(struct attribute_protocol *self, EFI_PHYSICAL_ADDRESS base, UINT64 length, UINT64 *bits);
	EFI_STATUS(EFIAPI *set)(struct attribute_protocol *self, EFI_PHYSICAL_ADDRESS base, UINT64 length, UINT64 bits);
	EFI_STATUS(EFIAPI *clear)(struct attribute_protocol *self, EFI_PHYSICAL_ADDRESS base, UINT64 length, UINT64 bits);
};

static BOOLEAN bad_request(EFI_PHYSICAL_ADDRESS base, UINT64 length, UINT64 bits)
{
	return !length || ((base | length) & (EFI_PAGE_SIZE - 1)) || !bits ||
	       (bits & ~(EFI_MEMORY_XP_ATTRIBUTE | EFI_MEMORY_RO_ATTRIBUTE));
}

static EFI_STATUS EFIAPI get_attributes(struct attribute_protocol *self, EFI_PHYSICAL_ADDRESS base, UINT64 length,
					UINT64 *bits)
{
	(void)self, (void)base, (void)length, (void)bits;
	return EFI_UNSUPPORTED;
}

static EFI_STATUS EFIAPI set_attributes(struct attribute_protocol *self, EFI_PHYSICAL_ADDRESS base, UINT64 length,
					UINT64 bits)
{
	(void)self;
	if (bad_request(base, length, bits))
		return EFI_INVALID_PARAMETER;
	change(base, length, bits & EFI_MEMORY_XP_ATTRIBUTE ? NO_EXECUTE : 0, bits & EFI_MEMORY_RO_ATTRIBUTE ? WRITE : 0);
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI clear_attributes(struct attribute_protocol *self, EFI_PHYSICAL_ADDRESS base, UINT64 length,
					  UINT64 bits)
{
	(void)self;
	if (bad_request(base, length, bits))
		return EFI_INVALID_PARAMETER;
	change(base, length, bits & EFI_MEMORY_RO_ATTRIBUTE ? WRITE : 0, bits & EFI_MEMORY_XP_ATTRIBUTE ? NO_EXECUTE : 0);
	return EFI_SUCCESS;
}

static UINT32 number(const UINT8 *at, unsigned bytes)
{
	UINT32 value = 0;

	while (bytes--)
		value = value << 8 | at[bytes];
	return value;
}

static void protect_image(EFI_HANDLE handle)
{
	EFI_LOADED_IMAGE *image;
	UINT8 *base, *pe, *section;

	if (BS->HandleProtocol(handle, &LoadedImageProtocol, (void **)&image))
		fail(L"no loaded image", 0);
	base = image->ImageBase;
	pe = base + number(base + 0x3c, 4);
	section = pe + PE_OPTIONAL + number(pe + PE_OPTIONAL_SIZE, 2);
	Print(L"strict_wx: the image is %smade for it (NX_COMPAT)\n",
	      number(pe + PE_NX_COMPAT_AT, 2) & PE_NX_COMPAT ? L"" : L"not ");
	change((UINTN)base, (image->ImageSize + EFI_PAGE_SIZE - 1) & ~(UINT64)(EFI_PAGE_SIZE - 1), NO_EXECUTE, WRITE);
	for (UINTN i = number(pe + PE_SECTIONS, 2); i > 0; i--, section += SECTION_HEADER) {
		UINT32 size = number(section + 8, 4), start = number(section + 12, 4), flags = number(section + 36, 4);

		if (start & (EFI_PAGE_SIZE - 1))
			fail(L"a section begins at", start);
		if ((flags & SECTION_EXECUTE) && (flags & SECTION_WRITE))
			fail(L"a section is writable and executable:", flags);
		size = (size + EFI_PAGE_SIZE - 1) & ~(UINT32)(EFI_PAGE_SIZE - 1);
		change((UINTN)base + start, size, flags & SECTION_WRITE ? WRITE : 0, flags & SECTION_EXECUTE ? NO_EXECUTE : 0);
	}
}

static UINT64 protect_memory(void)
{
	struct memory_map map = get_memory_map();
	UINT64 pages = 0;

	for (UINTN i = 0; i < map.count; i++) {
		const EFI_MEMORY_DESCRIPTOR *descriptor = MEMORY_DESCRIPTOR(map, i);

		if (descriptor->Type != EfiConventionalMemory && descriptor->Type != EfiLoaderData &&
		    descriptor->Type != EfiBootServicesData)
			continue;
		change(descriptor->PhysicalStart, descriptor->NumberOfPages * EFI_PAGE_SIZE, NO_EXECUTE, 0);
		pages += descriptor->NumberOfPages;
	}
	FreePool(map.descriptors);
	return pages;
}

EFI_STATUS efi_main(EFI_HANDLE self, EFI_SYSTEM_TABLE *system_table)
{
	static struct attribute_protocol protocol = { get_attributes, set_attributes, clear_attributes };
	EFI_GUID guid = { 0xf4560cf6, 0x40ec, 0x4b4a, { 0xa1, 0x92, 0xbf, 0x1d, 0x57, 0xd0, 0xb1, 0x89 } };
	EFI_HANDLE loader, handle = NULL;
	UINT32 low, high;

	initialize(self, system_table);
	if (BS->AllocatePages(AllocateAnyPages, EfiBootServicesData, TABLES, &tables) ||
	    BS->InstallProtocolInterface(&handle, &guid, EFI_NATIVE_INTERFACE, &protocol))
		fail(L"no memory", 0);
	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(MSR_EFER));
	__asm__ volatile("wrmsr" : : "a"(low | EFER_NXE), "d"(high), "c"(MSR_EFER));
	loader = load_loader(self, own_volume(self), NULL);
	Print(L"strict_wx: %ld pages cannot execute\n", protect_memory());
	protect_image(loader);
	write_cr0(read_cr0() | CR0_WP);
	Print(L"strict_wx: the loader returned %r\n", run_loader(loader));
	leave_qemu(0x20);
}
