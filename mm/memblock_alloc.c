/* SPDX-License-Identifier: BSD-2-Clause */
/* Allocation: the first fit in memory that is not reserved, walking the gaps between the reserved regions. */
#include "memblock_internal.h"

#define DEFAULT_ALIGN 64 /* a cache line of x86 */

bool movable_node_enabled __attribute__((weak));

static void *identity_phys_to_virt(phys_addr_t address)
{
	return (void *)(uintptr_t)address;
}

static phys_addr_t identity_virt_to_phys(const void *pointer)
{
	return (phys_addr_t)(uintptr_t)pointer;
}

void *(*memblock_phys_to_virt)(phys_addr_t address) = identity_phys_to_virt;
phys_addr_t (*memblock_virt_to_phys)(const void *pointer) = identity_virt_to_phys;

bool memblock_skips(const struct memblock_type *type, const struct memblock_region *region, int nid,
		    enum memblock_flags flags)
{
	if (type != &memblock.memory)
		return false;
	if (nid != NUMA_NO_NODE && nid != region->nid)
		return true;
	if (movable_node_enabled && memblock_is_hotpluggable(region) && !(flags & MEMBLOCK_HOTPLUG))
		return true;
	if ((flags & MEMBLOCK_MIRROR) && !memblock_is_mirror(region))
		return true;
	return region->flags & (MEMBLOCK_NOMAP | MEMBLOCK_DRIVER_MANAGED) & ~flags;
}

/* What an allocation looks for. */
struct wanted {
	phys_addr_t size;
	phys_addr_t align;
};

/*
 * Finds the highest fit in [start, end) below which *above reserved regions start; leaves in it how many start
 * lower.
 */
static phys_addr_t find_down(const struct wanted *wanted, phys_addr_t start, phys_addr_t end, unsigned long *above)
{
	const struct memblock_region *regions = memblock.reserved.regions;
	const struct memblock_region *region = regions + *above;
	const phys_addr_t size = wanted->size;
	const phys_addr_t mask = ~(wanted->align - 1);
	phys_addr_t found = 0;

	while (region > regions) {
		phys_addr_t free_start = region_end(region - 1);

		if (free_start <= start)
			break;
		if (free_start < end && end - free_start >= size) {
			found = (end - size) & mask;
			if (found >= free_start)
				goto out;
			found = 0;
		}
		end = smaller(end, region[-1].base);
		if (end <= start)
			goto out;
		region--;
	}
	if (start < end && end - start >= size) {
		found = (end - size) & mask;
		if (found < start)
			found = 0;
	}
out:
	*above = (unsigned long)(region - regions);
	return found;
}

static phys_addr_t find_top_down(const struct wanted *wanted, phys_addr_t start, phys_addr_t end, int nid,
				 enum memblock_flags flags)
{
	const struct memblock_type *memory = &memblock.memory;
	unsigned long reserved = end ? first_above(&memblock.reserved, end - 1) : 0;
	unsigned long i = end ? first_above(memory, end - 1) : 0;

	while (i-- > 0) {
		const struct memblock_region *region = &memory->regions[i];

		if (region_end(region) <= start)
			break;
		if (memblock_skips(memory, region, nid, flags))
			continue;

		phys_addr_t found = find_down(wanted, larger(region->base, start), smaller(region_end(region), end),
					      &reserved);

		if (found)
			return found;
	}
	return 0;
}

/* Stores the lowest multiple of the alignment in [start, end) that has room before end. */
static bool fits_up(const struct wanted *wanted, phys_addr_t start, phys_addr_t end, phys_addr_t *found)
{
	phys_addr_t at = start + (-start & (wanted->align - 1));

	if (at < start || at >= end || end - at < wanted->size)
		return false;
	*found = at;
	return true;
}

/* Finds the lowest fit in [start, end), whose reserved regions begin at or after position *below; moves that on. */
static phys_addr_t find_up(const struct wanted *wanted, phys_addr_t start, phys_addr_t end, unsigned long *below)
{
	const struct memblock_region *regions = memblock.reserved.regions;
	unsigned long count = regions_in_use(&memblock.reserved);
	unsigned long i = *below;
	phys_addr_t found = 0;

	for (; i < count && regions[i].base < end; i++) {
		if (start < regions[i].base && fits_up(wanted, start, regions[i].base, &found))
			break;
		start = larger(start, region_end(&regions[i]));
		if (start >= end)
			break;
	}
	*below = i;
	if (!found && start < end)
		fits_up(wanted, start, end, &found);
	return found;
}

static phys_addr_t find_bottom_up(const struct wanted *wanted, phys_addr_t start, phys_addr_t end, int nid,
				  enum memblock_flags flags)
{
	const struct memblock_type *memory = &memblock.memory;
	unsigned long count = regions_in_use(memory);
	unsigned long reserved = first_ending_above(&memblock.reserved, start);

	for (unsigned long i = first_ending_above(memory, start); i < count; i++) {
		const struct memblock_region *region = &memory->regions[i];

		if (region->base >= end)
			break;
		if (memblock_skips(memory, region, nid, flags))
			continue;

		phys_addr_t found = find_up(wanted, larger(region->base, start), smaller(region_end(region), end),
					    &reserved);

		if (found)
			return found;
	}
	return 0;
}

phys_addr_t memblock_find(phys_addr_t size, phys_addr_t align, phys_addr_t start, phys_addr_t end, int nid,
			  enum memblock_flags flags)
{
	struct wanted wanted = { .size = size, .align = align };

	if (end == MEMBLOCK_ALLOC_ACCESSIBLE || end == MEMBLOCK_ALLOC_NOLEAKTRACE)
		end = memblock.current_limit;
	start = larger(start, MM_PAGE_SIZE);
	if (memblock.bottom_up)
		return find_bottom_up(&wanted, start, end, nid, flags);
	return find_top_down(&wanted, start, end, nid, flags);
}

/* Finds and reserves; 0 when either cannot be done. */
static phys_addr_t take(phys_addr_t size, phys_addr_t align, phys_addr_t start, phys_addr_t end, int nid,
			enum memblock_flags flags)
{
	phys_addr_t found = memblock_find(size, align, start, end, nid, flags);

	return found && !memblock_reserve(found, size) ? found : 0;
}

phys_addr_t memblock_alloc_range_nid(phys_addr_t size, phys_addr_t align, phys_addr_t start, phys_addr_t end, int nid,
				     bool exact_nid)
{
	enum memblock_flags flags = memblock_has_mirror() ? MEMBLOCK_MIRROR : MEMBLOCK_NONE;

	if (!align)
		align = DEFAULT_ALIGN;
	if (align & (align - 1))
		return 0;
	if (nid == MAX_NUMNODES)
		nid = NUMA_NO_NODE;
	for (;;) {
		phys_addr_t found = take(size, align, start, end, nid, flags);

		if (!found && nid != NUMA_NO_NODE && !exact_nid)
			found = take(size, align, start, end, NUMA_NO_NODE, flags);
		if (found || flags == MEMBLOCK_NONE)
			return found;
		flags = MEMBLOCK_NONE;
	}
}

phys_addr_t memblock_phys_alloc_range(phys_addr_t size, phys_addr_t align, phys_addr_t start, phys_addr_t end)
{
	LOG_ALLOC(size, align, NUMA_NO_NODE, start, end);
	return memblock_alloc_range_nid(size, align, start, end, NUMA_NO_NODE, false);
}

phys_addr_t memblock_phys_alloc_try_nid(phys_addr_t size, phys_addr_t align, int nid)
{
	return memblock_alloc_range_nid(size, align, 0, MEMBLOCK_ALLOC_ACCESSIBLE, nid, false);
}

static void *alloc_virtual(phys_addr_t size, phys_addr_t align, phys_addr_t min_addr, phys_addr_t max_addr, int nid,
			   bool exact_nid)
{
	phys_addr_t found;

	max_addr = smaller(max_addr, memblock.current_limit);
	found = memblock_alloc_range_nid(size, align, min_addr, max_addr, nid, exact_nid);
	if (!found && min_addr)
		found = memblock_alloc_range_nid(size, align, 0, max_addr, nid, exact_nid);
	return found ? memblock_phys_to_virt(found) : NULL;
}

void *memblock_alloc_exact_nid_raw(phys_addr_t size, phys_addr_t align, phys_addr_t min_addr, phys_addr_t max_addr,
				   int nid)
{
	LOG_ALLOC(size, align, nid, min_addr, max_addr);
	return alloc_virtual(size, align, min_addr, max_addr, nid, true);
}

void *memblock_alloc_try_nid_raw(phys_addr_t size, phys_addr_t align, phys_addr_t min_addr, phys_addr_t max_addr,
				 int nid)
{
	LOG_ALLOC(size, align, nid, min_addr, max_addr);
	return alloc_virtual(size, align, min_addr, max_addr, nid, false);
}

void *memblock_alloc_try_nid(phys_addr_t size, phys_addr_t align, phys_addr_t min_addr, phys_addr_t max_addr, int nid)
{
	void *memory;

	LOG_ALLOC(size, align, nid, min_addr, max_addr);
	memory = alloc_virtual(size, align, min_addr, max_addr, nid, false);
	if (memory)
		__builtin_memset(memory, 0, (size_t)size);
	return memory;
}

void memblock_free(void *pointer, size_t size)
{
	if (pointer)
		memblock_phys_free(memblock_virt_to_phys(pointer), (phys_addr_t)size);
}

void memblock_set_current_limit(phys_addr_t limit)
{
	memblock.current_limit = limit;
}

phys_addr_t memblock_get_current_limit(void)
{
	return memblock.current_limit;
}
