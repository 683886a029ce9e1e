/* SPDX-License-Identifier: BSD-2-Clause */
/* The same promises once more, from the processor: each forbidden access is tried and must fault. */
#include "contract.h"

#include "lib/cpu.h"
#include "lib/traps.h"

#include <mm/early_ioremap.h>

#define APIC_BASE_ADDRESS UINT64_C(0x000ffffffffff000)
#define RET 0xc3

static uint8_t data_byte = RET;
static const uint8_t rodata_byte = RET;
extern const char probe_target[];
__asm__(".pushsection .text\n.globl probe_target\nprobe_target: ret\n.popsection");

struct probe {
	const char *what;
	bool (*faults)(uint64_t addr);
	uint64_t addr;
	bool must_fault;
};

void check_protection(const struct machine *machine)
{
	const uint64_t text = (uint64_t)probe_target, rodata = (uint64_t)&rodata_byte, data = (uint64_t)&data_byte;
	const struct probe probes[] = {
		{ "execute text", probe_execute_faults, text, false },
		{ "write text", probe_write_faults, text, true },
		{ "write text through the identity map", probe_write_faults, pa_symbol(probe_target), true },
		{ "execute text through the identity map", probe_execute_faults, pa_symbol(probe_target), true },
		{ "read rodata", probe_read_faults, rodata, false },
		{ "write rodata", probe_write_faults, rodata, true },
		{ "execute rodata", probe_execute_faults, rodata, true },
		{ "write rodata through the identity map", probe_write_faults, pa_symbol((const char *)rodata), true },
		{ "write data", probe_write_faults, data, false },
		{ "write data through the identity map", probe_write_faults, pa_symbol((const char *)data), false },
		{ "execute data", probe_execute_faults, data, true },
		{ "execute data through the identity map", probe_execute_faults, pa_symbol((const char *)data), true },
		{ "read the stack's lowest byte", probe_read_faults, machine->handoff->stack_bottom, false },
		{ "execute the stack", probe_execute_faults, machine->handoff->stack_bottom, true },
		{ "read the guard page", probe_read_faults, machine->handoff->stack_bottom - 1, true },
		{ "read the empty fixmap", probe_read_faults, FIX_BTMAP_VIRT, true },
		{ "read the local APIC without mapping it", probe_read_faults, rdmsr(MSR_APIC_BASE) & APIC_BASE_ADDRESS,
		  true },
		{ "read below the kernel", probe_read_faults, START_KERNEL_MAP, true },
	};
	unsigned wrong = 0;

	for (unsigned i = 0; i < MM_ARRAY_COUNT(probes); i++) {
		if (probes[i].faults(probes[i].addr) == probes[i].must_fault)
			continue;
		wrong++;
		print(com1, "  %s (%#llx): %s\n", probes[i].what, (unsigned long long)probes[i].addr,
		      probes[i].must_fault ? "did not fault" : "faulted");
	}
	check(!wrong, "M11 the processor faults where it must, and only there", "%u of %zu probes went wrong", wrong,
	      MM_ARRAY_COUNT(probes));
}
