/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Physical memory. Each piece is mapped at its own address when it is allocated and unmapped when it is freed, so that a
 * touch of any other is a fault. New pieces hold junk: a private mapping of one file of junk costs nothing until written.
 * The address sanitizer has its shadow at 0x7fff7000 to 0x4091ff6fff: what a scenario has there cannot be used.
 */
#define _GNU_SOURCE
#include "mock.h"

#include <errno.h>
#include <sanitizer/asan_interface.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define JUNK_SIZE (UINT64_C(4) << 20)
#define SHADOW UINT64_C(0x7fff8000)

static int junk = -1;

const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "protect_shadow_gap=0:detect_leaks=0:exitcode=99:allocator_may_return_null=1";
}

static int junk_file(void)
{
	static uint64_t words[512];

	if (junk >= 0)
		return junk;
	junk = memfd_create("junk", 0);
	for (uint64_t at = 0, random = 1; at < JUNK_SIZE; at += sizeof(words)) {
		for (size_t i = 0; i < 512; i++)
			words[i] = random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		if (write(junk, words, sizeof(words)) != sizeof(words))
			fatal("the host gives no junk: %s", strerror(errno));
	}
	return junk;
}

static uint64_t shadow_of(uint64_t address)
{
	return (address >> 3) + SHADOW;
}

void backing_prepare(void)
{
	junk_file();
}

static void map_at(uint64_t base, uint64_t size, int flags, int file)
{
	void *at = (void *)(uintptr_t)base;

	if (mmap(at, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED_NOREPLACE | MAP_NORESERVE | flags, file, 0) != at)
		fatal("the host has no memory for 0x%llx + 0x%llx (%s): choose other addresses for the scenario's memory",
		      (unsigned long long)base, (unsigned long long)size, strerror(errno));
	if (flags)
		madvise(at, size, MADV_HUGEPAGE);
}

/* A kernel's memory is junk in the run without a failure; in all others it would only cost time. */
void backing_map(uint64_t base, uint64_t size)
{
	if ((mock.injection.call || mock.injection.at_call) && size >= JUNK_SIZE) {
		map_at(base, size, MAP_ANONYMOUS, -1);
		return;
	}
	for (uint64_t done = 0; done < size; done += JUNK_SIZE)
		map_at(base + done, size - done < JUNK_SIZE ? size - done : JUNK_SIZE, 0, junk_file());
}

void backing_unmap(uint64_t base, uint64_t size)
{
	munmap((void *)(uintptr_t)base, size);
}

/* Written here, because the sanitizer's own function refuses what lies in the gap of its shadow. */
__attribute__((no_sanitize("address"))) static void fill_shadow(uint64_t from, uint64_t count, uint8_t value)
{
	__asm__ volatile("rep stosb" : "+D"(from), "+c"(count) : "a"(value) : "memory");
}

void backing_poison(uint64_t base, uint64_t size, bool poison)
{
	uint64_t first = (base + 7) / 8 * 8;

	if (base >= base + size)
		return;
	if (first != base) /* the first bytes of this group of 8 stay good */
		fill_shadow(shadow_of(base), 1, poison ? base % 8 : 0);
	if (base + size > first)
		fill_shadow(shadow_of(first), (base + size - first) / 8, poison ? 0xf7 : 0);
}
