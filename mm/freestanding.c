/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The four functions that a compiler may call by itself even in freestanding code. Weak: a kernel
 * with its own keeps them. Not part of the host build, where the C library has them. They work in
 * words before bytes: processors move either in large pieces, emulators one by one.
 */
#include <stddef.h>
#include <stdint.h>

#define MM_WEAK __attribute__((weak))

MM_WEAK void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	size_t words = size / sizeof(uint64_t), bytes = size % sizeof(uint64_t);
	void *start = to;

	__asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words)::"memory");
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes)::"memory");
	return start;
}

MM_WEAK void *memmove(void *to, const void *from, size_t size)
{
	char *target = to;
	const char *source = from;

	if (target <= source || target >= source + size)
		return memcpy(to, from, size);
	/* From the end, in words: a word that is read lies below all that was written. */
	for (; size >= sizeof(uint64_t); size -= sizeof(uint64_t)) {
		uint64_t word;

		__builtin_memcpy(&word, source + size - sizeof(word), sizeof(word));
		__builtin_memcpy(target + size - sizeof(word), &word, sizeof(word));
	}
	while (size--)
		target[size] = source[size];
	return to;
}

MM_WEAK void *memset(void *to, int value, size_t size)
{
	size_t words = size / sizeof(uint64_t), bytes = size % sizeof(uint64_t);
	void *start = to;

	__asm__ volatile("rep stosq" : "+D"(to), "+c"(words) : "a"((uint8_t)value * UINT64_C(0x0101010101010101)) : "memory");
	__asm__ volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(value) : "memory");
	return start;
}

MM_WEAK int memcmp(const void *a, const void *b, size_t size)
{
	const unsigned char *left = a;
	const unsigned char *right = b;

	for (size_t i = 0; i < size; i++)
		if (left[i] != right[i])
			return left[i] - right[i];
	return 0;
}
