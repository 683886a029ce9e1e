/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What must hold for every boot plan, checked from the firmware's descriptors and the built page tables without the
 * library's own placement. Used by the unit tests and by the property test.
 */
#ifndef TEST_UNIT_PLAN_CHECKER_H
#define TEST_UNIT_PLAN_CHECKER_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <loader/plan.h>
#include <mm/fixmap.h>

#define CHECKER_LOW UINT64_C(0x200000)
#define CHECKER_TOP (UINT64_C(1) << 52)

typedef unsigned __int128 u128;

struct checker {
	const struct boot_request *request;
	const struct boot_plan *plan;
	uint64_t *tables; /* built from the plan, as if they lay at plan->page_tables */
	char failure[1500]; /* the first thing that is wrong; empty: nothing */
};

#define CHECK(c, condition, ...)                                                                                       \
	do {                                                                                                           \
		if (!(condition) && !(c)->failure[0])                                                                  \
			snprintf((c)->failure, sizeof((c)->failure), __VA_ARGS__);                                     \
	} while (0)
#define LL(value) ((unsigned long long)(value))

/* [base, base + size) */
struct span {
	uint64_t base;
	uint64_t size;
};

static inline bool spans_meet(struct span a, struct span b)
{
	return a.base < b.base + b.size && b.base < a.base + a.size;
}

static inline bool span_inside(struct span inner, struct span outer)
{
	return inner.base >= outer.base && inner.base + inner.size <= outer.base + outer.size;
}

static inline struct span pages_of(struct span span)
{
	uint64_t base = span.base / 4096 * 4096;

	return (struct span){ base, (span.base + span.size + 4095) / 4096 * 4096 - base };
}

enum desc_kind { DESC_FREE, DESC_BUSY, DESC_OTHER };

static inline enum desc_kind kind_of_desc(const struct efi_memory_desc *desc)
{
	if ((desc->attribute & EFI_ATTRIBUTE_SP) || desc->type == 0 || desc->type == 5 || desc->type == 6 || desc->type > 7)
		return DESC_OTHER;
	return desc->type == EFI_CONVENTIONAL_MEMORY ? DESC_FREE : DESC_BUSY;
}

/* The whole pages of descriptor i, or all that it touches. Empty when the descriptor is not valid. */
static inline struct span desc_span(const struct efi_memmap *map, size_t i, bool touched, struct efi_memory_desc *desc)
{
	efi_memmap_get(map, i, desc);

	u128 start = desc->phys_addr, end = start + (u128)desc->num_pages * 4096;

	if (desc->num_pages == 0 || end > (u128)1 << 64)
		return (struct span){ 0, 0 };
	start = (touched ? start : start + 4095) / 4096 * 4096;
	end = (touched ? end + 4095 : end) / 4096 * 4096;
	if (end > CHECKER_TOP)
		end = CHECKER_TOP;
	return start < end ? (struct span){ (uint64_t)start, (uint64_t)(end - start) } : (struct span){ 0, 0 };
}

static inline bool map_touches(const struct efi_memmap *map, struct span span, enum desc_kind kind)
{
	for (size_t i = 0; i < efi_memmap_count(map); i++) {
		struct efi_memory_desc desc;
		struct span pages = desc_span(map, i, kind == DESC_OTHER, &desc);

		if (pages.size && kind_of_desc(&desc) == kind && spans_meet(pages, span))
			return true;
	}
	return false;
}

/* Whether RAM of kinds up to the given one covers every byte. */
static inline bool map_covers(const struct efi_memmap *map, struct span span, enum desc_kind kind)
{
	uint64_t at = span.base, end = span.base + span.size, before;

	do {
		before = at;
		for (size_t i = 0; i < efi_memmap_count(map); i++) {
			struct efi_memory_desc desc;
			struct span pages = desc_span(map, i, false, &desc);

			if (pages.size && kind_of_desc(&desc) <= kind && pages.base <= at && pages.base + pages.size > at)
				at = pages.base + pages.size;
		}
	} while (at > before && at < end);
	return at >= end;
}

static inline bool is_free(const struct checker *c, struct span span)
{
	const struct efi_memmap *map = c->request->map;

	return span.base >= CHECKER_LOW && map_covers(map, span, DESC_FREE) && !map_touches(map, span, DESC_BUSY) &&
	       !map_touches(map, span, DESC_OTHER);
}

static inline bool is_usable(const struct checker *c, struct span span)
{
	return span.base >= 4096 && map_covers(c->request->map, span, DESC_BUSY) && !map_touches(c->request->map, span,
												 DESC_OTHER);
}

static inline struct span allocation(const struct boot_plan *plan, size_t i)
{
	return (struct span){ plan->allocations[i].base, plan->allocations[i].pages * 4096 };
}

/* Loads first, then clears. */
static inline struct span written(const struct boot_plan *plan, size_t i)
{
	return i < plan->load_count ? (struct span){ plan->loads[i].to, plan->loads[i].size } :
				      (struct span){ plan->clears[i - plan->load_count].base, plan->clears[i - plan->load_count].size };
}

static inline bool in_allocation(const struct boot_plan *plan, struct span span)
{
	for (size_t i = 0; i < plan->allocation_count; i++)
		if (span_inside(span, allocation(plan, i)))
			return true;
	return false;
}

static inline void check_allocations(struct checker *c)
{
	const struct boot_plan *plan = c->plan;

	CHECK(c, plan->allocation_count <= PLAN_ALLOCATIONS_MAX, "%zu allocations", plan->allocation_count);
	for (size_t i = 0; i < plan->allocation_count; i++) {
		struct span a = allocation(plan, i);

		CHECK(c, a.size && a.base % 4096 == 0, "allocation %zu: %#llx + %#llx", i, LL(a.base), LL(a.size));
		CHECK(c, is_free(c, a), "allocation %zu at %#llx + %#llx is not free", i, LL(a.base), LL(a.size));
		CHECK(c, plan->allocations[i].code == (a.base == plan->stub), "allocation %zu: code", i);
		for (size_t j = 0; j < i; j++)
			CHECK(c, !spans_meet(a, allocation(plan, j)), "allocations %zu and %zu overlap", j, i);
	}
}

static inline void check_writes(struct checker *c)
{
	const struct boot_plan *plan = c->plan;
	size_t count = plan->load_count + plan->clear_count;

	for (size_t i = 0; i < count; i++) {
		struct span w = written(plan, i);

		CHECK(c, w.size && in_allocation(plan, w), "write %zu at %#llx + %#llx is in no allocation", i, LL(w.base),
		      LL(w.size));
		for (size_t j = 0; j < i; j++)
			CHECK(c, !spans_meet(w, written(plan, j)), "writes %zu and %zu overlap", j, i);
	}
	/* Nothing of an earlier program is left anywhere but where whole pages are written later. */
	for (size_t i = 0; i < plan->allocation_count; i++) {
		struct span a = allocation(plan, i);
		uint64_t sum = 0;

		if (a.base == plan->stub || a.base == plan->page_tables ||
		    (c->request->kernel->format == KERNEL_BZIMAGE && spans_meet(a, (struct span){ plan->loads[0].to, 1 })))
			continue;
		for (size_t j = 0; j < count; j++)
			sum += span_inside(written(plan, j), a) ? written(plan, j).size : 0;
		CHECK(c, sum == a.size, "allocation %zu: %#llx of %#llx bytes are written", i, LL(sum), LL(a.size));
	}
}

static inline void check_moves(struct checker *c)
{
	const struct boot_plan *plan = c->plan;

	CHECK(c, plan->operation_count <= STUB_OPERATIONS_MAX, "%zu moves", plan->operation_count);
	for (size_t i = 0; i < plan->operation_count; i++) {
		const struct stub_operation *m = &plan->operations[i];
		struct span to = { m->to, m->size }, from = { m->from, m->size };

		CHECK(c, m->size && (m->to | m->from | m->size) % 4096 == 0, "move %zu is not of whole pages", i);
		CHECK(c, in_allocation(plan, from), "move %zu comes from no allocation", i);
		CHECK(c, is_usable(c, to), "move %zu goes to %#llx + %#llx, which is no RAM", i, LL(to.base), LL(to.size));
		CHECK(c, !is_free(c, to), "move %zu could have been loaded in place", i);
		for (size_t j = 0; j < plan->allocation_count; j++)
			CHECK(c, !spans_meet(to, allocation(plan, j)), "move %zu goes over allocation %zu", i, j);
		for (size_t j = 0; j < i; j++)
			CHECK(c, !spans_meet(to, (struct span){ plan->operations[j].to, plan->operations[j].size }) &&
				      !spans_meet(from, (struct span){ plan->operations[j].from, plan->operations[j].size }),
			      "moves %zu and %zu meet", j, i);
	}
}

static inline void check_reserved(struct checker *c, struct span span, enum mapbridge_reservation_kind kind)
{
	for (size_t i = 0; i < c->plan->reservation_count; i++) {
		const struct mapbridge_reservation *r = &c->plan->reservations[i];

		if (r->kind == kind && r->base == span.base && r->size == span.size)
			return;
	}
	CHECK(c, false, "no reservation '%s' of %#llx + %#llx", mapbridge_reservation_name(kind), LL(span.base),
	      LL(span.size));
}

static inline void check_reservations(struct checker *c)
{
	const struct boot_plan *plan = c->plan;
	const struct kernel_image *kernel = c->request->kernel;
	uint64_t end = 0, delta = kernel->format == KERNEL_ELF64 && kernel->relocatable ? plan->kernel_loaded : 0;
	size_t expected = 1 + 8 + (plan->initrd_size != 0);

	for (size_t i = 0; i < plan->reservation_count; i++) {
		const struct mapbridge_reservation *r = &plan->reservations[i];
		struct span span = { r->base, r->size };

		CHECK(c, r->size && (i == 0 || r->base >= end), "reservation %zu is empty or out of order", i);
		CHECK(c, i == 0 || is_usable(c, pages_of(span)), "reservation %zu at %#llx is no RAM", i, LL(r->base));
		CHECK(c, r->reserved == 0, "reservation %zu has junk", i);
		end = r->base + r->size;
	}
	check_reserved(c, (struct span){ 0, 4096 }, MAPBRIDGE_FIRST_PAGE);
	check_reserved(c, (struct span){ plan->block.boot_params, 4096 }, MAPBRIDGE_BOOT_PARAMS);
	check_reserved(c, (struct span){ plan->block.command_line, 2048 }, MAPBRIDGE_COMMAND_LINE);
	check_reserved(c, (struct span){ plan->block.setup_data, plan->block.setup_data_size }, MAPBRIDGE_SETUP_DATA);
	check_reserved(c, (struct span){ plan->block.efi_memmap, plan->block.efi_memmap_size }, MAPBRIDGE_EFI_MEMMAP);
	check_reserved(c, (struct span){ plan->page_tables, plan->page_table_pages * 4096 }, MAPBRIDGE_PAGE_TABLES);
	check_reserved(c, (struct span){ plan->stub, 4096 }, MAPBRIDGE_STUB);
	check_reserved(c, (struct span){ plan->stub_parameters, 4096 }, MAPBRIDGE_STUB);
	check_reserved(c, (struct span){ plan->stack_bottom - 4096, plan->stack_top - plan->stack_bottom + 4096 },
		       MAPBRIDGE_STACK);
	if (plan->initrd_size)
		check_reserved(c, (struct span){ plan->initrd, plan->initrd_size }, MAPBRIDGE_INITRD);
	if (kernel_is_linux(kernel)) {
		expected++;
		check_reserved(c, (struct span){ plan->kernel_phys, plan->kernel_size }, MAPBRIDGE_KERNEL_IMAGE);
	}
	for (size_t i = 0; i < kernel->segment_count && kernel->format == KERNEL_ELF64; i++) {
		const struct kernel_segment *s = &kernel->segments[i];
		enum mapbridge_reservation_kind kind = s->flags & PAGING_EXECUTE ? MAPBRIDGE_KERNEL_TEXT :
						       s->flags & PAGING_WRITE   ? MAPBRIDGE_KERNEL_DATA :
										   MAPBRIDGE_KERNEL_RODATA;

		if (s->file_size)
			check_reserved(c, (struct span){ s->phys + delta, s->file_size }, kind);
		if (s->mem_size > s->file_size)
			check_reserved(c, (struct span){ s->phys + delta + s->file_size, s->mem_size - s->file_size },
				       MAPBRIDGE_KERNEL_BSS);
		expected += (s->file_size != 0) + (s->mem_size > s->file_size);
	}
	CHECK(c, plan->reservation_count == expected, "%zu reservations, expected %zu", plan->reservation_count, expected);
}

static inline void check_below(struct checker *c, const char *what, uint64_t base, uint64_t size, uint64_t max)
{
	CHECK(c, base + (size - 1) <= max, "%s at %#llx + %#llx passes %#llx", what, LL(base), LL(size), LL(max));
}

static inline void check_block(struct checker *c)
{
	const struct boot_plan *plan = c->plan;
	const struct plan_block *b = &plan->block;
	uint64_t max = c->request->kernel->data_max, end = b->base;
	const struct span pieces[] = { { b->boot_params, 4096 },
				       { b->command_line, 4096 },
				       { b->setup_data, b->setup_data_size },
				       { b->efi_memmap, b->efi_memmap_size } };

	for (size_t i = 0; i < MM_ARRAY_COUNT(pieces); i++) {
		CHECK(c, pieces[i].base % 4096 == 0 && pieces[i].base >= end, "piece %zu of the block", i);
		end = pieces[i].base + pieces[i].size;
	}
	CHECK(c, end <= b->base + b->size, "the block is too small");
	CHECK(c, b->size > CHECKER_LOW || b->base / CHECKER_LOW == (b->base + b->size - 1) / CHECKER_LOW,
	      "the block at %#llx + %#llx crosses 2 MiB", LL(b->base), LL(b->size));
	CHECK(c, b->efi_memmap_size >= (efi_memmap_count(c->request->map) + 96) * c->request->map->desc_size,
	      "no room for the last map");
	check_below(c, "the block", b->base, b->size, max);
	check_below(c, "the stub", plan->stub, 4096, max);
	check_below(c, "the stack", plan->stack_bottom - 4096, 4096 + MAPBRIDGE_STACK_SIZE + 4096, max);
	check_below(c, "page tables", plan->page_tables, plan->page_table_pages * 4096, max);
	check_below(c, "the kernel", plan->kernel_phys, plan->kernel_size, max);
	CHECK(c, plan->stack_top == plan->stack_bottom + MAPBRIDGE_STACK_SIZE && plan->stack_top % 16 == 0, "the stack");
	CHECK(c, plan->stub_parameters == plan->stack_top, "the stub's parameters");
}

static inline void check_initrd(struct checker *c)
{
	const struct boot_plan *plan = c->plan;
	uint64_t at = plan->initrd;
	size_t file = 0;

	CHECK(c, (c->request->initrd_count == 0) == (plan->initrd_size == 0), "an initrd is lost, or comes from nowhere");
	for (size_t i = 0; i < plan->load_count; i++) {
		const struct plan_load *load = &plan->loads[i];

		if (load->file == 0)
			continue;
		at += (4 - (at - plan->initrd) % 4) % 4;
		CHECK(c, load->file == file + 1 && load->offset == 0 && load->to == at &&
		      load->size == c->request->initrd_sizes[file],
		      "initrd %zu is not where it must be", file);
		at += load->size;
		file++;
	}
	CHECK(c, file == c->request->initrd_count && at == plan->initrd + plan->initrd_size, "%zu of %zu initrds", file,
	      c->request->initrd_count);
	if (plan->initrd_size) {
		CHECK(c, plan->initrd % 4096 == 0, "the initrd's alignment");
		check_below(c, "the initrd", plan->initrd, plan->initrd_size, c->request->kernel->initrd_max);
	}
}

/* Where the bytes that are read to an address lie when the kernel runs. */
static inline uint64_t after_moves(const struct boot_plan *plan, uint64_t address)
{
	for (size_t i = 0; i < plan->operation_count; i++)
		if (address - plan->operations[i].from < plan->operations[i].size)
			return plan->operations[i].to + (address - plan->operations[i].from);
	return address;
}

static inline void check_kernel(struct checker *c)
{
	const struct boot_plan *plan = c->plan;
	const struct kernel_image *kernel = c->request->kernel;
	bool linux_kernel = kernel_is_linux(kernel);
	uint64_t delta = linux_kernel ? plan->kernel_phys : kernel->relocatable ? plan->kernel_loaded : 0;

	CHECK(c, plan->policy == (linux_kernel ? E820_POLICY_LINUX : E820_POLICY_ACPI), "policy");
	CHECK(c, plan->entry == (linux_kernel ? plan->kernel_phys + kernel->entry : kernel->entry), "entry");
	if (plan->kernel_virtual_places) {
		uint64_t distance = plan->kernel_virt - (kernel->segments[0].virt - kernel->segments[0].phys);

		CHECK(c, plan->kaslr && c->request->random, "random, but not asked for");
		CHECK(c, distance % kernel->alignment == 0 && distance / kernel->alignment < plan->kernel_virtual_places &&
		      kernel->min_address + distance + plan->kernel_size <= 0x40000000, "the kernel's virtual address");
	}
	CHECK(c, !plan->kernel_places || plan->kaslr, "a random place, but not asked for");
	if (plan->kernel_places)
		CHECK(c, plan->kernel_phys >= 16 * 0x100000 || plan->kernel_phys >= kernel->min_address, "the kernel's random address");
	else if (linux_kernel)
		CHECK(c, kernel->relocatable ? plan->kernel_phys >= kernel->min_address &&
		      plan->kernel_phys % kernel->alignment == 0 :
					       plan->kernel_phys == kernel->min_address, "the kernel's address");
	if (kernel->relocatable)
		CHECK(c, delta % kernel->alignment == 0 && plan->operation_count == 0, "the kernel's alignment");
	for (size_t i = 0; i < kernel->segment_count; i++) {
		const struct kernel_segment *s = &kernel->segments[i];
		bool found = s->file_size == 0;

		for (size_t j = 0; j < plan->load_count; j++) {
			const struct plan_load *load = &plan->loads[j];

			found |= load->file == 0 && load->offset == s->file_offset && load->size == s->file_size &&
				 after_moves(plan, load->to) == s->phys + delta;
		}
		CHECK(c, found, "segment %zu is not loaded where it must be", i);
	}
}

static inline void check_plan_lists(struct checker *c)
{
	check_allocations(c);
	check_writes(c);
	check_moves(c);
	check_reservations(c);
	check_block(c);
	check_initrd(c);
	check_kernel(c);
}

#endif
