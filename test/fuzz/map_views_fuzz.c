/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as a GetMemoryMap buffer, seen in every view and picture; the rest of them as an MCFG table. */
#include <loader/map_views.h>
#include <loader/wrap.h>

#include "fuzz.h"

#define CELLS 79
#define ECAM_MAX 8

/* Counts lines and looks at each character. */
struct reader {
	struct printer printer;
	size_t column;
};

static void read_text(struct printer *printer, const char *text, size_t length)
{
	struct reader *reader = (struct reader *)printer;

	for (size_t i = 0; i < length; i++) {
		CHECK(text[i] == '\n' || (text[i] >= ' ' && text[i] <= '~'));
		reader->column = text[i] == '\n' ? 0 : reader->column + 1;
		CHECK(reader->column <= CELLS);
	}
}

static void check_picture(const struct map_views *views, enum map_view view)
{
	struct picture_range *ranges = exact_copy(NULL, map_views_range_capacity(views) * sizeof(*ranges));
	struct picture_piece pieces[CELLS];
	size_t count = map_views_ranges(views, view, ranges), sum = 0, inside = 0;
	long used = map_picture_fold(ranges, count, CELLS, 1, pieces, CELLS / 2, NULL);

	CHECK(used >= 0 && (used > 0) == (count > 0));
	for (long i = 0; i < used; i++) {
		CHECK(pieces[i].type < MAP_KINDS && pieces[i].cell == sum);
		sum += pieces[i].width;
		inside += pieces[i].ranges;
	}
	CHECK(inside == count && sum == (count ? CELLS : 0));
	free(ranges);
}

static void look(const struct efi_memmap *map, enum e820_policy policy, const uint8_t *mcfg, size_t mcfg_size)
{
	size_t memory_size = map_views_memory_size(efi_memmap_count(map));
	void *memory = exact_copy(NULL, memory_size);
	struct reader reader = { { read_text }, 0 };
	struct mcfg_entry ecam[ECAM_MAX];
	struct wrap_printer wrap;
	struct map_views views;
	long found;

	if (map_views_init(&views, map, policy, memory, memory_size) == 0) {
		found = mcfg_parse(mcfg, mcfg_size, ecam, ECAM_MAX, NULL);
		CHECK(found <= ECAM_MAX);
		views.known.amd = true;
		views.known.ecam = ecam;
		views.known.ecam_count = found > 0 ? (size_t)found : 0;
		wrap_printer_init(&wrap, &reader.printer, CELLS);
		for (enum map_view view = 0; view < MAP_VIEWS; view++) {
			map_view_print(&views, view, &wrap.printer);
			CHECK(reader.column == 0);
			check_picture(&views, view);
		}
	}
	free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t mcfg_size;
	uint8_t *buffer, *mcfg;

	if (size < 3)
		return 0;
	mcfg_size = data[2] < size - 3 ? data[2] : size - 3;
	mcfg = exact_copy(data + size - mcfg_size, mcfg_size);
	buffer = exact_copy(data + 3, size - 3 - mcfg_size);

	struct efi_memmap map = { buffer, size - 3 - mcfg_size, 40 + data[0] % 3 * 8, 1 };

	look(&map, data[1] & 1 ? E820_POLICY_LINUX : E820_POLICY_ACPI, mcfg, mcfg_size);
	free(buffer);
	free(mcfg);
	return 0;
}
