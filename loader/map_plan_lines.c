/* SPDX-License-Identifier: BSD-2-Clause */
/* What a plan does to memory: its reservations, the page tables at the jump, and who owns which addresses then. */
#include "map_views_internal.h"

#include <loader/placement.h>

void map_view_reservations(const struct boot_plan *plan, struct printer *out)
{
	print(out, "  %zu reservations: memory that is in use when the kernel starts\n", plan->reservation_count);
	for (size_t i = 0; i < plan->reservation_count; i++) {
		const struct mapbridge_reservation *r = &plan->reservations[i];

		print(out, "%c ", map_kind_symbol(MAP_KIND_LOADER));
		map_view_span(r->base, r->base + (r->size - 1), out);
		print(out, "%-14s ", mapbridge_reservation_name(r->kind));
		print_size(out, r->size);
		print(out, "\n");
	}
	plan_print_moves(plan, out);
	print(out, "  entry 0x%llx, %u-level page tables\n", X(plan->entry), plan->paging.levels);
}

static void print_permissions(uint32_t flags, struct printer *out)
{
	print(out, "r%c%c", flags & PAGING_WRITE ? 'w' : '-', flags & PAGING_EXECUTE ? 'x' : '-');
}

static bool is_mapped(const struct paging_range *range, uint32_t permissions)
{
	return !(range->flags & PAGING_EMPTY_TABLE) && (range->flags & (PAGING_WRITE | PAGING_EXECUTE)) == permissions;
}

void map_view_page_tables(const struct boot_plan *plan, struct printer *out)
{
	const struct paging_map *map = &plan->page_map;

	print(out, "  %u levels, %llu table pages at 0x%llx; virtual -> physical\n", plan->paging.levels,
	      X(plan->page_table_pages), X(plan->page_tables));
	for (size_t i = 0; i < map->count; i++) {
		const struct paging_range *range = &map->ranges[i];

		print(out, "  %016llx-%016llx ", X(range->virt.value), X(range->virt.value + (range->size - 1)));
		if (range->flags & PAGING_EMPTY_TABLE) {
			print(out, "-> nothing yet: the fixmap's table\n");
			continue;
		}
		print(out, "-> %012llx ", X(range->phys.value));
		print_permissions(range->flags, out);
		print(out, "%s ", range->flags & PAGING_UNCACHED ? " uncached" : "");
		print_binary_size(out, range->size);
		print(out, "\n");
	}
	print(out, "totals:\n");
	for (uint32_t permissions = 0; permissions <= (PAGING_WRITE | PAGING_EXECUTE); permissions++) {
		uint64_t total = 0;

		for (size_t i = 0; i < map->count; i++)
			if (is_mapped(&map->ranges[i], permissions))
				total += map->ranges[i].size;
		if (total == 0)
			continue;
		print(out, "  ");
		print_permissions(permissions, out);
		print(out, ": ");
		print_size(out, total);
		print(out, "\n");
	}
}

/* Linux's names (arch/x86/kernel/e820.c and setup.c). */
static const char *resource_name(uint32_t type)
{
	switch (map_kind_of_e820(type)) {
	case MAP_KIND_USABLE:
		return "System RAM";
	case MAP_KIND_ACPI:
		return "ACPI Tables";
	case MAP_KIND_NVS:
		return "ACPI Non-volatile Storage";
	case MAP_KIND_UNUSABLE:
		return "Unusable memory";
	case MAP_KIND_PERSISTENT:
		return type == E820_TYPE_PRAM ? "Persistent Memory (legacy)" : "Persistent Memory";
	case MAP_KIND_SOFT_RESERVED:
		return "Soft Reserved";
	case MAP_KIND_RESERVED:
		return "Reserved";
	default:
		return "Unknown E820 type";
	}
}

static const char *reservation_name(uint32_t kind)
{
	switch (kind) {
	case MAPBRIDGE_KERNEL_TEXT:
		return "Kernel code";
	case MAPBRIDGE_KERNEL_RODATA:
		return "Kernel rodata";
	case MAPBRIDGE_KERNEL_DATA:
		return "Kernel data";
	case MAPBRIDGE_KERNEL_BSS:
		return "Kernel bss";
	default:
		return mapbridge_reservation_name(kind);
	}
}

struct tree {
	struct resource root;
	struct resource *next;
	struct resource *end;
};

/* What overlaps another one partly is left out, as when a driver asks for what others have. */
static void add(struct tree *tree, uint64_t start, uint64_t last, const char *name)
{
	if (tree->next == tree->end)
		return;
	*tree->next = (struct resource){ .start = start, .end = last, .name = name, .flags = IORESOURCE_MEM };
	if (insert_resource(&tree->root, tree->next) == 0)
		tree->next++;
}

void map_view_iomem(struct map_views *views, struct printer *out)
{
	struct tree tree = { { .end = UINT64_MAX, .name = "PCI mem", .flags = IORESOURCE_MEM }, views->resources,
			     views->resources + views->resource_capacity };
	struct known_range range;

	for (size_t i = 0; i < views->e820.nr_entries; i++) {
		const struct e820_entry *entry = &views->e820.entries[i];

		if (entry->size)
			add(&tree, entry->addr, entry->addr + (entry->size - 1), resource_name(entry->type));
	}
	for (size_t i = 0; views->plan && i < views->plan->reservation_count; i++) {
		const struct mapbridge_reservation *r = &views->plan->reservations[i];

		add(&tree, r->base, r->base + (r->size - 1), reservation_name(r->kind));
	}
	for (size_t at = 0; known_ranges_next(&views->known, 0, UINT64_MAX, &at, &range);)
		if (range.kind != KNOWN_PCI_HOLE && !e820_mapped_any(&views->e820, range.start, range.last + 1, E820_TYPE_RAM))
			add(&tree, range.start, range.last, range.name);
	resource_print(&tree.root, out);
}
