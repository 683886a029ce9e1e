/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * EFI maps: where the log of the same boot can be compared, the e820 map that Linux printed; always, that no byte is
 * lost.
 */
#include "corpus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mm/efi_to_e820.h>

struct span {
	uint64_t start;
	uint64_t end;
};

static int by_start(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* Bytes of the union of all descriptors, found without the library. */
static uint64_t union_size(const struct efi_memmap *map, struct span *spans, size_t *count)
{
	uint64_t total = 0, reached = 0;

	*count = 0;
	for (size_t at = 0; at < map->size; at += STRIDE) {
		struct efi_memory_desc desc;

		memcpy(&desc, (const char *)map->buffer + at, sizeof(desc));
		if (desc.num_pages)
			spans[(*count)++] = (struct span){ desc.phys_addr, desc.phys_addr + desc.num_pages * 4096 };
	}
	qsort(spans, *count, sizeof(*spans), by_start);
	for (size_t i = 0; i < *count; i++) {
		uint64_t from = spans[i].start > reached ? spans[i].start : reached;

		if (spans[i].end > from) {
			total += spans[i].end - from;
			reached = spans[i].end;
		}
	}
	return total;
}

/* The output is in order and disjoint, covers every descriptor, and has not a byte more. */
static bool conserves_bytes(const struct efi_memmap *map, const struct e820_table *table)
{
	static struct span spans[MAX_MAP];
	size_t count;
	uint64_t expected = union_size(map, spans, &count), total = 0;

	for (size_t i = 0; i < table->nr_entries; i++) {
		const struct e820_entry *entry = &table->entries[i];

		if (i > 0 && table->entries[i - 1].addr + table->entries[i - 1].size > entry->addr)
			return false;
		total += entry->size;
	}
	for (size_t i = 0; i < count; i++)
		if (!e820_mapped_all(table, spans[i].start, spans[i].end, 0))
			return false;
	return total == expected;
}

static bool traces_are_sound(const struct efi_memmap *map, const struct e820_table *table,
			     const struct efi_trace *trace)
{
	for (size_t i = 0; i < efi_memmap_count(map); i++) {
		struct efi_memory_desc desc;
		uint64_t end;

		if (!efi_memmap_get(map, i, &desc))
			return false;
		if (desc.num_pages == 0) {
			if (trace[i].fate != EFI_FATE_DROPPED)
				return false;
			continue;
		}
		if (!efi_memory_desc_end(&desc, &end) || trace[i].fate == EFI_FATE_DROPPED)
			return false;
		if (trace[i].fate != EFI_FATE_KEPT && trace[i].fate != EFI_FATE_MERGED)
			continue;
		if (trace[i].first >= table->nr_entries || table->entries[trace[i].first].type != trace[i].type ||
		    !e820_mapped_all(table, desc.phys_addr, end, trace[i].type))
			return false;
	}
	return true;
}

static bool convert(const struct efi_memmap *map, enum e820_policy policy, struct e820_table *table,
		    struct efi_trace *trace)
{
	size_t size = efi_to_e820_scratch_size(efi_memmap_count(map));
	void *scratch = malloc(size ? size : 1);
	int result = efi_to_e820(map, policy, table, trace, scratch, size);

	free(scratch);
	return result == 0;
}

/* Whether pairs.tsv says that Linux's stub made the e820 map of the same log; if not, why. */
static bool is_comparable(const char *id, const char *name)
{
	void *pairs = open_table(".", "pairs", ".tsv");
	char *fields[6];
	bool comparable = false;

	while (pairs && next_row(pairs, fields, 6) == 6) {
		if (strcmp(fields[0], id) != 0)
			continue;
		comparable = strcmp(fields[4], "yes") == 0;
		if (!comparable)
			printf("not comparable: %s %s: its e820 map was not made by the rule of Linux's stub (%s)\n",
			       id, name, fields[5]);
	}
	if (pairs)
		close_table(pairs);
	return comparable;
}

static void replay_under(const char *id, const struct efi_memmap *map, enum e820_policy policy, bool ram_is_special)
{
	static unsigned char shuffled_buffer[MAX_MAP * STRIDE];
	static struct e820_entry entries[2 * MAX_MAP], shuffled_entries[2 * MAX_MAP];
	static struct efi_trace trace[MAX_MAP];
	struct e820_table table = { entries, 2 * MAX_MAP, 0 }, shuffled = { shuffled_entries, 2 * MAX_MAP, 0 };
	struct efi_memmap shuffled_map = *map;

	verdict(convert(map, policy, &table, trace), id, "converts");
	verdict(conserves_bytes(map, &table), id, "conserves bytes");
	verdict(traces_are_sound(map, &table, trace), id, "explains every descriptor");
	/* Soft reserved ranges are joined by the order of the descriptors. */
	if (ram_is_special && policy == E820_POLICY_LINUX)
		return;
	memcpy(shuffled_buffer, map->buffer, map->size);
	shuffle(shuffled_buffer, map->size / STRIDE, STRIDE);
	shuffled_map.buffer = shuffled_buffer;
	verdict(convert(&shuffled_map, policy, &shuffled, NULL) && same_tables(&shuffled, &table), id,
		"converts to the same when shuffled");
}

bool replay_efi_map(const char *id, const char *name, bool *compared)
{
	static unsigned char buffer[MAX_MAP * STRIDE];
	static struct e820_entry entries[2 * MAX_MAP], logged_entries[MAX_MAP];
	struct e820_table table = { entries, 2 * MAX_MAP, 0 }, logged = { logged_entries, MAX_MAP, 0 };
	struct efi_memmap map = read_efi_map(id, buffer);
	bool special = false;

	*compared = false;
	if (map.size == 0)
		return false;
	for (size_t at = 0; at < map.size; at += STRIDE) {
		struct efi_memory_desc desc;

		memcpy(&desc, buffer + at, sizeof(desc));
		special |= (desc.attribute & EFI_ATTRIBUTE_SP) != 0;
	}
	replay_under(id, &map, E820_POLICY_ACPI, special);
	replay_under(id, &map, E820_POLICY_LINUX, special);
	*compared = is_comparable(id, name);
	if (!*compared)
		return true;
	verdict(read_e820_map(id, NULL, &logged) && convert(&map, E820_POLICY_LINUX, &table, NULL) &&
			same_tables(&table, &logged),
		id, "converts to the e820 map that Linux printed");
	return true;
}
