/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The e820 map: the memory map that an x86 kernel starts from. Semantics are those of Linux
 * (arch/x86/kernel/e820.c) on every valid input; differences on invalid input are told at each function.
 */
#ifndef MM_E820_H
#define MM_E820_H

#include <mm/printer.h>
#include <mm/types.h>

enum {
	E820_TYPE_RAM = 1,
	E820_TYPE_RESERVED = 2,
	E820_TYPE_ACPI = 3,
	E820_TYPE_NVS = 4,
	E820_TYPE_UNUSABLE = 5,
	E820_TYPE_PMEM = 7,
	E820_TYPE_PRAM = 12,
	E820_TYPE_RESERVED_KERN = 128
};
#define E820_TYPE_SOFT_RESERVED UINT32_C(0xefffffff)

/* Entries that the boot_params page holds (E820_MAX_ENTRIES_ZEROPAGE); the rest travels in SETUP_E820_EXT. */
#define E820_MAX_ENTRIES_ZEROPAGE 128
/* Entries of the largest SETUP_E820_EXT node that Linux can map: it does so with one early_memremap() of at most 256 KiB. */
#define E820_MAX_ENTRIES_EXT 13106

/* One entry: the half-open range [addr, addr + size). The layout is boot_params' own. */
struct e820_entry {
	uint64_t addr;
	uint64_t size;
	uint32_t type;
} __attribute__((packed));

_Static_assert(sizeof(struct e820_entry) == 20, "boot_params e820 entry");

/* A table in the caller's memory. Plain data: set entries and capacity, and nr_entries to 0. */
struct e820_table {
	struct e820_entry *entries;
	size_t capacity;
	size_t nr_entries;
};

/* "usable", "reserved", "ACPI data", "ACPI NVS", "unusable", "persistent (type N)", "soft reserved", "type N". */
void e820_print_type(uint32_t type, struct printer *out);

/*
 * Adds an entry at the end, unsorted and unmerged. MM_ENOSPC when the table is full (Linux drops the entry with a
 * message), MM_EOVERFLOW when the last byte lies past 2^64 - 1; the table is untouched then.
 */
int e820_range_add(struct e820_table *table, uint64_t start, uint64_t size, uint32_t type);

/*
 * Appends count packed entries (boot_params' table or the data of SETUP_E820_EXT; any alignment). An entry that
 * passes 2^64 is left out and counted in *refused (may be null); Linux stops at it and loses the rest. Returns 0, or
 * MM_ENOSPC with everything that fitted added.
 */
int e820_append(struct e820_table *table, const void *entries, size_t count, size_t *refused);

/* Bytes of scratch memory that e820_update_table wants for a table with nr_entries entries; SIZE_MAX on overflow. */
size_t e820_update_scratch_size(size_t nr_entries);

/*
 * Sanitises: sorts, resolves overlaps (numerically highest type wins, unsigned), merges touching equals except
 * PRAM and soft reserved, drops empty entries. O(n log n). Unlike Linux it works from 0 entries on, and clips an entry
 * that ends at 2^64 or beyond to the last page before 2^64 instead of giving up on the whole table; *clipped (may be
 * null) counts those. MM_ENOSPC, and the table untouched, when the scratch memory or the table's capacity is too
 * small.
 */
int e820_update_table(struct e820_table *table, void *scratch, size_t scratch_size, size_t *clipped);

/*
 * Changes type old_type to new_type in [start, start + size); works on a raw table and leaves it unsorted as Linux does
 * (call e820_update_table after it): entries that overlap are each changed and counted, pieces go to the end. Size is
 * clamped to 2^64 - 1 - start; of an entry that ends at 2^64 the last byte goes with the one before it. As in Linux,
 * size 0 strictly inside an entry of that type splits it and adds an empty entry. Stores the number of bytes changed.
 * MM_EINVAL when the types are equal; MM_ENOSPC when the pieces do not fit (Linux loses them). On error *changed is 0
 * and the table untouched.
 */
int e820_range_update(struct e820_table *table, uint64_t start, uint64_t size, uint32_t old_type, uint32_t new_type,
		      uint64_t *changed);

/*
 * Removes [start, start + size) of that type, of any type when type is 0. Entries that are covered wholly become all
 * zero and keep their place until e820_update_table. Otherwise as e820_range_update.
 */
int e820_range_remove(struct e820_table *table, uint64_t start, uint64_t size, uint32_t type, uint64_t *removed);

/*
 * Whether any byte, or (in a sanitised table) every byte, of [start, end) has that type; type 0 is any. An empty range
 * strictly inside an entry counts as mapped, as in Linux. Ranges that end at 2^64 cannot be asked for.
 */
bool e820_mapped_any(const struct e820_table *table, uint64_t start, uint64_t end, uint32_t type);
bool e820_mapped_all(const struct e820_table *table, uint64_t start, uint64_t end, uint32_t type);

/*
 * Type of the last entry that completes the coverage of [start, end) as Linux's e820__get_entry_type; MM_EINVAL if
 * not covered.
 */
int64_t e820_get_entry_type(const struct e820_table *table, uint64_t start, uint64_t end);

/* max_arch_pfn of x86-64: MAXMEM >> 12 with 4 and with 5 levels of page tables. */
#define E820_MAX_ARCH_PFN_4LEVEL (UINT64_C(1) << (46 - 12))
#define E820_MAX_ARCH_PFN_5LEVEL (UINT64_C(1) << (52 - 12))

/*
 * The page frame number after the last whole page of RAM, at most limit_pfn: Linux's last_pfn. With acpi_too it
 * counts ACPI data as well, as Linux does since 6.11. 0 when there is none.
 */
uint64_t e820_end_of_ram_pfn(const struct e820_table *table, uint64_t limit_pfn, bool acpi_too);

/*
 * Largest gap of at least 4 MiB below 4 GiB, in a sanitised table: where Linux puts PCI. Of equal ones the lowest; what
 * lies below the first entry is no gap. MM_ENOENT, and *start and *size untouched, when there is none.
 */
int e820_search_gap(const struct e820_table *table, uint64_t *start, uint64_t *size);

/* Prints "WHO: [mem 0x0000000000000000-0x000000000009ffff] usable" for each entry, exactly as Linux 6.1. */
void e820_print_table(const struct e820_table *table, const char *who, struct printer *out);

/* Sum of the sizes of all entries of that type (of a sanitised table: bytes of that type), at most 2^64 - 1. */
uint64_t e820_total(const struct e820_table *table, uint32_t type);

/*
 * The CRC-32 that Linux computes of its e820_table_firmware before and after hibernation
 * (arch/x86/power/hibernate.c): over the 32-bit entry count and the packed entries.
 */
uint32_t e820_crc32(const struct e820_table *table);

#endif
