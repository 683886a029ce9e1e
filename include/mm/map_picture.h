/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Folds a sparse 64-bit address space into a bar of cells (characters or pixels): from address 0 to the last byte of
 * the last range, ranges and the gaps between them from left to right, each wide enough to be seen.
 *
 * The scale is linear, with three exceptions that each piece tells in its flags. A range larger than 32 times all the
 * others together is drawn as if it had that many bytes, and a gap larger than 1/16 of what all ranges are then drawn
 * as, as if it had that many (FOLDED). What would be narrower than the least width has that width (WIDENED). When
 * there are more pieces than fit, neighbours become one piece (MIXED): small ones are joined until they are as large
 * as a threshold, which is no larger than it takes to make all fit; larger ones stay alone. Of pieces of one kind,
 * ranges or gaps, a larger one is never narrower than a smaller one. The same input always gives the same bar.
 */
#ifndef MM_MAP_PICTURE_H
#define MM_MAP_PICTURE_H

#include <mm/e820.h>

/* A range with a type of any numbering (e820, EFI). last is inclusive. */
struct picture_range {
	uint64_t start;
	uint64_t last;
	uint32_t type;
};

enum picture_flags {
	PICTURE_GAP = 1,     /* nothing but a gap; type is 0 then */
	PICTURE_FOLDED = 2,  /* narrower than to scale */
	PICTURE_WIDENED = 4, /* wider than to scale */
	PICTURE_MIXED = 8    /* several neighbours, ranges and gaps, in one */
};

struct picture_piece {
	uint64_t start;
	uint64_t last;
	uint32_t type;  /* of a mixed piece, the one with most bytes in it (gaps do not count), the lower of two equal
			 * ones; of more than 16 types, among the first 16 */
	uint32_t flags; /* enum picture_flags */
	uint32_t cell;  /* its leftmost cell; the first piece has 0 */
	uint32_t width; /* cells, at least the least width */
	size_t first;   /* index of the first range in it (of a gap: of the range after it) */
	size_t ranges;  /* how many ranges are in it; 0 for a gap */
};

/*
 * Draws count ranges, sorted by start and disjoint, as a bar of exactly cells cells in pieces of at least least
 * cells. Returns the number of pieces (at most capacity and at most cells / least; 0 without ranges), whose widths
 * sum to cells; MM_EINVAL when ranges are not sorted and disjoint or least is 0, MM_ENOSPC when there is no room for
 * a single piece. *bytes_per_cell (may be null) is what a cell stands for where the flags do not say otherwise.
 * O(count) with a factor of at most 128; no memory.
 */
long map_picture_fold(const struct picture_range *ranges, size_t count, uint32_t cells, uint32_t least,
		      struct picture_piece *pieces, size_t capacity, uint64_t *bytes_per_cell);

/* The entries of a sanitised table that are not empty, as ranges; MM_ENOSPC when there are more than capacity. */
long picture_ranges_of_e820(const struct e820_table *table, struct picture_range *ranges, size_t capacity);

#endif
