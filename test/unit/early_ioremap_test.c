/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * early_ioremap with a toy MMU behind it: each flush of a page looks the PTE up and shows the simulated
 * physical page in the window, so that reads through a mapping see what the PTEs say.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <mm/early_ioremap.h>

#define PHYS_BASE UINT64_C(0x7000000000) /* the simulated memory's address: above 4 GiB */
#define PHYS_PAGES 200
#define PTE_RW UINT64_C(0x8000000000000163)
#define PTE_RO UINT64_C(0x8000000000000121)

static uint64_t bm_pte[512] __attribute__((aligned(4096)));
static unsigned char window[512 * 4096] __attribute__((aligned(4096)));
static unsigned char phys_memory[PHYS_PAGES * 4096];
static uint64_t flushed[1200];
static size_t flush_count;
static char warnings[2000];
static struct buffer_printer warn;

static void flush_tlb_one(uint64_t virt)
{
	size_t page = (virt - FIX_BTMAP_VIRT) / 4096;
	uint64_t phys = bm_pte[page] & UINT64_C(0x000ffffffffff000);

	assert_true(virt >= FIX_BTMAP_VIRT && page < 512);
	assert_true(flush_count < MM_ARRAY_COUNT(flushed));
	flushed[flush_count++] = virt;
	if (!bm_pte[page])
		memset(window + page * 4096, 0xee, 4096);
	else if (phys >= PHYS_BASE && phys < PHYS_BASE + sizeof(phys_memory))
		memcpy(window + page * 4096, phys_memory + (phys - PHYS_BASE), 4096);
}

static int setup(void **state)
{
	const struct early_ioremap_ops ops = { bm_pte, flush_tlb_one, &warn.printer, window };

	(void)state;
	memset(bm_pte, 0xff, sizeof(bm_pte));
	for (size_t i = 0; i < sizeof(phys_memory); i++)
		phys_memory[i] = (unsigned char)(i * 31 + i / 4096);
	buffer_printer_init(&warn, warnings, sizeof(warnings));
	flush_count = 0;
	assert_int_equal(early_ioremap_init(&ops), 0);
	return 0;
}

/* The first test, because nothing undoes early_ioremap_init. */
static void maps_nothing_before_init(void **state)
{
	(void)state;
	assert_null(early_memremap(PHYS_BASE, 1));
	assert_int_equal(early_ioremap_slot_virt(0), 0);
	assert_int_equal(early_ioremap_check_leaks(NULL), 0);
}

static size_t ptes_present(void)
{
	size_t count = 0;

	for (size_t i = 0; i < 512; i++)
		count += bm_pte[i] != 0;
	return count;
}

static void init_fills_slot_virt_and_clears_the_page(void **state)
{
	(void)state;
	assert_int_equal(ptes_present(), 0);
	for (unsigned i = 0; i < 8; i++)
		assert_true(early_ioremap_slot_virt(i) == 0xffffffffff200000 + i * 0x40000ull);
	assert_true(early_ioremap_slot_virt(8) == 0);
	assert_int_equal(early_ioremap_check_leaks(&warn.printer), 0);
	assert_string_equal(warnings, "");
}

static void init_refuses_a_page_that_is_none(void **state)
{
	struct early_ioremap_ops bad = { NULL, NULL, NULL, NULL };

	(void)state;
	assert_non_null(early_memremap(PHYS_BASE, 1));
	assert_int_equal(early_ioremap_init(&bad), MM_EINVAL);
	bad.bm_pte = bm_pte + 1;
	assert_int_equal(early_ioremap_init(&bad), MM_EINVAL);
	assert_int_equal(early_ioremap_check_leaks(NULL), 1);
	assert_true(bm_pte[0] == (PHYS_BASE | PTE_RW));
}

static void maps_with_the_offset_in_the_page_and_flushes_each_page(void **state)
{
	unsigned char *mapped = early_ioremap(PHYS_BASE + 0x2ffe, 0x1004);

	(void)state;
	assert_ptr_equal(mapped, window + 0xffe);
	assert_true(bm_pte[0] == ((PHYS_BASE + 0x2000) | PTE_RW));
	assert_true(bm_pte[1] == ((PHYS_BASE + 0x3000) | PTE_RW));
	assert_true(bm_pte[2] == ((PHYS_BASE + 0x4000) | PTE_RW));
	assert_int_equal(ptes_present(), 3);
	assert_int_equal(flush_count, 3);
	assert_true(flushed[0] == 0xffffffffff200000 && flushed[2] == 0xffffffffff202000);
	assert_memory_equal(mapped, phys_memory + 0x2ffe, 0x1004);
	early_iounmap(mapped, 0x1004);
	assert_int_equal(ptes_present(), 0);
	assert_int_equal(flush_count, 6);
	assert_string_equal(warnings, "");
}

static void protections_are_those_of_linux(void **state)
{
	(void)state;
	early_ioremap(PHYS_BASE, 1);
	early_memremap(PHYS_BASE, 1);
	early_memremap_ro(PHYS_BASE, 1);
	assert_true(bm_pte[0] == (PHYS_BASE | PTE_RW));
	assert_true(bm_pte[64] == (PHYS_BASE | PTE_RW));
	assert_true(bm_pte[128] == (PHYS_BASE | PTE_RO));
}

static void takes_the_lowest_free_slot_and_refuses_the_ninth(void **state)
{
	void *mapped[8];

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		mapped[i] = early_memremap(PHYS_BASE + i * 4096, 4096);
		assert_ptr_equal(mapped[i], window + i * 0x40000);
	}
	assert_null(early_memremap(PHYS_BASE, 1));
	assert_non_null(strstr(warnings, "all 8 slots are in use"));
	assert_int_equal(ptes_present(), 8);
	early_memunmap(mapped[5], 4096);
	early_memunmap(mapped[2], 4096);
	assert_ptr_equal(early_memremap(PHYS_BASE, 1), mapped[2]);
	assert_ptr_equal(early_memremap(PHYS_BASE, 1), mapped[5]);
}

static void limits_are_told_by_the_pages_touched(void **state)
{
	(void)state;
	assert_non_null(early_memremap(PHYS_BASE, 0x40000));
	assert_int_equal(ptes_present(), 64);
	assert_null(early_memremap(PHYS_BASE + 1, 0x40000));
	assert_null(early_memremap(PHYS_BASE, 0x40001));
	assert_non_null(early_memremap(PHYS_BASE + 1, 0x3ffff));
	assert_int_equal(ptes_present(), 128);
}

static void refuses_sizes_that_linux_truncates(void **state)
{
	(void)state;
	assert_null(early_memremap(0, 0));
	assert_null(early_memremap(0, UINT64_C(1) << 44));
	assert_null(early_memremap(0, (UINT64_C(1) << 44) + 1));
	assert_null(early_memremap(0, UINT64_MAX));
	assert_null(early_memremap(UINT64_MAX, 2));
	assert_null(early_memremap(UINT64_C(1) << 52, 1));
	assert_null(early_memremap((UINT64_C(1) << 52) - 1, 2));
	assert_null(early_memremap(UINT64_MAX, 1));
	assert_int_equal(ptes_present(), 0);
	assert_int_equal(early_ioremap_check_leaks(NULL), 0);
	assert_non_null(early_memremap((UINT64_C(1) << 52) - 1, 1));
	assert_true(bm_pte[0] == (UINT64_C(0x000ffffffffff000) | PTE_RW));
}

static void unmap_wants_the_very_same_address_and_size(void **state)
{
	char *mapped = early_memremap(PHYS_BASE + 16, 100);

	(void)state;
	early_memunmap(mapped, 99);
	assert_non_null(strstr(warnings, "mapped with size 0x64; it stays mapped"));
	early_memunmap(mapped + 1, 100);
	assert_non_null(strstr(warnings, "no mapping starts at this address"));
	early_memunmap(NULL, 0);
	assert_int_equal(ptes_present(), 1);
	buffer_printer_init(&warn, warnings, sizeof(warnings));
	assert_int_equal(early_ioremap_check_leaks(&warn.printer), 1);
	assert_string_equal(warnings, "early_ioremap leak: slot 0 maps [mem 0x0000007000000010-0x0000007000000073], "
				      "100 bytes\n");
	early_memunmap(mapped, 100);
	assert_int_equal(ptes_present(), 0);
	assert_int_equal(early_ioremap_check_leaks(NULL), 0);
}

/* In a kernel there is no window: a mapping is where the slot's pages are. Without a flush function none is called. */
static void maps_at_the_slots_own_address(void **state)
{
	const struct early_ioremap_ops ops = { .bm_pte = bm_pte };
	void *first, *second;

	(void)state;
	assert_int_equal(early_ioremap_init(&ops), 0);
	first = early_memremap(PHYS_BASE + 0x234, 0x1000);
	second = early_ioremap(PHYS_BASE, 1);
	assert_int_equal((uintptr_t)first, 0xffffffffff200234);
	assert_int_equal((uintptr_t)second, 0xffffffffff240000);
	assert_int_equal(ptes_present(), 3);
	assert_null(early_memremap(0, 0));
	early_memunmap(first, 0x1000);
	early_iounmap(second, 1);
	assert_int_equal(ptes_present(), 0);
	assert_int_equal(flush_count, 0);
}

static void copies_any_length_in_chunks_of_one_slot(void **state)
{
	static unsigned char copy[0x81000];

	(void)state;
	assert_int_equal(copy_from_early_mem(copy, PHYS_BASE + 0x2345, 0x81000), 0);
	assert_memory_equal(copy, phys_memory + 0x2345, 0x81000);
	/* Three mappings of 64, 64 and 2 pages, each set and cleared. */
	assert_int_equal(flush_count, 2 * (64 + 64 + 2));
	assert_int_equal(ptes_present(), 0);
	assert_int_equal(copy_from_early_mem(copy, PHYS_BASE, 0), 0);
	assert_int_equal(copy_from_early_mem(copy, UINT64_MAX - 10, 12), MM_EOVERFLOW);
	for (unsigned i = 0; i < 8; i++)
		assert_non_null(early_memremap(PHYS_BASE, 1));
	assert_int_equal(copy_from_early_mem(copy, PHYS_BASE, 1), MM_ENOMEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(maps_nothing_before_init),
		cmocka_unit_test_setup(init_fills_slot_virt_and_clears_the_page, setup),
		cmocka_unit_test_setup(init_refuses_a_page_that_is_none, setup),
		cmocka_unit_test_setup(maps_with_the_offset_in_the_page_and_flushes_each_page, setup),
		cmocka_unit_test_setup(protections_are_those_of_linux, setup),
		cmocka_unit_test_setup(takes_the_lowest_free_slot_and_refuses_the_ninth, setup),
		cmocka_unit_test_setup(limits_are_told_by_the_pages_touched, setup),
		cmocka_unit_test_setup(refuses_sizes_that_linux_truncates, setup),
		cmocka_unit_test_setup(unmap_wants_the_very_same_address_and_size, setup),
		cmocka_unit_test_setup(maps_at_the_slots_own_address, setup),
		cmocka_unit_test_setup(copies_any_length_in_chunks_of_one_slot, setup),
	};

	return cmocka_run_group_tests_name("early_ioremap", tests, NULL, NULL);
}
