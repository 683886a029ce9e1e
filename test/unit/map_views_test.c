/* SPDX-License-Identifier: BSD-2-Clause */
/* The views of a map as lines of text, and their pictures. */
#include "plan_boot.h"

#include <loader/map_views.h>

#define WB EFI_ATTRIBUTE_WB

struct seen {
	struct efi_memmap map;
	struct map_views views;
	void *memory;
};

/* The views of a map, in memory of exactly the size that they ask for. */
static struct seen *look(struct efi_memmap map, enum e820_policy policy)
{
	struct seen *seen = malloc(sizeof(*seen));
	size_t size = map_views_memory_size(efi_memmap_count(&map));

	seen->map = map;
	seen->memory = malloc(size);
	assert_int_equal(map_views_init(&seen->views, &seen->map, policy, seen->memory, size), 0);
	return seen;
}

static void done(struct seen *seen)
{
	free(seen->memory);
	free_map(&seen->map);
	free(seen);
}

static void expect_view(struct seen *seen, enum map_view view, const char *wanted)
{
	static char text[8000];
	struct buffer_printer out;

	buffer_printer_init(&out, text, sizeof(text));
	map_view_print(&seen->views, view, &out.printer);
	assert_true(out.length < sizeof(text));
	assert_string_equal(text, wanted);
}

/*
 * Out of order, with a gap below 1 MiB, ECAM, flash, and a page past 4 GiB:
 *
 *   0      a0000  1M       16M  17M        2G      b0000000   ffc00000  4G
 *   |--RAM--| gap |--RAM----|NVS|---RAM----|  gap  |-ECAM-| gap |flash|  |RAM|
 */
static struct seen *small_machine(enum e820_policy policy)
{
	static const struct mcfg_entry ecam = { 0xb0000000, 0, 0, 255 };
	struct seen *seen = look(MAP({ CONVENTIONAL, 0x1000, 0x9f, 0xf }, { BOOT_DATA, 0, 1, 0xf },
				     { CONVENTIONAL, MIB, 15 * 256, 0xf }, { EFI_ACPI_MEMORY_NVS, 16 * MIB, 256, WB },
				     { EFI_LOADER_DATA, 17 * MIB, 2031 * 256, WB },
				     { EFI_RESERVED_TYPE, 0xb0000000, 0x10000, 1 },
				     { EFI_MEMORY_MAPPED_IO, 0xffc00000, 0x400, EFI_ATTRIBUTE_RUNTIME | 1 },
				     { CONVENTIONAL, 4 * GIB, 0x40000, WB | UINT64_C(0x100000000) }),
				 policy);

	seen->views.known.ecam = &ecam;
	seen->views.known.ecam_count = 1;
	return seen;
}

static void shows_descriptors(void **state)
{
	struct seen *seen = small_machine(E820_POLICY_ACPI);

	(void)state;
	expect_view(seen, MAP_VIEW_EFI,
		    "  EFI memory map: 8 descriptors of 48 bytes, version 1, by address\n"
		    "B mem01 Boot Data    000000000000-000000000fff         4 KiB WB WT WC UC\n"
		    "# mem00 Conventional 000000001000-00000009ffff       636 KiB WB WT WC UC\n"
		    ". gap                0000000a0000-0000000fffff       384 KiB [VGA/ROM hole]\n"
		    "# mem02 Conventional 000000100000-000000ffffff     15360 KiB WB WT WC UC\n"
		    "N mem03 ACPI Mem NVS 000001000000-0000010fffff      1024 KiB WB\n"
		    "L mem04 Loader Data  000001100000-00007fffffff   2079744 KiB WB\n"
		    ". gap                000080000000-0000afffffff    786432 KiB [PCI hole]\n"
		    "R mem05 Reserved     0000b0000000-0000bfffffff    262144 KiB UC [ECAM]\n"
		    ". gap                0000c0000000-0000ffbfffff   1044480 KiB [PCI hole]\n"
		    "M mem06 MMIO         0000ffc00000-0000ffffffff      4096 KiB RUN UC [flash]\n"
		    "# mem07 Conventional 000100000000-00013fffffff   1048576 KiB 0000000100000008\n"
		    "totals:\n"
		    "  Reserved: 268435456 bytes (256 MiB)\n"
		    "  Loader Data: 2129657856 bytes (1.9 GiB)\n"
		    "  Boot Data: 4096 bytes (4 KiB)\n"
		    "  Conventional: 1090121728 bytes (1.0 GiB)\n"
		    "  ACPI Mem NVS: 1048576 bytes (1 MiB)\n"
		    "  MMIO: 4194304 bytes (4 MiB)\n");
	done(seen);
}

static void shows_e820(void **state)
{
	struct seen *seen = small_machine(E820_POLICY_ACPI);

	(void)state;
	seen->views.known.amd = true;
	expect_view(seen, MAP_VIEW_E820,
		    "  e820 map: 7 entries, CRC32 5df8ce2a\n"
		    "#   0 000000000000-00000009ffff usable              640 KiB [low 640 KiB]\n"
		    ".     0000000a0000-0000000fffff gap                 384 KiB [VGA/ROM hole]\n"
		    "#   1 000000100000-000000ffffff usable            15360 KiB\n"
		    "N   2 000001000000-0000010fffff ACPI NVS           1024 KiB\n"
		    "#   3 000001100000-00007fffffff usable          2079744 KiB\n"
		    ".     000080000000-0000afffffff gap              786432 KiB [PCI hole]\n"
		    "R   4 0000b0000000-0000bfffffff reserved         262144 KiB [ECAM]\n"
		    ".     0000c0000000-0000ffbfffff gap             1044480 KiB [PCI hole]\n"
		    "R   5 0000ffc00000-0000ffffffff reserved           4096 KiB [flash]\n"
		    "#   6 000100000000-00013fffffff usable          1048576 KiB\n"
		    "totals:\n"
		    "  usable: 3219783680 bytes (2.9 GiB)\n"
		    "  reserved: 272629760 bytes (260 MiB)\n"
		    "  ACPI NVS: 1048576 bytes (1 MiB)\n"
		    "  gaps: 1875247104 bytes (1.7 GiB)\n");
	done(seen);
}

static void shows_what_became_of_each(void **state)
{
	struct seen *seen = small_machine(E820_POLICY_ACPI);

	(void)state;
	expect_view(seen, MAP_VIEW_TRACE,
		    "  descriptor -> entry of the e820 map (ACPI's types only)\n"
		    "B mem01 Boot Data    000000000000-000000000fff -> #0 usable: merged with mem00\n"
		    "# mem00 Conventional 000000001000-00000009ffff -> #0 usable: merged with mem01\n"
		    "# mem02 Conventional 000000100000-000000ffffff -> #1 usable: kept\n"
		    "N mem03 ACPI Mem NVS 000001000000-0000010fffff -> #2 ACPI NVS: kept\n"
		    "L mem04 Loader Data  000001100000-00007fffffff -> #3 usable: kept\n"
		    "R mem05 Reserved     0000b0000000-0000bfffffff -> #4 reserved: kept\n"
		    "M mem06 MMIO         0000ffc00000-0000ffffffff -> #5 reserved: kept\n"
		    "# mem07 Conventional 000100000000-00013fffffff -> #6 usable: kept\n");
	done(seen);
}

/* Every fate that is none of the two above, and every reason. */
static void says_why_descriptors_are_lost(void **state)
{
	struct seen *seen = look(MAP({ CONVENTIONAL, MIB, 16, WB }, { EFI_RESERVED_TYPE, MIB + 0x4000, 4, 0 },
				     { CONVENTIONAL, MIB + 0x5000, 1, WB }, { CONVENTIONAL, 2 * MIB + 0x800, 4, WB },
				     { CONVENTIONAL, 3 * MIB, 0, WB }, { CONVENTIONAL, 4 * MIB + 0x800, 1, WB },
				     { CONVENTIONAL, UINT64_MAX - 0x1fff, 2, WB }, { 0x80000001, UINT64_MAX - 0xfff, 1, WB },
				     { CONVENTIONAL, UINT64_MAX - 0xfff, 2, WB }),
				 E820_POLICY_LINUX);

	(void)state;
	expect_view(seen, MAP_VIEW_TRACE,
		    "  descriptor -> entry of the e820 map (as Linux's own EFI stub makes it)\n"
		    "# mem00 Conventional 000000100000-00000010ffff -> #0-#2 usable: clipped by mem01\n"
		    "R mem01 Reserved     000000104000-000000107fff -> #1 reserved: kept\n"
		    "# mem02 Conventional 000000105000-000000105fff -> nothing: covered by mem01\n"
		    "# mem03 Conventional 000000200800-0000002047ff -> #3 usable: clipped to whole pages\n"
		    "# mem04 Conventional 000000300000-0000002fffff -> nothing: dropped, it has no pages\n"
		    "# mem05 Conventional 000000400800-0000004017ff -> nothing: dropped, it has no whole page\n"
		    "# mem06 Conventional ffffffffffffe000-ffffffffffffffff -> #4 usable: clipped below 2^64\n"
		    "? mem07 OS type      fffffffffffff000-ffffffffffffffff -> nothing: dropped, e820 cannot name the last page "
		    "before 2^64\n"
		    "# mem08 Conventional fffffffffffff000-000000000fff -> nothing: dropped, it passes 2^64\n");
	done(seen);
}

static void shows_findings(void **state)
{
	struct seen *seen = small_machine(E820_POLICY_ACPI);

	(void)state;
	expect_view(seen, MAP_VIEW_FINDINGS,
		    "  no findings: all 8 descriptors are as the UEFI specification wants them\n");
	done(seen);
	seen = look(MAP({ CONVENTIONAL, MIB, 0, WB }, { CONVENTIONAL, 2 * MIB, 1, WB }), E820_POLICY_ACPI);
	expect_view(seen, MAP_VIEW_FINDINGS,
		    "EFI memory map: descriptor 0 (EfiConventionalMemory) [mem 0x0000000000100000, 0x0 pages] has no pages; "
		    "it is left out\n"
		    "  1 findings; the loader goes on with what they say\n");
	done(seen);
}

static void says_that_there_is_no_plan(void **state)
{
	struct seen *seen = small_machine(E820_POLICY_ACPI);

	(void)state;
	expect_view(seen, MAP_VIEW_RESERVATIONS, "  there is no plan: no entry is chosen\n");
	expect_view(seen, MAP_VIEW_PAGE_TABLES, "  there is no plan: no entry is chosen\n");
	seen->views.no_plan = "\\vmlinuz: not found";
	expect_view(seen, MAP_VIEW_RESERVATIONS, "\\vmlinuz: not found\n");
	expect_view(seen, MAP_VIEW_PAGE_TABLES, "\\vmlinuz: not found\n");
	done(seen);
}

static void shows_who_owns_what(void **state)
{
	struct seen *seen = small_machine(E820_POLICY_ACPI);

	(void)state;
	expect_view(seen, MAP_VIEW_IOMEM,
		    "00000000-0009ffff : System RAM\n"
		    "000a0000-000fffff : VGA/ROM hole\n"
		    "  000a0000-000bffff : VGA\n"
		    "  000c0000-000fffff : ROM hole\n"
		    "00100000-00ffffff : System RAM\n"
		    "01000000-010fffff : ACPI Non-volatile Storage\n"
		    "01100000-7fffffff : System RAM\n"
		    "b0000000-bfffffff : ECAM\n"
		    "  b0000000-bfffffff : Reserved\n"
		    "fec00000-fec00fff : IO-APIC\n"
		    "fed00000-fed003ff : HPET\n"
		    "fed40000-fed44fff : TPM\n"
		    "fee00000-feefffff : local APIC\n"
		    "ff000000-ffffffff : flash\n"
		    "  ffc00000-ffffffff : Reserved\n"
		    "100000000-13fffffff : System RAM\n");
	done(seen);
}

/* Of a plan: what it reserves, who owns that, and what it maps. */
static void shows_a_plan(void **state)
{
	struct boot b;
	struct kernel_image kernel = own_kernel();
	struct seen *seen;

	(void)state;
	start(&b, MAP({ CONVENTIONAL, 0, 0xa0, WB }, { CONVENTIONAL, MIB, 127 * 256, WB }), &kernel);
	assert_made(&b);
	seen = look(MAP({ CONVENTIONAL, 0, 0xa0, WB }, { CONVENTIONAL, MIB, 127 * 256, WB }), b.plan.policy);
	seen->views.plan = &b.plan;
	expect_view(seen, MAP_VIEW_RESERVATIONS,
		    "  13 reservations: memory that is in use when the kernel starts\n"
		    "L 000000000000-000000000fff first page     4096 bytes (4 KiB)\n"
		    "L 000001000000-0000010007ff kernel text    2048 bytes (2 KiB)\n"
		    "L 000001001000-0000010012ff kernel rodata  768 bytes\n"
		    "L 000001002000-0000010020ff kernel data    256 bytes\n"
		    "L 000001002100-000001003fff kernel bss     7936 bytes (7.7 KiB)\n"
		    "L 000007fe6000-000007feffff page tables    40960 bytes (40 KiB)\n"
		    "L 000007ff0000-000007ff0fff boot_params    4096 bytes (4 KiB)\n"
		    "L 000007ff1000-000007ff17ff command line   2048 bytes (2 KiB)\n"
		    "L 000007ff2000-000007ff2bdf setup_data     3040 bytes (2.9 KiB)\n"
		    "L 000007ff3000-000007ff425f EFI memory map 4704 bytes (4.5 KiB)\n"
		    "L 000007ff5000-000007ffdfff stack          36864 bytes (36 KiB)\n"
		    "L 000007ffe000-000007ffefff stub           4096 bytes (4 KiB)\n"
		    "L 000007fff000-000007ffffff stub           4096 bytes (4 KiB)\n"
		    "  entry 0xffffffff81000010, 4-level page tables\n");
	expect_view(seen, MAP_VIEW_IOMEM,
		    "00000000-0009ffff : System RAM\n"
		    "  00000000-00000fff : first page\n"
		    "000a0000-000fffff : VGA/ROM hole\n"
		    "  000a0000-000bffff : VGA\n"
		    "  000c0000-000fffff : ROM hole\n"
		    "00100000-07ffffff : System RAM\n"
		    "  01000000-010007ff : Kernel code\n"
		    "  01001000-010012ff : Kernel rodata\n"
		    "  01002000-010020ff : Kernel data\n"
		    "  01002100-01003fff : Kernel bss\n"
		    "  07fe6000-07feffff : page tables\n"
		    "  07ff0000-07ff0fff : boot_params\n"
		    "  07ff1000-07ff17ff : command line\n"
		    "  07ff2000-07ff2bdf : setup_data\n"
		    "  07ff3000-07ff425f : EFI memory map\n"
		    "  07ff5000-07ffdfff : stack\n"
		    "  07ffe000-07ffefff : stub\n"
		    "  07fff000-07ffffff : stub\n"
		    "fec00000-fec00fff : IO-APIC\n"
		    "fed00000-fed003ff : HPET\n"
		    "fed40000-fed44fff : TPM\n"
		    "fee00000-feefffff : local APIC\n"
		    "ff000000-ffffffff : flash\n");
	expect_view(seen, MAP_VIEW_PAGE_TABLES,
		    "  4 levels, 10 table pages at 0x7fe6000; virtual -> physical\n"
		    "  0000000000000000-0000000000ffffff -> 000000000000 rw- 16 MiB\n"
		    "  0000000001000000-0000000001001fff -> 000001000000 r-- 8 KiB\n"
		    "  0000000001002000-0000000007ff4fff -> 000001002000 rw- 111.9 MiB\n"
		    "  0000000007ff6000-0000000007ffefff -> 000007ff6000 rw- 36 KiB\n"
		    "  0000000007fff000-0000000007ffffff -> 000007fff000 r-x 4 KiB\n"
		    "  ffffffff81000000-ffffffff81000fff -> 000001000000 r-x 4 KiB\n"
		    "  ffffffff81001000-ffffffff81001fff -> 000001001000 r-- 4 KiB\n"
		    "  ffffffff81002000-ffffffff81003fff -> 000001002000 rw- 8 KiB\n"
		    "  ffffffffff200000-ffffffffff3fffff -> nothing yet: the fixmap's table\n"
		    "totals:\n"
		    "  r--: 12288 bytes (12 KiB)\n"
		    "  rw-: 134209536 bytes (127.9 MiB)\n"
		    "  r-x: 8192 bytes (8 KiB)\n");
	done(seen);
	finish(&b);
}

/* The views need a map that can be read and memory enough. */
static void refuses(void **state)
{
	struct efi_memmap map = MAP({ CONVENTIONAL, 0, 1, WB }), short_stride = map;
	size_t size = map_views_memory_size(1);
	uint8_t *memory = malloc(size);
	struct map_views views;

	(void)state;
	assert_int_equal(map_views_init(&views, &map, E820_POLICY_ACPI, memory, size), 0);
	assert_int_equal(map_views_init(&views, &map, E820_POLICY_ACPI, memory, size - 32), MM_ENOSPC);
	short_stride.desc_size = 39;
	assert_int_equal(map_views_init(&views, &short_stride, E820_POLICY_ACPI, memory, size), MM_EINVAL);
	assert_int_equal(map_views_memory_size(SIZE_MAX / 2), SIZE_MAX);
	free(memory);
	free_map(&map);
}

/* A host that knows no more than an e820 map. */
static void shows_e820_alone(void **state)
{
	TABLE(table, 2, { 0, 640 * KIB - 1, RAM }, { 640 * KIB - 1, 1, 12 });
	struct seen seen = { .views = { .e820 = table } };

	(void)state;
	expect_view(&seen, MAP_VIEW_EFI, "  there is no EFI map\n");
	expect_view(&seen, MAP_VIEW_TRACE, "  there is no EFI map\n");
	expect_view(&seen, MAP_VIEW_FINDINGS, "  there is no EFI map\n");
	expect_view(&seen, MAP_VIEW_E820,
		    "  e820 map: 2 entries, CRC32 464dbccf\n"
		    "#   0 000000000000-00000009fffe usable             655359 B [low 640 KiB]\n"
		    "P   1 00000009ffff-00000009ffff persistent (type 12)           1 B [low 640 KiB]\n"
		    "totals:\n"
		    "  usable: 655359 bytes (639.9 KiB)\n"
		    "  persistent (type 12): 1 bytes\n");
}

/* A single type that is none of the usual has its name, several are told together. */
static void totals_of_other_types(void **state)
{
	TABLE(table, 3, { 0, 0x1000, 12 }, { 0x1000, 0x1000, 12 }, { 0x2000, 0x800, 9 });
	struct buffer_printer out;
	char text[200];

	(void)state;
	buffer_printer_init(&out, text, sizeof(text));
	map_print_totals(&table, &out.printer);
	assert_string_equal(text, "totals:\n  other types: 10240 bytes (10 KiB)\n");
	table.nr_entries = 2;
	buffer_printer_init(&out, text, sizeof(text));
	map_print_totals(&table, &out.printer);
	assert_string_equal(text, "totals:\n  persistent (type 12): 8192 bytes (8 KiB)\n");
}

static void expect_bar(const struct seen *seen, enum map_view view, uint32_t cells, const char *wanted)
{
	size_t capacity = map_views_range_capacity(&seen->views);
	struct picture_range *ranges = malloc(capacity * sizeof(*ranges));
	struct picture_piece *pieces = malloc(cells * sizeof(*pieces));
	size_t count = map_views_ranges(&seen->views, view, ranges);
	struct buffer_printer out;
	char text[200];
	long used;

	assert_true(count <= capacity);
	used = map_picture_fold(ranges, count, cells, 1, pieces, cells, NULL);
	assert_true(used > 0);
	buffer_printer_init(&out, text, sizeof(text));
	map_bar_print(pieces, (size_t)used, &out.printer);
	assert_string_equal(text, wanted);
	free(pieces);
	free(ranges);
}

static void draws_bars(void **state)
{
	struct seen *seen = small_machine(E820_POLICY_ACPI);

	(void)state;
	expect_bar(seen, MAP_VIEW_EFI, 60, "B#.#NLLLLLLLLLLLLLLLLLLLLLLLLLLLLLL~~~RRR~~~M###############\n");
	expect_bar(seen, MAP_VIEW_E820, 60, "#.#N###############################~~~RRR~~~R###############\n");
	done(seen);
	/* Whoever starts first has the bytes; what is not a range is not in the picture. */
	seen = look(MAP({ CONVENTIONAL, 0, 4, WB }, { EFI_RESERVED_TYPE, 0x2000, 4, WB }, { BOOT_DATA, 0x1000, 1, WB },
			{ BOOT_DATA, 0x3000, 0, WB }, { BOOT_DATA, UINT64_MAX - 0xfff, 2, WB }),
		    E820_POLICY_ACPI);
	expect_bar(seen, MAP_VIEW_TRACE, 6, "####RR\n");
	done(seen);
}

static void totals_of_kinds(void **state)
{
	static const struct picture_range ranges[] = { { 0x1000, 0x1fff, MAP_KIND_USABLE }, { 0x2000, 0x5fff, MAP_KIND_NVS },
						       { 0x8000, 0x87ff, MAP_KIND_USABLE } };
	TABLE(table, 2, { 0x1000, 0x1000, RAM }, { 0x3000, 0x1000, NVS });
	struct map_views views = { .e820 = table };

	(void)state;
	assert_int_equal(map_kind_total(ranges, 3, MAP_KIND_USABLE), 0x1800);
	assert_int_equal(map_kind_total(ranges, 3, MAP_KIND_NVS), 0x4000);
	assert_int_equal(map_kind_total(ranges, 3, MAP_KIND_NOTHING), 0x3000);
	assert_int_equal(map_kind_total(ranges, 3, MAP_KIND_ACPI), 0);
	assert_int_equal(map_views_e820_kind(&views, 0), MAP_KIND_NOTHING);
	assert_int_equal(map_views_e820_kind(&views, 0x1fff), MAP_KIND_USABLE);
	assert_int_equal(map_views_e820_kind(&views, 0x2000), MAP_KIND_NOTHING);
	assert_int_equal(map_views_e820_kind(&views, 0x3000), MAP_KIND_NVS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shows_descriptors),
		cmocka_unit_test(shows_e820),
		cmocka_unit_test(shows_what_became_of_each),
		cmocka_unit_test(says_why_descriptors_are_lost),
		cmocka_unit_test(shows_findings),
		cmocka_unit_test(says_that_there_is_no_plan),
		cmocka_unit_test(shows_who_owns_what),
		cmocka_unit_test(shows_a_plan),
		cmocka_unit_test(refuses),
		cmocka_unit_test(shows_e820_alone),
		cmocka_unit_test(totals_of_other_types),
		cmocka_unit_test(draws_bars),
		cmocka_unit_test(totals_of_kinds),
	};

	return cmocka_run_group_tests_name("map_views", tests, NULL, NULL);
}
