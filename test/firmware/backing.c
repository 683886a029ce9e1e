/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Physical memory. Each piece is mapped at its own address when it is allocated and unmapped when it is freed, so that a
 * touch of any other is a fault. New pieces hold junk: a private mapping of one file of junk costs nothing until written.
 * The address sanitizer keeps its shadow at 0x7fff8000 to 0x8fff6fff, where no scenario may have memory that is used; and
 * what lies above needs a shadow that the sanitizer does not make.
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
#define SHADOW_CHUNK (UINT64_C(1) << 20) /* bytes of shadow that are mapped at once */
#define SHADOW_CHUNKS_MAX 512
#define LOW_END UINT64_C(0x7fff8000)

const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "protect_shadow_gap=0:detect_leaks=0:exitcode=99:allocator_may_return_null=1";
}

static int junk_file(void)
{
	static int file = -1;
	static uint64_t junk[512];

	if (file >= 0)
		return file;
	file = memfd_create("junk", 0);
	for (uint64_t at = 0, random = 1; at < JUNK_SIZE; at += sizeof(junk)) {
		for (size_t i = 0; i < 512; i++)
			junk[i] = random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		if (write(file, junk, sizeof(junk)) != sizeof(junk))
			fatal("the host gives no junk: %s", strerror(errno));
	}
	return file;
}

static void map_at(uint64_t base, uint64_t size, int flags, int file)
{
	void *at = (void *)(uintptr_t)base;

	if (mmap(at, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED_NOREPLACE | MAP_NORESERVE | flags, file, 0) != at)
		fatal("the host has no memory for 0x%llx + 0x%llx (%s): choose other addresses for the scenario's memory",
		      (unsigned long long)base, (unsigned long long)size, strerror(errno));
}

static uint64_t shadow_of(uint64_t address)
{
	return (address >> 3) + LOW_END;
}

static void map_shadow(uint64_t base, uint64_t size)
{
	static uint64_t mapped[SHADOW_CHUNKS_MAX];
	static size_t count;
	uint64_t last = shadow_of(base + size - 1) / SHADOW_CHUNK;

	for (uint64_t chunk = shadow_of(base) / SHADOW_CHUNK; chunk <= last; chunk++) {
		bool there = false;

		for (size_t i = 0; i < count && !there; i++)
			there = mapped[i] == chunk;
		if (there)
			continue;
		if (count == SHADOW_CHUNKS_MAX)
			fatal("too much memory above 4 GiB is used");
		mapped[count++] = chunk;
		map_at(chunk * SHADOW_CHUNK, SHADOW_CHUNK, MAP_ANONYMOUS, -1);
	}
}

void backing_map(uint64_t base, uint64_t size)
{
	if (base + size > LOW_END)
		map_shadow(base, size);
	for (uint64_t at = 0; at < size; at += JUNK_SIZE)
		map_at(base + at, size - at < JUNK_SIZE ? size - at : JUNK_SIZE, 0, junk_file());
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
