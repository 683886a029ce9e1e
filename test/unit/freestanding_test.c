/* SPDX-License-Identifier: BSD-2-Clause */
/* mm/freestanding.c under other names, so that the C library's own can be the model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SIZE 24

static void fill(unsigned char *bytes)
{
	for (size_t i = 0; i < SIZE; i++)
		bytes[i] = (unsigned char)(i * 37 + 200);
}

static void *(*const libc_memmove)(void *, const void *, size_t) = memmove;
static void *(*const libc_memset)(void *, int, size_t) = memset;
static int (*const libc_memcmp)(const void *, const void *, size_t) = memcmp;

#define memcpy mm_memcpy
#define memmove mm_memmove
#define memset mm_memset
#define memcmp mm_memcmp
#include "../../mm/freestanding.c"

/* Every source, target and length in a small buffer: ahead, behind, the same, apart and touching. */
static void moves_however_the_ranges_overlap(void **state)
{
	unsigned char is[SIZE], wanted[SIZE];

	(void)state;
	for (size_t from = 0; from < SIZE; from++) {
		for (size_t to = 0; to < SIZE; to++) {
			for (size_t size = 0; from + size <= SIZE && to + size <= SIZE; size++) {
				fill(is);
				fill(wanted);
				libc_memmove(wanted + to, wanted + from, size);
				assert_ptr_equal(memmove(is + to, is + from, size), is + to);
				assert_int_equal(libc_memcmp(is, wanted, SIZE), 0);
			}
		}
	}
}

static void copies(void **state)
{
	unsigned char from[SIZE], to[SIZE];

	(void)state;
	fill(from);
	for (size_t size = 0; size < SIZE; size++) {
		libc_memset(to, 0x55, SIZE);
		assert_ptr_equal(memcpy(to, from, size), to);
		assert_int_equal(libc_memcmp(to, from, size), 0);
		for (size_t i = size; i < SIZE; i++)
			assert_int_equal(to[i], 0x55);
	}
}

/* The value counts modulo 256. */
static void fills(void **state)
{
	unsigned char bytes[SIZE];

	(void)state;
	for (size_t size = 0; size < SIZE; size++) {
		libc_memset(bytes, 0x55, SIZE);
		assert_ptr_equal(memset(bytes, 0x1fe, size), bytes);
		for (size_t i = 0; i < SIZE; i++)
			assert_int_equal(bytes[i], i < size ? 0xfe : 0x55);
	}
}

/* Bytes compare unsigned, and nothing behind the length counts. */
static void compares(void **state)
{
	unsigned char a[SIZE], b[SIZE];

	(void)state;
	fill(a);
	for (size_t at = 0; at < SIZE; at++) {
		fill(b);
		a[at] = 0x80;
		b[at] = 0x7f;
		assert_true(memcmp(a, b, SIZE) > 0);
		assert_true(memcmp(b, a, SIZE) < 0);
		assert_int_equal(memcmp(a, b, at), 0);
		fill(a);
	}
	assert_int_equal(memcmp(a, a, SIZE), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moves_however_the_ranges_overlap),
		cmocka_unit_test(copies),
		cmocka_unit_test(fills),
		cmocka_unit_test(compares),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
