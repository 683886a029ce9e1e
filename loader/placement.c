/* SPDX-License-Identifier: BSD-2-Clause */
#include <loader/placement.h>

#define X(value) ((unsigned long long)(value))
#define PHYSICAL_LIMIT (UINT64_C(1) << 52) /* no x86-64 processor has longer physical addresses */

static size_t table_capacity(size_t descriptors)
{
	return 2 * (descriptors + PLACEMENT_TAKES_MAX) + 8;
}

size_t placement_memory_size(size_t descriptors)
{
	size_t capacity, table, scratch, sum;

	if (descriptors > SIZE_MAX / 1024)
		return SIZE_MAX;
	capacity = table_capacity(descriptors);
	scratch = e820_update_scratch_size(capacity);
	table = (capacity * sizeof(struct e820_entry) + 15) & ~(size_t)15;
	return __builtin_add_overflow(table, scratch, &sum) ? SIZE_MAX : sum;
}

uint32_t placement_type(const struct efi_memory_desc *desc)
{
	bool special = desc->attribute & EFI_ATTRIBUTE_SP;

	switch (desc->type) {
	case EFI_CONVENTIONAL_MEMORY:
		return special ? PLACEMENT_OTHER : PLACEMENT_FREE;
	case EFI_LOADER_CODE:
	case EFI_LOADER_DATA:
	case EFI_BOOT_SERVICES_CODE:
	case EFI_BOOT_SERVICES_DATA:
		return special ? PLACEMENT_OTHER : PLACEMENT_BUSY;
	default:
		return PLACEMENT_OTHER;
	}
}

static int add_descriptor(struct e820_table *table, const struct efi_memory_desc *desc)
{
	uint32_t type = placement_type(desc);
	uint64_t start = desc->phys_addr, end;

	if (!efi_memory_desc_end(desc, &end))
		return 0;
	if (end == 0)
		end = -MM_PAGE_SIZE;
	if (type == PLACEMENT_OTHER) {
		start &= ~MM_PAGE_MASK;
		if (!mm_align_up(end, MM_PAGE_SIZE, &end))
			end = -MM_PAGE_SIZE;
	} else {
		end = end < PHYSICAL_LIMIT ? end & ~MM_PAGE_MASK : PHYSICAL_LIMIT;
		if (!mm_align_up(start, MM_PAGE_SIZE, &start))
			return 0;
	}
	return start < end ? e820_range_add(table, start, end - start, type) : 0;
}

static int update(struct placement *placement)
{
	return e820_update_table(&placement->table, placement->scratch, placement->scratch_size, NULL);
}

int placement_init(struct placement *placement, const struct efi_memmap *map, void *memory, size_t size)
{
	size_t count = efi_memmap_count(map), capacity = table_capacity(count);
	size_t table = (capacity * sizeof(struct e820_entry) + 15) & ~(size_t)15;
	uint64_t changed;
	int error;

	if (count == 0)
		return MM_EINVAL;
	if (size < placement_memory_size(count))
		return MM_ENOSPC;
	*placement = (struct placement){
		.table = { memory, capacity, 0 }, .scratch = (uint8_t *)memory + table, .scratch_size = size - table
	};
	for (size_t i = 0; i < count; i++) {
		struct efi_memory_desc desc;

		efi_memmap_get(map, i, &desc);
		error = add_descriptor(&placement->table, &desc);
		if (error)
			return error;
	}
	error = update(placement);
	if (!error)
		error = e820_range_update(&placement->table, 0, PLACEMENT_LOW, PLACEMENT_FREE, PLACEMENT_BUSY, &changed);
	if (!error)
		error = e820_range_add(&placement->table, 0, MM_PAGE_SIZE, PLACEMENT_OTHER);
	return error ? error : update(placement);
}

int placement_take(struct placement *placement, uint64_t base, uint64_t size)
{
	int error = e820_range_add(&placement->table, base, size, PLACEMENT_TAKEN);

	return error ? error : update(placement);
}

bool placement_fits(const struct placement_want *want, const struct e820_entry *entry, uint64_t *base)
{
	uint64_t start = entry->addr, last = entry->addr + (entry->size - 1);

	if (entry->type != PLACEMENT_FREE)
		return false;
	if (start < want->min)
		start = want->min;
	if (last > want->max)
		last = want->max;
	if (start > last || last - start < want->size - 1 || !mm_align_up(start, want->align, &start))
		return false;
	if (want->top_down)
		*base = mm_align_down(last - (want->size - 1), want->align);
	else
		*base = start;
	if (want->boundary && (*base ^ (*base + want->size - 1)) & ~(want->boundary - 1)) {
		uint64_t line = mm_align_down(*base + want->size - 1, want->boundary);

		*base = want->top_down ? mm_align_down(line - want->size, want->align) : line;
	}
	return *base >= start && *base <= last && last - *base >= want->size - 1;
}

void print_binary_size(struct printer *out, uint64_t size)
{
	static const char units[] = "KMGTPE";
	unsigned unit = 0, shift = 10;

	if (size < 1024) {
		print(out, "%llu bytes", X(size));
		return;
	}
	while (unit + 1 < sizeof(units) - 1 && size >> shift >= 1024) {
		unit++;
		shift += 10;
	}

	uint64_t tenths = ((size >> (shift - 10)) & 1023) * 10 / 1024;

	print(out, "%llu", X(size >> shift));
	if (size & ((UINT64_C(1) << shift) - 1))
		print(out, ".%llu", X(tenths));
	print(out, " %ciB", units[unit]);
}

void print_size(struct printer *out, uint64_t size)
{
	print(out, "%llu bytes", X(size));
	if (size < 1024)
		return;
	print(out, " (");
	print_binary_size(out, size);
	print(out, ")");
}

static void explain(const struct placement *placement, const struct placement_want *want, struct printer *why)
{
	uint64_t largest = 0, at = 0, total = 0;

	for (size_t i = 0; i < placement->table.nr_entries; i++) {
		const struct e820_entry *entry = &placement->table.entries[i];
		uint64_t start = entry->addr, last = entry->addr + (entry->size - 1);

		if (entry->type != PLACEMENT_FREE)
			continue;
		total += entry->size;
		if (start < want->min)
			start = want->min;
		if (last > want->max)
			last = want->max;
		if (start <= last && last - start + 1 > largest) {
			largest = last - start + 1;
			at = start;
		}
	}
	print(why, "no memory for %s: needed ", want->what);
	print_size(why, want->size);
	print(why, " at a multiple of 0x%llx between 0x%llx and 0x%llx; the largest free range there ", X(want->align),
	      X(want->min), X(want->max));
	if (largest) {
		print(why, "has ");
		print_size(why, largest);
		print(why, " at 0x%llx", X(at));
	} else {
		print(why, "does not exist");
	}
	print(why, ", ");
	print_size(why, total);
	print(why, " are free in all; use a smaller file or a machine with more memory");
}

int placement_find(struct placement *placement, const struct placement_want *want, uint64_t *base, struct printer *why)
{
	const struct e820_table *table = &placement->table;

	for (size_t i = 0; i < table->nr_entries; i++) {
		const struct e820_entry *entry = &table->entries[want->top_down ? table->nr_entries - 1 - i : i];

		uint64_t place;
		int error;

		if (!placement_fits(want, entry, &place))
			continue;
		if (placement->listener)
			placement->listener->found(placement->listener, placement, want, place);
		error = placement_take(placement, place, want->size);
		if (!error)
			*base = place;
		return error;
	}
	explain(placement, want, why);
	return MM_ENOMEM;
}

static bool usable(uint32_t type, bool busy_too)
{
	return type == PLACEMENT_FREE || (busy_too && type == PLACEMENT_BUSY);
}

/* The first byte of [base, last] that no usable entry covers. */
static bool first_gap(const struct placement *placement, uint64_t base, uint64_t last, bool busy_too, uint64_t *gap)
{
	uint64_t at = base;

	for (size_t i = 0; i < placement->table.nr_entries; i++) {
		const struct e820_entry *entry = &placement->table.entries[i];
		uint64_t entry_last = entry->addr + (entry->size - 1);

		if (!usable(entry->type, busy_too) || entry_last < at)
			continue;
		if (entry->addr > at)
			break;
		if (entry_last >= last)
			return false;
		at = entry_last + 1;
	}
	*gap = at;
	return true;
}

bool placement_available(const struct placement *placement, uint64_t base, uint64_t size, bool busy_too)
{
	uint64_t gap;

	return !first_gap(placement, base, base + (size - 1), busy_too, &gap);
}

bool placement_first_unavailable(const struct placement *placement, uint64_t base, uint64_t size, uint64_t *address)
{
	return first_gap(placement, base, base + (size - 1), true, address);
}
