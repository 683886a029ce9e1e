/* SPDX-License-Identifier: BSD-2-Clause */
/* The payload of a bzImage, unpacked by the library of its compression. */
#ifndef TOOLS_UNPACK_H
#define TOOLS_UNPACK_H

#include <stddef.h>
#include <stdint.h>

#define UNPACK_ERROR_SIZE 256

/*
 * Unpacks a payload as Linux's build makes it: compressed data (told by its first bytes: gzip, bzip2, lzma, xz, lzo, lz4 or zstd; or a
 * bare ELF), then, except for gzip, the unpacked size as 4 bytes. Returns the unpacked bytes in fresh memory that the caller frees, with
 * their number in *unpacked and the compression's name in *method. Every checksum that the compression has is checked, and the
 * size. Null, and a sentence in error, when something is wrong.
 */
uint8_t *unpack_payload(const uint8_t *payload, size_t size, size_t *unpacked, const char **method,
			char error[UNPACK_ERROR_SIZE]);

#endif
