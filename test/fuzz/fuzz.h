/* SPDX-License-Identifier: BSD-2-Clause */
/* What fuzz targets share: a check that stays in, and memory of exactly the size asked for. */
#ifndef TEST_FUZZ_H
#define TEST_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mm/e820.h>

#define CHECK(condition)                                                                                               \
	do {                                                                                                           \
		if (!(condition)) {                                                                                    \
			fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);                      \
			abort();                                                                                       \
		}                                                                                                      \
	} while (0)

/* A copy on the heap, so that the address sanitizer sees a byte too many; null bytes for null data. */
static inline void *exact_copy(const void *data, size_t size)
{
	void *copy = malloc(size ? size : 1);

	CHECK(copy);
	if (size && data)
		memcpy(copy, data, size);
	return copy;
}

static inline void check_sanitised(const struct e820_table *table)
{
	CHECK(table->nr_entries <= table->capacity);
	for (size_t i = 0; i < table->nr_entries; i++) {
		const struct e820_entry *entry = &table->entries[i];
		uint64_t end;

		CHECK(entry->size != 0 && entry->type != 0 && !__builtin_add_overflow(entry->addr, entry->size, &end));
		if (i == 0)
			continue;

		uint64_t previous_end = entry[-1].addr + entry[-1].size;

		CHECK(previous_end <= entry->addr);
		CHECK(previous_end < entry->addr || entry[-1].type != entry->type || entry->type == E820_TYPE_PRAM ||
		      entry->type == E820_TYPE_SOFT_RESERVED);
	}
}

#endif
