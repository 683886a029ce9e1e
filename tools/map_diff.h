/* SPDX-License-Identifier: BSD-2-Clause */
/* What differs between two maps on one level: which items changed, and which bytes changed hands. */
#ifndef TOOLS_MAP_DIFF_H
#define TOOLS_MAP_DIFF_H

#include "map_view.h"

enum item_change {
	CHANGE_SAME,
	CHANGE_TYPE,     /* the same range with another type, attributes or name */
	CHANGE_RESIZED,  /* the same type, attributes and name; the ranges have bytes in common */
	CHANGE_MOVED,    /* the same type, attributes, name and size, elsewhere */
	CHANGE_VANISHED, /* only in a */
	CHANGE_APPEARED  /* only in b */
};

#define NO_ITEM UINT32_MAX

/* One item of a, and what it is in b, by their numbers in the level; one of the two is NO_ITEM when there is none. */
struct item_pair {
	enum item_change change;
	uint32_t a;
	uint32_t b;
};

/* All items of a level of two maps that are not the same, each once, ordered by address. */
struct item_diff {
	struct item_pair *pairs;
	size_t count, capacity;
	size_t same; /* pairs that are the same, which are only counted */
};

/* Pairs each item of a with the item of b that it is most likely; O(n log n). Free diff.pairs. */
struct item_diff map_items_diff(const struct map_items *a, const struct map_items *b);

/* A stretch that one item has in a and another one in b, or nobody. Never the same type, attributes and name. */
struct owner_change {
	uint64_t first;
	uint64_t last;
	bool has_a, has_b;
	struct map_item a; /* if has_a */
	struct map_item b;
};

/* A walk through the segments of two maps, from the first address to the last. */
struct owners_walk {
	const struct map_segments *a, *b;
	size_t next_a, next_b;
	uint64_t first; /* where it goes on */
	bool ended;
};

struct owners_walk map_owners_walk(const struct map_segments *a, const struct map_segments *b);
/*
 * The next stretch whose owner differs (where items overlap, the one that starts last owns the bytes), as long as it can
 * be; false at the end.
 */
bool map_owners_next(struct owners_walk *walk, struct owner_change *change);

/* Whether two items are of the same type, attributes and name, wherever they are. */
bool map_item_same_kind(const struct map_item *a, const struct map_item *b);

#endif
