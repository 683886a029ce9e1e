/* SPDX-License-Identifier: BSD-2-Clause */
/* The resource tree: who may be where, and how it is printed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <mm/resource.h>

#define RES(first, last, text) { .start = (first), .end = (last), .name = (text), .flags = IORESOURCE_MEM }

/* The tree below root as text: what every link says. */
static void expect_tree(const struct resource *root, const char *wanted)
{
	char text[1000];
	struct buffer_printer out;

	buffer_printer_init(&out, text, sizeof(text));
	resource_print(root, &out.printer);
	assert_string_equal(text, wanted);
}

static void expect_links(const struct resource *resource, const struct resource *parent, const struct resource *sibling,
			 const struct resource *child)
{
	assert_ptr_equal(resource->parent, parent);
	assert_ptr_equal(resource->sibling, sibling);
	assert_ptr_equal(resource->child, child);
}

/* Requests end up sorted, whatever their order:  [ low ]  [ middle ]  [ high ] */
static void request_sorts(void **state)
{
	struct resource root = RES(0, 0xffffffff, "root");
	struct resource low = RES(0x1000, 0x1fff, "low"), middle = RES(0x3000, 0x3fff, "middle"),
			high = RES(0x5000, 0x5fff, "high");

	(void)state;
	assert_int_equal(request_resource(&root, &middle), 0);
	assert_int_equal(request_resource(&root, &high), 0);
	assert_int_equal(request_resource(&root, &low), 0);
	expect_links(&root, NULL, NULL, &low);
	expect_links(&low, &root, &middle, NULL);
	expect_links(&middle, &root, &high, NULL);
	expect_links(&high, &root, NULL, NULL);
	expect_tree(&root, "00001000-00001fff : low\n00003000-00003fff : middle\n00005000-00005fff : high\n");
}

/*
 * A request conflicts with the lowest child that it has a byte in common with, and with root when it does not fit into
 * that; nobody is changed then. Touching is no conflict.
 *
 *   root  |      +--a--+    +--b--+      |
 *   new   |          +---------+         |
 */
static void request_refuses_overlap(void **state)
{
	struct resource root = RES(0x1000, 0xffff, "root");
	struct resource a = RES(0x2000, 0x2fff, "a"), b = RES(0x4000, 0x4fff, "b");
	struct resource over_both = RES(0x2fff, 0x4000, "x"), below = RES(0xfff, 0x1fff, "x"),
			above = RES(0xf000, 0x10000, "x"),
			backwards = RES(0x6001, 0x6000, "x"), inside_a = RES(0x2800, 0x2800, "x"),
			between = RES(0x3000, 0x3fff, "between");

	(void)state;
	assert_int_equal(request_resource(&root, &a), 0);
	assert_int_equal(request_resource(&root, &b), 0);
	assert_ptr_equal(request_resource_conflict(&root, &over_both), &a);
	assert_ptr_equal(request_resource_conflict(&root, &inside_a), &a);
	assert_ptr_equal(request_resource_conflict(&root, &below), &root);
	assert_ptr_equal(request_resource_conflict(&root, &above), &root);
	assert_ptr_equal(request_resource_conflict(&root, &backwards), &root);
	assert_int_equal(request_resource(&root, &over_both), MM_EBUSY);
	expect_links(&over_both, NULL, NULL, NULL);
	expect_links(&below, NULL, NULL, NULL);
	expect_links(&a, &root, &b, NULL);
	assert_null(request_resource_conflict(&root, &between));
	expect_links(&a, &root, &between, NULL);
	expect_links(&between, &root, &b, NULL);
}

/* A resource that is in a tree cannot be put into one again: its links are in use. */
static void refuses_a_resource_twice(void **state)
{
	struct resource root = RES(0, 0xffff, "root"), other = RES(0, 0xffff, "other");
	struct resource a = RES(0x2000, 0x2fff, "a"), b = RES(0x2000, 0x2fff, "b");

	(void)state;
	assert_int_equal(request_resource(&root, &a), 0);
	assert_int_equal(request_resource(&root, &a), MM_EBUSY);
	assert_int_equal(insert_resource(&root, &a), MM_EBUSY);
	assert_ptr_equal(request_resource_conflict(&other, &a), &a);
	assert_int_equal(insert_resource_expand_to_fit(&other, &a, NULL), MM_EBUSY);
	expect_links(&a, &root, NULL, NULL);
	assert_null(other.child);
	assert_int_equal(request_resource(&other, &b), 0);
}

/*
 * An insertion goes down into what holds it, and takes in what it holds:
 *
 *   |            System RAM              |
 *   |   +----------- new -----------+    |
 *   |   |  [ code ]  [ data ]       | [ bss ]
 */
static void insert_finds_its_level(void **state)
{
	struct resource root = RES(0, 0xffffffff, "root");
	struct resource ram = RES(0x100000, 0x7fffffff, "System RAM"), code = RES(0x1000000, 0x1ffffff, "Kernel code"),
			data = RES(0x2000000, 0x2ffffff, "Kernel data"), bss = RES(0x4000000, 0x4ffffff, "Kernel bss"),
			new = RES(0x1000000, 0x3ffffff, "new");

	(void)state;
	assert_int_equal(insert_resource(&root, &code), 0);
	assert_int_equal(insert_resource(&root, &ram), 0);
	assert_int_equal(insert_resource(&root, &bss), 0);
	assert_int_equal(insert_resource(&root, &data), 0);
	assert_int_equal(insert_resource(&root, &new), 0);
	expect_links(&root, NULL, NULL, &ram);
	expect_links(&ram, &root, NULL, &new);
	expect_links(&new, &ram, &bss, &code);
	expect_links(&code, &new, &data, NULL);
	expect_links(&data, &new, NULL, NULL);
	expect_links(&bss, &ram, NULL, NULL);
	expect_tree(&root, "00100000-7fffffff : System RAM\n"
			   "  01000000-03ffffff : new\n"
			   "    01000000-01ffffff : Kernel code\n"
			   "    02000000-02ffffff : Kernel data\n"
			   "  04000000-04ffffff : Kernel bss\n");
}

/* Of two equal resources the later one is the parent. */
static void insert_above_an_equal(void **state)
{
	struct resource root = RES(0, 0xffff, "root");
	struct resource first = RES(0x1000, 0x1fff, "first"), second = RES(0x1000, 0x1fff, "second"),
			neighbour = RES(0x2000, 0x2fff, "neighbour");

	(void)state;
	assert_int_equal(insert_resource(&root, &first), 0);
	assert_int_equal(insert_resource(&root, &neighbour), 0);
	assert_int_equal(insert_resource(&root, &second), 0);
	expect_links(&root, NULL, NULL, &second);
	expect_links(&second, &root, &neighbour, &first);
	expect_links(&first, &second, NULL, NULL);
}

/* A partial overlap is refused with the one that is in the way, at either end, and leaves the tree as it was. */
static void insert_refuses_partial_overlap(void **state)
{
	struct resource root = RES(0, 0xffff, "root");
	struct resource a = RES(0x1000, 0x1fff, "a"), b = RES(0x3000, 0x3fff, "b"), c = RES(0x5000, 0x5fff, "c");
	struct resource low = RES(0x1800, 0x4fff, "x"), high = RES(0x2000, 0x5800, "x");

	(void)state;
	assert_int_equal(insert_resource(&root, &a), 0);
	assert_int_equal(insert_resource(&root, &b), 0);
	assert_int_equal(insert_resource(&root, &c), 0);
	assert_ptr_equal(insert_resource_conflict(&root, &low), &a);
	assert_ptr_equal(insert_resource_conflict(&root, &high), &c);
	assert_int_equal(insert_resource(&root, &high), MM_EBUSY);
	expect_links(&root, NULL, NULL, &a);
	expect_links(&a, &root, &b, NULL);
	expect_links(&b, &root, &c, NULL);
	expect_links(&c, &root, NULL, NULL);
	expect_links(&high, NULL, NULL, NULL);
}

/* Expanding takes in all of what it would overlap partly, and says so. */
static void insert_expands(void **state)
{
	struct resource root = RES(0, 0xffff, "root");
	struct resource a = RES(0x1000, 0x1fff, "a"), b = RES(0x3000, 0x3fff, "b"), new = RES(0x1800, 0x3800, "new"),
			outside = RES(0x8000, 0x10000, "outside");
	char text[200];
	struct buffer_printer log;

	(void)state;
	buffer_printer_init(&log, text, sizeof(text));
	assert_int_equal(insert_resource(&root, &a), 0);
	assert_int_equal(insert_resource(&root, &b), 0);
	assert_int_equal(insert_resource_expand_to_fit(&root, &new, &log.printer), 0);
	assert_int_equal(new.start, 0x1000);
	assert_int_equal(new.end, 0x3fff);
	expect_links(&root, NULL, NULL, &new);
	expect_links(&new, &root, NULL, &a);
	expect_links(&a, &new, &b, NULL);
	expect_links(&b, &new, NULL, NULL);
	assert_string_equal(text, "Expanded resource new due to conflict with a\n"
				  "Expanded resource new due to conflict with b\n");
	assert_int_equal(insert_resource_expand_to_fit(&root, &outside, &log.printer), MM_EBUSY);
	expect_links(&outside, NULL, NULL, NULL);
}

/* Releasing takes the children along; removing leaves them in the place of their parent. */
static void release_and_remove(void **state)
{
	struct resource root = RES(0, 0xffff, "root");
	struct resource low = RES(0x800, 0xfff, "low"), parent = RES(0x1000, 0x4fff, "parent"),
			a = RES(0x1000, 0x1fff, "a"), b = RES(0x3000, 0x3fff, "b"), high = RES(0x5000, 0x5fff, "high");

	(void)state;
	assert_int_equal(release_resource(&parent), MM_EINVAL);
	assert_int_equal(remove_resource(&parent), MM_EINVAL);
	assert_int_equal(insert_resource(&root, &low), 0);
	assert_int_equal(insert_resource(&root, &high), 0);
	assert_int_equal(insert_resource(&root, &parent), 0);
	assert_int_equal(insert_resource(&root, &a), 0);
	assert_int_equal(insert_resource(&root, &b), 0);
	assert_int_equal(remove_resource(&parent), 0);
	expect_links(&parent, NULL, NULL, NULL);
	expect_links(&low, &root, &a, NULL);
	expect_links(&a, &root, &b, NULL);
	expect_links(&b, &root, &high, NULL);
	assert_int_equal(insert_resource(&root, &parent), 0);
	assert_int_equal(release_resource(&parent), 0);
	expect_links(&parent, NULL, NULL, &a);
	expect_links(&low, &root, &high, NULL);
	assert_int_equal(remove_resource(&low), 0);
	expect_links(&root, NULL, NULL, &high);
	assert_int_equal(release_resource(&high), 0);
	expect_links(&root, NULL, NULL, NULL);
}

static void lookup_by_start(void **state)
{
	struct resource root = RES(0, 0xffff, "root"), a = RES(0x1000, 0x2fff, "a"),
			inner = RES(0x2000, 0x2fff, "inner");

	(void)state;
	assert_null(lookup_resource(&root, 0x1000));
	assert_int_equal(insert_resource(&root, &a), 0);
	assert_int_equal(insert_resource(&root, &inner), 0);
	assert_ptr_equal(lookup_resource(&root, 0x1000), &a);
	assert_null(lookup_resource(&root, 0x2000));
	assert_int_equal(resource_size(&a), 0x2000);
	assert_true(resource_contains(&a, &inner));
	assert_false(resource_contains(&inner, &a));
}

/* Ports have four digits, a missing name is <BAD>, nothing is printed of an empty tree. */
static void prints_ports_and_bad_names(void **state)
{
	struct resource ports = RES(0, 0xffff, "PCI IO"), port = RES(0x60, 0x60, NULL);

	(void)state;
	expect_tree(&ports, "");
	assert_int_equal(request_resource(&ports, &port), 0);
	expect_tree(&ports, "0060-0060 : <BAD>\n");
}

/* Addresses above 4 GiB have as many digits as they need; of a subtree, what is below it with its own width. */
static void prints_large_addresses_and_subtrees(void **state)
{
	struct resource inner = RES(0x2000, 0x2fff, "inner"), next = RES(0x8000, 0x8fff, "next"),
			outer = RES(0x1000, 0x4fff, "outer");

	(void)state;
	assert_int_equal(insert_resource(&iomem_resource, &outer), 0);
	assert_int_equal(insert_resource(&iomem_resource, &inner), 0);
	assert_int_equal(insert_resource(&iomem_resource, &next), 0);
	expect_tree(&outer, "2000-2fff : inner\n");
#ifndef MM_PHYS_ADDR_32
	struct resource high = RES(0x100000000, 0x207fffffff, "System RAM");

	assert_int_equal(insert_resource(&iomem_resource, &high), 0);
	expect_tree(&iomem_resource, "00001000-00004fff : outer\n  00002000-00002fff : inner\n"
				     "00008000-00008fff : next\n"
				     "100000000-207fffffff : System RAM\n");
	assert_int_equal(release_resource(&high), 0);
#endif
	assert_int_equal(release_resource(&outer), 0);
	assert_int_equal(release_resource(&next), 0);
	assert_null(iomem_resource.child);
	assert_string_equal(iomem_resource.name, "PCI mem");
}

/*
 * From the sixth level on the indentation stays at ten spaces, and a sibling after a deep branch is back at its
 * level.
 */
static void prints_deep_trees(void **state)
{
	struct resource root = RES(0, 0xffffffff, "root"), levels[7], last = RES(0x90000000, 0x9fffffff, "last");

	(void)state;
	for (unsigned i = 0; i < 7; i++) {
		levels[i] = (struct resource)RES(0x1000u + i, 0x80000000u - i, "level");
		assert_int_equal(insert_resource(&root, &levels[i]), 0);
	}
	assert_int_equal(insert_resource(&root, &last), 0);
	expect_tree(&root, "00001000-80000000 : level\n"
			   "  00001001-7fffffff : level\n"
			   "    00001002-7ffffffe : level\n"
			   "      00001003-7ffffffd : level\n"
			   "        00001004-7ffffffc : level\n"
			   "          00001005-7ffffffb : level\n"
			   "          00001006-7ffffffa : level\n"
			   "90000000-9fffffff : last\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_sorts),
		cmocka_unit_test(request_refuses_overlap),
		cmocka_unit_test(refuses_a_resource_twice),
		cmocka_unit_test(insert_finds_its_level),
		cmocka_unit_test(insert_above_an_equal),
		cmocka_unit_test(insert_refuses_partial_overlap),
		cmocka_unit_test(insert_expands),
		cmocka_unit_test(release_and_remove),
		cmocka_unit_test(lookup_by_start),
		cmocka_unit_test(prints_ports_and_bad_names),
		cmocka_unit_test(prints_large_addresses_and_subtrees),
		cmocka_unit_test(prints_deep_trees),
	};

	return cmocka_run_group_tests_name("resource", tests, NULL, NULL);
}
