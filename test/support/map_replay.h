/* SPDX-License-Identifier: BSD-2-Clause */
/* What must hold for every conversion of a firmware's map, checked without the library's own algorithms. */
#ifndef TEST_SUPPORT_MAP_REPLAY_H
#define TEST_SUPPORT_MAP_REPLAY_H

#include <mm/efi_to_e820.h>

/* Converts with scratch memory of exactly the size that is asked for; trace may be null. */
bool convert(const struct efi_memmap *map, enum e820_policy policy, struct e820_table *table, struct efi_trace *trace);

/* The output is in order and disjoint, covers every descriptor (at most MAX_MAP), and has not a byte more. */
bool conserves_bytes(const struct efi_memmap *map, const struct e820_table *table);

/* Every descriptor has a fate that the output agrees with, and every entry comes from a descriptor of its type. */
bool traces_are_sound(const struct efi_memmap *map, enum e820_policy policy, const struct e820_table *table,
		      const struct efi_trace *trace);

/*
 * Whether the descriptors in another order convert to the same table; prints the difference. Two and more soft reserved
 * ranges are joined by the order of the descriptors, so that of such a map nothing is asked under Linux's policy.
 */
bool converts_to_the_same_when_shuffled(const struct efi_memmap *map, enum e820_policy policy,
					const struct e820_table *table);

/* Shuffles elements of at most 256 bytes, always in the same manner. */
void shuffle(void *elements, size_t count, size_t size);

/* Whether two tables are equal; otherwise prints the entries that are in one only. */
bool same_tables(const struct e820_table *is, const struct e820_table *expected);

#endif
