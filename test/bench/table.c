/* SPDX-License-Identifier: BSD-2-Clause */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "table.h"

#define NOISE 0.05

void table_head(const char *what)
{
	printf("\n%s\n%-52s %12s %12s  %-17s %9s %8s\n", what, "operation", "ours", "reference", "", "ratio", "limit");
}

/* In the unit that suits: three significant digits or more. */
static const char *in_unit(double ns, char *text, size_t size)
{
	if (ns < 1e4)
		snprintf(text, size, "%.2f ns", ns);
	else if (ns < 1e7)
		snprintf(text, size, "%.2f us", ns / 1e3);
	else
		snprintf(text, size, "%.2f ms", ns / 1e6);
	return text;
}

void table_row(const struct row *row)
{
	bool at_most = row->limit == SLOWER_AT_MOST;
	double ratio = at_most ? row->ours_ns / row->reference_ns : row->reference_ns / row->ours_ns;
	double slack = row->limit == FASTER_IN_NOISE ? NOISE : 0;
	bool kept = at_most ? ratio <= row->bound : ratio >= row->bound * (1 - slack);
	char ours[32], reference[32];

	printf("%-52s %12s %12s  %-17s %8.2fx %s %3gx  %s\n", row->operation, in_unit(row->ours_ns, ours, sizeof(ours)),
	       in_unit(row->reference_ns, reference, sizeof(reference)), row->reference, ratio, at_most ? "<=" : ">=",
	       row->bound, kept ? "ok" : "OVER");
	fflush(stdout);
}

double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

uint64_t random_number(void)
{
	static uint64_t state = 1;

	state ^= state << 13;
	state ^= state >> 7;
	return state ^= state << 17;
}

void *bench_alloc(size_t count, size_t size)
{
	void *memory = calloc(count, size);

	if (!memory) {
		fprintf(stderr, "no memory for %zu times %zu bytes\n", count, size);
		exit(1);
	}
	return memset(memory, 1, count * size);
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare_doubles);
	return values[count / 2];
}

void shuffle(uint64_t *values, size_t count)
{
	for (size_t i = count; i > 1; i--) {
		size_t other = random_number() % i;
		uint64_t value = values[i - 1];

		values[i - 1] = values[other];
		values[other] = value;
	}
}
