/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What Linux 6.1 does with memory between its first line of setup_arch and the ACPI tables, in its order, with what
 * it prints. Nothing here uses the identity map to read what the loader left: as in Linux, that is early_memremap's
 * work.
 */
#include "contract.h"

#include "early_path.h"

#include <mm/early_ioremap.h>
#include <mm/memblock.h>

#define PFN_4G (UINT64_C(1) << 20)
#define BIOS_BEGIN UINT64_C(0xa0000)
#define BIOS_END UINT64_C(0x100000)
#define LOW_MEMORY UINT64_C(0x10000) /* Linux never uses the first 64 KiB: firmware of some laptops writes there */
#define NODES_MAX 1000

static struct e820_entry entries[EARLY_PATH_E820_MAX];
static struct e820_table e820 = { entries, EARLY_PATH_E820_MAX, 0 };

static void reserve(uint64_t base, uint64_t size, const char *what)
{
	int error = memblock_reserve(base, size);

	if (error)
		panic("memblock_reserve", "%s, %#llx bytes at %#llx: error %d", what, (unsigned long long)size,
		      (unsigned long long)base, error);
}

/* early_reserve_memory(): before memblock knows of any memory. */
static void early_reserve_memory(const struct machine *machine)
{
	const uint64_t initrd = boot_params_initrd(machine->boot_params);
	const uint64_t initrd_size = boot_params_initrd_size(machine->boot_params);

	check(memblock.memory.total_size == 0, "reservations come before memory", "memblock has memory already");
	reserve(pa_symbol(_text), (uint64_t)(__bss_stop - _text), "kernel");
	reserve(0, LOW_MEMORY, "first 64 KiB");
	if (initrd_size)
		reserve(initrd, mm_align_down(initrd_size + MM_PAGE_MASK, MM_PAGE_SIZE), "initrd");
	for (uint32_t i = 0; i < machine->reservation_count; i++)
		reserve(machine->reservations[i].base, machine->reservations[i].size, "handoff");
	check(memblock_overlaps_region(&memblock.reserved, pa_symbol(_text), 1) &&
		      memblock_is_reserved(pa_symbol(__bss_stop) - 1) && memblock_is_reserved(pa_symbol(_edata) - 1),
	      "kernel range reserved from _text to __bss_stop", "it is not");
	check(!initrd_size || (memblock_is_reserved(initrd) && memblock_is_reserved(initrd + initrd_size - 1)),
	      "initrd reserved", "[%#llx, +%#llx) is not", (unsigned long long)initrd, (unsigned long long)initrd_size);
}

static void init_early_ioremap(const struct machine *machine)
{
	uint64_t bm_pte = fixmap_init(machine);
	unsigned wrong = 0;

	for (unsigned i = 0; i < FIX_BTMAPS_SLOTS; i++) {
		print(com1, "early_ioremap: slot %u at %#llx\n", i, (unsigned long long)early_ioremap_slot_virt(i));
		wrong += early_ioremap_slot_virt(i) != FIX_BTMAP_VIRT + i * FIX_BTMAP_SLOT_SIZE;
	}
	check(!wrong && FIX_BTMAPS_SLOTS * NR_FIX_BTMAPS == PAGING_TABLE_ENTRIES &&
		      bm_pte == machine->handoff->fixmap_pte,
	      "early_ioremap has 8 slots of 64 pages", "%u slots are elsewhere", wrong);
}

/* e820__memory_setup(): the entries in boot_params. */
static void e820_memory_setup(const struct machine *machine)
{
	size_t refused;
	int error = e820_append(&e820, machine->boot_params->e820_table, machine->boot_params->e820_entries, &refused);

	check(!error && !refused && e820.nr_entries == machine->boot_params->e820_entries,
	      "e820 from boot_params appended", "error %d, %zu refused, %zu stored", error, refused, e820.nr_entries);
	sanitise(&e820);
	print(com1, "BIOS-provided physical RAM map:\n");
	e820_print_table(&e820, "BIOS-e820", com1);
}

/* e820__memory_setup_extended(): one node, mapped as a whole. */
static void e820_memory_setup_extended(uint64_t phys, uint32_t length)
{
	size_t refused;
	struct setup_data *node = early_memremap(phys, sizeof(*node) + length);

	if (!node)
		panic("SETUP_E820_EXT", "%u bytes at %#llx cannot be mapped at once", length, (unsigned long long)phys);
	if (e820_append(&e820, node + 1, length / sizeof(struct e820_entry), &refused) || refused)
		panic("SETUP_E820_EXT", "%zu entries refused", refused);
	early_memunmap(node, sizeof(*node) + length);
	sanitise(&e820);
	print(com1, "extended physical RAM map:\n");
	e820_print_table(&e820, "extended", com1);
}

/* Calls found() with each node of setup_data, read through early_memremap. Returns their number. */
static unsigned for_each_setup_data(const struct machine *machine,
				    void (*found)(uint64_t phys, const struct setup_data *node))
{
	uint64_t phys = machine->boot_params->hdr.setup_data;
	unsigned count = 0;

	for (; phys && count < NODES_MAX; count++) {
		struct setup_data *mapped = early_memremap(phys, sizeof(*mapped));

		if (!mapped)
			panic("setup_data", "node at %#llx cannot be mapped", (unsigned long long)phys);

		const struct setup_data node = *mapped;

		early_memunmap(mapped, sizeof(*mapped));
		found(phys, &node);
		phys = node.next;
	}
	return count;
}

static void parse_setup_data(uint64_t phys, const struct setup_data *node)
{
	if (node->type == SETUP_E820_EXT)
		e820_memory_setup_extended(phys, node->len);
}

/* memblock_x86_reserve_range_setup_data() and e820__reserve_setup_data(). */
static void reserve_setup_data(uint64_t phys, const struct setup_data *node)
{
	reserve(phys, sizeof(*node) + node->len, "setup_data");
	early_path_update(&e820, phys, sizeof(*node) + node->len, E820_TYPE_RAM, E820_TYPE_RESERVED_KERN);
}

void early_path_update(struct e820_table *table, uint64_t start, uint64_t size, uint32_t old_type, uint32_t new_type)
{
	uint64_t changed;

	print(com1, "e820: update [mem %#010llx-%#010llx] ", (unsigned long long)start,
	      (unsigned long long)(start + size - 1));
	e820_print_type(old_type, com1);
	print(com1, " ==> ");
	e820_print_type(new_type, com1);
	print(com1, "\n");
	if (e820_range_update(table, start, size, old_type, new_type, &changed))
		panic("e820_range_update", "the table is full");
}

static void walk_setup_data(const struct machine *machine)
{
	unsigned parsed = for_each_setup_data(machine, parse_setup_data);
	unsigned reserved;

	check(e820.nr_entries == machine->e820.nr_entries && e820_crc32(&e820) == machine->handoff->e820_crc32,
	      "e820 with its extension is what the loader handed over", "%zu entries, CRC-32 %#x, handed over %zu, %#x",
	      e820.nr_entries, e820_crc32(&e820), machine->e820.nr_entries, machine->handoff->e820_crc32);
	print(com1, "e820: CRC-32 %08x\n", e820_crc32(&e820));
	reserved = for_each_setup_data(machine, reserve_setup_data);
	sanitise(&e820);
	print(com1, "extended physical RAM map:\n");
	e820_print_table(&e820, "reserve setup_data", com1);
	check(parsed == reserved && parsed && e820_total(&e820, E820_TYPE_RESERVED_KERN),
	      "setup_data parsed and reserved", "%u nodes parsed, %u reserved", parsed, reserved);
}

/* setup_initial_init_mm(): Linux prints nothing here. */
static void setup_initial_init_mm(void)
{
	print(com1, "init_mm: start_code %p end_code %p end_data %p brk %p\n", (void *)_text, (void *)_etext,
	      (void *)_edata, (void *)_brk_end);
	check(pa_symbol(_text) < pa_symbol(_etext) && pa_symbol(_etext) <= pa_symbol(_edata) &&
		      pa_symbol(_edata) <= pa_symbol(_brk_end),
	      "init_mm's borders ascend", "they do not");
}

/* e820_add_kernel_range() */
static void e820_add_kernel_range(void)
{
	const uint64_t start = pa_symbol(_text), size = (uint64_t)(_end - _text);

	if (check(e820_mapped_all(&e820, start, start + size, E820_TYPE_RAM), "the kernel's range is RAM in e820",
		  "[%#llx, +%#llx) is not", (unsigned long long)start, (unsigned long long)size))
		return;
	print(com1, ".text .data .bss are not marked as E820_TYPE_RAM!\n");
}

/* trim_bios_range(): the first page, and whatever the map calls RAM between 640 KiB and 1 MiB. */
static void trim_bios_range(void)
{
	uint64_t removed;

	early_path_update(&e820, 0, MM_PAGE_SIZE, E820_TYPE_RAM, E820_TYPE_RESERVED);
	print(com1, "e820: remove [mem %#010llx-%#010llx] usable\n", (unsigned long long)BIOS_BEGIN,
	      (unsigned long long)BIOS_END - 1);
	if (e820_range_remove(&e820, BIOS_BEGIN, BIOS_END - BIOS_BEGIN, E820_TYPE_RAM, &removed))
		panic("e820_range_remove", "the table is full");
	sanitise(&e820);
	check(!e820_mapped_any(&e820, 0, MM_PAGE_SIZE, E820_TYPE_RAM) &&
		      !e820_mapped_any(&e820, BIOS_BEGIN, BIOS_END, E820_TYPE_RAM),
	      "trim_bios_range leaves no RAM there", "it does");
}

static uint64_t end_of_ram_pfn(uint64_t limit, uint64_t max_arch_pfn)
{
	uint64_t last_pfn = e820_end_of_ram_pfn(&e820, limit, false);

	print(com1, "e820: last_pfn = %#llx max_arch_pfn = %#llx\n", (unsigned long long)last_pfn,
	      (unsigned long long)max_arch_pfn);
	return last_pfn;
}

static void find_max_pfn(const struct machine *machine)
{
	const uint64_t max_arch_pfn = machine->paging.levels == 5 ? E820_MAX_ARCH_PFN_5LEVEL : E820_MAX_ARCH_PFN_4LEVEL;
	const uint64_t max_pfn = end_of_ram_pfn(max_arch_pfn, max_arch_pfn);
	uint64_t highest = 0;

	for (size_t i = 0; i < e820.nr_entries; i++)
		if (entries[i].type == E820_TYPE_RAM)
			highest = (entries[i].addr + entries[i].size) >> MM_PAGE_SHIFT;
	check_equal(max_pfn, highest, "max_pfn is the end of the last RAM entry");
	if (max_pfn > PFN_4G)
		check(end_of_ram_pfn(PFN_4G, max_arch_pfn) <= PFN_4G, "max_low_pfn is below 4 GiB", "it is not");
}

/* e820__memblock_setup() */
static void e820_memblock_setup(void)
{
	uint64_t ram = 0;

	memblock_allow_resize();
	for (size_t i = 0; i < e820.nr_entries; i++) {
		const struct e820_entry *entry = &entries[i];

		if (entry->type == E820_TYPE_SOFT_RESERVED)
			reserve(entry->addr, entry->size, "soft reserved");
		if (entry->type != E820_TYPE_RAM && entry->type != E820_TYPE_RESERVED_KERN)
			continue;
		if (memblock_add(entry->addr, entry->size))
			panic("memblock_add", "[%#llx, +%#llx) does not fit", (unsigned long long)entry->addr,
			      (unsigned long long)entry->size);
		ram += entry->size;
	}
	memblock_trim_memory(MM_PAGE_SIZE);
	memblock_dump_all(com1);
	check_equal(memblock_phys_mem_size(), ram, "memblock has all RAM of e820");
}

/* A few allocations, used and freed again. */
static void try_allocations(void)
{
	static const struct {
		uint64_t size, align;
	} wanted[] = { { 64, 64 }, { 3 * MM_PAGE_SIZE, MM_PAGE_SIZE }, { 2 << 20, 2 << 20 }, { 12345, 4096 } };
	const uint64_t before = memblock_reserved_size();
	uint64_t got[MM_ARRAY_COUNT(wanted)];
	unsigned bad = 0;

	for (unsigned i = 0; i < MM_ARRAY_COUNT(wanted); i++) {
		got[i] = memblock_phys_alloc(wanted[i].size, wanted[i].align);
		if (!got[i] || got[i] % wanted[i].align || !memblock_is_region_memory(got[i], wanted[i].size)) {
			bad++;
			continue;
		}
		for (unsigned other = 0; other < i; other++)
			bad += mm_overlaps(got[i], got[i] + wanted[i].size, got[other],
					   got[other] + wanted[other].size);
		__builtin_memset(identity(got[i]), 0x5a, wanted[i].size);
	}
	for (unsigned i = 0; i < MM_ARRAY_COUNT(wanted); i++)
		bad += got[i] && memblock_phys_free(got[i], wanted[i].size);
	check(!bad && memblock_reserved_size() == before, "memblock allocates and frees",
	      "%u calls went wrong, %#llx -> %#llx", bad, (unsigned long long)before,
	      (unsigned long long)memblock_reserved_size());
}

void walk_early_path(const struct machine *machine)
{
	early_reserve_memory(machine);
	init_early_ioremap(machine);
	e820_memory_setup(machine);
	walk_setup_data(machine);
	setup_initial_init_mm();
	insert_kernel_resources();
	e820_add_kernel_range();
	trim_bios_range();
	find_max_pfn(machine);
	e820_memblock_setup();
	try_allocations();
	e820_reserve_resources(&e820);
}
