/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The /init that every benchmarked boot must reach. It says what it got, in one line, and ends QEMU with status 33.
 * No C library, so that the figures hold nothing but the kernel's own work.
 */
#include <stdint.h>

enum { SYS_READ = 0, SYS_WRITE = 1, SYS_OPEN = 2, SYS_PAUSE = 34, SYS_MOUNT = 165, SYS_IOPL = 172 };

static char out[4096], buffer[65536];
static unsigned length;

static long system_call(long number, const void *a, const void *b, long c, long d)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = 0;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return result;
}

static void put(const char *text)
{
	while (*text && length < sizeof(out))
		out[length++] = *text++;
}

static void put_hex(uint64_t value)
{
	char digits[17];
	int i = 16;

	digits[16] = 0;
	do {
		digits[--i] = "0123456789abcdef"[value & 15];
		value >>= 4;
	} while (value);
	put(digits + i);
}

/* FNV-1a over 64-bit words: quick enough under emulation, and it tells any two orders apart. */
static uint64_t hash_of(const char *path)
{
	uint64_t hash = 0xcbf29ce484222325u;
	long file = system_call(SYS_OPEN, path, 0, 0, 0), size;

	while ((size = system_call(SYS_READ, (void *)file, buffer, sizeof(buffer), 0)) > 0)
		for (long i = 0; i + 8 <= size; i += 8)
			hash = (hash ^ *(uint64_t *)(buffer + i)) * 0x100000001b3u;
	return hash;
}

static void put_line_of(const char *path)
{
	long file = system_call(SYS_OPEN, path, 0, 0, 0);
	long size = system_call(SYS_READ, (void *)file, buffer, 2048, 0);

	buffer[size > 0 ? size - (buffer[size - 1] == '\n') : 0] = 0;
	put(buffer);
}

__attribute__((noreturn, used)) void start(void)
{
	system_call(SYS_MOUNT, "proc", "/proc", (long)"proc", 0);
	system_call(SYS_MOUNT, "sysfs", "/sys", (long)"sysfs", 0);
	put("\n@init blob=");
	put_hex(hash_of("/blob"));
	put(" efi=");
	put_line_of("/sys/firmware/efi/fw_platform_size");
	put(" cmdline=");
	put_line_of("/proc/cmdline");
	put(" @end\n");
	system_call(SYS_WRITE, (void *)1, out, length, 0);
	if (system_call(SYS_IOPL, (void *)3, 0, 0, 0) == 0)
		__asm__ volatile("outl %0, %1" : : "a"(0x10), "Nd"((uint16_t)0xf4));
	for (;;)
		system_call(SYS_PAUSE, 0, 0, 0, 0);
}

__asm__(".globl _start\n_start:\n\tandq $-16, %rsp\n\tcall start\n");
