/* SPDX-License-Identifier: BSD-2-Clause */
#include <loader/device_path.h>

#define NODE_SIZE 4
#define END_TYPE 0x7f
#define END_ENTIRE 0xff

size_t device_path_length(const void *path, struct device_path_node *last)
{
	const uint8_t *bytes = path;
	struct device_path_node node = { .bytes = bytes };
	size_t at = 0;

	while (bytes[at] != END_TYPE || bytes[at + 1] != END_ENTIRE) {
		size_t size = (size_t)bytes[at + 2] | (size_t)bytes[at + 3] << 8;

		if (size < NODE_SIZE || size > DEVICE_PATH_MAX - at)
			return SIZE_MAX;
		node = (struct device_path_node){ bytes + at, at, size };
		at += size;
	}
	if (last)
		*last = node;
	return at;
}

bool device_path_node_is(const struct device_path_node *node, uint8_t type, uint8_t subtype, size_t size)
{
	return node->size >= size && node->size >= NODE_SIZE && node->bytes[0] == type && node->bytes[1] == subtype;
}
