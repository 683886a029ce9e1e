/* SPDX-License-Identifier: BSD-2-Clause */
/* What firmware gets wrong in its map, and what people take for lost memory. */
#include "check.h"
#include "file_printer.h"
#include "sizes.h"

#include <stdio.h>
#include <stdlib.h>

#define X(value) ((unsigned long long)(value))

#define KNOWN_ATTRIBUTES                                                                                         \
	(EFI_ATTRIBUTE_UC | EFI_ATTRIBUTE_WC | EFI_ATTRIBUTE_WT | EFI_ATTRIBUTE_WB | EFI_ATTRIBUTE_UCE |          \
	 EFI_ATTRIBUTE_WP | EFI_ATTRIBUTE_RP | EFI_ATTRIBUTE_XP | EFI_ATTRIBUTE_NV | EFI_ATTRIBUTE_MORE_RELIABLE | \
	 EFI_ATTRIBUTE_RO | EFI_ATTRIBUTE_SP | EFI_ATTRIBUTE_CPU_CRYPTO | EFI_ATTRIBUTE_RUNTIME)

/* Since 6.2 Linux takes MMIO of at least this size that is marked RUNTIME out of its e820 map. */
#define REMOVED_MMIO (UINT64_C(256) << 10)

static void print_found(void *context, const struct efi_finding *found)
{
	fputs("finding: ", stdout);
	efi_finding_print(context, found, &standard_output);
}

static size_t check_descriptors(const struct map_source *source)
{
	struct efi_memmap map = map_source_efi(source);
	size_t size = efi_memmap_check_scratch_size(source->nr_efi);
	void *scratch = size == SIZE_MAX ? NULL : malloc(size ? size : 1);
	long found = scratch ? efi_memmap_check(&map, scratch, size, print_found, &map) : MM_ENOMEM;

	free(scratch);
	if (found >= 0)
		return (size_t)found;
	finding("%zu descriptors are more than there is memory to check", source->nr_efi);
	return 1;
}

static void descriptor_finding(size_t index, const struct efi_memory_desc *desc, const char *text)
{
	finding("descriptor %zu (%s, %llu page%s at 0x%llx) %s", index, efi_memory_type_name(desc->type),
		X(desc->num_pages), desc->num_pages == 1 ? "" : "s", X(desc->phys_addr), text);
}

static bool is_runtime(uint32_t type)
{
	return type == EFI_RUNTIME_SERVICES_CODE || type == EFI_RUNTIME_SERVICES_DATA;
}

static size_t check_attributes(size_t index, const struct efi_memory_desc *desc)
{
	uint32_t e820 = efi_to_e820_type(desc, E820_POLICY_ACPI);
	bool runtime = desc->attribute & EFI_ATTRIBUTE_RUNTIME;
	size_t found = 0;

	if (desc->num_pages == 0)
		return 0;
	if (is_runtime(desc->type) && !runtime) {
		descriptor_finding(index, desc, "is for runtime services, but is not marked RUNTIME: an operating "
						"system does not map it, and the services crash that need it");
		found++;
	}
	if (runtime && (e820 == E820_TYPE_RAM || e820 == E820_TYPE_ACPI)) {
		descriptor_finding(index, desc, "is marked RUNTIME although the operating system may take it");
		found++;
	}
	if (e820 == E820_TYPE_RAM && !(desc->attribute & EFI_ATTRIBUTE_WB)) {
		descriptor_finding(index, desc, "is usable memory that cannot be cached (no WB)");
		found++;
	}
	if (desc->attribute & ~KNOWN_ATTRIBUTES)
		remark("descriptor %zu has attribute bits 0x%llx, which the UEFI specification does not define", index,
		       X(desc->attribute & ~KNOWN_ATTRIBUTES));
	return found;
}

static void remark_sum(byte_sum bytes, const char *text)
{
	char exact[SIZE_TEXT_MAX], binary[SIZE_TEXT_MAX];

	if (bytes)
		remark("%s (%s bytes) %s", binary_text(bytes, binary), bytes_text(bytes, exact), text);
}

size_t check_efi(const struct map_source *source)
{
	byte_sum unaccepted = 0, special = 0, removed = 0, unusable = 0, persistent = 0;
	size_t found = source->nr_efi ? check_descriptors(source) : 0;

	for (size_t i = 0; i < source->nr_efi; i++) {
		const struct efi_memory_desc *desc = &source->efi[i];
		byte_sum bytes = (byte_sum)desc->num_pages << MM_PAGE_SHIFT;

		found += check_attributes(i, desc);
		if (desc->type == EFI_UNACCEPTED_MEMORY)
			unaccepted += bytes;
		if (efi_to_e820_type(desc, E820_POLICY_LINUX) == E820_TYPE_SOFT_RESERVED)
			special += bytes;
		if (desc->type == EFI_UNUSABLE_MEMORY)
			unusable += bytes;
		if (desc->type == EFI_PERSISTENT_MEMORY)
			persistent += bytes;
		if (desc->type == EFI_MEMORY_MAPPED_IO && desc->attribute & EFI_ATTRIBUTE_RUNTIME &&
		    bytes >= REMOVED_MMIO)
			removed += bytes;
	}
	remark_sum(unaccepted, "is unaccepted memory: a guest must accept it before use, and a loader that does not "
			       "know it calls it reserved");
	remark_sum(special, "has the attribute SP: Linux keeps it for drivers as \"soft reserved\"; "
			    "efi=nosoftreserve makes it usable");
	remark_sum(unusable, "is unusable memory: the firmware found errors in it");
	remark_sum(persistent, "is persistent memory (NVDIMM), which is no RAM");
	remark_sum(removed, "is memory-mapped I/O in large ranges marked RUNTIME: Linux since 6.2 takes it out of its "
			    "e820 map");
	return found;
}
