/* SPDX-License-Identifier: BSD-2-Clause */
/* The address space at the jump. docs/handoff.md tells kernel writers what is mapped, and why. */
#include "plan_internal.h"

#include <mm/efi_to_e820.h>
#include <mm/fixmap.h>

#define FIRST_MIB UINT64_C(0x100000)
#define PHYSICAL_LIMIT (UINT64_C(1) << 52)

/*
 * What an own kernel's e820 map has as RAM or ACPI memory, so not what is kept for one purpose (EFI_MEMORY_SP).
 * Unaccepted memory too: some firmware accepts it in ExitBootServices, and then it is RAM.
 */
static bool is_mapped(const struct efi_memory_desc *desc)
{
	uint32_t type = efi_to_e820_type(desc, E820_POLICY_ACPI);

	return desc->type == EFI_UNACCEPTED_MEMORY || type == E820_TYPE_RAM || type == E820_TYPE_ACPI ||
	       type == E820_TYPE_NVS;
}

static bool is_mmio(uint32_t type)
{
	return type == EFI_MEMORY_MAPPED_IO || type == EFI_MEMORY_MAPPED_IO_PORT_SPACE;
}

/*
 * The pages of a descriptor, rounded as placement does it, so that all that it gives is mapped: RAM inwards, all else
 * outwards. false when there is none that a physical address can name.
 */
static bool desc_pages(const struct efi_memory_desc *desc, uint64_t *base, uint64_t *size)
{
	bool inwards = desc->type == EFI_UNACCEPTED_MEMORY || placement_type(desc) != PLACEMENT_OTHER;
	uint64_t end;

	if (!efi_memory_desc_end(desc, &end) || desc->phys_addr >= PHYSICAL_LIMIT)
		return false;
	if (end == 0 || end > PHYSICAL_LIMIT)
		end = PHYSICAL_LIMIT;
	*base = mm_align_down(desc->phys_addr + (inwards ? MM_PAGE_MASK : 0), MM_PAGE_SIZE);
	end = mm_align_down(end + (inwards ? 0 : MM_PAGE_MASK), MM_PAGE_SIZE);
	*size = end - *base;
	return *base < end;
}

static int map_identity(struct boot_plan *plan, uint64_t base, uint64_t size, uint32_t flags)
{
	return paging_map_set(&plan->page_map, va(base), pa(base), size, flags);
}

enum pass {
	PASS_MEMORY,  /* what is mapped for its type */
	PASS_HOLES,   /* what must not be mapped, where descriptors overlap */
	PASS_RUNTIME, /* what runtime services need, whatever its type */
	PASSES
};

static int map_descriptor(struct boot_plan *plan, const struct efi_memory_desc *desc, enum pass pass)
{
	bool concerned = pass == PASS_RUNTIME ? (desc->attribute & EFI_ATTRIBUTE_RUNTIME) != 0 :
						is_mapped(desc) == (pass == PASS_MEMORY);
	uint64_t base, size;

	if (!concerned || !desc_pages(desc, &base, &size))
		return 0;
	switch (pass) {
	case PASS_MEMORY:
		return map_identity(plan, base, size, PAGING_WRITE);
	case PASS_HOLES:
		return paging_map_clear(&plan->page_map, va(base), size);
	default:
		return map_identity(plan, base, size,
				    PAGING_WRITE | (desc->type == EFI_RUNTIME_SERVICES_CODE ? PAGING_EXECUTE : 0) |
					    (is_mmio(desc->type) ? PAGING_UNCACHED : 0));
	}
}

static int map_firmware(struct boot_plan *plan, const struct efi_memmap *map)
{
	size_t count = efi_memmap_count(map);
	int error = 0;

	for (enum pass pass = PASS_MEMORY; pass < PASSES; pass++) {
		for (size_t i = 0; i < count && !error; i++) {
			struct efi_memory_desc desc;

			efi_memmap_get(map, i, &desc);
			error = map_descriptor(plan, &desc, pass);
		}
	}
	return error;
}

/*
 * Whether one descriptor for runtime services has all of [base, base + size). The one that was found is in *at, where the
 * next search begins: what both tables have in order is found at once.
 */
static bool is_runtime(const struct efi_memmap *map, uint64_t base, uint64_t size, size_t *at)
{
	size_t count = efi_memmap_count(map);

	for (size_t i = 0; i < count; i++, *at = *at + 1 < count ? *at + 1 : 0) {
		struct efi_memory_desc desc;
		uint64_t desc_base, desc_size;

		efi_memmap_get(map, *at, &desc);
		if ((desc.attribute & EFI_ATTRIBUTE_RUNTIME) && placement_type(&desc) == PLACEMENT_OTHER &&
		    desc_pages(&desc, &desc_base, &desc_size) && base >= desc_base && size <= desc_size &&
		    base - desc_base <= desc_size - size)
			return true;
	}
	return false;
}

/*
 * The memory attributes table says which parts of runtime images are code and which are data. It counts only where
 * the map has runtime memory: a wrong one must not take away the right to write what this plan uses.
 */
static int map_attributes(struct boot_plan *plan, const struct efi_memmap *map, const struct efi_memmap *attributes)
{
	size_t count = efi_memmap_count(attributes), at = 0;
	int error = 0;

	for (size_t i = 0; i < count && !error; i++) {
		struct efi_memory_desc desc;
		uint64_t base, size;

		efi_memmap_get(attributes, i, &desc);
		if (desc_pages(&desc, &base, &size) && (desc.attribute & EFI_ATTRIBUTE_RUNTIME) &&
		    (desc.attribute & (EFI_ATTRIBUTE_RO | EFI_ATTRIBUTE_XP)) && is_runtime(map, base, size, &at))
			error = map_identity(plan, base, size,
					     (desc.attribute & EFI_ATTRIBUTE_RO ? 0 : PAGING_WRITE) |
						     (desc.attribute & EFI_ATTRIBUTE_XP ? 0 : PAGING_EXECUTE));
	}
	return error;
}

/* Each segment at its virtual address; its one-to-one alias must not be a way to write what runs or is constant. */
static int map_segment(struct boot_plan *plan, const struct kernel_segment *segment, uint64_t delta)
{
	uint64_t phys = mm_align_down(segment->phys + delta, MM_PAGE_SIZE), virt = mm_align_down(segment->virt, MM_PAGE_SIZE);
	uint64_t size = ((segment->phys + delta + (segment->mem_size - 1)) | MM_PAGE_MASK) - phys + 1;
	int error = paging_map_set(&plan->page_map, va(virt), pa(phys), size, segment->flags);

	return error ? error : map_identity(plan, phys, size, segment->flags & PAGING_WRITE);
}

/* Maps for reading what is not mapped of the pages that a table touches: firmware keeps tables in reserved memory, too. */
static int map_table(struct boot_plan *plan, const struct boot_table *table)
{
	uint64_t at = mm_align_down(table->base, MM_PAGE_SIZE), end;
	size_t i = 0;

	if (table->size == 0 || __builtin_add_overflow(table->base, table->size, &end) ||
	    !mm_align_up(end, MM_PAGE_SIZE, &end) || end > PHYSICAL_LIMIT)
		return 0;
	while (at < end) {
		const struct paging_range *range = i < plan->page_map.count ? &plan->page_map.ranges[i] : NULL;
		uint64_t next = range && range->virt.value < end ? range->virt.value : end;
		int error;

		if (range && range->virt.value <= at) {
			if (at - range->virt.value < range->size)
				at = range->virt.value + range->size;
			i++;
			continue;
		}
		error = map_identity(plan, at, next - at, PAGING_READ);
		if (error)
			return error;
		at = next;
		i = 0; /* neighbours may have merged */
	}
	return 0;
}

int boot_plan_map_pages(struct boot_plan *plan, const struct boot_request *request)
{
	const struct kernel_image *kernel = request->kernel;
	bool linux = kernel_is_linux(kernel);
	int error = map_firmware(plan, request->map);

	/* Linux's decompressor puts a trampoline below 640 KiB and runs it there (arch/x86/boot/compressed/pgtable_64.c). */
	if (!error)
		error = map_identity(plan, 0, FIRST_MIB, PAGING_WRITE | (linux ? PAGING_EXECUTE : 0));
	if (!error && request->attributes)
		error = map_attributes(plan, request->map, request->attributes);
	for (size_t i = 0; i < request->table_count && !error && linux; i++)
		error = map_table(plan, &request->tables[i]);
	if (!error && linux)
		error = map_identity(plan, plan->kernel_phys, plan->kernel_size, PAGING_WRITE | PAGING_EXECUTE);
	for (size_t i = 0; i < kernel->segment_count && !error && !linux; i++)
		error = map_segment(plan, &kernel->segments[i], kernel->relocatable ? plan->kernel_loaded : 0);
	if (!error && !linux)
		error = paging_map_set(&plan->page_map, va(FIX_BTMAP_VIRT), pa(0), FIX_BTMAP_SIZE, PAGING_EMPTY_TABLE);
	if (!error)
		error = map_identity(plan, plan->stub, MM_PAGE_SIZE, PAGING_EXECUTE);
	return error ? error : paging_map_clear(&plan->page_map, va(plan->stack_bottom - MM_PAGE_SIZE), MM_PAGE_SIZE);
}
