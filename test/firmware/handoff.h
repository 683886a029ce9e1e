/* SPDX-License-Identifier: BSD-2-Clause */
/* The two halves of the check of the hand-off: boot_params and what hangs on it, and the kernel in memory. */
#ifndef TEST_FIRMWARE_HANDOFF_H
#define TEST_FIRMWARE_HANDOFF_H

#include "mock.h"

#include <loader/boot_params.h>
#include <loader/stub.h>

/* Whether the application allocated all of it; else that is a problem. */
bool handoff_owns(const char *what, uint64_t base, uint64_t size);

/* handoff_kernel.c: of the scenario's kernel file. */
bool handoff_kernel_is_linux(void);
/* The kernel's bytes after the stub's moves, its page tables, stack and entry. */
void handoff_check_kernel(const struct stub_parameters *stub);

#endif
