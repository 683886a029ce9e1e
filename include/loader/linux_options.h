/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The options of Linux's command line that its EFI stub acts on before there is a kernel, for a kernel that is entered without its
 * stub. Source: Linux 6.1, 6.12 and 7.2, drivers/firmware/efi/libstub/{efi-stub-helper,file,gop}.c. docs/linux-parity.md has a row
 * for each option.
 */
#ifndef LOADER_LINUX_OPTIONS_H
#define LOADER_LINUX_OPTIONS_H

#include <loader/screen_choice.h>
#include <mm/printer.h>

struct linux_options {
	bool no_initrd;        /* noinitrd: no initrd is loaded */
	bool no_soft_reserve;  /* efi=nosoftreserve: memory for a special purpose (EFI_MEMORY_SP) is plain RAM in e820 */
	bool disable_pci_dma;  /* efi=disable_early_pci_dma: only the stub switches bus mastering off */
	bool memory_encryption; /* mem_encrypt=on: only the bzImage's own code passes it on */
	bool no_chunk;         /* efi=nochunk: about the stub's own way to read files */
	struct screen_request screen; /* video=efifb: */
};

/* Reads all options but initrd=. Of an option that stands several times the last counts, as in the stub; -- ends them. */
void linux_options_read(const char *command_line, struct linux_options *options);

/* A file that an option initrd= names, as a part of the command line. */
struct linux_initrd {
	const char *name; /* without slashes in front; it may be empty */
	size_t length;
	bool device_path; /* it names its volume, too: since Linux 6.5 the stub understands that */
};

/*
 * Takes the next initrd= from the text at *at; false at its end. The stub looks for the letters anywhere, also in quotes, behind
 * another option's name, and behind --; a name ends at a blank.
 */
bool linux_initrd_next(const char **at, struct linux_initrd *initrd);

/* Whether any initrd= names its volume. */
bool linux_initrd_needs_stub(const char *command_line);

/* Writes the file's path, with backslashes, from the volume's root; false, with an empty text, when it does not fit. */
bool linux_initrd_path(const struct linux_initrd *initrd, char *path, size_t capacity);

/*
 * Whether only the kernel's own EFI stub can do what the command line wants of a bzImage (or of a prepared one, whose bzImage is
 * started instead): prints which option it is, without a newline.
 */
bool linux_options_need_stub(const char *command_line, struct printer *why);

#endif
