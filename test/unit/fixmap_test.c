/* SPDX-License-Identifier: BSD-2-Clause */
/* The fixmap's numbers against those of Linux 6.1 as Debian builds it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <mm/fixmap.h>

static void indices_are_those_of_linux(void **state)
{
	(void)state;
	assert_int_equal(VSYSCALL_PAGE, 511);
	assert_int_equal(FIX_DBGP_BASE, 512);
	assert_int_equal(FIX_EARLYCON_MEM_BASE, 513);
	assert_int_equal(FIX_APIC_BASE, 514);
	assert_int_equal(FIX_IO_APIC_BASE_0, 515);
	assert_int_equal(FIX_IO_APIC_BASE_END, 642);
	assert_int_equal(FIX_PARAVIRT_BOOTMAP, 643);
	assert_int_equal(FIX_APEI_GHES_IRQ, 644);
	assert_int_equal(FIX_APEI_GHES_NMI, 645);
	assert_int_equal(FIX_END_OF_PERMANENT, 646);
	assert_int_equal(FIX_BTMAP_END, 1024);
	assert_int_equal(FIX_BTMAP_BEGIN, 1535);
	assert_int_equal(FIX_TBOOT_BASE, 1536);
	assert_int_equal(FIX_END_OF_FIXED_ADDRESSES, 1537);
}

static void the_temporary_mappings_move_down_by_whole_page_tables(void **state)
{
	(void)state;
	assert_int_equal(FIX_BTMAP_END_AFTER(512), 512);
	assert_int_equal(FIX_BTMAP_END_AFTER(513), 1024);
	assert_int_equal(FIX_BTMAP_END_AFTER(1024), 1024);
	assert_int_equal(FIX_BTMAP_END_AFTER(1025), 1536);
}

static void addresses_are_those_of_linux(void **state)
{
	(void)state;
	assert_true(fix_to_virt(0) == 0xffffffffff7ff000);
	assert_true(fix_to_virt(VSYSCALL_PAGE) == 0xffffffffff600000);
	assert_true(fix_to_virt(FIX_BTMAP_END) == 0xffffffffff3ff000);
	assert_true(fix_to_virt(FIX_BTMAP_BEGIN) == 0xffffffffff200000);
	assert_true(fix_to_virt(FIX_END_OF_FIXED_ADDRESSES) == 0);
	assert_true(fix_to_virt(UINT32_MAX) == 0);
	assert_true(FIX_BTMAP_VIRT == 0xffffffffff200000);
	assert_true(FIX_BTMAP_SIZE == 0x200000);
	assert_true(FIX_BTMAP_SLOT_SIZE == 0x40000);
	/* The PMD of FIX_BTMAP: 505 of the last page middle directory. */
	assert_int_equal(FIX_BTMAP_VIRT >> 21 & 511, 505);
}

static void every_address_leads_back_to_its_index(void **state)
{
	(void)state;
	for (unsigned i = 0; i < FIX_END_OF_FIXED_ADDRESSES; i++) {
		assert_int_equal(virt_to_fix(fix_to_virt(i)), i);
		assert_int_equal(virt_to_fix(fix_to_virt(i) + 0xfff), i);
	}
	assert_int_equal(virt_to_fix(FIXADDR_TOP + 0x1000), MM_EINVAL);
	assert_int_equal(virt_to_fix(FIX_TO_VIRT(FIX_TBOOT_BASE) - 1), MM_EINVAL);
	assert_int_equal(virt_to_fix(0), MM_EINVAL);
	assert_int_equal(virt_to_fix(UINT64_MAX), MM_EINVAL);
}

static void slots_ascend_in_address_while_the_index_descends(void **state)
{
	(void)state;
	for (unsigned slot = 0; slot < 8; slot++) {
		assert_int_equal(fix_btmap_slot(slot), 1535 - 64 * slot);
		assert_true(fix_to_virt((unsigned)fix_btmap_slot(slot)) == 0xffffffffff200000 + slot * 0x40000ull);
	}
	assert_int_equal(fix_btmap_slot(8), MM_EINVAL);
	assert_int_equal(fix_btmap_slot(UINT32_MAX), MM_EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(indices_are_those_of_linux),
		cmocka_unit_test(the_temporary_mappings_move_down_by_whole_page_tables),
		cmocka_unit_test(addresses_are_those_of_linux),
		cmocka_unit_test(every_address_leads_back_to_its_index),
		cmocka_unit_test(slots_ascend_in_address_while_the_index_descends),
	};

	return cmocka_run_group_tests_name("fixmap", tests, NULL, NULL);
}
