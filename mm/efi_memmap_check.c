/* SPDX-License-Identifier: BSD-2-Clause */
/* Findings about the firmware's map: what a reader should know before trusting it. */
#include <mm/efi_memmap.h>

#include "ranges.h"

#define NOBODY UINT32_MAX

struct check {
	const struct efi_memmap *map;
	size_t count;
	struct ranges ranges;
	/*
	 * For each descriptor: the one it duplicates, and the one it overlaps, or NOBODY. They lie where the sort is
	 * done.
	 */
	uint32_t *duplicate_of;
	uint32_t *overlaps;
	void (*found)(void *context, const struct efi_finding *finding);
	void *context;
	long findings;
};

size_t efi_memmap_check_scratch_size(size_t count)
{
	return mm_ranges_scratch_size(count);
}

int efi_memmap_order(const struct efi_memmap *map, uint32_t *order, void *scratch, size_t scratch_size)
{
	size_t count = efi_memmap_count(map);
	struct ranges ranges;

	if (!mm_ranges_carve(&ranges, scratch, scratch_size, count))
		return MM_ENOSPC;
	for (size_t i = 0; i < count; i++) {
		struct efi_memory_desc desc;

		efi_memmap_get(map, i, &desc);
		ranges.items[ranges.count++] = (struct range){ .start = desc.phys_addr, .index = (uint32_t)i };
	}
	mm_ranges_sort(&ranges);
	for (size_t i = 0; i < count; i++)
		order[i] = ranges.items[i].index;
	return 0;
}

static void report(struct check *check, enum efi_finding_kind kind, size_t index, size_t other)
{
	struct efi_finding finding = { kind, index, other };

	check->findings++;
	if (check->found)
		check->found(check->context, &finding);
}

static void collect_by_last(struct check *check)
{
	struct efi_memory_desc desc;
	uint64_t end;

	for (size_t i = 0; i < check->count; i++) {
		if (!efi_memmap_get(check->map, i, &desc) || !efi_memory_desc_end(&desc, &end))
			continue;
		check->ranges.items[check->ranges.count++] =
			(struct range){ .start = end - 1, .last = desc.phys_addr, .index = (uint32_t)i };
	}
	/* The sort is stable: sorted by last now and by start afterwards, the order is by (start, last, index). */
	mm_ranges_sort(&check->ranges);
	for (size_t i = 0; i < check->ranges.count; i++) {
		struct range *range = &check->ranges.items[i];
		uint64_t last = range->start;

		range->start = range->last;
		range->last = last;
	}
	mm_ranges_sort(&check->ranges);
}

/*
 * In address order, a range shares pages with an earlier one exactly if it starts within the one that reaches
 * furthest.
 */
static void compare_neighbours(struct check *check)
{
	const struct range *items = check->ranges.items;
	size_t furthest = 0;

	check->duplicate_of = (uint32_t *)check->ranges.spare;
	check->overlaps = check->duplicate_of + check->count;
	for (size_t i = 0; i < 2 * check->count; i++)
		check->duplicate_of[i] = NOBODY;
	for (size_t i = 1, first = 0; i < check->ranges.count; i++) {
		if (items[i].start == items[first].start && items[i].last == items[first].last) {
			check->duplicate_of[items[i].index] = items[first].index;
			continue;
		}
		first = i;
		if (items[i].start <= items[furthest].last)
			check->overlaps[items[i].index] = items[furthest].index;
		if (items[i].last > items[furthest].last)
			furthest = i;
	}
}

/* Whether the descriptor shows that oddity; other is set for those that concern two. */
static bool shows(const struct check *check, size_t index, enum efi_finding_kind kind, size_t *other)
{
	struct efi_memory_desc desc;
	uint64_t end;

	*other = index;
	if (kind == EFI_FINDING_DUPLICATE || kind == EFI_FINDING_OVERLAP) {
		uint32_t who = kind == EFI_FINDING_OVERLAP ? check->overlaps[index] : check->duplicate_of[index];

		if (who != NOBODY)
			*other = who;
		return who != NOBODY;
	}
	efi_memmap_get(check->map, index, &desc);
	switch (kind) {
	case EFI_FINDING_ZERO_PAGES:
		return desc.num_pages == 0;
	case EFI_FINDING_OVERFLOW:
		return desc.num_pages != 0 && !efi_memory_desc_end(&desc, &end);
	case EFI_FINDING_UNALIGNED:
		return (desc.phys_addr & MM_PAGE_MASK) != 0;
	case EFI_FINDING_UNKNOWN_TYPE:
		return desc.type >= EFI_MAX_MEMORY_TYPE && desc.type < EFI_OEM_TYPE_MIN;
	case EFI_FINDING_OEM_TYPE:
		return desc.type >= EFI_OEM_TYPE_MIN && desc.type < EFI_OS_TYPE_MIN;
	case EFI_FINDING_OS_TYPE:
		return desc.type >= EFI_OS_TYPE_MIN;
	default:
		return false;
	}
}

long efi_memmap_check(const struct efi_memmap *map, void *scratch, size_t scratch_size,
		      void (*found)(void *context, const struct efi_finding *finding), void *context)
{
	struct check check = { .map = map, .count = efi_memmap_count(map), .found = found, .context = context };
	size_t other;

	if (map->desc_size < sizeof(struct efi_memory_desc)) {
		report(&check, EFI_FINDING_STRIDE, 0, 0);
		return check.findings;
	}
	if (!mm_ranges_carve(&check.ranges, scratch, scratch_size, check.count))
		return MM_ENOSPC;
	if (check.count) {
		collect_by_last(&check);
		compare_neighbours(&check);
	}
	if (map->size % map->desc_size)
		report(&check, EFI_FINDING_REMAINDER, 0, 0);
	if (map->desc_version != EFI_MEMORY_DESC_VERSION)
		report(&check, EFI_FINDING_VERSION, 0, 0);
	for (int kind = EFI_FINDING_ZERO_PAGES; kind < EFI_FINDING_KINDS; kind++)
		for (size_t i = 0; i < check.count; i++)
			if (shows(&check, i, (enum efi_finding_kind)kind, &other))
				report(&check, (enum efi_finding_kind)kind, i, other);
	return check.findings;
}

static void print_range(const struct efi_memory_desc *desc, struct printer *out)
{
	uint64_t end;

	if (efi_memory_desc_end(desc, &end))
		print(out, "[mem 0x%016llx-0x%016llx]", (unsigned long long)desc->phys_addr,
		      (unsigned long long)(end - 1));
	else
		print(out, "[mem 0x%016llx, 0x%llx pages]", (unsigned long long)desc->phys_addr,
		      (unsigned long long)desc->num_pages);
}

static void print_descriptor_finding(const struct efi_memory_desc *desc, enum efi_finding_kind kind,
				     struct printer *out)
{
	switch (kind) {
	case EFI_FINDING_ZERO_PAGES:
		print(out, "has no pages; it is left out");
		break;
	case EFI_FINDING_OVERFLOW:
		print(out, "passes the end of the 64-bit address space; it is left out");
		break;
	case EFI_FINDING_UNALIGNED:
		print(out, "does not start at a multiple of 4096; RAM is rounded inwards, all else outwards");
		break;
	case EFI_FINDING_UNKNOWN_TYPE:
		print(out, "has type 0x%x, which the UEFI specification does not define; it becomes reserved",
		      (unsigned)desc->type);
		break;
	case EFI_FINDING_OEM_TYPE:
		print(out, "has type 0x%x of the machine's maker; it becomes reserved", (unsigned)desc->type);
		break;
	default:
		print(out, "has type 0x%x of an operating system's loader; it becomes reserved",
		      (unsigned)desc->type);
	}
}

void efi_finding_print(const struct efi_memmap *map, const struct efi_finding *finding, struct printer *out)
{
	struct efi_memory_desc desc, other;

	switch (finding->kind) {
	case EFI_FINDING_STRIDE:
		print(out, "EFI memory map: descriptors of %zu bytes, at least %zu needed; nothing in it can be read\n",
		      map->desc_size, sizeof(desc));
		return;
	case EFI_FINDING_REMAINDER:
		print(out, "EFI memory map: %zu bytes are no multiple of %zu; the last %zu are left out\n", map->size,
		      map->desc_size, map->desc_size ? map->size % map->desc_size : 0);
		return;
	case EFI_FINDING_VERSION:
		print(out, "EFI memory map: descriptor version %u, known is version %u; it is read as that\n",
		      (unsigned)map->desc_version, EFI_MEMORY_DESC_VERSION);
		return;
	default:
		break;
	}
	if (!efi_memmap_get(map, finding->index, &desc) || !efi_memmap_get(map, finding->other, &other)) {
		print(out, "EFI memory map: no descriptor %zu or %zu\n", finding->index, finding->other);
		return;
	}
	print(out, "EFI memory map: descriptor %zu (%s) ", finding->index, efi_memory_type_name(desc.type));
	print_range(&desc, out);
	print(out, " ");
	if (finding->kind == EFI_FINDING_DUPLICATE || finding->kind == EFI_FINDING_OVERLAP) {
		print(out, finding->kind == EFI_FINDING_OVERLAP ? "overlaps descriptor %zu (%s) " :
								  "repeats descriptor %zu (%s) ",
		      finding->other, efi_memory_type_name(other.type));
		print_range(&other, out);
	} else {
		print_descriptor_finding(&desc, finding->kind, out);
	}
	print(out, "\n");
}
