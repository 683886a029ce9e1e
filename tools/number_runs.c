/* SPDX-License-Identifier: BSD-2-Clause */
#include "number_runs.h"

static void print_number(const struct number_runs *runs, size_t number)
{
	if (runs->link)
		print(runs->out, "<a href=\"#%s-%zu\">%zu</a>", runs->link, number, number);
	else
		print(runs->out, "%zu", number);
}

void number_runs_end(struct number_runs *runs)
{
	if (!runs->open)
		return;
	print(runs->out, "%s", runs->printed ? ", " : "");
	print_number(runs, runs->first);
	if (runs->last > runs->first) {
		print(runs->out, "%s", runs->last == runs->first + 1 ? ", " : " to ");
		print_number(runs, runs->last);
	}
	runs->printed = true;
	runs->open = false;
}

void number_runs_add(struct number_runs *runs, size_t number)
{
	if (runs->open && number != runs->last + 1)
		number_runs_end(runs);
	if (!runs->open)
		runs->first = number;
	runs->last = number;
	runs->open = true;
}
