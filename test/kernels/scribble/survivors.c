/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel stands on and what it was given: the same before and after all free memory was overwritten. */
#include "scribble.h"

#include "lib/acpi.h"

#include <mm/memblock.h>

#define ACCESSED_DIRTY (PTE_ACCESSED | PTE_DIRTY) /* the processor sets these while the kernel runs */

struct acpi_tables {
	struct acpi_table tables[ACPI_TABLES_MAX];
	unsigned count;
};

static struct acpi_tables acpi_before, acpi_after;
static uint32_t initrd_crc, boot_params_crc, command_line_crc, setup_data_crc, efi_memmap_crc, kernel_crc,
	page_table_crc;

static uint32_t crc_of_kind(const struct machine *machine, uint32_t kind)
{
	uint32_t crc = 0;

	for (uint32_t i = 0; i < machine->reservation_count; i++)
		if (machine->reservations[i].kind == kind)
			crc = crc32(crc, identity(machine->reservations[i].base), machine->reservations[i].size);
	return crc;
}

static uint32_t crc_of_kernel(void)
{
	uint32_t crc = crc32(0, _text, (size_t)(_etext - _text));

	return crc32(crc, __start_rodata, (size_t)(__end_rodata - __start_rodata));
}

static uint32_t crc_of_page_tables(const struct machine *machine)
{
	uint32_t crc = 0;

	for (uint32_t i = 0; i < machine->reservation_count; i++) {
		const struct mapbridge_reservation *reservation = &machine->reservations[i];

		for (uint64_t at = 0; reservation->kind == MAPBRIDGE_PAGE_TABLES && at < reservation->size; at += 8) {
			uint64_t entry = *(uint64_t *)identity(reservation->base + at) & ~ACCESSED_DIRTY;

			crc = crc32(crc, &entry, sizeof(entry));
		}
	}
	return crc;
}

static uint32_t crc_of_initrd(const struct machine *machine)
{
	return crc32(0, identity(boot_params_initrd(machine->boot_params)),
		     boot_params_initrd_size(machine->boot_params));
}

static void read_acpi(const struct machine *machine, struct acpi_tables *tables)
{
	const char *why = "acpi_rsdp_addr is 0";

	if (machine->boot_params->acpi_rsdp_addr)
		tables->count = acpi_read_tables(machine->boot_params->acpi_rsdp_addr, tables->tables, &why);
	if (!tables->count)
		panic("ACPI", "%s", why ? why : "no tables");
}

/* Linux reserves each table, too, because some firmware (U-Boot) leaves tables in memory that its map calls usable. */
void survivors_reserve_acpi(const struct machine *machine)
{
	for (unsigned i = 0; i < acpi_before.count; i++) {
		const struct acpi_table *table = &acpi_before.tables[i];

		if (!e820_mapped_any(&machine->e820, table->address, table->address + table->length, E820_TYPE_RAM))
			continue;
		print(com1, "ACPI: Reserving %.4s table memory at [mem 0x%llx-0x%llx], which e820 calls usable\n",
		      table->header.signature, (unsigned long long)table->address,
		      (unsigned long long)table->address + table->length - 1);
		if (memblock_reserve(table->address, table->length))
			panic("memblock_reserve", "no room for an ACPI table");
	}
}

void survivors_record(const struct machine *machine)
{
	initrd_crc = crc_of_initrd(machine);
	boot_params_crc = crc32(0, machine->boot_params, sizeof(*machine->boot_params));
	command_line_crc = crc_of_kind(machine, MAPBRIDGE_COMMAND_LINE);
	setup_data_crc = crc_of_kind(machine, MAPBRIDGE_SETUP_DATA);
	efi_memmap_crc = crc_of_kind(machine, MAPBRIDGE_EFI_MEMMAP);
	kernel_crc = crc_of_kernel();
	page_table_crc = crc_of_page_tables(machine);
	read_acpi(machine, &acpi_before);
}

/* initrd_crc32 on the command line is what whoever made the disk says of the files. */
static void check_initrd(const struct machine *machine)
{
	const uint64_t size = boot_params_initrd_size(machine->boot_params);
	const uint32_t crc = crc_of_initrd(machine);
	uint64_t wanted;

	if (size)
		check_equal(crc, initrd_crc, "initrd survives");
	if (command_line_number(machine->boot_params, "initrd_crc32", &wanted))
		check(size && crc == wanted, "initrd is the one that the command line names",
		      "%llu bytes, CRC-32 %#x, must be %#llx", (unsigned long long)size, crc,
		      (unsigned long long)wanted);
}

/* The FACS may change under the firmware's hands; it has no checksum either. */
static void check_acpi(const struct machine *machine)
{
	unsigned wrong = 0;

	read_acpi(machine, &acpi_after);
	for (unsigned i = 0; i < acpi_after.count && i < acpi_before.count; i++)
		if (acpi_after.tables[i].has_checksum)
			wrong += !acpi_after.tables[i].good || acpi_after.tables[i].crc != acpi_before.tables[i].crc;
	check(!wrong && acpi_after.count == acpi_before.count, "ACPI tables survive",
	      "%u of %u are damaged, before there were %u", wrong, acpi_after.count, acpi_before.count);
}

void survivors_check(const struct machine *machine)
{
	check_initrd(machine);
	check_equal(crc32(0, machine->boot_params, sizeof(*machine->boot_params)), boot_params_crc,
		    "boot_params survives");
	check_equal(crc_of_kind(machine, MAPBRIDGE_COMMAND_LINE), command_line_crc, "command line survives");
	check_equal(crc_of_kind(machine, MAPBRIDGE_SETUP_DATA), setup_data_crc, "setup_data survives");
	check_equal(crc_of_kind(machine, MAPBRIDGE_EFI_MEMMAP), efi_memmap_crc, "EFI memory map survives");
	check_equal(crc_of_kernel(), kernel_crc, "kernel text and rodata survive");
	check_equal(crc_of_page_tables(machine), page_table_crc, "page tables survive");
	check_acpi(machine);
}
