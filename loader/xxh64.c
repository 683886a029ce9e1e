/* SPDX-License-Identifier: BSD-2-Clause */
#include <loader/digest.h>

#define PRIME_1 UINT64_C(0x9e3779b185ebca87)
#define PRIME_2 UINT64_C(0xc2b2ae3d27d4eb4f)
#define PRIME_3 UINT64_C(0x165667b19e3779f9)
#define PRIME_4 UINT64_C(0x85ebca77c2b2ae63)
#define PRIME_5 UINT64_C(0x27d4eb2f165667c5)
#define LANES 4

static uint64_t rotate(uint64_t value, unsigned bits)
{
	return value << bits | value >> (64 - bits);
}

static uint64_t read_word(const uint8_t *at)
{
	uint64_t word;

	__builtin_memcpy(&word, at, sizeof(word));
	return word;
}

static uint64_t mix(uint64_t lane, uint64_t word)
{
	return rotate(lane + word * PRIME_2, 31) * PRIME_1;
}

static uint64_t merge(uint64_t hash, uint64_t lane)
{
	return (hash ^ mix(0, lane)) * PRIME_1 + PRIME_4;
}

uint64_t xxh64(const void *data, size_t size)
{
	const uint8_t *at = data, *end = at + size;
	uint64_t hash = PRIME_5;

	if (size >= LANES * 8) {
		uint64_t a = PRIME_1 + PRIME_2, b = PRIME_2, c = 0, d = -PRIME_1;

		do {
			a = mix(a, read_word(at));
			b = mix(b, read_word(at + 8));
			c = mix(c, read_word(at + 16));
			d = mix(d, read_word(at + 24));
			at += LANES * 8;
		} while ((size_t)(end - at) >= LANES * 8);
		hash = rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18);
		hash = merge(merge(merge(merge(hash, a), b), c), d);
	}
	hash += size;
	for (; end - at >= 8; at += 8)
		hash = rotate(hash ^ mix(0, read_word(at)), 27) * PRIME_1 + PRIME_4;
	if (end - at >= 4) {
		uint32_t half;

		__builtin_memcpy(&half, at, sizeof(half));
		hash = rotate(hash ^ half * PRIME_1, 23) * PRIME_2 + PRIME_3;
		at += 4;
	}
	for (; at < end; at++)
		hash = rotate(hash ^ *at * PRIME_5, 11) * PRIME_1;
	hash = (hash ^ hash >> 33) * PRIME_2;
	hash = (hash ^ hash >> 29) * PRIME_3;
	return hash ^ hash >> 32;
}
