/* SPDX-License-Identifier: BSD-2-Clause */
/* Page tables from a paging_map: the commit phase, which only writes. */
#include <mm/paging.h>

#define TABLE_FLAGS (PTE_PRESENT | PTE_WRITE | PTE_ACCESSED)

struct build {
	const struct paging_memory *memory;
	uint64_t used; /* pages */
};

static uint64_t *take_table(struct build *build, uint64_t *address)
{
	uint64_t page = build->used++;
	uint64_t *table = build->memory->memory + page * PAGING_TABLE_ENTRIES;

	__builtin_memset(table, 0, PAGING_SIZE_4K);
	*address = build->memory->base.value + page * PAGING_SIZE_4K;
	return table;
}

/* Dirty only with write: a read-only dirty entry means a shadow stack to newer processors. */
static uint64_t leaf_flags(uint32_t flags)
{
	return PTE_PRESENT | PTE_ACCESSED | (flags & PAGING_WRITE ? PTE_WRITE | PTE_DIRTY : 0) |
	       (flags & PAGING_EXECUTE ? 0 : PTE_NX) | (flags & PAGING_UNCACHED ? PTE_PCD | PTE_PWT : 0);
}

static unsigned index_at(uint64_t virt, unsigned level)
{
	return (virt >> (12 + 9 * (level - 1))) & (PAGING_TABLE_ENTRIES - 1);
}

/* The table of that level on the way to virt; makes the ones that are missing. */
static uint64_t *table_for(struct build *build, const struct paging_mode *mode, uint64_t virt, unsigned level)
{
	uint64_t *table = build->memory->memory;

	for (unsigned at = mode->levels; at > level; at--) {
		uint64_t *entry = &table[index_at(virt, at)];

		if (*entry & PTE_PRESENT) {
			uint64_t offset = (*entry & PTE_ADDRESS) - build->memory->base.value;

			table = build->memory->memory + offset / sizeof(*table);
		} else {
			uint64_t address;

			table = take_table(build, &address);
			*entry = address | TABLE_FLAGS;
		}
	}
	return table;
}

static unsigned level_for(const struct paging_mode *mode, uint64_t virt, uint64_t phys, uint64_t size)
{
	if (mode->gib_pages && !((virt | phys) & (PAGING_SIZE_1G - 1)) && size >= PAGING_SIZE_1G)
		return 3;
	if (!((virt | phys) & (PAGING_SIZE_2M - 1)) && size >= PAGING_SIZE_2M)
		return 2;
	return 1;
}

static void build_range(struct build *build, const struct paging_mode *mode, const struct paging_range *range)
{
	uint64_t virt = range->virt.value, phys = range->phys.value, left = range->size;
	uint64_t flags = leaf_flags(range->flags);

	while (left) {
		unsigned level = level_for(mode, virt, phys, left);
		uint64_t page = PAGING_SIZE_4K << (9 * (level - 1));
		uint64_t *table = table_for(build, mode, virt, level);
		unsigned index = index_at(virt, level);

		/* As many pages of this size as this table takes; larger ones become possible only behind it. */
		do {
			table[index] = phys | flags | (level > 1 ? PTE_LARGE : 0);
			virt += page;
			phys += page;
			left -= page;
		} while (++index < PAGING_TABLE_ENTRIES && left >= page);
	}
}

bool paging_build(const struct paging_map *map, const struct paging_mode *mode, const struct paging_memory *memory)
{
	struct build build = { .memory = memory };
	uint64_t root;

	if (paging_count_tables(map, mode) > memory->pages || !paging_map_canonical(map, mode))
		return false;
	take_table(&build, &root);
	for (size_t i = 0; i < map->count; i++) {
		const struct paging_range *range = &map->ranges[i];

		if (range->flags & PAGING_EMPTY_TABLE) {
			for (uint64_t done = 0; done < range->size; done += PAGING_SIZE_4K)
				table_for(&build, mode, range->virt.value + done, 1);
		} else {
			build_range(&build, mode, range);
		}
	}
	return true;
}
