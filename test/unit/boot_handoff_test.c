/* SPDX-License-Identifier: BSD-2-Clause */
/* boot_params byte by byte, the setup_data list, the stub's parameters. Offsets are those of Linux's zero-page.rst. */
#include "efi_test.h"

#include <loader/boot_handoff.h>
#include <mm/fixmap.h>

#define CONVENTIONAL EFI_CONVENTIONAL_MEMORY

struct handoff {
	struct kernel_image kernel;
	struct boot_request request;
	struct boot_plan plan;
	struct boot_facts facts;
	struct boot_exit exit;
	struct boot_block block;
	uint8_t expected[4096];
};

static void put(struct handoff *h, size_t at, unsigned bytes, uint64_t value)
{
	for (unsigned i = 0; i < bytes; i++)
		h->expected[at + i] = (uint8_t)(value >> (8 * i));
}

static uint64_t get(const void *page, size_t at, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = bytes; i-- > 0;)
		value = value << 8 | ((const uint8_t *)page)[at + i];
	return value;
}

/* Every address has other digits, so that none can stand in another's place. */
static void start(struct handoff *h, enum kernel_format format)
{
	*h = (struct handoff){ .kernel = { .format = format, .alignment = 0x200000 },
			       .facts = { .efi_systab = 0x1111122222222, .acpi_rsdp = 0x3333344444444, .loader_tsc = 0x5555566666666,
					  .secure_boot = SECURE_BOOT_DISABLED },
			       .exit = { 3, 0x77788899 } };
	h->request = (struct boot_request){ .kernel = &h->kernel, .command_line = "a b" };
	h->plan = (struct boot_plan){ .policy = format == KERNEL_BZIMAGE ? E820_POLICY_LINUX : E820_POLICY_ACPI,
				      .kernel_phys = 0x1200000, .kernel_virt = 0xffffffff81200000, .kernel_size = 0x345000,
				      .initrd = 0x6600007000, .initrd_size = 0x8800009900, .page_tables = 0xaa000, .fixmap_pte = 0xbb000,
				      .stack_bottom = 0xcc000, .stack_top = 0xdd000, .stub_parameters = 0xee000, .cr4 = 0x20,
				      .entry = 0xffffffff81200010, .paging = { 5, true } };
	h->plan.block = (struct plan_block){ .boot_params = 0xa1b1000, .command_line = 0xa2b2a3b3000, .setup_data = 0x4c4c5d5d000,
					     .setup_data_late = 0x2000, .setup_data_size = 0x2000,
					     .efi_memmap = 0x5e5e6f6f000 };
	h->block.params = aligned_alloc(4096, 4096);
	h->block.command_line = malloc(2048);
	h->block.setup_data = malloc(h->plan.block.setup_data_size);
	memset(h->block.params, 0, 4096);
	memset(h->block.command_line, 0, 2048);
	memset(h->block.setup_data, 0, h->plan.block.setup_data_size);
}

static void finish(struct handoff *h)
{
	free(h->block.params);
	free(h->block.command_line);
	free(h->block.setup_data);
}

static void expect_common(struct handoff *h)
{
	put(h, 0x070, 8, 0x3333344444444);
	put(h, 0x0c0, 4, 0x66);
	put(h, 0x0c4, 4, 0x88);
	put(h, 0x0c8, 4, 0xa2b);
	put(h, 0x1e0, 4, 0x8000);
	put(h, 0x1ec, 1, 2);
	put(h, 0x210, 1, 0xff);
	put(h, 0x214, 4, 0x1200000);
	put(h, 0x218, 4, 0x00007000);
	put(h, 0x21c, 4, 0x00009900);
	put(h, 0x228, 4, 0x2a3b3000);
}

static void assert_page(struct handoff *h)
{
	for (size_t i = 0; i < 4096; i++)
		if (((uint8_t *)h->block.params)[i] != h->expected[i])
			fail_msg("boot_params + 0x%zx is 0x%02x, not 0x%02x", i, ((uint8_t *)h->block.params)[i], h->expected[i]);
}

static void an_own_kernels_page_byte_by_byte(void **state)
{
	struct handoff h;

	(void)state;
	start(&h, KERNEL_ELF64);
	memset(&h.facts.screen, 0x5c, sizeof(h.facts.screen));
	memset(h.expected, 0x5c, 0x40);
	expect_common(&h);
	put(&h, 0x1fe, 2, 0xaa55);
	put(&h, 0x202, 4, 0x53726448);
	put(&h, 0x206, 2, 0x20f);
	put(&h, 0x230, 4, 0x200000);
	put(&h, 0x236, 2, 3);
	put(&h, 0x238, 4, 2047);
	put(&h, 0x258, 8, 0x1200000);
	put(&h, 0x260, 4, 0x345000);
	boot_handoff_prepare(&h.plan, &h.request, &h.facts, &h.block);
	assert_page(&h);
	assert_string_equal(h.block.command_line, "a b");
	finish(&h);
}

static void fill_header(struct handoff *h, uint32_t header_size)
{
	memset(&h->kernel.header, 0xc3, sizeof(h->kernel.header));
	h->kernel.header_size = header_size;
}

/* A bzImage's header is copied up to its own end, and no byte further. */
static void a_linux_kernels_page_byte_by_byte(void **state)
{
	static const uint32_t sizes[] = { 0x264 - 0x1f1, 0x26c - 0x1f1 };

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(sizes); i++) {
		struct handoff h;

		start(&h, KERNEL_BZIMAGE);
		fill_header(&h, sizes[i]);
		memset(h.expected + 0x1f1, 0xc3, sizes[i]);
		expect_common(&h);
		put(&h, 0x250, 8, 0); /* what the file says about setup_data is nothing */
		boot_handoff_prepare(&h.plan, &h.request, &h.facts, &h.block);
		assert_page(&h);
		finish(&h);
	}
}

/* A kernel above 4 GiB keeps the header's code32_start, which only a 32-bit entry uses; no initrd leaves zeros. */
static void a_linux_kernel_above_4_gib_without_initrd(void **state)
{
	struct handoff h;

	(void)state;
	start(&h, KERNEL_BZIMAGE);
	fill_header(&h, 0x26c - 0x1f1);
	h.plan.kernel_phys = 0x100000000;
	h.plan.initrd = h.plan.initrd_size = 0;
	boot_handoff_prepare(&h.plan, &h.request, &h.facts, &h.block);
	assert_int_equal(get(h.block.params, 0x214, 4), 0xc3c3c3c3);
	assert_int_equal(get(h.block.params, 0x218, 8), 0);
	assert_int_equal(get(h.block.params, 0x0c0, 8), 0);
	finish(&h);
}

static void the_longest_command_line_fits_with_its_nul(void **state)
{
	char line[2048];
	struct handoff h;

	(void)state;
	start(&h, KERNEL_ELF64);
	memset(line, 'x', 2047);
	line[2047] = '\0';
	h.request.command_line = line;
	memset(h.block.command_line, 0xff, 2048);
	boot_handoff_prepare(&h.plan, &h.request, &h.facts, &h.block);
	assert_memory_equal(h.block.command_line, line, 2048);
	finish(&h);
}

/* Finishes with scratch memory of exactly the size asked for, at an odd address. */
static int finish_with(struct handoff *h, const struct efi_memmap *map, size_t less)
{
	size_t size = boot_handoff_scratch_size(efi_memmap_count(map)) - less;
	uint8_t *scratch = malloc(size + 1);
	int error = boot_handoff_finish(&h->plan, &h->facts, &h->exit, &h->block, map, scratch + 1, size);

	free(scratch);
	return error;
}

static void the_memory_map_and_efi_info(void **state)
{
	struct efi_memmap map = MAP({ CONVENTIONAL, MIB, 256, 0xf }, { CONVENTIONAL, 0, 16, 0xf },
				    { EFI_RUNTIME_SERVICES_DATA, 4 * MIB, 1, 0xf }, { EFI_UNUSABLE_MEMORY, 6 * MIB, 1, 0 });
	static const struct e820_entry expected[] = {
		{ 0, 0x10000, 1 }, { MIB, MIB, 1 }, { 4 * MIB, 4096, 2 }, { 6 * MIB, 4096, 5 }
	};
	struct handoff h;

	(void)state;
	start(&h, KERNEL_BZIMAGE);
	put(&h, 0x1c0, 4, 0x34364c45);
	put(&h, 0x1c4, 4, 0x22222222);
	put(&h, 0x1c8, 4, 48);
	put(&h, 0x1cc, 4, 1);
	put(&h, 0x1d0, 4, 0xe6f6f000);
	put(&h, 0x1d4, 4, 4 * 48);
	put(&h, 0x1d8, 4, 0x11111);
	put(&h, 0x1dc, 4, 0x5e5);
	put(&h, 0x1e8, 1, 4);
	memcpy(h.expected + 0x2d0, expected, sizeof(expected));
	assert_int_equal(finish_with(&h, &map, 0), 0);
	assert_page(&h);
	free_map(&map);
	finish(&h);
}

/* That many single pages with holes between them: so many e820 entries. */
static struct efi_memmap pages_map(size_t count)
{
	struct d *list = calloc(count, sizeof(*list));
	struct efi_memmap map;

	for (size_t i = 0; i < count; i++)
		list[i] = (struct d){ CONVENTIONAL, i * 8192, 1, 0xf };
	map = make_map(list, count, 40);
	free(list);
	return map;
}

static void a_full_page_needs_no_node_and_one_more_entry_does(void **state)
{
	struct handoff h;
	uint8_t *nodes;

	(void)state;
	for (size_t count = 127; count <= 400; count += count < 130 ? 1 : 135) {
		struct efi_memmap map = pages_map(count);
		size_t rest = count > 128 ? count - 128 : 0;

		start(&h, KERNEL_BZIMAGE);
		nodes = h.block.setup_data;
		assert_int_equal(finish_with(&h, &map, 0), 0);
		assert_int_equal(get(h.block.params, 0x1e8, 1), rest ? 128 : count);
		assert_int_equal(get(h.block.params, 0x250, 8), rest ? h.plan.block.setup_data : 0);
		assert_int_equal(get(h.block.params, 0x2d0 + 126 * 20, 8), 126 * 8192);
		assert_int_equal(get(h.block.params, 0xcd0, 8), 0);
		assert_int_equal(get(nodes, 0, 8), 0);
		assert_int_equal(get(nodes, 8, 4), rest ? 1 : 0);
		assert_int_equal(get(nodes, 12, 4), rest * 20);
		for (size_t i = 0; i < rest; i++) {
			assert_int_equal(get(nodes, 16 + i * 20, 8), (128 + i) * 8192);
			assert_int_equal(get(nodes, 24 + i * 20, 8), 4096);
			assert_int_equal(get(nodes, 32 + i * 20, 4), 1);
		}
		assert_int_equal(get(nodes, 16 + rest * 20, 8), 0);
		free_map(&map);
		finish(&h);
	}
}

static void check_own_node(const struct handoff *h, const uint8_t *node, size_t descriptors)
{
	const uint8_t *data = node + 16;

	assert_int_equal(get(node, 0, 8), 0);
	assert_int_equal(get(node, 8, 4), 0x4d424844);
	assert_int_equal(get(node, 12, 4), 104 + 2 * 24);
	assert_int_equal(get(data, 0, 4), 1);
	assert_int_equal(get(data, 4, 4), 104);
	assert_int_equal(get(data, 8, 8), 0xaa000);
	assert_int_equal(get(data, 16, 4), 5);
	assert_int_equal(get(data, 20, 4), 2);
	assert_int_equal(get(data, 24, 8), 0xbb000);
	assert_true(get(data, 32, 8) == FIX_BTMAP_VIRT);
	assert_int_equal(get(data, 40, 8), 0xcc000);
	assert_int_equal(get(data, 48, 8), 0xdd000);
	assert_int_equal(get(data, 56, 8), 0x1200000);
	assert_true(get(data, 64, 8) == UINT64_C(0xffffffff81200000));
	assert_int_equal(get(data, 72, 8), 0x345000);
	assert_int_equal(get(data, 80, 8), 0x5555566666666);
	assert_int_equal(get(data, 92, 4), 0x77788899);
	assert_int_equal(get(data, 96, 4), 3);
	assert_int_equal(get(data, 100, 4), descriptors);
	assert_memory_equal(data + 104, h->plan.reservations, 48);
}

/* The table as the kernel puts it together again, and the CRC-32 that Linux computes of it. */
static uint32_t crc_of(const struct handoff *h, size_t count)
{
	struct e820_entry *entries = calloc(count, sizeof(*entries));
	struct e820_table table = { entries, count, count };
	size_t in_page = count < 128 ? count : 128;
	uint32_t crc;

	memcpy(entries, (uint8_t *)h->block.params + 0x2d0, in_page * 20);
	memcpy(entries + in_page, (uint8_t *)h->block.setup_data + 16, (count - in_page) * 20);
	crc = e820_crc32(&table);
	free(entries);
	return crc;
}

/* The list of an own kernel: SETUP_E820_EXT first if there is one, then its own node at a multiple of 8. */
static void the_list_of_an_own_kernel(void **state)
{
	static const struct {
		size_t count, own_at;
	} cases[] = { { 3, 0 }, { 128, 0 }, { 129, 40 }, { 130, 56 }, { 131, 80 } };

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(cases); i++) {
		struct efi_memmap map = pages_map(cases[i].count);
		struct handoff h;
		uint8_t *nodes;

		start(&h, KERNEL_ELF64);
		nodes = h.block.setup_data;
		h.plan.reservation_count = 2;
		h.plan.reservations[0] = (struct mapbridge_reservation){ 0, 4096, MAPBRIDGE_FIRST_PAGE, 0 };
		h.plan.reservations[1] = (struct mapbridge_reservation){ 0x123456, 0x789, MAPBRIDGE_KERNEL_DATA, 0 };
		assert_int_equal(finish_with(&h, &map, 0), 0);
		assert_int_equal(get(h.block.params, 0x250, 8), h.plan.block.setup_data);
		if (cases[i].own_at)
			assert_int_equal(get(nodes, 0, 8), h.plan.block.setup_data + cases[i].own_at);
		check_own_node(&h, nodes + cases[i].own_at, cases[i].count);
		assert_int_equal(get(nodes, cases[i].own_at + 16 + 88, 4), crc_of(&h, cases[i].count));
		free_map(&map);
		finish(&h);
	}
}

static void assert_no_map(const struct handoff *h)
{
	static const uint8_t zeros[32];

	assert_int_equal(get(h->block.params, 0x1e8, 1), 0);
	assert_int_equal(get(h->block.params, 0x250, 8), 0);
	assert_memory_equal((uint8_t *)h->block.params + 0x1c0, zeros, 32);
}

static void too_little_room_leaves_no_map(void **state)
{
	struct efi_memmap map = pages_map(129);
	static const size_t own_needs = 40 + 16 + 104;
	struct handoff h;

	(void)state;
	start(&h, KERNEL_ELF64);
	assert_int_equal(finish_with(&h, &map, 1), MM_ENOSPC);
	assert_no_map(&h);
	h.plan.block.setup_data_late = 35; /* of 36 for the extension */
	assert_int_equal(finish_with(&h, &map, 0), MM_ENOSPC);
	assert_no_map(&h);
	h.plan.block.setup_data_late = own_needs - 1;
	assert_int_equal(finish_with(&h, &map, 0), MM_ENOSPC);
	assert_no_map(&h);
	h.plan.block.setup_data_late = own_needs;
	assert_int_equal(finish_with(&h, &map, 0), 0);
	assert_int_equal(get(h.block.params, 0x1e8, 1), 128);
	map.desc_size = 39;
	memset(h.block.params, 0, 4096);
	assert_int_equal(finish_with(&h, &map, 0), MM_EINVAL);
	assert_no_map(&h);
	map.desc_size = 40;
	free_map(&map);
	finish(&h);
}

/* The largest map that a plan allows for, in the shape that gives most e820 entries, fits what the plan set aside. */
static void the_promised_capacity_is_enough(void **state)
{
	static const uint32_t flags[] = { EFI_LOADER_DATA, EFI_RESERVED_TYPE };
	struct efi_memmap small = MAP({ CONVENTIONAL, 16 * MIB, 0x4000, 0xf });
	size_t capacity = boot_plan_map_capacity(1), scratch_size = boot_plan_scratch_size(1);
	uint8_t *scratch = malloc(scratch_size);

	(void)state;
	assert_int_equal(capacity, 97);
	for (unsigned shape = 0; shape < 2; shape++) {
		struct handoff h;
		struct d list[97];
		struct efi_memmap map;

		start(&h, KERNEL_BZIMAGE);
		h.kernel = (struct kernel_image){ .format = KERNEL_BZIMAGE, .relocatable = true, .alignment = 4096,
						  .memory_size = MIB,
						  .min_address = 16 * MIB, .initrd_max = UINT64_MAX, .data_max = UINT64_MAX,
						  .command_line_max = 2047, .segment_count = 1, .segments[0].file_size = MIB };
		h.request.map = &small;
		h.request.paging = (struct paging_mode){ 4, false };
		assert_int_equal(boot_plan_make(&h.request, &h.plan, scratch, scratch_size, NULL), 0);
		free(h.block.setup_data);
		h.block.setup_data = malloc(h.plan.block.setup_data_late);
		for (unsigned i = 0; i < 97; i++) {
			/* holes in one large descriptor; special-purpose ranges that are cut wherever another starts or ends */
			if (shape == 0)
				list[i] = (struct d){ flags[i > 0], i ? 16 * MIB + i * 8192 : 16 * MIB, i ? 1 : 0x4000, 0xf };
			else
				list[i] = (struct d){ CONVENTIONAL, 16 * MIB + (97 - i) * 4096, 0x1000, EFI_ATTRIBUTE_SP };
		}
		map = make_map(list, 97, 48);
		assert_int_equal(finish_with(&h, &map, 0), 0);
		assert_int_equal(get(h.block.params, 0x1e8, 1), 128);
		assert_int_equal(get(h.block.setup_data, 12, 4), (193 - 128) * 20);
		free_map(&map);
		finish(&h);
	}
	free(scratch);
	free_map(&small);
	assert_true(boot_handoff_scratch_size(SIZE_MAX / 64) == SIZE_MAX);
	assert_true(boot_handoff_scratch_size(SIZE_MAX) == SIZE_MAX);
}

static void the_stubs_parameters(void **state)
{
	struct stub_parameters p;
	struct handoff h;

	(void)state;
	start(&h, KERNEL_ELF64);
	h.plan.operation_count = 2;
	h.plan.operations[0] = (struct stub_operation){ 1, 2, 3 };
	h.plan.operations[1] = (struct stub_operation){ 4, 5, 6 };
	memset(&p, 0xa5, sizeof(p));
	boot_handoff_stub(&h.plan, &p);
	assert_int_equal(get(&p, 0, 8), 0xaa000);     /* CR3 */
	assert_int_equal(get(&p, 8, 8), 0x20);	      /* CR4: PAE */
	assert_int_equal(get(&p, 16, 8), 0x80010033); /* CR0: PG WP NE ET MP PE */
	assert_int_equal(get(&p, 24, 8), 0xdd000);
	assert_true(get(&p, 32, 8) == UINT64_C(0xffffffff81200010));
	assert_int_equal(get(&p, 40, 8), 0xa1b1000);
	assert_int_equal(get(&p, 54, 2), 31);
	assert_int_equal(get(&p, 56, 8), 0xee000 + 80);
	assert_int_equal(get(&p, 70, 2), 0); /* no interrupt descriptor table */
	assert_int_equal(get(&p, 72, 8), 0);
	/* Selectors 0x10 and 0x18: base 0, limit 4 GiB, present, ring 0; code is 64-bit, data can be written. */
	assert_int_equal(get(&p, 80, 8), 0);
	assert_int_equal(get(&p, 88, 8), 0);
	assert_true(get(&p, 80 + MAPBRIDGE_CS, 8) == UINT64_C(0x00af9b000000ffff));
	assert_true(get(&p, 80 + MAPBRIDGE_DS, 8) == UINT64_C(0x00cf93000000ffff));
	/* Selector 0x20: 32-bit code, for the stub itself. */
	assert_true(get(&p, 112, 8) == UINT64_C(0x00cf9b000000ffff));
	assert_int_equal(get(&p, 120, 8), 2);
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(get(&p, 128 + 8 * i, 8), i + 1);
	assert_int_equal(get(&p, 128 + 48, 8), 0);
	finish(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_own_kernels_page_byte_by_byte),
		cmocka_unit_test(a_linux_kernels_page_byte_by_byte),
		cmocka_unit_test(a_linux_kernel_above_4_gib_without_initrd),
		cmocka_unit_test(the_longest_command_line_fits_with_its_nul),
		cmocka_unit_test(the_memory_map_and_efi_info),
		cmocka_unit_test(a_full_page_needs_no_node_and_one_more_entry_does),
		cmocka_unit_test(the_list_of_an_own_kernel),
		cmocka_unit_test(too_little_room_leaves_no_map),
		cmocka_unit_test(the_promised_capacity_is_enough),
		cmocka_unit_test(the_stubs_parameters),
	};

	return cmocka_run_group_tests_name("boot_handoff", tests, NULL, NULL);
}
