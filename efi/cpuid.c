/* SPDX-License-Identifier: BSD-2-Clause */
/* A file of its own, so that the mock firmware can be another processor. */
#include "firmware.h"

struct cpuid machine_cpuid(uint32_t leaf)
{
	struct cpuid is;

	__asm__ volatile("cpuid" : "=a"(is.a), "=b"(is.b), "=c"(is.c), "=d"(is.d) : "a"(leaf), "c"(0));
	return is;
}

bool machine_rdrand(uint64_t *value)
{
	uint8_t good;

	__asm__ volatile("rdrand %0; setc %1" : "=r"(*value), "=qm"(good) : : "cc");
	return good;
}
