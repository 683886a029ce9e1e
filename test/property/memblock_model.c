/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random streams of actions against the painter, first with tables that may not grow, then with tables that may.
 * usage: memblock_model [SEED [ACTIONS]]     A failing stream is cut down, printed, and its seed named.
 */
#include <stdlib.h>
#include <time.h>

#include "memblock_painter.h"

#define STREAM 64

struct stream {
	struct action action[STREAM];
	unsigned count;
	phys_addr_t origin, scale;
	unsigned long max;
};

static uint64_t random_state;

static uint64_t random_number(void)
{
	/* splitmix64: every seed is a good one. */
	uint64_t z = (random_state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static void make_stream(struct stream *stream)
{
	static const phys_addr_t origins[] = { 0, 0x10000, 0x7ff00000, (phys_addr_t)0xfffffffffee00000 };
	static const phys_addr_t scales[] = { 16, 1024, 4096 };
	static const unsigned long maxima[] = { 8, 24, 64, INIT_MEMBLOCK_REGIONS };
	uint64_t choice = random_number();

	stream->count = 1 + choice % STREAM;
	stream->origin = origins[choice >> 8 & 3];
	stream->scale = scales[(choice >> 16) % 3];
	stream->max = maxima[choice >> 32 & 3];
	for (unsigned i = 0; i < stream->count; i++) {
		struct action *action = &stream->action[i];
		uint64_t bits = random_number();

		memcpy(action, &bits, sizeof(*action));
		tame(action);
		/* Long ranges leave little to look at, and combs full tables: most are short, and combs rare. */
		if (bits >> 62)
			action->length %= 24;
		if (action->kind >= TRIM && bits >> 58 & 3)
			action->kind %= TRIM;
	}
}

/* Number of the first step that disagrees, counted from 1; 0 when none does. */
static unsigned run_stream(const struct stream *stream)
{
	start_over(stream->origin, stream->scale, stream->max);
	for (unsigned i = 0; i < stream->count; i++)
		if (!perform(&stream->action[i]))
			return i + 1;
	/* Walking all ranges is dear: once a stream, with what the stream left. */
	if (!free_ranges_agree(NUMA_NO_NODE, false) || !free_ranges_agree(NUMA_NO_NODE, true) ||
	    !free_ranges_agree(1, false) || !free_ranges_agree(1, true))
		return stream->count;
	return 0;
}

/* Leaves out every action without which the stream fails as well, and shortens what remains. */
static void shrink(struct stream *stream)
{
	for (unsigned i = stream->count; i-- > 0;) {
		struct stream shorter = *stream;

		memmove(&shorter.action[i], &shorter.action[i + 1], (shorter.count - i - 1) * sizeof(struct action));
		shorter.count--;
		if (shorter.count && run_stream(&shorter))
			*stream = shorter;
	}
	for (unsigned i = 0; i < stream->count; i++) {
		for (unsigned cut = UNITS; cut;) {
			struct stream shorter = *stream;

			shorter.action[i].length -= cut;
			if (stream->action[i].length >= cut && run_stream(&shorter))
				*stream = shorter;
			else
				cut /= 2;
		}
	}
}

static void print_region(char mark, const struct memblock_region *region)
{
	printf("%c[%#llx, %#llx) flags %#x nid %d\n", mark, (unsigned long long)region->base,
	       (unsigned long long)(region->base + region->size), (unsigned)region->flags, region->nid);
}

static void print_difference(const struct painted_table *table)
{
	struct memblock_region wanted[UNITS];
	const struct memblock_type *type = table->real;
	unsigned long count = painted_regions(table, wanted), w = 0, g = 0;

	printf("%s: cnt %lu, %lu wanted; total_size %#llx; max %lu, %lu wanted\n", type->name, type->cnt, count,
	       (unsigned long long)type->total_size, type->max, table->max);
	while (w < count || g < type->cnt) {
		const struct memblock_region *want = &wanted[w], *got = &type->regions[g];

		if (w < count && g < type->cnt && !memcmp(want, got, sizeof(*got))) {
			w++;
			g++;
		} else if (w < count && (g == type->cnt || want->base <= got->base)) {
			print_region('-', want);
			w++;
		} else {
			print_region('+', got);
			g++;
		}
	}
}

static void report(struct stream *stream, uint64_t seed)
{
	shrink(stream);
	unsigned failing = run_stream(stream);

	printf("FAIL: seed %llu: %s\norigin %#llx, unit %#llx bytes, max %lu\n", (unsigned long long)seed, trouble,
	       (unsigned long long)stream->origin, (unsigned long long)stream->scale, stream->max);
	for (unsigned i = 0; i < stream->count; i++) {
		const struct action *action = &stream->action[i];

		printf("%s %-24s units %u+%u  a %u b %u c %u\n", i + 1 == failing ? ">" : " ", kind_names[action->kind],
		       action->from, action->length, action->a, action->b, action->c);
	}
	puts("regions wanted but not there -, there but not wanted +:");
	print_difference(&memory);
	print_difference(&reserved);
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : (uint64_t)time(NULL);
	unsigned long wanted = argc > 2 ? strtoul(argv[2], NULL, 0) : 4000000;
	unsigned long done = 0;
	struct stream stream;

	printf("memblock_model: seed %llu\n", (unsigned long long)seed);
	random_state = seed;
	while (done < wanted) {
		if (!resizable && done >= wanted / 2) {
			memblock_allow_resize();
			resizable = true;
		}
		make_stream(&stream);
		if (run_stream(&stream)) {
			report(&stream, seed);
			printf("%lu passed, 1 failed\n", done);
			return 1;
		}
		done += stream.count;
	}
	printf("%lu passed, 0 failed\n", done);
	return 0;
}
