/* SPDX-License-Identifier: BSD-2-Clause */
#include "map_view.h"

#include <stdlib.h>
#include <string.h>

#include <loader/placement.h>

#include "command.h"
#include "map_reader.h"

void *allocate(size_t count, size_t size)
{
	void *memory = calloc(count ? count : 1, size);

	if (!memory)
		exit(refuse("no memory for %zu elements of %zu bytes", count, size));
	return memory;
}

uint64_t range_bytes(uint64_t first, uint64_t last)
{
	uint64_t less_1 = last - first;

	return less_1 == UINT64_MAX ? less_1 : less_1 + 1;
}

void print_range(struct printer *out, uint64_t first, uint64_t last)
{
	print(out, "[mem 0x%016llx-0x%016llx]", (unsigned long long)first, (unsigned long long)last);
}

void print_range_and_size(struct printer *out, uint64_t first, uint64_t last)
{
	print_range(out, first, last);
	print(out, ", ");
	print_size(out, range_bytes(first, last));
}

const char *map_level_name(enum map_level level)
{
	static const char *const names[] = { "EFI memory map", "e820 map", "/proc/iomem" };

	return names[level];
}

const char *map_level_unit(enum map_level level, size_t count)
{
	static const char *const names[][2] = { { "EFI descriptors", "EFI descriptor" },
						{ "e820 entries", "e820 entry" },
						{ "resources", "resource" } };

	return names[level][count == 1];
}

void print_plain(struct printer *out, const char *text)
{
	while (*text) {
		size_t length = 0;

		while ((unsigned char)text[length] >= ' ' && text[length] != 0x7f)
			length++;
		print(out, "%.*s%s", (int)length, text, text[length] ? "?" : "");
		text += length + (text[length] != '\0');
	}
}

void map_item_print_type(enum map_level level, const struct map_item *item, struct printer *out)
{
	if (level == LEVEL_IOMEM)
		print_plain(out, item->name);
	else if (level == LEVEL_E820)
		e820_print_type(item->type, out);
	else if (item->type < EFI_MAX_MEMORY_TYPE)
		print(out, "%s", efi_memory_type_linux_name(item->type));
	else
		print(out, "%s 0x%x", efi_memory_type_linux_name(item->type), (unsigned)item->type);
}

static int compare_items(const void *a, const void *b)
{
	const struct map_item *one = a, *other = b;

	if (one->first != other->first)
		return one->first < other->first ? -1 : 1;
	if (one->last != other->last)
		return one->last > other->last ? -1 : 1;
	return one->index < other->index ? -1 : one->index > other->index;
}

static void fill_efi(struct map_view *view, struct map_items *level)
{
	level->items = allocate(efi_memmap_count(&view->efi), sizeof(*level->items));
	for (size_t i = 0; i < efi_memmap_count(&view->efi); i++) {
		struct efi_memory_desc desc;
		uint64_t end;

		if (efi_memmap_get(&view->efi, i, &desc) && efi_memory_desc_end(&desc, &end))
			level->items[level->count++] = (struct map_item){ .first = desc.phys_addr, .last = end - 1,
				.attribute = desc.attribute, .index = i, .type = desc.type };
	}
}

static void fill_e820(struct map_view *view, struct map_items *level)
{
	level->items = allocate(view->e820.nr_entries, sizeof(*level->items));
	for (size_t i = 0; i < view->e820.nr_entries; i++) {
		const struct e820_entry *entry = &view->e820.entries[i];

		level->items[level->count++] = (struct map_item){ .first = entry->addr,
			.last = entry->addr + (entry->size - 1), .index = i, .type = entry->type };
	}
}

static void fill_iomem(struct map_view *view, struct map_items *level)
{
	level->items = allocate(view->source->nr_iomem, sizeof(*level->items));
	for (size_t i = 0; i < view->source->nr_iomem; i++) {
		const struct source_iomem *line = &view->source->iomem[i];

		if (line->start <= line->end)
			level->items[level->count++] = (struct map_item){ .first = line->start, .last = line->end,
				.name = line->name, .index = i, .depth = line->depth };
	}
}

static void found(void *context, const struct efi_finding *finding)
{
	struct map_view *view = context;

	view->findings = grown(view->findings, view->nr_findings, &view->max_findings, sizeof(*view->findings));
	view->findings[view->nr_findings++] = *finding;
}

static void find(struct map_view *view)
{
	size_t size = efi_memmap_check_scratch_size(efi_memmap_count(&view->efi));
	void *scratch = allocate(size, 1);

	efi_memmap_check(&view->efi, scratch, size, found, view);
	free(scratch);
}

static bool same_tables(const struct e820_table *a, const struct e820_table *b)
{
	return a->nr_entries == b->nr_entries &&
	       (a->nr_entries == 0 || memcmp(a->entries, b->entries, a->nr_entries * sizeof(*a->entries)) == 0);
}

/* AMD processors keep the HyperTransport range for themselves, and their firmware says so from its first byte on. */
static bool has_hypertransport(const struct map_items *e820)
{
	for (size_t i = 0; i < e820->count; i++)
		if (e820->items[i].first == UINT64_C(0xfd00000000) && e820->items[i].type != E820_TYPE_RAM)
			return true;
	return false;
}

static void prepare(struct map_view *view)
{
	const struct map_source *source = view->source;

	view->efi = map_source_efi(source);
	map_source_work_e820(source, E820_POLICY_LINUX, &view->e820, &view->converted);
	if (source->nr_e820) {
		view->recorded = map_source_e820(source, "BIOS-e820");
		if (!view->recorded)
			view->recorded = &source->e820[0];
	}
	if (source->nr_efi && map_source_convert(source, E820_POLICY_LINUX, &view->conversion, &view->trace)) {
		find(view);
		view->by_rule = same_tables(&view->e820, &view->conversion);
	}
	fill_efi(view, &view->levels[LEVEL_EFI]);
	fill_e820(view, &view->levels[LEVEL_E820]);
	fill_iomem(view, &view->levels[LEVEL_IOMEM]);
	for (size_t i = 0; i < MAP_LEVELS; i++)
		qsort(view->levels[i].items, view->levels[i].count, sizeof(struct map_item), compare_items);
	view->facts = (struct known_facts){ .low_ram_end = known_low_ram_end(&view->e820),
					    .amd = has_hypertransport(&view->levels[LEVEL_E820]) };
}

void map_view_of(struct map_view *view, const struct map_source *source)
{
	*view = (struct map_view){ .source = source };
	prepare(view);
}

bool map_view_open(struct map_view *view, const char *path)
{
	char error[MAP_SOURCE_ERROR_SIZE];

	*view = (struct map_view){ .source = &view->file };
	if (map_source_read(path, &view->file, error, sizeof(error)) != 0) {
		refuse("%s", error);
		return false;
	}
	map_source_print_notes(&view->file);
	prepare(view);
	return true;
}

void map_view_close(struct map_view *view)
{
	for (size_t i = 0; i < MAP_LEVELS; i++)
		free(view->levels[i].items);
	free(view->e820.entries);
	free(view->conversion.entries);
	free(view->trace);
	free(view->findings);
	map_source_free(&view->file);
}

/* The segments made so far, and the items that are open at the end of the last one, the innermost last. */
struct flattening {
	struct map_segment *segments;
	size_t count;
	const struct map_item **open;
	size_t depth;
	uint64_t at;   /* first byte that no segment has */
	bool complete; /* there is no byte left */
};

static void add_segment(struct flattening *flat, const struct map_item *item, uint64_t last)
{
	uint64_t first = item->first > flat->at ? item->first : flat->at;

	if (flat->complete || last < first)
		return;
	if (flat->count && flat->segments[flat->count - 1].item == item &&
	    flat->segments[flat->count - 1].last + 1 == first)
		flat->segments[flat->count - 1].last = last;
	else
		flat->segments[flat->count++] = (struct map_segment){ first, last, item };
	flat->at = last + 1;
	flat->complete = last == UINT64_MAX;
}

/* Gives what lies below limit (exclusive; to the end, when end) to the open items, and closes those that end there. */
static void close_items(struct flattening *flat, uint64_t limit, bool end)
{
	while (flat->depth) {
		const struct map_item *item = flat->open[flat->depth - 1];

		if (!end && item->last >= limit) {
			if (limit > 0)
				add_segment(flat, item, limit - 1);
			return;
		}
		add_segment(flat, item, item->last);
		flat->depth--;
	}
}

struct map_segment *map_items_flatten(const struct map_items *items, size_t *count)
{
	struct flattening flat = { .segments = allocate(2 * items->count, sizeof(struct map_segment)),
				   .open = allocate(items->count, sizeof(struct map_item *)) };

	for (size_t i = 0; i < items->count; i++) {
		close_items(&flat, items->items[i].first, false);
		flat.open[flat.depth++] = &items->items[i];
	}
	close_items(&flat, 0, true);
	free(flat.open);
	*count = flat.count;
	return flat.segments;
}

static int compare_types(const void *a, const void *b)
{
	const struct type_total *one = a, *other = b;

	return one->item->type < other->item->type ? -1 : one->item->type > other->item->type;
}

struct type_total *map_type_totals(const struct map_segment *segments, size_t count, size_t *used)
{
	struct type_total *totals = allocate(count, sizeof(*totals));

	for (size_t i = 0; i < count; i++)
		totals[i] = (struct type_total){ segments[i].item, range_bytes(segments[i].first, segments[i].last) };
	qsort(totals, count, sizeof(*totals), compare_types);
	*used = 0;
	for (size_t i = 0; i < count; i++) {
		if (*used && totals[*used - 1].item->type == totals[i].item->type)
			totals[*used - 1].bytes += totals[i].bytes;
		else
			totals[(*used)++] = totals[i];
	}
	return totals;
}

size_t e820_index_at(const struct e820_table *table, uint64_t address)
{
	size_t low = 0, high = table->nr_entries;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (table->entries[middle].addr + (table->entries[middle].size - 1) < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
