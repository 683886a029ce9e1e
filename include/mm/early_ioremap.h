/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linux's early_ioremap: temporary mappings of physical memory before the kernel has its own
 * page tables, through 8 slots of 64 pages in one PTE page. Rules: mm/early_ioremap.c and
 * arch/x86/mm/ioremap.c of Linux, except that sizes which Linux truncates are refused.
 */
#ifndef MM_EARLY_IOREMAP_H
#define MM_EARLY_IOREMAP_H

#include <mm/fixmap.h>
#include <mm/printer.h>
#include <mm/types.h>

/* What the library needs from the kernel around it. */
struct early_ioremap_ops {
	uint64_t *bm_pte;                     /* the PTE page of FIX_BTMAP: 512 entries, writable */
	void (*flush_tlb_one)(uint64_t virt); /* invalidates one page's translation; may be null (tests) */
	struct printer *warn;                 /* where warnings go; may be null */
	void *window;                         /* where slot 0 can be accessed; null: at its own virtual address */
};

/*
 * Fills slot_virt from the fixmap's layout, remembers the ops and clears all 512 entries and all slots.
 * MM_EINVAL, and nothing changed, when bm_pte is null or not page-aligned.
 */
int early_ioremap_init(const struct early_ioremap_ops *ops);

/* Virtual address of slot i (0..7); 0 for other numbers and before early_ioremap_init. */
uint64_t early_ioremap_slot_virt(unsigned slot);

/*
 * Maps [phys, phys + size) in the lowest free slot: uncached-by-MTRR I/O, or normal memory, read-write or read-only. Returns its address (offset within the page kept), or null with
 * a warning: no free slot, size 0, the last byte past 2^64 - 1 or past the physical address limit, more than 64 pages touched.
 */
void *early_ioremap(uint64_t phys, uint64_t size);
void *early_memremap(uint64_t phys, uint64_t size);
void *early_memremap_ro(uint64_t phys, uint64_t size);

/* Undoes a mapping. Address and size must be those of the mapping exactly, else a warning and the mapping stays. */
void early_iounmap(void *addr, uint64_t size);
void early_memunmap(void *addr, uint64_t size);

/*
 * Copies physical memory through mappings of at most 256 KiB each. 0, or MM_ENOMEM when a mapping failed (what was copied
 * so far stays), MM_EOVERFLOW when the range passes 2^64.
 */
int copy_from_early_mem(void *dest, uint64_t phys, uint64_t size);

/* Number of slots in use; names each (slot, physical address, size) to out, which may be null. */
unsigned early_ioremap_check_leaks(struct printer *out);

#endif
