/* SPDX-License-Identifier: BSD-2-Clause */
/* The ACPI tables, read through early_memremap only. Layouts: ACPI specification 6.5, sections 5.2.5 to 5.2.10. */
#ifndef KERNELS_ACPI_H
#define KERNELS_ACPI_H

#include <stdbool.h>
#include <stdint.h>

struct acpi_header {
	char signature[4];
	uint32_t length;
	uint8_t revision, checksum;
	char oem_id[6], oem_table_id[8];
	uint32_t oem_revision;
	char creator_id[4];
	uint32_t creator_revision;
} __attribute__((packed));

/* One table as found. The RSDP comes first, with signature "RSDP" and only revision and oem_id filled in. */
struct acpi_table {
	struct acpi_header header;
	uint64_t address;
	uint32_t length;
	uint32_t crc;
	bool has_checksum; /* the FACS has none */
	bool good;         /* the checksum is right */
};

#define ACPI_TABLES_MAX 128

/*
 * Finds RSDP, XSDT (RSDT when there is none), each table in it, and the FADT's DSDT and FACS. Returns how many were
 * stored, or 0 with a sentence in *why when a table cannot be reached.
 */
unsigned acpi_read_tables(uint64_t rsdp, struct acpi_table tables[ACPI_TABLES_MAX], const char **why);

#endif
