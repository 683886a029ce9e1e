/* SPDX-License-Identifier: BSD-2-Clause */
/* XXH64 and SHA-256 against values of other implementations: xxhsum, sha256sum and FIPS 180-4's examples. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <loader/digest.h>

static uint64_t xxh64_of(const char *text)
{
	return xxh64(text, strlen(text));
}

static void xxh64_of_texts(void **state)
{
	(void)state;
	assert_true(xxh64_of("") == UINT64_C(0xef46db3751d8e999));
	assert_true(xxh64_of("a") == UINT64_C(0xd24ec4f1a98c6e5b));
	assert_true(xxh64_of("abc") == UINT64_C(0x44bc2cf5ad770999));
	assert_true(xxh64_of("Nobody inspects the spammish repetition") == UINT64_C(0xfbcea83c8a378bf1));
}

static void hex_of(const uint8_t *digest, char *text)
{
	for (size_t i = 0; i < SHA256_SIZE; i++) {
		text[2 * i] = "0123456789abcdef"[digest[i] >> 4];
		text[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
	}
	text[2 * SHA256_SIZE] = '\0';
}

static void assert_sha256(const void *data, size_t size, const char *expected)
{
	/* in one piece, byte by byte, and in pieces that do not fit its blocks */
	static const size_t steps[] = { SIZE_MAX, 1, 63, 64, 65, 200 };

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		char text[2 * SHA256_SIZE + 1];
		uint8_t digest[SHA256_SIZE];
		struct sha256 sha;

		sha256_start(&sha);
		for (size_t at = 0, step; at < size; at += step) {
			step = size - at < steps[i] ? size - at : steps[i];
			sha256_add(&sha, (const uint8_t *)data + at, step);
		}
		sha256_finish(&sha, digest);
		hex_of(digest, text);
		assert_string_equal(text, expected);
	}
}

static void sha256_of_texts(void **state)
{
	static const char two_blocks[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
	char *many = malloc(1000000);

	(void)state;
	assert_sha256("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_sha256("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_sha256(two_blocks, strlen(two_blocks), "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	memset(many, 'a', 1000000);
	assert_sha256(many, 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	free(many);
}

/* Every length around the block size: the padding has its own cases. */
static void sha256_of_all_lengths(void **state)
{
	uint8_t data[130], digest[SHA256_SIZE];
	char text[2 * SHA256_SIZE + 1];
	struct sha256 all, one;

	(void)state;
	sha256_start(&all);
	for (size_t size = 0; size < sizeof(data); size++) {
		data[size] = (uint8_t)(size * 7);
		sha256_start(&one);
		sha256_add(&one, data, size);
		sha256_finish(&one, digest);
		sha256_add(&all, digest, sizeof(digest));
	}
	sha256_finish(&all, digest);
	hex_of(digest, text);
	assert_string_equal(text, "6331a2b10770f73d638be11da3c97f61f5f9dddebf3f274e4c36e5b91ae35d28");
}

static void xxh64_of_all_lengths(void **state)
{
	uint8_t data[130];
	uint64_t sum = 0;

	(void)state;
	for (size_t size = 0; size < sizeof(data); size++) {
		data[size] = (uint8_t)(size * 7);
		sum = sum * 31 + xxh64(data, size);
	}
	assert_true(sum == UINT64_C(0x2bfeaaf98c667261));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(xxh64_of_texts),
		cmocka_unit_test(xxh64_of_all_lengths),
		cmocka_unit_test(sha256_of_texts),
		cmocka_unit_test(sha256_of_all_lengths),
	};

	return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
