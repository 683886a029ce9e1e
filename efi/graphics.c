/* SPDX-License-Identifier: BSD-2-Clause */
#include "graphics.h"

#include <loader/map_kind.h>

#define COLUMNS_WANTED 80 /* the scale is as large as leaves so many */
#define ROWS_WANTED 24
#define COLUMNS_MIN 60
#define ROWS_MIN 20
#define GLYPH_FIRST ' '
#define GLYPH_COUNT ('~' - ' ' + 1)
#define GLYPH_WIDTH_MAX 16
#define GLYPH_HEIGHT_MAX 32

#define COLOUR_BACKGROUND 0x101418
#define COLOUR_TEXT 0xd8dee9
#define COLOUR_HEADING 0x2f4f7f
#define COLOUR_BRIGHT 0xffffff
#define COLOUR_LINE 0x000000
#define COLOUR_STRIPE 0x8a8f98

/* EFI_IMAGE_OUTPUT and EFI_HII_FONT_PROTOCOL (UEFI 2.10, section 34.1), which gnu-efi's headers do not have. */
struct image_output {
	UINT16 width;
	UINT16 height;
	EFI_GRAPHICS_OUTPUT_BLT_PIXEL *bitmap;
};

struct hii_font_protocol {
	void *string_to_image;
	void *string_id_to_image;
	EFI_STATUS(EFIAPI *get_glyph)(const struct hii_font_protocol *self, CHAR16 c, const void *info,
				      struct image_output **image, UINTN *baseline);
	void *get_font_info;
};

static EFI_GUID hii_font_guid = { 0xe9ca4775, 0x8657, 0x47fc, { 0x97, 0xe7, 0x7e, 0xd6, 0x5a, 0x08, 0x43, 0x24 } };

struct canvas {
	EFI_GRAPHICS_OUTPUT_PROTOCOL *gop;
	uint32_t width;
	uint32_t height;
	uint32_t glyph_width;
	uint32_t glyph_height;
	uint32_t scale;
	uint32_t columns;
	uint32_t left;  /* pixels left of the first column */
	uint32_t *strip; /* the pixels of one row of text */
	uint16_t glyphs[GLYPH_COUNT][GLYPH_HEIGHT_MAX];
};

static uint32_t raw(EFI_GRAPHICS_OUTPUT_BLT_PIXEL pixel)
{
	return (uint32_t)pixel.Red << 16 | (uint32_t)pixel.Green << 8 | pixel.Blue;
}

static struct hii_font_protocol *find_font(void)
{
	struct hii_font_protocol *font;

	return EFI_ERROR(fw.boot->LocateProtocol(&hii_font_guid, NULL, (void **)&font)) ? NULL : font;
}

/* EFI_WARN_UNKNOWN_GLYPH comes with the image of another character. */
static EFI_STATUS get_glyph(const struct hii_font_protocol *font, CHAR16 c, struct image_output **image)
{
	*image = NULL;
	return font->get_glyph(font, c, NULL, image, NULL);
}

static void free_glyph(struct image_output *image)
{
	if (image)
		pool_free(image->bitmap);
	pool_free(image);
}

bool screen_can_draw(CHAR16 c)
{
	const struct hii_font_protocol *font = find_font();
	struct image_output *image;
	bool known;

	if (!font)
		return true; /* a serial console, or nobody knows */
	known = get_glyph(font, c, &image) == EFI_SUCCESS && image;
	free_glyph(image);
	return known;
}

/* Reads one character's pixels; whatever differs from the first pixel of the blank is ink. */
static bool read_glyph(struct canvas *canvas, const struct hii_font_protocol *font, unsigned index, uint32_t *paper)
{
	struct image_output *image;
	bool good;

	if (EFI_ERROR(get_glyph(font, (CHAR16)(GLYPH_FIRST + index), &image)) || !image)
		return false;
	good = image->bitmap && image->width > 0 && image->width <= GLYPH_WIDTH_MAX && image->height > 0 &&
	       image->height <= GLYPH_HEIGHT_MAX;
	if (good && index == 0) {
		canvas->glyph_width = image->width;
		canvas->glyph_height = image->height;
		*paper = raw(image->bitmap[0]);
	}
	good = good && image->width == canvas->glyph_width && image->height == canvas->glyph_height;
	for (uint32_t y = 0; good && y < canvas->glyph_height; y++)
		for (uint32_t x = 0; x < canvas->glyph_width; x++)
			if (raw(image->bitmap[y * canvas->glyph_width + x]) != *paper)
				canvas->glyphs[index][y] |= (uint16_t)(1u << x);
	free_glyph(image);
	return good;
}

static bool read_font(struct canvas *canvas)
{
	const struct hii_font_protocol *font = find_font();
	uint32_t paper = 0;
	unsigned index = 0;

	if (!font)
		return false;
	while (index < GLYPH_COUNT && read_glyph(canvas, font, index, &paper))
		index++;
	return index == GLYPH_COUNT;
}

static void fill(struct canvas *canvas, uint32_t colour, uint32_t x, uint32_t y, uint32_t width, uint32_t height)
{
	EFI_GRAPHICS_OUTPUT_BLT_PIXEL pixel = { .Red = (uint8_t)(colour >> 16), .Green = (uint8_t)(colour >> 8),
						.Blue = (uint8_t)colour };

	canvas->gop->Blt(canvas->gop, &pixel, EfiBltVideoFill, 0, 0, x, y, width, height, 0);
}

static uint32_t min(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static bool lay_out(struct canvas *canvas, struct canvas_size *size)
{
	canvas->scale = min(canvas->width / (COLUMNS_WANTED * canvas->glyph_width),
			    canvas->height / (ROWS_WANTED * canvas->glyph_height));
	if (canvas->scale == 0)
		canvas->scale = 1;
	size->pixels = canvas->width;
	size->scale = canvas->scale;
	size->columns = canvas->columns = canvas->width / (canvas->glyph_width * canvas->scale);
	size->rows = canvas->height / (canvas->glyph_height * canvas->scale);
	canvas->left = canvas->width % (canvas->glyph_width * canvas->scale) / 2;
	return size->columns >= COLUMNS_MIN && size->rows >= ROWS_MIN;
}

struct canvas *canvas_open(struct canvas_size *size)
{
	EFI_GRAPHICS_OUTPUT_PROTOCOL *gop = screen_find();
	struct canvas *canvas = gop ? pool_allocate(sizeof(*canvas), "map viewer") : NULL;

	if (!canvas)
		return NULL;
	__builtin_memset(canvas, 0, sizeof(*canvas));
	canvas->gop = gop;
	canvas->width = gop->Mode->Info->HorizontalResolution;
	canvas->height = gop->Mode->Info->VerticalResolution;
	if (read_font(canvas) && lay_out(canvas, size))
		canvas->strip = pool_allocate((size_t)canvas->width * canvas->glyph_height * canvas->scale *
					      sizeof(*canvas->strip), "map viewer");
	if (canvas->strip) {
		fill(canvas, COLOUR_BACKGROUND, 0, 0, canvas->width, canvas->height);
		return canvas;
	}
	canvas_close(canvas);
	return NULL;
}

void canvas_close(struct canvas *canvas)
{
	if (canvas)
		pool_free(canvas->strip);
	pool_free(canvas);
}

/* One line of pixels of a character, scaled. */
static void draw_slice(const struct canvas *canvas, uint32_t *to, uint16_t bits, uint32_t ink, uint32_t paper)
{
	for (uint32_t x = 0; x < canvas->glyph_width; x++)
		for (uint32_t i = 0; i < canvas->scale; i++)
			*to++ = bits >> x & 1 ? ink : paper;
}

void canvas_text(struct canvas *canvas, uint32_t row, const char *text, size_t length, size_t stride, bool bright)
{
	uint32_t height = canvas->glyph_height * canvas->scale, advance = canvas->glyph_width * canvas->scale;
	uint32_t paper = bright ? COLOUR_HEADING : COLOUR_BACKGROUND;

	for (uint32_t i = 0; i < canvas->width; i++)
		canvas->strip[i] = paper;
	for (uint32_t y = 1; y < height; y++)
		__builtin_memcpy(canvas->strip + (size_t)y * canvas->width, canvas->strip, canvas->width * sizeof(*canvas->strip));
	for (size_t i = 0; i < length && i < canvas->columns; i++) {
		char c = text[i] >= GLYPH_FIRST && text[i] <= '~' ? text[i] : '?';
		enum map_kind kind = MAP_KINDS;
		uint32_t ink = bright ? COLOUR_BRIGHT : COLOUR_TEXT, behind = paper;

		if (stride && i % stride == 0 && i + 1 < length && text[i + 1] == ' ')
			kind = map_kind_of_symbol(c);
		if (kind < MAP_KINDS) {
			behind = map_kind_colour(kind);
			ink = kind == MAP_KIND_NOTHING || kind == MAP_KIND_UNUSABLE ? COLOUR_BRIGHT : COLOUR_LINE;
		}
		for (uint32_t y = 0; y < height; y++)
			draw_slice(canvas, canvas->strip + (size_t)y * canvas->width + canvas->left + i * advance,
				   canvas->glyphs[c - GLYPH_FIRST][y / canvas->scale], ink, behind);
	}
	canvas->gop->Blt(canvas->gop, (void *)canvas->strip, EfiBltBufferToVideo, 0, 0, 0, row * height, canvas->width,
			 height, 0);
}

static void draw_piece(struct canvas *canvas, const struct picture_piece *piece, uint32_t y, uint32_t height)
{
	uint32_t line = canvas->scale, step = 2 * line, x = piece->cell + line, end = piece->cell + piece->width;

	fill(canvas, COLOUR_LINE, piece->cell, y, line, height);
	fill(canvas, map_kind_colour(piece->type), x, y, end - x, height);
	for (uint32_t at = x + step; piece->flags & PICTURE_FOLDED && at + line < end; at += 2 * step)
		fill(canvas, COLOUR_STRIPE, at, y, line, height);
	for (uint32_t at = x; piece->flags & PICTURE_MIXED && at + line <= end; at += step)
		fill(canvas, COLOUR_BRIGHT, at, y + height - step, line, line);
}

void canvas_bar(struct canvas *canvas, uint32_t row, uint32_t rows, const struct picture_piece *pieces, size_t count)
{
	uint32_t height = canvas->glyph_height * canvas->scale, gap = 2 * canvas->scale;

	for (size_t i = 0; i < count; i++)
		draw_piece(canvas, &pieces[i], row * height + gap, rows * height - 2 * gap);
}
