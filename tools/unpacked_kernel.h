/* SPDX-License-Identifier: BSD-2-Clause */
/* What is inside a bzImage: the kernel as it lies in memory when it is entered, and its relocations. */
#ifndef TOOLS_UNPACKED_KERNEL_H
#define TOOLS_UNPACKED_KERNEL_H

#include <loader/prepared.h>

#define KERNEL_ERROR_SIZE 512

struct relocation_list {
	uint32_t *offsets; /* from the kernel's lowest byte, ascending */
	size_t count;
};

struct unpacked_kernel {
	struct kernel_image source; /* the bzImage */
	struct kernel_image image;  /* the vmlinux in it */
	const char *method;         /* of its compression */
	char version[256];
	uint8_t *memory; /* image.memory_size bytes, rounded up to whole pages */
	size_t memory_pages;
	struct relocation_list relocations[PREPARED_RELOCATIONS];
	uint8_t *vmlinux; /* the payload, unpacked */
};

/* Returns 0, and what unpacked_kernel_free frees; or -1 and a sentence in error. */
int unpacked_kernel_read(const uint8_t *bzimage, size_t size, struct unpacked_kernel *kernel, char error[KERNEL_ERROR_SIZE]);
void unpacked_kernel_free(struct unpacked_kernel *kernel);

#endif
