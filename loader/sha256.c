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

static void add_block(uint32_t *state, const uint8_t *block)
{
	uint32_t words[16], s[8];

	__builtin_memcpy(s, state, sizeof(s));
	for (unsigned i = 0; i < 64; i++) {
		uint32_t *word = &words[i % 16], sum;

		if (i < 16) {
			*word = read_word(block + 4 * i);
		} else {
			uint32_t a = words[(i + 1) % 16], b = words[(i + 14) % 16];

			*word += (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) + words[(i + 9) % 16] +
				 (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
		}
		sum = s[7] + (rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25)) + (s[6] ^ (s[4] & (s[5] ^ s[6]))) + constants[i] +
		      *word;
		s[7] = s[6];
		s[6] = s[5];
		s[5] = s[4];
		s[4] = s[3] + sum;
		sum += (rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22)) + ((s[0] & s[1]) | (s[2] & (s[0] | s[1])));
		s[3] = s[2];
		s[2] = s[1];
		s[1] = s[0];
		s[0] = sum;
	}
	for (unsigned i = 0; i < 8; i++)
		state[i] += s[i];
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
