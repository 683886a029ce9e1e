/* SPDX-License-Identifier: BSD-2-Clause */
/* e820_range_update and e820_range_remove on raw tables, against entries that are cut up unit by unit. */
#include "harness/property.h"

#define PAGE 4096
#define CAPACITY (4 * MAX_ITEMS)

enum { REMOVE, START, SIZE, OLD, NEW, ROOM };

static const uint32_t types[] = { 1, 1, 1, 1, 2, 2, 3, 4, 7, 12, 12, 0xefffffff, 0xefffffff, 0xffffffff };

static void generate(struct problem *problem)
{
	problem->count = random_below(MAX_ITEMS + 1);
	problem->numbers[REMOVE] = random_below(2);
	problem->numbers[START] = random_below(UNITS);
	problem->numbers[SIZE] = random_below(8) ? random_below(UNITS / 2) : 0;
	problem->numbers[OLD] = random_below(4) ? RANDOM_OF(types) : 0;
	problem->numbers[NEW] = RANDOM_OF(types);
	problem->numbers[ROOM] = random_below(2) ? 1 + random_below(2 * MAX_ITEMS) : 0;
	for (unsigned i = 0; i < problem->count; i++)
		problem->items[i] = (struct item){ random_below(UNITS), random_below(random_below(3) ? 12 : UNITS),
						   RANDOM_OF(types) };
}

struct model {
	struct painting painting;
	uint64_t changed; /* units */
	size_t entries;   /* that the raw table will have */
};

/* What the change makes of one entry: each unit its new type, then pieces wherever type or a cut divides them. */
static void model_entry(struct model *model, const struct problem *problem, uint32_t from, uint32_t to, uint32_t type)
{
	uint32_t start = problem->numbers[START], end = start + problem->numbers[SIZE];
	uint32_t old = problem->numbers[OLD], target = problem->numbers[REMOVE] ? 0 : problem->numbers[NEW];
	bool concerned = type == old || (problem->numbers[REMOVE] && old == 0);
	/* An empty request strictly inside an entry cuts it in two, and an update leaves an empty entry there. */
	bool empty_cut = concerned && start == end && from < start && end < to;
	size_t pieces = 0;

	for (uint32_t at = from, piece = from; at < to; at = piece) {
		bool inside = concerned && at >= start && at < end;

		while (piece < to && (concerned && piece >= start && piece < end) == inside &&
		       !(empty_cut && piece == start && piece != at))
			piece++;
		if (inside)
			model->changed += piece - at;
		if (!inside || target) {
			paint(&model->painting, at, piece, inside ? target : type);
			pieces++;
		}
	}
	/* Entries that vanish, and empty ones, keep their place until the table is sanitised. */
	model->entries += (pieces ? pieces : 1) + (empty_cut && !problem->numbers[REMOVE]);
}

static uint32_t clamped(uint32_t unit)
{
	return unit < UNITS ? unit : UNITS;
}

static bool check(const struct problem *problem, bool report)
{
	struct e820_entry entries[CAPACITY], before[MAX_ITEMS], expected[MAX_RESULT];
	const uint32_t *numbers = problem->numbers;
	size_t count, size;
	struct e820_table table = { entries, CAPACITY, problem->count };
	struct model model = { 0 };
	uint64_t changed = 99;
	int result;

	for (unsigned i = 0; i < problem->count; i++) {
		const struct item *item = &problem->items[i];
		uint32_t from = clamped(item->start), to = clamped(item->start + item->size);

		entries[i] = before[i] = (struct e820_entry){ from * PAGE, (to - from) * PAGE, item->type };
		model_entry(&model, problem, from, to, item->type);
	}
	if (numbers[ROOM])
		table.capacity = problem->count + numbers[ROOM] - 1;
	if (numbers[REMOVE])
		result = e820_range_remove(&table, numbers[START] * PAGE, numbers[SIZE] * PAGE, numbers[OLD], &changed);
	else
		result = e820_range_update(&table, numbers[START] * PAGE, numbers[SIZE] * PAGE, numbers[OLD],
					   numbers[NEW], &changed);
	if (report)
		printf("  %s returned %d, changed %#llx (expected %#llx), capacity %zu, raw entries %zu (expected "
		       "%zu)\n",
		       numbers[REMOVE] ? "remove" : "update", result, (unsigned long long)changed,
		       (unsigned long long)model.changed * PAGE, table.capacity, table.nr_entries, model.entries);
	if ((!numbers[REMOVE] && numbers[OLD] == numbers[NEW]) || model.entries > table.capacity)
		return result == (!numbers[REMOVE] && numbers[OLD] == numbers[NEW] ? MM_EINVAL : MM_ENOSPC) &&
		       changed == 0 && same_entries(entries, table.nr_entries, before, problem->count, report);
	if (result != 0 || changed != model.changed * PAGE || table.nr_entries != model.entries)
		return false;
	table.capacity = CAPACITY;
	size = e820_update_scratch_size(table.nr_entries);
	if (e820_update_table(&table, guarded_buffer(size), size, NULL) != 0)
		return false;
	count = read_painting(&model.painting, 0, PAGE, expected);
	return same_entries(entries, table.nr_entries, expected, count, report);
}

int main(int argc, char **argv)
{
	static const struct property property = { "e820_range_update and e820_range_remove", 4000000, generate, check };

	return run_property(&property, argc, argv);
}
