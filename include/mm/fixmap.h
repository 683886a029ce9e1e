/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linux's fixmap of x86-64: pages at virtual addresses that are known when the kernel is compiled. Index 0 is at
 * FIXADDR_TOP, a higher index is a lower address. Layout: arch/x86/include/asm/fixmap.h of Linux 6.1 in Debian's
 * configuration. Nothing else may be mapped in the 2 MiB at FIX_BTMAP_VIRT: the loader installs a PTE page there.
 */
#ifndef MM_FIXMAP_H
#define MM_FIXMAP_H

#include <mm/types.h>

#define FIXADDR_TOP UINT64_C(0xffffffffff7ff000)

/* The temporary mappings of early_ioremap: 8 slots of 64 pages, one page of 512 PTEs in all. */
#define NR_FIX_BTMAPS 64
#define FIX_BTMAPS_SLOTS 8
#define TOTAL_FIX_BTMAPS (NR_FIX_BTMAPS * FIX_BTMAPS_SLOTS)

#define FIX_IO_APICS 128 /* Linux's MAX_IO_APICS */

/*
 * First index of the temporary mappings after `permanent` other indices: the next multiple of 512, so that
 * they share one PTE page. A configuration with more permanent indices moves them down by 2 MiB.
 */
#define FIX_BTMAP_END_AFTER(permanent) (((permanent) + TOTAL_FIX_BTMAPS - 1) / TOTAL_FIX_BTMAPS * TOTAL_FIX_BTMAPS)

enum fixed_addresses {
	VSYSCALL_PAGE = 511,
	FIX_DBGP_BASE,
	FIX_EARLYCON_MEM_BASE,
	FIX_APIC_BASE,
	FIX_IO_APIC_BASE_0,
	FIX_IO_APIC_BASE_END = FIX_IO_APIC_BASE_0 + FIX_IO_APICS - 1,
	FIX_PARAVIRT_BOOTMAP,
	FIX_APEI_GHES_IRQ,
	FIX_APEI_GHES_NMI,
	FIX_END_OF_PERMANENT, /* Linux: __end_of_permanent_fixed_addresses */
	FIX_BTMAP_END = FIX_BTMAP_END_AFTER(FIX_END_OF_PERMANENT), /* the highest address */
	FIX_BTMAP_BEGIN = FIX_BTMAP_END + TOTAL_FIX_BTMAPS - 1,    /* the lowest address */
	FIX_TBOOT_BASE,
	FIX_END_OF_FIXED_ADDRESSES /* Linux: __end_of_fixed_addresses */
};

/* fix_to_virt() as a constant expression. */
#define FIX_TO_VIRT(index) (FIXADDR_TOP - ((uint64_t)(index) << MM_PAGE_SHIFT))

/* Lowest address and size in bytes of the temporary mappings: exactly what one PTE page maps. */
#define FIX_BTMAP_VIRT FIX_TO_VIRT(FIX_BTMAP_BEGIN)
#define FIX_BTMAP_SIZE ((uint64_t)TOTAL_FIX_BTMAPS << MM_PAGE_SHIFT)
#define FIX_BTMAP_SLOT_SIZE ((uint64_t)NR_FIX_BTMAPS << MM_PAGE_SHIFT)

_Static_assert(TOTAL_FIX_BTMAPS == 512, "one PTE page");
_Static_assert(FIX_BTMAP_VIRT % FIX_BTMAP_SIZE == 0, "the temporary mappings must not straddle two PTE pages");

/* Virtual address of the page with that index; 0 when there is no such index. */
uint64_t fix_to_virt(unsigned index);

/*
 * Index of the page that virt (any byte of it) lies in; MM_EINVAL when it is not in the fixmap. Unlike Linux's
 * virt_to_fix it knows the temporary mappings too.
 */
int virt_to_fix(uint64_t virt);

/* Index of the first (lowest) page of a slot of the temporary mappings; MM_EINVAL from slot 8 on. */
int fix_btmap_slot(unsigned slot);

#endif
