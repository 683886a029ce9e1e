/* SPDX-License-Identifier: BSD-2-Clause */
/* Own GDT, TSS and IDT, so that a fault is a message and an exit status and never a silent reset. */
#ifndef KERNELS_TRAPS_H
#define KERNELS_TRAPS_H

#include <stdbool.h>
#include <stdint.h>

/* What a trap stub pushes and the processor pushed before it. */
struct trap_frame {
	uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t vector, error;
	uint64_t rip, cs, rflags, rsp, ss;
};

/* Loads them. Any later exception that no probe waits for prints itself and leaves with EXIT_EXCEPTION. */
void traps_init(void);

/* Each tries one access at addr and returns whether it faulted. The byte at addr keeps its value. */
bool probe_read_faults(uint64_t addr);
bool probe_write_faults(uint64_t addr);
/* Calls addr. A byte that must not execute should be 0xc3 (ret), so that executing it comes back all the same. */
bool probe_execute_faults(uint64_t addr);

#endif
