/* SPDX-License-Identifier: BSD-2-Clause */
/* "24, 26 to 30": ascending numbers that are given one by one. Set out, and link if wanted; the rest is zero at first.
 */
#ifndef TOOLS_NUMBER_RUNS_H
#define TOOLS_NUMBER_RUNS_H

#include <stdbool.h>

#include <mm/printer.h>

struct number_runs {
	struct printer *out;
	const char *link; /* makes each number N the HTML link "#LINK-N" */
	size_t first, last;
	bool open, printed;
};

void number_runs_add(struct number_runs *runs, size_t number);

/* Prints what is still open. */
void number_runs_end(struct number_runs *runs);

#endif
