/* SPDX-License-Identifier: BSD-2-Clause */
#include "picture.h"

#include <stdlib.h>
#include <string.h>

#define MOST_HEIGHT 16000
#define SPARE_HEIGHT 320 /* shared out to those that are large, beyond a line of text for each */

enum map_kind map_item_kind(enum map_level level, const struct map_item *item)
{
	static const struct {
		const char *name;
		enum map_kind kind;
	} resources[] = {
		{ "System RAM", MAP_KIND_USABLE },
		{ "Kernel", MAP_KIND_LOADER },
		{ "Crash kernel", MAP_KIND_LOADER },
		{ "Reserved", MAP_KIND_RESERVED },
		{ "reserved", MAP_KIND_RESERVED },
		{ "RAM buffer", MAP_KIND_RESERVED },
		{ "ACPI Tables", MAP_KIND_ACPI },
		{ "ACPI Non-volatile Storage", MAP_KIND_NVS },
		{ "Unusable memory", MAP_KIND_UNUSABLE },
		{ "Persistent Memory", MAP_KIND_PERSISTENT },
		{ "Soft Reserved", MAP_KIND_SOFT_RESERVED },
		{ "Unknown E820 type", MAP_KIND_UNKNOWN },
	};
	struct efi_memory_desc desc = { .type = item->type, .attribute = item->attribute };

	if (level == LEVEL_EFI)
		return map_kind_of_efi(&desc);
	if (level == LEVEL_E820)
		return map_kind_of_e820(item->type);
	for (size_t i = 0; i < MM_ARRAY_COUNT(resources); i++)
		if (strncmp(item->name, resources[i].name, strlen(resources[i].name)) == 0)
			return resources[i].kind;
	return MAP_KIND_MMIO; /* what else is in /proc/iomem is a device */
}

static int compare_addresses(const void *a, const void *b)
{
	uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;

	return one < other ? -1 : one > other;
}

/* All ranges in which no column changes, and in which one at least has something; and how many gaps are before them. */
static struct picture_range *cut(const struct picture *picture, size_t *count, size_t *gaps)
{
	size_t segments = 0, nr_bounds = 0;
	uint64_t *bounds;
	struct picture_range *ranges;

	for (size_t i = 0; i < picture->nr_columns; i++)
		segments += picture->columns[i].segments.count;
	bounds = allocate(2 * segments, sizeof(*bounds));
	for (size_t i = 0; i < picture->nr_columns; i++) {
		for (size_t j = 0; j < picture->columns[i].segments.count; j++) {
			struct map_segment segment = map_segments_at(&picture->columns[i].segments, j);

			bounds[nr_bounds++] = segment.first;
			if (segment.last != UINT64_MAX)
				bounds[nr_bounds++] = segment.last + 1;
		}
	}
	qsort(bounds, nr_bounds, sizeof(*bounds), compare_addresses);
	ranges = allocate(nr_bounds, sizeof(*ranges));
	*count = *gaps = 0;
	for (size_t i = 0; i < nr_bounds; i++) {
		bool any = false;

		if (i + 1 < nr_bounds && bounds[i + 1] == bounds[i])
			continue;
		for (size_t j = 0; j < picture->nr_columns && !any; j++) {
			const struct map_segments *column = &picture->columns[j].segments;
			size_t at = map_segments_find(column, bounds[i]);

			any = at < column->count && map_segments_at(column, at).first <= bounds[i];
		}
		if (!any)
			continue;
		*gaps += bounds[i] > (*count ? ranges[*count - 1].last + 1 : 0);
		ranges[(*count)++] = (struct picture_range){
			bounds[i], i + 1 < nr_bounds ? bounds[i + 1] - 1 : UINT64_MAX, 0 };
	}
	free(bounds);
	return ranges;
}

/* What the column has of a row. */
static struct picture_cell fill_cell(const struct picture_column *column, const struct picture_piece *row)
{
	struct picture_cell cell = { 0, 0 };
	uint64_t most = 0;

	for (size_t at = map_segments_find(&column->segments, row->start); at < column->segments.count; at++) {
		struct map_segment segment = map_segments_at(&column->segments, at);
		uint64_t bytes;

		if (segment.first > row->last)
			break;
		bytes = range_bytes(segment.first > row->start ? segment.first : row->start,
				    segment.last < row->last ? segment.last : row->last);
		cell.items++;
		if (bytes > most) {
			most = bytes;
			cell.item = segment.item;
		}
	}
	return cell;
}

void picture_open(struct picture *picture, const struct map_view *view)
{
	struct picture_range *ranges;
	size_t count, gaps;
	long rows;

	*picture = (struct picture){ .height = MOST_HEIGHT };
	for (unsigned i = 0; i < MAP_LEVELS; i++) {
		struct picture_column *column = &picture->columns[picture->nr_columns];

		if (view->levels[i].count == 0)
			continue;
		column->level = i;
		column->segments = map_items_flatten(&view->levels[i]);
		picture->nr_columns++;
	}
	ranges = cut(picture, &count, &gaps);
	if (count + gaps < (MOST_HEIGHT - SPARE_HEIGHT) / PICTURE_ROW_HEIGHT)
		picture->height = (uint32_t)(count + gaps) * PICTURE_ROW_HEIGHT + SPARE_HEIGHT;
	picture->rows = allocate(picture->height / PICTURE_ROW_HEIGHT, sizeof(*picture->rows));
	rows = map_picture_fold(ranges, count, picture->height, PICTURE_ROW_HEIGHT, picture->rows,
				picture->height / PICTURE_ROW_HEIGHT, NULL);
	free(ranges);
	picture->nr_rows = rows > 0 ? (size_t)rows : 0;
	for (size_t i = 0; i < picture->nr_columns; i++) {
		struct picture_column *column = &picture->columns[i];

		column->cells = allocate(picture->nr_rows, sizeof(*column->cells));
		for (size_t j = 0; j < picture->nr_rows; j++)
			column->cells[j] = fill_cell(column, &picture->rows[j]);
	}
}

void picture_close(struct picture *picture)
{
	for (size_t i = 0; i < picture->nr_columns; i++) {
		map_segments_free(&picture->columns[i].segments);
		free(picture->columns[i].cells);
	}
	free(picture->rows);
}
