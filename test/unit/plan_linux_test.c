/* SPDX-License-Identifier: BSD-2-Clause */
/* Boot plans for what only Linux kernels have: vmlinux, setup_data nodes, tables, memory above 4 GiB, unaccepted memory. */
#include "plan_boot.h"

/* Firmware may keep its tables where Linux looks before it has page tables of its own, in memory that nobody maps. */
static void tables_in_reserved_memory(void **state)
{
	const struct boot_table tables[] = { { 242 * MIB + 0x1ff8, 16 }, { 243 * MIB + 8, 24 }, { 20 * MIB, 100 }, { 500 * MIB, 1 },
					     { UINT64_MAX, 2 }, { UINT64_MAX - 4095, 4095 }, { 242 * MIB, 0 } };
	struct kernel_image kernel = linux_kernel();
	struct paging_leaf leaf;
	struct boot b;

	(void)state;
	start(&b, MAP({ CONVENTIONAL, MIB, 0x8000, 0xf }, { EFI_RESERVED_TYPE, 241 * MIB, 512, 0xf },
		      { EFI_ACPI_RECLAIM_MEMORY, 243 * MIB, 1, 0xf }), &kernel);
	b.request.tables = tables;
	b.request.table_count = MM_ARRAY_COUNT(tables);
	assert_made(&b);

	struct checker c = { .request = &b.request, .plan = &b.plan, .tables = malloc(b.plan.page_table_pages * 4096) };
	struct paging_memory memory = { c.tables, pa(b.plan.page_tables), b.plan.page_table_pages };

	assert_true(paging_build(&b.plan.page_map, &b.plan.paging, &memory));
	assert_false(walk_plan(&c, 242 * MIB, &leaf));
	assert_true(walk_plan(&c, 242 * MIB + 0x1000, &leaf));
	assert_int_equal(leaf.flags, PAGING_READ);
	assert_int_equal(leaf.phys.value, 242 * MIB + 0x1000);
	assert_true(walk_plan(&c, 242 * MIB + 0x2000, &leaf)); /* the table crosses into this page */
	assert_false(walk_plan(&c, 242 * MIB + 0x3000, &leaf));
	assert_true(walk_plan(&c, 243 * MIB, &leaf)); /* what is mapped anyhow stays as it is */
	assert_int_equal(leaf.flags, PAGING_WRITE);
	assert_true(walk_plan(&c, 20 * MIB, &leaf));
	assert_int_equal(leaf.flags, PAGING_WRITE | PAGING_EXECUTE);
	assert_true(walk_plan(&c, 500 * MIB, &leaf)); /* in no descriptor at all */
	free(c.tables);
	finish(&b);
}

/* One descriptor below 4 GiB that everything but the initrd fits into. */
static void an_initrd_above_4_gib(void **state)
{
	struct kernel_image kernel = linux_kernel();
	struct boot b;

	(void)state;
	start(&b, MAP({ CONVENTIONAL, MIB, 0x4000, 0xf }, { CONVENTIONAL, 4096 * MIB, 0x8000, 0xf }), &kernel);
	b.initrds[0] = 100 * MIB;
	b.request.initrd_count = 1;
	assert_made(&b);
	assert_int_equal(b.plan.initrd, (4096 + 128 - 100) * MIB);
	assert_true(b.plan.block.base < 65 * MIB && b.plan.page_tables < 65 * MIB && b.plan.kernel_phys == 16 * MIB);
	b.kernel.initrd_max = 0x7fffffff;
	assert_refused(&b, MM_ENOMEM,
		       "no memory for the initrd: needed 104857600 bytes (100 MiB) at a multiple of 0x1000 between 0x200000 and "
		       "0x7fffffff; the largest free range there has 17760256 bytes (16.9 MiB) at 0x3000000, 166658048 bytes "
		       "(158.9 MiB) are free in all; use a smaller file or a machine with more memory");
	finish(&b);
}

/*
 * 32-bit code changes the depth of page tables: then the stub, its stack and the page tables must lie below 4 GiB. The
 * kernel takes all of the memory there, or leaves as many pages as the stub and its stack need.
 */
static void a_stub_that_changes_levels(void **state)
{
	struct kernel_image kernel = linux_kernel();
	unsigned no_stub = 0, no_tables = 0;
	struct boot b;

	(void)state;
	for (uint64_t spare = 0; spare <= 64; spare++) {
		start(&b, MAP({ CONVENTIONAL, 16 * MIB, 0x2000 + spare, 0xf }, { CONVENTIONAL, 4096 * MIB, 0x8000, 0xf }), &kernel);
		assert_made(&b);
		b.request.change_levels = true;
		make(&b);
		if (!b.error)
			break;
		assert_non_null(strstr(b.why, "and 0xffffffff; the largest free range there "));
		no_stub += strstr(b.why, "no memory for the stub and its stack: ") != NULL;
		no_tables += strstr(b.why, "no memory for page tables: ") != NULL;
		b.kernel.data_max = UINT32_MAX + UINT64_C(1);
		make(&b);
		assert_int_equal(b.error, MM_ENOMEM);
		finish(&b);
	}
	assert_int_equal(b.error, 0);
	assert_int_equal(no_stub, 1 + 2 + MAPBRIDGE_STACK_SIZE / 4096);
	assert_true(no_tables > 0);
	assert_true(b.plan.stub < 4096 * MIB && b.plan.stack_top < 4096 * MIB && b.plan.stub_parameters < 4096 * MIB);
	assert_true(b.plan.page_tables < 4096 * MIB);
	finish(&b);
}

static void a_vmlinux_at_its_address_or_above(void **state)
{
	struct kernel_image kernel = { .format = KERNEL_VMLINUX, .relocatable = true, .alignment = 2 * MIB, .min_address = 16 * MIB,
				       .memory_size = 5 * MIB + 1, .entry = 0x40, .initrd_max = UINT64_MAX, .data_max = UINT64_MAX,
				       .command_line_max = 2047, .segment_count = 2,
				       .segments = { { .file_offset = MIB, .phys = 4 * MIB, .file_size = MIB, .mem_size = MIB + 1 },
						     { .file_offset = 0x1000, .phys = 0, .file_size = MIB, .mem_size = 3 * MIB } } };
	struct boot b;

	(void)state;
	start(&b, SMALL_MACHINE, &kernel);
	assert_made(&b);
	assert_int_equal(b.plan.policy, E820_POLICY_LINUX);
	assert_int_equal(b.plan.kernel_phys, 16 * MIB);
	assert_int_equal(b.plan.kernel_size, 6 * MIB);
	assert_int_equal(b.plan.entry, 16 * MIB + 0x40);
	assert_int_equal(b.plan.operation_count, 0);
	/* sorted, with all between and behind them cleared: 1 to 4 MiB, 5 to 6 MiB */
	assert_int_equal(b.plan.load_count, 2);
	assert_int_equal(b.plan.loads[0].to, 16 * MIB);
	assert_int_equal(b.plan.loads[1].to, 20 * MIB);
	assert_int_equal(b.plan.clears[0].base, 17 * MIB);
	assert_int_equal(b.plan.clears[0].size, 3 * MIB);
	assert_int_equal(b.plan.clears[1].base, 21 * MIB);
	assert_int_equal(b.plan.clears[1].size, MIB);
	finish(&b);
	start(&b, MAP({ CONVENTIONAL, MIB, 0x1000, 0xf }, { BOOT_DATA, 17 * MIB, 1, 0xf }, { CONVENTIONAL, 17 * MIB + 4096, 0x4000, 0xf }),
	      &kernel);
	assert_made(&b);
	assert_int_equal(b.plan.kernel_phys, 18 * MIB); /* never moved into memory that the firmware uses */
	assert_int_equal(b.plan.entry, 18 * MIB + 0x40);
	finish(&b);
	/* What 4-level Linux cannot use is no place, however free. */
	start(&b, MAP({ CONVENTIONAL, UINT64_C(1) << 46, 0x4000, 0xf }, { CONVENTIONAL, MIB, 0x800, 0xf }), &kernel);
	make(&b);
	assert_int_equal(b.error, MM_ENOMEM);
	assert_non_null(strstr(b.why, "between 0x1000000 and 0x3fffffffffff; the largest free range there does not exist"));
	finish(&b);
}

static struct kernel_image prepared_kernel(void)
{
	return (struct kernel_image){ .format = KERNEL_PREPARED, .relocatable = true, .alignment = 2 * MIB, .min_address = 16 * MIB,
				      .memory_size = 5 * MIB + 1, .entry = 0x40, .initrd_max = UINT64_MAX, .data_max = UINT64_MAX,
				      .command_line_max = 2047, .segment_count = 1,
				      .segments = { { .file_offset = MIB, .file_size = MIB, .mem_size = MIB,
						      .virt = UINT64_C(0xffffffff81000000) } } };
}

static void a_prepared_kernel_at_random(void **state)
{
	struct kernel_image kernel = prepared_kernel();
	struct plan_random random = { 0, 0 };
	struct buffer_printer out;
	struct boot b;
	char text[2000];
	uint64_t places;

	(void)state;
	start(&b, SMALL_MACHINE, &kernel); /* 1 to 129 MiB free */
	assert_made(&b);
	assert_false(b.plan.kaslr);
	assert_int_equal(b.plan.kernel_phys, 16 * MIB);
	assert_true(b.plan.kernel_virt == UINT64_C(0xffffffff81000000));
	assert_int_equal(b.plan.kernel_places, 0);
	assert_int_equal(b.plan.kernel_virtual_places, 0);
	b.request.random = &random;
	assert_made(&b);
	assert_true(b.plan.kaslr);
	assert_int_equal(b.plan.kernel_phys, 16 * MIB);
	assert_true(b.plan.kernel_virt == UINT64_C(0xffffffff81000000));
	places = b.plan.kernel_places;
	assert_in_range(places, 50, 55); /* less what else there is at the top */
	assert_int_equal(b.plan.kernel_virtual_places, 1 + (1024 - 16 - 6) / 2);
	random = (struct plan_random){ 7 + 3 * places, 501 * 4 + 2 + 3 };
	assert_made(&b);
	assert_int_equal(b.plan.kernel_phys, 30 * MIB);
	assert_int_equal(b.plan.entry, 30 * MIB + 0x40);
	assert_int_equal(b.plan.loads[b.plan.load_count - 1].to, 30 * MIB);
	assert_true(b.plan.kernel_virt == UINT64_C(0xffffffff81000000) + (501 * 4 + 5) % 502 * 2 * MIB);
	buffer_printer_init(&out, text, sizeof(text));
	boot_plan_print(&b.plan, &out.printer);
	assert_non_null(strstr(text, "\n  at virtual     0xffffffff81200000, one of 502 places; physical 1 of 5"));
	random.physical = places - 1;
	assert_made(&b);
	assert_int_equal(b.plan.kernel_phys, 14 * MIB + 2 * places * MIB);
	kernel.alignment = b.kernel.alignment = 16 * MIB;
	random = (struct plan_random){ 2, 3 };
	assert_made(&b);
	assert_int_equal(b.plan.kernel_phys, 48 * MIB);
	assert_true(b.plan.kernel_virt == UINT64_C(0xffffffff84000000));
	b.kernel.alignment = 2 * MIB;
	b.request.command_line = "ro nokaslr";
	assert_made(&b);
	assert_false(b.plan.kaslr);
	assert_int_equal(b.plan.kernel_phys, 16 * MIB);
	assert_true(b.plan.kernel_virt == UINT64_C(0xffffffff81000000));
	b.request.command_line = "movable_node"; /* only its physical address is not random then */
	assert_made(&b);
	assert_true(b.plan.kaslr);
	assert_int_equal(b.plan.kernel_phys, 16 * MIB);
	assert_int_equal(b.plan.kernel_places, 0);
	assert_true(b.plan.kernel_virt == UINT64_C(0xffffffff81600000));
	b.request.command_line = "mem=24M"; /* one place, at a limit that the kernel would be told */
	random.physical = 1;
	assert_made(&b);
	assert_int_equal(b.plan.kernel_phys, 18 * MIB);
	assert_int_equal(b.plan.kernel_places, 2);
	b.request.command_line = "mem=20M";
	assert_made(&b);
	assert_int_equal(b.plan.kernel_phys, 16 * MIB);
	assert_int_equal(b.plan.kernel_places, 0);
	b.kernel.relocatable = false;
	b.request.command_line = "";
	assert_made(&b);
	assert_false(b.plan.kaslr);
	finish(&b);
}

/* The initrd goes first, and leaves a place; where it leaves none, the kernel goes first. */
static void a_prepared_kernel_and_a_large_initrd(void **state)
{
	struct kernel_image kernel = prepared_kernel();
	struct plan_random random = { 1234567, 0 };
	struct boot b;

	(void)state;
	start(&b, MAP({ CONVENTIONAL, 2 * MIB, 0x4000, 0xf }), &kernel);
	b.request.random = &random;
	b.initrds[0] = 40 * MIB;
	b.request.initrd_count = 1;
	assert_made(&b);
	assert_in_range(b.plan.kernel_places, 1, 5);
	b.initrds[0] = 43 * MIB; /* the kernel only fits in front of it */
	assert_made(&b);
	assert_int_equal(b.plan.kernel_phys, 16 * MIB);
	b.initrds[0] = 50 * MIB;
	make(&b);
	assert_int_equal(b.error, MM_ENOMEM);
	assert_non_null(strstr(b.why, "no memory for the initrd: needed 52428800 bytes"));
	finish(&b);
}

static void linux_and_unaccepted_memory(void **state)
{
	struct kernel_image kernel = linux_kernel(), own = own_kernel();
	struct boot b;

	(void)state;
	start(&b, MAP({ CONVENTIONAL, MIB, 0x8000, 0xf }, { EFI_UNACCEPTED_MEMORY, 512 * MIB, 2, 0xf },
		      { EFI_UNACCEPTED_MEMORY, 1024 * MIB, 1, 0xf }), &kernel);
	assert_int_equal(boot_plan_unaccepted(&b.map), 3 * 4096);
	assert_refused(&b, MM_ENOMEM,
		       "12288 bytes of memory are not accepted yet (EfiUnacceptedMemory), and a kernel that is entered at its 64-bit entry "
		       "cannot accept them; put the line \"mapbridge-start efi\" into the entry: the kernel's own EFI stub then does it");
	b.kernel.format = KERNEL_VMLINUX;
	assert_refused(&b, MM_ENOMEM,
		       "12288 bytes of memory are not accepted yet (EfiUnacceptedMemory), and a kernel that is entered at its 64-bit entry "
		       "cannot accept them; give the bzImage of this kernel, with the line \"mapbridge-start efi\" in the entry");
	b.kernel = own;
	assert_made(&b);
	finish(&b);
	start(&b, MAP({ EFI_UNACCEPTED_MEMORY, 0, UINT64_MAX, 0 }, { EFI_UNACCEPTED_MEMORY, 0, 1, 0 }), &kernel);
	assert_true(boot_plan_unaccepted(&b.map) == UINT64_MAX);
	finish(&b);
	start(&b, MAP({ EFI_UNACCEPTED_MEMORY, 0, UINT64_C(1) << 52, 0 }), &kernel);
	assert_true(boot_plan_unaccepted(&b.map) == UINT64_MAX);
	finish(&b);
}

/* A few large option ROMs: the block is larger than 2 MiB, and still one piece. */
static void setup_data_nodes_in_the_block(void **state)
{
	struct setup_data_node nodes[] = { { SETUP_RNG_SEED, NULL, NULL, 32, 0 }, { SETUP_PCI, NULL, NULL, 48, 0x10001 } };
	struct kernel_image kernel = linux_kernel();
	struct boot b;

	(void)state;
	start(&b, SMALL_MACHINE, &kernel);
	b.request.nodes = nodes;
	b.request.node_count = 2;
	assert_made(&b);
	assert_int_equal(b.plan.block.setup_data_late % 8, 0);
	assert_int_equal(b.plan.block.setup_data_size, b.plan.block.setup_data_late + 48 + (64 + 0x10001 + 7) / 8 * 8);
	nodes[1].body_size = 16 * MIB;
	assert_made(&b);
	assert_true(b.plan.block.size > 16 * MIB);
	nodes[1].body_size = 1024 * MIB;
	assert_refused(&b, MM_EINVAL, "2 setup_data nodes take 1073741936 bytes; needed: at most 1073741824; a device's option ROM has no "
				      "sensible size");
	finish(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_in_reserved_memory),
		cmocka_unit_test(an_initrd_above_4_gib),
		cmocka_unit_test(a_stub_that_changes_levels),
		cmocka_unit_test(a_vmlinux_at_its_address_or_above),
		cmocka_unit_test(a_prepared_kernel_at_random),
		cmocka_unit_test(a_prepared_kernel_and_a_large_initrd),
		cmocka_unit_test(linux_and_unaccepted_memory),
		cmocka_unit_test(setup_data_nodes_in_the_block),
	};

	return cmocka_run_group_tests_name("plan_linux", tests, NULL, NULL);
}
