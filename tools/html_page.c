/* SPDX-License-Identifier: BSD-2-Clause */
#include "html_page.h"

#include <stdio.h>
#include <stdlib.h>

#include <loader/placement.h>

#include "markup.h"
#include "meanings.h"
#include "number_runs.h"
#include "origins.h"
#include "picture.h"

/* tools/map_page_files.S */
extern const char map_page_css[], map_page_js[];

#define BAR_WIDTH 160 /* pixels of the largest total */
/* Of a descriptor that shares bytes with more entries all count as made of it: that is a map to make the page slow. */
#define PARTNERS_MAX 4096

#define X(value) ((unsigned long long)(value))

struct page {
	const struct map_view *view;
	struct printer *out;
	struct printer *text; /* the same place; what goes through here is escaped */
	struct origins origins;
};

static void print_head(const struct page *page)
{
	struct printer *out = page->out;

	print(out,
	      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
	      "script-src 'unsafe-inline'\">\n<title>Memory map of ");
	print(page->text, "%s", page->view->source->name);
	print(out, "</title>\n<style>\n%s", map_page_css);
	for (unsigned kind = 0; kind < MAP_KINDS; kind++)
		print(out, ".kind-%u { --kind: #%06x; }\n", kind, (unsigned)map_kind_colour(kind));
	print(out, "</style>\n</head>\n<body>\n");
}

static void print_fact(const struct page *page, const char *name, const char *value)
{
	if (value)
		print(page->text, " \xc2\xb7 %s %s", name, value);
}

static void print_header(const struct page *page)
{
	const struct map_source *source = page->view->source;
	struct printer *out = page->out;

	print(out, "<header>\n<div class=\"line\"><h1>Memory map of ");
	print(page->text, "%s", source->name);
	print(out,
	      "</h1>\n<div class=\"find\"><label for=\"search\">Find</label>\n"
	      "<input id=\"search\" type=\"search\" autocomplete=\"off\" spellcheck=\"false\" "
	      "placeholder=\"an address (fee00000, 3G), a type, any text\" aria-describedby=\"found\">\n"
	      "<output id=\"found\" for=\"search\" aria-live=\"polite\"></output></div></div>\n<p class=\"facts\">");
	print(page->text, "%s", source->kind);
	print_fact(page, "kernel", source->kernel);
	print_fact(page, "machine", source->board);
	print_fact(page, "firmware", source->firmware);
	print_fact(page, "command line:", source->command_line);
	if (source->rsdp)
		print(out, " \xc2\xb7 ACPI RSDP at 0x%llx", X(source->rsdp));
	if (page->view->levels[LEVEL_E820].count)
		print(out, " \xc2\xb7 CRC32 of the e820 map %08x", (unsigned)e820_crc32(&page->view->e820));
	print(out, "</p>\n</header>\n");
}

static void print_swatch(struct printer *out, enum map_kind kind)
{
	print(out, "<span class=\"swatch kind-%u\"></span>", (unsigned)kind);
}

/* The e820 entries that an item belongs to, for the script: "5-7 9". */
static void print_partners(const struct page *page, enum map_level level, const struct map_item *item)
{
	struct printer *out = page->out;
	const char *separator = "";
	size_t first, last, next;

	if (level == LEVEL_E820 || !origins_entries(page->view, item->first, item->last, &first, &last))
		return;
	print(out, " data-to=\"");
	for (; first <= last; first = next) {
		next = first + 1;
		if (level == LEVEL_EFI && last - first < PARTNERS_MAX && !origins_made_of(page->view, first, item->index))
			continue;
		while (next <= last && (level != LEVEL_EFI || last - first >= PARTNERS_MAX ||
					origins_made_of(page->view, next, item->index)))
			next++;
		print(out, next == first + 1 ? "%s%zu" : "%s%zu-%zu", separator, first, next - 1);
		separator = " ";
	}
	print(out, "\"");
}

/* "<tr" with what the script needs to know: key, addresses, name, and the e820 entries that it belongs to. */
static void start_row(const struct page *page, enum map_level level, const struct map_item *item)
{
	struct printer *out = page->out;

	print(out, "<tr id=\"");
	print_item_key(out, level, item->index);
	print(out, "\" data-key=\"");
	print_item_key(out, level, item->index);
	print(out, "\" data-first=\"%llx\" data-last=\"%llx\"", X(item->first), X(item->last));
	print_partners(page, level, item);
	print(out, " data-name=\"%zu ", item->index);
	map_item_print_type(level, item, page->text);
	print(out, "\">");
}

static void print_gap(const struct page *page, uint64_t first, uint64_t last, const char *cells)
{
	struct known_range known;
	struct printer *out = page->out;

	print(out, "<tr class=\"gap\" data-first=\"%llx\" data-last=\"%llx\" data-name=\"gap\"><td></td><td>gap",
	      X(first), X(last));
	if (known_range_fitting(&page->view->facts, first, last, true, &known))
		print(out, ": %s", known.name);
	print(out, "</td><td class=\"address\">%08llx</td><td class=\"address\">%08llx</td><td class=\"number\">",
	      X(first), X(last));
	print_binary_size(out, range_bytes(first, last));
	print(out, "</td>%s</tr>\n", cells);
}

static void print_type_and_range(const struct page *page, enum map_level level, const struct map_item *item)
{
	struct printer *out = page->out;

	print(out, "<td class=\"number\">%zu</td><td class=\"type\">", item->index);
	print_swatch(out, map_item_kind(level, item));
	map_item_print_type(level, item, page->text);
	print(out, "</td><td class=\"address\">%08llx</td><td class=\"address\">%08llx</td><td class=\"number\">",
	      X(item->first), X(item->last));
	print_binary_size(out, range_bytes(item->first, item->last));
	print(out, "</td>");
}

/* All texts but the columns are escaped. */
static void start_table(const struct page *page, const char *id, const char *unit, const char *title, const char *small,
			const char *columns)
{
	print(page->out, "<section id=\"%s\" data-unit=\"", id);
	print(page->text, "%s", unit);
	print(page->out, "\">\n<h2>");
	print(page->text, "%s", title);
	print(page->out, " <small>");
	print(page->text, "%s", small);
	print(page->out, "</small></h2>\n<div class=\"table\"><table>\n<thead><tr>%s</tr></thead>\n<tbody>\n", columns);
}

static void end_table(const struct page *page)
{
	print(page->out, "</tbody></table></div>\n</section>\n");
}

#define RANGE_COLUMNS \
	"<th class=\"number\">#</th><th>type</th><th>first byte</th><th>last byte</th><th class=\"number\">size</th>"

/* A row for each item and each gap below it; cells end a gap's row, row_end() an item's. */
static void print_rows(const struct page *page, enum map_level level, const char *cells,
		       void (*row_end)(const struct page *page, const struct map_item *item))
{
	const struct map_items *items = &page->view->levels[level];
	uint64_t at = 0;
	bool full = false;

	for (size_t i = 0; i < items->count; i++) {
		struct map_item item = map_items_at(items, i);

		if (!full && item.first > at)
			print_gap(page, at, item.first - 1, cells);
		start_row(page, level, &item);
		print_type_and_range(page, level, &item);
		row_end(page, &item);
		print(page->out, "</tr>\n");
		full = full || item.last == UINT64_MAX;
		if (!full && item.last + 1 > at)
			at = item.last + 1;
	}
}

static void print_entry_link(struct printer *out, size_t index)
{
	print(out, "<a href=\"#e820-%zu\">e820 %zu</a>", index, index);
}

static void print_descriptor_link(struct printer *out, const char *words, size_t index)
{
	print(out, "%s <a href=\"#efi-%zu\">%zu</a>", words, index, index);
}

/* What became of a descriptor, in a word or two where numbers say the rest. */
static void print_fate(const struct map_view *view, size_t index, struct printer *out)
{
	const struct efi_trace *trace = view->trace ? &view->trace[index] : NULL;

	if (!trace)
		return;
	if (trace->fate == EFI_FATE_KEPT)
		print(out, "exactly");
	else if (trace->fate == EFI_FATE_MERGED)
		print(out, "merged");
	else if (trace->fate == EFI_FATE_CLIPPED && trace->by != SIZE_MAX)
		print_descriptor_link(out, "clipped by", trace->by);
	else if (trace->fate == EFI_FATE_COVERED)
		print_descriptor_link(out, "covered by", trace->by);
	else
		efi_trace_explain(&view->source->efi[index], trace, out);
}

static void end_efi_row(const struct page *page, const struct map_item *item)
{
	const struct map_view *view = page->view;
	struct printer *out = page->out;
	size_t first, last;

	print(out, "<td class=\"bits\">");
	efi_attribute_print_short(item->attribute, out);
	print(out, "</td><td>");
	if (origins_entries(view, item->first, item->last, &first, &last)) {
		print_entry_link(out, first);
		if (last > first) {
			print(out, " to ");
			print_entry_link(out, last);
		}
		print(out, ", ");
	}
	print_fate(view, item->index, out);
	print(out, "</td>");
}

/* Descriptors that have no valid range are not drawn, but must not vanish either. */
static void print_invalid(const struct page *page)
{
	const struct map_view *view = page->view;
	struct printer *out = page->out;

	for (size_t i = 0; i < view->source->nr_efi; i++) {
		const struct efi_memory_desc *desc = &view->source->efi[i];
		uint64_t end;

		if (efi_memory_desc_end(desc, &end))
			continue;
		print(out,
		      "<tr class=\"gap\"><td class=\"number\">%zu</td><td>%s</td><td "
		      "class=\"address\">%08llx</td><td></td>"
		      "<td class=\"number\">%llu pages</td><td class=\"bits\">",
		      i, efi_memory_type_linux_name(desc->type), X(desc->phys_addr), X(desc->num_pages));
		efi_attribute_print_short(desc->attribute, out);
		print(out, "</td><td>");
		print_fate(view, i, out);
		print(out, "</td></tr>\n");
	}
}

static void print_efi(const struct page *page)
{
	if (page->view->source->nr_efi == 0)
		return;
	start_table(page, "efi", "EFI descriptor", "EFI descriptors",
		    page->view->by_rule ? "by address"
					: "by address; what became of them is said by the rule of Linux's EFI "
					  "stub, which gives another e820 map than the file's",
		    RANGE_COLUMNS "<th>attributes</th><th>what became of it</th>");
	print_rows(page, LEVEL_EFI, "<td></td><td></td>", end_efi_row);
	print_invalid(page);
	end_table(page);
}

static void end_e820_row(const struct page *page, const struct map_item *item)
{
	struct number_runs runs = { .out = page->out, .link = "efi" };
	const struct origins *origins = &page->origins;

	if (page->view->source->nr_efi == 0)
		return;
	print(page->out, "<td>");
	if (!origins->numbers)
		print(page->out, "too many to list");
	for (size_t i = origins->starts[item->index]; origins->numbers && i < origins->starts[item->index + 1]; i++)
		number_runs_add(&runs, origins->numbers[i]);
	number_runs_end(&runs);
	print(page->out, "</td>");
}

static void print_e820(const struct page *page)
{
	const struct map_view *view = page->view;

	if (view->levels[LEVEL_E820].count == 0)
		return;
	start_table(page, "e820", "e820 entry", "e820 map",
		    view->converted ? "converted as Linux's EFI stub does it" : "",
		    view->source->nr_efi ? RANGE_COLUMNS "<th>made of descriptors</th>" : RANGE_COLUMNS);
	print_rows(page, LEVEL_E820, view->source->nr_efi ? "<td></td>" : "", end_e820_row);
	end_table(page);
}

/* The file's other e820 tables, as they stand there: what Linux made of the first one in later steps. */
static void print_other_e820(const struct page *page)
{
	const struct map_source *source = page->view->source;
	struct printer *out = page->out;

	for (size_t i = 0; i < source->nr_e820; i++) {
		const struct source_e820 *other = &source->e820[i];
		char id[32];

		if (other == page->view->recorded)
			continue;
		snprintf(id, sizeof(id), "table-%zu", i);
		start_table(page, id, other->label, other->label, "another e820 table of the file", RANGE_COLUMNS);
		for (size_t j = 0; j < other->table.nr_entries; j++) {
			const struct e820_entry *entry = &other->table.entries[j];
			struct map_item item = { .first = entry->addr, .last = entry->addr + (entry->size - 1),
						 .index = j, .type = entry->type };

			if (entry->size == 0)
				continue;
			print(out, "<tr data-first=\"%llx\" data-last=\"%llx\" data-name=\"%zu ", X(item.first),
			      X(item.last), j);
			map_item_print_type(LEVEL_E820, &item, page->text);
			print(out, "\">");
			print_type_and_range(page, LEVEL_E820, &item);
			print(out, "</tr>\n");
		}
		end_table(page);
	}
}

static void end_iomem_row(const struct page *page, const struct map_item *item)
{
	print(page->out, "<td class=\"number\">%u</td>", (unsigned)item->depth);
}

static void print_iomem(const struct page *page)
{
	if (page->view->levels[LEVEL_IOMEM].count == 0)
		return;
	start_table(page, "iomem", "resource", "/proc/iomem", "who owns which addresses",
		    RANGE_COLUMNS "<th class=\"number\">depth</th>");
	print_rows(page, LEVEL_IOMEM, "<td></td>", end_iomem_row);
	end_table(page);
}

static void print_totals_of(const struct page *page, enum map_level level)
{
	size_t nr_totals;
	struct map_segments segments = map_items_flatten(&page->view->levels[level]);
	struct type_total *totals = map_type_totals(&segments, &nr_totals);
	struct printer *out = page->out;
	uint64_t most = 1;

	for (size_t i = 0; i < nr_totals; i++)
		most = totals[i].bytes > most ? totals[i].bytes : most;
	for (size_t i = 0; i < nr_totals; i++) {
		enum map_kind kind = map_item_kind(level, &totals[i].item);

		print(out, "<tr><td>%s</td><td class=\"type\">", level == LEVEL_EFI ? "EFI" : "e820");
		print_swatch(out, kind);
		map_item_print_type(level, &totals[i].item, page->text);
		print(out, "</td><td class=\"number\">%llu</td><td class=\"number\">", X(totals[i].bytes));
		print_binary_size(out, totals[i].bytes);
		print(out, "</td><td><span class=\"bar kind-%u\" style=\"width: %upx\"></span></td></tr>\n",
		      (unsigned)kind, (unsigned)((double)totals[i].bytes / (double)most * BAR_WIDTH));
	}
	free(totals);
	map_segments_free(&segments);
}

static void print_totals(const struct page *page)
{
	if (page->view->levels[LEVEL_EFI].count + page->view->levels[LEVEL_E820].count == 0)
		return;
	start_table(page, "totals", "total", "Totals", "bytes by type",
		    "<th>map</th><th>type</th><th class=\"number\">bytes</th><th class=\"number\">size</th><th></th>");
	print_totals_of(page, LEVEL_E820);
	print_totals_of(page, LEVEL_EFI);
	end_table(page);
}

static void print_findings(const struct page *page)
{
	const struct map_view *view = page->view;
	struct printer *out = page->out;

	if (view->source->nr_efi + view->source->nr_notes == 0)
		return;
	print(out,
	      "<section id=\"findings\">\n<h2>Findings <small>what is odd about the map and the file</small></h2>\n");
	if (view->nr_findings + view->source->nr_notes == 0)
		print(out, "<p>None: the descriptors are in order.</p>\n");
	else
		print(out, "<ul>\n");
	for (size_t i = 0; i < view->nr_findings; i++) {
		print(out, "<li>");
		efi_finding_print(&view->efi, &view->findings[i], page->text);
		print(out, "</li>\n");
	}
	for (size_t i = 0; i < view->source->nr_notes; i++) {
		const struct source_note *note = &view->source->notes[i];

		print(out, "<li>");
		if (note->line)
			print(out, "line %zu: ", note->line);
		print(page->text, "%s", note->text);
		print(out, "</li>\n");
	}
	if (view->nr_findings + view->source->nr_notes)
		print(out, "</ul>\n");
	print(out, "</section>\n");
}

static void print_known(const struct page *page)
{
	struct known_range known;
	struct printer *out = page->out;

	start_table(page, "known", "well-known range", "Well-known ranges", "what such addresses are on a PC",
		    "<th>name</th><th>first byte</th><th>last byte</th><th>what it is</th>");
	for (size_t at = 0; known_ranges_next(&page->view->facts, 0, UINT64_MAX, &at, &known);)
		print(out,
		      "<tr data-first=\"%llx\" data-last=\"%llx\" data-name=\"%s\"><td class=\"type\">%s</td>"
		      "<td class=\"address\">%08llx</td><td class=\"address\">%08llx</td><td>%s</td></tr>\n",
		      X(known.start), X(known.last), known.name, known.name, X(known.start), X(known.last),
		      known_range_sentence(&known));
	end_table(page);
}

void html_print(const struct map_view *view, struct printer *out)
{
	struct markup_printer escaped = markup_printer_to(out);
	struct page page = { view, out, &escaped.printer, origins_find(view) };
	struct picture picture;

	print_head(&page);
	print_header(&page);
	print(out, "<main>\n<div class=\"picture\">\n");
	picture_open(&picture, view);
	svg_print(&picture, view, false, out);
	picture_close(&picture);
	print(out, "</div>\n<div class=\"tables\">\n");
	print_e820(&page);
	print_efi(&page);
	print_other_e820(&page);
	print_iomem(&page);
	print_findings(&page);
	print_totals(&page);
	print_known(&page);
	print(out,
	      "</div>\n</main>\n<p id=\"about\">Point at a range, or walk with Tab and the arrow keys; Enter goes to "
	      "what it became, / to the search.</p>\n<script>\n%s</script>\n</body>\n</html>\n",
	      map_page_js);
	origins_free(&page.origins);
}
