/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random maps as no firmware should have them (overlaps, no pages, past 2^64, to the last byte) are drawn, explained
 * and compared: under the sanitizers, and with what must hold for every one of them.
 */
#include "efi_test.h"

#include <stdlib.h>

#include "../../tools/command.h"
#include "../../tools/diff_print.h"
#include "../../tools/explain.h"
#include "../../tools/html_page.h"
#include "../../tools/map_reader.h"
#include "../../tools/picture.h"

#define ROUNDS 400
#define DESCRIPTORS_MAX 24
#define RESOURCES_MAX 6

/* What the tools say when they refuse is not wanted here. */
int refuse(const char *format, ...)
{
	fail_msg("refused: %s", format);
	return EXIT_REFUSED;
}

static uint64_t random_state = 1;

static uint64_t random_below(uint64_t limit)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (random_state >> 33) % limit;
}

/* Addresses that like to meet: few pages at the bottom, at 4 GiB and at the top, sometimes not at a page boundary. */
static uint64_t random_address(void)
{
	static const uint64_t bases[] = { 0, UINT64_C(0xfffff000), UINT64_C(0xfd00000000), UINT64_MAX - 0x1ffff };
	uint64_t address = bases[random_below(MM_ARRAY_COUNT(bases))] + random_below(32) * 0x1000;

	return random_below(16) ? address : address + random_below(0x1000);
}

static void fill(struct map_source *source)
{
	static const char *const names[] = { "System RAM", "Reserved", "<b>&\"", "\033[31m", "\xff\xfe", "" };
	size_t descriptors = random_below(DESCRIPTORS_MAX), resources = random_below(RESOURCES_MAX);

	*source = (struct map_source){ .kind = "random numbers" };
	source->name = copied("random", 6);
	for (size_t i = 0; i < descriptors; i++) {
		uint64_t pages = random_below(8) ? random_below(12) : random_below(2) ? UINT64_MAX : UINT64_C(1) << 52;
		uint32_t type = random_below(8) ? (uint32_t)random_below(17) : UINT32_C(0x70000000) << random_below(2);

		source_add_efi(source, type, random_address(), pages, random_below(4) ? EFI_ATTRIBUTE_WB : UINT64_MAX);
	}
	for (size_t i = 0; i < resources; i++) {
		uint64_t start = random_address(), end = start + random_below(0x8000);
		const char *name = names[random_below(MM_ARRAY_COUNT(names))];

		source_add_iomem(source, (unsigned)random_below(14), start, end, name, strlen(name));
	}
	if (random_below(3) == 0) {
		for (size_t i = 0; i < descriptors; i++)
			source_add_e820(source, "BIOS-e820", random_address() & ~UINT64_C(0xfff),
					0x1000 * random_below(9), (uint32_t)random_below(9));
	}
}

/* Counts what is printed, and that it holds no control character. */
struct counting_printer {
	struct printer printer;
	size_t length;
};

static void count(struct printer *printer, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		assert_true((unsigned char)text[i] >= ' ' || text[i] == '\n' || text[i] == '\t');
	((struct counting_printer *)printer)->length += length;
}

static struct counting_printer counter(void)
{
	return (struct counting_printer){ { count }, 0 };
}

/* Rows follow each other in addresses and pixels, and hold every segment of every level. */
static void check_picture(const struct map_view *view)
{
	struct picture picture;
	uint32_t pixel = 0;

	picture_open(&picture, view);
	for (size_t i = 0; i < picture.nr_rows; i++) {
		const struct picture_piece *row = &picture.rows[i];

		assert_int_equal(row->cell, pixel);
		assert_true(row->width >= PICTURE_ROW_HEIGHT);
		assert_true(row->start <= row->last);
		assert_true(row->start == (i ? picture.rows[i - 1].last + 1 : 0));
		pixel += row->width;
	}
	assert_true(picture.nr_rows == 0 || pixel == picture.height);
	for (size_t i = 0; i < picture.nr_columns; i++) {
		const struct picture_column *column = &picture.columns[i];

		for (size_t j = 0; j < column->segments.count; j++) {
			struct map_segment segment = map_segments_at(&column->segments, j);
			bool drawn = false;

			for (size_t k = 0; k < picture.nr_rows; k++) {
				const struct picture_piece *row = &picture.rows[k];
				bool within = row->start <= segment.first && segment.last <= row->last;

				drawn = drawn || (column->cells[k].items && column->cells[k].item == segment.item) ||
					(column->cells[k].items > 1 && within);
			}
			assert_true(drawn);
		}
	}
	picture_close(&picture);
}

/* The totals of a level are the bytes that any of its items has; items are sorted by their first byte. */
static void check_totals(const struct map_view *view, enum map_level level)
{
	const struct map_items *items = &view->levels[level];
	size_t used;
	struct map_segments flat = map_items_flatten(items);
	struct type_total *totals = map_type_totals(&flat, &used);
	uint64_t bytes = 0, seen = 0; /* first byte that no item before had */
	bool whole = items->count && map_items_at(items, 0).first == 0 && map_items_at(items, 0).last == UINT64_MAX;

	for (size_t i = 0; i < items->count; i++) {
		struct map_item item = map_items_at(items, i);
		uint64_t first = item.first > seen ? item.first : seen;

		assert_true(i == 0 || map_items_at(items, i - 1).first <= item.first);
		assert_true(i == 0 || !items->apart || map_items_at(items, i - 1).last < item.first);
		if (item.last < first || (i > 0 && seen == 0))
			continue;
		bytes += range_bytes(first, item.last);
		seen = item.last + 1; /* 0 when there is nothing above */
	}
	for (size_t i = 0; i < used; i++) {
		bytes -= totals[i].bytes;
		assert_true(i == 0 || totals[i - 1].item.type < totals[i].item.type);
	}
	assert_true(bytes == 0 || whole); /* 2^64 bytes cannot be counted */
	free(totals);
	map_segments_free(&flat);
}

static void random_maps(void **state)
{
	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct map_source sources[2];
		struct map_view views[2];
		struct counting_printer out = counter();
		bool empty[2];

		for (int i = 0; i < 2; i++) {
			fill(&sources[i]);
			map_view_of(&views[i], &sources[i]);
			check_picture(&views[i]);
			for (unsigned level = 0; level < MAP_LEVELS; level++)
				check_totals(&views[i], level);
			empty[i] = views[i].levels[LEVEL_EFI].count + views[i].levels[LEVEL_E820].count +
					   views[i].levels[LEVEL_IOMEM].count == 0;
			html_print(&views[i], &out.printer);
			for (int j = 0; j < 4; j++) {
				uint64_t first = random_address(), last = first + random_below(0x9000);

				explain_range(&views[i], first, j && last >= first ? last : first, &out.printer);
			}
			explain_range(&views[i], 0, UINT64_MAX, &out.printer);
		}
		assert_true(out.length > 0);
		/* a map is the same as itself, and nothing is printed when there is nothing to compare */
		assert_int_equal(diff_print(&views[0], &views[0], &out.printer),
				 empty[0] ? DIFF_NOTHING_IN_COMMON : DIFF_SAME);
		out = counter();
		if (diff_print(&views[0], &views[1], &out.printer) == DIFF_NOTHING_IN_COMMON)
			assert_int_equal(out.length, 0);
		for (int i = 0; i < 2; i++) {
			map_view_close(&views[i]);
			map_source_free(&sources[i]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(random_maps) };

	return cmocka_run_group_tests_name("map_view", tests, NULL, NULL);
}
