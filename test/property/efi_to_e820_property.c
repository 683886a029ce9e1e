/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * efi_to_e820 and its trace against a painting of half pages, so that unaligned descriptors can be told from others.
 * Also the findings about the same map, each against its definition.
 */
#include "harness/property.h"

#include <string.h>

#include <mm/efi_to_e820.h>

#define UNIT 2048 /* bytes: two units are a page */
#define STRIDE 48
#define SPECIAL 0x1000 /* added to an item's type: the descriptor has EFI_ATTRIBUTE_SP */

enum { AT_TOP, LINUX_POLICY, ROOM };

static const uint32_t types[] = {
	0,  1,	2,  3,	4,  5,	6,	    7,		7,	     7,		  8,	       9,	    10,
	11, 12, 13, 14, 15, 16, 0x70000000, 0xffffffff, 7 + SPECIAL, 7 + SPECIAL, 7 + SPECIAL, 4 + SPECIAL, 0 + SPECIAL
};

static void generate(struct problem *problem)
{
	bool ordered = random_below(4) == 0, aligned = random_below(4) != 0;
	uint32_t at = 0;

	problem->count = random_below(MAX_ITEMS + 1);
	problem->numbers[AT_TOP] = random_below(4) == 0;
	problem->numbers[LINUX_POLICY] = random_below(3) != 0;
	problem->numbers[ROOM] = random_below(3) == 0 ? 1 + random_below(MAX_ITEMS) : 0;
	for (unsigned i = 0; i < problem->count; i++) {
		uint32_t start = ordered || random_below(4) == 0 ? at + 2 * random_below(2) : random_below(UNITS);
		uint32_t pages = random_below(random_below(3) ? 8 : UNITS / 2);

		if (aligned)
			start &= ~1u;
		problem->items[i] = (struct item){ start, pages, RANDOM_OF(types) };
		at = start + 2 * pages;
	}
}

/*
 * One descriptor as the model sees it: units [start, end) before rounding, [from, to) after it; none when from == to.
 */
struct modelled {
	uint32_t type;
	uint32_t start, end;
	uint32_t from, to;
};

static uint32_t model_type(const struct item *item, bool linux_policy)
{
	bool special = item->type != UINT32_MAX && item->type & SPECIAL;

	switch (item->type == UINT32_MAX ? item->type : item->type & ~(uint32_t)SPECIAL) {
	case 1: case 2: case 3: case 4: case 7:
		return !special ? 1 : linux_policy ? 0xefffffff : 2;
	case 8:
		return linux_policy ? 5 : 2;
	case 9:
		return 3;
	case 10:
		return 4;
	case 14:
		return linux_policy ? 7 : 2;
	default:
		return 2;
	}
}

static void model_descriptor(const struct problem *problem, unsigned index, struct modelled *d)
{
	const struct item *item = &problem->items[index];
	bool top = problem->numbers[AT_TOP];

	d->type = model_type(item, problem->numbers[LINUX_POLICY]);
	d->start = d->from = item->start < UNITS ? item->start : UNITS - 1;
	d->end = d->to = d->start + 2 * item->size;
	/* Below the top everything stays inside the painting; at the top, what passes 2^64 is no range. */
	if (!top)
		while (d->end > UNITS)
			d->to = d->end -= 2;
	if (d->end == d->start || (top && d->end > UNITS)) {
		d->from = d->to = 0;
		return;
	}
	if (d->start % 2) {
		d->from += d->type == 1 ? 1 : -1;
		d->to += d->type == 1 ? -1 : 1;
	}
	if (top && d->to > UNITS - 2)
		d->to = UNITS - 2;
	if (d->from >= d->to)
		d->from = d->to = 0;
}

/* The expected table. A descriptor that continues the one before it is one range with it. */
static size_t model_table(const struct modelled *list, unsigned count, uint64_t base, struct e820_entry *expected,
			  struct painting *painting)
{
	struct modelled run = { 0 };

	for (unsigned i = 0; i < count; i++) {
		if (list[i].from == list[i].to)
			continue;
		if (run.to && run.type == list[i].type && run.to == list[i].from) {
			run.to = list[i].to;
			continue;
		}
		paint(painting, run.from, run.to, run.type);
		run = list[i];
	}
	paint(painting, run.from, run.to, run.type);
	return read_painting(painting, base, UNIT, expected);
}

static size_t entry_of_unit(const struct e820_table *table, uint64_t base, uint32_t unit)
{
	size_t index = 0;

	while (base + unit * (uint64_t)UNIT - table->entries[index].addr >= table->entries[index].size)
		index++;
	return index;
}

static bool is_taker(const struct modelled *list, unsigned count, const struct painting *painting,
		     const struct modelled *d, size_t by)
{
	if (by >= count)
		return false;
	for (uint32_t unit = d->from; unit < d->to; unit++)
		if (painting->type[unit] != d->type && painting->type[unit] == list[by].type &&
		    unit >= list[by].from && unit < list[by].to)
			return true;
	return false;
}

static bool check_trace(const struct modelled *list, unsigned count, unsigned index, const struct painting *painting,
			uint64_t base, const struct e820_table *table, const struct efi_trace *trace)
{
	const struct modelled *d = &list[index];
	uint32_t kept = 0, first = 0, last = 0;
	bool cut = d->from > d->start || d->to < d->end, lost;

	for (uint32_t unit = d->from; unit < d->to; unit++) {
		if (painting->type[unit] != d->type)
			continue;
		first = kept++ ? first : unit;
		last = unit;
	}
	lost = kept < d->to - d->from;
	if (trace->type != d->type || (lost ? !is_taker(list, count, painting, d, trace->by) : trace->by != SIZE_MAX))
		return false;
	if (!kept)
		return trace->fate == (d->from == d->to ? EFI_FATE_DROPPED : EFI_FATE_COVERED) &&
		       trace->first == SIZE_MAX && trace->last == SIZE_MAX;
	if (trace->first != entry_of_unit(table, base, first) || trace->last != entry_of_unit(table, base, last))
		return false;
	if (lost || cut)
		return trace->fate == EFI_FATE_CLIPPED;

	const struct e820_entry *end = &table->entries[trace->last];
	bool exact = table->entries[trace->first].addr == base + d->from * (uint64_t)UNIT &&
		     end->addr + end->size == base + d->to * (uint64_t)UNIT;

	return trace->fate == (exact ? EFI_FATE_KEPT : EFI_FATE_MERGED);
}

struct overlap_check {
	const struct modelled *list;
	bool top;
	bool named[MAX_ITEMS]; /* in an overlap or as a duplicate */
	bool wrong;
};

static bool is_range(const struct overlap_check *check, unsigned index)
{
	const struct modelled *d = &check->list[index];

	return d->end > d->start && !(check->top && d->end > UNITS);
}

static bool share_units(const struct overlap_check *check, unsigned a, unsigned b)
{
	const struct modelled *x = &check->list[a], *y = &check->list[b];

	return a != b && is_range(check, a) && is_range(check, b) && x->start < y->end && y->start < x->end;
}

static void check_finding(void *context, const struct efi_finding *finding)
{
	struct overlap_check *check = context;
	const struct modelled *a = &check->list[finding->index], *b = &check->list[finding->other];

	if (finding->kind != EFI_FINDING_DUPLICATE && finding->kind != EFI_FINDING_OVERLAP)
		return;
	check->named[finding->index] = check->named[finding->other] = true;
	if (!share_units(check, (unsigned)finding->index, (unsigned)finding->other))
		check->wrong = true;
	if ((a->start == b->start && a->end == b->end) != (finding->kind == EFI_FINDING_DUPLICATE))
		check->wrong = true;
}

/* Everybody who shares a unit with somebody is named, and nobody else. */
static bool check_overlaps(const struct efi_memmap *map, const struct modelled *list, unsigned count, bool top)
{
	struct overlap_check check = { .list = list, .top = top };
	size_t size = efi_memmap_check_scratch_size(count);

	if (efi_memmap_check(map, guarded_buffer(size), size, check_finding, &check) < 0 || check.wrong)
		return false;
	for (unsigned i = 0; i < count; i++) {
		bool shares = false;

		for (unsigned j = 0; j < count; j++)
			shares |= share_units(&check, i, j);
		if (shares != check.named[i])
			return false;
	}
	return true;
}

static bool check(const struct problem *problem, bool report)
{
	bool top = problem->numbers[AT_TOP];
	uint64_t base = top ? UINT64_MAX - (uint64_t)UNITS * UNIT + 1 : 0;
	unsigned char buffer[MAX_ITEMS * STRIDE];
	struct e820_entry entries[2 * MAX_ITEMS + 1], expected[MAX_RESULT];
	struct e820_table table = { entries, 2 * MAX_ITEMS + 1, 7 };
	struct efi_memmap map = { buffer, problem->count * STRIDE, STRIDE, EFI_MEMORY_DESC_VERSION };
	struct efi_trace trace[MAX_ITEMS];
	struct modelled list[MAX_ITEMS];
	struct painting painting = { 0 };
	size_t size = efi_to_e820_scratch_size(problem->count), count;
	int result;

	for (unsigned i = 0; i < problem->count; i++) {
		bool special = problem->items[i].type != UINT32_MAX && problem->items[i].type & SPECIAL;
		struct efi_memory_desc desc = { .attribute = 0xf | (special ? EFI_ATTRIBUTE_SP : 0) };

		model_descriptor(problem, i, &list[i]);
		desc.type = problem->items[i].type - (special ? SPECIAL : 0);
		desc.phys_addr = base + list[i].start * (uint64_t)UNIT;
		desc.num_pages = (list[i].end - list[i].start) / 2;
		memcpy(buffer + i * STRIDE, &desc, sizeof(desc));
	}
	count = model_table(list, problem->count, base, expected, &painting);
	if (problem->numbers[ROOM])
		table.capacity = problem->numbers[ROOM] - 1;
	result = efi_to_e820(&map, problem->numbers[LINUX_POLICY] ? E820_POLICY_LINUX : E820_POLICY_ACPI, &table, trace,
			     guarded_buffer(size), size);
	if (report)
		printf("  returned %d, capacity %zu\n", result, table.capacity);
	if (count > table.capacity)
		return result == MM_ENOSPC && table.nr_entries == 0;
	if (result != 0 || !same_entries(entries, table.nr_entries, expected, count, report))
		return false;
	for (unsigned i = 0; i < problem->count; i++) {
		if (!check_trace(list, problem->count, i, &painting, base, &table, &trace[i])) {
			if (report)
				printf("  trace of %u: fate %d type %#x first %zu last %zu by %zu\n", i, trace[i].fate,
				       (unsigned)trace[i].type, trace[i].first, trace[i].last, trace[i].by);
			return false;
		}
	}
	return check_overlaps(&map, list, problem->count, top);
}

int main(int argc, char **argv)
{
	static const struct property property = { "efi_to_e820", 3000000, generate, check };

	return run_property(&property, argc, argv);
}
