/* SPDX-License-Identifier: BSD-2-Clause */
/* A plan explained: why each thing goes where it goes, what the kernel gets, what is kept, what is mapped. */
#ifndef TOOLS_PLAN_REPORT_H
#define TOOLS_PLAN_REPORT_H

#include <loader/placement.h>

#include "plan_machine.h"

/* A place that was found: what was wanted, and what there was to choose from at that moment. */
struct placement_note {
	struct placement_want want;
	uint64_t base;
	struct e820_entry range; /* the free range that it was taken from */
	size_t free_ranges;
	size_t fitting_ranges;
};

/* All places of one plan, in the order in which they were found. */
struct placements {
	struct placement_listener listener; /* for the request */
	struct placement_note notes[PLACEMENT_TAKES_MAX];
	size_t count;
};

void placements_init(struct placements *placements);

/* The files as the user named them. */
struct plan_names {
	const char *kernel;
	const char *const *initrds;
};

void plan_report(const struct plan_names *names, const struct plan_machine *machine, const struct boot_request *request,
		 const struct boot_plan *plan, const struct placements *placements, struct printer *out);

/* boot_params_print.c: every field that has a name, its offset, value and meaning; setup_data and its address. */
void boot_params_print(const struct boot_params *params, const uint8_t *setup_data, uint64_t setup_data_phys,
		       uint64_t setup_data_size, struct printer *out);

#endif
