/* SPDX-License-Identifier: BSD-2-Clause */
/* The page tables of a plan, built and walked: what must be mapped, how, and what must not be. */
#ifndef TEST_UNIT_PLAN_TABLES_H
#define TEST_UNIT_PLAN_TABLES_H

#include "plan_checker.h"

#define CHECKER_MIB UINT64_C(0x100000)

static inline const uint64_t *checker_table(void *context, paddr_t address)
{
	struct checker *c = context;
	uint64_t offset = address.value - c->plan->page_tables;

	return offset < c->plan->page_table_pages * 4096 ? c->tables + offset / 8 : NULL;
}

static inline struct paging_reader checker_reader(struct checker *c)
{
	return (struct paging_reader){ checker_table, c };
}

static inline bool walk_plan(struct checker *c, uint64_t virt, struct paging_leaf *leaf)
{
	struct paging_reader reader = checker_reader(c);

	return paging_walk(&reader, pa(c->plan->page_tables), &c->plan->paging, va(virt), leaf);
}

/* Every page of [virt, virt + size) is mapped to phys with exactly these flags; of long ranges both ends and samples. */
static inline void check_mapped(struct checker *c, const char *what, uint64_t virt, uint64_t phys, uint64_t size,
				uint32_t flags)
{
	uint64_t step = size > 64 * 4096 ? size / 64 / 4096 * 4096 : 4096, last = size - 4096;

	for (uint64_t at = 0;; at = at + step < last ? at + step : last) {
		struct paging_leaf leaf;
		bool mapped = walk_plan(c, virt + at, &leaf);

		CHECK(c, mapped, "%s: %#llx is not mapped", what, LL(virt + at));
		CHECK(c, !mapped || leaf.phys.value + (virt + at - leaf.virt.value) == phys + at, "%s: %#llx is mapped to %#llx",
		      what,
		      LL(virt + at), LL(leaf.phys.value));
		CHECK(c, !mapped || leaf.flags == flags, "%s: %#llx has flags %u, not %u", what, LL(virt + at), leaf.flags, flags);
		if (at == last)
			break;
	}
}

static inline void check_not_mapped(struct checker *c, const char *what, uint64_t virt)
{
	struct paging_leaf leaf;

	CHECK(c, !walk_plan(c, virt, &leaf), "%s: %#llx is mapped", what, LL(virt));
}

static inline void check_own_pages(struct checker *c)
{
	const struct boot_plan *plan = c->plan;

	check_mapped(c, "stub", plan->stub, plan->stub, 4096, PAGING_EXECUTE);
	check_not_mapped(c, "guard page", plan->stack_bottom - 4096);
	check_mapped(c, "stack and parameters", plan->stack_bottom, plan->stack_bottom, MAPBRIDGE_STACK_SIZE + 4096,
		     PAGING_WRITE);
	check_mapped(c, "block", plan->block.base, plan->block.base, plan->block.size, PAGING_WRITE);
	check_mapped(c, "page tables", plan->page_tables, plan->page_tables, plan->page_table_pages * 4096, PAGING_WRITE);
	if (plan->initrd_size)
		check_mapped(c, "initrd", plan->initrd, plan->initrd, (plan->initrd_size + 4095) / 4096 * 4096, PAGING_WRITE);
	for (size_t i = 0; i < plan->operation_count; i++)
		check_mapped(c, "moved from", plan->operations[i].from, plan->operations[i].from, plan->operations[i].size,
			     PAGING_WRITE);
}

static inline void check_kernel_pages(struct checker *c)
{
	const struct boot_plan *plan = c->plan;
	const struct kernel_image *kernel = c->request->kernel;
	uint64_t delta = kernel->relocatable ? plan->kernel_loaded : 0;
	struct paging_reader reader = checker_reader(c);
	paddr_t table;

	if (kernel_is_linux(kernel)) {
		check_mapped(c, "kernel", plan->kernel_phys, plan->kernel_phys, plan->kernel_size, PAGING_WRITE | PAGING_EXECUTE);
		return;
	}
	for (size_t i = 0; i < kernel->segment_count; i++) {
		const struct kernel_segment *s = &kernel->segments[i];
		struct span pages = pages_of((struct span){ s->phys + delta, s->mem_size });

		check_mapped(c, "segment", s->virt / 4096 * 4096, pages.base, pages.size, s->flags);
		check_mapped(c, "segment one to one", pages.base, pages.base, pages.size, s->flags & PAGING_WRITE);
	}
	check_not_mapped(c, "fixmap", FIX_BTMAP_VIRT);
	check_not_mapped(c, "fixmap", FIX_BTMAP_VIRT + FIX_BTMAP_SIZE - 1);
	CHECK(c, paging_find_table(&reader, pa(plan->page_tables), &plan->paging, va(FIX_BTMAP_VIRT), 1, &table),
	      "the fixmap has no page table");
}

static inline bool desc_is_mapped(const struct efi_memory_desc *desc)
{
	bool ram = (desc->type >= 1 && desc->type <= 4) || desc->type == 7;

	return desc->type == 9 || desc->type == 10 || desc->type == 15 || (ram && !(desc->attribute & EFI_ATTRIBUTE_SP));
}

/* All that a descriptor touches, but of RAM only its whole pages. */
static inline struct span rounded_desc(const struct efi_memmap *map, size_t i, struct efi_memory_desc *desc)
{
	efi_memmap_get(map, i, desc);
	return desc_span(map, i, desc->type != EFI_UNACCEPTED_MEMORY && kind_of_desc(desc) == DESC_OTHER, desc);
}

static inline bool runtime_touches(const struct efi_memmap *map, struct span page, bool code_only)
{
	for (size_t i = 0; i < efi_memmap_count(map); i++) {
		struct efi_memory_desc desc;
		struct span span = rounded_desc(map, i, &desc);

		if (span.size && spans_meet(span, page) && (desc.attribute & EFI_ATTRIBUTE_RUNTIME) &&
		    (!code_only || desc.type == EFI_RUNTIME_SERVICES_CODE))
			return true;
	}
	return false;
}

/* Whether a descriptor of a type that is mapped (or: is not) touches the page. */
static inline bool mapping_touches(const struct efi_memmap *map, struct span page, bool mapped)
{
	for (size_t i = 0; i < efi_memmap_count(map); i++) {
		struct efi_memory_desc desc;
		struct span span = rounded_desc(map, i, &desc);

		if (span.size && spans_meet(span, page) && desc_is_mapped(&desc) == mapped)
			return true;
	}
	return false;
}

/* Both ends of every descriptor: mapped when its type says so, and never without a reason. */
static inline void check_descriptors(struct checker *c)
{
	const struct efi_memmap *map = c->request->map;

	for (size_t i = 0; i < efi_memmap_count(map) && !c->failure[0]; i++) {
		struct efi_memory_desc desc;
		struct span span = desc_span(map, i, false, &desc);
		uint64_t ends[2] = { span.base, span.base + span.size - 4096 };

		for (size_t j = 0; span.size && j < 2; j++) {
			struct span page = { ends[j], 4096 };
			struct paging_leaf leaf;
			bool mapped = walk_plan(c, ends[j], &leaf);

			if (ends[j] < CHECKER_MIB)
				CHECK(c, mapped, "%#llx in the first MiB is not mapped", LL(ends[j]));
			else if (ends[j] == c->plan->stack_bottom - 4096)
				CHECK(c, !mapped, "the guard page is mapped");
			else if (runtime_touches(map, page, false))
				CHECK(c, mapped, "%#llx of descriptor %zu is runtime memory, and not mapped", LL(ends[j]), i);
			else if (desc_is_mapped(&desc) && !mapping_touches(map, page, false))
				CHECK(c, mapped && leaf.phys.value + (ends[j] - leaf.virt.value) == ends[j],
				      "%#llx of descriptor %zu (type %u) is not mapped one to one", LL(ends[j]), i, desc.type);
			else if (!mapping_touches(map, page, true))
				CHECK(c, !mapped, "%#llx of descriptor %zu (type %u) is mapped", LL(ends[j]), i, desc.type);
		}
	}
}

#define CHECKER_RANGES_MAX 16384

struct range_list {
	struct paging_range *ranges;
	size_t count;
};

static inline bool collect_range(void *context, const struct paging_range *range)
{
	struct range_list *list = context;

	if (list->count == CHECKER_RANGES_MAX)
		return false;
	list->ranges[list->count++] = *range;
	return true;
}

/* No physical page can be written through one mapping and executed through another. */
static inline void check_write_xor_execute(struct checker *c)
{
	struct range_list list = { malloc(CHECKER_RANGES_MAX * sizeof(struct paging_range)), 0 };
	struct paging_reader reader = checker_reader(c);

	CHECK(c, paging_for_each(&reader, pa(c->plan->page_tables), &c->plan->paging, collect_range, &list),
	      "too many ranges");
	for (size_t i = 0; i < list.count; i++) {
		struct span code = { list.ranges[i].phys.value, list.ranges[i].size };

		if (!(list.ranges[i].flags & PAGING_EXECUTE))
			continue;
		for (size_t j = 0; j < list.count; j++) {
			struct span data = { list.ranges[j].phys.value, list.ranges[j].size };

			if (!(list.ranges[j].flags & PAGING_WRITE) || !spans_meet(code, data))
				continue;
			/* Only the firmware's own code, where it does not say what is what. */
			for (uint64_t at = code.base; at < code.base + code.size && !c->failure[0]; at += 4096) {
				struct span page = { at, 4096 };

				CHECK(c, !spans_meet(page, data) || runtime_touches(c->request->map, page, true),
				      "%#llx can be written and executed", LL(at));
			}
		}
	}
	free(list.ranges);
}

/* Builds the tables in exactly the pages that the plan counted, which must be enough and not one too many. */
static inline void check_plan_tables(struct checker *c)
{
	const struct boot_plan *plan = c->plan;
	struct paging_memory memory = { NULL, pa(plan->page_tables), plan->page_table_pages - 1 };

	c->tables = memory.memory = malloc(plan->page_table_pages * 4096);
	CHECK(c, !paging_build(&plan->page_map, &plan->paging, &memory), "a page table too many");
	memory.pages++;
	CHECK(c, paging_build(&plan->page_map, &plan->paging, &memory), "too few pages for page tables");
	if (!c->failure[0])
		check_own_pages(c);
	if (!c->failure[0])
		check_kernel_pages(c);
	if (!c->failure[0])
		check_descriptors(c);
	if (!c->failure[0] && c->request->kernel->format == KERNEL_ELF64)
		check_write_xor_execute(c);
	free(c->tables);
	c->tables = NULL;
}

#endif
