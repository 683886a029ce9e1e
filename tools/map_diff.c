/* SPDX-License-Identifier: BSD-2-Clause */
#include "map_diff.h"
#include "map_reader.h"

#include <stdlib.h>
#include <string.h>

static int compare_numbers(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_kinds(const struct map_item *a, const struct map_item *b)
{
	int order = compare_numbers(a->type, b->type);

	if (order == 0)
		order = compare_numbers(a->attribute, b->attribute);
	if (order == 0 && a->name && b->name)
		order = strcmp(a->name, b->name);
	return order;
}

bool map_item_same_kind(const struct map_item *a, const struct map_item *b)
{
	return compare_kinds(a, b) == 0;
}

static int compare_ranges(const struct map_item *a, const struct map_item *b)
{
	int order = compare_numbers(a->first, b->first);

	return order ? order : compare_numbers(a->last, b->last);
}

/* The orders in which partners are looked for: each puts those next to each other that may be a pair. */
static int by_range_and_kind(const struct map_item *a, const struct map_item *b)
{
	int order = compare_ranges(a, b);

	return order ? order : compare_kinds(a, b);
}

static int by_kind_and_range(const struct map_item *a, const struct map_item *b)
{
	int order = compare_kinds(a, b);

	return order ? order : compare_ranges(a, b);
}

static int by_kind_and_size(const struct map_item *a, const struct map_item *b)
{
	int order = compare_kinds(a, b);

	return order ? order : compare_numbers(range_bytes(a->first, a->last), range_bytes(b->first, b->last));
}

/* How partners of one kind of change are found: both sides in this order, walked in step. */
struct matching {
	enum item_change change;
	int (*order)(const struct map_item *a, const struct map_item *b);
};

static const struct matching matchings[] = {
	{ CHANGE_SAME, by_range_and_kind },
	{ CHANGE_TYPE, compare_ranges },
	{ CHANGE_RESIZED, by_kind_and_range },
	{ CHANGE_MOVED, by_kind_and_size },
};

/* Items of one side that have no partner yet, by their numbers. */
struct single_items {
	const struct map_items *of;
	uint32_t *numbers;
	size_t count;
};

static struct map_item single_at(const struct single_items *single, size_t i)
{
	return map_items_at(single->of, single->numbers[i]);
}

/* What compare_numbers_of_items() sorts by: qsort() cannot tell it. */
static const struct map_items *sort_items_of;
static int (*sort_order)(const struct map_item *a, const struct map_item *b);

static int compare_in_order(const struct map_item *one, const struct map_item *other)
{
	int order = sort_order(one, other);

	if (order == 0)
		order = compare_ranges(one, other);
	return order ? order : compare_numbers(one->index, other->index);
}

static int compare_numbers_of_items(const void *a, const void *b)
{
	struct map_item one = map_items_at(sort_items_of, *(const uint32_t *)a);
	struct map_item other = map_items_at(sort_items_of, *(const uint32_t *)b);

	return compare_in_order(&one, &other);
}

static void sort_items(struct single_items *single, const struct matching *matching)
{
	bool sorted = true;

	sort_items_of = single->of;
	sort_order = matching->order;
	for (size_t i = 1; i < single->count && sorted; i++) {
		struct map_item one = single_at(single, i - 1), other = single_at(single, i);

		sorted = compare_in_order(&one, &other) <= 0;
	}
	if (!sorted)
		qsort(single->numbers, single->count, sizeof(*single->numbers), compare_numbers_of_items);
}

/* Below 0 when a comes before all its possible partners, above 0 when b does, 0 when they are a pair. */
static int compare_partners(const struct matching *matching, const struct map_item *a, const struct map_item *b)
{
	int order;

	if (matching->change != CHANGE_RESIZED)
		return matching->order(a, b);
	order = compare_kinds(a, b);
	if (order)
		return order;
	return a->last < b->first ? -1 : b->last < a->first;
}

static void add_pair(struct item_diff *diff, enum item_change change, uint32_t a, uint32_t b)
{
	if (change == CHANGE_SAME) {
		diff->same++;
		return;
	}
	diff->pairs = grown(diff->pairs, diff->count, &diff->capacity, sizeof(*diff->pairs));
	diff->pairs[diff->count++] = (struct item_pair){ change, a, b };
}

/* Takes the pairs out of both sides; what is left stays in order. */
static void match(struct item_diff *diff, struct single_items *a, struct single_items *b,
		  const struct matching *matching)
{
	size_t i = 0, j = 0, left_a = 0, left_b = 0;

	sort_items(a, matching);
	sort_items(b, matching);
	while (i < a->count && j < b->count) {
		struct map_item one = single_at(a, i), other = single_at(b, j);
		int order = compare_partners(matching, &one, &other);

		if (order < 0)
			a->numbers[left_a++] = a->numbers[i++];
		else if (order > 0)
			b->numbers[left_b++] = b->numbers[j++];
		else
			add_pair(diff, matching->change, a->numbers[i++], b->numbers[j++]);
	}
	while (i < a->count)
		a->numbers[left_a++] = a->numbers[i++];
	while (j < b->count)
		b->numbers[left_b++] = b->numbers[j++];
	a->count = left_a;
	b->count = left_b;
}

/* Whose numbers the pairs have. */
static const struct map_items *pairs_of_a, *pairs_of_b;

static struct map_item first_of_pair(const struct item_pair *pair)
{
	return pair->a != NO_ITEM ? map_items_at(pairs_of_a, pair->a) : map_items_at(pairs_of_b, pair->b);
}

static int compare_pairs(const void *a, const void *b)
{
	const struct item_pair *one = a, *other = b;
	struct map_item one_item = first_of_pair(one), other_item = first_of_pair(other);
	int order = compare_ranges(&one_item, &other_item);

	if (order == 0)
		order = compare_numbers(one->change, other->change);
	return order ? order : compare_numbers(one_item.index, other_item.index);
}

static struct single_items all_single(const struct map_items *items)
{
	struct single_items single = { items, allocate(items->count, sizeof(*single.numbers)), items->count };

	for (size_t i = 0; i < items->count; i++)
		single.numbers[i] = (uint32_t)i;
	return single;
}

struct item_diff map_items_diff(const struct map_items *a, const struct map_items *b)
{
	struct item_diff diff = { .pairs = NULL };
	struct single_items single_a = all_single(a), single_b = all_single(b);

	for (size_t i = 0; i < MM_ARRAY_COUNT(matchings); i++)
		match(&diff, &single_a, &single_b, &matchings[i]);
	for (size_t i = 0; i < single_a.count; i++)
		add_pair(&diff, CHANGE_VANISHED, single_a.numbers[i], NO_ITEM);
	for (size_t i = 0; i < single_b.count; i++)
		add_pair(&diff, CHANGE_APPEARED, NO_ITEM, single_b.numbers[i]);
	free(single_a.numbers);
	free(single_b.numbers);
	pairs_of_a = a;
	pairs_of_b = b;
	if (diff.count)
		qsort(diff.pairs, diff.count, sizeof(*diff.pairs), compare_pairs);
	return diff;
}

/*
 * Who has the address; lowers *last to the last byte of that stretch. *next is the first segment that does not end
 * before it.
 */
static bool owner_at(const struct map_segments *segments, size_t *next, uint64_t address, uint64_t *last,
		     struct map_item *owner)
{
	struct map_segment segment;

	while (*next < segments->count && map_segments_at(segments, *next).last < address)
		++*next;
	if (*next == segments->count)
		return false;
	segment = map_segments_at(segments, *next);
	if (segment.first > address) {
		if (segment.first - 1 < *last)
			*last = segment.first - 1;
		return false;
	}
	if (segment.last < *last)
		*last = segment.last;
	*owner = map_items_at(segments->items, segment.item);
	return true;
}

static bool same_owner(bool has_a, const struct map_item *a, bool has_b, const struct map_item *b)
{
	return has_a && has_b ? map_item_same_kind(a, b) : has_a == has_b;
}

struct owners_walk map_owners_walk(const struct map_segments *a, const struct map_segments *b)
{
	return (struct owners_walk){ .a = a, .b = b };
}

/* The stretch from where the walk is, whether its owner differs or not. */
static void next_stretch(struct owners_walk *walk, struct owner_change *stretch)
{
	*stretch = (struct owner_change){ .first = walk->first, .last = UINT64_MAX };
	stretch->has_a = owner_at(walk->a, &walk->next_a, walk->first, &stretch->last, &stretch->a);
	stretch->has_b = owner_at(walk->b, &walk->next_b, walk->first, &stretch->last, &stretch->b);
}

static void step_over(struct owners_walk *walk, const struct owner_change *stretch)
{
	walk->first = stretch->last + 1;
	walk->ended = stretch->last == UINT64_MAX;
}

bool map_owners_next(struct owners_walk *walk, struct owner_change *change)
{
	struct owner_change more;

	do {
		if (walk->ended)
			return false;
		next_stretch(walk, change);
		step_over(walk, change);
	} while (same_owner(change->has_a, &change->a, change->has_b, &change->b));
	while (!walk->ended) {
		next_stretch(walk, &more);
		if (!same_owner(change->has_a, &change->a, more.has_a, &more.a) ||
		    !same_owner(change->has_b, &change->b, more.has_b, &more.b))
			break;
		change->last = more.last;
		step_over(walk, &more);
	}
	return true;
}
