/* SPDX-License-Identifier: BSD-2-Clause */
#include "e820_compare.h"

#include <stdio.h>
#include <string.h>

static bool has_entry(const struct e820_entry *list, size_t count, const struct e820_entry *entry)
{
	for (size_t i = 0; i < count; i++)
		if (memcmp(&list[i], entry, sizeof(*entry)) == 0)
			return true;
	return false;
}

static void print_missing(const char *sign, const struct e820_entry *list, size_t count, const struct e820_entry *other,
			  size_t other_count)
{
	for (size_t i = 0; i < count; i++)
		if (!has_entry(other, other_count, &list[i]))
			printf("  %s [%#llx, %#llx) type %#x\n", sign, (unsigned long long)list[i].addr,
			       (unsigned long long)(list[i].addr + list[i].size), (unsigned)list[i].type);
}

bool same_entries(const struct e820_entry *is, size_t is_count, const struct e820_entry *expected, size_t count,
		  bool report)
{
	if (is_count == count && memcmp(is, expected, count * sizeof(*is)) == 0)
		return true;
	if (report) {
		printf("  %zu ranges, expected %zu (- missing, + surplus):\n", is_count, count);
		print_missing("-", expected, count, is, is_count);
		print_missing("+", is, is_count, expected, count);
	}
	return false;
}
