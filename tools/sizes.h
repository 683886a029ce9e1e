/* SPDX-License-Identifier: BSD-2-Clause */
/* Sizes for people: exact bytes, and binary units. */
#ifndef TOOLS_SIZES_H
#define TOOLS_SIZES_H

#include <stddef.h>

/* Sums of sizes in files can pass 2^64. */
typedef unsigned __int128 byte_sum;

#define SIZE_TEXT_MAX 64

/* "2137485312" and "1.99 GiB" (cut, not rounded, so that nothing looks larger than it is); both return text. */
const char *bytes_text(byte_sum bytes, char text[SIZE_TEXT_MAX]);
const char *binary_text(byte_sum bytes, char text[SIZE_TEXT_MAX]);

#endif
