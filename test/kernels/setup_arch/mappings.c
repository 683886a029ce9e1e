/* SPDX-License-Identifier: BSD-2-Clause */
/* The page tables: what docs/handoff.md promises, painted from the maps handed over, against what they really map. */
#include "contract.h"

#include "lib/entry.h"

#include <mm/fixmap.h>

#define RUNS_MAX 16384
#define LOWER_HALF_LAST UINT64_C(0x00ffffffffffffff) /* of 5 levels; nothing lies between it and that of 4 */
#define UPPER_HALF UINT64_C(0xff00000000000000)
#define FIRST_MIB UINT64_C(0x100000)

static struct paging_range actual_ranges[RUNS_MAX], wanted_ranges[RUNS_MAX];
static struct paging_map actual = { actual_ranges, RUNS_MAX, 0 };
static struct paging_map wanted = { wanted_ranges, RUNS_MAX, 0 };

/* Page tables as the walker met them. */
struct tables_seen {
	const struct machine *machine;
	uint64_t count;
	uint64_t not_reserved; /* one that is not; all ones: none */
	uint64_t user_entries; /* open to user mode */
};

static const uint64_t *seen_table(void *context, paddr_t address)
{
	struct tables_seen *seen = context;

	const uint64_t *table = identity(address.value);

	seen->count++;
	for (unsigned i = 0; i < PAGING_TABLE_ENTRIES; i++)
		seen->user_entries += (table[i] & PTE_USER) != 0;
	if (!machine_reserved(seen->machine, address.value, MM_PAGE_SIZE, MAPBRIDGE_PAGE_TABLES))
		seen->not_reserved = address.value;
	return table;
}

static bool collect_run(void *context, const struct paging_range *range)
{
	struct paging_map *map = context;

	if (map->count == map->capacity)
		return false;
	map->ranges[map->count++] = *range;
	return true;
}

static void paint(uint64_t virt, uint64_t phys, uint64_t size, uint32_t flags)
{
	int error = paging_map_set(&wanted, va(virt), pa(phys), size, flags);

	if (error)
		panic("mappings", "cannot describe [%#llx, +%#llx): error %d", (unsigned long long)virt,
		      (unsigned long long)size, error);
}

/* Whole pages that hold [base, base + size), one to one. */
static void paint_pages(uint64_t base, uint64_t size, uint32_t flags)
{
	uint64_t start = mm_align_down(base, MM_PAGE_SIZE);
	uint64_t end = mm_align_down(base + size + MM_PAGE_MASK, MM_PAGE_SIZE);

	if (end > start)
		paint(start, start, end - start, flags);
}

static void paint_memory(const struct machine *machine)
{
	for (size_t i = 0; i < machine->e820.nr_entries; i++) {
		const struct e820_entry *entry = &machine->e820.entries[i];

		if (entry->type == E820_TYPE_RAM || entry->type == E820_TYPE_ACPI || entry->type == E820_TYPE_NVS)
			paint_pages(entry->addr, entry->size, PAGING_WRITE);
	}
	paint_pages(0, FIRST_MIB, PAGING_WRITE);
}

static bool is_mmio(uint32_t type)
{
	return type == EFI_MEMORY_MAPPED_IO || type == EFI_MEMORY_MAPPED_IO_PORT_SPACE;
}

static void paint_runtime(const struct machine *machine)
{
	struct efi_memory_desc desc;

	for (size_t i = 0; efi_memmap_get(&machine->efi_map, i, &desc); i++) {
		if (desc.type == EFI_UNACCEPTED_MEMORY)
			paint_pages(desc.phys_addr, desc.num_pages << MM_PAGE_SHIFT, PAGING_WRITE);
		if (!(desc.attribute & EFI_ATTRIBUTE_RUNTIME))
			continue;
		paint_pages(desc.phys_addr, desc.num_pages << MM_PAGE_SHIFT,
			    PAGING_WRITE | (is_mmio(desc.type) ? PAGING_UNCACHED : 0) |
				    (desc.type == EFI_RUNTIME_SERVICES_CODE ? PAGING_EXECUTE : 0));
	}
	for (size_t i = 0; efi_memmap_get(&machine->attributes, i, &desc); i++)
		if ((desc.attribute & EFI_ATTRIBUTE_RUNTIME) &&
		    (desc.attribute & (EFI_ATTRIBUTE_RO | EFI_ATTRIBUTE_XP)))
			paint_pages(desc.phys_addr, desc.num_pages << MM_PAGE_SHIFT,
				    (desc.attribute & EFI_ATTRIBUTE_RO ? 0 : PAGING_WRITE) |
					    (desc.attribute & EFI_ATTRIBUTE_XP ? 0 : PAGING_EXECUTE));
}

/* The stub's code is the one page of its reservations that may execute; which one is the loader's choice. */
static void paint_stub(const struct machine *machine)
{
	unsigned pages = 0;

	for (uint32_t i = 0; i < machine->reservation_count; i++) {
		const struct mapbridge_reservation *reservation = &machine->reservations[i];

		for (uint64_t at = 0; reservation->kind == MAPBRIDGE_STUB && at < reservation->size;
		     at += MM_PAGE_SIZE) {
			struct paging_leaf leaf;

			if (!paging_walk(&identity_reader, pa(machine->page_table), &machine->paging,
					 va(reservation->base + at), &leaf) ||
			    !(leaf.flags & PAGING_EXECUTE))
				continue;
			paint_pages(reservation->base + at, MM_PAGE_SIZE, PAGING_EXECUTE);
			pages++;
		}
	}
	check(pages <= 1, "M1 at most the stub's one page executes in the identity map", "%u pages of its do", pages);
}

static void paint_segment(const char *start, const char *end, uint32_t flags)
{
	uint64_t size = mm_align_down((uint64_t)(end - start) + MM_PAGE_MASK, MM_PAGE_SIZE);

	paint((uint64_t)start, pa_symbol(start), size, flags);
	paint(pa_symbol(start), pa_symbol(start), size, flags & PAGING_WRITE);
}

static void paint_all(const struct machine *machine)
{
	uint64_t guard = machine->handoff->stack_bottom - MM_PAGE_SIZE;

	paint_memory(machine);
	paint_runtime(machine);
	paint_stub(machine);
	paint_segment(_text, _etext, PAGING_EXECUTE);
	paint_segment(__start_rodata, __end_rodata, PAGING_READ);
	paint_segment(_sdata, __bss_stop, PAGING_WRITE);
	if (paging_map_clear(&wanted, va(guard), MM_PAGE_SIZE))
		panic("mappings", "cannot describe the guard page");
}

/* What holds virt, or null; *last is the last address for which the answer is the same. */
static const struct paging_range *range_at(const struct paging_map *map, uint64_t virt, uint64_t *last)
{
	size_t low = 0, high = map->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct paging_range *range = &map->ranges[middle];

		if (virt < range->virt.value) {
			high = middle;
		} else if (virt - range->virt.value >= range->size) {
			low = middle + 1;
		} else {
			*last = range->virt.value + (range->size - 1);
			return range;
		}
	}
	*last = low < map->count ? map->ranges[low].virt.value - 1 : UINT64_MAX;
	return NULL;
}

static bool same_range(const struct paging_range *a, const struct paging_range *b)
{
	const uint32_t flags = PAGING_WRITE | PAGING_EXECUTE | PAGING_UNCACHED;

	if (!a || !b)
		return a == b;
	return a->virt.value - a->phys.value == b->virt.value - b->phys.value && !((a->flags ^ b->flags) & flags);
}

static void print_range(const char *what, const struct paging_range *range)
{
	print(com1, "  %s: ", what);
	if (range)
		paging_range_print(range, com1);
	else
		print(com1, "not mapped\n");
}

/* Whether the tables map [first, last] as painted. Prints the first difference. */
static bool as_painted(uint64_t first, uint64_t last)
{
	for (uint64_t at = first;;) {
		uint64_t actual_last, wanted_last;
		const struct paging_range *is = range_at(&actual, at, &actual_last);
		const struct paging_range *must = range_at(&wanted, at, &wanted_last);

		if (!same_range(is, must)) {
			print(com1, "  at %#llx\n", (unsigned long long)at);
			print_range("is", is);
			print_range("must be", must);
			return false;
		}

		uint64_t step = actual_last < wanted_last ? actual_last : wanted_last;

		if (step >= last)
			return true;
		at = step + 1;
	}
}

static bool memory_as_painted(const struct machine *machine)
{
	for (size_t i = 0; i < machine->e820.nr_entries; i++) {
		const struct e820_entry *entry = &machine->e820.entries[i];

		if (entry->type != E820_TYPE_RESERVED && !as_painted(entry->addr, entry->addr + (entry->size - 1)))
			return false;
	}
	return as_painted(0, FIRST_MIB - 1);
}

static bool runtime_as_painted(const struct machine *machine)
{
	struct efi_memory_desc desc;
	uint64_t end;

	for (size_t i = 0; efi_memmap_get(&machine->efi_map, i, &desc); i++)
		if ((desc.attribute & EFI_ATTRIBUTE_RUNTIME) && efi_memory_desc_end(&desc, &end) &&
		    !as_painted(desc.phys_addr, end - 1))
			return false;
	return true;
}

struct wx_search {
	bool found;
	uint64_t phys;
};

/* What the contract itself wants writable and executable is only firmware's code without memory attributes. */
static void note_wx(void *context, const struct paging_range *executable, const struct paging_range *writable)
{
	struct wx_search *search = context;
	uint64_t last;
	const struct paging_range *must = range_at(&wanted, executable->virt.value, &last);

	if (must && (must->flags & PAGING_WRITE) && (must->flags & PAGING_EXECUTE))
		return;
	search->found = true;
	search->phys = executable->phys.value > writable->phys.value ? executable->phys.value : writable->phys.value;
}

static void check_tables(const struct machine *machine)
{
	struct tables_seen seen = { machine, 0, UINT64_MAX, 0 };
	const struct paging_reader reader = { seen_table, &seen };
	const struct mapbridge_handoff *handoff = machine->handoff;

	check(handoff->page_table == entry_state.cr3 && handoff->page_table_levels == machine->paging.levels,
	      "M2 CR3 and CR4.LA57 are as the handoff says", "CR3 %#llx, page_table %#llx, %u levels, must be %u",
	      (unsigned long long)entry_state.cr3, (unsigned long long)handoff->page_table, handoff->page_table_levels,
	      machine->paging.levels);
	if (!paging_for_each(&reader, pa(machine->page_table), &machine->paging, collect_run, &actual))
		panic("mappings", "more than %d ranges are mapped", RUNS_MAX);
	check(seen.not_reserved == UINT64_MAX && seen.count, "M3 every page table is reserved as such",
	      "%llu tables, the one at %#llx is not", (unsigned long long)seen.count,
	      (unsigned long long)seen.not_reserved);
	check_equal(seen.user_entries, 0, "M4 no entry is open to user mode");
}

static void check_fixmap(const struct machine *machine)
{
	const struct mapbridge_handoff *handoff = machine->handoff;
	paddr_t table = pa(0);
	unsigned present = 0;
	bool found = paging_find_table(&identity_reader, pa(machine->page_table), &machine->paging, va(FIX_BTMAP_VIRT),
				       1, &table);

	for (unsigned i = 0; found && i < PAGING_TABLE_ENTRIES; i++)
		present += ((const uint64_t *)identity(table.value))[i] != 0;
	check(found && !present && table.value == handoff->fixmap_pte && handoff->fixmap_virt == FIX_BTMAP_VIRT &&
		      machine_reserved(machine, table.value, MM_PAGE_SIZE, MAPBRIDGE_PAGE_TABLES),
	      "M10 the fixmap's empty PTE page is under the PMD of FIX_BTMAP",
	      "table %#llx, fixmap_pte %#llx, fixmap_virt %#llx, %u entries are not 0", (unsigned long long)table.value,
	      (unsigned long long)handoff->fixmap_pte, (unsigned long long)handoff->fixmap_virt, present);
}

void check_mappings(const struct machine *machine)
{
	struct wx_search wx = { false, 0 };

	check_tables(machine);
	paint_all(machine);
	check(as_painted((uint64_t)_text, (uint64_t)_etext - 1) &&
		      as_painted((uint64_t)__start_rodata, (uint64_t)__end_rodata - 1) &&
		      as_painted((uint64_t)_sdata, (uint64_t)__bss_stop - 1) && as_painted(UPPER_HALF, UINT64_MAX),
	      "M5 the upper half is the segments with their own permissions, nothing else", "see above");
	check(memory_as_painted(machine), "M6 RAM, ACPI memory and the first MiB are mapped one to one", "see above");
	check(runtime_as_painted(machine), "M7 what runtime services need is mapped as the firmware says", "see above");
	check(as_painted(0, LOWER_HALF_LAST), "M8 the lower half maps nothing else", "see above");
	paging_check_wx(&identity_reader, pa(machine->page_table), &machine->paging, note_wx, &wx);
	check(!wx.found, "M9 no physical page is writable and executable", "%#llx is", (unsigned long long)wx.phys);
	check_fixmap(machine);
	print(com1, "Page tables: %zu ranges, %u levels\n", actual.count, machine->paging.levels);
}
