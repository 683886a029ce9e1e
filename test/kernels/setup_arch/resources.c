/* SPDX-License-Identifier: BSD-2-Clause */
/* The iomem tree as Linux fills it: the kernel's parts first, the e820 map around them, reserved ranges last. */
#include "early_path.h"

#include "lib/cpu.h"
#include "lib/runtime.h"

#include <mm/resource.h>

#define MIB UINT64_C(0x100000)
#define KERNEL_FLAGS (IORESOURCE_BUSY | IORESOURCE_SYSTEM_RAM)

static struct resource code_resource = { .name = "Kernel code", .flags = KERNEL_FLAGS };
static struct resource rodata_resource = { .name = "Kernel rodata", .flags = KERNEL_FLAGS };
static struct resource data_resource = { .name = "Kernel data", .flags = KERNEL_FLAGS };
static struct resource bss_resource = { .name = "Kernel bss", .flags = KERNEL_FLAGS };
static struct resource e820_resources[EARLY_PATH_E820_MAX];

static int insert(struct resource *resource, const char *start, const char *end)
{
	resource->start = pa_symbol(start);
	resource->end = pa_symbol(end) - 1;
	return insert_resource(&iomem_resource, resource);
}

void insert_kernel_resources(void)
{
	int error;

	iomem_resource.end = (UINT64_C(1) << physical_address_bits()) - 1;
	error = insert(&code_resource, _text, _etext) | insert(&rodata_resource, __start_rodata, __end_rodata) |
		insert(&data_resource, _sdata, _edata) | insert(&bss_resource, __bss_start, __bss_stop);
	check(!error, "kernel code, rodata, data and bss are in the iomem tree", "error %d", error);
}

static const char *type_name(uint32_t type)
{
	switch (type) {
	case E820_TYPE_RAM:
	case E820_TYPE_RESERVED_KERN:
		return "System RAM";
	case E820_TYPE_ACPI:
		return "ACPI Tables";
	case E820_TYPE_NVS:
		return "ACPI Non-volatile Storage";
	case E820_TYPE_UNUSABLE:
		return "Unusable memory";
	case E820_TYPE_PRAM:
		return "Persistent Memory (legacy)";
	case E820_TYPE_PMEM:
		return "Persistent Memory";
	case E820_TYPE_SOFT_RESERVED:
		return "Soft Reserved";
	case E820_TYPE_RESERVED:
		return "Reserved";
	default:
		return "Unknown E820 type";
	}
}

static bool is_ram(uint32_t type)
{
	return type == E820_TYPE_RAM || type == E820_TYPE_RESERVED_KERN;
}

/* Ranges that PCI may want to look into are inserted late, and are not busy. */
static bool is_late(const struct e820_entry *entry)
{
	if (entry->addr < MIB)
		return false;
	return entry->type == E820_TYPE_RESERVED || entry->type == E820_TYPE_SOFT_RESERVED ||
	       entry->type == E820_TYPE_PRAM || entry->type == E820_TYPE_PMEM;
}

/* e820__reserve_resources() and e820__reserve_resources_late() */
void e820_reserve_resources(const struct e820_table *table)
{
	unsigned errors = 0;

	for (size_t i = 0; i < table->nr_entries; i++) {
		const struct e820_entry *entry = &table->entries[i];
		struct resource *resource = &e820_resources[i];

		*resource = (struct resource){ .start = entry->addr, .end = entry->addr + (entry->size - 1),
					       .name = type_name(entry->type),
					       .flags = is_ram(entry->type) ? IORESOURCE_SYSTEM_RAM : IORESOURCE_MEM };
		if (is_late(entry))
			continue;
		resource->flags |= IORESOURCE_BUSY;
		errors += insert_resource(&iomem_resource, resource) != 0;
	}
	for (size_t i = 0; i < table->nr_entries; i++)
		if (is_late(&table->entries[i]))
			errors += insert_resource_expand_to_fit(&iomem_resource, &e820_resources[i], com1) != 0;
	resource_print(&iomem_resource, com1);
	check(!errors && code_resource.parent && code_resource.parent->flags == KERNEL_FLAGS &&
		      code_resource.parent == rodata_resource.parent && code_resource.parent == data_resource.parent &&
		      code_resource.parent == bss_resource.parent,
	      "the iomem tree has the kernel inside System RAM", "%u entries refused, parent of Kernel code is %s",
	      errors, code_resource.parent ? code_resource.parent->name : "nobody");
}
