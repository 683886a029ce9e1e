/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows of text, scaled to be read, and bars of pixels on the screen that the console is on. */
#ifndef EFI_GRAPHICS_H
#define EFI_GRAPHICS_H

#include "firmware.h"

#include <mm/map_picture.h>

struct canvas;

/* What a caller lays out by. */
struct canvas_size {
	uint32_t pixels;  /* of a row, from left to right */
	uint32_t columns; /* characters of a row */
	uint32_t rows;
	uint32_t scale;   /* screen pixels to a pixel of the font, in both directions */
};

/*
 * Clears the screen. null, with nothing printed or changed, when there is no screen, no font to draw with
 * (EFI_HII_FONT_PROTOCOL) or not enough room for 60 columns and 20 rows. The screen's mode stays as it is.
 */
struct canvas *canvas_open(struct canvas_size *size);

/* Frees it; the console's own next output or ClearScreen() takes the screen over. */
void canvas_close(struct canvas *canvas);

/*
 * Draws a row of text, all of it, blank behind the end. Where a symbol of a kind of memory (map_kind.h) and a blank
 * stand at a multiple of stride, both have the kind's colour; stride 0: nowhere. bright: as a heading.
 */
void canvas_text(struct canvas *canvas, uint32_t row, const char *text, size_t length, size_t stride, bool bright);

/*
 * Draws a bar of pieces over so many rows; their cells are pixels and their types kinds of memory. Pieces are parted
 * by black lines; folded ones are striped, mixed ones have white dots at the bottom.
 */
void canvas_bar(struct canvas *canvas, uint32_t row, uint32_t rows, const struct picture_piece *pieces, size_t count);

#endif
