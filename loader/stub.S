/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the firmware's last instruction to the kernel's first. Position-independent, runs in a page that both sets of page
 * tables map at the same address. In: %rdi = struct stub_parameters.
 */
#include <loader/handoff.h>
#include <loader/stub.h>

	.section .rodata.stub, "a"
	.globl stub_start
	.balign 16
stub_start:
	cli
	cld
	movq	%rdi, %rbx
	movq	STUB_STACK_TOP(%rbx), %rsp

	/* NX before tables that use it; no system calls. */
	movl	$STUB_EFER, %ecx
	rdmsr
	orl	$STUB_EFER_NXE, %eax
	andl	$~STUB_EFER_SCE, %eax
	wrmsr

	/* LA57 can only change without paging: the way leads through 32-bit code, and all that it needs lies below 4 GiB. */
	movq	STUB_CR4(%rbx), %rcx
	movq	%cr4, %rax
	xorl	%ecx, %eax
	testl	$STUB_CR4_LA57, %eax
	jz	6f
	movl	%ecx, %eax
	xorl	$STUB_CR4_LA57, %eax /* as it is now */
	movq	%rax, %cr4 /* PCIDE must be off before paging is */
	movw	$STUB_GDT_LIMIT_32, STUB_GDT_LIMIT(%rbx)
	lgdt	STUB_GDT_LIMIT(%rbx)
	movw	$STUB_GDT_LIMIT_64, STUB_GDT_LIMIT(%rbx)
	movl	$MAPBRIDGE_DS, %eax
	movl	%eax, %ss
	movl	%eax, %ds
	pushq	$STUB_CS_32
	leaq	4f(%rip), %rax
	pushq	%rax
	lretq
	.code32
4:	movl	%cr0, %eax
	btrl	$31, %eax
	movl	%eax, %cr0
	movl	%ecx, %cr4
	movl	STUB_CR3(%ebx), %eax
	movl	%eax, %cr3
	movl	%cr0, %eax
	btsl	$31, %eax
	movl	%eax, %cr0
	pushl	$MAPBRIDGE_CS
	call	5f
5:	addl	$(6f - 5b), (%esp)
	lretl
	.code64
6:
	/* CR4 first: PCIDE and CET must be off before CR3 and CR0.WP change, and dropping PGE flushes global pages. */
	movq	STUB_CR4(%rbx), %rax
	movq	%rax, %cr4
	movq	STUB_CR3(%rbx), %rax
	movq	%rax, %cr3

	lgdt	STUB_GDT_LIMIT(%rbx)
	lidt	STUB_IDT_LIMIT(%rbx)
	pushq	$MAPBRIDGE_CS
	leaq	1f(%rip), %rax
	pushq	%rax
	lretq
1:	movl	$MAPBRIDGE_DS, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	xorl	%eax, %eax
	movl	%eax, %fs
	movl	%eax, %gs
	lldt	%ax

	/* A null selector leaves the base alone on some processors: FS, GS, kernel GS. */
	xorl	%edx, %edx
	movl	$0xc0000100, %ecx
	wrmsr
	incl	%ecx
	wrmsr
	incl	%ecx
	wrmsr

	/* The kernel's read-only pages are read-only already: write with WP off. */
	movq	STUB_CR0(%rbx), %rax
	andq	$~STUB_CR0_WP, %rax
	movq	%rax, %cr0
	movq	STUB_OPERATION_COUNT(%rbx), %rdx
	leaq	STUB_OPERATIONS(%rbx), %r8
2:	testq	%rdx, %rdx
	jz	3f
	movq	(%r8), %rdi
	movq	8(%r8), %rsi
	movq	16(%r8), %rcx
	shrq	$3, %rcx
	rep movsq
	addq	$STUB_OPERATION_SIZE, %r8
	decq	%rdx
	jmp	2b
3:	movq	STUB_CR0(%rbx), %rax
	movq	%rax, %cr0

	/* A return address of 0, the entry point for ret, and RFLAGS. */
	pushq	$0
	pushq	STUB_ENTRY(%rbx)
	pushq	$2
	movq	STUB_BOOT_PARAMS(%rbx), %rsi
	movq	%rsi, %rdi
	xorl	%eax, %eax
	xorl	%ebx, %ebx
	xorl	%ecx, %ecx
	xorl	%edx, %edx
	xorl	%ebp, %ebp
	xorl	%r8d, %r8d
	xorl	%r9d, %r9d
	xorl	%r10d, %r10d
	xorl	%r11d, %r11d
	xorl	%r12d, %r12d
	xorl	%r13d, %r13d
	xorl	%r14d, %r14d
	xorl	%r15d, %r15d
	popfq
	ret
	.org	stub_start + STUB_SIZE /* an error when the code is longer */
stub_end:
	.section .note.GNU-stack, "", @progbits
