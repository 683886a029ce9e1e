/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SETUP_ARCH_EARLY_PATH_H
#define SETUP_ARCH_EARLY_PATH_H

/* The pieces of the early path that have files of their own. */

#include <mm/e820.h>

#define EARLY_PATH_E820_MAX 4096

/* e820_range_update, announced as Linux does. */
void early_path_update(struct e820_table *table, uint64_t start, uint64_t size, uint32_t old_type, uint32_t new_type);

/* The iomem tree: code, rodata, data and bss of the kernel first, e820's entries around them later, then printed. */
void insert_kernel_resources(void);
void e820_reserve_resources(const struct e820_table *table);

#endif
