/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the benches share: a clock, data to work on, and one row for each operation: its time, the time of what it is
 * measured against in the same run, the ratio, the limit that the ratio has, and whether it keeps it.
 */
#ifndef BENCH_TABLE_H
#define BENCH_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum limit {
	FASTER_AT_LEAST, /* ratio = reference / ours */
	FASTER_IN_NOISE, /* the same, for limits near 1: 5 % below still keeps it */
	SLOWER_AT_MOST   /* ratio = ours / reference */
};

struct row {
	const char *operation;
	const char *reference; /* what it is measured against */
	double ours_ns;
	double reference_ns;
	enum limit limit;
	double bound;
};

/* Prints the headings; what is the title of the table. */
void table_head(const char *what);
void table_row(const struct row *row);

/* Monotonic, in nanoseconds. */
double now_ns(void);
/* Pseudorandom, the same sequence in every run. */
uint64_t random_number(void);
/* count * size bytes that are written to, so that no measurement pays for page faults; ends the program when refused. */
void *bench_alloc(size_t count, size_t size);
/* Sorts the values and returns the middle one. */
double median(double *values, size_t count);
/* Puts the values into random order. */
void shuffle(uint64_t *values, size_t count);

#endif
