/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files that make a plan share. */
#ifndef LOADER_PLAN_INTERNAL_H
#define LOADER_PLAN_INTERNAL_H

#include <loader/placement.h>
#include <loader/plan.h>

#define X(value) ((unsigned long long)(value))
#define FOUR_GIB UINT64_C(0x100000000)

/* Says that one of the plan's own tables, with room for that many, is full; returns MM_ENOSPC. */
int plan_full(struct printer *why, const char *table, size_t capacity);

int plan_allocate(struct boot_plan *plan, uint64_t base, uint64_t size, bool code, struct printer *why);
int plan_load(struct boot_plan *plan, unsigned file, uint64_t offset, uint64_t size, uint64_t to, struct printer *why);
int plan_clear(struct boot_plan *plan, uint64_t base, uint64_t size, struct printer *why);
int plan_reserve(struct boot_plan *plan, uint64_t base, uint64_t size, enum mapbridge_reservation_kind kind,
		 struct printer *why);

/* Finds a piece below 4 GiB if there is room, else up to max; takes, allocates. */
int plan_find_low(struct boot_plan *plan, struct placement *placement, struct placement_want *want, bool code,
		  uint64_t *base, struct printer *why);

/* Places the kernel: allocations, loads, clears, moves for the stub, reservations. */
int plan_kernel(struct boot_plan *plan, struct placement *placement, const struct boot_request *request,
		struct printer *why);

/* Prints what the stub moves after ExitBootServices, a line each. */
void plan_print_moves(const struct boot_plan *plan, struct printer *out);

#endif
