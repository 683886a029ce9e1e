/* SPDX-License-Identifier: BSD-2-Clause */
#include "ranges.h"

#define SHORT_LIST 32   /* up to here insertion beats counting */
#define LONG_LIST 8192  /* from here on the wider digit's counters are worth clearing */
#define NARROW_DIGIT 8
#define WIDE_DIGIT 11

static unsigned digit_bits(size_t count)
{
	return count <= SHORT_LIST ? 0 : count < LONG_LIST ? NARROW_DIGIT : WIDE_DIGIT;
}

static size_t bucket_count(size_t count)
{
	unsigned bits = digit_bits(count);

	return bits ? (size_t)1 << bits : 0;
}

size_t mm_ranges_scratch_size(size_t count)
{
	size_t size;

	if (count == 0)
		return 0;
	if (count > INT32_MAX || __builtin_mul_overflow(count, 2 * sizeof(struct range), &size) ||
	    __builtin_add_overflow(size, bucket_count(count) * sizeof(uint32_t) + _Alignof(struct range) - 1, &size))
		return SIZE_MAX;
	return size;
}

bool mm_ranges_carve(struct ranges *ranges, void *scratch, size_t scratch_size, size_t count)
{
	size_t needed = mm_ranges_scratch_size(count);
	size_t align = _Alignof(struct range);

	*ranges = (struct ranges){ 0 };
	if (count == 0)
		return true;
	if (needed == SIZE_MAX || scratch_size < needed || !scratch)
		return false;
	ranges->items = (struct range *)(((uintptr_t)scratch + align - 1) & ~(uintptr_t)(align - 1));
	ranges->spare = ranges->items + count;
	ranges->buckets = (uint32_t *)(ranges->spare + count);
	return true;
}

/* Bits in which any two starts differ; 0 also when the list is in order already. */
static uint64_t differing_bits(const struct ranges *ranges)
{
	const struct range *items = ranges->items;
	uint64_t bits = 0;
	bool in_order = true;

	for (size_t i = 1; i < ranges->count; i++) {
		in_order &= items[i - 1].start <= items[i].start;
		bits |= items[i - 1].start ^ items[i].start;
	}
	return in_order ? 0 : bits;
}

static void insertion_sort(struct range *items, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct range moving = items[i];
		size_t at = i;

		for (; at > 0 && items[at - 1].start > moving.start; at--)
			items[at] = items[at - 1];
		items[at] = moving;
	}
}

/* One stable pass from items to spare by the digit at shift, then the two change places. */
static void radix_pass(struct ranges *ranges, unsigned shift, unsigned bits)
{
	uint32_t *bucket = ranges->buckets;
	uint64_t mask = (UINT64_C(1) << bits) - 1;
	const struct range *items = ranges->items;
	struct range *spare = ranges->spare;
	uint32_t position = 0;

	for (size_t i = 0; i <= mask; i++)
		bucket[i] = 0;
	for (size_t i = 0; i < ranges->count; i++)
		bucket[(items[i].start >> shift) & mask]++;
	for (size_t i = 0; i <= mask; i++) {
		uint32_t size = bucket[i];

		bucket[i] = position;
		position += size;
	}
	for (size_t i = 0; i < ranges->count; i++)
		spare[bucket[(items[i].start >> shift) & mask]++] = items[i];
	ranges->spare = ranges->items;
	ranges->items = spare;
}

void mm_ranges_sort(struct ranges *ranges)
{
	uint64_t differing = differing_bits(ranges);
	unsigned bits = digit_bits(ranges->count);

	if (!differing)
		return;
	if (!bits) {
		insertion_sort(ranges->items, ranges->count);
		return;
	}
	/* Least significant digit first, only where the keys differ: page-aligned keys have 12 bits less. */
	for (unsigned shift = 0; shift < 64 && differing >> shift; shift += bits) {
		shift += (unsigned)__builtin_ctzll(differing >> shift);
		radix_pass(ranges, shift, bits);
	}
}
