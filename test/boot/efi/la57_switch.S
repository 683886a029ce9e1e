/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * void la57_switch(UINT32 root): from 4-level to 5-level paging with the tables at physical address `root`.
 * LA57 cannot change while paging is on in long mode, so the way leads through 32-bit code. Copied as a whole to
 * memory below 4 GiB that is mapped one to one; everything it needs is inside.
 */
	.text
	.globl la57_switch, la57_switch_end
	.code64
la57_switch:
	pushq	%rbx
	pushfq
	cli
	leaq	saved(%rip), %rax
	movq	%rsp, saved_rsp - saved(%rax)
	sgdt	saved_gdt - saved(%rax)
	movw	%cs, saved_cs - saved(%rax)

	leaq	gdt(%rip), %rdx
	movq	%rdx, gdt_pointer + 2(%rip)
	leaq	back_in_64(%rip), %rdx
	movl	%edx, far_pointer(%rip)
	lgdt	gdt_pointer(%rip)
	leaq	in_32(%rip), %rdx
	pushq	$8
	pushq	%rdx
	lretq

	.code32
in_32:
	movl	%cr0, %edx
	btrl	$31, %edx
	movl	%edx, %cr0
	movl	%cr4, %edx
	btsl	$12, %edx
	movl	%edx, %cr4
	movl	%edi, %cr3
	movl	%cr0, %edx
	btsl	$31, %edx
	movl	%edx, %cr0
	ljmpl	*(far_pointer - saved)(%eax)

	.code64
back_in_64:
	movl	%eax, %eax
	movq	saved_rsp - saved(%rax), %rsp
	lgdt	saved_gdt - saved(%rax)
	movzwl	saved_cs - saved(%rax), %edx
	pushq	%rdx
	leaq	restored(%rip), %rdx
	pushq	%rdx
	lretq
restored:
	popfq
	popq	%rbx
	ret

	.balign	16
saved:
saved_rsp:	.quad	0
saved_gdt:	.fill	10, 1, 0
saved_cs:	.word	0
far_pointer:	.long	0
		.word	16
gdt_pointer:	.word	23
		.quad	0
	.balign	16
gdt:	.quad	0, 0x00cf9b000000ffff, 0x00af9b000000ffff
la57_switch_end:
	.section .note.GNU-stack, "", @progbits
