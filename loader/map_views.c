/* SPDX-License-Identifier: BSD-2-Clause */
#include "map_views_internal.h"

#define KNOWN_MAX 32 /* well-known ranges in the iomem tree */
#define ALIGN 16

struct sizes {
	size_t entries; /* bytes of each part, multiples of ALIGN */
	size_t trace;
	size_t order;
	size_t resources;
	size_t scratch;
	size_t sum;
};

static size_t entry_capacity(size_t descriptors)
{
	return 2 * descriptors + 2;
}

static size_t resource_capacity(size_t descriptors)
{
	return entry_capacity(descriptors) + PLAN_RESERVATIONS_MAX + KNOWN_MAX;
}

static size_t aligned(size_t size)
{
	return (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

static bool find_sizes(size_t descriptors, struct sizes *sizes)
{
	sizes->scratch = efi_to_e820_scratch_size(descriptors);
	if (sizes->scratch == SIZE_MAX || descriptors > SIZE_MAX / 1024)
		return false;
	if (sizes->scratch < efi_memmap_check_scratch_size(descriptors))
		sizes->scratch = efi_memmap_check_scratch_size(descriptors);
	sizes->entries = aligned(entry_capacity(descriptors) * sizeof(struct e820_entry));
	sizes->trace = aligned(descriptors * sizeof(struct efi_trace));
	sizes->order = aligned(descriptors * sizeof(uint32_t));
	sizes->resources = aligned(resource_capacity(descriptors) * sizeof(struct resource));
	sizes->sum = sizes->entries + sizes->trace + sizes->order + sizes->resources + sizes->scratch;
	return true;
}

size_t map_views_memory_size(size_t descriptors)
{
	struct sizes sizes;

	return find_sizes(descriptors, &sizes) ? sizes.sum + ALIGN : SIZE_MAX;
}

int map_views_init(struct map_views *views, const struct efi_memmap *map, enum e820_policy policy, void *memory,
		   size_t size)
{
	size_t count = efi_memmap_count(map), skip = -(uintptr_t)memory & (ALIGN - 1);
	uint8_t *at = (uint8_t *)memory + skip;
	struct sizes sizes;
	int error;

	*views = (struct map_views){ .map = map, .count = count, .policy = policy };
	if (!find_sizes(count, &sizes) || size < skip || size - skip < sizes.sum)
		return MM_ENOSPC;
	views->e820 = (struct e820_table){ (void *)at, entry_capacity(count), 0 };
	views->trace = (void *)(at += sizes.entries);
	views->order = (void *)(at += sizes.trace);
	views->resources = (void *)(at += sizes.order);
	views->resource_capacity = resource_capacity(count);
	views->scratch = at += sizes.resources;
	views->scratch_size = sizes.scratch;
	error = efi_to_e820(map, policy, &views->e820, views->trace, views->scratch, views->scratch_size);
	if (!error)
		error = efi_memmap_order(map, views->order, views->scratch, views->scratch_size);
	views->known.low_ram_end = known_low_ram_end(&views->e820);
	return error;
}

const char *map_view_title(enum map_view view)
{
	static const char titles[MAP_VIEWS][17] = {
		[MAP_VIEW_EFI] = "EFI descriptors",       [MAP_VIEW_E820] = "e820",
		[MAP_VIEW_TRACE] = "EFI to e820",         [MAP_VIEW_RESERVATIONS] = "reservations",
		[MAP_VIEW_IOMEM] = "iomem",               [MAP_VIEW_PAGE_TABLES] = "page tables",
		[MAP_VIEW_FINDINGS] = "findings",
	};

	return titles[view];
}

static void print_findings(const struct map_views *views, struct printer *out)
{
	long found = map_print_findings(views->map, "", views->scratch, views->scratch_size, out);

	if (found == 0)
		print(out, "  no findings: all %zu descriptors are as the UEFI specification wants them\n", views->count);
	else
		print(out, "  %ld findings; the loader goes on with what they say\n", found);
}

/* The plan of the views, or null after saying why there is none. */
static const struct boot_plan *need_plan(const struct map_views *views, struct printer *out)
{
	if (!views->plan)
		print(out, "%s\n", views->no_plan ? views->no_plan : "  there is no plan: no entry is chosen");
	return views->plan;
}

/* The others show e820 entries in their picture. */
static bool is_of_descriptors(enum map_view view)
{
	return view == MAP_VIEW_EFI || view == MAP_VIEW_TRACE || view == MAP_VIEW_FINDINGS;
}

void map_view_print(struct map_views *views, enum map_view view, struct printer *out)
{
	const struct boot_plan *plan;

	if (!views->map && is_of_descriptors(view)) {
		print(out, "  there is no EFI map\n");
		return;
	}
	switch (view) {
	case MAP_VIEW_EFI:
		map_view_efi(views, out);
		break;
	case MAP_VIEW_E820:
		map_view_e820(views, out);
		break;
	case MAP_VIEW_TRACE:
		map_view_trace(views, out);
		break;
	case MAP_VIEW_RESERVATIONS:
		plan = need_plan(views, out);
		if (plan)
			map_view_reservations(plan, out);
		break;
	case MAP_VIEW_IOMEM:
		map_view_iomem(views, out);
		break;
	case MAP_VIEW_PAGE_TABLES:
		plan = need_plan(views, out);
		if (plan)
			map_view_page_tables(plan, out);
		break;
	default:
		print_findings(views, out);
	}
}

size_t map_views_range_capacity(const struct map_views *views)
{
	return views->count > views->e820.nr_entries ? views->count : views->e820.nr_entries;
}

size_t map_views_ranges(const struct map_views *views, enum map_view view, struct picture_range *ranges)
{
	bool efi = is_of_descriptors(view);
	size_t used = 0;

	for (size_t i = 0; !efi && i < views->e820.nr_entries; i++) {
		const struct e820_entry *entry = &views->e820.entries[i];

		if (entry->size)
			ranges[used++] = (struct picture_range){ entry->addr, entry->addr + (entry->size - 1),
								 map_kind_of_e820(entry->type) };
	}
	for (size_t i = 0; efi && i < views->count; i++) {
		struct picture_range range;
		struct efi_memory_desc desc;

		efi_memmap_get(views->map, views->order[i], &desc);
		range = (struct picture_range){ .start = desc.phys_addr, .type = map_kind_of_efi(&desc) };
		if (!map_view_last(&desc, &range.last))
			continue;
		if (used && range.start <= ranges[used - 1].last)
			range.start = ranges[used - 1].last + 1;
		if (range.start <= range.last && (range.start || !used))
			ranges[used++] = range;
	}
	return used;
}

enum map_kind map_views_e820_kind(const struct map_views *views, uint64_t address)
{
	for (size_t i = 0; i < views->e820.nr_entries; i++) {
		const struct e820_entry *entry = &views->e820.entries[i];

		if (address - entry->addr < entry->size)
			return map_kind_of_e820(entry->type);
	}
	return MAP_KIND_NOTHING;
}

void map_bar_print(const struct picture_piece *pieces, size_t count, struct printer *out)
{
	for (size_t i = 0; i < count; i++) {
		char symbol = pieces[i].flags & PICTURE_FOLDED ? '~' : map_kind_symbol(pieces[i].type);

		for (uint32_t cell = 0; cell < pieces[i].width; cell++)
			print(out, "%c", symbol);
	}
	print(out, "\n");
}

uint64_t map_kind_total(const struct picture_range *ranges, size_t count, enum map_kind kind)
{
	uint64_t total = 0, next = 0;

	for (size_t i = 0; i < count; i++) {
		if (kind == MAP_KIND_NOTHING)
			total += ranges[i].start - next;
		else if (ranges[i].type == kind)
			total += ranges[i].last - ranges[i].start + 1;
		next = ranges[i].last + 1;
	}
	return total;
}
