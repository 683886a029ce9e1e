/* SPDX-License-Identifier: BSD-2-Clause */
#include "e820_compare.h"

/* What a table has at address, and the last address up to which it has it. */
static uint32_t type_at(const struct e820_table *table, uint64_t address, uint64_t *last)
{
	size_t low = 0, high = table->nr_entries;

	/* the first entry that ends behind address */
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct e820_entry *entry = &table->entries[middle];

		if (entry->addr + (entry->size - 1) < address)
			low = middle + 1;
		else
			high = middle;
	}
	*last = UINT64_MAX;
	if (low == table->nr_entries)
		return 0;
	if (table->entries[low].addr > address) {
		*last = table->entries[low].addr - 1;
		return 0;
	}
	*last = table->entries[low].addr + (table->entries[low].size - 1);
	return table->entries[low].type;
}

static bool difference_at(const struct e820_table *const tables[2], uint64_t address, struct e820_difference *piece)
{
	uint64_t last[2];

	piece->start = address;
	for (int i = 0; i < 2; i++)
		piece->type[i] = type_at(tables[i], address, &last[i]);
	piece->last = last[0] < last[1] ? last[0] : last[1];
	return piece->type[0] != piece->type[1];
}

bool e820_next_difference(const struct e820_table *const tables[2], uint64_t *at, struct e820_difference *difference)
{
	struct e820_difference piece;
	uint64_t address = *at;

	/* the last page before 2^64 is in no table */
	while (address < UINT64_MAX && !difference_at(tables, address, difference))
		address = difference->last == UINT64_MAX ? UINT64_MAX : difference->last + 1;
	if (address == UINT64_MAX)
		return false;
	while (difference->last != UINT64_MAX && difference_at(tables, difference->last + 1, &piece) &&
	       piece.type[0] == difference->type[0] && piece.type[1] == difference->type[1])
		difference->last = piece.last;
	*at = difference->last == UINT64_MAX ? UINT64_MAX : difference->last + 1;
	return true;
}
