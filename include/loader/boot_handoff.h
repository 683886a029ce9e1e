/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Filling in what the kernel gets: boot_params, command line, setup_data nodes and the stub's parameters. Everything but the
 * memory map is written before ExitBootServices; the map that made it succeed is converted after it.
 */
#ifndef LOADER_BOOT_HANDOFF_H
#define LOADER_BOOT_HANDOFF_H

#include <loader/plan.h>

/* What only the firmware side knows. */
struct boot_facts {
	uint64_t efi_systab;     /* physical address of the EFI system table */
	uint64_t acpi_rsdp;      /* 0: none */
	uint8_t secure_boot;     /* SECURE_BOOT_* */
	uint64_t loader_tsc;
	struct screen_info screen; /* all zero: no linear framebuffer */
	uint8_t edid[EDID_SIZE];   /* of the monitor; all zero: not known */
};

/* The memory that the plan's block names, as pointers. */
struct boot_block {
	struct boot_params *params;
	char *command_line; /* COMMAND_LINE_SIZE bytes */
	void *setup_data;   /* plan->block.setup_data_size bytes */
};

/* Writes boot_params without its memory map, the command line and the request's nodes. The memory must be cleared before. */
void boot_handoff_prepare(const struct boot_plan *plan, const struct boot_request *request, const struct boot_facts *facts,
			  const struct boot_block *block);

/* Bytes of scratch memory that boot_handoff_finish wants for a map of that many descriptors; SIZE_MAX on overflow. */
size_t boot_handoff_scratch_size(size_t descriptors);

/* About the way out of boot services, for the kernel to read. */
struct boot_exit {
	uint32_t tries;
	uint32_t printed_crc32;
};

/*
 * Converts the map and writes e820, efi_info and the setup_data nodes. Calls nothing and prints nothing. Cannot fail when scratch has
 * boot_handoff_scratch_size() bytes and the map has at most boot_plan_map_capacity() descriptors of the plan's map; else
 * MM_ENOSPC and boot_params has no memory map.
 */
int boot_handoff_finish(const struct boot_plan *plan, const struct boot_facts *facts, const struct boot_exit *exit,
			const struct boot_block *block, const struct efi_memmap *map, void *scratch, size_t scratch_size);

/* Fills the stub's parameters: registers, GDT and moves. */
void boot_handoff_stub(const struct boot_plan *plan, struct stub_parameters *parameters);

#endif
