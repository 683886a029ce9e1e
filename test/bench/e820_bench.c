/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * e820_update_table against Linux 6.1's own e820.c, in one process, taking turns. That both make the same table is
 * checked; only that fails the program.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mm/e820.h>

#include "../linux-e820/linux_side.h"
#include "table.h"

#define ENTRIES 32768
#define ROUNDS 5
#define SMALL_ENTRIES 128
#define SMALL_ROUNDS 1001

static bool differ;

enum shape { SORTED, SHUFFLED, NESTED };

static struct e820_table make_input(enum shape shape, size_t count, uint32_t types)
{
	struct e820_table table = { bench_alloc(count, sizeof(*table.entries)), count, count };
	uint64_t *places = bench_alloc(count, sizeof(*places));

	for (size_t i = 0; i < count; i++)
		places[i] = i;
	if (shape == SHUFFLED)
		shuffle(places, count);
	for (size_t i = 0; i < count; i++) {
		uint64_t at = places[i];

		table.entries[i].addr = shape == NESTED ? at << 12 : at * 0x3000;
		table.entries[i].size = shape == NESTED ? (2 * count - 2 * at) << 12 : 0x2000;
		table.entries[i].type = 1 + (uint32_t)at % types;
	}
	free(places);
	return table;
}

static double time_ours(const struct e820_table *input, struct e820_table *table, void *scratch, size_t scratch_size)
{
	double start;
	int error;

	memcpy(table->entries, input->entries, input->nr_entries * sizeof(*input->entries));
	table->nr_entries = input->nr_entries;
	start = now_ns();
	error = e820_update_table(table, scratch, scratch_size, NULL);
	start = now_ns() - start;
	if (error)
		abort();
	return start;
}

static double time_linux(const struct e820_table *input)
{
	double start;

	linux_set_table(input->entries, input->nr_entries);
	start = now_ns();
	linux_update_table();
	return now_ns() - start;
}

static void bench_update(const char *name, const struct e820_table *input, enum limit limit, double bound)
{
	static double ours[SMALL_ROUNDS], linux_ns[SMALL_ROUNDS];
	size_t capacity = 2 * input->nr_entries, scratch_size = e820_update_scratch_size(input->nr_entries);
	size_t rounds = input->nr_entries > SMALL_ENTRIES ? ROUNDS : SMALL_ROUNDS;
	struct e820_table table = { bench_alloc(capacity, sizeof(*table.entries)), capacity, 0 };
	void *scratch = bench_alloc(1, scratch_size);
	const void *linux_entries;

	for (size_t i = 0; i < rounds; i++) {
		ours[i] = time_ours(input, &table, scratch, scratch_size);
		linux_ns[i] = time_linux(input);
	}
	if (linux_get_table(&linux_entries) != table.nr_entries ||
	    memcmp(linux_entries, table.entries, table.nr_entries * sizeof(*table.entries)) != 0) {
		printf("FAIL: %s: the table is not Linux's\n", name);
		differ = true;
	}
	table_row(&(struct row){ name, "Linux 6.1", median(ours, rounds), median(linux_ns, rounds), limit, bound });
	free(scratch);
	free(table.entries);
	free(input->entries);
}

int main(void)
{
	static const struct {
		const char *name;
		enum shape shape;
		size_t count;
		uint32_t types;
		enum limit limit;
		double bound;
	} cases[] = {
		{ "32,768 disjoint entries, sorted", SORTED, ENTRIES, 4, FASTER_AT_LEAST, 3 },
		{ "32,768 disjoint entries, shuffled", SHUFFLED, ENTRIES, 4, FASTER_IN_NOISE, 1 },
		{ "32,768 nested entries, 4 types", NESTED, ENTRIES, 4, FASTER_AT_LEAST, 50 },
		{ "32,768 nested entries of as many types", NESTED, ENTRIES, ENTRIES, FASTER_AT_LEAST, 50 },
		{ "128 disjoint entries, sorted", SORTED, SMALL_ENTRIES, 4, FASTER_IN_NOISE, 1 },
		{ "128 disjoint entries, shuffled", SHUFFLED, SMALL_ENTRIES, 4, FASTER_IN_NOISE, 1 },
		{ "128 nested entries, 4 types", NESTED, SMALL_ENTRIES, 4, FASTER_IN_NOISE, 1 },
	};

	table_head("e820_update_table: one call");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct e820_table input = make_input(cases[i].shape, cases[i].count, cases[i].types);

		bench_update(cases[i].name, &input, cases[i].limit, cases[i].bound);
	}
	return differ;
}
