/* SPDX-License-Identifier: BSD-2-Clause */
#include "plan_report.h"

#include <loader/map_views.h>
#include <stdlib.h>

#include "allocate.h"
#include "command.h"

#define X(value) ((unsigned long long)(value))

static void note_place(struct placement_listener *listener, const struct placement *placement,
		       const struct placement_want *want, uint64_t base)
{
	struct placements *placements = (struct placements *)listener;
	struct placement_note *note = &placements->notes[placements->count];
	uint64_t place;

	if (placements->count == PLACEMENT_TAKES_MAX)
		return;
	placements->count++;
	*note = (struct placement_note){ .want = *want, .base = base };
	for (size_t i = 0; i < placement->table.nr_entries; i++) {
		const struct e820_entry *entry = &placement->table.entries[i];

		note->free_ranges += entry->type == PLACEMENT_FREE;
		note->fitting_ranges += placement_fits(want, entry, &place);
		if (base >= entry->addr && base - entry->addr < entry->size)
			note->range = *entry;
	}
}

static void begin(struct placement_listener *listener)
{
	((struct placements *)listener)->count = 0;
}

void placements_init(struct placements *placements)
{
	placements->listener = (struct placement_listener){ begin, note_place };
	placements->count = 0;
}

static void print_bytes(uint64_t base, uint64_t size, struct printer *out)
{
	print(out, "0x%llx-0x%llx, ", X(base), X(base + (size - 1)));
	print_size(out, size);
	print(out, "\n");
}

static void print_note(const struct placement_note *note, struct printer *out)
{
	const struct placement_want *want = &note->want;

	print(out, "  %s: ", want->what);
	print_bytes(note->base, want->size, out);
	print(out, "    at a multiple of 0x%llx between 0x%llx and 0x%llx, the %s place", X(want->align), X(want->min),
	      X(want->max), want->top_down ? "highest" : "lowest");
	if (want->boundary)
		print(out, " that crosses no multiple of 0x%llx", X(want->boundary));
	print(out, "\n    it is in the free range 0x%llx-0x%llx; of %zu free ranges %zu have room\n", X(note->range.addr),
	      X(note->range.addr + (note->range.size - 1)), note->free_ranges, note->fitting_ranges);
}

/* The lowest descriptor in the way of a range; false when nothing but holes can be. */
static bool find_obstacle(const struct efi_memmap *map, uint64_t base, uint64_t size, struct efi_memory_desc *found)
{
	bool any = false;

	for (size_t i = 0; i < efi_memmap_count(map); i++) {
		struct efi_memory_desc desc;
		uint64_t end;

		efi_memmap_get(map, i, &desc);
		if (placement_type(&desc) == PLACEMENT_FREE || !efi_memory_desc_end(&desc, &end) ||
		    desc.phys_addr > base + (size - 1) || end - 1 < base || (any && desc.phys_addr >= found->phys_addr))
			continue;
		*found = desc;
		any = true;
	}
	return any;
}

static void print_preference(const struct boot_request *request, const struct boot_plan *plan, struct printer *out)
{
	const struct kernel_image *kernel = request->kernel;
	struct efi_memory_desc desc;

	print(out, "    it would like to lie at 0x%llx, which is %s", X(kernel->min_address),
	      plan->kernel_phys == kernel->min_address ? "free" : "not possible: ");
	if (plan->kernel_phys != kernel->min_address) {
		if (find_obstacle(request->map, kernel->min_address, plan->kernel_size, &desc))
			print(out, "0x%llx-0x%llx is %s; it may be moved up", X(desc.phys_addr),
			      X(desc.phys_addr + (desc.num_pages << MM_PAGE_SHIFT) - 1), efi_memory_type_name(desc.type));
		else
			print(out, "not all of that is memory, or it is refused or no good multiple; it may be moved up");
	}
	print(out, "\n");
}

static void print_kernel(const char *name, const struct boot_request *request, const struct boot_plan *plan, struct printer *out)
{
	const struct kernel_image *kernel = request->kernel;

	print(out, "  %s, ", name);
	kernel_image_print(kernel, out);
	print(out, ": ");
	print_bytes(plan->kernel_phys, plan->kernel_size, out);
	if (plan->kernel_places)
		print(out, "    at random (KASLR) in one of %llu places, by the numbers of the saved plan\n",
		      X(plan->kernel_places));
	else if (kernel->relocatable && kernel_is_linux(kernel))
		print_preference(request, plan, out);
	else if (kernel->relocatable)
		print(out, "    position-independent: it may lie anywhere, and runs at 0x%llx (virtual)\n", X(plan->kernel_virt));
	else
		print(out, "    it must lie at 0x%llx, for which it is linked\n", X(plan->kernel_phys));
	if (kernel->format == KERNEL_PREPARED && !plan->kaslr && !plan->kaslr_options.off)
		print(out, "    each boot has it elsewhere at random (KASLR), if it has relocations; this is its place without\n");
	for (size_t i = 0; i < plan->operation_count; i++)
		print(out, "    the firmware uses a part of it until ExitBootServices: read to 0x%llx, and moved to 0x%llx last\n",
		      X(plan->operations[i].from), X(plan->operations[i].to));
}

static void print_reading(const struct plan_names *names, const struct boot_plan *plan, struct printer *out)
{
	uint64_t cleared = 0;

	print(out, "what is read:\n");
	for (size_t i = 0; i < plan->load_count; i++) {
		const struct plan_load *load = &plan->loads[i];

		print(out, "  %s, %llu bytes from byte %llu on, to 0x%llx\n",
		      load->file ? names->initrds[load->file - 1] : names->kernel, X(load->size), X(load->offset), X(load->to));
	}
	for (size_t i = 0; i < plan->clear_count; i++)
		cleared += plan->clears[i].size;
	print(out, "  cleared: ");
	print_size(out, cleared);
	print(out, " in %zu pieces\n", plan->clear_count);
}

/* Nodes of the machine are zeros of their size: nobody knows what was in them. */
static void fill_nodes(struct setup_data_node *nodes, size_t count, const void *zeros)
{
	for (size_t i = 0; i < count; i++)
		nodes[i].head = nodes[i].body = zeros;
}

static uint32_t crc32_of(const struct boot_request *request, enum e820_policy policy)
{
	size_t count = efi_memmap_count(request->map), scratch_size = efi_to_e820_scratch_size(count);
	struct e820_table table = { allocate(2 * count + 2, sizeof(struct e820_entry)), 2 * count + 2, 0 };
	void *scratch = allocate(1, scratch_size);
	uint32_t crc32;

	efi_to_e820(request->map, policy, &table, NULL, scratch, scratch_size);
	crc32 = e820_crc32(&table);
	free(table.entries);
	free(scratch);
	return crc32;
}

static void print_boot_params(const struct plan_machine *machine, const struct boot_request *request, const struct boot_plan *plan,
			      struct printer *out)
{
	struct boot_exit exit = { 1, crc32_of(request, plan->policy) };
	size_t scratch_size = boot_handoff_scratch_size(efi_memmap_count(request->map));
	void *scratch = allocate(1, scratch_size), *zeros = allocate(1, plan->block.setup_data_size);
	struct boot_block block = { allocate(1, BOOT_PARAMS_SIZE), allocate(1, COMMAND_LINE_SIZE),
				    allocate(1, plan->block.setup_data_size) };

	fill_nodes(machine->nodes, machine->node_count, zeros);
	boot_handoff_prepare(plan, request, &machine->facts, &block);
	print(out, "boot_params at 0x%llx (offset, field, value, meaning):\n", X(plan->block.boot_params));
	if (boot_handoff_finish(plan, &machine->facts, &exit, &block, request->map, scratch, scratch_size))
		print(out, "  the e820 map does not fit: no memory map\n");
	boot_params_print(block.params, block.setup_data, plan->block.setup_data, plan->block.setup_data_size, out);
	print(out, "  0x%llx: command line: %s\n", X(plan->block.command_line), block.command_line);
	print(out, "  e820: CRC32 %08x\n", exit.printed_crc32);
	free(block.params);
	free(block.command_line);
	free(block.setup_data);
	free(zeros);
	free(scratch);
}

static void print_views(const struct boot_request *request, const struct boot_plan *plan, struct printer *out)
{
	size_t size = map_views_memory_size(efi_memmap_count(request->map));
	struct map_views *views = allocate(1, sizeof(*views));
	void *memory = allocate(1, size);

	if (map_views_init(views, request->map, plan->policy, memory, size) == 0) {
		views->plan = plan;
		print(out, "reservations:\n");
		map_view_print(views, MAP_VIEW_RESERVATIONS, out);
		print(out, "page tables:\n");
		map_view_print(views, MAP_VIEW_PAGE_TABLES, out);
	}
	free(memory);
	free(views);
}

void plan_report(const struct plan_names *names, const struct plan_machine *machine, const struct boot_request *request,
		 const struct boot_plan *plan, const struct placements *placements, struct printer *out)
{
	print(out, "where things go, in the order in which they get their places:\n");
	print_kernel(names->kernel, request, plan, out);
	for (size_t i = 0; i < placements->count; i++)
		print_note(&placements->notes[i], out);
	print_reading(names, plan, out);
	print_boot_params(machine, request, plan, out);
	print_views(request, plan, out);
}
