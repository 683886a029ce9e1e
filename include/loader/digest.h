/* SPDX-License-Identifier: BSD-2-Clause */
/* Digests of files: XXH64 against damage, cheap enough for every boot; SHA-256 against everything. */
#ifndef LOADER_DIGEST_H
#define LOADER_DIGEST_H

#include <mm/types.h>

/* XXH64 with seed 0 of size bytes of any alignment. Source: the xxHash specification, version 0.1.1. */
uint64_t xxh64(const void *data, size_t size);

#define SHA256_SIZE 32

/* A SHA-256 in the making (FIPS 180-4); its content is private. */
struct sha256 {
	uint32_t state[8];
	uint64_t size;
	uint8_t block[64];
};

void sha256_start(struct sha256 *sha);
void sha256_add(struct sha256 *sha, const void *data, size_t size);

/* Writes the digest of all that was added; the state must be started anew after it. */
void sha256_finish(struct sha256 *sha, uint8_t digest[SHA256_SIZE]);

#endif
