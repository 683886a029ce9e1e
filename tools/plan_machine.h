/* SPDX-License-Identifier: BSD-2-Clause */
/* A machine to plan a boot for: what a file tells of it, and stated assumptions for what the file does not tell. */
#ifndef TOOLS_PLAN_MACHINE_H
#define TOOLS_PLAN_MACHINE_H

#include <loader/boot_handoff.h>
#include <mm/efimap.h>

#include "map_source.h"

/* What the user says about the machine; it counts more than what a file says. */
struct plan_wishes {
	unsigned levels;   /* of page tables; 0: not said */
	bool no_gib_pages; /* the processor has no pages of 1 GiB */
};

struct plan_machine {
	struct map_source source;
	struct efimap file; /* of an .efimap file; its map's buffer is null without one */
	struct efi_memmap map;
	void *descriptors; /* the map's, in fresh memory, unless they lie in the file */
	struct efi_memmap attributes; /* the buffer is null: there is no table */
	struct boot_table tables[PLAN_TABLES_MAX];
	size_t table_count;
	struct plan_refused *refused;
	size_t refused_count;
	struct setup_data_node *nodes; /* zeros stand for what is in them */
	size_t node_count;
	struct plan_random random;
	bool has_random;
	struct paging_mode paging;
	bool mce;
	struct boot_facts facts;
};

/* Reads the file. An error only with its reason printed to standard error; nothing is to be closed then. */
bool plan_machine_open(struct plan_machine *machine, const char *path, const struct plan_wishes *wishes);

void plan_machine_close(struct plan_machine *machine);

/*
 * What the request of a plan takes from the machine: all but the kernel, its command line and its initrds. linux: what is made for
 * Linux only; random: the kernel's addresses may be random.
 */
void plan_machine_request(const struct plan_machine *machine, bool linux, bool random, struct boot_request *request);

/* The machine and what was assumed, for people; linux: about a Linux kernel. */
void plan_machine_print(const struct plan_machine *machine, const struct plan_wishes *wishes, bool linux,
			struct printer *out);

#endif
