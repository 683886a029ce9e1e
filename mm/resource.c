/* SPDX-License-Identifier: BSD-2-Clause */
#include <mm/resource.h>

#define MAX_PRINTED_DEPTH 5

struct resource iomem_resource = {
	.start = 0,
	.end = (resource_size_t)-1,
	.name = "PCI mem",
	.flags = IORESOURCE_MEM,
};

static bool is_inside(const struct resource *root, const struct resource *new)
{
	return new->start <= new->end && resource_contains(root, new);
}

/* The link, in root's list of children, to the lowest child that ends at or above address, or to null. */
static struct resource **find_link(struct resource *root, resource_size_t address)
{
	struct resource **link = &root->child;

	while (*link && (*link)->end < address)
		link = &(*link)->sibling;
	return link;
}

/* The link to resource in its parent's list of children; null when it is in no tree. */
static struct resource **link_to(const struct resource *resource)
{
	struct resource **link;

	if (!resource->parent)
		return NULL;
	for (link = &resource->parent->child; *link; link = &(*link)->sibling)
		if (*link == resource)
			return link;
	return NULL;
}

struct resource *request_resource_conflict(struct resource *root, struct resource *new)
{
	struct resource **link;

	if (new->parent)
		return new;
	if (!is_inside(root, new))
		return root;
	link = find_link(root, new->start);
	if (*link && (*link)->start <= new->end)
		return *link;
	new->parent = root;
	new->sibling = *link;
	*link = new;
	return NULL;
}

int request_resource(struct resource *root, struct resource *new)
{
	return request_resource_conflict(root, new) ? MM_EBUSY : 0;
}

/* Puts new between parent and those of its children, from *first on, that new holds. */
static void adopt(struct resource *parent, struct resource *new, struct resource **first, struct resource *last)
{
	new->parent = parent;
	new->sibling = last->sibling;
	new->child = *first;
	*first = new;
	last->sibling = NULL;
	for (struct resource *child = new->child; child; child = child->sibling)
		child->parent = new;
}

struct resource *insert_resource_conflict(struct resource *root, struct resource *new)
{
	struct resource *parent = root;
	struct resource *conflict;

	for (;;) {
		conflict = request_resource_conflict(parent, new);
		if (!conflict || conflict == parent || conflict == new)
			return conflict;
		if (!resource_contains(conflict, new) || resource_contains(new, conflict))
			break;
		parent = conflict;
	}

	struct resource *last = conflict;

	for (;; last = last->sibling) {
		if (!resource_contains(new, last))
			return last;
		if (!last->sibling || last->sibling->start > new->end)
			break;
	}
	adopt(parent, new, find_link(parent, new->start), last);
	return NULL;
}

int insert_resource(struct resource *root, struct resource *new)
{
	return insert_resource_conflict(root, new) ? MM_EBUSY : 0;
}

int insert_resource_expand_to_fit(struct resource *root, struct resource *new, struct printer *log)
{
	struct resource *conflict;

	while ((conflict = insert_resource_conflict(root, new))) {
		if (conflict == root || conflict == new)
			return MM_EBUSY;
		if (conflict->start < new->start)
			new->start = conflict->start;
		if (conflict->end > new->end)
			new->end = conflict->end;
		print(log, "Expanded resource %s due to conflict with %s\n", new->name, conflict->name);
	}
	return 0;
}

int release_resource(struct resource *old)
{
	struct resource **link = link_to(old);

	if (!link)
		return MM_EINVAL;
	*link = old->sibling;
	old->parent = NULL;
	old->sibling = NULL;
	return 0;
}

int remove_resource(struct resource *old)
{
	struct resource **link = link_to(old);

	if (!link)
		return MM_EINVAL;
	*link = old->child;
	for (; *link; link = &(*link)->sibling)
		(*link)->parent = old->parent;
	*link = old->sibling;
	old->parent = NULL;
	old->sibling = NULL;
	old->child = NULL;
	return 0;
}

struct resource *lookup_resource(struct resource *root, resource_size_t start)
{
	struct resource *resource = root->child;

	while (resource && resource->start != start)
		resource = resource->sibling;
	return resource;
}

void resource_print(const struct resource *root, struct printer *out)
{
	const int width = root->end < 0x10000 ? 4 : 8;
	const struct resource *resource = root->child;
	int depth = 0;

	while (resource) {
		print(out, "%*s%0*llx-%0*llx : %s\n", 2 * (depth < MAX_PRINTED_DEPTH ? depth : MAX_PRINTED_DEPTH), "",
		      width, (unsigned long long)resource->start, width, (unsigned long long)resource->end,
		      resource->name ? resource->name : "<BAD>");
		if (resource->child) {
			resource = resource->child;
			depth++;
			continue;
		}
		while (resource != root && !resource->sibling) {
			resource = resource->parent;
			depth--;
		}
		resource = resource == root ? NULL : resource->sibling;
	}
}
