/* SPDX-License-Identifier: BSD-2-Clause */
#include "diff_print.h"

#include <stdlib.h>
#include <string.h>

#include <loader/placement.h>

#include "map_diff.h"
#include "meanings.h"

/* Owners on other levels are compared between the maps up to this length. */
#define OWNERS_SIZE 600

/* One of the two maps, with its levels cut into stretches of one owner each. */
struct side {
	const struct map_view *view;
	struct map_segments segments[MAP_LEVELS];
};

struct comparison {
	struct side a, b;
	struct printer *out;
};

static struct side open_side(const struct map_view *view)
{
	struct side side = { .view = view };

	for (size_t i = 0; i < MAP_LEVELS; i++)
		side.segments[i] = map_items_flatten(&view->levels[i]);
	return side;
}

static void close_side(struct side *side)
{
	for (size_t i = 0; i < MAP_LEVELS; i++)
		map_segments_free(&side->segments[i]);
}

/* The type of an item; its attributes, too, where they alone tell it from what it was. */
static void print_owner(const struct comparison *diff, enum map_level level, const struct map_item *item,
			const struct map_item *other)
{
	if (!item) {
		print(diff->out, "nothing");
		return;
	}
	map_item_print_type(level, item, diff->out);
	if (level == LEVEL_EFI && other && item->type == other->type) {
		print(diff->out, " (");
		efi_attribute_print_short(item->attribute, diff->out);
		print(diff->out, ")");
	}
}

/* "EFI Boot Data, /proc/iomem System RAM": who has a stretch on the other levels; nothing when nobody does. */
static void print_other_owners(const struct side *side, enum map_level level, uint64_t first, uint64_t last,
			       struct printer *out)
{
	static const char *const words[] = { "EFI ", "e820 ", "/proc/iomem " };
	const char *separator = "";

	for (unsigned i = 0; i < MAP_LEVELS; i++) {
		size_t at = map_segments_find(&side->segments[i], first);
		struct map_segment segment;
		struct map_item item;

		if (i == level || at == side->segments[i].count || (i == LEVEL_E820 && side->view->converted))
			continue;
		segment = map_segments_at(&side->segments[i], at);
		if (segment.first > last)
			continue;
		item = map_items_at(&side->view->levels[i], segment.item);
		print(out, "%s%s", separator, words[i]);
		map_item_print_type(i, &item, out);
		if (segment.first > first || segment.last < last)
			print(out, " (in part)");
		separator = ", ";
	}
}

/* One line with the owners elsewhere, once when they are the same in both maps, and what such addresses are on a PC. */
static void print_context(const struct comparison *diff, enum map_level level, const struct owner_change *change)
{
	char in_a[OWNERS_SIZE], in_b[OWNERS_SIZE];
	struct buffer_printer a, b;
	struct known_range known;
	const char *separator = "      ";
	struct printer *out = diff->out;

	buffer_printer_init(&a, in_a, sizeof(in_a));
	buffer_printer_init(&b, in_b, sizeof(in_b));
	print_other_owners(&diff->a, level, change->first, change->last, &a.printer);
	print_other_owners(&diff->b, level, change->first, change->last, &b.printer);
	if (a.length || b.length) {
		bool same = a.length == b.length && a.length < sizeof(in_a) && strcmp(in_a, in_b) == 0;

		print(out, "%sin %s: %s", separator, same ? "both" : "A", a.length ? "" : "nothing");
		print_other_owners(&diff->a, level, change->first, change->last, out);
		if (!same) {
			print(out, "; in B: %s", b.length ? "" : "nothing");
			print_other_owners(&diff->b, level, change->first, change->last, out);
		}
		separator = "; ";
	}
	if (known_range_fitting(&diff->b.view->facts, change->first, change->last, !change->has_a || !change->has_b,
				&known)) {
		print(out, "%swell-known: %s", separator, known.name);
		separator = "; ";
	}
	if (*separator == ';')
		print(out, "\n");
}

static void print_owner_change(const struct comparison *diff, enum map_level level, const struct owner_change *change)
{
	struct printer *out = diff->out;

	print(out, "    ");
	print_range_and_size(out, change->first, change->last);
	print(out, ": ");
	print_owner(diff, level, change->has_a ? &change->a : NULL, change->has_b ? &change->b : NULL);
	print(out, " -> ");
	print_owner(diff, level, change->has_b ? &change->b : NULL, change->has_a ? &change->a : NULL);
	print(out, "\n");
	print_context(diff, level, change);
}

/* The item with that number; null for NO_ITEM. */
static const struct map_item *find_item(const struct map_view *view, enum map_level level, uint32_t number,
					struct map_item *item)
{
	if (number == NO_ITEM)
		return NULL;
	*item = map_items_at(&view->levels[level], number);
	return item;
}

static void print_pair(const struct comparison *diff, enum map_level level, const struct item_pair *pair)
{
	static const char *const words[] = { "same", "changed", "", "moved", "vanished", "appeared" };
	struct map_item item_a = { 0 }, item_b = { 0 };
	const struct map_item *a = find_item(diff->a.view, level, pair->a, &item_a);
	const struct map_item *b = find_item(diff->b.view, level, pair->b, &item_b);
	uint64_t bytes_a = a ? range_bytes(a->first, a->last) : 0, bytes_b = b ? range_bytes(b->first, b->last) : 0;
	struct printer *out = diff->out;
	const char *word = pair->change != CHANGE_RESIZED ? words[pair->change]
			   : bytes_a < bytes_b		 ? "grew"
			   : bytes_a > bytes_b		 ? "shrank"
							 : "moved";

	print(out, "  %-9s ", word);
	print_owner(diff, level, a ? a : b, pair->change == CHANGE_TYPE ? b : NULL);
	if (pair->change == CHANGE_TYPE) {
		print(out, " -> ");
		print_owner(diff, level, b, a);
	}
	print(out, " ");
	print_range(out, (a ? a : b)->first, (a ? a : b)->last);
	if (pair->change == CHANGE_MOVED || pair->change == CHANGE_RESIZED) {
		print(out, " -> ");
		print_range(out, b->first, b->last);
	}
	if (bytes_a != bytes_b && a && b) {
		print(out, ", by ");
		print_size(out, bytes_a < bytes_b ? bytes_b - bytes_a : bytes_a - bytes_b);
	} else {
		print(out, ", ");
		print_size(out, a ? bytes_a : bytes_b);
	}
	print(out, "\n");
}

static void print_total(const struct comparison *diff, enum map_level level, const struct map_item *item, uint64_t a,
			uint64_t b)
{
	struct printer *out = diff->out;

	print(out, "    ");
	map_item_print_type(level, item, out);
	print(out, ": ");
	print_size(out, a);
	if (a == b) {
		print(out, " in both\n");
		return;
	}
	print(out, " -> ");
	print_size(out, b);
	print(out, ", %s ", a < b ? "more by" : "less by");
	print_size(out, a < b ? b - a : a - b);
	print(out, "\n");
}

static void print_totals(const struct comparison *diff, enum map_level level)
{
	size_t count_a, count_b, i = 0, j = 0;
	struct type_total *a = map_type_totals(&diff->a.segments[level], &count_a);
	struct type_total *b = map_type_totals(&diff->b.segments[level], &count_b);

	print(diff->out, "  totals:\n");
	while (i < count_a || j < count_b) {
		bool in_a = i < count_a && (j == count_b || a[i].item.type <= b[j].item.type);
		bool in_b = j < count_b && (i == count_a || b[j].item.type <= a[i].item.type);

		print_total(diff, level, &(in_a ? &a[i] : &b[j])->item, in_a ? a[i].bytes : 0, in_b ? b[j].bytes : 0);
		i += in_a;
		j += in_b;
	}
	free(a);
	free(b);
}

static void print_owner_changes(const struct comparison *diff, enum map_level level)
{
	struct owners_walk walk = map_owners_walk(&diff->a.segments[level], &diff->b.segments[level]);
	struct owner_change change;
	bool any = false;

	while (map_owners_next(&walk, &change)) {
		if (!any)
			print(diff->out, "  bytes that changed hands:\n");
		any = true;
		print_owner_change(diff, level, &change);
	}
	if (!any)
		print(diff->out, "  no byte changed hands\n");
}

/* Whether the level differs. */
static bool compare_level(const struct comparison *diff, enum map_level level)
{
	const struct map_items *a = &diff->a.view->levels[level], *b = &diff->b.view->levels[level];
	struct item_diff items = map_items_diff(a, b);
	size_t different = items.count;
	struct printer *out = diff->out;

	print(out, "\n%s", map_level_name(level));
	if (level == LEVEL_E820 && (diff->a.view->converted || diff->b.view->converted))
		print(out, " (%s: converted as Linux's EFI stub does it)",
		      diff->a.view->converted && diff->b.view->converted ? "both"
		      : diff->a.view->converted				 ? "A"
									 : "B");
	print(out, ": ");
	if (different == 0) {
		print(out, "the same %zu %s\n", a->count, map_level_unit(level, a->count));
	} else {
		print(out, "%zu and %zu %s, %zu of them the same\n", a->count, b->count,
		      map_level_unit(level, b->count), items.same);
		for (size_t i = 0; i < items.count; i++)
			print_pair(diff, level, &items.pairs[i]);
		print_owner_changes(diff, level);
		if (level != LEVEL_IOMEM)
			print_totals(diff, level);
	}
	free(items.pairs);
	return different != 0;
}

static void print_entry(const struct comparison *diff, const struct e820_table *table, size_t index)
{
	const struct e820_entry *entry = &table->entries[index];

	if (index >= table->nr_entries) {
		print(diff->out, "nothing");
		return;
	}
	print_range(diff->out, entry->addr, entry->addr + (entry->size - 1));
	print(diff->out, " ");
	e820_print_type(entry->type, diff->out);
}

static void print_resume(const struct comparison *diff)
{
	const struct e820_table *a = &diff->a.view->e820, *b = &diff->b.view->e820;
	uint32_t crc_a = e820_crc32(a), crc_b = e820_crc32(b);
	struct printer *out = diff->out;
	size_t i = 0;

	print(out, "\nwould hibernation resume: ");
	if (crc_a == crc_b) {
		print(out, "yes, the CRC32 of both e820 maps is %08x\n", (unsigned)crc_a);
		return;
	}
	while (i < a->nr_entries && i < b->nr_entries &&
	       memcmp(&a->entries[i], &b->entries[i], sizeof(*a->entries)) == 0)
		i++;
	print(out, "no, the CRC32 of the e820 map is %08x in A and %08x in B\n", (unsigned)crc_a, (unsigned)crc_b);
	print(out, "  the first entry that differs is %zu: ", i);
	print_entry(diff, a, i);
	print(out, " -> ");
	print_entry(diff, b, i);
	print(out, "\n");
}

static bool has_level(const struct map_view *view, unsigned level)
{
	return view->levels[level].count > 0;
}

enum diff_result diff_print(const struct map_view *a, const struct map_view *b, struct printer *out)
{
	struct comparison diff = { .out = out };
	bool common = false, different = false;

	for (unsigned i = 0; i < MAP_LEVELS; i++)
		common = common || (has_level(a, i) && has_level(b, i));
	if (!common)
		return DIFF_NOTHING_IN_COMMON;
	diff.a = open_side(a);
	diff.b = open_side(b);
	print(out, "A: %s (%s)\nB: %s (%s)\n", a->source->name, a->source->kind, b->source->name, b->source->kind);
	for (unsigned i = 0; i < MAP_LEVELS; i++) {
		if (has_level(a, i) && has_level(b, i))
			different |= compare_level(&diff, i);
		else if (has_level(a, i) || has_level(b, i))
			print(out, "\n%s: only %s has it, so it is not compared\n", map_level_name(i),
			      has_level(a, i) ? "A" : "B");
	}
	if (has_level(a, LEVEL_E820) && has_level(b, LEVEL_E820))
		print_resume(&diff);
	close_side(&diff.a);
	close_side(&diff.b);
	return different ? DIFF_DIFFERENT : DIFF_SAME;
}
