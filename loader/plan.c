/* SPDX-License-Identifier: BSD-2-Clause */
#include "plan_internal.h"

#include <loader/linux_options.h>
#include <mm/fixmap.h>

int plan_full(struct printer *why, const char *table, size_t capacity)
{
	print(why, "more %s than a plan has room for; needed: at most %zu; use fewer segments or initrd files", table,
	      capacity);
	return MM_ENOSPC;
}

int plan_allocate(struct boot_plan *plan, uint64_t base, uint64_t size, bool code, struct printer *why)
{
	if (plan->allocation_count == PLAN_ALLOCATIONS_MAX)
		return plan_full(why, "allocations", PLAN_ALLOCATIONS_MAX);
	plan->allocations[plan->allocation_count++] = (struct plan_allocation){ base, size >> MM_PAGE_SHIFT, code };
	return 0;
}

int plan_load(struct boot_plan *plan, unsigned file, uint64_t offset, uint64_t size, uint64_t to, struct printer *why)
{
	if (plan->load_count == PLAN_LOADS_MAX)
		return plan_full(why, "pieces to load", PLAN_LOADS_MAX);
	plan->loads[plan->load_count++] = (struct plan_load){ file, offset, size, to };
	return 0;
}

int plan_clear(struct boot_plan *plan, uint64_t base, uint64_t size, struct printer *why)
{
	if (size == 0)
		return 0;
	if (plan->clear_count == PLAN_CLEARS_MAX)
		return plan_full(why, "pieces to clear", PLAN_CLEARS_MAX);
	plan->clears[plan->clear_count++] = (struct plan_clear){ base, size };
	return 0;
}

int plan_find_low(struct boot_plan *plan, struct placement *placement, struct placement_want *want, bool code,
		  uint64_t *base, struct printer *why)
{
	uint64_t max = want->max;
	int error = MM_ENOMEM;

	if (max >= FOUR_GIB) {
		want->max = FOUR_GIB - 1;
		error = placement_find(placement, want, base, NULL);
		want->max = max;
	}
	if (error)
		error = placement_find(placement, want, base, why);
	return error ? error : plan_allocate(plan, *base, want->size, code, why);
}

/* Most descriptors of a map whose e820 entries surely fit a SETUP_E820_EXT node that Linux can map. */
#define DESCRIPTORS_MAX                                                                                                \
	((E820_MAX_ENTRIES_ZEROPAGE + E820_MAX_ENTRIES_EXT) / 2 - 2 * PLAN_ALLOCATIONS_MAX - PLAN_SLACK_DESCRIPTORS)

static uint64_t pages(uint64_t size)
{
	return (size + MM_PAGE_MASK) & ~MM_PAGE_MASK;
}

size_t boot_plan_map_capacity(size_t descriptors)
{
	return descriptors + 2 * PLAN_ALLOCATIONS_MAX + PLAN_SLACK_DESCRIPTORS;
}

/* Of the nodes written after ExitBootServices. They come first: SETUP_E820_EXT must not waste room with a page offset. */
static size_t setup_data_late(const struct boot_request *request)
{
	/* Where descriptors overlap, a map of n descriptors can have 2n - 1 entries. */
	size_t entries = 2 * boot_plan_map_capacity(efi_memmap_count(request->map)), size = 0;

	if (entries > E820_MAX_ENTRIES_ZEROPAGE)
		size += sizeof(struct setup_data) + (entries - E820_MAX_ENTRIES_ZEROPAGE) * sizeof(struct e820_entry) + 8;
	if (!kernel_is_linux(request->kernel))
		size += sizeof(struct setup_data) + sizeof(struct mapbridge_handoff) +
			PLAN_RESERVATIONS_MAX * sizeof(struct mapbridge_reservation);
	return (size + 7) & ~(size_t)7;
}

/* boot_params, command line, setup_data and the EFI map side by side: the decompressor maps each 2 MiB it touches. */
static int plan_block(struct boot_plan *plan, struct placement *placement, const struct boot_request *request,
		      struct printer *why)
{
	struct plan_block *block = &plan->block;
	struct placement_want want = { .what = "boot_params and the memory map", .align = MM_PAGE_SIZE, .min = PLACEMENT_LOW,
				       .max = request->kernel->data_max, .top_down = true };
	uint64_t map_size = boot_plan_map_capacity(efi_memmap_count(request->map)) * request->map->desc_size;
	uint64_t nodes = setup_data_nodes_size(request->nodes, request->node_count);
	int error;

	if (nodes > PLAN_NODES_SIZE_MAX) {
		print(why, "%zu setup_data nodes take %llu bytes; needed: at most %llu; a device's option ROM has no sensible size",
		      request->node_count, X(nodes), X(PLAN_NODES_SIZE_MAX));
		return MM_EINVAL;
	}
	block->setup_data_late = setup_data_late(request);
	block->setup_data_size = block->setup_data_late + nodes;
	block->efi_memmap_size = map_size;
	block->size = 2 * MM_PAGE_SIZE + pages(block->setup_data_size) + pages(map_size);
	want.size = block->size;
	want.boundary = block->size <= PAGING_SIZE_2M ? PAGING_SIZE_2M : 0;
	error = plan_find_low(plan, placement, &want, false, &block->base, why);
	if (error)
		return error;
	block->boot_params = block->base;
	block->command_line = block->boot_params + MM_PAGE_SIZE;
	block->setup_data = block->command_line + MM_PAGE_SIZE;
	block->efi_memmap = block->setup_data + pages(block->setup_data_size);
	error = plan_clear(plan, block->base, block->size, why);
	if (!error)
		error = plan_reserve(plan, block->boot_params, MM_PAGE_SIZE, MAPBRIDGE_BOOT_PARAMS, why);
	if (!error)
		error = plan_reserve(plan, block->command_line, COMMAND_LINE_SIZE, MAPBRIDGE_COMMAND_LINE, why);
	if (!error && block->setup_data_size)
		error = plan_reserve(plan, block->setup_data, block->setup_data_size, MAPBRIDGE_SETUP_DATA, why);
	return error ? error : plan_reserve(plan, block->efi_memmap, map_size, MAPBRIDGE_EFI_MEMMAP, why);
}

/* Where the stub needs its things: it may have to go through 32-bit code. */
static uint64_t stub_max(const struct boot_request *request)
{
	uint64_t max = request->kernel->data_max;

	return request->change_levels && max >= FOUR_GIB ? FOUR_GIB - 1 : max;
}

static int plan_stub(struct boot_plan *plan, struct placement *placement, const struct boot_request *request,
		     struct printer *why)
{
	struct placement_want want = { .what = "the stub and its stack", .align = MM_PAGE_SIZE, .min = PLACEMENT_LOW,
				       .max = stub_max(request), .top_down = true };
	uint64_t guard;
	int error;

	want.size = MM_PAGE_SIZE;
	error = plan_find_low(plan, placement, &want, true, &plan->stub, why);
	if (error)
		return error;
	want.size = 2 * MM_PAGE_SIZE + MAPBRIDGE_STACK_SIZE;
	error = plan_find_low(plan, placement, &want, false, &guard, why);
	if (error)
		return error;
	plan->stack_bottom = guard + MM_PAGE_SIZE;
	plan->stack_top = plan->stack_bottom + MAPBRIDGE_STACK_SIZE;
	plan->stub_parameters = plan->stack_top;
	error = plan_clear(plan, guard, want.size, why);
	if (!error)
		error = plan_reserve(plan, plan->stub, MM_PAGE_SIZE, MAPBRIDGE_STUB, why);
	if (!error)
		error = plan_reserve(plan, guard, MM_PAGE_SIZE + MAPBRIDGE_STACK_SIZE, MAPBRIDGE_STACK, why);
	return error ? error : plan_reserve(plan, plan->stub_parameters, MM_PAGE_SIZE, MAPBRIDGE_STUB, why);
}

/* All files joined, each padded to 4 bytes: the kernel looks for the next archive at such a boundary. */
static int plan_initrd(struct boot_plan *plan, struct placement *placement, const struct boot_request *request,
		       struct printer *why)
{
	struct placement_want want = { .what = "the initrd", .align = MM_PAGE_SIZE, .min = PLACEMENT_LOW,
				       .max = request->kernel->initrd_max, .top_down = true };
	uint64_t total = 0, at;
	int error;

	if (request->initrd_count > PLAN_INITRDS_MAX)
		return plan_full(why, "initrd files", PLAN_INITRDS_MAX);
	for (size_t i = 0; i < request->initrd_count; i++) {
		if (request->initrd_sizes[i] == 0) {
			print(why, "initrd file %zu of %zu is empty; copy it again, or remove its line", i + 1, request->initrd_count);
			return MM_EINVAL;
		}
		if (!mm_align_up(total, 4, &total) || __builtin_add_overflow(total, request->initrd_sizes[i], &total) ||
		    total > INT64_MAX) {
			print(why, "the first %zu initrd files pass 2^63 bytes; check which files the entry names", i + 1);
			return MM_EINVAL;
		}
	}
	if (total == 0)
		return 0;
	want.size = pages(total);
	error = plan_find_low(plan, placement, &want, false, &plan->initrd, why);
	if (error)
		return error;
	plan->initrd_size = total;
	at = plan->initrd;
	for (size_t i = 0; i < request->initrd_count && !error; i++) {
		uint64_t start = mm_align_down(at + 3, 4);

		error = plan_clear(plan, at, start - at, why);
		if (!error)
			error = plan_load(plan, (unsigned)i + 1, 0, request->initrd_sizes[i], start, why);
		at = start + request->initrd_sizes[i];
	}
	if (!error)
		error = plan_clear(plan, at, plan->initrd + want.size - at, why);
	return error ? error : plan_reserve(plan, plan->initrd, total, MAPBRIDGE_INITRD, why);
}

/* Says which range it is that page tables of this depth cannot map. */
static int refuse_not_canonical(const struct boot_plan *plan, struct printer *why)
{
	for (size_t i = 0; i < plan->page_map.count; i++) {
		struct paging_map one = { &plan->page_map.ranges[i], 1, 1 };
		const struct paging_range *range = &one.ranges[0];

		if (paging_map_canonical(&one, &plan->paging))
			continue;
		print(why, "0x%llx-0x%llx is memory or a part of the kernel that %u-level page tables cannot map; needed: below "
			   "0x%llx or in the higher half; link the kernel elsewhere, or use a processor mode with more levels",
		      X(range->virt.value), X(range->virt.value + (range->size - 1)), plan->paging.levels,
		      X(UINT64_C(1) << (12 + 9 * plan->paging.levels - 1)));
		break;
	}
	return MM_ENOMEM;
}

static int plan_page_tables(struct boot_plan *plan, struct placement *placement, const struct boot_request *request,
			    struct printer *why)
{
	struct placement_want want = { .what = "page tables", .align = MM_PAGE_SIZE, .min = PLACEMENT_LOW,
				       .max = stub_max(request), .top_down = true };
	int error = boot_plan_map_pages(plan, request);

	if (error)
		return plan_full(why, "ranges to map", plan->page_map.capacity);
	if (!paging_map_canonical(&plan->page_map, &plan->paging))
		return refuse_not_canonical(plan, why);
	plan->page_table_pages = paging_count_tables(&plan->page_map, &plan->paging);
	want.size = plan->page_table_pages * MM_PAGE_SIZE;
	error = plan_find_low(plan, placement, &want, false, &plan->page_tables, why);
	return error ? error : plan_reserve(plan, plan->page_tables, want.size, MAPBRIDGE_PAGE_TABLES, why);
}

static int check_command_line(const struct boot_request *request, struct printer *why)
{
	size_t length = text_length(request->command_line);

	if (length <= request->kernel->command_line_max)
		return 0;
	print(why, "the command line has %zu bytes; needed: at most %llu for this kernel; shorten the options", length,
	      X(request->kernel->command_line_max));
	return MM_EINVAL;
}

uint64_t boot_plan_unaccepted(const struct efi_memmap *map)
{
	size_t count = efi_memmap_count(map);
	uint64_t pages = 0;

	for (size_t i = 0; i < count; i++) {
		struct efi_memory_desc desc;

		efi_memmap_get(map, i, &desc);
		if (desc.type == EFI_UNACCEPTED_MEMORY && __builtin_add_overflow(pages, desc.num_pages, &pages))
			return UINT64_MAX;
	}
	return pages > UINT64_MAX >> MM_PAGE_SHIFT ? UINT64_MAX : pages << MM_PAGE_SHIFT;
}

/* Linux's 64-bit entry has no way to accept memory: called RAM it would crash, called reserved it would be lost. */
static int check_unaccepted(const struct boot_request *request, struct printer *why)
{
	uint64_t unaccepted = boot_plan_unaccepted(request->map);

	if (unaccepted == 0 || !kernel_is_linux(request->kernel))
		return 0;
	print(why, "%llu bytes of memory are not accepted yet (EfiUnacceptedMemory), and a kernel that is entered at its 64-bit entry "
		   "cannot accept them; %s", X(unaccepted),
	      request->kernel->format == KERNEL_BZIMAGE ?
		      "put the line \"mapbridge-start efi\" into the entry: the kernel's own EFI stub then does it" :
		      "give the bzImage of this kernel, with the line \"mapbridge-start efi\" in the entry");
	return MM_ENOMEM;
}

#define LIST_ALIGN sizeof(uint64_t)

static size_t page_map_capacity(size_t descriptors)
{
	return 2 * descriptors + 8 * KERNEL_SEGMENTS_MAX + 4 * PLAN_TABLES_MAX + 16;
}

size_t boot_plan_scratch_size(size_t descriptors)
{
	size_t placement = placement_memory_size(descriptors), sum;

	if (placement == SIZE_MAX ||
	    __builtin_add_overflow(placement, page_map_capacity(descriptors) * sizeof(struct paging_range) + LIST_ALIGN, &sum))
		return SIZE_MAX;
	return sum;
}

/* Everything into an empty plan; kernel_last: the kernel into what is left then. */
static int place_all(struct boot_plan *plan, const struct boot_request *request, void *memory, size_t size, bool kernel_last,
		     struct printer *why)
{
	struct placement placement;
	int error = placement_init(&placement, request->map, memory, size);

	if (error)
		return plan_full(why, "pieces of memory", placement.table.capacity);
	placement.listener = request->listener;
	if (request->listener)
		request->listener->begin(request->listener);
	plan->page_map.count = 0;
	plan->allocation_count = plan->load_count = plan->clear_count = plan->reservation_count = plan->operation_count = 0;
	for (size_t i = 0; i < request->refused_count; i++)
		if (placement_take(&placement, request->refused[i].base, request->refused[i].size))
			return plan_full(why, "pieces of memory", placement.table.capacity);
	error = plan_reserve(plan, 0, MM_PAGE_SIZE, MAPBRIDGE_FIRST_PAGE, why);
	if (!error && !kernel_last)
		error = plan_kernel(plan, &placement, request, why);
	if (!error)
		error = plan_stub(plan, &placement, request, why);
	if (!error)
		error = plan_block(plan, &placement, request, why);
	if (!error)
		error = plan_initrd(plan, &placement, request, why);
	if (!error && kernel_last)
		error = plan_kernel(plan, &placement, request, why);
	return error ? error : plan_page_tables(plan, &placement, request, why);
}

static enum e820_policy policy_of(const struct boot_request *request)
{
	struct linux_options options;

	if (!kernel_is_linux(request->kernel))
		return E820_POLICY_ACPI;
	linux_options_read(request->command_line, &options);
	return options.no_soft_reserve ? E820_POLICY_LINUX_NOSOFTRESERVE : E820_POLICY_LINUX;
}

int boot_plan_make(const struct boot_request *request, struct boot_plan *plan, void *scratch, size_t scratch_size,
		   struct printer *why)
{
	uint8_t *placement_memory;
	size_t count = efi_memmap_count(request->map), skip = -(uintptr_t)scratch & (LIST_ALIGN - 1), list;
	int error = check_command_line(request, why);

	if (error)
		return error;
	if (count == 0 || count > DESCRIPTORS_MAX) {
		print(why, "the firmware's memory map has %zu descriptors (%zu bytes, %zu each); needed: 1 to %d, of at least %zu "
			   "bytes; restart the machine", count, request->map->size, request->map->desc_size, DESCRIPTORS_MAX,
		      sizeof(struct efi_memory_desc));
		return MM_EINVAL;
	}
	error = check_unaccepted(request, why);
	if (error)
		return error;
	count += request->attributes ? efi_memmap_count(request->attributes) : 0;
	list = page_map_capacity(count) * sizeof(struct paging_range);
	if (scratch_size < boot_plan_scratch_size(count)) {
		print(why, "%zu bytes of scratch memory for %zu descriptors; needed: %zu", scratch_size, count,
		      boot_plan_scratch_size(count));
		return MM_ENOSPC;
	}
	__builtin_memset(plan, 0, sizeof(*plan));
	plan->policy = policy_of(request);
	plan->paging = request->paging;
	plan->cr4 = STUB_CR4_PAE | (request->paging.levels == 5 ? STUB_CR4_LA57 : 0) | (request->keep_mce ? STUB_CR4_MCE : 0);
	plan->page_map = (struct paging_map){ (void *)((uint8_t *)scratch + skip), page_map_capacity(count), 0 };
	kaslr_options_read(request->command_line, &plan->kaslr_options);
	plan->kaslr = request->random && request->kernel->relocatable && !plan->kaslr_options.off;
	placement_memory = (uint8_t *)scratch + skip + list;
	/* A random place is chosen from what all else leaves; if it leaves nothing, the kernel comes first, at its own place. */
	if (plan->kaslr && place_all(plan, request, placement_memory, scratch_size - skip - list, true, NULL) == 0)
		return 0;
	plan->kaslr_options.in_place = "no room";
	return place_all(plan, request, placement_memory, scratch_size - skip - list, false, why);
}
