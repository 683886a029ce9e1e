/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TOOLS_ALLOCATE_H
#define TOOLS_ALLOCATE_H

#include <stddef.h>

/* Zeroed memory; ends the program with a message when there is none. */
void *allocate(size_t count, size_t size);

#endif
