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

/* One item of a, and what it is in b; one of the two is null when there is none. */
struct item_pair {
	enum item_change change;
	const struct map_item *a;
	const struct map_item *b;
};

/* All items of a level of two maps, each once, ordered by address. */
struct item_diff {
	struct item_pair *pairs;
	size_t count;
	size_t same; /* pairs that are */
};

/* Pairs each item of a with the item of b that it is most likely; O(n log n). Free diff.pairs. */
struct item_diff map_items_diff(const struct map_items *a, const struct map_items *b);

/* A stretch that one item has in a and another one in b; null for a gap. Never the same type, attributes and name. */
struct owner_change {
	uint64_t first;
	uint64_t last;
	const struct map_item *a;
	const struct map_item *b;
};

/*
 * All stretches whose owner differs (where items overlap, the one that starts last owns the bytes), ordered and as
 * long as they can be. Fresh memory, to be freed; stores their number.
 */
struct owner_change *map_owners_diff(const struct map_items *a, const struct map_items *b, size_t *count);

/* Whether two items are of the same type, attributes and name, wherever they are. */
bool map_item_same_kind(const struct map_item *a, const struct map_item *b);

#endif
