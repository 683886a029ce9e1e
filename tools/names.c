/* SPDX-License-Identifier: BSD-2-Clause */
#include "names.h"

#include <mm/efi_memmap.h>

static const char *const type_names[EFI_MAX_MEMORY_TYPE][NAMINGS] = {
	[EFI_RESERVED_TYPE] = { "Reserved", "Reserved", "reserved", "reserved", "Reserved" },
	[EFI_LOADER_CODE] = { "Loader Code", "LoaderCode", "ldr-code", "LoaderCode", "LoaderCode" },
	[EFI_LOADER_DATA] = { "Loader Data", "LoaderData", "ldr-data", "LoaderData", "LoaderData" },
	[EFI_BOOT_SERVICES_CODE] = { "Boot Code", "BS_Code", "BS-code", "BS_code", "BootServicesCode" },
	[EFI_BOOT_SERVICES_DATA] = { "Boot Data", "BS_Data", "BS-data", "BS_data", "BootServicesData" },
	[EFI_RUNTIME_SERVICES_CODE] = { "Runtime Code", "RT_Code", "RT-code", "RT_code", "RuntimeServicesCode" },
	[EFI_RUNTIME_SERVICES_DATA] = { "Runtime Data", "RT_Data", "RT-data", "RT_data", "RuntimeServicesData" },
	[EFI_CONVENTIONAL_MEMORY] = { "Conventional Memory", "Available", "conv-mem", "available", "ConventionalMemory" },
	[EFI_UNUSABLE_MEMORY] = { "Unusable Memory", "Unusable", "unusable", "unusable", "UnusableMemory" },
	[EFI_ACPI_RECLAIM_MEMORY] = { "ACPI Reclaim Memory", "ACPI_Recl", "ACPI-rec", "ACPI_recl", "ACPIReclaimMemory" },
	[EFI_ACPI_MEMORY_NVS] = { "ACPI Memory NVS", "ACPI_NVS", "ACPI-nvs", "ACPI_nvs", "ACPIMemoryNVS" },
	[EFI_MEMORY_MAPPED_IO] = { "Memory Mapped I/O", "MMIO", "MMIO", "MemMapIO", "MemoryMappedIO" },
	[EFI_MEMORY_MAPPED_IO_PORT_SPACE] = { "MMIO Port Space", "MMIO_Port", "IO-ports", "MemPortIO", "MemoryMappedIOPortSpace" },
	[EFI_PAL_CODE] = { "PAL Code", "PalCode", "PAL-code", "PAL_code", "PalCode" },
	[EFI_PERSISTENT_MEMORY] = { "Persistent Memory", "Persistent", "persist", "persistent", "PersistentMemory" },
	[EFI_UNACCEPTED_MEMORY] = { "Unaccepted", "Unaccepted", "unaccept", "unaccepted", "UnacceptedMemory" },
};

static const struct {
	const char *name;
	uint64_t bit;
} attribute_names[] = {
	/* what most descriptors have comes first */
	{ "WB", EFI_ATTRIBUTE_WB },	      { "WT", EFI_ATTRIBUTE_WT },
	{ "WC", EFI_ATTRIBUTE_WC },	      { "UC", EFI_ATTRIBUTE_UC },
	{ "RUN", EFI_ATTRIBUTE_RUNTIME },     { "RT", EFI_ATTRIBUTE_RUNTIME },
	{ "RUNTIME", EFI_ATTRIBUTE_RUNTIME }, { "XP", EFI_ATTRIBUTE_XP },
	{ "RP", EFI_ATTRIBUTE_RP },	      { "WP", EFI_ATTRIBUTE_WP },
	{ "RO", EFI_ATTRIBUTE_RO },	      { "UCE", EFI_ATTRIBUTE_UCE },
	{ "MR", EFI_ATTRIBUTE_MORE_RELIABLE }, { "MORE_RELIABLE", EFI_ATTRIBUTE_MORE_RELIABLE },
	{ "CC", EFI_ATTRIBUTE_CPU_CRYPTO },   { "CRYPTO", EFI_ATTRIBUTE_CPU_CRYPTO },
	{ "SP", EFI_ATTRIBUTE_SP },	      { "NV", EFI_ATTRIBUTE_NV },
	{ "CRY", EFI_ATTRIBUTE_CPU_CRYPTO },  { "UNCACHEABLE", EFI_ATTRIBUTE_UC },
	{ "WRITE_COMBINE", EFI_ATTRIBUTE_WC }, { "WRITE_THROUGH", EFI_ATTRIBUTE_WT },
	{ "WRITE_BACK", EFI_ATTRIBUTE_WB },   { "UNCACHABLE_EXPORTED", EFI_ATTRIBUTE_UCE },
	{ "WRITE_PROTECT", EFI_ATTRIBUTE_WP }, { "READ_PROTECT", EFI_ATTRIBUTE_RP },
	{ "EXECUTE_PROTECT", EFI_ATTRIBUTE_XP }, { "NON_VOLATILE", EFI_ATTRIBUTE_NV },
	{ "READ_ONLY", EFI_ATTRIBUTE_RO },    { "SPECIAL_PURPOSE", EFI_ATTRIBUTE_SP },
	{ "CPU_CRYPTO", EFI_ATTRIBUTE_CPU_CRYPTO },
};

bool efi_type_named(const struct text *name, enum naming naming, uint32_t *type)
{
	for (uint32_t i = 0; i < EFI_MAX_MEMORY_TYPE; i++)
		if (text_equals(name, naming == NAMING_LINUX ? efi_memory_type_linux_name(i) : type_names[i][naming])) {
			*type = i;
			return true;
		}
	return false;
}

bool efi_attribute_named(const struct text *name, uint64_t *attribute)
{
	for (size_t i = 0; i < MM_ARRAY_COUNT(attribute_names); i++)
		if (text_equals(name, attribute_names[i].name)) {
			*attribute |= attribute_names[i].bit;
			return true;
		}
	return false;
}
