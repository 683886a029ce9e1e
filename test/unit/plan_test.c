/* SPDX-License-Identifier: BSD-2-Clause */
/* Boot plans for small machines with the addresses written out, and every refusal with its sentence. */
#include "plan_boot.h"

/*
 *   16M text  rodata  data+bss                                  ...tables initrd block stack stub| 129M
 */
static void an_own_kernel_in_place(void **state)
{
	struct kernel_image kernel = own_kernel();
	struct boot b;

	(void)state;
	start(&b, SMALL_MACHINE, &kernel);
	b.initrds[0] = 4097;
	b.initrds[1] = 3;
	b.request.initrd_count = 2;
	assert_made(&b);
	assert_int_equal(b.plan.operation_count, 0);
	assert_int_equal(b.plan.policy, E820_POLICY_ACPI);
	assert_int_equal(b.plan.kernel_phys, 16 * MIB);
	assert_int_equal(b.plan.kernel_virt, ELF_TEST_VIRT + 16 * MIB);
	assert_int_equal(b.plan.kernel_size, 0x4000);
	assert_int_equal(b.plan.kernel_loaded, 0);
	assert_int_equal(b.plan.entry, ELF_TEST_VIRT + 16 * MIB + 0x10);
	assert_int_equal(b.plan.stub, 129 * MIB - 0x1000);
	assert_int_equal(b.plan.stub_parameters, 129 * MIB - 0x2000);
	assert_int_equal(b.plan.stack_top, 129 * MIB - 0x2000);
	assert_int_equal(b.plan.stack_bottom, 129 * MIB - 0xa000);
	assert_int_equal(b.plan.block.base + b.plan.block.size, 129 * MIB - 0xb000);
	assert_int_equal(b.plan.initrd, b.plan.block.base - 0x2000);
	assert_int_equal(b.plan.initrd_size, 4100 + 3);
	assert_int_equal(b.plan.page_tables + b.plan.page_table_pages * 4096, b.plan.initrd);
	assert_int_equal(b.plan.cr4, 0x20);
	assert_int_equal(b.plan.allocation_count, 6);
	/* the second initrd starts at a multiple of 4 */
	assert_int_equal(b.plan.load_count, 5);
	assert_int_equal(b.plan.loads[3].to, b.plan.initrd);
	assert_int_equal(b.plan.loads[4].to, b.plan.initrd + 4100);
	finish(&b);
}

static void control_register_4(void **state)
{
	struct kernel_image kernel = own_kernel();
	struct boot b;

	(void)state;
	start(&b, SMALL_MACHINE, &kernel);
	b.request.paging = (struct paging_mode){ 5, false };
	b.request.keep_mce = true;
	assert_made(&b);
	assert_int_equal(b.plan.cr4, 0x1060);
	finish(&b);
}

/* The first MiBs are the firmware's until the very end: the kernel is read elsewhere and moved. */
static void an_own_kernel_in_low_and_busy_memory(void **state)
{
	struct kernel_image kernel = own_kernel();
	struct boot b;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		kernel.segments[i].phys -= 15 * MIB;
	kernel.segments[2].phys = 200 * MIB; /* in BootServicesData */
	start(&b, SMALL_MACHINE, &kernel);
	assert_made(&b);
	assert_int_equal(b.plan.operation_count, 2);
	assert_int_equal(b.plan.operations[0].to, MIB);
	assert_int_equal(b.plan.operations[0].from, 129 * MIB - 0x2000);
	assert_int_equal(b.plan.operations[0].size, 0x2000);
	assert_int_equal(b.plan.operations[1].to, 200 * MIB);
	assert_int_equal(b.plan.operations[1].from, 129 * MIB - 0x4000);
	assert_int_equal(b.plan.operations[1].size, 0x2000);
	assert_int_equal(b.plan.loads[2].to, 129 * MIB - 0x4000);
	finish(&b);
}

/* A copy must not take the place where a later segment runs. */
static void a_copy_keeps_off_the_other_segments(void **state)
{
	struct kernel_image kernel = own_kernel();
	struct boot b;

	(void)state;
	kernel.segments[0].phys = kernel.segments[1].phys = MIB;
	kernel.segments[1].phys += 0x1000;
	kernel.segments[2].phys = 129 * MIB - 0x2000; /* the top of free memory, where copies go first */
	start(&b, SMALL_MACHINE, &kernel);
	assert_made(&b);
	assert_int_equal(b.plan.operation_count, 1);
	assert_int_equal(b.plan.operations[0].from, 129 * MIB - 0x4000);
	finish(&b);
}

static void a_static_pie_goes_to_the_lowest_fit(void **state)
{
	struct kernel_image kernel = pie_kernel();
	struct boot b;

	(void)state;
	start(&b, MAP({ CONVENTIONAL, 0, 0xa0, 0xf }, { CONVENTIONAL, 3 * MIB, 0x4000, 0xf }), &kernel);
	assert_made(&b);
	assert_int_equal(b.plan.kernel_loaded, 4 * MIB);
	assert_int_equal(b.plan.kernel_phys, 4 * MIB);
	assert_int_equal(b.plan.kernel_virt, KERNEL_PIE_VIRT);
	assert_int_equal(b.plan.entry, KERNEL_PIE_VIRT + 0x10);
	finish(&b);
	start(&b, MAP({ CONVENTIONAL, 6144 * MIB, 0x4000, 0xf }), &kernel); /* nothing below 4 GiB at all */
	b.initrds[0] = MIB;
	b.request.initrd_count = 1;
	assert_made(&b);
	assert_int_equal(b.plan.kernel_phys, 6144 * MIB);
	finish(&b);
}

static void linux_at_its_preferred_address_or_above(void **state)
{
	struct kernel_image kernel = linux_kernel();
	struct boot b;

	(void)state;
	start(&b, SMALL_MACHINE, &kernel);
	assert_made(&b);
	assert_int_equal(b.plan.policy, E820_POLICY_LINUX);
	assert_int_equal(b.plan.kernel_phys, 16 * MIB);
	assert_int_equal(b.plan.kernel_size, 32 * MIB);
	assert_int_equal(b.plan.entry, 16 * MIB + 0x200);
	assert_int_equal(b.plan.load_count, 1);
	assert_int_equal(b.plan.loads[0].offset, 0x4000);
	finish(&b);
	start(&b, MAP({ CONVENTIONAL, 2 * MIB, 4096, 0xf }, { CONVENTIONAL, 19 * MIB, 0x4000, 0xf }), &kernel);
	assert_made(&b);
	assert_int_equal(b.plan.kernel_phys, 20 * MIB);
	finish(&b);
	kernel.min_address = 16 * MIB + 4096; /* would be rounded up to 18 MiB by the kernel itself */
	start(&b, SMALL_MACHINE, &kernel);
	assert_made(&b);
	assert_int_equal(b.plan.kernel_phys, 18 * MIB);
	finish(&b);
	kernel.relocatable = false;
	kernel.alignment = 4096;
	kernel.min_address = MIB;
	start(&b, SMALL_MACHINE, &kernel);
	assert_made(&b);
	assert_int_equal(b.plan.operation_count, 1);
	assert_int_equal(b.plan.operations[0].to, MIB);
	assert_int_equal(b.plan.entry, MIB + 0x200);
	finish(&b);
}

static void limits_of_a_kernel_that_stays_below_4_gib(void **state)
{
	struct kernel_image kernel = linux_kernel();
	struct boot b;

	(void)state;
	kernel.initrd_max = 64 * MIB + 4095;
	kernel.data_max = UINT32_MAX;
	start(&b, SMALL_MACHINE, &kernel);
	b.initrds[0] = MIB;
	b.request.initrd_count = 1;
	assert_made(&b);
	assert_int_equal(b.plan.initrd, 63 * MIB + 4096);
	finish(&b);
	start(&b, MAP({ CONVENTIONAL, 6144 * MIB, 0x8000, 0xf }), &kernel);
	assert_refused(&b, MM_ENOMEM,
		       "no memory for the kernel: needed 33554432 bytes (32 MiB) at a multiple of 0x200000 between 0x1000000 and "
		       "0xffffffff; the largest free range there does not exist, 134217728 bytes (128 MiB) are free in all; use a "
		       "smaller file or a machine with more memory");
	finish(&b);
}

static void kernels_where_no_memory_is(void **state)
{
	static const struct {
		uint64_t at;
		const char *sentence;
	} cases[] = {
		{ 240 * MIB + 0xff000, "the kernel wants physical 0xf0ff000-0xf102fff, but 0xf100000 is EfiACPIReclaimMemory; "
				       "needed: usable memory; link the kernel elsewhere, or as static-PIE" },
		{ 240 * MIB, NULL },
		{ 1024 * MIB, "the kernel wants physical 0x40000000-0x40003fff, but 0x40000000 is not in the memory map (usable "
			      "memory ends at 0xf0fffff); needed: usable memory; link the kernel elsewhere, or as static-PIE" },
		{ 0, "the kernel wants physical 0x0-0x3fff, but 0x0 is in the first page, which is never used; needed: usable "
		     "memory; link the kernel elsewhere, or as static-PIE" },
		{ 0x9e000, "the kernel wants physical 0x9e000-0xa1fff, but 0xa0000 is not in the memory map (usable memory ends at "
			   "0xf0fffff); needed: usable memory; link the kernel elsewhere, or as static-PIE" },
	};

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(cases); i++) {
		struct kernel_image kernel = own_kernel();
		struct boot b;

		for (unsigned j = 0; j < 3; j++)
			kernel.segments[j].phys += cases[i].at - 16 * MIB;
		start(&b, SMALL_MACHINE, &kernel);
		if (cases[i].sentence)
			assert_refused(&b, MM_ENOMEM, cases[i].sentence);
		else
			assert_made(&b);
		finish(&b);
	}
}

static void kernels_on_special_or_disputed_memory(void **state)
{
	struct kernel_image kernel = own_kernel(), fixed = linux_kernel();
	struct boot b;

	(void)state;
	start(&b, MAP({ CONVENTIONAL, MIB, 0x8000, EFI_ATTRIBUTE_SP }), &kernel);
	assert_refused(&b, MM_ENOMEM, "the kernel wants physical 0x1000000-0x1003fff, but 0x1000000 is EfiConventionalMemory "
				      "for a special purpose (EFI_MEMORY_SP); needed: usable memory; link the kernel elsewhere, or as static-PIE");
	finish(&b);
	/* Of two descriptors the one that forbids it is named. */
	start(&b, MAP({ CONVENTIONAL, MIB, 0x8000, 0xf }, { EFI_UNUSABLE_MEMORY, 16 * MIB + 8192, 1, 0 }), &kernel);
	assert_refused(&b, MM_ENOMEM, "the kernel wants physical 0x1000000-0x1003fff, but 0x1002000 is EfiUnusableMemory; "
				      "needed: usable memory; link the kernel elsewhere, or as static-PIE");
	finish(&b);
	fixed.relocatable = false;
	start(&b, MAP({ CONVENTIONAL, MIB, 0x2000, 0xf }), &fixed);
	assert_refused(&b, MM_ENOMEM, "the kernel wants physical 0x1000000-0x2ffffff, but 0x2100000 is not in the memory map "
				      "(usable memory ends at 0x20fffff); needed: usable memory; use a relocatable kernel (CONFIG_RELOCATABLE)");
	finish(&b);
}

static void a_command_line_at_its_limit(void **state)
{
	struct kernel_image kernel = own_kernel();
	char line[2049];
	struct boot b;

	(void)state;
	memset(line, 'c', sizeof(line));
	line[2047] = '\0';
	start(&b, SMALL_MACHINE, &kernel);
	b.request.command_line = line;
	assert_made(&b);
	line[2047] = 'c';
	line[2048] = '\0';
	assert_refused(&b, MM_EINVAL, "the command line has 2048 bytes; needed: at most 2047 for this kernel; shorten the "
				      "options");
	b.kernel.command_line_max = 4;
	b.request.command_line = "quiet";
	assert_refused(&b, MM_EINVAL, "the command line has 5 bytes; needed: at most 4 for this kernel; shorten the options");
	finish(&b);
}

static void initrds_that_are_refused(void **state)
{
	struct kernel_image kernel = own_kernel();
	struct boot b;

	(void)state;
	start(&b, SMALL_MACHINE, &kernel);
	b.request.initrd_count = 2;
	b.initrds[0] = 5;
	assert_refused(&b, MM_EINVAL, "initrd file 2 of 2 is empty; copy it again, or remove its line");
	b.initrds[1] = INT64_MAX;
	assert_refused(&b, MM_EINVAL, "the first 2 initrd files pass 2^63 bytes; check which files the entry names");
	b.initrds[0] = UINT64_MAX;
	assert_refused(&b, MM_EINVAL, "the first 1 initrd files pass 2^63 bytes; check which files the entry names");
	b.initrds[0] = 51 * MIB;
	b.initrds[1] = 100 * MIB;
	assert_refused(&b, MM_ENOMEM,
		       "no memory for the initrd: needed 158334976 bytes (151 MiB) at a multiple of 0x1000 between 0x200000 and "
		       "0xffffffffffffffff; the largest free range there has 118407168 bytes (112.9 MiB) at 0x1004000, 133087232 "
		       "bytes (126.9 MiB) are free in all; use a smaller file or a machine with more memory");
	b.request.initrd_count = PLAN_INITRDS_MAX + 1;
	assert_refused(&b, MM_ENOSPC, "more initrd files than a plan has room for; needed: at most 64; use fewer segments or "
				      "initrd files");
	for (unsigned i = 0; i < PLAN_INITRDS_MAX; i++)
		b.initrds[i] = i + 1;
	b.request.initrd_count = PLAN_INITRDS_MAX;
	assert_made(&b);
	finish(&b);
}

static void maps_that_no_plan_is_made_for(void **state)
{
	struct kernel_image kernel = pie_kernel();
	struct d *many = calloc(6522, sizeof(*many));
	struct boot b;

	(void)state;
	start(&b, MAP({ CONVENTIONAL, 0, 512, 0xf }), &kernel); /* a machine with 2 MiB */
	assert_refused(&b, MM_ENOMEM,
		       "no memory for the kernel: needed 16384 bytes (16 KiB) at a multiple of 0x200000 between 0x200000 and "
		       "0xffffffffffffffff; the largest free range there does not exist, 0 bytes are free in all; use a smaller file "
		       "or a machine with more memory");
	b.map.desc_size = 32;
	assert_refused(&b, MM_EINVAL, "the firmware's memory map has 0 descriptors (48 bytes, 32 each); needed: 1 to 6521, of "
				      "at least 40 bytes; restart the machine");
	finish(&b);

	many[0] = (struct d){ CONVENTIONAL, MIB, 0x8000, 0xf };
	for (unsigned i = 1; i < 6522; i++)
		many[i] = (struct d){ EFI_RESERVED_TYPE, (4096 + i * 2) * MIB, 1, 0 };
	start(&b, make_map(many, 6522, 48), &kernel);
	assert_refused(&b, MM_EINVAL, "the firmware's memory map has 6522 descriptors (313056 bytes, 48 each); needed: 1 to "
				      "6521, of at least 40 bytes; restart the machine");
	b.map.size -= 48;
	assert_made(&b);
	assert_true((b.plan.block.setup_data & 4095) + 16 + (2 * (6521 + 96) - 128) * 20 <= 256 * KIB);
	finish(&b);
	free(many);

	start(&b, MAP({ CONVENTIONAL, MIB, 0x8000, 0xf }, { EFI_ACPI_RECLAIM_MEMORY, UINT64_C(1) << 47, 2, 0xf }), &kernel);
	assert_refused(&b, MM_ENOMEM, "0x800000000000-0x800000001fff is memory or a part of the kernel that 4-level page "
				      "tables cannot map; "
				      "needed: below 0x800000000000 or in the higher half; link the kernel elsewhere, or use a processor "
				      "mode with more levels");
	b.request.paging.levels = 5;
	assert_made(&b);
	finish(&b);
}

static void scratch_memory_that_is_too_small(void **state)
{
	struct kernel_image kernel = own_kernel();
	struct boot b;
	struct buffer_printer why;
	char expected[200];
	size_t size = boot_plan_scratch_size(5);

	(void)state;
	start(&b, SMALL_MACHINE, &kernel);
	buffer_printer_init(&why, b.why, sizeof(b.why));
	b.scratch = malloc(size);
	assert_int_equal(boot_plan_make(&b.request, &b.plan, b.scratch, size - 1, &why.printer), MM_ENOSPC);
	snprintf(expected, sizeof(expected), "%zu bytes of scratch memory for 5 descriptors; needed: %zu", size - 1, size);
	assert_string_equal(b.why, expected);
	assert_true(boot_plan_scratch_size(SIZE_MAX / 8) == SIZE_MAX);
	finish(&b);
}

/* A firmware with few descriptors and many runtime images: each has a range of its own in the list. */
static void a_long_attributes_table(void **state)
{
	struct kernel_image kernel = own_kernel();
	struct efi_memmap attributes;
	struct d list[600];
	struct paging_leaf leaf;
	struct boot b;

	(void)state;
	for (unsigned i = 0; i < 600; i++)
		list[i] = (struct d){ EFI_RUNTIME_SERVICES_CODE, 242 * MIB + i * 8192, 1,
				      EFI_ATTRIBUTE_RUNTIME | (i % 2 ? EFI_ATTRIBUTE_XP : EFI_ATTRIBUTE_RO) };
	list[599].phys_addr = 16 * MIB; /* and one that lies about the kernel */
	attributes = make_map(list, 600, 48);
	start(&b, MAP({ CONVENTIONAL, MIB, 0x8000, 0xf }, { EFI_RUNTIME_SERVICES_CODE, 242 * MIB, 1200,
							    EFI_ATTRIBUTE_RUNTIME }), &kernel);
	b.request.attributes = &attributes;
	assert_made(&b);
	assert_true(b.plan.page_map.count > 1200);

	/* Code cannot be written, data not executed, the pages between are as the map says. */
	struct checker c = { .request = &b.request, .plan = &b.plan, .tables = malloc(b.plan.page_table_pages * 4096) };
	struct paging_memory memory = { c.tables, pa(b.plan.page_tables), b.plan.page_table_pages };

	assert_true(paging_build(&b.plan.page_map, &b.plan.paging, &memory));
	assert_true(walk_plan(&c, 242 * MIB, &leaf));
	assert_int_equal(leaf.flags, PAGING_EXECUTE);
	assert_true(walk_plan(&c, 242 * MIB + 8192, &leaf));
	assert_int_equal(leaf.flags, PAGING_WRITE);
	assert_true(walk_plan(&c, 242 * MIB + 4096, &leaf));
	assert_int_equal(leaf.flags, PAGING_WRITE | PAGING_EXECUTE);
	free(c.tables);
	finish(&b);
	free_map(&attributes);
}

static void reservations_stay_in_order(void **state)
{
	struct boot_plan plan = { .reservation_count = 0 };

	(void)state;
	assert_int_equal(boot_plan_reserve(&plan, 0x5000, 0x1000, MAPBRIDGE_STUB), 0);
	assert_int_equal(boot_plan_reserve(&plan, 0x1000, 0x10, MAPBRIDGE_INITRD), 0);
	assert_int_equal(boot_plan_reserve(&plan, 0x4000, 0x1000, MAPBRIDGE_STACK), 0);
	assert_int_equal(boot_plan_reserve(&plan, 0x5fff, 1, MAPBRIDGE_STUB), MM_EBUSY);
	assert_int_equal(boot_plan_reserve(&plan, 0x100f, 0x10, MAPBRIDGE_STUB), MM_EBUSY);
	assert_int_equal(boot_plan_reserve(&plan, 0, 0x10000, MAPBRIDGE_STUB), MM_EBUSY);
	assert_int_equal(plan.reservation_count, 3);
	assert_int_equal(plan.reservations[0].base, 0x1000);
	assert_int_equal(plan.reservations[0].size, 0x10);
	assert_int_equal(plan.reservations[0].kind, MAPBRIDGE_INITRD);
	assert_int_equal(plan.reservations[1].base, 0x4000);
	assert_int_equal(plan.reservations[2].base, 0x5000);
	while (plan.reservation_count < PLAN_RESERVATIONS_MAX)
		assert_int_equal(boot_plan_reserve(&plan, 0x10000 + plan.reservation_count * 16, 16, MAPBRIDGE_STUB), 0);
	assert_int_equal(boot_plan_reserve(&plan, 0x20000, 1, MAPBRIDGE_STUB), MM_ENOSPC);
	assert_string_equal(mapbridge_reservation_name(MAPBRIDGE_KERNEL_BSS), "kernel bss");
	assert_string_equal(mapbridge_reservation_name(MAPBRIDGE_RESERVATION_KINDS), "?");
	for (uint32_t kind = 0; kind < MAPBRIDGE_RESERVATION_KINDS; kind++)
		assert_non_null(mapbridge_reservation_name(kind));
}

static void a_plan_prints_itself(void **state)
{
	struct kernel_image kernel = own_kernel();
	struct buffer_printer out;
	char text[3000];
	struct boot b;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		kernel.segments[i].phys -= 15 * MIB;
	start(&b, SMALL_MACHINE, &kernel);
	b.initrds[0] = 1000;
	b.request.initrd_count = 1;
	assert_made(&b);
	buffer_printer_init(&out, text, sizeof(text));
	boot_plan_print(&b.plan, &out.printer);
	assert_non_null(strstr(text, "plan:\n  kernel         [mem 0x0000000000100000-0x0000000000103fff] 16384 bytes (16 "
				     "KiB)\n"
				     "  initrd         [mem 0x"));
	assert_non_null(strstr(text, "] 1000 bytes\n"));
	assert_non_null(strstr(text, "  moved after ExitBootServices: 0x80fc000 -> 0x100000, 16384 bytes (16 KiB)\n"
				     "  entry          0xffffffff81000010, 4-level page tables\n"
				     "memblock_reserve: [0x0000000000000000-0x0000000000000fff] first page\n"
				     "memblock_reserve: [0x0000000000100000-0x00000000001007ff] kernel text\n"
				     "memblock_reserve: [0x0000000000101000-0x00000000001012ff] kernel rodata\n"
				     "memblock_reserve: [0x0000000000102000-0x00000000001020ff] kernel data\n"
				     "memblock_reserve: [0x0000000000102100-0x0000000000103fff] kernel bss\n"));
	assert_string_equal(text + out.length - 6, " stub\n");
	finish(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_own_kernel_in_place),
		cmocka_unit_test(control_register_4),
		cmocka_unit_test(an_own_kernel_in_low_and_busy_memory),
		cmocka_unit_test(a_copy_keeps_off_the_other_segments),
		cmocka_unit_test(a_static_pie_goes_to_the_lowest_fit),
		cmocka_unit_test(linux_at_its_preferred_address_or_above),
		cmocka_unit_test(limits_of_a_kernel_that_stays_below_4_gib),
		cmocka_unit_test(kernels_where_no_memory_is),
		cmocka_unit_test(kernels_on_special_or_disputed_memory),
		cmocka_unit_test(a_command_line_at_its_limit),
		cmocka_unit_test(initrds_that_are_refused),
		cmocka_unit_test(maps_that_no_plan_is_made_for),
		cmocka_unit_test(scratch_memory_that_is_too_small),
		cmocka_unit_test(a_long_attributes_table),
		cmocka_unit_test(reservations_stay_in_order),
		cmocka_unit_test(a_plan_prints_itself),
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
