/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memblock: the memory of the machine before there is an allocator. Two tables of ranges, what is memory and what of it
 * (or of anything else) is taken; an allocation is a range of the first that the second does not have.
 *
 * Names, fields and behaviour are those of Linux 6.1's memblock, so that code and tests written for it work here.
 * Where this one does better, the function's comment begins the difference with "Unlike Linux".
 *
 * All of this holds after every call: the regions of a table are sorted by base, do not overlap, and two that touch
 * differ in flags or node. A range is half-open, [base, base + size), in bytes of physical address space. A size that
 * passes PHYS_ADDR_MAX is cut down to PHYS_ADDR_MAX - base, so that the last byte of the address space is never in a
 * table. Size 0 succeeds and changes nothing. There is no state beside the tables that mirrors their contents: a
 * caller may read and write them, as long as it leaves them as described.
 *
 * Time: n entries are searched in O(log n); inserting or deleting in the middle moves the tail of the array once.
 * Not reentrant: one caller at a time.
 */
#ifndef MM_MEMBLOCK_H
#define MM_MEMBLOCK_H

#include <mm/printer.h>
#include <mm/types.h>

/* Regions of each static array; a full table fails with MM_ENOMEM, or doubles after memblock_allow_resize(). */
#define INIT_MEMBLOCK_REGIONS 128

/*
 * cnt of an empty table. Linux up to 6.9 keeps one region of size 0 there; since 6.10 it has none. Build the library
 * and its users with -DMEMBLOCK_EMPTY_CNT_0 for the newer form.
 */
#ifdef MEMBLOCK_EMPTY_CNT_0
#define MEMBLOCK_EMPTY_CNT 0
#else
#define MEMBLOCK_EMPTY_CNT 1
#endif

#ifndef PHYS_ADDR_MAX
#define PHYS_ADDR_MAX (~(phys_addr_t)0)
#endif
#ifndef NUMA_NO_NODE
#define NUMA_NO_NODE (-1) /* "any node" as an argument */
#endif
#ifndef MAX_NUMNODES
enum { MAX_NUMNODES = 1024 }; /* x86-64's; as the nid of a region it means that nobody said which node */
#endif

/* Upper ends of an allocation that are not addresses: memblock.current_limit (both of the small ones), no limit. */
#define MEMBLOCK_ALLOC_ANYWHERE PHYS_ADDR_MAX
#define MEMBLOCK_ALLOC_ACCESSIBLE 0
#define MEMBLOCK_ALLOC_NOLEAKTRACE 1

/* What is special about a region; a bit mask. The numbers are printed by memblock_dump_all. */
enum memblock_flags {
	MEMBLOCK_NONE = 0x0,
	MEMBLOCK_HOTPLUG = 0x1,        /* may be unplugged: not allocated from while movable_node_enabled */
	MEMBLOCK_MIRROR = 0x2,         /* mirrored by the hardware: allocated from before the rest */
	MEMBLOCK_NOMAP = 0x4,          /* not in the kernel's direct map: never allocated from */
	MEMBLOCK_DRIVER_MANAGED = 0x8, /* added by a driver: never allocated from */
	MEMBLOCK_RSRV_NOINIT = 0x10    /* reserved: no struct page wanted (Linux 6.7 and later) */
};

struct memblock_region {
	phys_addr_t base;
	phys_addr_t size;
	enum memblock_flags flags;
	int nid; /* node, MAX_NUMNODES when unknown */
};

struct memblock_type {
	unsigned long cnt;       /* regions in use; see MEMBLOCK_EMPTY_CNT */
	unsigned long max;       /* regions that the array has room for */
	phys_addr_t total_size;  /* bytes in all regions */
	struct memblock_region *regions;
	char *name;
};

struct memblock {
	bool bottom_up;            /* allocate from the lowest address up instead of from the highest down */
	phys_addr_t current_limit; /* end of the memory that allocations may use by default */
	struct memblock_type memory;
	struct memblock_type reserved;
};

extern struct memblock memblock;

/* Whether regions marked MEMBLOCK_HOTPLUG are left alone by allocations. A weak definition, false: yours wins. */
extern bool movable_node_enabled;

/* Where every change and allocation is logged as Linux does with memblock=debug; null (the default): nowhere. */
extern struct printer *memblock_debug;

/*
 * How the library reaches physical memory: for the virtual allocators and for the arrays of a doubled table. Both
 * are the identity until a caller sets them; memory below memblock.current_limit must be mapped and writable
 * through them.
 */
extern void *(*memblock_phys_to_virt)(phys_addr_t address);
extern phys_addr_t (*memblock_virt_to_phys)(const void *pointer);

/*
 * Adds memory. Only the parts that are not in the table yet are added, with the node (MAX_NUMNODES: unknown) and
 * the flags given; what was there keeps its own. Returns 0, or MM_ENOMEM with the table's contents untouched when
 * the pieces, counted before any merging, do not fit into a table that may not or cannot grow.
 */
int memblock_add(phys_addr_t base, phys_addr_t size);
int memblock_add_node(phys_addr_t base, phys_addr_t size, int nid, enum memblock_flags flags);

/* Marks a range taken, memory or not. Reserving a range twice is no error. Returns as memblock_add. */
int memblock_reserve(phys_addr_t base, phys_addr_t size);

/*
 * Takes a range out of memory, or out of the reserved ranges: whole regions and parts of them; it need not be
 * there. Returns 0, or MM_ENOMEM with the table untouched unless two entries are spare (a split could need them) or
 * can be got.
 */
int memblock_remove(phys_addr_t base, phys_addr_t size);
int memblock_phys_free(phys_addr_t base, phys_addr_t size);

/* memblock_phys_free of what a virtual allocator returned; null is ignored. */
void memblock_free(void *pointer, size_t size);

/*
 * Sets or clears a flag of the memory inside the range; memory outside it is not touched. Return as memblock_remove.
 * memblock_mark_mirror also makes allocations prefer mirrored memory from then on (unlike Linux, always, not only
 * with kernelcore=mirror). memblock_reserved_mark_noinit works on the reserved ranges.
 */
int memblock_mark_hotplug(phys_addr_t base, phys_addr_t size);
int memblock_clear_hotplug(phys_addr_t base, phys_addr_t size);
int memblock_mark_mirror(phys_addr_t base, phys_addr_t size);
int memblock_mark_nomap(phys_addr_t base, phys_addr_t size);
int memblock_clear_nomap(phys_addr_t base, phys_addr_t size);
int memblock_reserved_mark_noinit(phys_addr_t base, phys_addr_t size);

/* Whether memblock_mark_mirror was ever called. */
bool memblock_has_mirror(void);

/*
 * Gives the part of type (&memblock.memory or &memblock.reserved) inside the range to a node. Returns as
 * memblock_remove.
 */
int memblock_set_node(phys_addr_t base, phys_addr_t size, struct memblock_type *type, int nid);

/*
 * Shrinks every memory region inwards to multiples of align, a power of two (anything else: no effect), and drops what
 * becomes empty. Reserved ranges stay. Unlike Linux, memory.total_size is right afterwards.
 */
void memblock_trim_memory(phys_addr_t align);

/*
 * Leaves only the first limit bytes of memory, counted over its regions, and cuts the reserved ranges at the same
 * address. limit 0, or more than there is, changes nothing. Unlike Linux it needs no spare entries and cannot fail
 * silently.
 */
void memblock_enforce_memory_limit(phys_addr_t limit);

/*
 * Leaves only the memory inside the range, and all of the NOMAP memory; the reserved ranges are cut to it. Size 0
 * and an empty memory table: no effect. Unlike Linux it needs no spare entries, and NOMAP regions are never split.
 */
void memblock_cap_memory_range(phys_addr_t base, phys_addr_t size);

/* memblock_cap_memory_range from address 0 to the end of the first limit bytes of memory; 0 or too much: no effect. */
void memblock_mem_limit_remove_map(phys_addr_t limit);

/*
 * From now on a full table moves to an array of twice its size in free memory, which it reserves: page-aligned, between
 * one page and memblock.current_limit, never inside the range just being reserved or freed (unlike Linux, also when that
 * range starts at address 0). The caller may still be refused
 * with MM_ENOMEM when no such memory is free. Call it when memory is mapped and all that must stay is reserved.
 */
void memblock_allow_resize(void);

/* Address that allocations end at by default. It must not exceed the memory that memblock_phys_to_virt can reach. */
void memblock_set_current_limit(phys_addr_t limit);
phys_addr_t memblock_get_current_limit(void);

/* Direction of the allocations that follow. */
static inline void memblock_set_bottom_up(bool enable)
{
	memblock.bottom_up = enable;
}

static inline bool memblock_bottom_up(void)
{
	return memblock.bottom_up;
}

/*
 * Reserve size bytes of free memory at a multiple of align (0: 64) and return the physical address, or 0 when there
 * is no place, the reserved table cannot take it, or align is no power of two; nothing is changed then. The first
 * page is never given out. It is the first fit from the top (or with bottom_up from the bottom) of [start, end); an
 * end of MEMBLOCK_ALLOC_ACCESSIBLE is memblock.current_limit, any other is taken as it is. NOMAP and DRIVER_MANAGED
 * memory is never used; mirrored memory is used up first. A size of 0 finds an address and reserves nothing. With a
 * node, its memory comes first, then everybody's.
 */
phys_addr_t memblock_phys_alloc_range(phys_addr_t size, phys_addr_t align, phys_addr_t start, phys_addr_t end);
phys_addr_t memblock_phys_alloc_try_nid(phys_addr_t size, phys_addr_t align, int nid);
phys_addr_t memblock_alloc_range_nid(phys_addr_t size, phys_addr_t align, phys_addr_t start, phys_addr_t end, int nid,
				     bool exact_nid);

static inline phys_addr_t memblock_phys_alloc(phys_addr_t size, phys_addr_t align)
{
	return memblock_phys_alloc_range(size, align, 0, MEMBLOCK_ALLOC_ACCESSIBLE);
}

/*
 * The same as pointers (through memblock_phys_to_virt), null on failure; never above memblock.current_limit, and when
 * [min_addr, max_addr) has no place, from below min_addr. _raw: the memory is left as it is, otherwise zeroed.
 * exact_nid: only memory of that node.
 */
void *memblock_alloc_exact_nid_raw(phys_addr_t size, phys_addr_t align, phys_addr_t min_addr, phys_addr_t max_addr,
				   int nid);
void *memblock_alloc_try_nid_raw(phys_addr_t size, phys_addr_t align, phys_addr_t min_addr, phys_addr_t max_addr,
				 int nid);
void *memblock_alloc_try_nid(phys_addr_t size, phys_addr_t align, phys_addr_t min_addr, phys_addr_t max_addr, int nid);

static inline void *memblock_alloc(phys_addr_t size, phys_addr_t align)
{
	return memblock_alloc_try_nid(size, align, 0, MEMBLOCK_ALLOC_ACCESSIBLE, NUMA_NO_NODE);
}

static inline void *memblock_alloc_raw(phys_addr_t size, phys_addr_t align)
{
	return memblock_alloc_try_nid_raw(size, align, 0, MEMBLOCK_ALLOC_ACCESSIBLE, NUMA_NO_NODE);
}

static inline void *memblock_alloc_from(phys_addr_t size, phys_addr_t align, phys_addr_t min_addr)
{
	return memblock_alloc_try_nid(size, align, min_addr, MEMBLOCK_ALLOC_ACCESSIBLE, NUMA_NO_NODE);
}

static inline void *memblock_alloc_node(phys_addr_t size, phys_addr_t align, int nid)
{
	return memblock_alloc_try_nid(size, align, 0, MEMBLOCK_ALLOC_ACCESSIBLE, nid);
}

/* Whether the byte at address is memory, is memory in the direct map (not NOMAP), is reserved. */
bool memblock_is_memory(phys_addr_t address);
bool memblock_is_map_memory(phys_addr_t address);
bool memblock_is_reserved(phys_addr_t address);

/* Whether one memory region holds the whole range; with size 0, whether base is memory. */
bool memblock_is_region_memory(phys_addr_t base, phys_addr_t size);

/*
 * Whether any reserved region, or any region of type, has a byte of the range. An empty range overlaps the region
 * that it lies strictly inside of, as in Linux.
 */
bool memblock_is_region_reserved(phys_addr_t base, phys_addr_t size);
bool memblock_overlaps_region(struct memblock_type *type, phys_addr_t base, phys_addr_t size);

/* Bytes of memory, bytes reserved. */
phys_addr_t memblock_phys_mem_size(void);
phys_addr_t memblock_reserved_size(void);

/* The first byte of the lowest memory region, and the end (exclusive) of the highest; 0 when there is no memory. */
phys_addr_t memblock_start_of_DRAM(void);
phys_addr_t memblock_end_of_DRAM(void);

/*
 * The node of the memory region that holds the first byte of page pfn, and the whole pages from and up to which
 * (exclusive) that region reaches, rounded down both; -1, and nothing stored, when it is no memory.
 */
int memblock_search_pfn_nid(unsigned long pfn, unsigned long *start_pfn, unsigned long *end_pfn);

static inline bool memblock_is_hotpluggable(const struct memblock_region *region)
{
	return region->flags & MEMBLOCK_HOTPLUG;
}

static inline bool memblock_is_mirror(const struct memblock_region *region)
{
	return region->flags & MEMBLOCK_MIRROR;
}

static inline bool memblock_is_nomap(const struct memblock_region *region)
{
	return region->flags & MEMBLOCK_NOMAP;
}

static inline bool memblock_is_driver_managed(const struct memblock_region *region)
{
	return region->flags & MEMBLOCK_DRIVER_MANAGED;
}

static inline int memblock_get_region_node(const struct memblock_region *region)
{
	return region->nid;
}

static inline void memblock_set_region_node(struct memblock_region *region, int nid)
{
	region->nid = nid;
}

/*
 * The whole pages inside a memory region, and the pages that a reserved region touches: first, and one past the
 * last.
 */
unsigned long memblock_region_memory_base_pfn(const struct memblock_region *region);
unsigned long memblock_region_memory_end_pfn(const struct memblock_region *region);
unsigned long memblock_region_reserved_base_pfn(const struct memblock_region *region);
unsigned long memblock_region_reserved_end_pfn(const struct memblock_region *region);

/*
 * Steps behind the macros below. *idx is 0 before the first step (all ones for _rev) and all ones after the last. A
 * step stores the next piece of type_a (of node nid unless NUMA_NO_NODE; of memory, only regions that flags lets
 * pass, as in an allocation) that type_b, which may be null, does not have. Null out pointers are allowed.
 */
void __next_mem_range(uint64_t *idx, int nid, enum memblock_flags flags, struct memblock_type *type_a,
		      struct memblock_type *type_b, phys_addr_t *out_start, phys_addr_t *out_end, int *out_nid);
void __next_mem_range_rev(uint64_t *idx, int nid, enum memblock_flags flags, struct memblock_type *type_a,
			  struct memblock_type *type_b, phys_addr_t *out_start, phys_addr_t *out_end, int *out_nid);
void __next_mem_pfn_range(int *idx, int nid, unsigned long *out_start_pfn, unsigned long *out_end_pfn, int *out_nid);

/* struct memblock_region *region over the table; an empty table may yield its one region of size 0. */
#define for_each_mem_region(region)                                                                                    \
	for ((region) = memblock.memory.regions; (region) < memblock.memory.regions + memblock.memory.cnt; (region)++)
#define for_each_reserved_mem_region(region)                                                                           \
	for ((region) = memblock.reserved.regions;                                                                     \
	     (region) < memblock.reserved.regions + memblock.reserved.cnt; (region)++)

/* uint64_t i; [*p_start, *p_end) of type (int *p_nid its node) over what type_b, if not null, does not have. */
#define __for_each_mem_range(i, type_a, type_b, nid, flags, p_start, p_end, p_nid)                                     \
	for ((i) = 0, __next_mem_range(&(i), nid, flags, type_a, type_b, p_start, p_end, p_nid);                       \
	     (i) != UINT64_MAX; __next_mem_range(&(i), nid, flags, type_a, type_b, p_start, p_end, p_nid))
#define __for_each_mem_range_rev(i, type_a, type_b, nid, flags, p_start, p_end, p_nid)                                 \
	for ((i) = UINT64_MAX, __next_mem_range_rev(&(i), nid, flags, type_a, type_b, p_start, p_end, p_nid);          \
	     (i) != UINT64_MAX; __next_mem_range_rev(&(i), nid, flags, type_a, type_b, p_start, p_end, p_nid))

/* uint64_t i; phys_addr_t *p_start, *p_end: memory that an allocation could ask for, upwards and downwards. */
#define for_each_mem_range(i, p_start, p_end)                                                                          \
	__for_each_mem_range(i, &memblock.memory, NULL, NUMA_NO_NODE,                                                  \
			     (enum memblock_flags)(MEMBLOCK_HOTPLUG | MEMBLOCK_DRIVER_MANAGED), p_start, p_end, NULL)
#define for_each_mem_range_rev(i, p_start, p_end)                                                                      \
	__for_each_mem_range_rev(i, &memblock.memory, NULL, NUMA_NO_NODE,                                              \
				 (enum memblock_flags)(MEMBLOCK_HOTPLUG | MEMBLOCK_DRIVER_MANAGED), p_start, p_end,    \
				 NULL)

/* uint64_t i: the reserved ranges. */
#define for_each_reserved_mem_range(i, p_start, p_end)                                                                 \
	__for_each_mem_range(i, &memblock.reserved, NULL, NUMA_NO_NODE, MEMBLOCK_NONE, p_start, p_end, NULL)

/* uint64_t i; int *p_nid may be null: memory of the node (or any) that flags lets pass and that is not reserved. */
#define for_each_free_mem_range(i, nid, flags, p_start, p_end, p_nid)                                                  \
	__for_each_mem_range(i, &memblock.memory, &memblock.reserved, nid, flags, p_start, p_end, p_nid)
#define for_each_free_mem_range_reverse(i, nid, flags, p_start, p_end, p_nid)                                          \
	__for_each_mem_range_rev(i, &memblock.memory, &memblock.reserved, nid, flags, p_start, p_end, p_nid)

/*
 * int i; unsigned long *p_start, *p_end (exclusive): the whole pages of memory regions that have any, of a node or
 * all.
 */
#define for_each_mem_pfn_range(i, nid, p_start, p_end, p_nid)                                                          \
	for ((i) = -1, __next_mem_pfn_range(&(i), nid, p_start, p_end, p_nid); (i) >= 0;                               \
	     __next_mem_pfn_range(&(i), nid, p_start, p_end, p_nid))

/* Prints both tables as Linux 6.1 does with memblock=debug. */
void memblock_dump_all(struct printer *out);

#endif
