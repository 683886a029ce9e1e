/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where things can go: the firmware's map seen as free memory, memory that is in use until
 * ExitBootServices, and all else; and what the plan has taken of it.
 */
#ifndef LOADER_PLACEMENT_H
#define LOADER_PLACEMENT_H

#include <mm/e820.h>
#include <mm/efi_memmap.h>

/* The types that placement keeps in an e820 table; where descriptors overlap the highest wins. */
enum placement_type {
	PLACEMENT_FREE = 1,  /* can be allocated at once */
	PLACEMENT_BUSY = 2,  /* RAM, but the firmware or a program uses it until ExitBootServices */
	PLACEMENT_OTHER = 3, /* not RAM for a kernel */
	PLACEMENT_TAKEN = 4  /* by this plan */
};

/*
 * Nothing is placed below this address, and what a kernel's link address puts there gets there after
 * ExitBootServices: some firmware (U-Boot) has its page tables and stack in memory that its map calls free.
 */
#define PLACEMENT_LOW UINT64_C(0x200000)

struct placement {
	struct e820_table table;
	void *scratch;
	size_t scratch_size;
	struct placement_listener *listener; /* may be null */
};

/* One piece of memory to find. Sizes and addresses in bytes; size must be a multiple of 4096. */
struct placement_want {
	const char *what;   /* for the message: "the initrd" */
	uint64_t size;
	uint64_t align;     /* a power of two, at least 4096 */
	uint64_t min;       /* lowest address */
	uint64_t max;       /* highest address that the last byte may have */
	bool top_down;      /* the highest place, else the lowest */
	uint64_t boundary;  /* a power of two that must not be crossed (size is at most that); 0: none */
};

/*
 * Told of each place that placement_find() finds, just before it is taken. A plan may be begun more than once; the last one
 * counts. Embed it to give the functions their state.
 */
struct placement_listener {
	void (*begin)(struct placement_listener *listener);
	void (*found)(struct placement_listener *listener, const struct placement *placement, const struct placement_want *want,
		      uint64_t base);
};

/* Where a free entry has room for a piece: its place there in *base. */
bool placement_fits(const struct placement_want *want, const struct e820_entry *entry, uint64_t *base);

/* What a descriptor is for placement. Special-purpose RAM is left to what a firmware table says it is for: OTHER. */
uint32_t placement_type(const struct efi_memory_desc *desc);

/* How many pieces one plan can take. */
#define PLACEMENT_TAKES_MAX 64

/* Bytes of memory that a placement over that many descriptors uses; SIZE_MAX on overflow. */
size_t placement_memory_size(size_t descriptors);

/*
 * Reads the map, rounding unaligned RAM inwards and all else outwards; RAM beyond 2^52, the first page and
 * special-purpose RAM are not for use. Nobody listens at first. memory may have any alignment. MM_ENOSPC when size is too small, MM_EINVAL when
 * the map cannot be read.
 */
int placement_init(struct placement *placement, const struct efi_memmap *map, void *memory, size_t size);

/*
 * Finds and takes a piece. MM_ENOMEM, with a sentence on why that has the numbers, when there is none; MM_ENOSPC when
 * too many pieces are taken. *base is untouched then.
 */
int placement_find(struct placement *placement, const struct placement_want *want, uint64_t *base, struct printer *why);

/* Takes [base, base + size), whatever is there. MM_ENOSPC when too many pieces are taken. */
int placement_take(struct placement *placement, uint64_t base, uint64_t size);

/* Whether every byte of [base, base + size) is free, or (with busy_too) free or busy. */
bool placement_available(const struct placement *placement, uint64_t base, uint64_t size, bool busy_too);

/* The first address in [base, base + size) that is neither free nor busy; false when there is none. */
bool placement_first_unavailable(const struct placement *placement, uint64_t base, uint64_t size, uint64_t *address);

/* Prints a size exactly and in binary units: "53411840 bytes (50.9 MiB)". */
void print_size(struct printer *out, uint64_t size);

/* The same in binary units alone: "50.9 MiB"; the tenth is cut off, and told only when there is a rest. */
void print_binary_size(struct printer *out, uint64_t size);

#endif
