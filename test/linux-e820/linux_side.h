/* SPDX-License-Identifier: BSD-2-Clause */
/* Linux's e820, behind functions without its types: both sides have a struct e820_table and the like. */
#ifndef TEST_LINUX_E820_LINUX_SIDE_H
#define TEST_LINUX_E820_LINUX_SIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Entries are boot_params' own: packed, 20 bytes. */
void linux_set_table(const void *entries, size_t count);
size_t linux_get_table(const void **entries);

/* Names after linux_ are those of Linux's functions; results are theirs. */
int linux_append(const void *entries, size_t count);
void linux_range_add(uint64_t start, uint64_t size, uint32_t type);
int linux_update_table(void);
uint64_t linux_range_update(uint64_t start, uint64_t size, uint32_t old_type, uint32_t new_type);
uint64_t linux_range_remove(uint64_t start, uint64_t size, uint32_t old_type, bool check_type);
bool linux_mapped_any(uint64_t start, uint64_t end, uint32_t type);
bool linux_mapped_all(uint64_t start, uint64_t end, uint32_t type);
int linux_get_entry_type(uint64_t start, uint64_t end);
uint64_t linux_end_pfn(uint64_t limit_pfn);
bool linux_search_gap(unsigned long *start, unsigned long *size);
void linux_print_table(char *who, char *text, size_t size);

extern int (*const linux_parse_memopt)(char *value);
extern int (*const linux_parse_memmap_opt)(char *value);

#endif
