/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A map_source prepared for looking at: its levels (EFI descriptors, e820 entries, /proc/iomem) as items of one form,
 * what became of each descriptor, and what the firmware did wrong.
 */
#ifndef TOOLS_MAP_VIEW_H
#define TOOLS_MAP_VIEW_H

#include <mm/known_ranges.h>

#include "allocate.h"
#include "map_source.h"

/* Where a map can be told: what the firmware says, what the kernel is told, what the kernel made of it. */
enum map_level { LEVEL_EFI, LEVEL_E820, LEVEL_IOMEM, MAP_LEVELS };

/* A range of one level. last is inclusive. */
struct map_item {
	uint64_t first;
	uint64_t last;
	uint64_t attribute; /* of an EFI descriptor, else 0 */
	const char *name;   /* of a resource, else null; lives as long as the source */
	size_t index;       /* in the source: of the descriptor, of the entry of the sanitised table, of the resource */
	uint32_t type;      /* EFI or e820 type, else 0 */
	uint32_t depth;     /* of a resource, else 0 */
};

/*
 * A level's items, sorted by first; of those that start together the longer ones come first. They are made when they are
 * asked for, from what the source has: a million of them would need more memory than the map.
 */
struct map_items {
	struct map_item (*at)(const void *of, size_t index);
	const void *of;
	uint32_t *order; /* what to ask at() for; null when that is in order itself */
	size_t count;
	bool apart; /* no two have a byte in common */
};

static inline struct map_item map_items_at(const struct map_items *items, size_t number)
{
	return items->at(items->of, items->order ? items->order[number] : number);
}

struct map_view {
	const struct map_source *source;
	struct map_source file; /* what map_view_open() read; empty otherwise */
	struct map_items levels[MAP_LEVELS]; /* descriptors without a valid range are not among the items */
	struct efi_memmap efi;
	struct e820_table e820;  /* the file's own, or converted from the descriptors as Linux's EFI stub does it */
	const struct source_e820 *recorded; /* where e820 comes from; null when converted */
	bool converted;          /* e820 is that conversion because the file has no table */
	bool by_rule;            /* e820 equals that conversion */
	struct efi_trace
		*trace; /* of each descriptor in the conversion (not in e820, unless by_rule); null without any */
	struct e820_table conversion;
	struct efi_finding *findings;
	size_t nr_findings, max_findings;
	struct known_facts facts;
};

/* A stretch of one level that belongs to one item: where items overlap, to the one that starts last (the innermost). */
struct map_segment {
	uint64_t first;
	uint64_t last;
	size_t item; /* its number in the level */
};

/* The segments of a level. Where its items do not overlap each is one, and there is no list. */
struct map_segments {
	const struct map_items *items;
	struct map_segment *list;
	size_t count;
};

/*
 * Reads a file (see map_source_read) and prepares it; prints the notes of the reader to standard error. false, with the
 * error printed, when it cannot be read or holds no map; nothing is to be closed then. The view must stay where it is.
 */
bool map_view_open(struct map_view *view, const char *path);

/* The same for a source that was read already, which must live as long as the view. */
void map_view_of(struct map_view *view, const struct map_source *source);

/* Only the levels, e820 and facts of it: what a comparison needs, in less memory. */
void map_view_levels_of(struct map_view *view, const struct map_source *source);

void map_view_close(struct map_view *view);

/* "EFI memory map", "e820 map", "/proc/iomem". */
const char *map_level_name(enum map_level level);
/* "EFI descriptor", "e820 entry", "resource", or with an s. */
const char *map_level_unit(enum map_level level, size_t count);

/* "Boot Data", "ACPI NVS", "Kernel code": the type of an item in Linux's words. */
void map_item_print_type(enum map_level level, const struct map_item *item, struct printer *out);

/* A text of a file, with '?' for control characters: a terminal shall not obey a file. */
void print_plain(struct printer *out, const char *text);

/* "[mem 0x0000000000000000-0x000000000009ffff]" */
void print_range(struct printer *out, uint64_t first, uint64_t last);
/* The same, with its size: "[mem 0x...-0x...], 655360 bytes (640 KiB)". */
void print_range_and_size(struct printer *out, uint64_t first, uint64_t last);

/* Bytes of [first, last]; 2^64 - 1 for all of the address space. */
uint64_t range_bytes(uint64_t first, uint64_t last);

/* The level without overlaps, sorted; to be freed with map_segments_free(). The items must stay where they are. */
struct map_segments map_items_flatten(const struct map_items *items);
void map_segments_free(struct map_segments *segments);

struct map_segment map_segments_at(const struct map_segments *segments, size_t number);
/* The first segment that ends at or after an address; their count when there is none. */
size_t map_segments_find(const struct map_segments *segments, uint64_t address);

/* Bytes of all items of one type; item is one of them. */
struct type_total {
	struct map_item item;
	uint64_t bytes;
};

/* Sums a level's segments by type, sorted by type, in fresh memory to be freed; stores their number. */
struct type_total *map_type_totals(const struct map_segments *segments, size_t *totals);

/* Index of the first entry of the sanitised table that ends at or after an address; nr_entries when there is none. */
size_t e820_index_at(const struct e820_table *table, uint64_t address);

#endif
