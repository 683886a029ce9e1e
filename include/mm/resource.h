/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The resource tree: who owns which physical addresses, as /proc/iomem shows it. Rules are those of Linux
 * (kernel/resource.c); the nodes are the caller's memory. Children lie inside their parent, are sorted by start and
 * do not overlap. Unlike elsewhere in mm/, end is the last address, not the one after it, as in Linux. Not
 * reentrant: one caller at a time for a tree.
 */
#ifndef MM_RESOURCE_H
#define MM_RESOURCE_H

#include <mm/printer.h>
#include <mm/types.h>

typedef phys_addr_t resource_size_t;

/* The flags that matter before there are drivers; the numbers are Linux's. */
#define IORESOURCE_IO 0x00000100ul
#define IORESOURCE_MEM 0x00000200ul
#define IORESOURCE_SYSRAM 0x01000000ul
#define IORESOURCE_EXCLUSIVE 0x08000000ul
#define IORESOURCE_DISABLED 0x10000000ul
#define IORESOURCE_UNSET 0x20000000ul
#define IORESOURCE_BUSY 0x80000000ul
#define IORESOURCE_SYSTEM_RAM (IORESOURCE_MEM | IORESOURCE_SYSRAM)

/* Set start, end, name and flags; the links are null until the resource is in a tree, and null again afterwards. */
struct resource {
	resource_size_t start;
	resource_size_t end; /* inclusive */
	const char *name;
	unsigned long flags;
	struct resource *parent;
	struct resource *sibling; /* the next higher child of the same parent */
	struct resource *child;   /* the lowest */
};

/* The root for memory addresses: everything, called "PCI mem" as in Linux. */
extern struct resource iomem_resource;

/* Bytes of a resource; 0 for all of a 64-bit address space. */
static inline resource_size_t resource_size(const struct resource *resource)
{
	return resource->end - resource->start + 1;
}

/* Whether inner lies within outer. */
static inline bool resource_contains(const struct resource *outer, const struct resource *inner)
{
	return outer->start <= inner->start && outer->end >= inner->end;
}

/*
 * Makes new a child of root itself. Returns 0, or MM_EBUSY and everything untouched when new overlaps a child, does not
 * lie inside root, has end < start, or is in a tree already. The _conflict form returns null, or whom it conflicts
 * with: the lowest such child, root, or (in a tree already) new.
 */
int request_resource(struct resource *root, struct resource *new);
struct resource *request_resource_conflict(struct resource *root, struct resource *new);

/*
 * Puts new where it belongs: into the smallest resource of the tree that holds it, above those that it holds, which
 * become its children; of two equal ones the later is the parent. Returns 0, or MM_EBUSY and everything untouched
 * when new overlaps one partly, or as request_resource.
 */
int insert_resource(struct resource *root, struct resource *new);
struct resource *insert_resource_conflict(struct resource *root, struct resource *new);

/*
 * insert_resource, with new grown until it holds everything that it would overlap partly. log, which may be null,
 * gets a line for each such step. Returns 0, or MM_EBUSY when new does not lie inside root or is in a tree already,
 * with nothing but new's start and end changed. Linux says nothing in that case.
 */
int insert_resource_expand_to_fit(struct resource *root, struct resource *new, struct printer *log);

/* Takes a resource out of the tree, its children with it. Returns 0, or MM_EINVAL when it is in none. */
int release_resource(struct resource *old);

/* Takes a resource out of the tree; its children move up to its parent. Returns 0, or MM_EINVAL when it is in none. */
int remove_resource(struct resource *old);

/* The child of root, not deeper, that starts at start; null when there is none. */
struct resource *lookup_resource(struct resource *root, resource_size_t start);

/*
 * Prints everything below root, not root itself, as /proc/iomem: two spaces for each level, at most ten, start-end
 * in lower-case hexadecimal of at least 8 digits (4 when root ends below 0x10000), and the name ("<BAD>" when
 * null).
 */
void resource_print(const struct resource *root, struct printer *out);

#endif
