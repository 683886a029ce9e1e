/* SPDX-License-Identifier: BSD-2-Clause */
/* Device paths whose nodes are too short, too long, or without an end. Each lies in memory of exactly its size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <loader/device_path.h>

static size_t length_of(const uint8_t *bytes, size_t size, struct device_path_node *last)
{
	uint8_t *path = malloc(size);
	size_t length;

	memcpy(path, bytes, size);
	length = device_path_length(path, last);
	free(path);
	return length;
}

static void good_paths(void **state)
{
	static const uint8_t end[] = { 0x7f, 0xff, 4, 0 };
	static const uint8_t two[] = { 1, 1, 6, 0, 9, 9, 4, 1, 5, 0, 0x7f, 0x7f, 0xff, 4, 0 };
	static const uint8_t instances[] = { 1, 1, 4, 0, 0x7f, 1, 4, 0, 3, 5, 4, 0, 0x7f, 0xff, 4, 0 };
	struct device_path_node last = { NULL, 9, 9 };

	(void)state;
	assert_int_equal(length_of(end, sizeof(end), &last), 0);
	assert_int_equal(last.size, 0);
	assert_int_equal(length_of(two, sizeof(two), &last), 11);
	assert_int_equal(last.offset, 6);
	assert_int_equal(last.size, 5);
	assert_int_equal(length_of(instances, sizeof(instances), &last), 12);
	assert_int_equal(last.offset, 8);
	assert_int_equal(length_of(two, sizeof(two), NULL), 11);
}

static void bad_nodes(void **state)
{
	static const uint8_t zero[] = { 1, 1, 4, 0, 4, 1, 0, 0 };
	static const uint8_t three[] = { 1, 1, 3, 0 };
	struct device_path_node last = { NULL, 9, 9 };
	uint8_t *path = calloc(1, DEVICE_PATH_MAX);

	(void)state;
	assert_true(length_of(zero, sizeof(zero), &last) == SIZE_MAX);
	assert_true(length_of(three, sizeof(three), &last) == SIZE_MAX);
	assert_int_equal(last.size, 9);
	for (size_t at = 0; at < DEVICE_PATH_MAX; at += 64) {
		path[at] = 1;
		path[at + 2] = 64;
	}
	path[DEVICE_PATH_MAX - 64 + 2] = 65; /* one byte too long */
	assert_true(device_path_length(path, NULL) == SIZE_MAX);
	path[DEVICE_PATH_MAX - 64] = 0x7f;
	path[DEVICE_PATH_MAX - 64 + 1] = 0xff;
	assert_int_equal(device_path_length(path, NULL), DEVICE_PATH_MAX - 64);
	free(path);
}

static void kinds_of_nodes(void **state)
{
	static const uint8_t bytes[] = { 4, 1, 42, 0 };
	struct device_path_node node = { bytes, 0, 42 };

	(void)state;
	assert_true(device_path_node_is(&node, 4, 1, 42));
	assert_true(device_path_node_is(&node, 4, 1, 0));
	assert_false(device_path_node_is(&node, 4, 1, 43));
	assert_false(device_path_node_is(&node, 4, 2, 42));
	assert_false(device_path_node_is(&node, 3, 1, 42));
	node.size = 0;
	assert_false(device_path_node_is(&node, 4, 1, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_paths),
		cmocka_unit_test(bad_nodes),
		cmocka_unit_test(kinds_of_nodes),
	};

	return cmocka_run_group_tests_name("device_path", tests, NULL, NULL);
}
