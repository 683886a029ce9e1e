/* SPDX-License-Identifier: BSD-2-Clause */
/* The CRC-32 of Ethernet, zip and Linux's crc32_le (polynomial 0xedb88320, reflected). */
#ifndef MM_CRC32_H
#define MM_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* Checksum of what crc is the checksum of (0: of nothing) with size more bytes behind it. */
uint32_t mm_crc32(uint32_t crc, const void *data, size_t size);

#endif
