/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine's memory seen from seven sides, as lines of text: the same on a serial port, on a screen and on a host. A
 * line that is about a range starts with the symbol of its kind (map_kind.h) and a blank; all others start with two
 * blanks or with a word. Lines have at most 79 columns, except those that quote a sentence.
 */
#ifndef LOADER_MAP_VIEWS_H
#define LOADER_MAP_VIEWS_H

#include <loader/map_kind.h>
#include <loader/plan.h>
#include <mm/known_ranges.h>
#include <mm/map_picture.h>
#include <mm/resource.h>

/* A console of 80 columns goes to the next line by itself after the last one. */
#define MAP_VIEW_COLUMNS 79

enum map_view {
	MAP_VIEW_EFI,          /* the firmware's descriptors by address, and the gaps between them */
	MAP_VIEW_E820,
	MAP_VIEW_TRACE,        /* what became of each descriptor, and why */
	MAP_VIEW_RESERVATIONS, /* of the plan: what the kernel finds in its memory */
	MAP_VIEW_IOMEM,        /* who owns which addresses, as /proc/iomem */
	MAP_VIEW_PAGE_TABLES,  /* of the plan: what is mapped at the jump */
	MAP_VIEW_FINDINGS,     /* what is wrong with the firmware's map */
	MAP_VIEWS
};

/*
 * What the views look at. map_views_init() fills in the upper half; the lower one is the caller's, all zero at first.
 * Where only an e820 map is known, the caller sets that (sanitised), and resources when the iomem view is wanted.
 */
struct map_views {
	const struct efi_memmap *map;
	size_t count; /* of descriptors */
	enum e820_policy policy;
	struct e820_table e820;
	struct efi_trace *trace; /* one for each descriptor */
	uint32_t *order;         /* numbers of the descriptors by address */
	struct resource *resources;
	size_t resource_capacity;
	void *scratch;
	size_t scratch_size;

	struct known_facts known; /* low_ram_end is filled in */
	const struct boot_plan *plan;
	const char *no_plan; /* when there is none: why; null: nobody asked for one */
};

/* Bytes of memory, of any alignment, for a map of that many descriptors; SIZE_MAX on overflow. */
size_t map_views_memory_size(size_t descriptors);

/*
 * Converts the map under a policy. map and memory must live as long as the views. MM_EINVAL when the map cannot be
 * read, MM_ENOSPC when size is too small.
 */
int map_views_init(struct map_views *views, const struct efi_memmap *map, enum e820_policy policy, void *memory,
		   size_t size);

/* "EFI descriptors", "e820"...: at most 16 characters. */
const char *map_view_title(enum map_view view);

/*
 * Prints all lines of a view, which says so when there is nothing to see: no EFI map (map is null), or no plan. The
 * tables of the views are scratch memory to it: not reentrant.
 */
void map_view_print(struct map_views *views, enum map_view view, struct printer *out);

/*
 * The ranges that the picture of a view shows, with enum map_kind as types, for map_picture_fold(): the descriptors
 * (where they overlap, the one that starts first has the bytes) or the e820 entries. Returns their number, at most
 * map_views_range_capacity(); ranges has room for that many.
 */
size_t map_views_ranges(const struct map_views *views, enum map_view view, struct picture_range *ranges);
size_t map_views_range_capacity(const struct map_views *views);

/* The kind that the e820 map has at an address. */
enum map_kind map_views_e820_kind(const struct map_views *views, uint64_t address);

/* The picture as characters, a line: the symbol of each cell's kind; '~' where a gap or range is folded. */
void map_bar_print(const struct picture_piece *pieces, size_t count, struct printer *out);

/*
 * Whether a kind is in the picture, and how many bytes it has there (nothing: gaps). For the legend, call it with every
 * kind; the bytes are those of ranges, whatever they were joined to.
 */
uint64_t map_kind_total(const struct picture_range *ranges, size_t count, enum map_kind kind);

/*
 * Lines that the loader's dump shares with the views. That of a descriptor has at most columns columns, and no newline.
 */
void map_print_descriptor(size_t index, const struct efi_memory_desc *desc, size_t columns, struct printer *out);
void map_print_totals(const struct e820_table *table, struct printer *out);
/* Each finding after a word, a line each; returns their number, or MM_ENOSPC as efi_memmap_check() does. */
long map_print_findings(const struct efi_memmap *map, const char *word, void *scratch, size_t scratch_size,
			struct printer *out);

#endif
