/* SPDX-License-Identifier: BSD-2-Clause */
/* The reservation set: usable memory that holds something when the kernel starts. */
#include "plan_internal.h"

const char *mapbridge_reservation_name(uint32_t kind)
{
	static const char *const names[MAPBRIDGE_RESERVATION_KINDS] = {
		[MAPBRIDGE_FIRST_PAGE] = "first page",       [MAPBRIDGE_KERNEL_TEXT] = "kernel text",
		[MAPBRIDGE_KERNEL_RODATA] = "kernel rodata", [MAPBRIDGE_KERNEL_DATA] = "kernel data",
		[MAPBRIDGE_KERNEL_BSS] = "kernel bss",       [MAPBRIDGE_INITRD] = "initrd",
		[MAPBRIDGE_BOOT_PARAMS] = "boot_params",     [MAPBRIDGE_COMMAND_LINE] = "command line",
		[MAPBRIDGE_SETUP_DATA] = "setup_data",       [MAPBRIDGE_EFI_MEMMAP] = "EFI memory map",
		[MAPBRIDGE_PAGE_TABLES] = "page tables",     [MAPBRIDGE_STUB] = "stub",
		[MAPBRIDGE_STACK] = "stack",                 [MAPBRIDGE_KERNEL_IMAGE] = "kernel image",
	};

	return kind < MAPBRIDGE_RESERVATION_KINDS ? names[kind] : "?";
}

int boot_plan_reserve(struct boot_plan *plan, uint64_t base, uint64_t size, enum mapbridge_reservation_kind kind)
{
	size_t at = plan->reservation_count;

	if (at == PLAN_RESERVATIONS_MAX)
		return MM_ENOSPC;
	for (size_t i = 0; i < plan->reservation_count; i++)
		if (mm_overlaps(base, base + size, plan->reservations[i].base,
				plan->reservations[i].base + plan->reservations[i].size))
			return MM_EBUSY;
	for (; at > 0 && plan->reservations[at - 1].base > base; at--)
		plan->reservations[at] = plan->reservations[at - 1];
	plan->reservations[at] = (struct mapbridge_reservation){ .base = base, .size = size, .kind = kind };
	plan->reservation_count++;
	return 0;
}

int plan_reserve(struct boot_plan *plan, uint64_t base, uint64_t size, enum mapbridge_reservation_kind kind,
		 struct printer *why)
{
	int error = boot_plan_reserve(plan, base, size, kind);

	if (error == MM_ENOSPC)
		return plan_full(why, "reservations", PLAN_RESERVATIONS_MAX);
	if (error)
		print(why, "%s at 0x%llx with %llu bytes overlaps another reservation; link the kernel elsewhere",
		      mapbridge_reservation_name(kind), X(base), X(size));
	return error;
}
