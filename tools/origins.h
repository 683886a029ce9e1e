/* SPDX-License-Identifier: BSD-2-Clause */
/* Which EFI descriptors each e820 entry is made of, for all entries at once: in time that grows with the map's size. */
#ifndef TOOLS_ORIGINS_H
#define TOOLS_ORIGINS_H

#include "map_view.h"

/* For each e820 entry the numbers of its descriptors, ascending: numbers[starts[entry]] up to starts[entry + 1]. */
struct origins {
	size_t *starts;
	size_t *numbers; /* null when descriptors overlap so much that there are too many to list */
};

/* Of all entries; ends the program when there is no memory. To be freed with origins_free(). */
struct origins origins_find(const struct map_view *view);
void origins_free(struct origins *origins);

/* The e820 entries that share bytes with [start, last]: *first to *final; false when there are none. */
bool origins_entries(const struct map_view *view, uint64_t start, uint64_t last, size_t *first, size_t *final);

/*
 * Whether an entry that shares bytes with a descriptor is made of it. Of a table that is not the conversion nothing
 * more is known than that they share bytes.
 */
bool origins_made_of(const struct map_view *view, size_t entry, size_t descriptor);

#endif
