/* SPDX-License-Identifier: BSD-2-Clause */
/* What only reads the tables: questions, and the steps of the iterators. */
#include "memblock_internal.h"

/* The region of the table that holds the byte at address, or null. */
static inline __attribute__((always_inline)) const struct memblock_region *
find_region(const struct memblock_type *type, phys_addr_t address)
{
	const struct memblock_region *region;

	if (!type->cnt)
		return NULL;
	region = last_below(type->regions, type->cnt, address);
	return address - region->base < region->size ? region : NULL;
}

bool memblock_is_memory(phys_addr_t address)
{
	return find_region(&memblock.memory, address);
}

bool memblock_is_map_memory(phys_addr_t address)
{
	const struct memblock_region *region = find_region(&memblock.memory, address);

	return region && !memblock_is_nomap(region);
}

bool memblock_is_reserved(phys_addr_t address)
{
	return find_region(&memblock.reserved, address);
}

bool memblock_is_region_memory(phys_addr_t base, phys_addr_t size)
{
	const struct memblock_region *region = find_region(&memblock.memory, base);

	return region && region_end(region) >= capped_end(base, size);
}

bool memblock_overlaps_region(struct memblock_type *type, phys_addr_t base, phys_addr_t size)
{
	unsigned long first = first_ending_above(type, base);

	return first < regions_in_use(type) && type->regions[first].base < capped_end(base, size);
}

bool memblock_is_region_reserved(phys_addr_t base, phys_addr_t size)
{
	return memblock_overlaps_region(&memblock.reserved, base, size);
}

phys_addr_t memblock_phys_mem_size(void)
{
	return memblock.memory.total_size;
}

phys_addr_t memblock_reserved_size(void)
{
	return memblock.reserved.total_size;
}

phys_addr_t memblock_start_of_DRAM(void)
{
	return regions_in_use(&memblock.memory) ? memblock.memory.regions[0].base : 0;
}

phys_addr_t memblock_end_of_DRAM(void)
{
	unsigned long count = regions_in_use(&memblock.memory);

	return count ? region_end(&memblock.memory.regions[count - 1]) : 0;
}

static unsigned long pfn_down(phys_addr_t address)
{
	return (unsigned long)(address >> MM_PAGE_SHIFT);
}

static unsigned long pfn_up(phys_addr_t address)
{
	return pfn_down(address) + !!(address & MM_PAGE_MASK);
}

int memblock_search_pfn_nid(unsigned long pfn, unsigned long *start_pfn, unsigned long *end_pfn)
{
	const struct memblock_region *region = NULL;

	if (pfn <= pfn_down(PHYS_ADDR_MAX))
		region = find_region(&memblock.memory, (phys_addr_t)pfn << MM_PAGE_SHIFT);
	if (!region)
		return -1;
	*start_pfn = pfn_down(region->base);
	*end_pfn = pfn_down(region_end(region));
	return region->nid;
}

unsigned long memblock_region_memory_base_pfn(const struct memblock_region *region)
{
	return pfn_up(region->base);
}

unsigned long memblock_region_memory_end_pfn(const struct memblock_region *region)
{
	return pfn_down(region_end(region));
}

unsigned long memblock_region_reserved_base_pfn(const struct memblock_region *region)
{
	return pfn_down(region->base);
}

unsigned long memblock_region_reserved_end_pfn(const struct memblock_region *region)
{
	return pfn_up(region_end(region));
}

/* A position of an iterator: region a of type_a, and gap b of type_b, the one that ends where its region b starts. */
static uint64_t position(unsigned long a, unsigned long b)
{
	return (uint64_t)b << 32 | a;
}

static phys_addr_t gap_start(const struct memblock_type *type, unsigned long gap)
{
	return gap ? region_end(&type->regions[gap - 1]) : 0;
}

static phys_addr_t gap_end(const struct memblock_type *type, unsigned long gap)
{
	return gap < regions_in_use(type) ? type->regions[gap].base : PHYS_ADDR_MAX;
}

static void store_range(phys_addr_t start, phys_addr_t end, int nid, phys_addr_t *out_start, phys_addr_t *out_end,
			int *out_nid)
{
	if (out_start)
		*out_start = start;
	if (out_end)
		*out_end = end;
	if (out_nid)
		*out_nid = nid;
}

void __next_mem_range(uint64_t *idx, int nid, enum memblock_flags flags, struct memblock_type *type_a,
		      struct memblock_type *type_b, phys_addr_t *out_start, phys_addr_t *out_end, int *out_nid)
{
	unsigned long a = *idx & 0xffffffff;
	unsigned long b = (unsigned long)(*idx >> 32);

	for (; a < regions_in_use(type_a); a++) {
		const struct memblock_region *region = &type_a->regions[a];

		if (memblock_skips(type_a, region, nid, flags))
			continue;
		if (!type_b) {
			store_range(region->base, region_end(region), region->nid, out_start, out_end, out_nid);
			*idx = position(a + 1, 0);
			return;
		}
		for (; b <= regions_in_use(type_b) && gap_start(type_b, b) < region_end(region); b++) {
			phys_addr_t start = larger(region->base, gap_start(type_b, b));
			phys_addr_t end = smaller(region_end(region), gap_end(type_b, b));

			if (start >= end)
				continue;
			store_range(start, end, region->nid, out_start, out_end, out_nid);
			*idx = end == region_end(region) ? position(a + 1, b) : position(a, b + 1);
			return;
		}
		/* The gap that starts too high for this region may have its end below the next one. */
	}
	*idx = UINT64_MAX;
}

void __next_mem_range_rev(uint64_t *idx, int nid, enum memblock_flags flags, struct memblock_type *type_a,
			  struct memblock_type *type_b, phys_addr_t *out_start, phys_addr_t *out_end, int *out_nid)
{
	/* Counted from one here, so that zero can say that nothing is left. */
	unsigned long a = *idx == UINT64_MAX ? regions_in_use(type_a) : *idx & 0xffffffff;
	unsigned long b = *idx != UINT64_MAX ? (unsigned long)(*idx >> 32) : type_b ? regions_in_use(type_b) + 1 : 0;

	for (; a; a--) {
		const struct memblock_region *region = &type_a->regions[a - 1];

		if (memblock_skips(type_a, region, nid, flags))
			continue;
		if (!type_b) {
			store_range(region->base, region_end(region), region->nid, out_start, out_end, out_nid);
			*idx = position(a - 1, 0);
			return;
		}
		for (; b && gap_end(type_b, b - 1) > region->base; b--) {
			phys_addr_t start = larger(region->base, gap_start(type_b, b - 1));
			phys_addr_t end = smaller(region_end(region), gap_end(type_b, b - 1));

			if (start >= end)
				continue;
			store_range(start, end, region->nid, out_start, out_end, out_nid);
			*idx = start == region->base ? position(a - 1, b) : position(a, b - 1);
			return;
		}
	}
	*idx = UINT64_MAX;
}

void __next_mem_pfn_range(int *idx, int nid, unsigned long *out_start_pfn, unsigned long *out_end_pfn, int *out_nid)
{
	while (++*idx < (int)regions_in_use(&memblock.memory)) {
		const struct memblock_region *region = &memblock.memory.regions[*idx];
		unsigned long start = memblock_region_memory_base_pfn(region);
		unsigned long end = memblock_region_memory_end_pfn(region);

		if (start >= end || (nid != MAX_NUMNODES && nid != NUMA_NO_NODE && nid != region->nid))
			continue;
		if (out_start_pfn)
			*out_start_pfn = start;
		if (out_end_pfn)
			*out_end_pfn = end;
		if (out_nid)
			*out_nid = region->nid;
		return;
	}
	*idx = -1;
}
