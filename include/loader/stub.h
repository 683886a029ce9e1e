/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The long-mode stub: the code that runs between ExitBootServices and the kernel. It is copied to a page of its own, takes
 * the machine from the firmware's page tables and GDT to ours, moves what could not be loaded in place, and enters
 * the kernel. This header is read by the assembler too.
 */
#ifndef LOADER_STUB_H
#define LOADER_STUB_H

/* Offsets in struct stub_parameters. */
#define STUB_CR3 0
#define STUB_CR4 8
#define STUB_CR0 16
#define STUB_STACK_TOP 24
#define STUB_ENTRY 32
#define STUB_BOOT_PARAMS 40
#define STUB_GDT_LIMIT 54 /* 2 bytes, then the 8 of the base */
#define STUB_GDT_BASE 56
#define STUB_IDT_LIMIT 70
#define STUB_IDT_BASE 72
#define STUB_GDT 80
#define STUB_OPERATION_COUNT 120
#define STUB_OPERATIONS 128
#define STUB_OPERATION_SIZE 24

/* The GDT that the kernel gets, and one entry more while the stub changes the depth of the page tables. */
#define STUB_GDT_LIMIT_64 31
#define STUB_GDT_LIMIT_32 39
#define STUB_CS_32 0x20

#define STUB_SIZE 512 /* bytes of code, padding included */

/* Control registers at the jump: PG WP NE ET MP PE; and EFER.NXE. */
#define STUB_CR0_VALUE 0x80010033
#define STUB_CR0_WP 0x00010000
#define STUB_CR4_PAE 0x20
#define STUB_CR4_MCE 0x40
#define STUB_CR4_LA57 0x1000
#define STUB_EFER 0xc0000080
#define STUB_EFER_SCE 0x1
#define STUB_EFER_NXE 0x800

#ifndef __ASSEMBLER__
#include <mm/types.h>

#define STUB_OPERATIONS_MAX 64

/* Moves size bytes to `to` from `from`. All three are multiples of 8; the ranges do not overlap. */
struct stub_operation {
	uint64_t to;
	uint64_t from;
	uint64_t size;
};

/* Lies in a writable page of its own; addresses are physical and mapped one to one before and after the switch. */
struct stub_parameters {
	uint64_t cr3;
	uint64_t cr4;
	uint64_t cr0;
	uint64_t stack_top;
	uint64_t entry;       /* virtual address under cr3 */
	uint64_t boot_params; /* to RSI and RDI */
	uint8_t pad1[6];
	uint16_t gdt_limit;
	uint64_t gdt_base;
	uint8_t pad2[6];
	uint16_t idt_limit;
	uint64_t idt_base;
	uint64_t gdt[4];
	uint64_t gdt_code_32; /* the fifth entry */
	uint64_t operation_count;
	struct stub_operation operations[STUB_OPERATIONS_MAX];
};

_Static_assert(offsetof(struct stub_parameters, gdt_limit) == STUB_GDT_LIMIT, "read by stub.S");
_Static_assert(offsetof(struct stub_parameters, gdt_base) == STUB_GDT_BASE, "read by stub.S");
_Static_assert(offsetof(struct stub_parameters, idt_limit) == STUB_IDT_LIMIT, "read by stub.S");
_Static_assert(offsetof(struct stub_parameters, idt_base) == STUB_IDT_BASE, "read by stub.S");
_Static_assert(offsetof(struct stub_parameters, gdt) == STUB_GDT, "read by stub.S");
_Static_assert(offsetof(struct stub_parameters, boot_params) == STUB_BOOT_PARAMS, "read by stub.S");
_Static_assert(offsetof(struct stub_parameters, entry) == STUB_ENTRY, "read by stub.S");
_Static_assert(offsetof(struct stub_parameters, stack_top) == STUB_STACK_TOP, "read by stub.S");
_Static_assert(offsetof(struct stub_parameters, cr0) == STUB_CR0, "read by stub.S");
_Static_assert(offsetof(struct stub_parameters, cr4) == STUB_CR4, "read by stub.S");
_Static_assert(offsetof(struct stub_parameters, operation_count) == STUB_OPERATION_COUNT, "read by stub.S");
_Static_assert(offsetof(struct stub_parameters, operations) == STUB_OPERATIONS, "read by stub.S");
_Static_assert(sizeof(struct stub_operation) == STUB_OPERATION_SIZE, "read by stub.S");
_Static_assert(sizeof(struct stub_parameters) <= 4096, "one page");

/* The stub's code, position-independent. Entered with RDI = its parameters, and never returns. */
extern const uint8_t stub_start[STUB_SIZE];
#endif
#endif
