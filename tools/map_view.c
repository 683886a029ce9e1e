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

static struct map_item efi_item(const void *of, size_t index)
{
	const struct map_view *view = of;
	const struct efi_memory_desc *desc = &view->source->efi[index];
	uint64_t end = 0;

	efi_memory_desc_end(desc, &end);
	return (struct map_item){ .first = desc->phys_addr, .last = end - 1, .attribute = desc->attribute,
				  .index = index, .type = desc->type };
}

static bool efi_item_is_valid(const struct map_view *view, size_t index)
{
	uint64_t end;

	return efi_memory_desc_end(&view->source->efi[index], &end);
}

static struct map_item e820_item(const void *of, size_t index)
{
	const struct map_view *view = of;
	const struct e820_entry *entry = &view->e820.entries[index];

	return (struct map_item){ .first = entry->addr, .last = entry->addr + (entry->size - 1), .index = index,
				  .type = entry->type };
}

static bool e820_item_is_valid(const struct map_view *view, size_t index)
{
	return view->e820.entries[index].size > 0;
}

static struct map_item iomem_item(const void *of, size_t index)
{
	const struct map_view *view = of;
	const struct source_iomem *line = &view->source->iomem[index];

	return (struct map_item){ .first = line->start, .last = line->end, .name = line->name, .index = index,
				  .depth = line->depth };
}

static bool iomem_item_is_valid(const struct map_view *view, size_t index)
{
	return view->source->iomem[index].start <= view->source->iomem[index].end;
}

static int compare_items(const struct map_item *one, const struct map_item *other)
{
	if (one->first != other->first)
		return one->first < other->first ? -1 : 1;
	if (one->last != other->last)
		return one->last > other->last ? -1 : 1;
	return one->index < other->index ? -1 : one->index > other->index;
}

/* What compare_order() sorts by: qsort() cannot tell it. */
static const struct map_items *items_to_sort;

static int compare_order(const void *a, const void *b)
{
	struct map_item one = items_to_sort->at(items_to_sort->of, *(const uint32_t *)a);
	struct map_item other = items_to_sort->at(items_to_sort->of, *(const uint32_t *)b);

	return compare_items(&one, &other);
}

/* Whether the items are in order as they are; finds out whether they are apart, too. */
static bool in_order(struct map_items *items)
{
	struct map_item before = { 0 }, item;

	items->apart = true;
	for (size_t i = 0; i < items->count; i++, before = item) {
		item = map_items_at(items, i);
		if (i > 0 && compare_items(&before, &item) > 0)
			return false;
		/* of items in order only neighbours matter until the first two that overlap */
		items->apart = items->apart && (i == 0 || before.last < item.first);
	}
	return true;
}

static void fill_level(struct map_view *view, enum map_level level, size_t count,
		       struct map_item (*at)(const void *of, size_t index),
		       bool (*is_valid)(const struct map_view *view, size_t index))
{
	struct map_items *items = &view->levels[level];
	size_t valid = 0;

	if (count > UINT32_MAX)
		exit(refuse("%s has %zu %s; at most 2^32 - 1 can be looked at", view->source->name, count,
			    map_level_unit(level, count)));
	*items = (struct map_items){ .at = at, .of = view, .count = count };
	for (size_t i = 0; i < count; i++)
		valid += is_valid(view, i);
	if (valid == count && in_order(items))
		return;
	items->order = allocate(valid, sizeof(*items->order));
	items->count = 0;
	for (size_t i = 0; i < count; i++)
		if (is_valid(view, i))
			items->order[items->count++] = (uint32_t)i;
	items_to_sort = items;
	qsort(items->order, items->count, sizeof(*items->order), compare_order);
	in_order(items);
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
	for (size_t i = 0; i < e820->count; i++) {
		struct map_item item = map_items_at(e820, i);

		if (item.first == UINT64_C(0xfd00000000) && item.type != E820_TYPE_RAM)
			return true;
	}
	return false;
}

static void prepare(struct map_view *view, bool only_levels)
{
	const struct map_source *source = view->source;

	view->efi = map_source_efi(source);
	map_source_work_e820(source, E820_POLICY_LINUX, &view->e820, &view->converted);
	if (source->nr_e820) {
		view->recorded = map_source_e820(source, "BIOS-e820");
		if (!view->recorded)
			view->recorded = &source->e820[0];
	}
	if (!only_levels && source->nr_efi &&
	    map_source_convert(source, E820_POLICY_LINUX, &view->conversion, &view->trace)) {
		find(view);
		view->by_rule = same_tables(&view->e820, &view->conversion);
	}
	fill_level(view, LEVEL_EFI, source->nr_efi, efi_item, efi_item_is_valid);
	fill_level(view, LEVEL_E820, view->e820.nr_entries, e820_item, e820_item_is_valid);
	fill_level(view, LEVEL_IOMEM, source->nr_iomem, iomem_item, iomem_item_is_valid);
	view->facts = (struct known_facts){ .low_ram_end = known_low_ram_end(&view->e820),
					    .amd = has_hypertransport(&view->levels[LEVEL_E820]) };
}

void map_view_of(struct map_view *view, const struct map_source *source)
{
	*view = (struct map_view){ .source = source };
	prepare(view, false);
}

void map_view_levels_of(struct map_view *view, const struct map_source *source)
{
	*view = (struct map_view){ .source = source };
	prepare(view, true);
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
	prepare(view, false);
	return true;
}

void map_view_close(struct map_view *view)
{
	for (size_t i = 0; i < MAP_LEVELS; i++)
		free(view->levels[i].order);
	free(view->e820.entries);
	free(view->conversion.entries);
	free(view->trace);
	free(view->findings);
	map_source_free(&view->file);
}

/* The segments made so far, and the items that are open at the end of the last one, the innermost last. */
struct flattening {
	const struct map_items *items;
	struct map_segment *segments;
	size_t count, capacity;
	uint32_t *open;
	size_t depth;
	uint64_t at;   /* first byte that no segment has */
	bool complete; /* there is no byte left */
};

static void add_segment(struct flattening *flat, size_t number, uint64_t first, uint64_t last)
{
	first = first > flat->at ? first : flat->at;
	if (flat->complete || last < first)
		return;
	if (flat->count && flat->segments[flat->count - 1].item == number &&
	    flat->segments[flat->count - 1].last + 1 == first) {
		flat->segments[flat->count - 1].last = last;
	} else {
		flat->segments = grown(flat->segments, flat->count, &flat->capacity, sizeof(*flat->segments));
		flat->segments[flat->count++] = (struct map_segment){ first, last, number };
	}
	flat->at = last + 1;
	flat->complete = last == UINT64_MAX;
}

/* Gives what lies below limit (exclusive; to the end, when end) to the open items, and closes those that end there. */
static void close_items(struct flattening *flat, uint64_t limit, bool end)
{
	while (flat->depth) {
		size_t number = flat->open[flat->depth - 1];
		struct map_item item = map_items_at(flat->items, number);

		if (!end && item.last >= limit) {
			if (limit > 0)
				add_segment(flat, number, item.first, limit - 1);
			return;
		}
		add_segment(flat, number, item.first, item.last);
		flat->depth--;
	}
}

struct map_segments map_items_flatten(const struct map_items *items)
{
	struct flattening flat = { .items = items };

	if (items->apart)
		return (struct map_segments){ items, NULL, items->count };
	flat.open = allocate(items->count, sizeof(*flat.open));
	for (size_t i = 0; i < items->count; i++) {
		close_items(&flat, map_items_at(items, i).first, false);
		flat.open[flat.depth++] = (uint32_t)i;
	}
	close_items(&flat, 0, true);
	free(flat.open);
	return (struct map_segments){ items, flat.segments, flat.count };
}

void map_segments_free(struct map_segments *segments)
{
	free(segments->list);
	*segments = (struct map_segments){ NULL, NULL, 0 };
}

struct map_segment map_segments_at(const struct map_segments *segments, size_t number)
{
	struct map_item item;

	if (segments->list)
		return segments->list[number];
	item = map_items_at(segments->items, number);
	return (struct map_segment){ item.first, item.last, number };
}

size_t map_segments_find(const struct map_segments *segments, uint64_t address)
{
	size_t low = 0, high = segments->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (map_segments_at(segments, middle).last < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int compare_types(const void *a, const void *b)
{
	const struct type_total *one = a, *other = b;

	return one->item.type < other->item.type ? -1 : one->item.type > other->item.type;
}

/* Sorts by type, and joins those of one type. */
static void join_totals(struct type_total *totals, size_t *count)
{
	size_t used = 0;

	qsort(totals, *count, sizeof(*totals), compare_types);
	for (size_t i = 0; i < *count; i++) {
		if (used && totals[used - 1].item.type == totals[i].item.type)
			totals[used - 1].bytes += totals[i].bytes;
		else
			totals[used++] = totals[i];
	}
	*count = used;
}

/* There are few types: they are joined whenever the list is full, which grows when that leaves it half full. */
struct type_total *map_type_totals(const struct map_segments *segments, size_t *used)
{
	size_t capacity = 256;
	struct type_total *totals = allocate(capacity, sizeof(*totals));

	*used = 0;
	for (size_t i = 0; i < segments->count; i++) {
		struct map_segment segment = map_segments_at(segments, i);

		if (*used == capacity) {
			join_totals(totals, used);
			if (*used > capacity / 2)
				totals = grown(totals, capacity, &capacity, sizeof(*totals));
		}
		totals[(*used)++] = (struct type_total){ map_items_at(segments->items, segment.item),
							 range_bytes(segment.first, segment.last) };
	}
	join_totals(totals, used);
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
