/* SPDX-License-Identifier: BSD-2-Clause */
#include "scribble.h"

void kernel_main(struct boot_params *boot_params)
{
	static struct machine machine;
	uint64_t claimed, wrong, first = 0;

	machine_init(&machine, boot_params);
	fixmap_init(&machine);
	runtime_services_prepare(&machine);
	survivors_record(&machine);
	survivors_reserve_acpi(&machine);
	claimed = claim_free_memory(&machine);
	print(com1, "Writing %llu bytes (%llu MiB)\n", (unsigned long long)claimed, (unsigned long long)claimed >> 20);
	pattern_write();
	wrong = pattern_verify(&first);
	check(!wrong, "all free memory holds what was written", "%llu words differ, the first at %#llx",
	      (unsigned long long)wrong, (unsigned long long)first);
	survivors_check(&machine);
	runtime_services_check(&machine);
}
