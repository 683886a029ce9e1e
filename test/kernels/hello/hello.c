/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The smallest useful kernel: prints a summary of its memory map on COM1 and leaves QEMU. Nothing but this file,
 * hello.ld and the headers below include/ are needed. docs/handoff.md is the contract that it relies on.
 * To build it from the source tree (the last line makes a static-PIE, which needs no linker script):
 *
 * F="-std=c11 -O2 -ffreestanding -mno-red-zone -mgeneral-regs-only -fno-stack-protector -fcf-protection=none -Iinclude"
 * L="-nostdlib -static -Wl,--build-id=none -Wl,-z,max-page-size=4096 -Wl,-z,separate-code -Wl,-z,norelro"
 * gcc $F -mcmodel=kernel -fno-pic $L -Wl,-T,test/kernels/hello/hello.ld test/kernels/hello/hello.c -o hello.elf
 * gcc $F -fpie -static-pie $L test/kernels/hello/hello.c -o hello-pie.elf
 */
#include <loader/boot_params.h>

#define COM1 0x3f8
#define ISA_DEBUG_EXIT 0xf4 /* QEMU: -device isa-debug-exit,iobase=0xf4,iosize=0x04 */

static const char *const type_names[] = { "other", "usable", "reserved", "ACPI data", "ACPI NVS" };
static uint64_t bytes[5];
static unsigned failed = 2; /* until proven otherwise */

static void outb(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static void put(const char *text)
{
	for (; *text; text++) {
		uint8_t status;

		do
			__asm__ volatile("inb %1, %0" : "=a"(status) : "Nd"((uint16_t)(COM1 + 5)));
		while (!(status & 0x20)); /* the transmitter holds a character */
		outb(COM1, (uint8_t)*text);
	}
}

static void put_number(uint64_t number)
{
	char text[21], *digit = text + 20;

	for (*digit = '\0'; number || !*digit; number /= 10)
		*--digit = (char)('0' + number % 10);
	put(digit);
}

static void check(bool good, const char *name, const char *why)
{
	failed -= good;
	put(good ? "\r\nPASS " : "\r\nFAIL ");
	put(name);
	put(good ? "" : why);
}

/* Entered as if called: the stack is ready, and boot_params is the first argument. */
void _start(const struct boot_params *boot_params)
{
	for (unsigned i = 0; i < boot_params->e820_entries; i++) {
		uint32_t type = boot_params->e820_table[i].type;

		bytes[type < 5 ? type : 0] += boot_params->e820_table[i].size;
	}
	put("Hello from the higher half. e820 entries: ");
	put_number(boot_params->e820_entries);
	for (unsigned type = 0; type < 5; type++) {
		put("\r\n  ");
		put(type_names[type]);
		put(" KiB: ");
		put_number(bytes[type] / 1024);
	}
	check(boot_params->hdr.header == BOOT_HEADER_MAGIC, "header", ": no HdrS in boot_params");
	check(bytes[E820_TYPE_RAM] != 0, "usable memory", ": e820 has none");
	put("\r\n");
	put_number(2 - failed);
	put(" passed, ");
	put_number(failed);
	put(" failed\r\n");
	outb(ISA_DEBUG_EXIT, failed ? 0x11 : 0x10); /* QEMU's status is twice the number, plus one */
	for (;;)
		__asm__ volatile("hlt");
}
