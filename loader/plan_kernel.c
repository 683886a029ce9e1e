/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the kernel goes. Memory that is free now is allocated and read into. Memory that the firmware still uses can
 * only be written after ExitBootServices: what belongs there is read elsewhere, and the stub moves it.
 */
#include "plan_internal.h"

/* Highest physical address that Linux can use with 4-level page tables (MAX_PHYSMEM_BITS 46). */
#define LINUX_PHYSICAL_MAX ((UINT64_C(1) << 46) - 1)

/* Whole pages that one or more segments share or adjoin: [base, base + size) where they run, loaded where they are read to. */
struct extent {
	uint64_t base;
	uint64_t size;
	uint64_t loaded;
	bool moved;
};

struct extents {
	struct extent list[KERNEL_SEGMENTS_MAX];
	size_t count;
};

static enum mapbridge_reservation_kind kind_of(const struct kernel_segment *segment)
{
	if (segment->flags & PAGING_EXECUTE)
		return MAPBRIDGE_KERNEL_TEXT;
	return segment->flags & PAGING_WRITE ? MAPBRIDGE_KERNEL_DATA : MAPBRIDGE_KERNEL_RODATA;
}

/* The segments in ascending physical order: the loops over gaps need it, files need not have it. */
static void sort_segments(const struct kernel_image *kernel, const struct kernel_segment **sorted)
{
	for (size_t i = 0; i < kernel->segment_count; i++) {
		size_t at = i;

		for (; at > 0 && sorted[at - 1]->phys > kernel->segments[i].phys; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = &kernel->segments[i];
	}
}

static void join_pages(const struct kernel_segment *const *sorted, size_t count, struct extents *extents)
{
	extents->count = 0;
	for (size_t i = 0; i < count; i++) {
		uint64_t base = mm_align_down(sorted[i]->phys, MM_PAGE_SIZE);
		uint64_t last = (sorted[i]->phys + (sorted[i]->mem_size - 1)) | MM_PAGE_MASK;
		struct extent *previous = extents->count ? &extents->list[extents->count - 1] : NULL;

		if (previous && base <= previous->base + previous->size)
			previous->size = last - previous->base + 1;
		else
			extents->list[extents->count++] = (struct extent){ base, last - base + 1, base, false };
	}
}

static int refuse_place(const struct boot_request *request, uint64_t base, uint64_t size, uint64_t bad,
			struct printer *why)
{
	const char *type = NULL;
	uint64_t ram_end = 0;
	bool special = false;

	for (size_t i = 0; i < efi_memmap_count(request->map); i++) {
		struct efi_memory_desc desc;
		uint64_t end;
		bool usable;

		efi_memmap_get(request->map, i, &desc);
		if (!efi_memory_desc_end(&desc, &end))
			continue;
		usable = placement_type(&desc) != PLACEMENT_OTHER;
		/* Where descriptors overlap, the one that is not usable is the reason. */
		if (desc.phys_addr <= bad && bad <= end - 1 && (!type || !usable)) {
			type = efi_memory_type_name(desc.type);
			special = !usable && (desc.attribute & EFI_ATTRIBUTE_SP);
		}
		if (usable && end > ram_end)
			ram_end = end;
	}
	print(why, "the kernel wants physical 0x%llx-0x%llx, but 0x%llx is ", X(base), X(base + (size - 1)), X(bad));
	if (bad < MM_PAGE_SIZE)
		print(why, "in the first page, which is never used");
	else if (type)
		print(why, "%s%s", type, special ? " for a special purpose (EFI_MEMORY_SP)" : "");
	else
		print(why, "not in the memory map (usable memory ends at 0x%llx)", X(ram_end ? ram_end - 1 : 0));
	print(why, "; needed: usable memory; %s", kernel_is_linux(request->kernel) ?
						     "use a relocatable kernel (CONFIG_RELOCATABLE)" :
						     "link the kernel elsewhere, or as static-PIE");
	return MM_ENOMEM;
}

/* Takes the place where an extent will run, and decides whether it can be read there at once. */
static int take_place(struct boot_plan *plan, struct placement *placement, const struct boot_request *request,
		      struct extent *extent, struct printer *why)
{
	uint64_t bad;

	extent->moved = !placement_available(placement, extent->base, extent->size, false);
	if (placement_first_unavailable(placement, extent->base, extent->size, &bad))
		return refuse_place(request, extent->base, extent->size, bad, why);
	if (placement_take(placement, extent->base, extent->size))
		return plan_full(why, "pieces of memory", placement->table.capacity);
	return extent->moved ? 0 : plan_allocate(plan, extent->base, extent->size, false, why);
}

/* Finds a place to read an extent to that the stub moves. */
static int find_copy(struct boot_plan *plan, struct placement *placement, const struct boot_request *request,
		     struct extent *extent, struct printer *why)
{
	struct placement_want want = { .what = "a copy of the kernel that is moved after ExitBootServices",
				       .size = extent->size, .align = MM_PAGE_SIZE, .min = PLACEMENT_LOW,
				       .max = request->kernel->data_max, .top_down = true };
	int error;

	if (!extent->moved)
		return 0;
	if (plan->operation_count == STUB_OPERATIONS_MAX)
		return plan_full(why, "moves", STUB_OPERATIONS_MAX);
	error = plan_find_low(plan, placement, &want, false, &extent->loaded, why);
	if (!error)
		plan->operations[plan->operation_count++] =
			(struct stub_operation){ extent->base, extent->loaded, extent->size };
	return error;
}

/* All places to run at are taken before any copy is placed, so that no copy lies where another extent must go. */
static int place_extents(struct boot_plan *plan, struct placement *placement, const struct boot_request *request,
			 struct extents *extents, struct printer *why)
{
	int error = 0;

	for (size_t i = 0; i < extents->count && !error; i++)
		error = take_place(plan, placement, request, &extents->list[i], why);
	for (size_t i = 0; i < extents->count && !error; i++)
		error = find_copy(plan, placement, request, &extents->list[i], why);
	return error;
}

/* Loads and clears of the segments (sorted) that lie in an extent. */
static int fill_extent(struct boot_plan *plan, const struct extent *extent, const struct kernel_segment *const *sorted,
		       size_t count, uint64_t delta, struct printer *why)
{
	uint64_t done = extent->base; /* everything below is loaded or cleared */
	int error = 0;

	for (size_t i = 0; i < count && !error; i++) {
		const struct kernel_segment *segment = sorted[i];
		uint64_t phys = segment->phys + delta;

		if (phys < extent->base || phys - extent->base >= extent->size || segment->file_size == 0)
			continue;
		error = plan_clear(plan, extent->loaded + (done - extent->base), phys - done, why);
		if (!error)
			error = plan_load(plan, 0, segment->file_offset, segment->file_size,
					  extent->loaded + (phys - extent->base), why);
		done = phys + segment->file_size;
	}
	if (!error)
		error = plan_clear(plan, extent->loaded + (done - extent->base), extent->base + extent->size - done, why);
	return error;
}

static int reserve_segment(struct boot_plan *plan, const struct kernel_segment *segment, uint64_t delta, struct printer *why)
{
	uint64_t phys = segment->phys + delta, bss_size = segment->mem_size - segment->file_size;
	int error = 0;

	if (segment->file_size)
		error = plan_reserve(plan, phys, segment->file_size, kind_of(segment), why);
	if (!error && bss_size)
		error = plan_reserve(plan, phys + segment->file_size, bss_size, MAPBRIDGE_KERNEL_BSS, why);
	return error;
}

static int plan_elf64(struct boot_plan *plan, struct placement *placement, const struct boot_request *request,
		      struct printer *why)
{
	const struct kernel_image *kernel = request->kernel;
	const struct kernel_segment *sorted[KERNEL_SEGMENTS_MAX];
	struct extents extents;
	uint64_t delta = 0;
	int error = 0;

	sort_segments(kernel, sorted);
	join_pages(sorted, kernel->segment_count, &extents);
	if (kernel->relocatable) {
		struct placement_want want = { .what = "the kernel", .size = (kernel->memory_size + MM_PAGE_MASK) & ~MM_PAGE_MASK,
					       .align = kernel->alignment, .min = PLACEMENT_LOW, .max = kernel->data_max };

		/* One piece, so that a relocation may point anywhere in the image. */
		error = placement_find(placement, &want, &delta, why);
		if (!error)
			error = plan_allocate(plan, delta, want.size, false, why);
		extents = (struct extents){ .list = { { delta, want.size, delta, false } }, .count = 1 };
		plan->kernel_loaded = delta;
	} else {
		error = place_extents(plan, placement, request, &extents, why);
	}
	for (size_t i = 0; i < extents.count && !error; i++)
		error = fill_extent(plan, &extents.list[i], sorted, kernel->segment_count, delta, why);
	for (size_t i = 0; i < kernel->segment_count && !error; i++)
		error = reserve_segment(plan, sorted[i], delta, why);
	if (error)
		return error;

	const struct kernel_segment *first = sorted[0], *last = sorted[kernel->segment_count - 1];

	plan->kernel_phys = first->phys + delta;
	plan->kernel_virt = first->virt;
	plan->kernel_size = last->phys + last->mem_size - first->phys;
	plan->entry = kernel->entry;
	return 0;
}

/* A random place for a kernel that may have one; false when there is none. */
static bool choose_place(struct boot_plan *plan, const struct placement *placement, const struct boot_request *request,
			 const struct placement_want *want, uint64_t *base)
{
	struct kaslr_search search = { .map = request->map, .placement = placement, .options = &plan->kaslr_options,
				       .minimum = want->min < KASLR_MINIMUM_MAX ? want->min : KASLR_MINIMUM_MAX,
				       .limit = want->max == UINT64_MAX ? UINT64_MAX : want->max + 1, .size = want->size,
				       .align = want->align };

	plan->kernel_places = 0;
	if (!plan->kaslr || plan->kaslr_options.in_place)
		return false;
	plan->kernel_places = kaslr_places(&search, UINT64_MAX, base);
	if (plan->kernel_places)
		kaslr_places(&search, request->random->physical % plan->kernel_places, base);
	return plan->kernel_places;
}

/* Where a kernel that is unpacked already will see itself. */
static void choose_virtual(struct boot_plan *plan, const struct boot_request *request, uint64_t size)
{
	const struct kernel_image *kernel = request->kernel;
	uint64_t places = plan->kaslr ? kaslr_virtual_places(kernel->min_address, size, kernel->alignment) : 0;

	plan->kernel_virt = kernel->segments[0].virt - kernel->segments[0].phys;
	plan->kernel_virtual_places = places;
	if (places)
		plan->kernel_virt += request->random->virtual % places * kernel->alignment;
}

/*
 * The one window of a Linux kernel, in window->size and from window->base (its preferred address) on. A relocatable one goes to
 * that address or the lowest fit above it: below pref_address a bzImage would move up out of its
 * window (arch/x86/boot/compressed/head_64.S).
 */
static int place_linux(struct boot_plan *plan, struct placement *placement, const struct boot_request *request,
		       struct extents *windows, struct printer *why)
{
	const struct kernel_image *kernel = request->kernel;
	struct extent *window = &windows->list[0];
	/* Linux wants at least 2 MiB, whatever its header says; what is no multiple would be rounded up, out of the window. */
	uint64_t align = kernel->alignment > PAGING_SIZE_2M ? kernel->alignment : PAGING_SIZE_2M;
	bool preferred = placement_available(placement, window->base, window->size, false) &&
			 mm_align_down(window->base, align) == window->base;
	struct placement_want want = { .what = "the kernel", .size = window->size, .align = align, .min = kernel->min_address,
				       .max = kernel->data_max };
	int error;

	if (request->paging.levels == 4 && want.max > LINUX_PHYSICAL_MAX)
		want.max = LINUX_PHYSICAL_MAX;
	if (choose_place(plan, placement, request, &want, &window->base))
		error = placement_take(placement, window->base, window->size);
	else if (!kernel->relocatable || preferred)
		return place_extents(plan, placement, request, windows, why);
	else
		error = placement_find(placement, &want, &window->base, why);
	window->loaded = window->base;
	return error ? error : plan_allocate(plan, window->base, window->size, false, why);
}

/* What it unpacks and clears lies all in [base, base + init_size). */
static int plan_bzimage(struct boot_plan *plan, struct placement *placement, const struct boot_request *request,
			struct extents *windows, struct printer *why)
{
	const struct kernel_segment *segment = &request->kernel->segments[0];
	int error = place_linux(plan, placement, request, windows, why);

	/* Not cleared: the decompressor clears what it needs, and reads only what was loaded. */
	return error ? error : plan_load(plan, 0, segment->file_offset, segment->file_size, windows->list[0].loaded, why);
}

static int plan_vmlinux(struct boot_plan *plan, struct placement *placement, const struct boot_request *request,
			struct extents *windows, struct printer *why)
{
	const struct kernel_segment *sorted[KERNEL_SEGMENTS_MAX];
	int error = place_linux(plan, placement, request, windows, why);

	sort_segments(request->kernel, sorted);
	return error ? error : fill_extent(plan, &windows->list[0], sorted, request->kernel->segment_count, windows->list[0].base, why);
}

static int plan_linux(struct boot_plan *plan, struct placement *placement, const struct boot_request *request,
		      struct printer *why)
{
	const struct kernel_image *kernel = request->kernel;
	bool bzimage = kernel->format == KERNEL_BZIMAGE;
	/* Up to its last 2 MiB page a vmlinux is Linux's own from the first instruction on. */
	uint64_t mask = bzimage ? MM_PAGE_MASK : PAGING_SIZE_2M - 1, size = (kernel->memory_size + mask) & ~mask;
	struct extents windows = { .list = { { kernel->min_address, size, kernel->min_address, false } }, .count = 1 };
	const struct extent *window = &windows.list[0];
	int error = bzimage ? plan_bzimage(plan, placement, request, &windows, why) :
			      plan_vmlinux(plan, placement, request, &windows, why);

	if (!error)
		error = plan_reserve(plan, window->base, size, MAPBRIDGE_KERNEL_IMAGE, why);
	plan->kernel_phys = window->base;
	plan->kernel_size = size;
	plan->entry = window->base + kernel->entry;
	if (kernel->format == KERNEL_PREPARED)
		choose_virtual(plan, request, size);
	return error;
}

int plan_kernel(struct boot_plan *plan, struct placement *placement, const struct boot_request *request,
		struct printer *why)
{
	return kernel_is_linux(request->kernel) ? plan_linux(plan, placement, request, why) :
						  plan_elf64(plan, placement, request, why);
}
