/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as packed e820 entries: append, sanitise (twice gives the same), change and remove ranges, print. */
#include "fuzz.h"

static int update(struct e820_table *table)
{
	size_t size = e820_update_scratch_size(table->nr_entries), clipped;
	void *scratch = exact_copy(NULL, size);
	int result = e820_update_table(table, scratch, size, &clipped);

	free(scratch);
	return result;
}

/* Sanitises; a table that has no room for the result must be as before. */
static bool update_or_unchanged(struct e820_table *table)
{
	size_t count = table->nr_entries;
	void *before = exact_copy(table->entries, count * sizeof(*table->entries));
	int result = update(table);

	CHECK(result == 0 || (result == MM_ENOSPC && table->nr_entries == count &&
			      memcmp(before, table->entries, count * sizeof(*table->entries)) == 0));
	free(before);
	if (result == 0)
		check_sanitised(table);
	return result == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t numbers[2], bytes, again;
	char text[200];
	struct buffer_printer out;
	size_t refused;

	if (size < 1 + sizeof(numbers))
		return 0;
	memcpy(numbers, data + 1, sizeof(numbers));

	size_t count = (size - 1 - sizeof(numbers)) / sizeof(struct e820_entry), capacity = data[0];
	struct e820_table table = { exact_copy(NULL, capacity * sizeof(struct e820_entry)), capacity, 0 };
	int result = e820_append(&table, data + 1 + sizeof(numbers), count, &refused);

	CHECK(result == 0 ? table.nr_entries + refused == count : table.nr_entries == capacity);
	if (update_or_unchanged(&table)) {
		uint32_t crc = e820_crc32(&table);

		CHECK(update(&table) == 0 && e820_crc32(&table) == crc);
	}
	if (e820_range_update(&table, numbers[0], numbers[1], table.nr_entries ? table.entries[0].type : 1, 2,
			      &bytes) == 0)
		update_or_unchanged(&table);
	if (e820_range_remove(&table, numbers[1], numbers[0], (uint32_t)numbers[0] & 3, &bytes) == 0 &&
	    e820_range_remove(&table, numbers[1], numbers[0], (uint32_t)numbers[0] & 3, &again) == 0)
		CHECK(again == 0);
	CHECK(e820_end_of_ram_pfn(&table, numbers[0], true) <= numbers[0]);
	e820_mapped_all(&table, numbers[0], numbers[1], 0);
	e820_search_gap(&table, &numbers[0], &numbers[1]);
	buffer_printer_init(&out, text, sizeof(text));
	e820_print_table(&table, "fuzz", &out.printer);
	free(table.entries);
	return 0;
}
