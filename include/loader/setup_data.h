/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The list of setup_data nodes that hangs on boot_params: nodes lie one behind the other in one piece of memory, each at a
 * multiple of 8. Source: Linux's Documentation/arch/x86/boot.rst (setup_data) and zero-page.rst.
 */
#ifndef LOADER_SETUP_DATA_H
#define LOADER_SETUP_DATA_H

#include <loader/boot_params.h>

/* A node whose data is known when the plan is made: head_size bytes, then body_size bytes. Pointers stay the caller's. */
struct setup_data_node {
	uint32_t type;
	const void *head;
	const void *body;
	size_t head_size;
	size_t body_size;
};

/* Bytes of memory that these nodes take, headers and alignment included; UINT64_MAX when that, or one node's len, overflows. */
uint64_t setup_data_nodes_size(const struct setup_data_node *nodes, size_t count);

/*
 * Where nodes are written: memory is what lies at the physical address phys (a multiple of 8). New nodes are linked at the
 * end of the list of params, which must lie in this memory too as far as it goes.
 */
struct setup_data_writer {
	uint8_t *memory;
	uint64_t phys;
	uint64_t size;
	uint64_t used;
	struct boot_params *params;
};

/* Adds a node with room for length bytes of data and returns where they go; null, and nothing changed, when they do not fit. */
void *setup_data_add(struct setup_data_writer *writer, uint32_t type, size_t length);

/* Adds the nodes in their order. MM_ENOSPC when they do not fit: as many as do have been added. */
int setup_data_add_nodes(struct setup_data_writer *writer, const struct setup_data_node *nodes, size_t count);

#endif
