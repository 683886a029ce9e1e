/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random testing of maps. A problem is a short list of ranges in a small address space, counted in units, plus a few
 * numbers. Checks compare the library with a model that paints every unit; a failure is shrunk and reported.
 */
#ifndef TEST_PROPERTY_H
#define TEST_PROPERTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "../../support/e820_compare.h"

#define MAX_ITEMS 10
#define MAX_NUMBERS 8
/* Units of the address space that is painted. */
#define UNITS 96
/* A result has at most a piece for each unit. */
#define MAX_RESULT (UNITS + 1)

struct item {
	uint32_t start;
	uint32_t size;
	uint32_t type;
};

struct problem {
	struct item items[MAX_ITEMS];
	unsigned count;
	uint32_t numbers[MAX_NUMBERS]; /* what they mean is the property's business; 0 must be the simplest value */
};

/*
 * A painted address space: the type of each unit (0: nothing), and whether ranges that never merge are cut before it.
 */
struct painting {
	uint32_t type[UNITS];
	bool cut[UNITS + 1];
};

struct property {
	const char *name;
	uint64_t default_cases;
	void (*generate)(struct problem *problem);
	/* Whether the library and the model agree; with report, prints what differs. */
	bool (*check)(const struct problem *problem, bool report);
};

/* Next random number of the run, below limit (which is not 0). */
uint32_t random_below(uint32_t limit);
/* One of a list. */
#define RANDOM_OF(list) ((list)[random_below(sizeof(list) / sizeof((list)[0]))])

/*
 * Paints a range with the highest type that it has seen there, and marks its edges. Units outside the space are left
 * out.
 */
void paint(struct painting *painting, uint64_t start, uint64_t end, uint32_t type);

/* The table that a painting amounts to, units being that many bytes and the first at base. Returns its length. */
size_t read_painting(const struct painting *painting, uint64_t base, uint64_t unit, struct e820_entry *entries);

/* A buffer of exactly that many bytes that the address sanitizer guards at its end. At most 64 KiB. */
void *guarded_buffer(size_t size);

/*
 * main(): arguments are [SEED [CASES]], empty for the default. Prints the seed, and "N passed, N failed" as the last
 * line.
 */
int run_property(const struct property *property, int argc, char **argv);

#endif
