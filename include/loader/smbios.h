/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The names that a machine gives itself, from its SMBIOS tables. Nothing in them is trusted: firmware has been seen with
 * lengths and strings of all kinds. Source: DMTF DSP0134 (SMBIOS 3.7), sections 5.2 (entry points), 6.1, 7.1 to 7.3.
 */
#ifndef LOADER_SMBIOS_H
#define LOADER_SMBIOS_H

#include <mm/types.h>

#define SMBIOS_ENTRY2_SIZE 31 /* bytes of an entry point "_SM_" */
#define SMBIOS_ENTRY3_SIZE 24 /* of "_SM3_" */
#define SMBIOS_TEXT_SIZE 65   /* of a string with its NUL; longer ones are cut off, as the specification once limited them */

enum smbios_name {
	SMBIOS_BIOS_VENDOR,
	SMBIOS_BIOS_VERSION,
	SMBIOS_BIOS_DATE,
	SMBIOS_SYSTEM_VENDOR,
	SMBIOS_SYSTEM_PRODUCT,
	SMBIOS_SYSTEM_VERSION,
	SMBIOS_BOARD_VENDOR,
	SMBIOS_BOARD_PRODUCT,
	SMBIOS_BOARD_VERSION,
	SMBIOS_NAMES
};

/* Each printable ASCII ('?' for other bytes) without blanks at its end; empty when the machine does not say. */
struct smbios_names {
	char text[SMBIOS_NAMES][SMBIOS_TEXT_SIZE];
};

/* Where the structures are: at most size bytes from a physical address. */
struct smbios_table {
	uint64_t base;
	uint32_t size;
};

/* Reads an entry point of SMBIOS_ENTRY2_SIZE or SMBIOS_ENTRY3_SIZE bytes; false when anchor, length or checksum is wrong. */
bool smbios_entry2_parse(const uint8_t *entry, struct smbios_table *table);
bool smbios_entry3_parse(const uint8_t *entry, struct smbios_table *table);

/*
 * Fills the names from the first BIOS, system and board structures. Reads from the front and no further than to the
 * structure that ends the table (type 127), a damaged one, or size bytes.
 */
void smbios_names_read(const uint8_t *table, size_t size, struct smbios_names *names);

#endif
