/* SPDX-License-Identifier: BSD-2-Clause */
/* What a file is that cannot be started as the entry says, and what to write instead: for messages only. */
#ifndef LOADER_FILE_KIND_H
#define LOADER_FILE_KIND_H

#include <mm/types.h>

struct file_kind {
	const char *what;   /* "gzip-compressed data" */
	const char *advice; /* "unpack it with gzip -d and name the result" */
};

/*
 * Tells by the first bytes of a file, KERNEL_HEAD_SIZE of them or all; null when they are of no kind that is known.
 * Sources: each format's specification, magic numbers as in file(1).
 */
const struct file_kind *file_kind_of(const uint8_t *head, size_t head_size);

/* Whether it is a PE file whose machine x86-64 firmware cannot start. */
bool file_kind_is_foreign(const struct file_kind *kind);

/*
 * 1 or 2 when the file has a valid header of that version of the Multiboot Specification, else 0. Source: Multiboot
 * 0.6.96, section 3.1; Multiboot2 2.0, section 3.1.
 */
unsigned file_multiboot_version(const uint8_t *head, size_t head_size);

/* What to do with a multiboot kernel. */
#define MULTIBOOT_ADVICE \
	"mapbridge has no multiboot; name its EFI program with the key efi when it has one (as Xen has xen.efi), or start it " \
	"with GRUB's multiboot commands"

#endif
