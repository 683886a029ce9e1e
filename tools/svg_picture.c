/* SPDX-License-Identifier: BSD-2-Clause */
/* Draws a picture as SVG. */
#include <string.h>

#include <loader/placement.h>

#include "markup.h"
#include "picture.h"

#define AXIS_RIGHT 128 /* addresses end here */
#define COLUMNS_LEFT 136
#define COLUMN_GAP 12
#define LEGEND_STEP 150
#define LEGEND_HEIGHT 20
#define BOTTOM 24
#define BASELINE 12
#define LABEL_LEFT 5
#define LABEL_LEAST 22 /* letters, for the captions */
#define LETTER_WIDTH 7 /* of 11 pixels monospaced, and a little room */

#define X(value) ((unsigned long long)(value))

/* tools/map_page_files.S */
extern const char map_picture_css[];

struct drawing {
	const struct picture *picture;
	const struct map_view *view;
	struct printer *out;
	uint32_t column_width;
	uint32_t notes_width;
	size_t most_names; /* well-known ranges that are named in a row */
	uint32_t width;
	uint32_t legend_top;
	uint32_t top; /* of the first row */
};

void print_item_key(struct printer *out, enum map_level level, size_t index)
{
	static const char *const words[] = { "efi", "e820", "iomem" };

	print(out, "%s-%zu", words[level], index);
}

static uint32_t column_left(const struct drawing *drawing, size_t column)
{
	return COLUMNS_LEFT + (uint32_t)column * (drawing->column_width + COLUMN_GAP);
}

static uint32_t notes_left(const struct drawing *drawing)
{
	return column_left(drawing, drawing->picture->nr_columns);
}

/* Black can be read on all colours but these. */
static const char *text_class(enum map_kind kind)
{
	return kind == MAP_KIND_NOTHING || kind == MAP_KIND_UNUSABLE ? "on-dark" : "on-light";
}

static struct map_item cell_item(const struct picture_column *column, const struct picture_cell *cell)
{
	return map_items_at(column->segments.items, cell->item);
}

static void print_label(const struct picture_column *column, const struct picture_cell *cell, struct printer *out)
{
	struct map_item item = cell_item(column, cell);
	enum map_level level = column->level;

	if (cell->items > 1)
		print(out, "%zu %s, mostly ", cell->items, map_level_unit(level, cell->items));
	else if (level != LEVEL_IOMEM)
		print(out, "%zu ", item.index);
	map_item_print_type(level, &item, out);
	if (cell->items > 1)
		return;
	print(out, " ");
	print_binary_size(out, range_bytes(item.first, item.last));
}

/* So wide that all labels fit, but at most so wide. */
static uint32_t find_width(const struct picture *picture, uint32_t most)
{
	size_t longest = LABEL_LEAST;

	for (size_t i = 0; i < picture->nr_columns; i++) {
		for (size_t j = 0; j < picture->nr_rows; j++) {
			const struct picture_cell *cell = &picture->columns[i].cells[j];
			char text[2];
			struct buffer_printer label;

			buffer_printer_init(&label, text, sizeof(text));
			if (cell->items)
				print_label(&picture->columns[i], cell, &label.printer);
			longest = label.length > longest ? label.length : longest;
		}
	}
	return longest < most / LETTER_WIDTH ? (uint32_t)longest * LETTER_WIDTH + LABEL_LEFT : most;
}

/* A zigzag across a column or all of them: here the scale does not hold. */
static void print_fold(const struct drawing *drawing, uint32_t left, uint32_t right, uint32_t middle, const char *class)
{
	print(drawing->out, "<path class=\"%s\" d=\"M%u %u", class, (unsigned)left, (unsigned)middle);
	for (uint32_t x = left + 6, up = 1; x <= right; x += 6, up = !up)
		print(drawing->out, "L%u %u", (unsigned)x, (unsigned)(up ? middle - 3 : middle + 3));
	print(drawing->out, "\"/>\n");
}

/* Rows first..last of a column, which are one item or one mixed row. */
static void print_cell(const struct drawing *drawing, size_t column, size_t first, size_t last)
{
	const struct picture *picture = drawing->picture;
	const struct picture_cell *cell = &picture->columns[column].cells[first];
	enum map_level level = picture->columns[column].level;
	struct map_item item = cell_item(&picture->columns[column], cell);
	enum map_kind kind = map_item_kind(level, &item);
	uint32_t left = column_left(drawing, column), top = drawing->top + picture->rows[first].cell;
	uint32_t bottom = drawing->top + picture->rows[last].cell + picture->rows[last].width;
	bool mixed = cell->items > 1;
	struct printer *out = drawing->out;
	struct markup_printer escaped = markup_printer_to(out);

	print(out, "<g class=\"item\"");
	if (!mixed) {
		print(out, " data-key=\"");
		print_item_key(out, level, item.index);
		print(out, "\"");
	}
	print(out, "><title>");
	print_label(&picture->columns[column], cell, &escaped.printer);
	print(out, ", ");
	print_range(out, mixed ? picture->rows[first].start : item.first,
		    mixed ? picture->rows[last].last : item.last);
	print(out, "</title>\n<rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" fill=\"#%06x\"/>\n", (unsigned)left,
	      (unsigned)top, (unsigned)drawing->column_width, (unsigned)(bottom - top),
	      (unsigned)map_kind_colour(kind));
	for (size_t i = first; i <= last; i++)
		if (picture->rows[i].flags & PICTURE_FOLDED)
			print_fold(drawing, left, left + drawing->column_width,
				   drawing->top + picture->rows[i].cell + picture->rows[i].width * 2 / 3, "fold");
	print(out, "<svg x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\"><text class=\"%s\" x=\"%u\" y=\"%u\">",
	      (unsigned)left, (unsigned)top, (unsigned)drawing->column_width, (unsigned)(bottom - top),
	      text_class(kind), LABEL_LEFT, BASELINE);
	print_label(&picture->columns[column], cell, &escaped.printer);
	print(out, "</text></svg></g>\n");
}

static void print_column(const struct drawing *drawing, size_t column)
{
	const struct picture *picture = drawing->picture;
	const struct picture_cell *cells = picture->columns[column].cells;

	for (size_t first = 0, next; first < picture->nr_rows; first = next) {
		for (next = first + 1; next < picture->nr_rows; next++)
			if (cells[next].item != cells[first].item || cells[next].items != 1 || cells[first].items != 1)
				break;
		if (cells[first].items)
			print_cell(drawing, column, first, next - 1);
	}
}

/* The well-known range that holds a row, and those within the row. */
static void print_known(const struct drawing *drawing, const struct picture_piece *row, const char *separator)
{
	const struct known_facts *facts = &drawing->view->facts;
	bool gap = row->flags & PICTURE_GAP;
	struct known_range known;
	size_t names = 0;

	if (known_range_holding(facts, row->start, row->last, gap, &known)) {
		print(drawing->out, "%s%s", separator, known.name);
		separator = ": ";
	}
	for (size_t at = 0; known_ranges_next(facts, row->start, row->last, &at, &known);) {
		bool within = known.start >= row->start && known.last <= row->last;

		if (!within || (known.start == row->start && known.last == row->last) || (known.kind == KNOWN_PCI_HOLE && !gap))
			continue;
		if (names == drawing->most_names) {
			print(drawing->out, "...");
			break;
		}
		names++;
		print(drawing->out, "%s%s", names == 1 ? separator : ", ", known.name);
	}
}

static void print_row(const struct drawing *drawing, const struct picture_piece *row)
{
	struct printer *out = drawing->out;
	uint32_t top = drawing->top + row->cell;
	bool gap = row->flags & PICTURE_GAP;

	print(out, "<text class=\"%s\" x=\"%u\" y=\"%u\" text-anchor=\"end\">%08llx</text>\n", gap ? "faint" : "",
	      AXIS_RIGHT, (unsigned)(top + BASELINE), X(row->start));
	print(out, "<text class=\"faint\" x=\"%u\" y=\"%u\">", (unsigned)notes_left(drawing),
	      (unsigned)(top + BASELINE));
	if (gap) {
		print(out, "gap ");
		print_binary_size(out, range_bytes(row->start, row->last));
	}
	print_known(drawing, row, gap ? ", " : "");
	print(out, "</text>\n");
	if (gap)
		print_fold(drawing, COLUMNS_LEFT, notes_left(drawing) - COLUMN_GAP, top + row->width / 2, "line");
}

/* Kinds in the order of the table, those that the picture has. */
static uint32_t print_legend(const struct drawing *drawing, bool *present, bool measure)
{
	uint32_t per_line = (drawing->width - 16) / LEGEND_STEP, place = 0;
	struct printer *out = drawing->out;

	for (unsigned kind = MAP_KIND_NOTHING + 1; kind < MAP_KINDS; kind++) {
		uint32_t x = 8 + place % per_line * LEGEND_STEP,
			 y = drawing->legend_top + place / per_line * LEGEND_HEIGHT;

		if (!present[kind])
			continue;
		place++;
		if (measure)
			continue;
		print(out, "<rect class=\"sample\" x=\"%u\" y=\"%u\" width=\"14\" height=\"14\" fill=\"#%06x\"/>",
		      (unsigned)x, (unsigned)y, (unsigned)map_kind_colour(kind));
		print(out, "<text class=\"legend\" x=\"%u\" y=\"%u\">%s</text>\n", (unsigned)(x + 20),
		      (unsigned)(y + 12), map_kind_name(kind));
	}
	return (place + per_line - 1) / per_line * LEGEND_HEIGHT;
}

static void print_captions(const struct drawing *drawing)
{
	static const char *const captions[] = { "EFI descriptors", "e820 entries", "/proc/iomem" };
	const struct picture *picture = drawing->picture;

	for (size_t i = 0; i < picture->nr_columns; i++)
		print(drawing->out, "<text class=\"caption\" x=\"%u\" y=\"%u\">%s%s</text>\n",
		      (unsigned)column_left(drawing, i), (unsigned)(drawing->top - 8),
		      captions[picture->columns[i].level],
		      picture->columns[i].level == LEVEL_E820 && drawing->view->converted ? " (converted)" : "");
}

static void find_present(const struct map_view *view, bool *present)
{
	for (unsigned level = 0; level < MAP_LEVELS; level++)
		for (size_t i = 0; i < view->levels[level].count; i++) {
			struct map_item item = map_items_at(&view->levels[level], i);

			present[map_item_kind(level, &item)] = true;
		}
}

void svg_print(const struct picture *picture, const struct map_view *view, bool alone, struct printer *out)
{
	struct drawing drawing = { .picture = picture, .view = view, .out = out,
				   .column_width = find_width(picture, alone ? 420 : 260), .notes_width = alone ? 380 : 280,
				   .most_names = alone ? 4 : 2,
				   .legend_top = alone ? 30 : 8 };
	bool present[MAP_KINDS] = { false };
	uint32_t height;

	find_present(view, present);
	drawing.width = notes_left(&drawing) + drawing.notes_width;
	drawing.top = drawing.legend_top + print_legend(&drawing, present, true) + 24;
	height = drawing.top + picture->height + BOTTOM;
	if (alone)
		print(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	print(out,
	      "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"map-picture\" width=\"%u\" height=\"%u\" "
	      "viewBox=\"0 0 %u %u\" role=\"%s\">\n<title>Memory map of ",
	      (unsigned)drawing.width, (unsigned)height, (unsigned)drawing.width, (unsigned)height,
	      alone ? "img" : "group");
	print_markup(out, view->source->name);
	print(out, "</title>\n");
	print(out, "<style>\n%s</style>\n", map_picture_css);
	print(out, "<rect class=\"paper\" width=\"%u\" height=\"%u\"/>\n", (unsigned)drawing.width, (unsigned)height);
	if (alone) {
		print(out, "<text class=\"title\" x=\"8\" y=\"20\">Memory map of ");
		print_markup(out, view->source->name);
		print(out, "</text>\n");
	}
	print_legend(&drawing, present, false);
	print_captions(&drawing);
	for (size_t i = 0; i < picture->nr_rows; i++)
		print_row(&drawing, &picture->rows[i]);
	for (size_t i = 0; i < picture->nr_columns; i++)
		print_column(&drawing, i);
	if (picture->nr_rows) {
		uint64_t last = picture->rows[picture->nr_rows - 1].last;

		print(out, "<text class=\"faint\" x=\"%u\" y=\"%u\" text-anchor=\"end\">%08llx</text>\n", AXIS_RIGHT,
		      (unsigned)(drawing.top + picture->height + BASELINE), X(last));
	}
	print(out, "</svg>\n");
}
