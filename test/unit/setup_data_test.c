/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of setup_data nodes: sizes, alignment, order, and memory that is too small. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <loader/setup_data.h>

#define PHYS UINT64_C(0x12345000)

static const struct setup_data *node_at(const uint8_t *memory, uint64_t phys)
{
	assert_int_equal(phys % 8, 0);
	return (const void *)(memory + (phys - PHYS));
}

static void sizes(void **state)
{
	struct setup_data_node nodes[] = { { 9, "", "", 32, 0 }, { 3, "", "", 48, 1 }, { 3, "", "", 0, 0 } };

	(void)state;
	assert_int_equal(setup_data_nodes_size(nodes, 0), 0);
	assert_int_equal(setup_data_nodes_size(nodes, 1), 48);
	assert_int_equal(setup_data_nodes_size(nodes, 3), 48 + 72 + 16);
	nodes[1].body_size = UINT32_MAX;
	assert_true(setup_data_nodes_size(nodes, 3) == UINT64_MAX); /* len has 32 bits */
	nodes[1].body_size = SIZE_MAX - 47;
	assert_true(setup_data_nodes_size(nodes, 3) == UINT64_MAX);
}

/*
 *   |late: e820 .......|seed (5+3 bytes)|rom|      the list: seed, rom, e820
 */
static void late_nodes_lie_in_front_and_are_linked_last(void **state)
{
	const struct setup_data_node nodes[] = { { 9, "seed!", "old", 5, 3 }, { 3, "head", "body.", 4, 5 } };
	uint64_t late = 40, size = late + setup_data_nodes_size(nodes, 2);
	struct boot_params *params = calloc(1, sizeof(*params));
	uint8_t *memory = calloc(1, size); /* exactly as large: the address sanitizer sees a byte too many */
	struct setup_data_writer early = { memory, PHYS, size, late, params }, writer = { memory, PHYS, late, 0, params };
	const struct setup_data *node;

	(void)state;
	assert_int_equal(setup_data_add_nodes(&early, nodes, 2), 0);
	memset(setup_data_add(&writer, 1, 20), 'e', 20);
	node = node_at(memory, params->hdr.setup_data);
	assert_int_equal(params->hdr.setup_data, PHYS + late);
	assert_int_equal(node->type, 9);
	assert_int_equal(node->len, 8);
	assert_memory_equal(node + 1, "seed!old", 8);
	assert_int_equal(node->next, PHYS + late + 24);
	node = node_at(memory, node->next);
	assert_int_equal(node->type, 3);
	assert_int_equal(node->len, 9);
	assert_memory_equal(node + 1, "headbody.", 9);
	assert_int_equal(node->next, PHYS);
	node = node_at(memory, node->next);
	assert_int_equal(node->type, 1);
	assert_int_equal(node->len, 20);
	assert_memory_equal(node + 1, "eeeeeeeeeeeeeeeeeeee", 20);
	assert_int_equal(node->next, 0);
	assert_null(setup_data_add(&writer, 1, 0)); /* 4 bytes are left, a multiple of 8 is the end */
	assert_int_equal(node->next, 0);
	free(memory);
	free(params);
}

static void memory_that_is_too_small(void **state)
{
	const struct setup_data_node nodes[] = { { 9, "seed", "", 4, 0 }, { 3, "rom", "", 3, 0 } };
	struct boot_params *params = calloc(1, sizeof(*params));
	uint8_t *memory = calloc(1, 42);
	struct setup_data_writer writer = { memory, PHYS, 42, 0, params };

	(void)state;
	assert_int_equal(setup_data_add_nodes(&writer, nodes, 2), MM_ENOSPC);
	assert_int_equal(params->hdr.setup_data, PHYS);
	assert_int_equal(node_at(memory, PHYS)->next, 0);
	assert_int_equal(writer.used, 20);
	assert_null(setup_data_add(&writer, 1, SIZE_MAX));
	assert_non_null(setup_data_add(&writer, 1, 2));
	assert_int_equal(writer.used, 42);
	assert_int_equal(node_at(memory, PHYS)->next, PHYS + 24);
	free(memory);
	free(params);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(late_nodes_lie_in_front_and_are_linked_last),
		cmocka_unit_test(memory_that_is_too_small),
	};

	return cmocka_run_group_tests_name("setup_data", tests, NULL, NULL);
}
