/* SPDX-License-Identifier: BSD-2-Clause */
/* Two sanitised e820 tables side by side. */
#ifndef TOOLS_E820_COMPARE_H
#define TOOLS_E820_COMPARE_H

#include <mm/e820.h>

/* A range in which neither table changes its type; type 0 is a gap. */
struct e820_difference {
	uint64_t start;
	uint64_t last; /* inclusive */
	uint32_t type[2];
};

/*
 * Goes through the ranges, in order of address, in which the types differ: set *at to 0, call until it returns false.
 * Pieces that touch and differ in the same way are one.
 */
bool e820_next_difference(const struct e820_table *const tables[2], uint64_t *at, struct e820_difference *difference);

#endif
