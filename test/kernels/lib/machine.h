/* SPDX-License-Identifier: BSD-2-Clause */
/* What the loader handed over, collected through the identity map, for the checks of all kernels. */
#ifndef KERNELS_MACHINE_H
#define KERNELS_MACHINE_H

#include <loader/handoff.h>
#include <mm/e820.h>
#include <mm/efi_memmap.h>
#include <mm/paging.h>

#include "efi.h"
#include "runtime.h"

#define MACHINE_E820_MAX 4096

struct machine {
	struct boot_params *boot_params;
	const struct mapbridge_handoff *handoff;
	const struct mapbridge_reservation *reservations;
	uint32_t reservation_count;
	struct e820_table e820; /* as handed over: boot_params' entries and those of SETUP_E820_EXT */
	struct efi_memmap efi_map;
	const struct efi_system_table *systab;
	struct efi_memmap attributes; /* the memory attributes table; count 0 when the firmware has none */
	struct paging_mode paging;
	uint64_t page_table; /* CR3 */
};

/* Scratch memory for the functions of mm/ that want some. */
extern uint8_t machine_scratch[2 << 20];

/* Fills in everything; a kernel that cannot find its handoff panics here. */
void machine_init(struct machine *machine, struct boot_params *boot_params);

/* Whether [base, base + size) lies inside touching reservations of one kind, or of any when kind is -1. */
bool machine_reserved(const struct machine *machine, uint64_t base, uint64_t size, int kind);

/* e820_update_table with the scratch memory; panics when the table is too large for a test kernel. */
void sanitise(struct e820_table *table);

/* For paging_walk and its kind: page tables are read through the identity map. */
extern const struct paging_reader identity_reader;

/* early_ioremap on the PTE page that the loader installed, found by walking the page tables. Returns its address. */
uint64_t fixmap_init(const struct machine *machine);

#endif
