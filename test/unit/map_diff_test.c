/* SPDX-License-Identifier: BSD-2-Clause */
/* Which items of two maps are the same one, and which bytes changed hands. In the pictures a letter is a page. */
#include "efi_test.h"

#include <stdlib.h>

#include "../../tools/command.h"
#include "../../tools/map_diff.h"

/* What the tools say when they refuse is not wanted here. */
int refuse(const char *format, ...)
{
	fail_msg("refused: %s", format);
	return EXIT_REFUSED;
}

#define PAGES_MAX 64

struct drawn {
	struct map_item items[PAGES_MAX];
	struct map_items list;
};

/* "AA.B": items of type 'A' and 'B', a run of a letter each; a lower-case letter has another attribute. */
static struct map_item drawn_item(const void *of, size_t index)
{
	return ((const struct map_item *)of)[index];
}

static const struct map_items *draw(struct drawn *drawn, const char *text)
{
	drawn->list = (struct map_items){ .at = drawn_item, .of = drawn->items, .apart = true };
	for (size_t at = 0, next; text[at]; at = next) {
		for (next = at + 1; text[next] == text[at];)
			next++;
		if (text[at] != '.')
			drawn->items[drawn->list.count] = (struct map_item){ .first = at * 0x1000,
									     .last = next * 0x1000 - 1,
									     .type = text[at] & ~0x20u,
									     .attribute = text[at] & 0x20,
									     .index = drawn->list.count };
		drawn->list.count += text[at] != '.';
	}
	return &drawn->list;
}

static void print_drawn(struct printer *out, const struct drawn *drawn, uint32_t number)
{
	if (number != NO_ITEM)
		print(out, " %c%u-%u", drawn->items[number].type, (unsigned)(drawn->items[number].first >> 12),
		      (unsigned)(drawn->items[number].last >> 12));
}

/* The pairs as text: change, type, and both ranges in pages. */
static void expect_pairs(const char *before, const char *after, size_t same, const char *wanted)
{
	static const char *const words[] = { "same", "type", "resized", "moved", "vanished", "appeared" };
	struct drawn drawn_a, drawn_b;
	struct item_diff diff = map_items_diff(draw(&drawn_a, before), draw(&drawn_b, after));
	char text[1000];
	struct buffer_printer out;

	buffer_printer_init(&out, text, sizeof(text));
	for (size_t i = 0; i < diff.count; i++) {
		const struct item_pair *pair = &diff.pairs[i];

		assert_true((pair->a == NO_ITEM) == (pair->change == CHANGE_APPEARED));
		assert_true((pair->b == NO_ITEM) == (pair->change == CHANGE_VANISHED));
		assert_int_not_equal(pair->change, CHANGE_SAME);
		print(&out.printer, "%s", words[pair->change]);
		print_drawn(&out.printer, &drawn_a, pair->a);
		print_drawn(&out.printer, &drawn_b, pair->b);
		print(&out.printer, "; ");
	}
	assert_string_equal(text, wanted);
	assert_int_equal(diff.same, same);
	free(diff.pairs);
}

static void pairs(void **state)
{
	(void)state;
	expect_pairs("", "", 0, "");
	expect_pairs("AAB.C", "AAB.C", 3, "");
	expect_pairs("AAB", "AAC", 1, "type B2-2 C2-2; ");
	expect_pairs("AA", "aa", 0, "type A0-1 A0-1; ");
	expect_pairs("AAAB", "AABB", 0, "resized A0-2 A0-1; resized B3-3 B2-3; ");
	expect_pairs("A.....B", "....A.B", 1, "moved A0-0 A4-4; ");
	expect_pairs("AA....B", "....A.B", 1, "vanished A0-1; appeared A4-4; ");
	expect_pairs("AAAA", "AABA", 0, "resized A0-3 A0-1; appeared B2-2; appeared A3-3; ");
	expect_pairs("A", "", 0, "vanished A0-0; ");
	expect_pairs("", "A", 0, "appeared A0-0; ");
	/* the same place beats the same size */
	expect_pairs("AA.AA", "AAAAA", 0, "resized A0-1 A0-4; vanished A3-4; ");
	expect_pairs("AABB", "BBAA", 0, "type A0-1 B0-1; type B2-3 A2-3; ");
}

static void expect_owners(const char *before, const char *after, const char *wanted)
{
	struct drawn drawn_a, drawn_b;
	struct map_segments a = map_items_flatten(draw(&drawn_a, before)), b = map_items_flatten(draw(&drawn_b, after));
	struct owners_walk walk = map_owners_walk(&a, &b);
	struct owner_change change;
	char text[1000];
	struct buffer_printer out;

	buffer_printer_init(&out, text, sizeof(text));
	while (map_owners_next(&walk, &change))
		print(&out.printer, "%u-%u %c>%c; ", (unsigned)(change.first >> 12), (unsigned)(change.last >> 12),
		      change.has_a ? (int)change.a.type : '.', change.has_b ? (int)change.b.type : '.');
	assert_string_equal(text, wanted);
	assert_false(map_owners_next(&walk, &change));
}

static void owners(void **state)
{
	(void)state;
	expect_owners("", "", "");
	expect_owners("AAB.C", "AAB.C", "");
	expect_owners("AAAB", "AABB", "2-2 A>B; ");
	expect_owners("AA..", "..AA", "0-1 A>.; 2-3 .>A; ");
	expect_owners("AAAA", "ABCA", "1-1 A>B; 2-2 A>C; ");
	/* pieces of one kind are one stretch, whoever they belong to */
	expect_owners("AB.AB", "CC.CC", "0-0 A>C; 1-1 B>C; 3-3 A>C; 4-4 B>C; ");
	expect_owners("AA", "aa", "0-1 A>A; ");
	expect_owners("A", "", "0-0 A>.; ");
}

/* To the last byte of the address space, where an end would wrap to 0. */
static void owners_at_the_top(void **state)
{
	struct map_item item = { .first = 0x1000, .last = UINT64_MAX, .type = 'A' };
	struct map_items one = { .at = drawn_item, .of = &item, .count = 1, .apart = true };
	struct map_segments a = map_items_flatten(&one), b = { &one, NULL, 0 };
	struct owners_walk walk = map_owners_walk(&a, &b);
	struct owner_change change;

	(void)state;
	assert_true(map_owners_next(&walk, &change));
	assert_true(change.first == 0x1000 && change.last == UINT64_MAX);
	assert_true(change.has_a && change.a.type == 'A' && !change.has_b);
	assert_false(map_owners_next(&walk, &change));
}

struct layer {
	uint64_t first, last;
};

/* Flattens overlapping layers and compares with a painter, who paints the later one over the earlier, page by page. */
static void expect_painted(const struct layer *layers, size_t count)
{
	struct map_item items[8];
	size_t painted[PAGES_MAX]; /* the layer's number from 1, 0 for none */
	struct map_items list = { .at = drawn_item, .of = items, .count = count };
	struct map_segments segments;

	memset(painted, 0, sizeof(painted));
	for (size_t i = 0; i < count; i++) {
		items[i] = (struct map_item){ .first = layers[i].first, .last = layers[i].last, .index = i };
		for (uint64_t page = layers[i].first; page <= layers[i].last; page++)
			painted[page] = i + 1;
	}
	segments = map_items_flatten(&list);
	for (size_t i = 0, page = 0; i <= segments.count; i++) {
		struct map_segment segment = i < segments.count ? map_segments_at(&segments, i) :
								  (struct map_segment){ PAGES_MAX, 0, 0 };
		struct map_segment before = i > 0 ? map_segments_at(&segments, i - 1) : segment;

		for (; page < segment.first; page++)
			assert_int_equal(painted[page], 0);
		for (; i < segments.count && page <= segment.last; page++)
			assert_int_equal(painted[page], segment.item + 1);
		if (i > 0 && i < segments.count)
			assert_true(segment.item != before.item || segment.first > before.last + 1);
	}
	map_segments_free(&segments);
}

/* Layers in the order of items: by start, of those that start together the longer one first. */
static void flattens(void **state)
{
	static const struct layer nested[] = { { 0, 20 }, { 2, 10 }, { 2, 6 }, { 4, 5 }, { 12, 20 } },
				  partly[] = { { 0, 10 }, { 5, 15 }, { 8, 9 }, { 12, 30 } },
				  equal[] = { { 3, 9 }, { 3, 9 }, { 3, 9 } },
				  apart[] = { { 1, 1 }, { 2, 2 }, { 10, 12 } },
				  under[] = { { 0, 40 }, { 1, 3 }, { 2, 3 }, { 3, 30 }, { 4, 4 }, { 31, 31 } };

	(void)state;
	expect_painted(nested, MM_ARRAY_COUNT(nested));
	expect_painted(partly, MM_ARRAY_COUNT(partly));
	expect_painted(equal, MM_ARRAY_COUNT(equal));
	expect_painted(apart, MM_ARRAY_COUNT(apart));
	expect_painted(under, MM_ARRAY_COUNT(under));
	expect_painted(NULL, 0);
}

static int compare_layers(const void *a, const void *b)
{
	const struct layer *one = a, *other = b;

	if (one->first != other->first)
		return one->first < other->first ? -1 : 1;
	return one->last > other->last ? -1 : one->last < other->last;
}

static void flattens_random_layers(void **state)
{
	uint32_t random = 12345;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct layer layers[8];
		size_t count = (size_t)(round % 9);

		for (size_t i = 0; i < count; i++) {
			random = random * 1664525 + 1013904223;
			layers[i].first = random >> 26;
			layers[i].last = layers[i].first + (random >> 20) % (PAGES_MAX - layers[i].first);
		}
		qsort(layers, count, sizeof(*layers), compare_layers);
		expect_painted(layers, count);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs),    cmocka_unit_test(owners), cmocka_unit_test(owners_at_the_top),
		cmocka_unit_test(flattens), cmocka_unit_test(flattens_random_layers),
	};

	return cmocka_run_group_tests_name("map_diff", tests, NULL, NULL);
}
