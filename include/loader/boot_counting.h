/* SPDX-License-Identifier: BSD-2-Clause */
/* Boot counting of the Boot Loader Specification: tries left and done, in an entry's file name NAME+LEFT-DONE.conf. */
#ifndef LOADER_BOOT_COUNTING_H
#define LOADER_BOOT_COUNTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct boot_counter {
	bool counted;
	uint32_t left;  /* tries; 0 and counted: the entry is bad */
	uint32_t done;
	size_t stem;    /* bytes of the name in front of the counter, or of .conf */
};

/* Reads the counter of a file name; what looks like none, or has a number above 2^31 - 1, is a name without one. */
struct boot_counter boot_counter_parse(const char *name);

/*
 * The name after one more try: left goes down to 0 at least, done up. False when the name is not counted or the new one
 * and its NUL do not fit into capacity bytes; *to is undefined then.
 */
bool boot_counter_next_name(const char *name, char *to, size_t capacity);

#endif
