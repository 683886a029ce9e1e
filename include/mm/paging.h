/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * x86-64 page tables with 4 or 5 levels, in two phases. Prepare: describe the address space as a
 * paging_map, a sorted list of ranges, and ask how many table pages it takes. Commit: build the
 * tables in that many pages; it cannot fail. Walkers tell what a set of tables maps.
 * Source of the formats: Intel SDM volume 3, chapter 4 (AMD APM volume 2, chapter 5).
 */
#ifndef MM_PAGING_H
#define MM_PAGING_H

#include <mm/printer.h>
#include <mm/types.h>

/* Physical and virtual addresses are distinct types, so that one is never taken for the other. */
typedef struct {
	uint64_t value;
} paddr_t;

typedef struct {
	uint64_t value;
} vaddr_t;

static inline paddr_t pa(uint64_t value)
{
	return (paddr_t){ value };
}

static inline vaddr_t va(uint64_t value)
{
	return (vaddr_t){ value };
}

#define PAGING_TABLE_ENTRIES 512
#define PAGING_SIZE_4K (UINT64_C(1) << 12)
#define PAGING_SIZE_2M (UINT64_C(1) << 21)
#define PAGING_SIZE_1G (UINT64_C(1) << 30)

/* Bits of an entry. */
#define PTE_PRESENT UINT64_C(0x001)
#define PTE_WRITE UINT64_C(0x002)
#define PTE_USER UINT64_C(0x004)
#define PTE_PWT UINT64_C(0x008)
#define PTE_PCD UINT64_C(0x010)
#define PTE_ACCESSED UINT64_C(0x020)
#define PTE_DIRTY UINT64_C(0x040)
#define PTE_LARGE UINT64_C(0x080)
#define PTE_GLOBAL UINT64_C(0x100)
#define PTE_NX (UINT64_C(1) << 63)
#define PTE_ADDRESS UINT64_C(0x000ffffffffff000)

/* Permissions of a range; reading is always allowed. */
enum paging_flags {
	PAGING_READ = 0,
	PAGING_WRITE = 1,
	PAGING_EXECUTE = 2,
	PAGING_UNCACHED = 4,
	PAGING_EMPTY_TABLE = 8 /* nothing mapped, but the page tables down to 4 KiB entries are there */
};

struct paging_range {
	vaddr_t virt;
	paddr_t phys;
	uint64_t size; /* bytes, a multiple of 4096; the range may end at 2^64 exactly */
	uint32_t flags;
};

/* The address space to build: ranges sorted by virtual address, disjoint, neighbours that continue each other merged. */
struct paging_map {
	struct paging_range *ranges;
	size_t capacity;
	size_t count;
};

/* What the processor offers, and is set to. */
struct paging_mode {
	unsigned levels;  /* 4 or 5: CR4.LA57 */
	bool gib_pages;   /* CPUID 80000001h EDX bit 26 */
};

/*
 * Maps [virt, virt + size) to phys with flags, in place of whatever the map had there. All three must be
 * multiples of 4096. MM_EINVAL: unaligned, or empty; MM_EOVERFLOW: virtual or physical range passes 2^64 (or 2^52);
 * MM_ENOSPC: the list is full. The map is untouched on error.
 */
int paging_map_set(struct paging_map *map, vaddr_t virt, paddr_t phys, uint64_t size, uint32_t flags);

/* Leaves [virt, virt + size) without a mapping; errors as paging_map_set. */
int paging_map_clear(struct paging_map *map, vaddr_t virt, uint64_t size);

/* Whether every range is canonical for the mode: bits above the top level equal to its highest bit. */
bool paging_map_canonical(const struct paging_map *map, const struct paging_mode *mode);

/* Exactly how many 4 KiB table pages paging_build takes for this map, the top-level table included. */
uint64_t paging_count_tables(const struct paging_map *map, const struct paging_mode *mode);

/* Memory that holds page tables: the page at physical address base + n * 4096 is at memory + n * 4096. */
struct paging_memory {
	uint64_t *memory;
	paddr_t base;
	uint64_t pages;
};

/*
 * Builds the tables for the map with the largest pages that alignment and permissions allow, in the first
 * paging_count_tables() pages of memory (all written, no need to clear). The top-level table is the first page. Returns
 * false, and nothing written, only when memory is too small or the map is not canonical.
 */
bool paging_build(const struct paging_map *map, const struct paging_mode *mode, const struct paging_memory *memory);

/* What one virtual address is mapped to: the leaf, its page size, and the permissions of all levels combined. */
struct paging_leaf {
	vaddr_t virt;   /* first address of the page */
	paddr_t phys;
	uint64_t size;  /* 4 KiB, 2 MiB or 1 GiB */
	uint32_t flags; /* PAGING_WRITE, _EXECUTE, _UNCACHED (PCD set) */
	uint64_t entry; /* the raw leaf entry */
};

/* How a walker reads tables: returns the 512 entries at a physical address, or null when it cannot (the walk stops there). */
struct paging_reader {
	const uint64_t *(*table)(void *context, paddr_t address);
	void *context;
};

/* Finds the leaf for virt. false when it is not mapped or not canonical. */
bool paging_walk(const struct paging_reader *reader, paddr_t root, const struct paging_mode *mode, vaddr_t virt,
		 struct paging_leaf *leaf);

/*
 * Physical address of the table at a level (1: of 4 KiB entries) on the way to virt; false when the way ends before.
 */
bool paging_find_table(const struct paging_reader *reader, paddr_t root, const struct paging_mode *mode, vaddr_t virt,
		       unsigned level, paddr_t *table);

/*
 * Calls found() for each maximal run of virtual addresses with continuing physical addresses and equal flags, in ascending
 * order; stops when it returns false. Returns whether all were told.
 */
bool paging_for_each(const struct paging_reader *reader, paddr_t root, const struct paging_mode *mode,
		     bool (*found)(void *context, const struct paging_range *range), void *context);

/*
 * W^X over a set of tables: no page may be written through any address and executed through any address. Tells found()
 * of each executable range with a part that is writable, by itself or through an alias, and through which range; null is
 * allowed. Returns whether there is none. Walks the tables once more for each executable range, without any memory.
 */
bool paging_check_wx(const struct paging_reader *reader, paddr_t root, const struct paging_mode *mode,
		     void (*found)(void *context, const struct paging_range *executable, const struct paging_range *writable),
		     void *context);

/* Prints a list of ranges, one a line: "0xffffffff80000000-0xffffffff80004fff -> 0x1000000 r-x". */
void paging_range_print(const struct paging_range *range, struct printer *out);

#endif
