/* SPDX-License-Identifier: BSD-2-Clause */
/* RSDP, XSDT and every table behind it, printed as Linux prints them; and the local APIC's version register. */
#include "contract.h"

#include "lib/acpi.h"
#include "lib/cpu.h"

#include <mm/early_ioremap.h>

#define LAPIC_VERSION_REGISTER UINT64_C(0xfee00030)

static void print_table(const struct acpi_table *table)
{
	const struct acpi_header *header = &table->header;
	const unsigned long long address = table->address;

	print(com1, "ACPI: %.4s 0x%016llX %06X", header->signature, address, table->length);
	if (table->has_checksum)
		print(com1, " (v%02u %-6.6s", header->revision, header->oem_id);
	if (table->has_checksum && __builtin_memcmp(header->signature, "RSDP", 4))
		print(com1, " %-8.8s %08X %-4.4s %08X", header->oem_table_id, header->oem_revision, header->creator_id,
		      header->creator_revision);
	print(com1, table->has_checksum ? ")\n" : "\n");
}

static void walk_tables(const struct machine *machine)
{
	static struct acpi_table tables[ACPI_TABLES_MAX];
	const char *why = NULL;
	unsigned count, bad = 0, fadt = 0, dsdt = 0;

	if (!machine->boot_params->acpi_rsdp_addr) {
		check(false, "ACPI", "acpi_rsdp_addr is 0: the firmware has no ACPI tables, or the loader missed them");
		return;
	}
	count = acpi_read_tables(machine->boot_params->acpi_rsdp_addr, tables, &why);
	for (unsigned i = 0; i < count; i++) {
		print_table(&tables[i]);
		bad += !tables[i].good;
		fadt += !__builtin_memcmp(tables[i].header.signature, "FACP", 4);
		dsdt += !__builtin_memcmp(tables[i].header.signature, "DSDT", 4);
	}
	check(count > 2, "ACPI tables can be read through early_memremap", "%s",
	      why ? why : "there are none behind the RSDP");
	check(count && !bad && fadt && dsdt, "ACPI checksums are right, FADT and DSDT are there",
	      "%u of %u are wrong, %u FADT, %u DSDT", bad, count, fadt, dsdt);
}

static void read_local_apic(void)
{
	volatile uint32_t *version = early_ioremap(LAPIC_VERSION_REGISTER, sizeof(*version));
	uint32_t value = version ? *version : 0;

	print(com1, "APIC: version %#x, max LVT %u\n", value & 0xff, value >> 16 & 0xff);
	/* 0x10 to 0x15: an integrated APIC (Intel SDM volume 3, 11.4.8); it has at least 4 local vector entries. */
	check(version && (value & 0xf0) == 0x10 && (value >> 16 & 0xff) >= 3,
	      "local APIC version through early_ioremap", "the register reads %#x", value);
	if (version)
		early_iounmap((void *)version, sizeof(*version));
}

void walk_acpi(const struct machine *machine)
{
	walk_tables(machine);
	read_local_apic();
}
