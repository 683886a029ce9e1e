/* SPDX-License-Identifier: BSD-2-Clause */
/* e820: changing the type of a range, removing a range, and asking what a range is. */
#include <mm/e820.h>

/* What lies inside an entry, of a request for [start, end). */
enum part { PART_NONE, PART_ALL, PART_INNER, PART_FRONT, PART_BACK };

/*
 * An entry's exclusive end. One that reaches 2^64 is seen as ending a byte lower, where requests end at most;
 * its last byte then goes with the byte before it.
 */
static uint64_t visible_end(const struct e820_entry *entry)
{
	uint64_t end;

	return __builtin_add_overflow(entry->addr, entry->size, &end) ? UINT64_MAX : end;
}

static enum part part_of(const struct e820_entry *entry, uint64_t start, uint64_t end)
{
	uint64_t entry_end = visible_end(entry);

	if (entry->addr >= start && entry_end <= end)
		return PART_ALL;
	if (entry->addr < start && entry_end > end)
		return PART_INNER;
	if (entry->addr >= end || entry_end <= start)
		return PART_NONE;
	return entry->addr < start ? PART_BACK : PART_FRONT;
}

static uint64_t clamp_end(uint64_t start, uint64_t size)
{
	uint64_t end;

	return __builtin_add_overflow(start, size, &end) ? UINT64_MAX : end;
}

/*
 * Takes [start, end) out of an entry that has more; the piece behind it, if any, becomes a new entry at the table's
 * end. Returns the bytes taken.
 */
static uint64_t take_part(struct e820_table *table, struct e820_entry *entry, enum part part, uint64_t start,
			  uint64_t end)
{
	uint64_t taken, before;

	if (part == PART_FRONT) {
		taken = end - entry->addr;
		entry->addr = end;
		entry->size -= taken;
		return taken;
	}
	before = start - entry->addr;
	taken = part == PART_INNER ? end - start : entry->size - before;
	if (part == PART_INNER)
		table->entries[table->nr_entries++] =
			(struct e820_entry){ end, entry->size - before - taken, entry->type };
	entry->size = before;
	return taken;
}

/* What of an entry a change of [start, end) concerns, given the type that it looks for (or any). */
static enum part concerned(const struct e820_entry *entry, uint64_t start, uint64_t end, uint32_t type, bool any_type)
{
	return any_type || entry->type == type ? part_of(entry, start, end) : PART_NONE;
}

/* How many entries a change adds: pieces of an entry that is cut, and one more where it is cut in two. */
static size_t count_new(const struct e820_table *table, uint64_t start, uint64_t end, uint32_t type, bool any_type,
			size_t pieces)
{
	size_t count = 0;

	for (size_t i = 0; i < table->nr_entries; i++) {
		enum part part = concerned(&table->entries[i], start, end, type, any_type);

		if (part != PART_NONE && part != PART_ALL)
			count += pieces + (part == PART_INNER);
	}
	return count;
}

int e820_range_update(struct e820_table *table, uint64_t start, uint64_t size, uint32_t old_type, uint32_t new_type,
		      uint64_t *changed)
{
	uint64_t end = clamp_end(start, size), total = 0;
	size_t count = table->nr_entries;

	*changed = 0;
	if (old_type == new_type)
		return MM_EINVAL;
	if (count_new(table, start, end, old_type, false, 1) > table->capacity - count)
		return MM_ENOSPC;
	for (size_t i = 0; i < count; i++) {
		struct e820_entry *entry = &table->entries[i];
		enum part part = concerned(entry, start, end, old_type, false);

		if (part == PART_NONE)
			continue;
		if (part == PART_ALL) {
			entry->type = new_type;
			total += entry->size;
			continue;
		}

		struct e820_entry *piece = &table->entries[table->nr_entries++];
		uint64_t piece_start = part == PART_FRONT ? entry->addr : start;
		uint64_t taken = take_part(table, entry, part, start, end);

		*piece = (struct e820_entry){ piece_start, taken, new_type };
		total += taken;
	}
	*changed = total;
	return 0;
}

int e820_range_remove(struct e820_table *table, uint64_t start, uint64_t size, uint32_t type, uint64_t *removed)
{
	uint64_t end = clamp_end(start, size), total = 0;
	size_t count = table->nr_entries;

	*removed = 0;
	if (count_new(table, start, end, type, type == 0, 0) > table->capacity - count)
		return MM_ENOSPC;
	for (size_t i = 0; i < count; i++) {
		struct e820_entry *entry = &table->entries[i];
		enum part part = concerned(entry, start, end, type, type == 0);

		if (part == PART_NONE)
			continue;
		if (part == PART_ALL) {
			total += entry->size;
			*entry = (struct e820_entry){ 0, 0, 0 };
			continue;
		}
		total += take_part(table, entry, part, start, end);
	}
	*removed = total;
	return 0;
}

bool e820_mapped_any(const struct e820_table *table, uint64_t start, uint64_t end, uint32_t type)
{
	for (size_t i = 0; i < table->nr_entries; i++) {
		const struct e820_entry *entry = &table->entries[i];

		if ((!type || entry->type == type) && mm_overlaps(entry->addr, visible_end(entry), start, end))
			return true;
	}
	return false;
}

/* The entry that completes the coverage of [start, end) by entries of that type in address order, or null. */
static const struct e820_entry *completing_entry(const struct e820_table *table, uint64_t start, uint64_t end,
						 uint32_t type)
{
	for (size_t i = 0; i < table->nr_entries; i++) {
		const struct e820_entry *entry = &table->entries[i];

		if ((type && entry->type != type) || entry->addr >= end || visible_end(entry) <= start)
			continue;
		if (entry->addr <= start)
			start = visible_end(entry);
		if (start >= end)
			return entry;
	}
	return NULL;
}

bool e820_mapped_all(const struct e820_table *table, uint64_t start, uint64_t end, uint32_t type)
{
	return completing_entry(table, start, end, type) != NULL;
}

int64_t e820_get_entry_type(const struct e820_table *table, uint64_t start, uint64_t end)
{
	const struct e820_entry *entry = completing_entry(table, start, end, 0);

	return entry ? (int64_t)entry->type : MM_EINVAL;
}
