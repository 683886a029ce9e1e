/* SPDX-License-Identifier: BSD-2-Clause */
#include <loader/setup_data.h>

#define NODE_ALIGN 8

uint64_t setup_data_nodes_size(const struct setup_data_node *nodes, size_t count)
{
	uint64_t size = 0, length;

	for (size_t i = 0; i < count; i++) {
		if (__builtin_add_overflow(nodes[i].head_size, nodes[i].body_size, &length) || length > UINT32_MAX ||
		    __builtin_add_overflow(size, sizeof(struct setup_data) + length, &size) ||
		    !mm_align_up(size, NODE_ALIGN, &size))
			return UINT64_MAX;
	}
	return size;
}

/* Physical address of the last node of the list; 0: there is none. */
static uint64_t tail_address(const struct setup_data_writer *writer)
{
	uint64_t address = writer->params->hdr.setup_data;
	const struct setup_data *node;

	if (address == 0)
		return 0;
	for (;; address = node->next) {
		node = (const void *)(writer->memory + (address - writer->phys));
		if (node->next == 0)
			return address;
	}
}

void *setup_data_add(struct setup_data_writer *writer, uint32_t type, size_t length)
{
	uint64_t at = (writer->used + (NODE_ALIGN - 1)) & ~UINT64_C(7), tail = tail_address(writer);
	struct setup_data *node = (void *)(writer->memory + at);

	if (at > writer->size || writer->size - at < sizeof(*node) || writer->size - at - sizeof(*node) < length ||
	    length > UINT32_MAX)
		return NULL;
	*node = (struct setup_data){ .type = type, .len = (uint32_t)length };
	if (tail)
		((struct setup_data *)(void *)(writer->memory + (tail - writer->phys)))->next = writer->phys + at;
	else
		writer->params->hdr.setup_data = writer->phys + at;
	writer->used = at + sizeof(*node) + length;
	return node + 1;
}

int setup_data_add_nodes(struct setup_data_writer *writer, const struct setup_data_node *nodes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint8_t *data = setup_data_add(writer, nodes[i].type, nodes[i].head_size + nodes[i].body_size);

		if (!data)
			return MM_ENOSPC;
		__builtin_memcpy(data, nodes[i].head, nodes[i].head_size);
		if (nodes[i].body_size) /* else there may be no body to point to */
			memcpy(data + nodes[i].head_size, nodes[i].body, nodes[i].body_size);
	}
	return 0;
}
