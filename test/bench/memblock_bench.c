/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memblock against Linux 6.1's own memblock.c, in one process, taking turns: what happens to the machine's speed
 * happens to both. That both leave the same tables and give the same answers is checked; only that fails the program.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memblock_work.h"
#include "table.h"

#define LOOKUPS 8192
#define SMALL_ROUNDS 1001
#define SMALL_REPEAT 8   /* fills of a small table in one measurement */
#define LARGE_SLICE 5000 /* calls of one side before it is the other's turn */
#define STEP (3 * RANGE_SIZE)

enum side { OURS, LINUX, SIDES };

static const struct memblock_work *const works[SIDES] = { &memblock_work_ours, &memblock_work_linux };
static bool differ;

enum order { ASCENDING, DESCENDING, RANDOM, ORDERS };

static const char *const order_names[ORDERS] = { "ascending", "descending", "in random order" };

static uint64_t *bases_in(enum order order, size_t count)
{
	uint64_t *bases = bench_alloc(count, sizeof(*bases));

	for (size_t i = 0; i < count; i++)
		bases[i] = (order == DESCENDING ? count - i : i + 1) * STEP;
	if (order == RANDOM)
		shuffle(bases, count);
	return bases;
}

static void compare_tables(const char *what)
{
	if (works[OURS]->fingerprint() == works[LINUX]->fingerprint())
		return;
	printf("FAIL: %s: the tables are not Linux's\n", what);
	differ = true;
}

static void print_row(const char *operation, const double *ns, enum limit limit, double bound)
{
	table_row(&(struct row){ operation, "Linux 6.1", ns[OURS], ns[LINUX], limit, bound });
}

/* What one round of a small measurement does, all in all calls calls. */
struct small {
	void (*run)(const struct memblock_work *work, const void *data);
	const void *data;
	size_t calls;
};

/* Nanoseconds a call, of each side: the median of rounds in which the sides take turns at being first. */
static void measure_small(const struct small *small, double *ns)
{
	static double samples[SIDES][SMALL_ROUNDS];

	for (size_t round = 0; round < SMALL_ROUNDS; round++) {
		for (size_t turn = 0; turn < SIDES; turn++) {
			enum side side = (enum side)((round + turn) % SIDES);
			double start = now_ns();

			small->run(works[side], small->data);
			samples[side][round] = (now_ns() - start) / (double)small->calls;
		}
	}
	for (size_t side = 0; side < SIDES; side++)
		ns[side] = median(samples[side], SMALL_ROUNDS);
}

static void fill_small(const struct memblock_work *work, const void *data)
{
	for (size_t i = 0; i < SMALL_REPEAT; i++) {
		work->reset(false, false);
		work->add(data, FEW);
	}
}

static void fill_and_empty_small(const struct memblock_work *work, const void *data)
{
	for (size_t i = 0; i < SMALL_REPEAT; i++) {
		work->reset(false, false);
		/* Both ask for two spare regions before they remove. */
		work->add(data, FEW - 2);
		work->remove(data, FEW - 2);
	}
}

static void alloc_small(const struct memblock_work *work, const void *data)
{
	for (size_t i = 0; i < SMALL_REPEAT; i++) {
		work->reset(false, *(const bool *)data);
		work->add_memory(0x100000, 2 * FEW * 0x1000);
		work->alloc(FEW);
	}
}

static void bench_small_changes(void)
{
	double ns[SIDES];
	char name[80];

	for (enum order order = 0; order < ORDERS; order++) {
		uint64_t *bases = bases_in(order, FEW);
		struct small fill = { fill_small, bases, SMALL_REPEAT * FEW };
		struct small empty = { fill_and_empty_small, bases, 2 * SMALL_REPEAT * (FEW - 2) };

		measure_small(&fill, ns);
		snprintf(name, sizeof(name), "memblock_add, %s", order_names[order]);
		compare_tables(name);
		print_row(name, ns, FASTER_IN_NOISE, 1);
		measure_small(&empty, ns);
		snprintf(name, sizeof(name), "memblock_add, then _remove, %s", order_names[order]);
		compare_tables(name);
		print_row(name, ns, FASTER_IN_NOISE, 1);
		free(bases);
	}
	for (int bottom_up = 0; bottom_up < 2; bottom_up++) {
		bool direction = bottom_up;
		struct small alloc = { alloc_small, &direction, SMALL_REPEAT * FEW };

		measure_small(&alloc, ns);
		snprintf(name, sizeof(name), "memblock_phys_alloc_range, %s", bottom_up ? "bottom-up" : "top-down");
		compare_tables(name);
		print_row(name, ns, FASTER_IN_NOISE, 1);
	}
}

struct lookups {
	uint64_t addresses[LOOKUPS];
	size_t (*query)(const struct memblock_work *work, const uint64_t *addresses);
	size_t found;
};

static size_t ask_is_memory(const struct memblock_work *work, const uint64_t *addresses)
{
	return work->is_memory(addresses, LOOKUPS);
}

static size_t ask_is_region_memory(const struct memblock_work *work, const uint64_t *addresses)
{
	return work->is_region_memory(addresses, LOOKUPS);
}

static size_t ask_is_region_reserved(const struct memblock_work *work, const uint64_t *addresses)
{
	return work->is_region_reserved(addresses, LOOKUPS);
}

static void look_up(const struct memblock_work *work, const void *data)
{
	const struct lookups *lookups = data;

	if (lookups->query(work, lookups->addresses) == lookups->found)
		return;
	printf("FAIL: lookups differ\n");
	differ = true;
}

/* Addresses are asked for in an order that repeats after period lookups; one in three of the pages has a region. */
static void bench_lookups(size_t regions, size_t period)
{
	static const struct {
		const char *name;
		size_t (*query)(const struct memblock_work *work, const uint64_t *addresses);
	} queries[] = {
		{ "memblock_is_memory", ask_is_memory },
		{ "memblock_is_region_memory", ask_is_region_memory },
		{ "memblock_is_region_reserved", ask_is_region_reserved },
	};
	uint64_t *bases = bases_in(ASCENDING, regions);
	struct lookups lookups;
	char name[80];
	double ns[SIDES];

	for (size_t side = 0; side < SIDES; side++) {
		works[side]->reset(regions > FEW, false);
		works[side]->add(bases, regions);
		works[side]->reserve(bases, regions);
	}
	compare_tables("the tables to look up in");
	for (size_t i = 0; i < LOOKUPS; i++)
		lookups.addresses[i] = i < period ? random_number() % (STEP * (regions + 1)) :
						    lookups.addresses[i - period];
	/* The last query is linear in Linux: too slow to be asked often of a large table. */
	for (size_t i = 0; i < (regions > FEW ? 2 : 3); i++) {
		struct small small = { look_up, &lookups, LOOKUPS };

		lookups.query = queries[i].query;
		lookups.found = lookups.query(works[LINUX], lookups.addresses);
		measure_small(&small, ns);
		snprintf(name, sizeof(name), "%s, %zu regions, %s", queries[i].name, regions,
			 period < LOOKUPS ? "repeating" : "random");
		print_row(name, ns, FASTER_IN_NOISE, 1);
	}
	free(bases);
}

/* Position that each base has among those before it, once sorted: by counting in a binary indexed tree. */
static size_t *insert_positions(const uint64_t *bases, size_t count)
{
	size_t *positions = bench_alloc(count, sizeof(*positions));
	size_t *tree = bench_alloc(count + 1, sizeof(*tree));

	memset(tree, 0, (count + 1) * sizeof(*tree));
	for (size_t i = 0; i < count; i++) {
		size_t rank = (size_t)(bases[i] / STEP);

		positions[i] = 0;
		for (size_t at = rank; at; at &= at - 1)
			positions[i] += tree[at];
		for (size_t at = rank; at <= count; at += at & -at)
			tree[at]++;
	}
	free(tree);
	return positions;
}

struct element {
	uint64_t base, size;
	uint32_t flags, nid;
};

/* Calls [from, to) of what a sorted array of regions has to do at least: make room, store. */
static void bare_insert(struct element *elements, const size_t *positions, size_t from, size_t to)
{
	for (size_t count = from; count < to; count++) {
		struct element *at = elements + positions[count];

		memmove(at + 1, at, (count - positions[count]) * sizeof(*at));
		*at = (struct element){ .base = count };
	}
}

static void bench_large_add(enum order order, double bound)
{
	uint64_t *bases = bases_in(order, MANY);
	size_t *positions = insert_positions(bases, MANY);
	struct element *elements = bench_alloc(LARGE_MAX, sizeof(*elements));
	double ns[SIDES] = { 0 }, bare = 0;
	char name[80];

	for (size_t side = 0; side < SIDES; side++)
		works[side]->reset(true, false);
	for (size_t i = 0; i < MANY; i += LARGE_SLICE) {
		double start;

		for (size_t side = 0; side < SIDES; side++) {
			start = now_ns();
			works[side]->add(bases + i, LARGE_SLICE);
			ns[side] += (now_ns() - start) / MANY;
		}
		start = now_ns();
		bare_insert(elements, positions, i, i + LARGE_SLICE);
		bare += (now_ns() - start) / MANY;
	}
	snprintf(name, sizeof(name), "memblock_add, %s", order_names[order]);
	compare_tables(name);
	print_row(name, ns, FASTER_AT_LEAST, bound);
	if (order != ASCENDING)
		table_row(&(struct row){ name, "bare memmove", ns[OURS], bare, SLOWER_AT_MOST, 1.3 });
	free(elements);
	free(positions);
	free(bases);
}

static void bench_large_alloc(bool bottom_up)
{
	double ns[SIDES] = { 0 };
	const char *name = bottom_up ? "memblock_phys_alloc_range, bottom-up" : "memblock_phys_alloc_range, top-down";

	for (size_t side = 0; side < SIDES; side++) {
		works[side]->reset(true, bottom_up);
		works[side]->add_memory(0x100000, 2ull * MANY * 0x1000);
	}
	for (size_t i = 0; i < MANY; i += LARGE_SLICE) {
		for (size_t side = 0; side < SIDES; side++) {
			double start = now_ns();

			works[side]->alloc(LARGE_SLICE);
			ns[side] += (now_ns() - start) / MANY;
		}
	}
	compare_tables(name);
	print_row(name, ns, FASTER_AT_LEAST, 3);
}

int main(void)
{
	table_head("memblock, up to 128 regions, in the static arrays: one call");
	bench_small_changes();
	bench_lookups(59, 59);
	bench_lookups(120, 120);
	bench_lookups(128, 128);
	bench_lookups(128, LOOKUPS);
	table_head("memblock, up to 100,000 regions: one call");
	bench_lookups(1000, LOOKUPS);
	bench_lookups(MANY, LOOKUPS);
	bench_large_add(ASCENDING, 100);
	bench_large_add(DESCENDING, 3);
	bench_large_add(RANDOM, 1);
	bench_large_alloc(false);
	bench_large_alloc(true);
	return differ;
}
