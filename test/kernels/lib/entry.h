/* SPDX-License-Identifier: BSD-2-Clause */
/* The processor as the loader left it: saved by entry.S at the kernel's first instructions. */
#ifndef KERNELS_ENTRY_H
#define KERNELS_ENTRY_H

#ifdef __ASSEMBLER__
#define ENTRY_RAX 0
#define ENTRY_RBX 8
#define ENTRY_RCX 16
#define ENTRY_RDX 24
#define ENTRY_RSI 32
#define ENTRY_RDI 40
#define ENTRY_RBP 48
#define ENTRY_RSP 56
#define ENTRY_R8 64
#define ENTRY_RIP 128
#define ENTRY_RFLAGS 136
#define ENTRY_RETURN 144
#define ENTRY_CR0 152
#define ENTRY_CR3 160
#define ENTRY_CR4 168
#define ENTRY_EFER 176
#define ENTRY_FS_BASE 184
#define ENTRY_GS_BASE 192
#define ENTRY_TSC 200
#define ENTRY_GDT 208
#define ENTRY_CS 240
#define ENTRY_GDTR 256
#define ENTRY_IDTR 266
#define ENTRY_SIZE 280
#else
#include <stddef.h>
#include <stdint.h>

struct descriptor_register {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

struct entry_state {
	uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp;
	uint64_t r8_to_r15[8];
	uint64_t rip; /* of the first instruction */
	uint64_t rflags;
	uint64_t return_address; /* what [RSP] holds */
	uint64_t cr0, cr3, cr4, efer, fs_base, gs_base;
	uint64_t tsc;
	uint64_t gdt[4];
	uint16_t cs, ds, es, ss, fs, gs, ldtr, tr;
	struct descriptor_register gdtr, idtr;
	uint8_t pad[4];
};

_Static_assert(offsetof(struct entry_state, rip) == 128, "ENTRY_RIP");
_Static_assert(offsetof(struct entry_state, tsc) == 200, "ENTRY_TSC");
_Static_assert(offsetof(struct entry_state, gdt) == 208, "ENTRY_GDT");
_Static_assert(offsetof(struct entry_state, cs) == 240, "ENTRY_CS");
_Static_assert(offsetof(struct entry_state, gdtr) == 256, "ENTRY_GDTR");
_Static_assert(sizeof(struct entry_state) == 280, "ENTRY_SIZE");

extern struct entry_state entry_state;
#endif

#endif
