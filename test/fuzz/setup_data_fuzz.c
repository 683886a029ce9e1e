/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a list of nodes for the setup_data chain: each ends up behind the one before, inside its memory, with its
 * bytes, or is refused. 1 byte: the room in units of 32; then per node 2 bytes of lengths and the data.
 */
#include <loader/setup_data.h>

#include "fuzz.h"

#define NODES_MAX 16
#define PHYS UINT64_C(0x123456000)

/* How many nodes the chain has that boot_params begins, each checked. */
static size_t walk(const struct setup_data_writer *writer, const struct setup_data_node *nodes)
{
	uint64_t at = writer->params->hdr.setup_data, previous = 0;
	size_t count = 0;

	for (; at; count++) {
		const struct setup_data *node = (const void *)(writer->memory + (at - PHYS));

		CHECK(at % 8 == 0 && at > previous && at - PHYS + sizeof(*node) + node->len <= writer->used);
		CHECK(node->type == nodes[count].type && node->len == nodes[count].head_size + nodes[count].body_size);
		CHECK(memcmp(node + 1, nodes[count].head, nodes[count].head_size) == 0);
		CHECK(memcmp((const uint8_t *)(node + 1) + nodes[count].head_size, nodes[count].body, nodes[count].body_size) == 0);
		previous = at;
		at = node->next;
	}
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct setup_data_node nodes[NODES_MAX];
	struct boot_params params = { 0 };
	uint64_t needed, room;
	size_t count = 0;
	int error;

	if (size == 0)
		return 0;
	room = data[0] * UINT64_C(32);
	for (data++, size--; size >= 2 && count < NODES_MAX; count++) {
		size_t head = data[0] % 64, body = data[1];

		data += 2;
		size -= 2;
		head = head < size ? head : size;
		body = body < size - head ? body : size - head;
		nodes[count] = (struct setup_data_node){ .type = (uint32_t)count + 1, .head = data, .head_size = head,
							 .body = data + head, .body_size = body };
		data += head + body;
		size -= head + body;
	}
	struct setup_data_writer writer = { exact_copy(NULL, room), PHYS, room, 0, &params };

	needed = setup_data_nodes_size(nodes, count);
	error = setup_data_add_nodes(&writer, nodes, count);
	CHECK(error == 0 || error == MM_ENOSPC);
	CHECK(error == 0 || needed > room);
	CHECK(writer.used <= room && (error == 0) == (walk(&writer, nodes) == count));
	nodes[0].head_size = SIZE_MAX;
	CHECK(count == 0 || setup_data_nodes_size(nodes, count) == UINT64_MAX || nodes[0].body_size == 0);
	free(writer.memory);
	return 0;
}
