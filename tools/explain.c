/* SPDX-License-Identifier: BSD-2-Clause */
#include "explain.h"

#include <stdlib.h>
#include <string.h>

#include <loader/placement.h>

#include "meanings.h"
#include "number_runs.h"
#include "origins.h"

#define DEPTH_MAX 10 /* of resources that are indented further */
#define SCANS_MAX 16 /* entries of an answer for which all descriptors are looked at */
#define FIRST_MIB_LAST UINT64_C(0xfffff)

struct question {
	const struct map_view *view;
	uint64_t first, last;
	struct printer *out;
	struct origins origins; /* found when the first entry needs them */
	unsigned scans;         /* entries whose origins were looked for one by one */
};

static bool overlaps(const struct question *question, uint64_t first, uint64_t last)
{
	return first <= question->last && question->first <= last;
}

/* Bytes of the question that lie in [first, last], which has some. */
static uint64_t bytes_in(const struct question *question, uint64_t first, uint64_t last)
{
	return range_bytes(first > question->first ? first : question->first,
			   last < question->last ? last : question->last);
}

static bool asks_one(const struct question *question)
{
	return question->first == question->last;
}

/* "655360 bytes (640 KiB)", with "byte" for one. */
static void print_bytes(struct printer *out, uint64_t bytes)
{
	if (bytes == 1)
		print(out, "1 byte");
	else
		print_size(out, bytes);
}

/* How much of an item lies on each side of what is asked for. */
static void print_sides(const struct question *question, const struct map_item *item)
{
	const char *what = asks_one(question) ? "the address" : "the range";
	struct printer *out = question->out;

	if (item->first >= question->first && item->last <= question->last)
		return;
	print(out, "%*s", 4 + 2 * (int)(item->depth < DEPTH_MAX ? item->depth : DEPTH_MAX), "");
	if (item->first < question->first) {
		print_bytes(out, question->first - item->first);
		print(out, " of it below %s", what);
	} else {
		print(out, "nothing of it below %s", what);
	}
	print(out, ", ");
	if (item->last > question->last) {
		print_bytes(out, item->last - question->last);
		print(out, " above\n");
	} else {
		print(out, "nothing above\n");
	}
}

static const char *item_word(enum map_level level)
{
	static const char *const words[] = { "descriptor", "entry", "resource" };

	return words[level];
}

static void print_item(const struct question *question, enum map_level level, const struct map_item *item)
{
	struct printer *out = question->out;

	if (level != LEVEL_IOMEM)
		print(out, "%s %zu ", item_word(level), item->index);
	print(out, level == LEVEL_IOMEM ? "\"" : "(");
	map_item_print_type(level, item, out);
	print(out, level == LEVEL_IOMEM ? "\"" : ")");
}

/* The gap between two segments, either of which may be missing. */
static void explain_gap(const struct question *question, enum map_level level, const struct map_segment *below,
			const struct map_segment *above)
{
	uint64_t first = below ? below->last + 1 : 0, last = above ? above->first - 1 : UINT64_MAX;
	struct printer *out = question->out;
	struct known_range known;

	print(out, "  no %s has ", item_word(level));
	if (asks_one(question)) {
		print(out, "it");
	} else if (first <= question->first && question->last <= last) {
		print(out, "any of it");
	} else {
		print_bytes(out, bytes_in(question, first, last));
		print(out, " of it");
	}
	print(out, ": gap ");
	print_range_and_size(out, first, last);
	print(out, "\n");
	if (below) {
		struct map_item item = map_items_at(&question->view->levels[level], below->item);

		print(out, "    nearest below: ");
		print_item(question, level, &item);
		print(out, ", which ends at 0x%llx", (unsigned long long)below->last);
		if (first < question->first) {
			print(out, ", ");
			print_bytes(out, question->first - first);
			print(out, " away");
		}
		print(out, "\n");
	}
	if (above) {
		struct map_item item = map_items_at(&question->view->levels[level], above->item);

		print(out, "    nearest above: ");
		print_item(question, level, &item);
		print(out, ", which starts at 0x%llx", (unsigned long long)above->first);
		if (last > question->last) {
			print(out, ", ");
			print_bytes(out, last - question->last);
			print(out, " away");
		}
		print(out, "\n");
	}
	if (level == LEVEL_E820 && known_range_fitting(&question->view->facts, first, last, true, &known))
		print(out, "    this gap is the %s: %s\n", known.name, known_range_sentence(&known));
}

static void explain_gaps(const struct question *question, enum map_level level)
{
	struct map_segments segments = map_items_flatten(&question->view->levels[level]);
	struct map_segment below = { 0, 0, 0 };

	for (size_t i = 0; i <= segments.count; i++) {
		bool more = i < segments.count;
		struct map_segment above = more ? map_segments_at(&segments, i) : below;
		uint64_t first = i > 0 ? below.last + 1 : 0;
		bool full = i > 0 && below.last == UINT64_MAX;

		if (!full && (!more || above.first > first) &&
		    overlaps(question, first, more ? above.first - 1 : UINT64_MAX))
			explain_gap(question, level, i > 0 ? &below : NULL, more ? &above : NULL);
		below = above;
	}
	map_segments_free(&segments);
}

/* Looks at each descriptor: for an entry or two of a map that overlaps too much for a list of all origins. */
static void scan_origins(const struct map_view *view, const struct map_item *item, struct number_runs *runs)
{
	for (size_t i = 0; i < view->source->nr_efi; i++) {
		const struct efi_memory_desc *desc = &view->source->efi[i];
		uint64_t end;

		if (efi_memory_desc_end(desc, &end) && desc->phys_addr <= item->last && item->first <= end - 1 &&
		    origins_made_of(view, item->index, i))
			number_runs_add(runs, i);
	}
}

/* Which descriptors an entry of the conversion is made of. */
static void explain_origin(struct question *question, const struct map_item *item)
{
	struct number_runs runs = { .out = question->out };
	struct origins *origins = &question->origins;

	if (!origins->starts)
		*origins = origins_find(question->view);
	print(question->out, "    EFI descriptors in it: ");
	if (origins->numbers)
		for (size_t i = origins->starts[item->index]; i < origins->starts[item->index + 1]; i++)
			number_runs_add(&runs, origins->numbers[i]);
	else if (question->scans++ < SCANS_MAX)
		scan_origins(question->view, item, &runs);
	else
		print(question->out, "too many overlap to list them here; explain a shorter range");
	number_runs_end(&runs);
	print(question->out, "\n");
}

static void explain_fate(const struct question *question, const struct map_item *item)
{
	const struct map_view *view = question->view;
	struct printer *out = question->out;

	print(out, "    attributes: ");
	efi_attribute_explain(item->attribute, out);
	print(out, "\n    what becomes of it%s: ", view->by_rule ? "" : " by the rule of Linux's EFI stub");
	if (view->trace)
		efi_trace_explain(&view->source->efi[item->index], &view->trace[item->index], out);
	print(out, "\n");
}

/* Classes of types that are explained alike; below 32 of them. */
static unsigned class_of(enum map_level level, uint32_t type)
{
	if (level == LEVEL_EFI && type < EFI_MAX_MEMORY_TYPE)
		return type;
	if (level == LEVEL_EFI)
		return type >= EFI_OS_TYPE_MIN ? 29 : type >= EFI_OEM_TYPE_MIN ? 30 : 31;
	if (type == E820_TYPE_SOFT_RESERVED)
		return 30;
	return type < 16 ? type : 31;
}

static void explain_type(const struct question *question, enum map_level level, uint32_t type)
{
	struct printer *out = question->out;

	if (level == LEVEL_E820) {
		print(out, "  ");
		e820_print_type(type, out);
		print(out, " ranges: Linux %s.\n", e820_type_meaning(type));
		return;
	}
	print(out, "  %s means: %s.\n", efi_memory_type_name(type), efi_type_meaning(type));
	if (efi_type_in_linux(type))
		print(out, "  Linux %s.\n", efi_type_in_linux(type));
}

static void explain_item(struct question *question, enum map_level level, const struct map_item *item)
{
	struct printer *out = question->out;

	print(out, "%*s", 2 + 2 * (int)(item->depth < DEPTH_MAX ? item->depth : DEPTH_MAX), "");
	print_item(question, level, item);
	if (asks_one(question)) {
		print(out, " has it");
	} else if (item->first <= question->first && question->last <= item->last) {
		print(out, " has all of it");
	} else if (question->first <= item->first && item->last <= question->last) {
		print(out, " lies in it");
	} else {
		print(out, " has ");
		print_bytes(out, bytes_in(question, item->first, item->last));
		print(out, " of it");
	}
	print(out, ": ");
	print_range_and_size(out, item->first, item->last);
	print(out, "\n");
	print_sides(question, item);
	if (level == LEVEL_EFI)
		explain_fate(question, item);
	else if (level == LEVEL_E820 && question->view->by_rule)
		explain_origin(question, item);
}

/* Descriptors that start here and have no valid range, and what is odd about those that have the address. */
static void explain_oddities(const struct question *question)
{
	const struct map_view *view = question->view;
	struct printer *out = question->out;
	uint64_t end;

	for (size_t i = 0; i < view->source->nr_efi; i++) {
		const struct efi_memory_desc *desc = &view->source->efi[i];

		if (efi_memory_desc_end(desc, &end) || !overlaps(question, desc->phys_addr, desc->phys_addr))
			continue;
		print(out, "  descriptor %zu (%s) starts here, with %llu pages: ", i, efi_memory_type_linux_name(desc->type),
		      (unsigned long long)desc->num_pages);
		if (view->trace)
			efi_trace_explain(desc, &view->trace[i], out);
		print(out, "\n");
	}
	for (size_t i = 0; i < view->nr_findings; i++) {
		const struct efi_memory_desc *desc = &view->source->efi[view->findings[i].index];

		if (!efi_memory_desc_end(desc, &end) || !overlaps(question, desc->phys_addr, end - 1))
			continue;
		print(out, "  finding: ");
		efi_finding_print(&view->efi, &view->findings[i], out);
	}
}

static void explain_level(struct question *question, enum map_level level)
{
	const struct map_items *items = &question->view->levels[level];
	uint32_t classes = 0;

	for (size_t i = 0; i < items->count; i++) {
		struct map_item item = map_items_at(items, i);

		if (overlaps(question, item.first, item.last))
			explain_item(question, level, &item);
	}
	if (level == LEVEL_EFI)
		explain_oddities(question);
	explain_gaps(question, level);
	if (level == LEVEL_IOMEM)
		return;
	for (size_t i = 0; i < items->count; i++) {
		struct map_item item = map_items_at(items, i);
		uint32_t class = UINT32_C(1) << class_of(level, item.type);

		if ((classes & class) || !overlaps(question, item.first, item.last))
			continue;
		classes |= class;
		explain_type(question, level, item.type);
	}
}

static bool print_entries(const struct question *question, const struct e820_table *table, const char *before,
			  const char *label)
{
	struct printer *out = question->out;
	bool any = false;

	for (size_t i = 0; i < table->nr_entries; i++) {
		const struct e820_entry *entry = &table->entries[i];

		if (entry->size == 0 || !overlaps(question, entry->addr, entry->addr + (entry->size - 1)))
			continue;
		print(out, "  %s", before);
		print_plain(out, label);
		print(out, ": ");
		print_range(out, entry->addr, entry->addr + (entry->size - 1));
		print(out, " ");
		e820_print_type(entry->type, out);
		print(out, "\n");
		any = true;
	}
	return any;
}

/* Whether two sanitised tables say the same about what is asked for. */
static bool same_answer(const struct question *question, const struct e820_table *a, const struct e820_table *b)
{
	size_t i = e820_index_at(a, question->first), j = e820_index_at(b, question->first);

	for (;; i++, j++) {
		bool in_a = i < a->nr_entries && a->entries[i].addr <= question->last;
		bool in_b = j < b->nr_entries && b->entries[j].addr <= question->last;

		if (!in_a || !in_b)
			return in_a == in_b;
		if (memcmp(&a->entries[i], &b->entries[j], sizeof(*a->entries)) != 0)
			return false;
	}
}

/* The answers of other tables: what the descriptors would have given, and the file's other ones as they stand there. */
static void explain_other_tables(const struct question *question)
{
	const struct map_view *view = question->view;
	struct printer *out = question->out;

	if (view->trace && !same_answer(question, &view->e820, &view->conversion) &&
	    !print_entries(question, &view->conversion, "by the rule of Linux's EFI stub it would be", ""))
		print(out, "  by the rule of Linux's EFI stub no entry would have it\n");
	for (size_t i = 0; i < view->source->nr_e820; i++) {
		const struct source_e820 *other = &view->source->e820[i];

		if (other == view->recorded ||
		    print_entries(question, &other->table, "in the file's table ", other->label))
			continue;
		print(out, "  in the file's table ");
		print_plain(out, other->label);
		print(out, ": no entry has it\n");
	}
}

/* Bytes of the question in whole pages of RAM, which is what e820__memblock_setup leaves of memblock.memory. */
static uint64_t bytes_of_ram(const struct question *question, bool *soft)
{
	const struct e820_table *table = &question->view->e820;
	uint64_t bytes = 0;

	*soft = false;
	for (size_t i = 0; i < table->nr_entries; i++) {
		const struct e820_entry *entry = &table->entries[i];
		uint64_t first, end = mm_align_down(entry->addr + entry->size, MM_PAGE_SIZE);

		if (entry->type == E820_TYPE_SOFT_RESERVED)
			*soft = *soft || overlaps(question, entry->addr, entry->addr + (entry->size - 1));
		if ((entry->type != E820_TYPE_RAM && entry->type != E820_TYPE_RESERVED_KERN) ||
		    !mm_align_up(entry->addr, MM_PAGE_SIZE, &first) || first >= end ||
		    !overlaps(question, first, end - 1))
			continue;
		bytes += bytes_in(question, first, end - 1);
	}
	return bytes;
}

static void explain_memblock(const struct question *question)
{
	bool soft;
	uint64_t bytes = bytes_of_ram(question, &soft);
	uint64_t all = range_bytes(question->first, question->last);
	struct printer *out = question->out;

	print(out, "\nmemblock, as Linux fills it from the e820 map\n  ");
	if (bytes == 0) {
		print(out, "nothing of it is in memblock.memory: Linux does not count it as memory");
	} else if (bytes == all) {
		print(out, "%s in memblock.memory", asks_one(question) ? "it is" : "all of it is");
	} else {
		print_bytes(out, bytes);
		print(out, " of it are in memblock.memory");
	}
	print(out, "\n");
	if (soft)
		print(out, "  what is soft reserved is in memblock.reserved\n");
	if (bytes && question->first <= FIRST_MIB_LAST)
		print(out,
		      "  the whole first MiB is in memblock.reserved, too: Linux keeps it for starting processors\n");
}

static void explain_known(const struct question *question)
{
	const struct e820_table *table = &question->view->e820;
	struct printer *out = question->out;
	struct known_range known;
	bool any = false, gap = question->last == UINT64_MAX || table->nr_entries == 0 ||
				!e820_mapped_all(table, question->first, question->last + 1, 0);

	for (size_t at = 0; known_ranges_next(&question->view->facts, question->first, question->last, &at, &known);) {
		if (known.kind == KNOWN_PCI_HOLE && !gap)
			continue;
		print(out, "%s  %s ", any ? "" : "\nwell-known ranges\n", known.name);
		print_range(out, known.start, known.last);
		print(out, ": %s\n", known_range_sentence(&known));
		any = true;
	}
}

void explain_range(const struct map_view *view, uint64_t first, uint64_t last, struct printer *out)
{
	struct question question = { .view = view, .first = first, .last = last, .out = out };

	if (first == last) {
		print(out, "0x%llx, in page frame 0x%llx", (unsigned long long)first,
		      (unsigned long long)(first >> MM_PAGE_SHIFT));
	} else {
		print_range_and_size(out, first, last);
	}
	print(out, ", in %s (%s)\n", view->source->name, view->source->kind);
	for (unsigned level = 0; level < MAP_LEVELS; level++) {
		if (view->levels[level].count == 0 && (level != LEVEL_EFI || view->source->nr_efi == 0))
			continue;
		print(out, "\n%s%s\n", map_level_name(level),
		      level == LEVEL_E820 && view->converted ? ", converted as Linux's EFI stub does it" : "");
		explain_level(&question, level);
		if (level == LEVEL_E820) {
			explain_other_tables(&question);
			explain_memblock(&question);
		}
	}
	explain_known(&question);
	origins_free(&question.origins);
}
