/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The map viewer: a picture of memory over a table, on the screen in colours and on other consoles as text. What is
 * shown comes from loader/map_views.c; this file has the keys and the layout.
 *
 * Text consoles get whole lines, one after the other, and a prompt that the next line overwrites: no cursor is moved,
 * so what was shown stays in a log.
 */
#include "graphics.h"

#include <loader/bls.h>
#include <loader/map_views.h>
#include <loader/placement.h>
#include <loader/wrap.h>

#define ECAM_MAX 16
#define TERMINALS_MAX 4
#define TEXT_ROWS 25          /* of a text console that does not tell */
#define BAR_LEAST 3           /* pixels of the font: the line before a piece, and two in its colour */
#define LEGEND_WIDTH 26       /* columns of one kind in the legend */
#define TABLE_WIDTH 80        /* of a column of the table, with the room to the next */
#define TABLE_COLUMNS_MAX 4
#define PROMPT "arrows PgUp PgDn Home End: scroll  Tab 1-7: view  s: save  q: back"

/* A text divided into lines. */
struct lines {
	char *text;
	uint32_t *starts; /* where each line starts; one element more, where the text ends */
	size_t count;
};

struct viewer {
	const struct map_viewing *viewing;
	const struct boot_survey *survey;
	struct map_views views;
	void *memory; /* of the views */
	struct mcfg_entry ecam[ECAM_MAX];
	struct picture_range *ranges;
	size_t range_count;
	struct picture_piece *pieces;
	size_t piece_capacity;

	enum map_view view; /* MAP_VIEWS: a message */
	const char *message;
	struct lines legend;
	struct lines table;
	size_t top;  /* first line of the table that is shown */
	size_t page; /* lines that every console shows */

	struct canvas *canvas; /* null: text only */
	bool cursor;           /* was visible before */
	bool text_on_screen;   /* the firmware cannot write to the other consoles alone */
	struct canvas_size size;
	size_t text_rows;
	EFI_SIMPLE_TEXT_OUT_PROTOCOL *terminals[TERMINALS_MAX];
	struct console_target target; /* what the console was sent to before */
	char said[1500];              /* what the console would have said meanwhile */
};

static void free_lines(struct lines *lines)
{
	pool_free(lines->text);
	pool_free(lines->starts);
	*lines = (struct lines){ 0 };
}

/* Finds the lines of lines->text, which has that length and ends in a newline. */
static bool divide(struct lines *lines, size_t length)
{
	size_t count = 0;

	for (size_t i = 0; i < length; i++)
		count += lines->text[i] == '\n';
	lines->starts = pool_allocate((count + 1) * sizeof(*lines->starts), "map viewer");
	if (!lines->starts)
		return false;
	lines->starts[0] = 0;
	for (size_t i = 0; i < length; i++)
		if (lines->text[i] == '\n')
			lines->starts[++lines->count] = (uint32_t)i + 1;
	return true;
}

/* Takes what print_text() prints, in lines of at most 79 columns; printed twice, to know its size first. */
static bool take_lines(struct viewer *viewer, struct lines *lines,
		       void (*print_text)(struct viewer *viewer, struct printer *out))
{
	struct buffer_printer out;
	struct wrap_printer wrap;
	char nothing[1];

	free_lines(lines);
	buffer_printer_init(&out, nothing, sizeof(nothing));
	wrap_printer_init(&wrap, &out.printer, MAP_VIEW_COLUMNS);
	print_text(viewer, &wrap.printer);
	lines->text = pool_allocate(out.length + 1, "map viewer");
	if (!lines->text)
		return false;
	buffer_printer_init(&out, lines->text, out.length + 1);
	print_text(viewer, &wrap.printer);
	return divide(lines, out.length);
}

static size_t line_length(const struct lines *lines, size_t index)
{
	return lines->starts[index + 1] - lines->starts[index] - 1;
}

static const char *line_text(const struct lines *lines, size_t index)
{
	return lines->text + lines->starts[index];
}

static void print_table(struct viewer *viewer, struct printer *out)
{
	if (viewer->view == MAP_VIEWS)
		print(out, "%s\n", viewer->message);
	else
		map_view_print(&viewer->views, viewer->view, out);
}

/* Every kind that is in the picture, with its bytes, several to a line. */
static void print_legend(struct viewer *viewer, struct printer *out)
{
	size_t used = 0;

	for (enum map_kind kind = 0; kind < MAP_KINDS; kind++) {
		uint64_t total = map_kind_total(viewer->ranges, viewer->range_count, kind);
		struct buffer_printer item;
		char text[40];

		if (total == 0)
			continue;
		buffer_printer_init(&item, text, sizeof(text));
		print(&item.printer, "%c %s ", map_kind_symbol(kind), map_kind_name(kind));
		print_binary_size(&item.printer, total);
		if (used && used % (MAP_VIEW_COLUMNS / LEGEND_WIDTH) == 0)
			print(out, "\n");
		print(out, "%-*s", LEGEND_WIDTH, text);
		used++;
	}
	print(out, "\n");
}

static void print_title(struct viewer *viewer, struct printer *out)
{
	const char *name = viewer->viewing->name;

	if (viewer->view == MAP_VIEWS)
		print(out, "Memory map");
	else
		print(out, "Memory map, view %u of %u: %s", (unsigned)viewer->view + 1, MAP_VIEWS, map_view_title(viewer->view));
	if (name)
		print(out, "  %s", name);
}

/* The picture in so many cells and at most that many pieces; 0 when there is nothing to show. */
static size_t fold(struct viewer *viewer, uint32_t cells, uint32_t least, size_t most, uint64_t *scale)
{
	long count = map_picture_fold(viewer->ranges, viewer->range_count, cells, least, viewer->pieces,
				      most < viewer->piece_capacity ? most : viewer->piece_capacity, scale);

	return count > 0 ? (size_t)count : 0;
}

static void print_scale(struct viewer *viewer, uint64_t scale, const char *cell, const char *folded,
			struct printer *out)
{
	print(out, "0 to 0x%llx, ", X(viewer->ranges[viewer->range_count - 1].last));
	print_binary_size(out, scale);
	print(out, " a %s; small ones are wider, %s folded", cell, folded);
}

static void draw_line(struct viewer *viewer, uint32_t row, const struct buffer_printer *line, bool bright)
{
	size_t length = line->length < line->capacity ? line->length : line->capacity - 1;

	canvas_text(viewer->canvas, row, line->buffer, length, 0, bright);
}

/* For side by side: what the e820 map has where each piece starts. */
static void to_e820_kinds(struct viewer *viewer, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!(viewer->pieces[i].flags & PICTURE_GAP))
			viewer->pieces[i].type = map_views_e820_kind(&viewer->views, viewer->pieces[i].start);
}

static uint32_t header_rows(const struct viewer *viewer)
{
	return 4 + (uint32_t)viewer->legend.count; /* title, two of the bar, scale */
}

static void draw_header(struct viewer *viewer)
{
	struct buffer_printer line;
	char text[160];
	uint64_t scale;
	size_t count = fold(viewer, viewer->size.pixels, BAR_LEAST * viewer->size.scale, SIZE_MAX, &scale);

	buffer_printer_init(&line, text, sizeof(text));
	print_title(viewer, &line.printer);
	draw_line(viewer, 0, &line, true);
	canvas_bar(viewer->canvas, 1, 2, viewer->pieces, count);
	if (viewer->view == MAP_VIEW_TRACE) {
		to_e820_kinds(viewer, count);
		canvas_bar(viewer->canvas, 2, 1, viewer->pieces, count);
	}
	buffer_printer_init(&line, text, sizeof(text));
	if (count)
		print_scale(viewer, scale, "pixel", "striped ones", &line.printer);
	draw_line(viewer, 3, &line, false);
	for (size_t i = 0; i < viewer->legend.count; i++)
		canvas_text(viewer->canvas, 4 + (uint32_t)i, line_text(&viewer->legend, i), line_length(&viewer->legend, i),
			    LEGEND_WIDTH, false);
}

/* A wide screen has the table in several columns, to be read one after the other. */
static size_t table_rows(const struct viewer *viewer)
{
	return viewer->size.rows - header_rows(viewer) - 1;
}

static size_t table_columns(const struct viewer *viewer)
{
	size_t columns = viewer->size.columns / TABLE_WIDTH;

	return columns < 1 ? 1 : columns > TABLE_COLUMNS_MAX ? TABLE_COLUMNS_MAX : columns;
}

static void draw_table(struct viewer *viewer)
{
	struct buffer_printer line;
	char text[TABLE_COLUMNS_MAX * TABLE_WIDTH + 1];
	size_t rows = table_rows(viewer);

	for (size_t i = 0; i < rows; i++) {
		buffer_printer_init(&line, text, sizeof(text));
		for (size_t column = 0; column < table_columns(viewer); column++) {
			size_t index = viewer->top + column * rows + i;

			if (index < viewer->table.count)
				print(&line.printer, "%-*.*s", TABLE_WIDTH, (int)line_length(&viewer->table, index),
				      line_text(&viewer->table, index));
		}
		canvas_text(viewer->canvas, header_rows(viewer) + (uint32_t)i, text, line.length,
			    viewer->view == MAP_VIEWS ? 0 : TABLE_WIDTH, false);
	}
	buffer_printer_init(&line, text, sizeof(text));
	print(&line.printer, "%zu/%zu " PROMPT, viewer->top + 1, viewer->table.count);
	draw_line(viewer, viewer->size.rows - 1, &line, true);
}

/* On text consoles the prompt is the last line, and overwritten by the next. */
static void tell_line(const char *text, size_t length)
{
	print(console, "\r%-*.*s\n", MAP_VIEW_COLUMNS, (int)length, text);
}

static void tell_prompt(struct viewer *viewer)
{
	char text[MAP_VIEW_COLUMNS + 1];
	struct buffer_printer line;
	size_t end = viewer->top + viewer->page;

	buffer_printer_init(&line, text, sizeof(text));
	print(&line.printer, "%zu/%zu " PROMPT, end < viewer->table.count ? end : viewer->table.count, viewer->table.count);
	print(console, "\r%-*s", MAP_VIEW_COLUMNS, text);
	console_flush();
}

static void tell_table(struct viewer *viewer, size_t from, size_t end)
{
	for (size_t i = from; i < end && i < viewer->table.count; i++)
		tell_line(line_text(&viewer->table, i), line_length(&viewer->table, i));
	tell_prompt(viewer);
}

static void tell_header(struct viewer *viewer)
{
	uint64_t scale;
	/* In a half of the characters small ranges are seen, the other half shows how large the others are. */
	size_t count = fold(viewer, MAP_VIEW_COLUMNS, 1, MAP_VIEW_COLUMNS / 2, &scale);

	print(console, "\n");
	print_title(viewer, console);
	print(console, "\n");
	if (count) {
		map_bar_print(viewer->pieces, count, console);
		if (viewer->view == MAP_VIEW_TRACE) {
			to_e820_kinds(viewer, count);
			map_bar_print(viewer->pieces, count, console);
		}
		print_scale(viewer, scale, "character", "~ ones", console);
		print(console, "\n");
	}
	for (size_t i = 0; i < viewer->legend.count; i++)
		tell_line(line_text(&viewer->legend, i), line_length(&viewer->legend, i));
}

static void draw(struct viewer *viewer, bool whole)
{
	if (whole)
		draw_header(viewer);
	draw_table(viewer);
}

/* All, or the table alone. The prompt comes last, but for a picture that has to be drawn over it. */
static void update(struct viewer *viewer, bool whole, size_t from, size_t end)
{
	if (viewer->canvas && !viewer->text_on_screen)
		draw(viewer, whole);
	if (whole)
		tell_header(viewer);
	tell_table(viewer, from, end);
	if (viewer->canvas && viewer->text_on_screen)
		draw(viewer, true);
}

/* Shows a view, or the message, from its first line. */
static bool show(struct viewer *viewer, enum map_view view)
{
	size_t told;

	viewer->view = view;
	viewer->top = 0;
	viewer->range_count = map_views_ranges(&viewer->views, view, viewer->ranges);
	if (!take_lines(viewer, &viewer->legend, print_legend) || !take_lines(viewer, &viewer->table, print_table))
		return false;
	told = header_rows(viewer) + 2;
	viewer->page = viewer->text_rows > told + 4 ? viewer->text_rows - told : 4;
	if (viewer->canvas && table_rows(viewer) * table_columns(viewer) < viewer->page)
		viewer->page = table_rows(viewer) * table_columns(viewer);
	update(viewer, true, 0, viewer->page);
	return true;
}

/* Scrolls so that line top is the first, as far as there are lines to fill the page. */
static void scroll(struct viewer *viewer, size_t top)
{
	size_t most = viewer->table.count > viewer->page ? viewer->table.count - viewer->page : 0, before = viewer->top;

	viewer->top = top < most ? top : most;
	if (viewer->top == before)
		return;
	if (viewer->top > before && viewer->top - before <= viewer->page)
		update(viewer, false, before + viewer->page, viewer->top + viewer->page);
	else
		update(viewer, false, viewer->top, viewer->top + viewer->page);
}

/* What the console says meanwhile goes into viewer->said. */
static void listen(struct viewer *viewer, struct buffer_printer *out)
{
	buffer_printer_init(out, viewer->said, sizeof(viewer->said));
	viewer->target = console_redirect((struct console_target){ .printer = &out->printer });
}

static bool save(struct viewer *viewer)
{
	struct buffer_printer out;

	listen(viewer, &out);
	map_save(viewer->survey); /* what went wrong is in what it says */
	console_redirect(viewer->target);
	viewer->message = viewer->said;
	return show(viewer, MAP_VIEWS);
}

/* Carries out a key; false to go back. */
static bool press(struct viewer *viewer, const EFI_INPUT_KEY *key)
{
	unsigned view = viewer->view == MAP_VIEWS ? 0 : viewer->view + 1; /* the next one */

	switch (key->ScanCode) {
	case SCAN_UP:
		scroll(viewer, viewer->top ? viewer->top - 1 : 0);
		return true;
	case SCAN_DOWN:
		scroll(viewer, viewer->top + 1);
		return true;
	case SCAN_PAGE_UP:
		scroll(viewer, viewer->top > viewer->page ? viewer->top - viewer->page : 0);
		return true;
	case SCAN_PAGE_DOWN:
		scroll(viewer, viewer->top + viewer->page);
		return true;
	case SCAN_HOME:
		scroll(viewer, 0);
		return true;
	case SCAN_END:
		scroll(viewer, viewer->table.count);
		return true;
	case SCAN_RIGHT:
		return show(viewer, view % MAP_VIEWS);
	case SCAN_LEFT:
		return show(viewer, (view + MAP_VIEWS - 2) % MAP_VIEWS);
	default:
		break;
	}
	if (key->UnicodeChar == '\t')
		return show(viewer, view % MAP_VIEWS);
	if (key->UnicodeChar > '0' && key->UnicodeChar <= '0' + MAP_VIEWS)
		return show(viewer, key->UnicodeChar - '1');
	if ((key->UnicodeChar | 0x20) == 's')
		return save(viewer);
	return (key->UnicodeChar | 0x20) != 'q' && !is_escape(key);
}

static void loop(struct viewer *viewer)
{
	unsigned seconds = viewer->viewing->seconds;
	EFI_INPUT_KEY key;

	do {
		while (!read_key(1000, &key))
			if (seconds && --seconds == 0)
				return;
		seconds = 0;
	} while (press(viewer, &key));
}

static size_t rows_of(EFI_SIMPLE_TEXT_OUT_PROTOCOL *terminal)
{
	UINTN columns, rows;

	if (!terminal || !terminal->Mode ||
	    EFI_ERROR(terminal->QueryMode(terminal, (UINTN)terminal->Mode->Mode, &columns, &rows)))
		return TEXT_ROWS;
	return rows;
}

/* With a picture on the screen, text goes to the consoles that are on none, or to all before the picture is drawn. */
static void open_consoles(struct viewer *viewer)
{
	struct console_target to = { .terminals = viewer->terminals };
	EFI_SIMPLE_TEXT_OUT_PROTOCOL *out = fw.system->ConOut;

	viewer->canvas = canvas_open(&viewer->size);
	if (viewer->canvas) {
		to.terminal_count = screen_terminals(viewer->terminals, TERMINALS_MAX);
		viewer->text_on_screen = to.terminal_count == SIZE_MAX;
		if (viewer->text_on_screen)
			to = (struct console_target){ 0 };
		else if (to.terminal_count > 0)
			out = viewer->terminals[0];
		console_redirect(to);
		viewer->cursor = fw.system->ConOut && fw.system->ConOut->Mode && fw.system->ConOut->Mode->CursorVisible;
		if (viewer->cursor)
			fw.system->ConOut->EnableCursor(fw.system->ConOut, FALSE);
	}
	viewer->text_rows = rows_of(out);
}

static void close_consoles(struct viewer *viewer)
{
	EFI_SIMPLE_TEXT_OUT_PROTOCOL *out = fw.system->ConOut;

	print(console, "\n");
	if (!viewer->canvas)
		return;
	canvas_close(viewer->canvas);
	console_redirect((struct console_target){ 0 });
	if (out)
		out->ClearScreen(out);
	if (viewer->cursor)
		out->EnableCursor(out, TRUE);
}

static bool make_views(struct viewer *viewer)
{
	const struct efi_memmap *map = viewer->survey->request->map;
	const struct boot_plan *plan = viewer->survey->plan;
	size_t count = efi_memmap_count(map), size = map_views_memory_size(count), ranges;

	viewer->memory = pool_allocate(size, "map viewer");
	if (!viewer->memory)
		return false;
	if (map_views_init(&viewer->views, map, plan ? plan->policy : E820_POLICY_ACPI, viewer->memory, size)) {
		print(refuse("memory map"), "%zu bytes with descriptors of %zu cannot be shown; needed: "
		      "descriptors of 40 bytes or more\n", map->size, map->desc_size);
		return false;
	}
	viewer->views.known.amd = machine_is_amd();
	viewer->views.known.ecam = viewer->ecam;
	viewer->views.known.ecam_count = machine_ecam(viewer->ecam, ECAM_MAX);
	viewer->views.plan = plan;
	viewer->views.no_plan = viewer->viewing->entry ? viewer->said : viewer->viewing->no_plan;
	ranges = map_views_range_capacity(&viewer->views);
	viewer->piece_capacity = 2 * ranges + 1;
	viewer->ranges = pool_allocate(ranges * sizeof(*viewer->ranges), "map viewer");
	viewer->pieces = pool_allocate(viewer->piece_capacity * sizeof(*viewer->pieces), "map viewer");
	return viewer->ranges && viewer->pieces;
}

static void view(void *context, const struct boot_survey *survey)
{
	struct viewer *viewer = context;

	console_redirect(viewer->target);
	viewer->survey = survey;
	viewer->message = viewer->viewing->message;
	if (make_views(viewer)) {
		open_consoles(viewer);
		if (show(viewer, viewer->message ? MAP_VIEWS : MAP_VIEW_EFI))
			loop(viewer);
		close_consoles(viewer);
	}
	free_lines(&viewer->legend);
	free_lines(&viewer->table);
	pool_free(viewer->ranges);
	pool_free(viewer->pieces);
	pool_free(viewer->memory);
}

EFI_STATUS map_viewer_run(const struct map_viewing *viewing)
{
	struct viewer *viewer = pool_allocate(sizeof(*viewer), "map viewer");
	struct buffer_printer out;
	EFI_STATUS status;

	if (!viewer)
		return EFI_OUT_OF_RESOURCES;
	__builtin_memset(viewer, 0, sizeof(*viewer));
	viewer->viewing = viewing;
	listen(viewer, &out);
	status = boot_survey(viewing->entry, viewing->name ? viewing->name : "map viewer", view, viewer);
	if (!viewer->survey) { /* nobody has seen what was said */
		console_redirect(viewer->target);
		print(console, "%s", viewer->said);
	}
	pool_free(viewer);
	return status;
}
