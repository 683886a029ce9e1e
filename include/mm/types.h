/* SPDX-License-Identifier: BSD-2-Clause */
/* Types, error numbers and overflow-checked arithmetic that every module of mm/ uses. */
#ifndef MM_TYPES_H
#define MM_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A physical address or a size in bytes. 32 bits wide when the library is built with
 * -DMM_PHYS_ADDR_32, for machines without PAE; whoever includes these headers must build
 * with the same setting. MM_PHYS_ADDR_T_DEFINED says that the includer brings its own.
 */
#ifndef MM_PHYS_ADDR_T_DEFINED
#define MM_PHYS_ADDR_T_DEFINED
#ifdef MM_PHYS_ADDR_32
typedef uint32_t phys_addr_t;
#else
typedef uint64_t phys_addr_t;
#endif
#endif

/* What functions return instead of 0; the numbers are Linux's errno values. */
enum mm_error {
	MM_ENOENT = -2,    /* not found */
	MM_ENOMEM = -12,   /* no free memory, or a table that may not grow is full */
	MM_EBUSY = -16,    /* overlaps something that is already there */
	MM_EINVAL = -22,   /* an argument or an input that makes no sense */
	MM_ENOSPC = -28,   /* the caller's buffer or table is too small */
	MM_ERANGE = -34,   /* a number outside its range */
	MM_EOVERFLOW = -75 /* arithmetic on the input would wrap around */
};

#define MM_PAGE_SHIFT 12
#define MM_PAGE_SIZE (UINT64_C(1) << MM_PAGE_SHIFT)
#define MM_PAGE_MASK (MM_PAGE_SIZE - 1) /* the bits below a page boundary */

/* For what is large: words are moved (mm/freestanding.c), where __builtin_memcpy in small code moves single bytes. */
void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memset(void *to, int value, size_t size);

#define MM_ARRAY_COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* value rounded down to a multiple of align, a power of two. Never wraps. */
static inline uint64_t mm_align_down(uint64_t value, uint64_t align)
{
	return value & ~(align - 1);
}

/* Stores value rounded up to a multiple of align (a power of two); false when that passes 2^64 - 1. */
static inline bool mm_align_up(uint64_t value, uint64_t align, uint64_t *result)
{
	uint64_t sum;

	if (__builtin_add_overflow(value, align - 1, &sum))
		return false;
	*result = sum & ~(align - 1);
	return true;
}

/* Whether the half-open ranges [a, a_end) and [b, b_end) have a byte in common. */
static inline bool mm_overlaps(uint64_t a, uint64_t a_end, uint64_t b, uint64_t b_end)
{
	return a < b_end && b < a_end;
}

#endif
