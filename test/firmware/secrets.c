/* SPDX-License-Identifier: BSD-2-Clause */
/* The numbers that decide where a kernel lies: whoever gets memory after the application must not find them in it. */
#include "mock.h"

#include <string.h>

#define SECRETS_MAX 32
#define SCANNED_MAX (UINT64_C(16) << 20) /* a large kernel's own memory would only cost time */

static uint64_t secrets[SECRETS_MAX];
static size_t secret_count;

void __real_random_mixture(uint8_t mixture[32]);
void __wrap_random_mixture(uint8_t mixture[32]);

/* The first 16 bytes are the two numbers of struct plan_random. They are kept as something else here. */
void __wrap_random_mixture(uint8_t mixture[32])
{
	uint64_t numbers[2];

	__real_random_mixture(mixture);
	memcpy(numbers, mixture, sizeof(numbers));
	secret_add(numbers[0]);
	secret_add(numbers[1]);
	memset(numbers, 0, sizeof(numbers));
	__asm__ volatile("" : : "r"(numbers) : "memory");
}

void secret_add(uint64_t value)
{
	if (secret_count < SECRETS_MAX)
		secrets[secret_count++] = ~value;
}

__attribute__((no_sanitize("address"))) bool secret_is_in(uint64_t base, uint64_t size)
{
	if (size > SCANNED_MAX)
		return false;
	for (uint64_t at = (base + 3) / 4 * 4; at + 8 <= base + size; at += 4)
		for (size_t i = 0; i < secret_count; i++)
			if (*(const volatile uint32_t *)(uintptr_t)at == (uint32_t)~secrets[i] &&
			    *(const volatile uint32_t *)(uintptr_t)(at + 4) == (uint32_t)(~secrets[i] >> 32))
				return true;
	return false;
}
