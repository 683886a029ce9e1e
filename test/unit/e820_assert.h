/* SPDX-License-Identifier: BSD-2-Clause */
/* Helpers for the tests of maps: tables in static memory, and comparison of every field of every entry. */
#ifndef TEST_UNIT_E820_ASSERT_H
#define TEST_UNIT_E820_ASSERT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <mm/e820.h>

#define KIB UINT64_C(0x400)
#define MIB UINT64_C(0x100000)
#define GIB UINT64_C(0x40000000)

#define RAM E820_TYPE_RAM
#define RESERVED E820_TYPE_RESERVED
#define ACPI E820_TYPE_ACPI
#define NVS E820_TYPE_NVS
#define UNUSABLE E820_TYPE_UNUSABLE
#define PMEM E820_TYPE_PMEM
#define PRAM E820_TYPE_PRAM
#define SOFT E820_TYPE_SOFT_RESERVED

/* A table with that capacity and these entries, given as { addr, size, type }. */
#define TABLE(name, room, ...)                                                                                         \
	struct e820_entry name##_entries[room] = { __VA_ARGS__ };                                                      \
	struct e820_table name = { name##_entries, (room),                                                             \
				   sizeof((struct e820_entry[]){ __VA_ARGS__ }) / sizeof(struct e820_entry) }

/* An empty table with that capacity. */
#define EMPTY_TABLE(name, room)                                                                                        \
	struct e820_entry name##_entries[room];                                                                        \
	struct e820_table name = { name##_entries, (room), 0 }

static inline void assert_entries_(const struct e820_table *table, const struct e820_entry *expected, size_t count,
				   const char *file, int line)
{
	bool same = table->nr_entries == count;

	for (size_t i = 0; same && i < count; i++)
		same = table->entries[i].addr == expected[i].addr && table->entries[i].size == expected[i].size &&
		       table->entries[i].type == expected[i].type;
	if (same)
		return;
	for (size_t i = 0; i < table->nr_entries; i++)
		print_error("  is:       %#llx + %#llx type %#x\n", (unsigned long long)table->entries[i].addr,
			    (unsigned long long)table->entries[i].size, (unsigned)table->entries[i].type);
	for (size_t i = 0; i < count; i++)
		print_error("  expected: %#llx + %#llx type %#x\n", (unsigned long long)expected[i].addr,
			    (unsigned long long)expected[i].size, (unsigned)expected[i].type);
	_fail(file, line);
}

/* The table has exactly these entries, given as { addr, size, type }, in this order. */
#define assert_entries(table, ...)                                                                                     \
	assert_entries_(table, (struct e820_entry[]){ __VA_ARGS__ },                                                   \
			sizeof((struct e820_entry[]){ __VA_ARGS__ }) / sizeof(struct e820_entry), __FILE__, __LINE__)

static inline int update_counting(struct e820_table *table, size_t *clipped)
{
	size_t size = e820_update_scratch_size(table->nr_entries);
	/* Heap memory of exactly that size, so that the address sanitizer sees a byte too many. */
	void *scratch = malloc(size ? size : 1);
	int result = e820_update_table(table, scratch, size, clipped);

	free(scratch);
	return result;
}

static inline int update(struct e820_table *table)
{
	return update_counting(table, NULL);
}

#endif
