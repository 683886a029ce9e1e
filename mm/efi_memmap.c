/* SPDX-License-Identifier: BSD-2-Clause */
#include <mm/efi_memmap.h>

size_t efi_memmap_count(const struct efi_memmap *map)
{
	return map->buffer && map->desc_size >= sizeof(struct efi_memory_desc) ? map->size / map->desc_size : 0;
}

bool efi_memmap_get(const struct efi_memmap *map, size_t index, struct efi_memory_desc *desc)
{
	size_t end;

	/* no division: it is called for each descriptor of many maps */
	if (!map->buffer || map->desc_size < sizeof(*desc) || __builtin_add_overflow(index, 1, &end) ||
	    __builtin_mul_overflow(end, map->desc_size, &end) || end > map->size)
		return false;
	__builtin_memcpy(desc, (const unsigned char *)map->buffer + (end - map->desc_size), sizeof(*desc));
	return true;
}

bool efi_memory_desc_end(const struct efi_memory_desc *desc, uint64_t *end)
{
	uint64_t size_less_1, last;

	if (desc->num_pages == 0 || desc->num_pages > UINT64_C(1) << (64 - MM_PAGE_SHIFT))
		return false;
	size_less_1 = ((desc->num_pages - 1) << MM_PAGE_SHIFT) + MM_PAGE_MASK;
	if (__builtin_add_overflow(desc->phys_addr, size_less_1, &last))
		return false;
	*end = last + 1;
	return true;
}

static const struct {
	const char *efi;
	const char *linux_name;
} type_names[EFI_MAX_MEMORY_TYPE] = {
	[EFI_RESERVED_TYPE] = { "EfiReservedMemoryType", "Reserved" },
	[EFI_LOADER_CODE] = { "EfiLoaderCode", "Loader Code" },
	[EFI_LOADER_DATA] = { "EfiLoaderData", "Loader Data" },
	[EFI_BOOT_SERVICES_CODE] = { "EfiBootServicesCode", "Boot Code" },
	[EFI_BOOT_SERVICES_DATA] = { "EfiBootServicesData", "Boot Data" },
	[EFI_RUNTIME_SERVICES_CODE] = { "EfiRuntimeServicesCode", "Runtime Code" },
	[EFI_RUNTIME_SERVICES_DATA] = { "EfiRuntimeServicesData", "Runtime Data" },
	[EFI_CONVENTIONAL_MEMORY] = { "EfiConventionalMemory", "Conventional" },
	[EFI_UNUSABLE_MEMORY] = { "EfiUnusableMemory", "Unusable" },
	[EFI_ACPI_RECLAIM_MEMORY] = { "EfiACPIReclaimMemory", "ACPI Reclaim" },
	[EFI_ACPI_MEMORY_NVS] = { "EfiACPIMemoryNVS", "ACPI Mem NVS" },
	[EFI_MEMORY_MAPPED_IO] = { "EfiMemoryMappedIO", "MMIO" },
	[EFI_MEMORY_MAPPED_IO_PORT_SPACE] = { "EfiMemoryMappedIOPortSpace", "MMIO Port" },
	[EFI_PAL_CODE] = { "EfiPalCode", "PAL Code" },
	[EFI_PERSISTENT_MEMORY] = { "EfiPersistentMemory", "Persistent" },
	[EFI_UNACCEPTED_MEMORY] = { "EfiUnacceptedMemoryType", "Unaccepted" },
};

static const char *range_name(uint32_t type)
{
	return type >= EFI_OS_TYPE_MIN ? "OS type" : type >= EFI_OEM_TYPE_MIN ? "OEM type" : "unknown type";
}

const char *efi_memory_type_name(uint32_t type)
{
	return type < EFI_MAX_MEMORY_TYPE ? type_names[type].efi : range_name(type);
}

const char *efi_memory_type_linux_name(uint32_t type)
{
	return type < EFI_MAX_MEMORY_TYPE ? type_names[type].linux_name : range_name(type);
}

void efi_attribute_print(uint64_t attribute, struct printer *out)
{
	static const struct {
		uint64_t bit;
		const char *name;
		int width;
	} columns[] = {
		{ EFI_ATTRIBUTE_RUNTIME, "RUN", 3 }, { EFI_ATTRIBUTE_MORE_RELIABLE, "MR", 2 },
		{ EFI_ATTRIBUTE_CPU_CRYPTO, "CC", 2 }, { EFI_ATTRIBUTE_SP, "SP", 2 },
		{ EFI_ATTRIBUTE_NV, "NV", 2 }, { EFI_ATTRIBUTE_XP, "XP", 2 },
		{ EFI_ATTRIBUTE_RP, "RP", 2 }, { EFI_ATTRIBUTE_WP, "WP", 2 },
		{ EFI_ATTRIBUTE_RO, "RO", 2 }, { EFI_ATTRIBUTE_UCE, "UCE", 3 },
		{ EFI_ATTRIBUTE_WB, "WB", 2 }, { EFI_ATTRIBUTE_WT, "WT", 2 },
		{ EFI_ATTRIBUTE_WC, "WC", 2 }, { EFI_ATTRIBUTE_UC, "UC", 2 },
	};
	uint64_t unnamed = attribute;

	for (size_t i = 0; i < MM_ARRAY_COUNT(columns); i++)
		unnamed &= ~columns[i].bit;
	if (unnamed) {
		print(out, "|attr=0x%016llx|", (unsigned long long)attribute);
		return;
	}
	for (size_t i = 0; i < MM_ARRAY_COUNT(columns); i++)
		print(out, "|%*s", columns[i].width, attribute & columns[i].bit ? columns[i].name : "");
	print(out, "|");
}
