/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Physical ranges that mean something on every PC, with a name and a sentence each, so that a reader of a memory map
 * is told why memory is not where he looks for it. Sources: ACPI 6.5; PCI Firmware Specification 3.3, section 4.1.2
 * (MCFG); TCG PC Client Platform TPM Profile 1.05, section 6.5; IA-PC HPET 1.0a; Intel SDM volume 3, chapters 11 and
 * 12; AMD's "AMD64 Architecture Programmer's Manual" and BIOS guides on the HyperTransport addresses.
 */
#ifndef MM_KNOWN_RANGES_H
#define MM_KNOWN_RANGES_H

#include <mm/e820.h>

/* One allocation of an MCFG table: the configuration space of the buses start_bus..end_bus, 1 MiB a bus. */
struct mcfg_entry {
	uint64_t base; /* of bus 0, even when start_bus is not 0 */
	uint16_t segment;
	uint8_t start_bus;
	uint8_t end_bus;
};

/*
 * Reads an MCFG table (header included, any alignment) of size readable bytes. Stores the first capacity allocations
 * that make sense and returns their number; the others (end_bus below start_bus, or past 2^64) are left out and counted
 * in *refused, which may be null. MM_EINVAL, and nothing stored, when the signature is not MCFG, or the table's length
 * is below 44 or above size; MM_ENOSPC, with the first capacity stored, when there are more.
 */
long mcfg_parse(const void *table, size_t size, struct mcfg_entry *entries, size_t capacity, size_t *refused);

/* What differs from machine to machine. All zero: nothing is known, and only what every PC has is named. */
struct known_facts {
	uint64_t low_ram_end; /* first address above the RAM below 4 GiB, see known_low_ram_end(); 0: no PCI hole */
	bool amd;             /* an AMD or Hygon processor: it has the HyperTransport hole */
	const struct mcfg_entry *ecam;
	size_t ecam_count;
};

enum known_kind {
	KNOWN_HPET,
	KNOWN_IO_APIC,
	KNOWN_TPM,
	KNOWN_VGA,
	KNOWN_ROM_HOLE,
	KNOWN_LOCAL_APIC,
	KNOWN_LOW_MEMORY,
	KNOWN_VGA_ROM_HOLE,
	KNOWN_FLASH,
	KNOWN_HYPERTRANSPORT,
	KNOWN_ECAM,
	KNOWN_PCI_HOLE, /* says something only where the map has nothing */
	KNOWN_KINDS
};

/* A range with a name, which is a static text. last is inclusive. */
struct known_range {
	uint64_t start;
	uint64_t last;
	enum known_kind kind;
	const char *name;
};

/* One sentence about it, without a capital letter, a full stop and a newline; a static text. */
const char *known_range_sentence(const struct known_range *range);

/*
 * Goes through the known ranges that have a byte in common with [start, last] (last inclusive), the narrowest kind
 * first: set *at to 0, call until it returns false. *found is untouched then.
 */
bool known_ranges_next(const struct known_facts *facts, uint64_t start, uint64_t last, size_t *at,
		       struct known_range *found);

/*
 * The narrowest known range that holds all of [start, last]; gap says that the map has nothing there. false, and *found
 * untouched, when there is none.
 */
bool known_range_holding(const struct known_facts *facts, uint64_t start, uint64_t last, bool gap,
			 struct known_range *found);

/*
 * The same, but when nothing holds all of it, the widest known range that lies wholly within [start, last]: a gap from
 * the top of RAM to 4 GiB is the PCI hole even where a few reserved bytes cut it.
 */
bool known_range_fitting(const struct known_facts *facts, uint64_t start, uint64_t last, bool gap,
			 struct known_range *found);

/*
 * First address above the RAM, ACPI data and ACPI NVS below 4 GiB of a table; 4 GiB when it goes on there, 0 for none.
 */
uint64_t known_low_ram_end(const struct e820_table *table);

#endif
