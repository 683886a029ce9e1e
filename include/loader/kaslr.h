/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a Linux kernel goes when its address is random: what its decompressor decides when it has unpacked a bzImage. Source:
 * Linux's arch/x86/boot/compressed/kaslr.c. The random numbers are the caller's.
 */
#ifndef LOADER_KASLR_H
#define LOADER_KASLR_H

#include <loader/placement.h>

#define KASLR_AVOID_MAX 4                            /* ranges of memmap=; with more Linux gives up */
#define KASLR_MINIMUM_MAX (UINT64_C(512) << 20)      /* the search starts at the link address, or here when that is higher */
#define KASLR_VIRTUAL_END UINT64_C(0x40000000)       /* KERNEL_IMAGE_SIZE of a kernel that can be randomised */

/* What the command line says about it. */
struct kaslr_options {
	bool off;            /* nokaslr */
	const char *in_place; /* the option that keeps the physical address from being random; null: none */
	uint64_t limit;      /* no byte of the kernel at or above it; UINT64_MAX: none */
	uint64_t gigabyte_pages; /* to be left for huge pages, as far as there are any */
	struct kaslr_range {
		uint64_t base;
		uint64_t size;
	} avoid[KASLR_AVOID_MAX];
	size_t avoid_count;
};

/* Reads nokaslr, mem=, memmap=, efi_fake_mem=, hugepagesz= with hugepages=, and movable_node, as the decompressor does. */
void kaslr_options_read(const char *command_line, struct kaslr_options *options);

/* A search for places: size and align in bytes, multiples of 2 MiB, align a power of two. */
struct kaslr_search {
	const struct efi_memmap *map;
	const struct placement *placement; /* of the map; what is taken is avoided */
	const struct kaslr_options *options;
	uint64_t minimum; /* lowest address of the kernel's first byte */
	uint64_t limit;   /* no byte at or above it, besides the options' limit */
	uint64_t size;
	uint64_t align;
};

/*
 * Counts the places at multiples of align: in free conventional memory that is not for a special purpose (EFI_MEMORY_SP), and only in
 * more reliable memory (EFI_MEMORY_MORE_RELIABLE) when the map has any. Stores the address of place number `index` (from 0, in
 * ascending order) in *address, which is untouched when there are not so many.
 */
uint64_t kaslr_places(const struct kaslr_search *search, uint64_t index, uint64_t *address);

/* The same for the virtual address, as a distance from the start of the kernel's map: link_address is the lowest. */
uint64_t kaslr_virtual_places(uint64_t link_address, uint64_t size, uint64_t align);

#endif
