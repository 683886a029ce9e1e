/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What Mapbridge tells an ELF64 kernel beyond boot_params: a setup_data node of the private type
 * SETUP_MAPBRIDGE. docs/handoff.md is the whole contract at the jump. All addresses are physical unless they say virtual.
 */
#ifndef LOADER_HANDOFF_H
#define LOADER_HANDOFF_H

#define SETUP_MAPBRIDGE 0x4d424844 /* "DHBM" in memory; Linux ignores types that it does not know */
#define MAPBRIDGE_HANDOFF_VERSION 1

/* Selectors of the GDT at the jump: null, null, 64-bit code, data. */
#define MAPBRIDGE_CS 0x10
#define MAPBRIDGE_DS 0x18

#define MAPBRIDGE_STACK_SIZE 0x8000 /* bytes usable; a not-present guard page lies below */

#ifndef __ASSEMBLER__ /* the stub reads the selectors above */
#include <mm/types.h>

/* What a reservation holds. The numbers are part of the contract: new ones are added at the end. */
enum mapbridge_reservation_kind {
	MAPBRIDGE_FIRST_PAGE = 0,
	MAPBRIDGE_KERNEL_TEXT = 1,
	MAPBRIDGE_KERNEL_RODATA = 2,
	MAPBRIDGE_KERNEL_DATA = 3,
	MAPBRIDGE_KERNEL_BSS = 4,
	MAPBRIDGE_INITRD = 5,
	MAPBRIDGE_BOOT_PARAMS = 6,
	MAPBRIDGE_COMMAND_LINE = 7,
	MAPBRIDGE_SETUP_DATA = 8,
	MAPBRIDGE_EFI_MEMMAP = 9,
	MAPBRIDGE_PAGE_TABLES = 10,
	MAPBRIDGE_STUB = 11,
	MAPBRIDGE_STACK = 12, /* with its guard page */
	MAPBRIDGE_KERNEL_IMAGE = 13, /* a bzImage with its init_size */
	MAPBRIDGE_RESERVATION_KINDS
};

/* A range of usable memory that is in use: [base, base + size), not rounded to pages. Sorted by base, disjoint. */
struct mapbridge_reservation {
	uint64_t base;
	uint64_t size;
	uint32_t kind;
	uint32_t reserved;
};

/* The data of the node. A kernel checks version and size, and reads reservations at offset sizeof(struct mapbridge_handoff). */
struct mapbridge_handoff {
	uint32_t version;           /* MAPBRIDGE_HANDOFF_VERSION; grows only when a field changes its meaning */
	uint32_t size;              /* bytes of this structure: the reservations start there */
	uint64_t page_table;        /* the top-level page table: CR3 at the jump */
	uint32_t page_table_levels; /* 4 or 5 */
	uint32_t reservation_count;
	uint64_t fixmap_pte;        /* the PTE page installed under the PMD of FIX_BTMAP */
	uint64_t fixmap_virt;       /* virtual address of slot 0: what that page's entry 0 maps */
	uint64_t stack_bottom;      /* lowest usable byte; the guard page is the page below */
	uint64_t stack_top;         /* exclusive end: RSP at the jump is stack_top - 8 */
	uint64_t kernel_phys;       /* where the kernel's lowest segment lies */
	uint64_t kernel_virt;       /* its virtual address */
	uint64_t kernel_size;       /* bytes up to the end of the highest segment */
	uint64_t loader_tsc;        /* time stamp counter at the loader's first instruction */
	uint32_t e820_crc32;        /* of the e820 map handed over, as Linux computes it for hibernation */
	uint32_t printed_crc32;     /* of the e820 map that the console showed before ExitBootServices; 0: none */
	uint32_t exit_tries;        /* calls of ExitBootServices, the successful one included */
	uint32_t exit_descriptors;  /* descriptors in the map that made it succeed */
};

_Static_assert(sizeof(struct mapbridge_reservation) == 24, "part of the contract");
_Static_assert(sizeof(struct mapbridge_handoff) == 104, "part of the contract");

/* Name of a kind as the console prints it ("kernel text"); "?" for an unknown number. */
const char *mapbridge_reservation_name(uint32_t kind);

#endif
#endif
