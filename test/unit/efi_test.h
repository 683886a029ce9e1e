/* SPDX-License-Identifier: BSD-2-Clause */
/* Helpers for the tests of EFI maps: a GetMemoryMap buffer made from a list of descriptors. */
#ifndef TEST_UNIT_EFI_TEST_H
#define TEST_UNIT_EFI_TEST_H

#include "e820_assert.h"

#include <mm/efi_memmap.h>

/* One descriptor as the tests write it. */
struct d {
	uint32_t type;
	uint64_t phys_addr;
	uint64_t num_pages;
	uint64_t attribute;
};

/*
 * A buffer of exactly count strides on the heap (the address sanitizer sees a byte too many), at an odd address, with
 * junk between the 40 bytes and the stride. Free it with free_map().
 */
static inline struct efi_memmap make_map(const struct d *list, size_t count, size_t stride)
{
	unsigned char *buffer = malloc(count * stride + 1);

	memset(buffer, 0xa5, count * stride + 1);
	for (size_t i = 0; i < count; i++) {
		struct efi_memory_desc desc = { list[i].type,	   0, list[i].phys_addr, 0, list[i].num_pages,
						list[i].attribute };

		memcpy(buffer + 1 + i * stride, &desc, stride < sizeof(desc) ? stride : sizeof(desc));
	}
	return (struct efi_memmap){ buffer + 1, count * stride, stride, 1 };
}

static inline void free_map(struct efi_memmap *map)
{
	free((unsigned char *)map->buffer - 1);
}

#define MAP(...)                                                                                                       \
	make_map((struct d[]){ __VA_ARGS__ }, sizeof((struct d[]){ __VA_ARGS__ }) / sizeof(struct d), 48)

#endif
