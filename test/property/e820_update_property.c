/* SPDX-License-Identifier: BSD-2-Clause */
/* e820_update_table, and the questions that a sanitised table answers, against a painting of every page. */
#include "harness/property.h"

#include <string.h>

#define PAGE 4096

enum { AT_TOP, ROOM, ASK_START, ASK_END, ASK_TYPE };

static const uint32_t types[] = { 1,  1,  1,	      2,	  2,	      3,	  4,	    5,
				  7,  12, 12,	      0xefffffff, 0xefffffff, 0,	  20,	    128,
				  13, 11, 0xeffffffe, 0xf0000000, 0xffffffff, 0x80000000, 0x7fffffff };

static void generate(struct problem *problem)
{
	/* One in four is in order and disjoint, for the path that needs no sorting. */
	bool ordered = random_below(4) == 0;
	uint32_t at = 0;

	problem->count = random_below(MAX_ITEMS + 1);
	problem->numbers[AT_TOP] = random_below(4) == 0;
	problem->numbers[ROOM] = random_below(3) == 0 ? 1 + random_below(MAX_ITEMS) : 0;
	problem->numbers[ASK_START] = random_below(UNITS);
	problem->numbers[ASK_END] = random_below(UNITS + 1);
	problem->numbers[ASK_TYPE] = random_below(3) ? RANDOM_OF(types) : 0;
	for (unsigned i = 0; i < problem->count; i++) {
		uint32_t start = ordered ? at + random_below(3) : random_below(random_below(2) ? 16 : UNITS);
		uint32_t size = random_below(random_below(4) ? 10 : UNITS);

		problem->items[i] = (struct item){ start, size, RANDOM_OF(types) };
		at = start + size;
	}
}

static bool check_questions(const struct problem *problem, const struct painting *painting, uint64_t base,
			    const struct e820_table *table)
{
	uint32_t start = problem->numbers[ASK_START], end = problem->numbers[ASK_END],
		 type = problem->numbers[ASK_TYPE];
	bool any = false, all = true, covered = true;
	int64_t entry_type;

	/* The last page before 2^64 is never in a table, and its end no address. */
	if (base && end == UNITS)
		end--;
	if (start >= end)
		return true;
	for (uint32_t unit = start; unit < end; unit++) {
		bool hit = type ? painting->type[unit] == type : painting->type[unit] != 0;

		any |= hit;
		all &= hit;
		covered &= painting->type[unit] != 0;
	}
	/* Ranges that begin and end within a page tell off-by-one errors apart from right answers. */
	entry_type = e820_get_entry_type(table, base + start * PAGE + 1, base + (end - 1) * PAGE + 1);
	if (entry_type != (covered ? (int64_t)painting->type[end - 1] : MM_EINVAL))
		return false;
	if (end - start > 1 &&
	    e820_mapped_any(table, base + (start + 1) * PAGE - 1, base + (end - 1) * PAGE + 1, type) != any)
		return false;
	return e820_mapped_any(table, base + start * PAGE, base + end * PAGE, type) == any &&
	       e820_mapped_all(table, base + start * PAGE, base + end * PAGE, type) == all;
}

static bool check(const struct problem *problem, bool report)
{
	uint64_t base = problem->numbers[AT_TOP] ? UINT64_MAX - UNITS * PAGE + 1 : 0;
	struct e820_entry entries[2 * MAX_ITEMS + 1], before[MAX_ITEMS], expected[MAX_RESULT];
	struct painting painting = { 0 };
	size_t room = 2 * MAX_ITEMS + 1, count, size = e820_update_scratch_size(problem->count);
	size_t clipped_expected = 0, clipped = 99;
	struct e820_table table = { entries, 0, 0 };
	int result;

	for (unsigned i = 0; i < problem->count; i++) {
		const struct item *item = &problem->items[i];
		uint64_t start = item->start < UNITS ? item->start : UNITS - 1, end = start + item->size;

		/* Only at the top of the address space may an entry reach further than there are units. */
		if (!base && end > UNITS)
			end = UNITS;
		entries[i] = before[i] = (struct e820_entry){ base + start * PAGE, (end - start) * PAGE, item->type };
		if (base && end > start && end >= UNITS) {
			clipped_expected++;
			end = UNITS - 1;
		}
		paint(&painting, start, end, item->type);
	}
	count = read_painting(&painting, base, PAGE, expected);
	if (problem->numbers[ROOM])
		room = problem->count + problem->numbers[ROOM] - 1;
	table.nr_entries = problem->count;
	table.capacity = room < 2 * MAX_ITEMS + 1 ? room : 2 * MAX_ITEMS + 1;
	result = e820_update_table(&table, guarded_buffer(size), size, &clipped);
	if (report)
		printf("  returned %d, clipped %zu (expected %zu), capacity %zu\n", result, clipped, clipped_expected,
		       table.capacity);
	if (count > table.capacity)
		return result == MM_ENOSPC && clipped == 0 &&
		       same_entries(entries, table.nr_entries, before, problem->count, report);
	return result == 0 && clipped == clipped_expected &&
	       same_entries(entries, table.nr_entries, expected, count, report) &&
	       check_questions(problem, &painting, base, &table);
}

int main(int argc, char **argv)
{
	static const struct property property = { "e820_update_table", 6000000, generate, check };

	return run_property(&property, argc, argv);
}
