/* SPDX-License-Identifier: BSD-2-Clause */
#include "map_diff.h"

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

/* Items that have no partner yet. */
struct single_items {
	const struct map_item **items;
	size_t count;
};

/* What compare_pointers() sorts by: qsort() cannot tell it. */
static int (*sort_order)(const struct map_item *a, const struct map_item *b);

static int compare_pointers(const void *a, const void *b)
{
	const struct map_item *one = *(const struct map_item *const *)a, *other = *(const struct map_item *const *)b;
	int order = sort_order(one, other);

	if (order == 0)
		order = compare_ranges(one, other);
	return order ? order : compare_numbers(one->index, other->index);
}

static void sort_items(struct single_items *single, const struct matching *matching)
{
	sort_order = matching->order;
	qsort(single->items, single->count, sizeof(*single->items), compare_pointers);
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

/* Takes the pairs out of both sides; what is left stays in order. */
static void match(struct item_diff *diff, struct single_items *a, struct single_items *b,
		  const struct matching *matching)
{
	size_t i = 0, j = 0, left_a = 0, left_b = 0;

	sort_items(a, matching);
	sort_items(b, matching);
	while (i < a->count && j < b->count) {
		int order = compare_partners(matching, a->items[i], b->items[j]);

		if (order < 0)
			a->items[left_a++] = a->items[i++];
		else if (order > 0)
			b->items[left_b++] = b->items[j++];
		else
			diff->pairs[diff->count++] =
				(struct item_pair){ matching->change, a->items[i++], b->items[j++] };
	}
	while (i < a->count)
		a->items[left_a++] = a->items[i++];
	while (j < b->count)
		b->items[left_b++] = b->items[j++];
	a->count = left_a;
	b->count = left_b;
}

static int compare_pairs(const void *a, const void *b)
{
	const struct item_pair *one = a, *other = b;
	const struct map_item *one_item = one->a ? one->a : one->b, *other_item = other->a ? other->a : other->b;
	int order = compare_ranges(one_item, other_item);

	if (order == 0)
		order = compare_numbers(one->change, other->change);
	return order ? order : compare_numbers(one_item->index, other_item->index);
}

static struct single_items all_single(const struct map_items *items)
{
	struct single_items single = { allocate(items->count, sizeof(*single.items)), items->count };

	for (size_t i = 0; i < items->count; i++)
		single.items[i] = &items->items[i];
	return single;
}

struct item_diff map_items_diff(const struct map_items *a, const struct map_items *b)
{
	struct item_diff diff = { .pairs = allocate(a->count + b->count, sizeof(*diff.pairs)) };
	struct single_items single_a = all_single(a), single_b = all_single(b);

	for (size_t i = 0; i < MM_ARRAY_COUNT(matchings); i++) {
		match(&diff, &single_a, &single_b, &matchings[i]);
		if (matchings[i].change == CHANGE_SAME)
			diff.same = diff.count;
	}
	for (size_t i = 0; i < single_a.count; i++)
		diff.pairs[diff.count++] = (struct item_pair){ CHANGE_VANISHED, single_a.items[i], NULL };
	for (size_t i = 0; i < single_b.count; i++)
		diff.pairs[diff.count++] = (struct item_pair){ CHANGE_APPEARED, NULL, single_b.items[i] };
	free(single_a.items);
	free(single_b.items);
	qsort(diff.pairs, diff.count, sizeof(*diff.pairs), compare_pairs);
	return diff;
}

/* A place in a level's segments: the first one that does not end before the address in question. */
struct cursor {
	const struct map_segment *segments;
	size_t count;
	size_t next;
};

/* Who has the address; lowers *last to the last byte of that stretch. */
static const struct map_item *owner_at(struct cursor *cursor, uint64_t address, uint64_t *last)
{
	const struct map_segment *segment;

	while (cursor->next < cursor->count && cursor->segments[cursor->next].last < address)
		cursor->next++;
	if (cursor->next == cursor->count)
		return NULL;
	segment = &cursor->segments[cursor->next];
	if (segment->first > address) {
		if (segment->first - 1 < *last)
			*last = segment->first - 1;
		return NULL;
	}
	if (segment->last < *last)
		*last = segment->last;
	return segment->item;
}

static bool same_owner(const struct map_item *a, const struct map_item *b)
{
	return a && b ? map_item_same_kind(a, b) : a == b;
}

struct owner_change *map_owners_diff(const struct map_items *a, const struct map_items *b, size_t *count)
{
	size_t count_a, count_b, used = 0;
	struct map_segment *segments_a = map_items_flatten(a, &count_a), *segments_b = map_items_flatten(b, &count_b);
	struct cursor at_a = { segments_a, count_a, 0 }, at_b = { segments_b, count_b, 0 };
	struct owner_change *changes = allocate(2 * (count_a + count_b) + 1, sizeof(*changes));
	uint64_t first = 0, last;

	do {
		const struct map_item *owner_a, *owner_b;
		struct owner_change *before = used ? &changes[used - 1] : NULL;

		last = UINT64_MAX;
		owner_a = owner_at(&at_a, first, &last);
		owner_b = owner_at(&at_b, first, &last);
		if (!same_owner(owner_a, owner_b)) {
			if (before && before->last + 1 == first && same_owner(before->a, owner_a) &&
			    same_owner(before->b, owner_b))
				before->last = last;
			else
				changes[used++] = (struct owner_change){ first, last, owner_a, owner_b };
		}
		first = last + 1;
	} while (last != UINT64_MAX);
	free(segments_a);
	free(segments_b);
	*count = used;
	return changes;
}
