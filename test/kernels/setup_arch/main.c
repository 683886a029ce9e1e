/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks the handoff contract line by line, then does what Linux's setup_arch does with what it got. */
#include "contract.h"

#include <mm/early_ioremap.h>

void kernel_main(struct boot_params *boot_params)
{
	static struct machine machine;

	check_bss();
	machine_init(&machine, boot_params);
	check_processor(&machine);
	check_image(&machine);
	check_boot_params(&machine);
	check_reservations(&machine);
	check_mappings(&machine);
	check_protection(&machine);
	walk_early_path(&machine);
	walk_acpi(&machine);
	check(early_ioremap_check_leaks(com1) == 0, "early_ioremap leaks nothing", "slots are still in use");
}
