/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Claims all free memory and fills it with words that depend on their address. `sparse_above=ADDRESS` on the command
 * line is for machines that have more than there is time to write: from there on a page of each SPARSE_STEP is filled.
 */
#include "scribble.h"

#include <mm/memblock.h>

#define RANGES_MAX 8192
#define PATTERN UINT64_C(0x9e3779b97f4a7c15) /* no address looks like it */
#define MEMBLOCK_ARRAYS_MAX (UINT64_C(1) << 20) /* what a fragmented map may make memblock take for its tables */

#define SPARSE_STEP (UINT64_C(4) << 30) /* a page may cost the host 2 MiB */

static struct {
	uint64_t start, end; /* [start, end) */
} claimed[RANGES_MAX];
static unsigned claimed_count;
static uint64_t sparse_above = UINT64_MAX;

/* What the loader reserved. Pages of the kernel and the stub that are read-only are taken whole. */
static void reserve_handoff(const struct machine *machine)
{
	for (uint32_t i = 0; i < machine->reservation_count; i++) {
		const struct mapbridge_reservation *reservation = &machine->reservations[i];
		uint64_t base = reservation->base, end = base + reservation->size;

		if (reservation->kind == MAPBRIDGE_KERNEL_TEXT || reservation->kind == MAPBRIDGE_KERNEL_RODATA) {
			base = mm_align_down(base, MM_PAGE_SIZE);
			end = mm_align_down(end + MM_PAGE_MASK, MM_PAGE_SIZE);
		}
		if (memblock_reserve(base, end - base))
			panic("memblock_reserve", "[%#llx, %#llx) does not fit", (unsigned long long)base,
			      (unsigned long long)end);
	}
}

static uint64_t add_ram(const struct machine *machine)
{
	memblock_allow_resize();
	for (size_t i = 0; i < machine->e820.nr_entries; i++) {
		const struct e820_entry *entry = &machine->e820.entries[i];

		if (entry->type == E820_TYPE_RAM && memblock_add(entry->addr, entry->size))
			panic("memblock_add", "[%#llx, +%#llx) does not fit", (unsigned long long)entry->addr,
			      (unsigned long long)entry->size);
	}
	memblock_trim_memory(MM_PAGE_SIZE);
	return memblock_phys_mem_size();
}

/* Finds the lowest free range; claiming it makes the next one the lowest. */
static bool next_free(uint64_t *start, uint64_t *end)
{
	uint64_t i;

	for_each_free_mem_range(i, NUMA_NO_NODE, MEMBLOCK_NONE, start, end, NULL)
		return true;
	return false;
}

/* Bytes of RAM that are reserved, counted from the tables alone: memblock's own arrays are among them as they grow. */
static uint64_t reserved_ram(void)
{
	struct memblock_region *memory, *reserved;
	uint64_t bytes = 0;

	for_each_mem_region(memory) {
		for_each_reserved_mem_region(reserved) {
			uint64_t start = memory->base > reserved->base ? memory->base : reserved->base;
			uint64_t memory_end = memory->base + memory->size, end = reserved->base + reserved->size;

			end = memory_end < end ? memory_end : end;
			bytes += start < end ? end - start : 0;
		}
	}
	return bytes;
}

uint64_t claim_free_memory(const struct machine *machine)
{
	uint64_t total, kept, arrays, bytes = 0, start, end;

	if (command_line_number(machine->boot_params, "sparse_above", &sparse_above))
		print(com1, "Above %#llx only a page of each %llu GiB will be written\n",
		      (unsigned long long)sparse_above, (unsigned long long)SPARSE_STEP >> 30);
	reserve_handoff(machine);
	total = add_ram(machine);
	kept = reserved_ram();
	while (next_free(&start, &end)) {
		if (claimed_count == RANGES_MAX || memblock_reserve(start, end - start))
			panic("claim", "range %u at %#llx does not fit", claimed_count, (unsigned long long)start);
		claimed[claimed_count].start = start;
		claimed[claimed_count++].end = end;
		bytes += end - start;
	}
	arrays = reserved_ram() - bytes - kept;
	print(com1, "Claimed %u ranges, %llu of %llu bytes of RAM; %llu are reserved, %llu memblock's own\n",
	      claimed_count, (unsigned long long)bytes, (unsigned long long)total, (unsigned long long)kept,
	      (unsigned long long)arrays);
	check(bytes && arrays <= MEMBLOCK_ARRAYS_MAX && bytes + arrays + kept == total && !memblock_phys_alloc(1, 1),
	      "every free byte is claimed", "%#llx claimed, %#llx reserved, %#llx memblock's own, of %#llx",
	      (unsigned long long)bytes, (unsigned long long)kept, (unsigned long long)arrays,
	      (unsigned long long)total);
	return bytes;
}

static uint64_t up(uint64_t address)
{
	return mm_align_down(address + 7, 8);
}

static uint8_t edge_byte(uint64_t address)
{
	return (uint8_t)(address * 29 + 7);
}

/* Bytes before the first whole word and after the last: [from, to), at most 7. */
static void write_edge(uint64_t from, uint64_t to)
{
	for (; from < to; from++)
		*(volatile uint8_t *)identity(from) = edge_byte(from);
}

static bool edge_good(uint64_t from, uint64_t to, uint64_t *bad)
{
	for (; from < to; from++) {
		if (*(volatile uint8_t *)identity(from) != edge_byte(from)) {
			*bad = from;
			return false;
		}
	}
	return true;
}

/* Where the words end that are filled from `at` on, at `last` at most; returns where it goes on. */
static uint64_t next_words(uint64_t at, uint64_t last, uint64_t *end)
{
	const uint64_t page_end = mm_align_down(at, MM_PAGE_SIZE) + MM_PAGE_SIZE;

	if (at < sparse_above)
		return *end = last < sparse_above ? last : sparse_above;
	*end = last < page_end ? last : page_end;
	return mm_align_down(at, SPARSE_STEP) + SPARSE_STEP;
}

static void write_words(uint64_t from, uint64_t to)
{
	for (uint64_t at = from; at < to; at += 8)
		*(uint64_t *)at = at ^ PATTERN;
}

void pattern_write(void)
{
	for (unsigned i = 0; i < claimed_count; i++) {
		const uint64_t first = up(claimed[i].start), last = mm_align_down(claimed[i].end, 8);

		if (first >= last) {
			write_edge(claimed[i].start, claimed[i].end);
			continue;
		}
		write_edge(claimed[i].start, first);
		for (uint64_t at = first, end, next; at < last; at = next) {
			next = next_words(at, last, &end);
			write_words(at, end);
		}
		write_edge(last, claimed[i].end);
	}
}

static uint64_t verify_words(uint64_t from, uint64_t to, uint64_t *bad)
{
	uint64_t wrong = 0;

	for (uint64_t next, end; from < to; from = next) {
		next = next_words(from, to, &end);
		for (uint64_t at = from; at < end; at += 8) {
			if (*(const uint64_t *)at == (at ^ PATTERN))
				continue;
			*bad = wrong ? *bad : at;
			wrong++;
		}
	}
	return wrong;
}

uint64_t pattern_verify(uint64_t *first_wrong)
{
	uint64_t wrong = 0;

	for (unsigned i = 0; i < claimed_count; i++) {
		const uint64_t first = up(claimed[i].start), last = mm_align_down(claimed[i].end, 8);
		uint64_t bad = 0, found;

		if (first >= last)
			found = !edge_good(claimed[i].start, claimed[i].end, &bad);
		else
			found = !edge_good(claimed[i].start, first, &bad) + verify_words(first, last, &bad) +
				!edge_good(last, claimed[i].end, &bad);
		if (found && !wrong)
			*first_wrong = bad;
		wrong += found;
	}
	return wrong;
}
