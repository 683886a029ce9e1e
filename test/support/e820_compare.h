/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_SUPPORT_E820_COMPARE_H
#define TEST_SUPPORT_E820_COMPARE_H

#include <stdbool.h>
#include <stddef.h>

#include <mm/e820.h>

/* Whether two lists of entries are the same; with report, prints those that are in one list only. */
bool same_entries(const struct e820_entry *is, size_t is_count, const struct e820_entry *expected, size_t count,
		  bool report);

#endif
