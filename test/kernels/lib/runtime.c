/* SPDX-License-Identifier: BSD-2-Clause */
#include "runtime.h"

#include "cpu.h"
#include "entry.h"
#include "traps.h"

#define COM1 0x3f8
#define LINE_STATUS 5
#define TRANSMITTER_EMPTY 0x20
#define ISA_DEBUG_EXIT 0xf4
#define DEBUG_CONSOLE 0x402 /* QEMU's isa-debugcon, for machines without a serial port */

/* Not in bss: a kernel whose bss was not cleared must still count. */
static unsigned passed __attribute__((section(".data"))), failed __attribute__((section(".data")));

static void put_character(char c)
{
	while (!(inb(COM1 + LINE_STATUS) & TRANSMITTER_EMPTY))
		;
	outb(COM1, (uint8_t)c);
	outb(DEBUG_CONSOLE, (uint8_t)c);
}

static void com1_write(struct printer *printer, const char *text, size_t length)
{
	(void)printer;
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '\n')
			put_character('\r');
		put_character(text[i]);
	}
}

static struct printer com1_printer = { com1_write };
struct printer *com1 = &com1_printer;

static void com1_init(void)
{
	outb(COM1 + 1, 0);    /* no interrupts */
	outb(COM1 + 3, 0x80); /* the divisor: 1, that is 115200 baud */
	outb(COM1 + 0, 1);
	outb(COM1 + 1, 0);
	outb(COM1 + 3, 0x03); /* 8 bits, no parity, 1 stop bit */
	outb(COM1 + 2, 0x07); /* FIFOs on and empty */
	outb(COM1 + 4, 0x03);
}

void runtime_start(void)
{
	com1_init();
	traps_init();
	kernel_main(identity(entry_state.rsi));
	finish();
}

static void failure(const char *name, const char *why, va_list arguments)
{
	failed++;
	print(com1, "FAIL %s: ", name);
	vprint(com1, why, arguments);
	print(com1, "\n");
}

bool check(bool good, const char *name, const char *why, ...)
{
	va_list arguments;

	if (good) {
		passed++;
		print(com1, "PASS %s\n", name);
		return true;
	}
	va_start(arguments, why);
	failure(name, why, arguments);
	va_end(arguments);
	return false;
}

bool check_equal(uint64_t actual, uint64_t wanted, const char *name)
{
	return check(actual == wanted, name, "is %#llx, must be %#llx", (unsigned long long)actual,
		     (unsigned long long)wanted);
}

void finish(void)
{
	print(com1, "%u passed, %u failed\n", passed, failed);
	leave(passed && !failed ? EXIT_PASSED : EXIT_FAILED);
}

void panic(const char *name, const char *why, ...)
{
	va_list arguments;

	va_start(arguments, why);
	failure(name, why, arguments);
	va_end(arguments);
	finish();
}

void leave(uint8_t status)
{
	outb(ISA_DEBUG_EXIT, status);
	for (;;)
		__asm__ volatile("cli; hlt");
}
