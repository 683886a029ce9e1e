/* SPDX-License-Identifier: BSD-2-Clause */
/* Well-known ranges: which names a range has, and what an MCFG table says. */
#include "e820_assert.h"

#include <mm/known_ranges.h>

#define ECAM UINT64_C(0xb0000000)

static const struct mcfg_entry q35 = { ECAM, 0, 0, 255 };
static const struct known_facts nothing, machine = { 0x80000000, true, &q35, 1 };

/* The names of all known ranges that overlap, in the order told, divided by commas. */
static void expect_names(const struct known_facts *facts, uint64_t start, uint64_t last, const char *wanted)
{
	struct known_range range;
	struct buffer_printer out;
	char text[200];

	buffer_printer_init(&out, text, sizeof(text));
	for (size_t at = 0; known_ranges_next(facts, start, last, &at, &range);) {
		print(&out.printer, "%s%s", out.length ? "," : "", range.name);
		assert_true(range.start <= range.last);
		assert_true(range.start <= last && range.last >= start);
		assert_true(text_length(known_range_sentence(&range)) > 20);
		assert_null(strchr(known_range_sentence(&range), '\n'));
	}
	assert_string_equal(text, wanted);
}

static void names_what_every_pc_has(void **state)
{
	(void)state;
	expect_names(&nothing, 0, 0xfff, "low 640 KiB");
	expect_names(&nothing, 0x9ffff, 0xa0000, "VGA,low 640 KiB,VGA/ROM hole");
	expect_names(&nothing, 0xc0000, 0xc0000, "ROM hole,VGA/ROM hole");
	expect_names(&nothing, 0x100000, 0x3fffffff, "");
	expect_names(&nothing, 0xfec00000, 0xfeffffff, "HPET,IO-APIC,TPM,local APIC");
	expect_names(&nothing, 0xfee00000, 0xfee00fff, "local APIC");
	expect_names(&nothing, 0xff000000, UINT64_MAX, "flash");
	expect_names(&nothing, 0xfd00000000, 0xffffffffff, "");
}

static void names_what_this_machine_has(void **state)
{
	struct known_facts no_hole = machine, full = machine;

	(void)state;
	expect_names(&machine, 0x7fffffff, 0x7fffffff, "");
	expect_names(&machine, 0x80000000, 0x80000000, "PCI hole");
	expect_names(&machine, 0xbfffffff, 0xbfffffff, "ECAM,PCI hole");
	expect_names(&machine, 0xffffffff, 0x100000000, "flash,PCI hole");
	expect_names(&machine, 0xfcffffffff, 0xfd00000000, "HyperTransport hole");
	expect_names(&machine, 0xffffffffff, 0xffffffffff, "HyperTransport hole");
	expect_names(&machine, 0x10000000000, UINT64_MAX, "");
	no_hole.low_ram_end = 0;
	full.low_ram_end = 4 * GIB;
	expect_names(&no_hole, 0x80000000, 0x80000000, "");
	expect_names(&full, 0xffffffff, 0xffffffff, "flash");
}

/* The bounds of a name, by the name that a range gets. */
static void expect_holding(const struct known_facts *facts, uint64_t start, uint64_t last, bool gap, uint64_t from,
			   uint64_t to, const char *name)
{
	struct known_range range = { .name = "untouched" };

	assert_int_equal(known_range_holding(facts, start, last, gap, &range), to != 0);
	assert_string_equal(range.name, name);
	assert_int_equal(range.start, from);
	assert_int_equal(range.last, to);
}

static void finds_the_narrowest_that_holds_all(void **state)
{
	(void)state;
	expect_holding(&machine, 0xa0000, 0xbffff, true, 0xa0000, 0xbffff, "VGA");
	expect_holding(&machine, 0xa0000, 0xfffff, true, 0xa0000, 0xfffff, "VGA/ROM hole");
	expect_holding(&machine, 0xf0000, 0xfffff, false, 0xc0000, 0xfffff, "ROM hole");
	expect_holding(&machine, 0xfec00000, 0xfec00fff, true, 0xfec00000, 0xfec00fff, "IO-APIC");
	expect_holding(&machine, 0xfed00000, 0xfed003ff, false, 0xfed00000, 0xfed003ff, "HPET");
	expect_holding(&machine, 0xfed40000, 0xfed44fff, false, 0xfed40000, 0xfed44fff, "TPM");
	expect_holding(&machine, 0xffc00000, 0xffffffff, false, 0xff000000, 0xffffffff, "flash");
	expect_holding(&machine, ECAM, ECAM + 0xfffffff, false, ECAM, ECAM + 0xfffffff, "ECAM");
	expect_holding(&machine, 0xfd00000000, 0xfd00000000, false, 0xfd00000000, 0xffffffffff, "HyperTransport hole");
	/* What the map says there is reserved is more than a hole. */
	expect_holding(&machine, 0x80000000, 0x8fffffff, true, 0x80000000, 0xffffffff, "PCI hole");
	expect_holding(&machine, 0x80000000, 0x8fffffff, false, 0, 0, "untouched");
	expect_holding(&machine, 0x9f000, 0xa0fff, true, 0, 0, "untouched");
	expect_holding(&nothing, ECAM, ECAM, true, 0, 0, "untouched");
}

static void finds_the_widest_within(void **state)
{
	struct known_range range = { .name = "untouched" };

	(void)state;
	assert_true(known_range_fitting(&machine, 0xfec00000, 0xffffffff, false, &range));
	assert_string_equal(range.name, "flash");
	assert_true(known_range_fitting(&machine, 0xfec00000, 0xfeffffff, false, &range));
	assert_string_equal(range.name, "local APIC");
	assert_true(known_range_fitting(&machine, 0x70000000, 0x1ffffffff, true, &range));
	assert_string_equal(range.name, "PCI hole");
	assert_true(known_range_fitting(&machine, 0xa0000, 0xa0fff, true, &range));
	assert_string_equal(range.name, "VGA");
	range.name = "untouched";
	assert_false(known_range_fitting(&machine, 0x100000, 0x7fffffff, false, &range));
	assert_string_equal(range.name, "untouched");
}

/* RAM or ACPI memory below 4 GiB ends where the PCI hole starts; reserved memory is not counted. */
static void top_of_low_ram(void **state)
{
	TABLE(table, 5, { 0, 640 * KIB, RAM }, { MIB, 1023 * MIB, RAM }, { GIB, MIB, NVS }, { 2 * GIB, GIB, RESERVED },
	      { 4 * GIB, 4 * GIB, RAM });
	TABLE(crossing, 1, { 0, 5 * GIB, RAM });
	TABLE(top, 1, { GIB, UINT64_MAX, RAM });
	TABLE(acpi, 2, { MIB, MIB, ACPI }, { 0, MIB, RAM });
	EMPTY_TABLE(none, 1);

	(void)state;
	assert_int_equal(known_low_ram_end(&table), GIB + MIB);
	assert_int_equal(known_low_ram_end(&crossing), 4 * GIB);
	assert_int_equal(known_low_ram_end(&top), 4 * GIB);
	assert_int_equal(known_low_ram_end(&acpi), 2 * MIB);
	assert_int_equal(known_low_ram_end(&none), 0);
}

/* An MCFG table of that length with allocations given as { base, segment, start bus, end bus }; free it. */
static uint8_t *make_mcfg(uint32_t length, const struct mcfg_entry *entries, size_t count)
{
	uint8_t *table = calloc(1, 44 + 16 * count);

	memcpy(table, "MCFG", 4);
	memcpy(table + 4, &length, 4);
	for (size_t i = 0; i < count; i++) {
		memcpy(table + 44 + 16 * i, &entries[i].base, 8);
		memcpy(table + 52 + 16 * i, &entries[i].segment, 2);
		table[54 + 16 * i] = entries[i].start_bus;
		table[55 + 16 * i] = entries[i].end_bus;
	}
	return table;
}

static void reads_mcfg(void **state)
{
	const struct mcfg_entry wanted[] = { { ECAM, 0, 0, 0x7f }, { 0x4000000000, 0x102, 0x80, 0xff } };
	struct mcfg_entry entries[2];
	size_t refused = 7;
	uint8_t *table = make_mcfg(76, wanted, 2);

	(void)state;
	assert_int_equal(mcfg_parse(table, 76, entries, 2, &refused), 2);
	assert_int_equal(refused, 0);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(entries[i].base, wanted[i].base);
		assert_int_equal(entries[i].segment, wanted[i].segment);
		assert_int_equal(entries[i].start_bus, wanted[i].start_bus);
		assert_int_equal(entries[i].end_bus, wanted[i].end_bus);
	}

	/* The base is that of bus 0, so the second one's buses start 128 MiB above it. */
	struct known_facts facts = { 0, false, entries, 2 };

	expect_holding(&facts, ECAM, ECAM, false, ECAM, ECAM + 0x7ffffff, "ECAM");
	expect_holding(&facts, 0x4008000000, 0x400fffffff, false, 0x4008000000, 0x400fffffff, "ECAM");
	expect_holding(&facts, 0x4007ffffff, 0x4007ffffff, false, 0, 0, "untouched");
	assert_int_equal(mcfg_parse(table, 76, entries, 1, NULL), MM_ENOSPC);
	assert_int_equal(mcfg_parse(table, 75, entries, 2, NULL), MM_EINVAL);
	free(table);
}

static void refuses_bad_mcfg(void **state)
{
	const struct mcfg_entry bad[] = { { ECAM, 0, 5, 4 }, { UINT64_MAX - 0xfffff, 0, 0, 1 }, { ECAM, 0, 3, 3 },
					  { UINT64_MAX - 0xfffff, 0, 0, 0 } };
	struct mcfg_entry entries[4] = { { .base = 1 } };
	size_t refused = 0;
	uint8_t *table = make_mcfg(44 + 64, bad, 4);

	(void)state;
	assert_int_equal(mcfg_parse(table, 44 + 64, entries, 4, &refused), 2);
	assert_int_equal(refused, 2);
	assert_int_equal(entries[0].base, ECAM);
	assert_int_equal(entries[0].start_bus, 3);
	assert_int_equal(entries[1].base, UINT64_MAX - 0xfffff);
	/* An entry that is cut off is none, and a table may have none. */
	table[4] = 44 + 15;
	assert_int_equal(mcfg_parse(table, 44 + 64, entries, 4, &refused), 0);
	table[4] = 43;
	assert_int_equal(mcfg_parse(table, 44 + 64, entries, 4, &refused), MM_EINVAL);
	table[4] = 44;
	assert_int_equal(mcfg_parse(table, 43, entries, 4, &refused), MM_EINVAL);
	assert_int_equal(mcfg_parse(table, 44, entries, 4, NULL), 0);
	table[0] = 'm';
	assert_int_equal(mcfg_parse(table, 44, entries, 4, NULL), MM_EINVAL);
	free(table);

	/* Nor does an entry in disorder that somebody else made lead anywhere. */
	struct known_facts facts = { 0, false, bad, 2 };

	expect_names(&facts, ECAM, UINT64_MAX, "HPET,IO-APIC,TPM,local APIC,flash");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_what_every_pc_has),
		cmocka_unit_test(names_what_this_machine_has),
		cmocka_unit_test(finds_the_narrowest_that_holds_all),
		cmocka_unit_test(finds_the_widest_within),
		cmocka_unit_test(top_of_low_ram),
		cmocka_unit_test(reads_mcfg),
		cmocka_unit_test(refuses_bad_mcfg),
	};

	return cmocka_run_group_tests_name("known_ranges", tests, NULL, NULL);
}
