/* SPDX-License-Identifier: BSD-2-Clause */
/* Device paths (UEFI 2.10, section 10.2) as some firmware has them: a node's length is believed, but not what should be in it. */
#ifndef LOADER_DEVICE_PATH_H
#define LOADER_DEVICE_PATH_H

#include <mm/types.h>

#define DEVICE_PATH_MAX 65536 /* bytes: far more than any path has */

struct device_path_node {
	const uint8_t *bytes; /* type, subtype, length in two bytes, data */
	size_t offset;        /* from the path's beginning */
	size_t size;          /* with these four bytes */
};

/*
 * Walks to the end node. Returns the bytes in front of it, and the node before it (size 0: there is none) in *last, which may be null;
 * SIZE_MAX, with *last untouched, when a node is shorter than its own four bytes or there is no end within DEVICE_PATH_MAX bytes.
 */
size_t device_path_length(const void *path, struct device_path_node *last);

/* Whether a node has that type and subtype and at least size bytes. */
bool device_path_node_is(const struct device_path_node *node, uint8_t type, uint8_t subtype, size_t size);

#endif
