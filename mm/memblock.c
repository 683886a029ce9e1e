/* SPDX-License-Identifier: BSD-2-Clause */
/* The two tables and what changes them: add, remove, flags, nodes. */
#include "memblock_internal.h"

static struct memblock_region memory_regions[INIT_MEMBLOCK_REGIONS];
static struct memblock_region reserved_regions[INIT_MEMBLOCK_REGIONS];

struct memblock memblock = {
	.current_limit = MEMBLOCK_ALLOC_ANYWHERE,
	.memory = {
		.cnt = MEMBLOCK_EMPTY_CNT,
		.max = INIT_MEMBLOCK_REGIONS,
		.regions = memory_regions,
		.name = "memory",
	},
	.reserved = {
		.cnt = MEMBLOCK_EMPTY_CNT,
		.max = INIT_MEMBLOCK_REGIONS,
		.regions = reserved_regions,
		.name = "reserved",
	},
};

static bool may_resize;
static bool has_mirror;

static void move_regions(struct memblock_region *to, const struct memblock_region *from, unsigned long count)
{
	__builtin_memmove(to, from, count * sizeof(*to));
}

static void make_empty(struct memblock_type *type)
{
	type->regions[0] = (struct memblock_region){ .nid = MAX_NUMNODES };
	type->cnt = MEMBLOCK_EMPTY_CNT;
	type->total_size = 0;
}

/* Position after the last region that overlaps a range which ends at end; first is where the overlap starts. */
static unsigned long overlap_end(const struct memblock_type *type, unsigned long first, phys_addr_t end)
{
	unsigned long count = regions_in_use(type);

	if (first == count || type->regions[first].base >= end)
		return first;
	if (first + 1 == count || type->regions[first + 1].base >= end)
		return first + 1;
	return first_above(type, end - 1);
}

static bool can_merge(const struct memblock_region *left, const struct memblock_region *right)
{
	return region_end(left) == right->base && left->nid == right->nid && left->flags == right->flags;
}

/* Merges neighbours among the regions [from, to) of the table. */
static void merge_regions(struct memblock_type *type, unsigned long from, unsigned long to)
{
	struct memblock_region *regions = type->regions;
	unsigned long kept = from;

	for (unsigned long i = from + 1; i < to; i++) {
		if (can_merge(&regions[kept], &regions[i]))
			regions[kept].size += regions[i].size;
		else if (++kept != i)
			regions[kept] = regions[i];
	}
	if (kept + 1 >= to)
		return;
	move_regions(regions + kept + 1, regions + to, type->cnt - to);
	type->cnt -= to - kept - 1;
}

/* merge_regions over regions [first, last) that were changed and their neighbours. */
static void merge_around(struct memblock_type *type, unsigned long first, unsigned long last)
{
	merge_regions(type, first ? first - 1 : 0, last < type->cnt ? last + 1 : last);
}

/* Adds a region that overlaps none, at its position. */
static void insert_one(struct memblock_type *type, unsigned long at, const struct memblock_region *new)
{
	struct memblock_region *region = type->regions + at;
	unsigned long count = regions_in_use(type);
	bool joins_left = at && can_merge(region - 1, new);
	bool joins_right = at < count && can_merge(new, region);

	type->total_size += new->size;
	if (joins_left) {
		region[-1].size += new->size;
		if (!joins_right)
			return;
		region[-1].size += region->size;
		move_regions(region, region + 1, count - at - 1);
		type->cnt = count - 1;
	} else if (joins_right) {
		region->base = new->base;
		region->size += new->size;
	} else {
		if (at < count)
			move_regions(region + 1, region, count - at);
		*region = *new;
		type->cnt = count + 1;
	}
}

/* How many pieces of [base, end) the regions [first, last), which overlap it, leave uncovered. */
static unsigned long count_pieces(const struct memblock_type *type, unsigned long first, unsigned long last,
				  phys_addr_t base, phys_addr_t end)
{
	unsigned long pieces = 0;

	for (unsigned long i = first; i < last; i++) {
		pieces += base < type->regions[i].base;
		base = region_end(&type->regions[i]);
	}
	return pieces + (base < end);
}

/* Puts those pieces between the regions, from the last down, so that the array's tail moves only once. */
static void insert_pieces(struct memblock_type *type, unsigned long first, unsigned long last, unsigned long pieces,
			  const struct memblock_region *new)
{
	struct memblock_region *regions = type->regions;
	phys_addr_t end = region_end(new);
	unsigned long out = last + pieces;

	move_regions(regions + out, regions + last, type->cnt - last);
	type->cnt += pieces;
	for (unsigned long i = last; i > first; i--) {
		struct memblock_region old = regions[i - 1];

		if (region_end(&old) < end) {
			regions[--out] = *new;
			regions[out].base = region_end(&old);
			regions[out].size = end - region_end(&old);
			type->total_size += regions[out].size;
		}
		regions[--out] = old;
		end = old.base;
	}
	if (new->base < end) {
		regions[--out] = *new;
		regions[out].size = end - new->base;
		type->total_size += regions[out].size;
	}
	merge_around(type, first, last + pieces);
}

void memblock_insert(struct memblock_type *type, phys_addr_t base, phys_addr_t end, int nid, enum memblock_flags flags)
{
	struct memblock_region new = { .base = base, .size = end - base, .flags = flags, .nid = nid };
	unsigned long first = first_ending_above(type, base);
	unsigned long last = overlap_end(type, first, end);

	if (first == last) {
		insert_one(type, first, &new);
		return;
	}

	unsigned long pieces = count_pieces(type, first, last, base, end);

	if (pieces)
		insert_pieces(type, first, last, pieces, &new);
}

static int add_range(struct memblock_type *type, phys_addr_t base, phys_addr_t size, int nid, enum memblock_flags flags)
{
	phys_addr_t end = capped_end(base, size);
	unsigned long count = regions_in_use(type);

	if (base == end)
		return 0;
	/* n regions leave at most n + 1 pieces: with that much room nobody needs to count. */
	if (2 * count + 1 > type->max) {
		unsigned long first = first_ending_above(type, base);
		unsigned long last = overlap_end(type, first, end);
		int error = memblock_make_room(type, count_pieces(type, first, last, base, end), base, end - base);

		if (error)
			return error;
	}
	memblock_insert(type, base, end, nid, flags);
	return 0;
}

void memblock_delete(struct memblock_type *type, phys_addr_t base, phys_addr_t end)
{
	struct memblock_region *regions = type->regions;
	unsigned long first = first_ending_above(type, base);
	unsigned long last = overlap_end(type, first, end);
	unsigned long kept = first;

	if (first == last)
		return;

	struct memblock_region left = regions[first];
	struct memblock_region right = regions[last - 1];

	for (unsigned long i = first; i < last; i++)
		type->total_size -= regions[i].size;
	left.size = left.base < base ? base - left.base : 0;
	right.size = region_end(&right) > end ? region_end(&right) - end : 0;
	right.base = end;
	type->total_size += left.size + right.size;

	unsigned long remain = (left.size != 0) + (right.size != 0);

	if (first + remain != last)
		move_regions(regions + first + remain, regions + last, type->cnt - last);
	type->cnt -= last - first - remain;
	if (left.size)
		regions[kept++] = left;
	if (right.size)
		regions[kept] = right;
	if (!type->cnt)
		make_empty(type);
}

static int remove_range(struct memblock_type *type, phys_addr_t base, phys_addr_t size)
{
	phys_addr_t end = capped_end(base, size);

	if (base == end)
		return 0;

	int error = memblock_make_room(type, 2, base, end - base);

	if (!error)
		memblock_delete(type, base, end);
	return error;
}

/* Cuts region at in two at an address strictly inside it. */
static void split(struct memblock_type *type, unsigned long at, phys_addr_t address)
{
	struct memblock_region *region = type->regions + at;

	move_regions(region + 1, region, type->cnt - at);
	type->cnt++;
	region[0].size = address - region[0].base;
	region[1].size -= address - region[1].base;
	region[1].base = address;
}

/* Cuts regions at both ends of the range, so that regions [*first, *last) are exactly what lies inside it. */
static int isolate(struct memblock_type *type, phys_addr_t base, phys_addr_t size, unsigned long *first,
		   unsigned long *last)
{
	phys_addr_t end = capped_end(base, size);

	*first = *last = 0;
	if (base == end)
		return 0;

	int error = memblock_make_room(type, 2, base, end - base);

	if (error)
		return error;
	*first = first_ending_above(type, base);
	*last = overlap_end(type, *first, end);
	if (*first == *last)
		return 0;
	if (type->regions[*first].base < base) {
		split(type, (*first)++, base);
		++*last;
	}
	if (region_end(&type->regions[*last - 1]) > end)
		split(type, *last - 1, end);
	return 0;
}

static int change_flag(struct memblock_type *type, phys_addr_t base, phys_addr_t size, bool set,
		       enum memblock_flags flag)
{
	unsigned long first, last;
	int error = isolate(type, base, size, &first, &last);

	if (error || first == last)
		return error;
	for (unsigned long i = first; i < last; i++) {
		enum memblock_flags old = type->regions[i].flags;

		type->regions[i].flags = (enum memblock_flags)(set ? old | flag : old & ~flag);
	}
	merge_around(type, first, last);
	return 0;
}

/* Leaves what lies in [start, end), and whole regions with the flag keep. Needs no room: nothing is split. */
static void keep_range(struct memblock_type *type, phys_addr_t start, phys_addr_t end, enum memblock_flags keep)
{
	unsigned long kept = 0;

	type->total_size = 0;
	for (unsigned long i = 0; i < type->cnt; i++) {
		struct memblock_region region = type->regions[i];

		if (!(region.flags & keep)) {
			phys_addr_t region_start = larger(region.base, start);
			phys_addr_t region_stop = smaller(region_end(&region), end);

			region.base = region_start;
			region.size = region_start < region_stop ? region_stop - region_start : 0;
		}
		if (!region.size)
			continue;
		type->regions[kept++] = region;
		type->total_size += region.size;
	}
	type->cnt = kept;
	if (!kept)
		make_empty(type);
}

int memblock_add(phys_addr_t base, phys_addr_t size)
{
	LOG_RANGE(base, size);
	return add_range(&memblock.memory, base, size, MAX_NUMNODES, MEMBLOCK_NONE);
}

int memblock_add_node(phys_addr_t base, phys_addr_t size, int nid, enum memblock_flags flags)
{
	print(memblock_debug, "%s: [" PA_FORMAT "-" PA_FORMAT "] nid=%d flags=%x %p\n", __func__, PA(base),
	      PA((phys_addr_t)(base + size - 1)), nid, (unsigned)flags, CALLER);
	return add_range(&memblock.memory, base, size, nid, flags);
}

int memblock_reserve(phys_addr_t base, phys_addr_t size)
{
	LOG_RANGE(base, size);
	return add_range(&memblock.reserved, base, size, MAX_NUMNODES, MEMBLOCK_NONE);
}

int memblock_remove(phys_addr_t base, phys_addr_t size)
{
	LOG_RANGE(base, size);
	return remove_range(&memblock.memory, base, size);
}

int memblock_phys_free(phys_addr_t base, phys_addr_t size)
{
	LOG_RANGE(base, size);
	return remove_range(&memblock.reserved, base, size);
}

int memblock_mark_hotplug(phys_addr_t base, phys_addr_t size)
{
	return change_flag(&memblock.memory, base, size, true, MEMBLOCK_HOTPLUG);
}

int memblock_clear_hotplug(phys_addr_t base, phys_addr_t size)
{
	return change_flag(&memblock.memory, base, size, false, MEMBLOCK_HOTPLUG);
}

int memblock_mark_mirror(phys_addr_t base, phys_addr_t size)
{
	has_mirror = true;
	return change_flag(&memblock.memory, base, size, true, MEMBLOCK_MIRROR);
}

bool memblock_has_mirror(void)
{
	return has_mirror;
}

int memblock_mark_nomap(phys_addr_t base, phys_addr_t size)
{
	return change_flag(&memblock.memory, base, size, true, MEMBLOCK_NOMAP);
}

int memblock_clear_nomap(phys_addr_t base, phys_addr_t size)
{
	return change_flag(&memblock.memory, base, size, false, MEMBLOCK_NOMAP);
}

int memblock_reserved_mark_noinit(phys_addr_t base, phys_addr_t size)
{
	return change_flag(&memblock.reserved, base, size, true, MEMBLOCK_RSRV_NOINIT);
}

int memblock_set_node(phys_addr_t base, phys_addr_t size, struct memblock_type *type, int nid)
{
	unsigned long first, last;
	int error = isolate(type, base, size, &first, &last);

	if (error || first == last)
		return error;
	for (unsigned long i = first; i < last; i++)
		type->regions[i].nid = nid;
	merge_around(type, first, last);
	return 0;
}

void memblock_trim_memory(phys_addr_t align)
{
	struct memblock_type *type = &memblock.memory;
	unsigned long kept = 0;

	if (!align || align & (align - 1))
		return;
	type->total_size = 0;
	for (unsigned long i = 0; i < type->cnt; i++) {
		struct memblock_region region = type->regions[i];
		phys_addr_t skipped = -region.base & (align - 1);
		phys_addr_t end = region_end(&region) & ~(align - 1);

		if (skipped >= region.size || region.base + skipped >= end)
			continue;
		region.base += skipped;
		region.size = end - region.base;
		type->regions[kept++] = region;
		type->total_size += region.size;
	}
	type->cnt = kept;
	if (!kept)
		make_empty(type);
}

/* Address where the limit-th byte of memory ends; PHYS_ADDR_MAX when there is less memory or limit is 0. */
static phys_addr_t address_of_limit(phys_addr_t limit)
{
	const struct memblock_region *region;

	if (limit) {
		for_each_mem_region(region) {
			if (limit <= region->size)
				return region->base + limit;
			limit -= region->size;
		}
	}
	return PHYS_ADDR_MAX;
}

void memblock_enforce_memory_limit(phys_addr_t limit)
{
	phys_addr_t end = address_of_limit(limit);

	if (end == PHYS_ADDR_MAX)
		return;
	keep_range(&memblock.memory, 0, end, MEMBLOCK_NONE);
	keep_range(&memblock.reserved, 0, end, MEMBLOCK_NONE);
}

void memblock_cap_memory_range(phys_addr_t base, phys_addr_t size)
{
	phys_addr_t end = capped_end(base, size);

	if (!size || !regions_in_use(&memblock.memory))
		return;
	keep_range(&memblock.memory, base, end, MEMBLOCK_NOMAP);
	keep_range(&memblock.reserved, base, end, MEMBLOCK_NONE);
}

void memblock_mem_limit_remove_map(phys_addr_t limit)
{
	phys_addr_t end = address_of_limit(limit);

	if (end != PHYS_ADDR_MAX)
		memblock_cap_memory_range(0, end);
}

void memblock_allow_resize(void)
{
	may_resize = true;
}

/* Bytes that the array of a table takes, in whole pages; false when that cannot be told. */
static bool array_bytes(unsigned long regions, phys_addr_t *bytes)
{
	uint64_t size;

	if (__builtin_mul_overflow((uint64_t)regions, sizeof(struct memblock_region), &size) ||
	    !mm_align_up(size, MM_PAGE_SIZE, &size) || size > PHYS_ADDR_MAX)
		return false;
	*bytes = (phys_addr_t)size;
	return true;
}

static bool is_static(const struct memblock_type *type)
{
	return type->regions == memory_regions || type->regions == reserved_regions;
}

/* Finds the place of an array below end, in mirrored memory if it can be. */
static phys_addr_t find_array_in(phys_addr_t bytes, phys_addr_t start, phys_addr_t end)
{
	phys_addr_t found = 0;

	if (has_mirror)
		found = memblock_find(bytes, MM_PAGE_SIZE, start, end, NUMA_NO_NODE, MEMBLOCK_MIRROR);
	if (!found)
		found = memblock_find(bytes, MM_PAGE_SIZE, start, end, NUMA_NO_NODE, MEMBLOCK_NONE);
	return found;
}

/*
 * The same above the range that is being reserved or freed, then below it. An end of 0 or 1 is no address but a special
 * value (MEMBLOCK_ALLOC_ACCESSIBLE); nothing is found in the first page anyway.
 */
static phys_addr_t find_array(phys_addr_t bytes, phys_addr_t base, phys_addr_t size)
{
	phys_addr_t found = find_array_in(bytes, base + size, memblock.current_limit);

	if (!found && size && base > MM_PAGE_SIZE)
		found = find_array_in(bytes, 0, smaller(base, memblock.current_limit));
	return found;
}

/*
 * Moves one table, for which reserved has the room, to an array of twice the size; what lies in [base, base + size)
 * is not free.
 */
static int double_array(struct memblock_type *type, phys_addr_t base, phys_addr_t size)
{
	struct memblock_region *old = type->regions;
	bool was_static = is_static(type);
	phys_addr_t old_bytes, new_bytes;
	phys_addr_t at = 0;

	if (array_bytes(type->max, &old_bytes) && type->max <= (unsigned long)-1 / 2 &&
	    array_bytes(2 * type->max, &new_bytes))
		at = find_array(new_bytes, base, size);
	if (!at) {
		print(memblock_debug, "memblock: Failed to double %s array from %lu to %lu entries !\n", type->name,
		      type->max, 2 * type->max);
		return MM_ENOMEM;
	}
	type->regions = memblock_phys_to_virt(at);
	__builtin_memcpy(type->regions, old, type->max * sizeof(*old));
	__builtin_memset(type->regions + type->max, 0, type->max * sizeof(*old));
	type->max *= 2;
	print(memblock_debug, "memblock: %s is doubled to %lu at [" PA_FORMAT "-" PA_FORMAT "]\n", type->name,
	      type->max, PA(at), PA(at + new_bytes - 1));
	if (!was_static) {
		phys_addr_t old_at = memblock_virt_to_phys(old);

		memblock_delete(&memblock.reserved, old_at, old_at + old_bytes);
	}
	memblock_insert(&memblock.reserved, at, at + new_bytes, MAX_NUMNODES, MEMBLOCK_NONE);
	return 0;
}

int memblock_make_room(struct memblock_type *type, unsigned long spare, phys_addr_t base, phys_addr_t size)
{
	while (type->cnt + spare > type->max) {
		/* A new array takes one reserved entry, and giving the old one back may split one. */
		unsigned long spare_reserved = is_static(type) ? 1 : 2;

		if (!may_resize)
			return MM_ENOMEM;
		if (type != &memblock.reserved) {
			base = size = 0;
			while (memblock.reserved.cnt + spare_reserved > memblock.reserved.max)
				if (double_array(&memblock.reserved, 0, 0))
					return MM_ENOMEM;
		}
		if (double_array(type, base, size))
			return MM_ENOMEM;
	}
	return 0;
}
