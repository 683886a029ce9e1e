/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command-line options that change an e820 map: mem= and memmap=, in all of Linux's forms (its
 * Documentation/admin-guide/kernel-parameters.txt). Stricter than Linux in one way: an option is read to its end before
 * anything changes, and junk, overflow and a size of nothing are refused instead of half applied.
 */
#ifndef MM_E820_OPTIONS_H
#define MM_E820_OPTIONS_H

#include <mm/e820.h>

/*
 * Reads a number: decimal, octal after 0 or hexadecimal after 0x, then perhaps one of the suffixes K M G T P E (powers
 * of 1024, either case). Reads from text up to end (exclusive). Stores the value, and in *stop where reading stopped.
 * MM_EINVAL when there is no digit, MM_EOVERFLOW above 2^64 - 1; *value is untouched then.
 */
int e820_parse_size(const char *text, const char *end, const char **stop, uint64_t *value);

enum e820_option_action {
	E820_OPTION_EXACTMAP, /* empty the table */
	E820_OPTION_LIMIT,    /* remove RAM at and above start */
	E820_OPTION_ADD,      /* add [start, start + size) as new_type */
	E820_OPTION_UPDATE,   /* change old_type to new_type there */
	E820_OPTION_REMOVE    /* remove old_type there, any type when it is 0 */
};

struct e820_option {
	enum e820_option_action action;
	uint64_t start;
	uint64_t size;
	uint32_t old_type;
	uint32_t new_type;
};

/*
 * Reads the value of mem=: SIZE, which limits RAM. MM_EINVAL for no number, for 0, for "nopentium" (which only 32-bit
 * kernels know) and for junk behind the number; MM_EOVERFLOW for a number above 2^64 - 1. On error *stop is the
 * character that is wrong (end, when something is missing) and *option is untouched.
 */
int e820_parse_mem(const char *text, const char *end, const char **stop, struct e820_option *option);

/*
 * Reads one element of memmap= (no comma): SIZE@START RAM, SIZE#START ACPI data, SIZE$START reserved, SIZE!START
 * persistent (type 12), SIZE%START[-OLD][+NEW], SIZE alone like mem=, or exactmap. Errors as e820_parse_mem;
 * MM_EOVERFLOW also when the range passes 2^64, MM_ERANGE for a type above 2^32 - 1, MM_EINVAL when OLD and NEW are
 * equal.
 */
int e820_parse_memmap(const char *text, const char *end, const char **stop, struct e820_option *option);

/*
 * Carries out one option on a table, which is not sanitised afterwards: call e820_update_table when the last is done.
 * MM_ENOSPC, and the table untouched, when it is too small.
 */
int e820_apply_option(struct e820_table *table, const struct e820_option *option);

/*
 * Carries out the value of a whole mem= (or memmap=, with its commas). Nothing is changed unless all of it is right;
 * errors as above. MM_ENOSPC when the table is too small: the elements of memmap= before *stop have been carried out
 * then.
 */
int e820_apply_mem(struct e820_table *table, const char *text, const char *end, const char **stop);
int e820_apply_memmap(struct e820_table *table, const char *text, const char *end, const char **stop);

/*
 * Carries out every mem= and memmap= of a command line in their order: words divided by blanks, double quotes around
 * blanks, nothing behind a word "--". One that is wrong is left out and told to out (may be null). *applied counts
 * those that were carried out; when it is not 0, e820_update_table must follow. Returns 0, or the first error.
 */
int e820_apply_command_line(struct e820_table *table, const char *command_line, size_t *applied, struct printer *out);

#endif
