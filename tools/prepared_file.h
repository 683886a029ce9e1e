/* SPDX-License-Identifier: BSD-2-Clause */
/* Prepared kernels as files: made from a bzImage, and proved to equal it. docs/prepared.md has the format. */
#ifndef TOOLS_PREPARED_FILE_H
#define TOOLS_PREPARED_FILE_H

#include "unpacked_kernel.h"

/* Makes a file's bytes in fresh memory, *made of them; null when there is no memory. bzimage is what kernel was read from. */
uint8_t *prepared_file_make(const uint8_t *bzimage, size_t size, const struct unpacked_kernel *kernel, size_t *made);

/*
 * Whether a file holds what kernel and its bzimage have: every byte of memory, every relocation, the header and all digests, read
 * in the way the loader reads it. Returns 0, or -1 and a sentence in error.
 */
int prepared_file_verify(const uint8_t *file, size_t file_size, const uint8_t *bzimage, size_t size,
			 const struct unpacked_kernel *kernel, char error[KERNEL_ERROR_SIZE]);

#endif
