/* SPDX-License-Identifier: BSD-2-Clause */
#include <mm/early_ioremap.h>

#include <mm/paging.h>

/* Linux's FIXMAP_PAGE_IO and FIXMAP_PAGE_NORMAL: on x86 the MTRRs, not the PTE, make I/O uncached this early. */
#define FIXMAP_PAGE_NORMAL (PTE_PRESENT | PTE_WRITE | PTE_ACCESSED | PTE_DIRTY | PTE_GLOBAL | PTE_NX)
#define FIXMAP_PAGE_IO FIXMAP_PAGE_NORMAL
/* As Linux 6.12: not dirty, because read-only and dirty together mean a shadow stack. */
#define FIXMAP_PAGE_RO (PTE_PRESENT | PTE_ACCESSED | PTE_GLOBAL | PTE_NX)

#define PHYS_ADDR_LIMIT (PTE_ADDRESS | MM_PAGE_MASK) /* the last byte that a PTE can reach */

struct slot {
	uint64_t virt;
	uint64_t phys;
	uint64_t size; /* as the caller gave it; 0: the slot is free */
};

static struct early_ioremap_ops ops;
static struct slot slots[FIX_BTMAPS_SLOTS];

int early_ioremap_init(const struct early_ioremap_ops *new_ops)
{
	if (!new_ops->bm_pte || ((uintptr_t)new_ops->bm_pte & MM_PAGE_MASK))
		return MM_EINVAL;
	ops = *new_ops;
	for (size_t i = 0; i < PAGING_TABLE_ENTRIES; i++)
		ops.bm_pte[i] = 0;
	for (unsigned i = 0; i < FIX_BTMAPS_SLOTS; i++)
		slots[i] = (struct slot){ .virt = fix_to_virt((unsigned)fix_btmap_slot(i)) };
	return 0;
}

uint64_t early_ioremap_slot_virt(unsigned slot)
{
	return slot < FIX_BTMAPS_SLOTS ? slots[slot].virt : 0;
}

/* Where the caller finds the mapping of a slot that is in use. */
static void *slot_address(unsigned slot)
{
	uint64_t offset = slots[slot].phys & MM_PAGE_MASK;

	if (ops.window)
		return (char *)ops.window + slot * FIX_BTMAP_SLOT_SIZE + offset;
	return (void *)(uintptr_t)(slots[slot].virt + offset);
}

static uint64_t pages_touched(uint64_t phys, uint64_t size)
{
	return ((phys + size - 1) >> MM_PAGE_SHIFT) - (phys >> MM_PAGE_SHIFT) + 1;
}

/* Points the slot's pages at phys, or clears them when prot is 0. */
static void set_ptes(unsigned slot, uint64_t phys, uint64_t pages, uint64_t prot)
{
	for (uint64_t i = 0; i < pages; i++) {
		ops.bm_pte[slot * NR_FIX_BTMAPS + i] = prot ? ((phys & PTE_ADDRESS) + (i << MM_PAGE_SHIFT)) | prot : 0;
		if (ops.flush_tlb_one)
			ops.flush_tlb_one(slots[slot].virt + (i << MM_PAGE_SHIFT));
	}
}

/* Why [phys, phys + size) cannot be mapped; null when it can. */
static const char *refusal(uint64_t phys, uint64_t size)
{
	uint64_t last;

	if (!size)
		return "the size must not be 0";
	if (__builtin_add_overflow(phys, size - 1, &last))
		return "the range passes 2^64";
	if (last > PHYS_ADDR_LIMIT)
		return "the range passes 2^52, the last physical address that a page table can hold";
	if (pages_touched(phys, size) > NR_FIX_BTMAPS)
		return "it touches more than 64 pages; map it in pieces";
	return NULL;
}

static void *map(const char *caller, uint64_t phys, uint64_t size, uint64_t prot)
{
	unsigned slot = 0;

	while (slot < FIX_BTMAPS_SLOTS && slots[slot].size)
		slot++;

	const char *why = !ops.bm_pte		    ? "early_ioremap_init was not called"
			  : slot == FIX_BTMAPS_SLOTS ? "all 8 slots are in use; unmap one first"
						    : refusal(phys, size);

	if (why) {
		print(ops.warn, "%s(%#llx, %#llx): %s\n", caller, (unsigned long long)phys, (unsigned long long)size,
		      why);
		return NULL;
	}
	slots[slot].phys = phys;
	slots[slot].size = size;
	set_ptes(slot, phys, pages_touched(phys, size), prot);
	return slot_address(slot);
}

void *early_ioremap(uint64_t phys, uint64_t size)
{
	return map("early_ioremap", phys, size, FIXMAP_PAGE_IO);
}

void *early_memremap(uint64_t phys, uint64_t size)
{
	return map("early_memremap", phys, size, FIXMAP_PAGE_NORMAL);
}

void *early_memremap_ro(uint64_t phys, uint64_t size)
{
	return map("early_memremap_ro", phys, size, FIXMAP_PAGE_RO);
}

static void unmap(const char *caller, void *addr, uint64_t size)
{
	for (unsigned i = 0; i < FIX_BTMAPS_SLOTS; i++) {
		if (!slots[i].size || slot_address(i) != addr)
			continue;
		if (slots[i].size != size) {
			print(ops.warn, "%s(%p, %#llx): mapped with size %#llx; it stays mapped\n", caller, addr,
			      (unsigned long long)size, (unsigned long long)slots[i].size);
			return;
		}
		set_ptes(i, 0, pages_touched(slots[i].phys, size), 0);
		slots[i].size = 0;
		return;
	}
	print(ops.warn, "%s(%p, %#llx): no mapping starts at this address\n", caller, addr, (unsigned long long)size);
}

void early_iounmap(void *addr, uint64_t size)
{
	unmap("early_iounmap", addr, size);
}

void early_memunmap(void *addr, uint64_t size)
{
	unmap("early_memunmap", addr, size);
}

int copy_from_early_mem(void *dest, uint64_t phys, uint64_t size)
{
	char *to = dest;
	uint64_t last;

	if (size && __builtin_add_overflow(phys, size - 1, &last))
		return MM_EOVERFLOW;
	while (size) {
		uint64_t slop = phys & MM_PAGE_MASK;
		uint64_t chunk = size < FIX_BTMAP_SLOT_SIZE - slop ? size : FIX_BTMAP_SLOT_SIZE - slop;
		const char *from = early_memremap_ro(phys - slop, chunk + slop);

		if (!from)
			return MM_ENOMEM;
		for (uint64_t i = 0; i < chunk; i++)
			to[i] = from[slop + i];
		early_memunmap((void *)(uintptr_t)from, chunk + slop);
		to += chunk;
		phys += chunk;
		size -= chunk;
	}
	return 0;
}

unsigned early_ioremap_check_leaks(struct printer *out)
{
	unsigned leaks = 0;

	for (unsigned i = 0; i < FIX_BTMAPS_SLOTS; i++) {
		if (!slots[i].size)
			continue;
		leaks++;
		print(out, "early_ioremap leak: slot %u maps [mem %#018llx-%#018llx], %llu bytes\n", i,
		      (unsigned long long)slots[i].phys, (unsigned long long)(slots[i].phys + slots[i].size - 1),
		      (unsigned long long)slots[i].size);
	}
	return leaks;
}
