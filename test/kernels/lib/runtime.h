/* SPDX-License-Identifier: BSD-2-Clause */
/* What every test kernel needs: a console, checks that are counted, options, a checksum, and the way out. */
#ifndef KERNELS_RUNTIME_H
#define KERNELS_RUNTIME_H

#include <loader/boot_params.h>
#include <loader/handoff.h>
#include <mm/printer.h>
#include <mm/types.h>

/* Written to QEMU's isa-debug-exit; QEMU's own status is then twice the number, plus one. */
enum { EXIT_PASSED = 0x10, EXIT_FAILED = 0x11, EXIT_EXCEPTION = 0x12 };

/* The first serial port, 115200 baud, "\n" sent as "\r\n". */
extern struct printer *com1;

/* A kernel's own code. When it returns, the totals are printed and the machine is left. */
void kernel_main(struct boot_params *boot_params);

/* Called by entry.S. */
void runtime_start(void);

/* Prints "PASS name" or "FAIL name: why", and counts. Returns good. */
bool check(bool good, const char *name, const char *why, ...) __attribute__((format(printf, 3, 4)));

/* check(actual == wanted), which prints both numbers in hexadecimal when they differ. */
bool check_equal(uint64_t actual, uint64_t wanted, const char *name);

/* Prints "N passed, N failed" and leaves with EXIT_PASSED only when something passed and nothing failed. */
void finish(void) __attribute__((noreturn));

/* For a kernel that cannot go on: counts a failure of that name and finishes. */
void panic(const char *name, const char *why, ...) __attribute__((noreturn, format(printf, 2, 3)));

/* Leaves QEMU with that status; on other machines stops for ever. */
void leave(uint8_t status) __attribute__((noreturn));

/*
 * The value of "name=value" on the command line, up to the next blank; false when the option is not there. value is cut
 * off at capacity - 1 bytes. command_line_number reads it as hexadecimal and is false for anything else, too.
 */
bool command_line_option(const struct boot_params *boot_params, const char *name, char *value, size_t capacity);
bool command_line_number(const struct boot_params *boot_params, const char *name, uint64_t *value);

/* CRC-32 (IEEE 802.3, as zlib and UEFI) of size bytes, continued from crc: 0 at the start. */
uint32_t crc32(uint32_t crc, const void *data, size_t size);

/* Addresses that boot_params holds in two halves, or under a long name. */
uint64_t boot_params_initrd(const struct boot_params *boot_params);
uint64_t boot_params_initrd_size(const struct boot_params *boot_params);
uint64_t boot_params_command_line(const struct boot_params *boot_params);
uint64_t boot_params_efi_memmap(const struct boot_params *boot_params);
uint64_t boot_params_efi_systab(const struct boot_params *boot_params);

/* The SETUP_MAPBRIDGE node's data through the identity map, or null. Its reservations start at ->size. */
const struct mapbridge_handoff *find_handoff(const struct boot_params *boot_params);
const struct mapbridge_reservation *handoff_reservations(const struct mapbridge_handoff *handoff);

/* A physical address as a pointer: for memory that the loader has mapped at its own address. */
static inline void *identity(uint64_t phys)
{
	return (void *)phys;
}

/* Section borders, named as in Linux's vmlinux.lds. */
extern char _text[], _etext[], __start_rodata[], __end_rodata[], _sdata[], _edata[], __bss_start[], __bss_stop[];
extern char _brk_end[], _end[];

#define START_KERNEL_MAP UINT64_C(0xffffffff80000000) /* Linux: __START_KERNEL_map */

/* Physical address of a symbol of this kernel (Linux: __pa_symbol). */
static inline uint64_t pa_symbol(const char *symbol)
{
	return (uint64_t)symbol - START_KERNEL_MAP;
}

#endif
