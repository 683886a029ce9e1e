/* SPDX-License-Identifier: BSD-2-Clause */
#include "plan_internal.h"

static void print_place(struct printer *out, const char *name, uint64_t base, uint64_t size)
{
	print(out, "  %-14s [mem 0x%016llx-0x%016llx] ", name, X(base), X(base + (size - 1)));
	print_size(out, size);
	print(out, "\n");
}

void plan_print_moves(const struct boot_plan *plan, struct printer *out)
{
	for (size_t i = 0; i < plan->operation_count; i++) {
		const struct stub_operation *move = &plan->operations[i];

		print(out, "  moved after ExitBootServices: 0x%llx -> 0x%llx, ", X(move->from), X(move->to));
		print_size(out, move->size);
		print(out, "\n");
	}
}

void boot_plan_print(const struct boot_plan *plan, struct printer *out)
{
	print(out, "plan:\n");
	print_place(out, "kernel", plan->kernel_phys, plan->kernel_size);
	if (plan->kernel_virtual_places)
		print(out, "  at virtual     0x%llx, one of %llu places; physical 1 of %llu (KASLR)\n", X(plan->kernel_virt),
		      X(plan->kernel_virtual_places), X(plan->kernel_places ? plan->kernel_places : 1));
	if (plan->initrd_size)
		print_place(out, "initrd", plan->initrd, plan->initrd_size);
	print_place(out, "boot_params", plan->block.boot_params, MM_PAGE_SIZE);
	print_place(out, "page tables", plan->page_tables, plan->page_table_pages * MM_PAGE_SIZE);
	print_place(out, "stack", plan->stack_bottom, plan->stack_top - plan->stack_bottom);
	plan_print_moves(plan, out);
	print(out, "  entry          0x%llx, %u-level page tables\n", X(plan->entry), plan->paging.levels);
	for (size_t i = 0; i < plan->reservation_count; i++) {
		const struct mapbridge_reservation *r = &plan->reservations[i];

		print(out, "memblock_reserve: [0x%016llx-0x%016llx] %s\n", X(r->base), X(r->base + (r->size - 1)),
		      mapbridge_reservation_name(r->kind));
	}
}
