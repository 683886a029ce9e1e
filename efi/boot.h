/* SPDX-License-Identifier: BSD-2-Clause */
/* One boot between the files of efi/ that carry it out: boot.c has the sequence, boot_load.c what lies in memory. */
#ifndef EFI_BOOT_H
#define EFI_BOOT_H

#include "firmware.h"

#include <loader/bls.h>
#include <loader/linux_options.h>
#include <loader/prepared.h>

/*
 * The firmware may take a page between the plan and its allocations, or refuse memory that its map calls free: then the
 * plan is made anew, without the memory that was refused.
 */
#define PLAN_TRIES 8

struct boot {
	const struct bls_entry *entry;
	const char *name; /* of the entry's file */
	struct file *files; /* 0: the kernel */
	size_t file_count;
	size_t initrd_count; /* those of the entry, then those of its options */
	uint64_t initrd_sizes[PLAN_INITRDS_MAX];
	uint8_t *head; /* the kernel file's first bytes, which the plan is made from */
	size_t head_size;
	bool take_prepared; /* the kernel is what mapbridge-prepared names */
	bool kernel_failed; /* what went wrong is the kernel's file, and not another one or the machine */
	struct kernel_image kernel;
	struct prepared_header *prepared; /* of a prepared kernel: its header and relocations */
	struct boot_request request;
	struct plan_random random;
	struct boot_plan plan;
	size_t allocated; /* of the plan's allocations */
	struct plan_refused refused[PLAN_TRIES];
	struct memory_map map;
	struct efi_memmap attributes;
	void *scratch; /* for the plan, then for the way out */
	size_t scratch_size;
	struct boot_facts facts;
	struct linux_tables tables;
	struct boot_table early_tables[PLAN_TABLES_MAX];
	struct initrd_media media; /* the initrd when the entry names none */
	struct linux_options options; /* of Linux's EFI stub; of other kernels none are read */
	struct screen_before screen;
	bool needs_stub; /* only the kernel's own EFI stub can start it here */
	bool has_tpm;
	bool relocated; /* from here on its memory has what is secret: where the kernel is, and a random seed */
};

/* Keeps in mind whether a step that is about the kernel's file went wrong; returns the step's status. */
EFI_STATUS boot_kernel_step(struct boot *boot, EFI_STATUS status);

/*
 * Makes the plan from the map of this moment and allocates its pages at exactly its addresses. A refusal has been printed; the
 * map and the scratch memory are there then, and no pages.
 */
EFI_STATUS boot_place(struct boot *boot);

/* Takes the map and the scratch memory for plan and hand-off; boot_free_map gives both back, and takes none, too. */
EFI_STATUS boot_read_map(struct boot *boot);
void boot_free_map(struct boot *boot);

/* Gives the plan's pages back, wiped when they had what is secret. */
void boot_free_pages(struct boot *boot);

/* Measures the bytes that the kernel's format, its plan and its relocations are read from. */
void boot_measure_head(const struct boot *boot);

/* Reads kernel and initrds to their places and measures them; errors have been printed. */
EFI_STATUS boot_load(struct boot *boot);

/* Applies the kernel's relocations, if it has any, for the addresses of the plan. */
EFI_STATUS boot_relocate(struct boot *boot);

/* Builds page tables, boot_params without its map, and the stub in its page. */
EFI_STATUS boot_build(struct boot *boot, struct boot_block *block);

#endif
