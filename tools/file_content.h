/* SPDX-License-Identifier: BSD-2-Clause */
/* The bytes of a file, as text where they are text. */
#ifndef TOOLS_FILE_CONTENT_H
#define TOOLS_FILE_CONTENT_H

#include <stddef.h>

struct content {
	char *data; /* on the heap, a NUL behind it that size does not count */
	size_t size;
};

/* All of an open file, a pipe, or a file of /proc or /sys. 0, or an errno and *content untouched. */
int content_read(int file, struct content *content);

/* Takes escape sequences of terminals away, which `dmesg` writes for colours and a serial console for its screen. */
void content_strip_escapes(struct content *content);

/* Gives the memory of [from, to) back to the system, which then has zeros there: whole pages of a heap block. */
void content_forget(const char *from, const char *to);

/* Makes UTF-8 of UTF-16 (the UEFI shell writes it), and takes a byte order mark away. 0, or an errno. */
int content_to_utf8(struct content *content);

#endif
