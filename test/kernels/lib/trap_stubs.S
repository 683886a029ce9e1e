/* SPDX-License-Identifier: BSD-2-Clause */
	.section .text, "ax"

/* Entry points of vectors 0 to 31, 16 bytes each. The processor itself pushes an error code for 8, 10-14, 17, 21, 29, 30. */
	.balign 16
	.globl trap_stubs
trap_stubs:
	vector = 0
	.rept 32
	.balign 16
	.if (0x60227d00 >> vector) & 1 == 0
	pushq $0
	.endif
	pushq $vector
	jmp trap_common
	vector = vector + 1
	.endr

trap_common:
	push %r15
	push %r14
	push %r13
	push %r12
	push %r11
	push %r10
	push %r9
	push %r8
	push %rbp
	push %rdi
	push %rsi
	push %rdx
	push %rcx
	push %rbx
	push %rax
	cld
	mov %rsp, %rdi
	call trap_handler
	pop %rax
	pop %rbx
	pop %rcx
	pop %rdx
	pop %rsi
	pop %rdi
	pop %rbp
	pop %r8
	pop %r9
	pop %r10
	pop %r11
	pop %r12
	pop %r13
	pop %r14
	pop %r15
	add $16, %rsp
	iretq

/* bool probe_..._faults(uint64_t addr): trap_handler() comes back to 1: with the stack pointer saved here. */
	.macro probe name, access:vararg
	.globl \name
\name:
	mov %rsp, probe_rsp(%rip)
	lea 1f(%rip), %rax
	mov %rax, probe_resume(%rip)
	\access
	movq $0, probe_resume(%rip)
	xor %eax, %eax
	ret
1:	mov $1, %eax
	ret
	.endm

	.macro read_and_write_back
	mov (%rdi), %cl
	mov %cl, (%rdi)
	.endm

	probe probe_read_faults, mov (%rdi), %cl
	probe probe_write_faults, read_and_write_back
	probe probe_execute_faults, call *%rdi

/* void load_gdt(const struct descriptor_register *gdtr): the selectors stay 0x10 and 0x18; the TSS is 0x20. */
	.globl load_gdt
load_gdt:
	lgdt (%rdi)
	mov $0x18, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %ss
	pop %rdx
	pushq $0x10
	push %rdx
	mov $0x20, %eax
	ltr %ax
	lretq
