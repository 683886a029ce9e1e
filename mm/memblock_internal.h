/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of memblock share. Positions are indices into a table's regions. */
#ifndef MM_MEMBLOCK_INTERNAL_H
#define MM_MEMBLOCK_INTERNAL_H

#include <mm/memblock.h>

static inline phys_addr_t region_end(const struct memblock_region *region)
{
	return region->base + region->size;
}

static inline phys_addr_t smaller(phys_addr_t a, phys_addr_t b)
{
	return a < b ? a : b;
}

static inline phys_addr_t larger(phys_addr_t a, phys_addr_t b)
{
	return a > b ? a : b;
}

/* End of a range whose size is cut down so that it does not pass PHYS_ADDR_MAX. */
static inline phys_addr_t capped_end(phys_addr_t base, phys_addr_t size)
{
	return base + smaller(size, PHYS_ADDR_MAX - base);
}

/* Regions that hold something: none in an empty table of either form. */
static inline unsigned long regions_in_use(const struct memblock_type *type)
{
	return type->cnt == 1 && !type->regions[0].size ? 0 : type->cnt;
}

/* from + skip if the region there starts at or below address, else from. The asm keeps compilers from branching. */
static inline __attribute__((always_inline)) const struct memblock_region *
skip_if_below(const struct memblock_region *from, unsigned long skip, phys_addr_t address)
{
	const struct memblock_region *next = from + skip;

	__asm__("" : "+r"(next));
	from = __builtin_expect_with_probability(next->base <= address, 1, 0.5) ? next : from;
	__asm__("" : "+r"(from));
	return from;
}

/*
 * The last of count regions, at least one, that starts at or below address; the first region when none does. Nobody
 * can guess which half an address is in, so each step is a conditional move. The last steps are straight-line code:
 * in a table of up to 128 regions that is no slower than branches, even when those are all guessed right.
 */
static inline __attribute__((always_inline)) const struct memblock_region *
last_below(const struct memblock_region *from, unsigned long count, phys_addr_t address)
{
	unsigned long half;

	while (count > 128) {
		half = count / 2;
		count -= half;
		from = skip_if_below(from, half, address);
	}
	/* Down to the largest power of two: not by counting zero bits, as that waits for the former search on x86. */
	for (half = 128; half > count; half /= 2)
		;
	from = skip_if_below(from, count - half, address);
	switch (half) {
	case 128:
		from = skip_if_below(from, 64, address);
		__attribute__((fallthrough));
	case 64:
		from = skip_if_below(from, 32, address);
		__attribute__((fallthrough));
	case 32:
		from = skip_if_below(from, 16, address);
		__attribute__((fallthrough));
	case 16:
		from = skip_if_below(from, 8, address);
		__attribute__((fallthrough));
	case 8:
		from = skip_if_below(from, 4, address);
		__attribute__((fallthrough));
	case 4:
		from = skip_if_below(from, 2, address);
		__attribute__((fallthrough));
	case 2:
		from = skip_if_below(from, 1, address);
	}
	return from;
}

/* Position of the first region that starts above address; the number of regions when none does. */
static inline unsigned long first_above(const struct memblock_type *type, phys_addr_t address)
{
	unsigned long count = regions_in_use(type);

	if (!count)
		return 0;

	const struct memblock_region *last = last_below(type->regions, count, address);

	return (unsigned long)(last - type->regions) + (last->base <= address);
}

/* Position of the first region that ends above address; the number of regions when none does. */
static inline unsigned long first_ending_above(const struct memblock_type *type, phys_addr_t address)
{
	unsigned long count = regions_in_use(type);

	/* Firmware maps are sorted: most ranges are appended. */
	if (!count || region_end(&type->regions[count - 1]) <= address)
		return count;

	unsigned long above = first_above(type, address);

	return above && region_end(&type->regions[above - 1]) > address ? above - 1 : above;
}

/* Whether an allocation, or a walk over memory, that asks for node nid and these flags passes over the region. */
bool memblock_skips(const struct memblock_type *type, const struct memblock_region *region, int nid,
		    enum memblock_flags flags);

/*
 * First fit for size bytes at a multiple of align (a power of two) in free memory of [start, end); 0 when there is
 * none.
 */
phys_addr_t memblock_find(phys_addr_t size, phys_addr_t align, phys_addr_t start, phys_addr_t end, int nid,
			  enum memblock_flags flags);

/*
 * Makes room for spare more regions; [base, base + size) must not be used for it if type is reserved. 0 or
 * MM_ENOMEM.
 */
int memblock_make_room(struct memblock_type *type, unsigned long spare, phys_addr_t base, phys_addr_t size);

/* Adds to and removes from a table that surely has room. */
void memblock_insert(struct memblock_type *type, phys_addr_t base, phys_addr_t end, int nid, enum memblock_flags flags);
void memblock_delete(struct memblock_type *type, phys_addr_t base, phys_addr_t end);

/* Lines of the debug log. caller is a return address. */
void memblock_log_range(const char *what, phys_addr_t base, phys_addr_t size, const void *caller);
void memblock_log_alloc(const char *what, phys_addr_t size, phys_addr_t align, int nid, phys_addr_t from,
			phys_addr_t max_addr, const void *caller);

#define CALLER __builtin_return_address(0)
#define LOG_RANGE(base, size) (memblock_debug ? memblock_log_range(__func__, base, size, CALLER) : (void)0)
#define LOG_ALLOC(size, align, nid, from, max_addr)                                                                    \
	(memblock_debug ? memblock_log_alloc(__func__, size, align, nid, from, max_addr, CALLER) : (void)0)

/* An address as Linux prints a phys_addr_t: 0x and all digits. */
#define PA_FORMAT "%#0*llx"
#define PA(address) (int)(2 + 2 * sizeof(phys_addr_t)), (unsigned long long)(address)

#endif
