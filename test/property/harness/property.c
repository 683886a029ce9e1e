/* SPDX-License-Identifier: BSD-2-Clause */
#include "property.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static uint64_t random_state;

/* splitmix64 */
static uint64_t random_number(void)
{
	uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

uint32_t random_below(uint32_t limit)
{
	return (uint32_t)((random_number() >> 32) * limit >> 32);
}

void paint(struct painting *painting, uint64_t start, uint64_t end, uint32_t type)
{
	if (start >= end)
		return;
	for (uint64_t unit = start; unit < end && unit < UNITS; unit++)
		if (painting->type[unit] < type)
			painting->type[unit] = type;
	if (start <= UNITS)
		painting->cut[start] = true;
	if (end <= UNITS)
		painting->cut[end] = true;
}

size_t read_painting(const struct painting *painting, uint64_t base, uint64_t unit, struct e820_entry *entries)
{
	size_t count = 0;

	for (size_t at = 0; at < UNITS; at++) {
		uint32_t type = painting->type[at];
		bool apart = type == E820_TYPE_PRAM || type == E820_TYPE_SOFT_RESERVED;

		if (type == 0)
			continue;
		if (at > 0 && painting->type[at - 1] == type && !(apart && painting->cut[at]))
			entries[count - 1].size += unit;
		else
			entries[count++] = (struct e820_entry){ base + at * unit, unit, type };
	}
	return count;
}

void *guarded_buffer(size_t size)
{
	static unsigned char *memory;
	const size_t room = 65536;

	if (!memory)
		memory = malloc(room);
	if (!memory || size > room)
		abort();
	return memory + room - size;
}

static bool still_fails(const struct property *property, const struct problem *problem)
{
	return !property->check(problem, false);
}

/* Replaces *number by a smaller one that still fails; false when there is none among those tried. */
static bool shrink_number(const struct property *property, struct problem *problem, uint32_t *number)
{
	uint32_t old = *number;
	const uint32_t tries[] = { 0, 1, old / 2, old - 1 };

	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		*number = tries[i];
		if (tries[i] < old && still_fails(property, problem))
			return true;
	}
	*number = old;
	return false;
}

static bool shrink_once(const struct property *property, struct problem *problem)
{
	bool smaller = false;

	for (unsigned i = 0; i < problem->count; i++) {
		struct problem without = *problem;

		memmove(&without.items[i], &without.items[i + 1], (MAX_ITEMS - 1 - i) * sizeof(without.items[0]));
		without.count--;
		if (still_fails(property, &without)) {
			*problem = without;
			return true;
		}
	}
	for (unsigned i = 0; i < problem->count; i++) {
		smaller |= shrink_number(property, problem, &problem->items[i].start);
		smaller |= shrink_number(property, problem, &problem->items[i].size);
		smaller |= shrink_number(property, problem, &problem->items[i].type);
	}
	for (unsigned i = 0; i < MAX_NUMBERS; i++)
		smaller |= shrink_number(property, problem, &problem->numbers[i]);
	return smaller;
}

static void report_failure(const struct property *property, struct problem problem)
{
	while (shrink_once(property, &problem))
		continue;
	printf("%s fails for these ranges (in units):\n", property->name);
	for (unsigned i = 0; i < problem.count; i++)
		printf("  [%u, %u) type %#x\n", problem.items[i].start, problem.items[i].start + problem.items[i].size,
		       problem.items[i].type);
	printf("  and the numbers");
	for (unsigned i = 0; i < MAX_NUMBERS; i++)
		printf(" %u", problem.numbers[i]);
	printf("\n");
	property->check(&problem, true);
}

static uint64_t argument(int argc, char **argv, int index, uint64_t otherwise)
{
	return argc > index && *argv[index] ? strtoull(argv[index], NULL, 0) : otherwise;
}

int run_property(const struct property *property, int argc, char **argv)
{
	uint64_t seed = argument(argc, argv, 1, (uint64_t)time(NULL) << 20 ^ (uint64_t)getpid());
	uint64_t cases = argument(argc, argv, 2, property->default_cases);
	uint64_t passed = 0;

	printf("%s: seed %llu, %llu cases\n", property->name, (unsigned long long)seed, (unsigned long long)cases);
	fflush(stdout);
	random_state = seed;
	for (; passed < cases; passed++) {
		struct problem problem = { 0 };

		property->generate(&problem);
		if (!property->check(&problem, false)) {
			report_failure(property, problem);
			printf("%llu passed, 1 failed\n", (unsigned long long)passed);
			return 1;
		}
	}
	printf("%llu passed, 0 failed\n", (unsigned long long)passed);
	return cases == 0;
}
