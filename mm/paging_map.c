/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of ranges that page tables are built from, and how many table pages it takes. */
#include <mm/paging.h>

#define PHYSICAL_LIMIT (UINT64_C(1) << 52)

/* The last byte, because an exclusive end may be 2^64. */
static uint64_t last_of(const struct paging_range *range)
{
	return range->virt.value + (range->size - 1);
}

static bool continues(const struct paging_range *a, const struct paging_range *b)
{
	return a->flags == b->flags && !(a->flags & PAGING_EMPTY_TABLE) && last_of(a) + 1 == b->virt.value &&
	       b->virt.value != 0 && a->phys.value + a->size == b->phys.value;
}

/* Index of the first range whose last byte is at or above address. */
static size_t first_reaching(const struct paging_map *map, uint64_t address)
{
	size_t low = 0, high = map->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (last_of(&map->ranges[middle]) < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void move_tail(struct paging_map *map, size_t from, size_t to)
{
	__builtin_memmove(&map->ranges[to], &map->ranges[from], (map->count - from) * sizeof(map->ranges[0]));
	map->count = to + (map->count - from);
}

/* Puts what is left of the ranges from..to around [virt, last], and the new range if there is one, in their place. */
static int replace(struct paging_map *map, uint64_t virt, uint64_t last, const struct paging_range *new_range)
{
	struct paging_range pieces[3];
	size_t first = first_reaching(map, virt), end = first, count = 0;

	while (end < map->count && map->ranges[end].virt.value <= last)
		end++;
	if (first < end && map->ranges[first].virt.value < virt) {
		pieces[count] = map->ranges[first];
		pieces[count].size = virt - pieces[count].virt.value;
		count++;
	}
	if (new_range)
		pieces[count++] = *new_range;
	if (first < end && last_of(&map->ranges[end - 1]) > last) {
		const struct paging_range *old = &map->ranges[end - 1];
		uint64_t cut = last + 1 - old->virt.value;

		pieces[count] = (struct paging_range){ va(last + 1), pa(old->phys.value + cut), old->size - cut, old->flags };
		count++;
	}
	if (map->count - (end - first) + count > map->capacity)
		return MM_ENOSPC;
	move_tail(map, end, first + count);
	__builtin_memcpy(&map->ranges[first], pieces, count * sizeof(pieces[0]));
	for (size_t i = first + count; i > 0 && i + 1 > first; i--) {
		if (i < map->count && continues(&map->ranges[i - 1], &map->ranges[i])) {
			map->ranges[i - 1].size += map->ranges[i].size;
			move_tail(map, i + 1, i);
		}
	}
	return 0;
}

static int check(uint64_t virt, uint64_t phys, uint64_t size)
{
	if (size == 0 || ((virt | phys | size) & MM_PAGE_MASK))
		return MM_EINVAL;
	if (virt + (size - 1) < virt || phys > PHYSICAL_LIMIT || size > PHYSICAL_LIMIT - phys)
		return MM_EOVERFLOW;
	return 0;
}

int paging_map_set(struct paging_map *map, vaddr_t virt, paddr_t phys, uint64_t size, uint32_t flags)
{
	struct paging_range range = { virt, phys, size, flags };
	int error = check(virt.value, phys.value, size);

	return error ? error : replace(map, virt.value, last_of(&range), &range);
}

int paging_map_clear(struct paging_map *map, vaddr_t virt, uint64_t size)
{
	if (size == 0 || ((virt.value | size) & MM_PAGE_MASK))
		return MM_EINVAL;
	if (virt.value + (size - 1) < virt.value)
		return MM_EOVERFLOW;
	return replace(map, virt.value, virt.value + (size - 1), NULL);
}

bool paging_map_canonical(const struct paging_map *map, const struct paging_mode *mode)
{
	uint64_t half = UINT64_C(1) << (12 + 9 * mode->levels - 1);

	for (size_t i = 0; i < map->count; i++) {
		uint64_t first = map->ranges[i].virt.value, last = last_of(&map->ranges[i]);

		if (!(last < half || first >= -half))
			return false;
	}
	return true;
}

/* Whether a window of that many bits inside the range can be one large page. */
static bool large_page_fits(const struct paging_range *range, unsigned bits, const struct paging_mode *mode)
{
	uint64_t mask = (UINT64_C(1) << bits) - 1;

	return (bits == 21 || (bits == 30 && mode->gib_pages)) && !(range->flags & PAGING_EMPTY_TABLE) &&
	       ((range->virt.value ^ range->phys.value) & mask) == 0;
}

uint64_t paging_count_tables(const struct paging_map *map, const struct paging_mode *mode)
{
	uint64_t tables = 1;

	for (unsigned level = 1; level < mode->levels; level++) {
		unsigned bits = 12 + 9 * level; /* one table of this level covers 2^bits bytes */
		uint64_t counted = UINT64_MAX; /* the last window that has its table; no window has this number */

		for (size_t i = 0; i < map->count; i++) {
			const struct paging_range *range = &map->ranges[i];
			uint64_t mask = (UINT64_C(1) << bits) - 1;
			uint64_t first = range->virt.value >> bits, last = last_of(range) >> bits;

			if (large_page_fits(range, bits, mode)) {
				bool first_whole = !(range->virt.value & mask) && (last_of(range) - range->virt.value) >= mask;
				bool last_whole = (last_of(range) & mask) == mask && (first != last || first_whole);

				tables += !first_whole && first != counted;
				tables += first != last && !last_whole;
				if (!first_whole)
					counted = first;
				if (first != last && !last_whole)
					counted = last;
			} else {
				tables += last - first + (first != counted);
				counted = last;
			}
		}
	}
	return tables;
}

void paging_range_print(const struct paging_range *range, struct printer *out)
{
	print(out, "0x%016llx-0x%016llx", (unsigned long long)range->virt.value, (unsigned long long)last_of(range));
	if (range->flags & PAGING_EMPTY_TABLE)
		print(out, " -> empty page table\n");
	else
		print(out, " -> 0x%llx r%c%c%s\n", (unsigned long long)range->phys.value,
		      range->flags & PAGING_WRITE ? 'w' : '-', range->flags & PAGING_EXECUTE ? 'x' : '-',
		      range->flags & PAGING_UNCACHED ? " uncached" : "");
}
