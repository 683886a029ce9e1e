/* SPDX-License-Identifier: BSD-2-Clause */
#include "entry.h"

	.section .text.entry, "ax"
	.globl _start
_start:
	mov %rax, entry_state + ENTRY_RAX(%rip)
	mov %rbx, entry_state + ENTRY_RBX(%rip)
	mov %rcx, entry_state + ENTRY_RCX(%rip)
	mov %rdx, entry_state + ENTRY_RDX(%rip)
	mov %rsi, entry_state + ENTRY_RSI(%rip)
	mov %rdi, entry_state + ENTRY_RDI(%rip)
	mov %rbp, entry_state + ENTRY_RBP(%rip)
	mov %rsp, entry_state + ENTRY_RSP(%rip)
	mov %r8, entry_state + ENTRY_R8(%rip)
	mov %r9, entry_state + ENTRY_R8 + 8(%rip)
	mov %r10, entry_state + ENTRY_R8 + 16(%rip)
	mov %r11, entry_state + ENTRY_R8 + 24(%rip)
	mov %r12, entry_state + ENTRY_R8 + 32(%rip)
	mov %r13, entry_state + ENTRY_R8 + 40(%rip)
	mov %r14, entry_state + ENTRY_R8 + 48(%rip)
	mov %r15, entry_state + ENTRY_R8 + 56(%rip)
	pushfq
	popq entry_state + ENTRY_RFLAGS(%rip)
	rdtsc
	mov %eax, entry_state + ENTRY_TSC(%rip)
	mov %edx, entry_state + ENTRY_TSC + 4(%rip)
	lea _start(%rip), %rax
	mov %rax, entry_state + ENTRY_RIP(%rip)
	mov (%rsp), %rax
	mov %rax, entry_state + ENTRY_RETURN(%rip)
	mov %cr0, %rax
	mov %rax, entry_state + ENTRY_CR0(%rip)
	mov %cr3, %rax
	mov %rax, entry_state + ENTRY_CR3(%rip)
	mov %cr4, %rax
	mov %rax, entry_state + ENTRY_CR4(%rip)
	mov $0xc0000080, %ecx
	rdmsr
	mov %eax, entry_state + ENTRY_EFER(%rip)
	mov %edx, entry_state + ENTRY_EFER + 4(%rip)
	mov $0xc0000100, %ecx
	rdmsr
	mov %eax, entry_state + ENTRY_FS_BASE(%rip)
	mov %edx, entry_state + ENTRY_FS_BASE + 4(%rip)
	mov $0xc0000101, %ecx
	rdmsr
	mov %eax, entry_state + ENTRY_GS_BASE(%rip)
	mov %edx, entry_state + ENTRY_GS_BASE + 4(%rip)
	mov %cs, entry_state + ENTRY_CS(%rip)
	mov %ds, entry_state + ENTRY_CS + 2(%rip)
	mov %es, entry_state + ENTRY_CS + 4(%rip)
	mov %ss, entry_state + ENTRY_CS + 6(%rip)
	mov %fs, entry_state + ENTRY_CS + 8(%rip)
	mov %gs, entry_state + ENTRY_CS + 10(%rip)
	sldt entry_state + ENTRY_CS + 12(%rip)
	str entry_state + ENTRY_CS + 14(%rip)
	sgdt entry_state + ENTRY_GDTR(%rip)
	sidt entry_state + ENTRY_IDTR(%rip)
	mov entry_state + ENTRY_GDTR + 2(%rip), %rcx
	.irp entry, 0, 8, 16, 24
	mov \entry(%rcx), %rax
	mov %rax, entry_state + ENTRY_GDT + \entry(%rip)
	.endr
	/* The stack is as a call leaves it; the call below must find it 16-byte aligned. */
	sub $8, %rsp
	call runtime_start
	ud2

	.section .data
	.balign 16
	.globl entry_state
entry_state:
	.skip ENTRY_SIZE
