/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The picture of a map: a column for each level, side by side on one folded scale of addresses that grow downwards, so
 * that a descriptor stands next to the entry that it became.
 */
#ifndef TOOLS_PICTURE_H
#define TOOLS_PICTURE_H

#include <loader/map_kind.h>
#include <mm/map_picture.h>

#include "map_view.h"

/* What a column has in a row. */
struct picture_cell {
	size_t items; /* how many share the cell; 0 for nothing */
	size_t item;  /* which one it is, by its number in the level; in a mixed row the one with most bytes */
};

struct picture_column {
	enum map_level level;
	struct map_segments segments;
	struct picture_cell *cells; /* one for each row */
};

/* Addresses are those of the rows; pixels are counted from the top of the first row. */
struct picture {
	struct picture_column columns[MAP_LEVELS];
	size_t nr_columns;
	struct picture_piece *rows; /* cell and width are the pixel and the height */
	size_t nr_rows;
	uint32_t height;
};

/* Least height of a row in pixels: a line of text fits. */
#define PICTURE_ROW_HEIGHT 16

/* Lays out all levels that the view has; to be freed with picture_close(). Ends the program when there is no memory. */
void picture_open(struct picture *picture, const struct map_view *view);
void picture_close(struct picture *picture);

/* The kind of an item, for its colour; a resource's by the names that Linux uses. */
enum map_kind map_item_kind(enum map_level level, const struct map_item *item);

/*
 * Prints the picture as an SVG element, standard alone (with the XML declaration) or within HTML. The drawing of an
 * item has the attribute data-key="efi-24", "e820-5" or "iomem-7".
 */
void svg_print(const struct picture *picture, const struct map_view *view, bool alone, struct printer *out);

/* "efi-24": how the page calls an item. */
void print_item_key(struct printer *out, enum map_level level, size_t index);

#endif
