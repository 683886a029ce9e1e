/* SPDX-License-Identifier: BSD-2-Clause */
#include <loader/digest.h>

#define BLOCK 64

/* The fractional parts of the cube roots of the first 64 primes (FIPS 180-4, section 4.2.2). */
static const uint32_t constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotate(uint32_t value, unsigned bits)
{
	return value >> bits | value << (32 - bits);
}

static uint32_t read_word(const uint8_t *at)
{
	uint32_t word;

	__builtin_memcpy(&word, at, sizeof(word));
	return __builtin_bswap32(word);
}

static void write_word(uint8_t *at, uint32_t word)
{
	word = __builtin_bswap32(word);
	__builtin_memcpy(at, &word, sizeof(word));
}

/*
 * Instead of moving eight words on in each round, all values that a and e ever have are kept (FIPS 180-4, section 6.2.2: b, c
 * and d are earlier values of a, and f, g and h of e). Rotations of one word share what they have in common.
 */
static void add_block(uint32_t *state, const uint8_t *block)
{
	uint32_t words[64], as[64 + 4], es[64 + 4];

	for (unsigned i = 0; i < 4; i++) {
		as[i] = state[3 - i];
		es[i] = state[7 - i];
	}
	for (unsigned i = 0; i < 64; i++) {
		uint32_t *word = &words[i], *a = &as[i + 3], *e = &es[i + 3], sum;

		if (i < 16) {
			*word = read_word(block + 4 * i);
		} else {
			uint32_t x = word[-15], y = word[-2];

			*word = word[-16] + (rotate(rotate(x, 11) ^ x, 7) ^ x >> 3) + word[-7] +
				(rotate(rotate(y, 2) ^ y, 17) ^ y >> 10);
		}
		sum = e[-3] + rotate(rotate(rotate(*e, 14) ^ *e, 5) ^ *e, 6) + (e[-2] ^ (*e & (e[-1] ^ e[-2]))) + constants[i] + *word;
		e[1] = a[-3] + sum;
		a[1] = sum + rotate(rotate(rotate(*a, 9) ^ *a, 11) ^ *a, 2) + (a[-1] ^ ((*a ^ a[-1]) & (a[-1] ^ a[-2])));
	}
	for (unsigned i = 0; i < 4; i++) {
		state[i] += as[67 - i];
		state[4 + i] += es[67 - i];
	}
}

void sha256_start(struct sha256 *sha)
{
	*sha = (struct sha256){ .state = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab,
					   0x5be0cd19 } };
}

void sha256_add(struct sha256 *sha, const void *data, size_t size)
{
	const uint8_t *at = data;

	while (size > 0) {
		size_t used = sha->size % BLOCK, piece = size < BLOCK - used ? size : BLOCK - used;

		if (piece == BLOCK) {
			add_block(sha->state, at);
		} else {
			__builtin_memcpy(sha->block + used, at, piece);
			if (used + piece == BLOCK)
				add_block(sha->state, sha->block);
		}
		sha->size += piece;
		at += piece;
		size -= piece;
	}
}

void sha256_finish(struct sha256 *sha, uint8_t digest[SHA256_SIZE])
{
	static const uint8_t padding[BLOCK] = { 0x80 };
	uint64_t bits = sha->size * 8;
	uint8_t length[8];

	write_word(length, (uint32_t)(bits >> 32));
	write_word(length + 4, (uint32_t)bits);
	sha256_add(sha, padding, BLOCK - (sha->size + sizeof(length)) % BLOCK);
	sha256_add(sha, length, sizeof(length));
	for (unsigned i = 0; i < 8; i++)
		write_word(digest + 4 * i, sha->state[i]);
}
