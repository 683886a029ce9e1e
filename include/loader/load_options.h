/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The entry that the load options of the program name: "BOOTX64.EFI test.conf" of a UEFI shell, "test.conf" of a boot option.
 * Firmware puts other things there too (the name of the program, a GUID, other binary data): a name is what ends in .conf.
 */
#ifndef LOADER_LOAD_OPTIONS_H
#define LOADER_LOAD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of text that load_options_parse needs for options of size bytes. */
size_t load_options_room(size_t size);

/*
 * Translates load options, UTF-16 or (as efibootmgr writes them without -u) ASCII, to UTF-8 in text, up to the last word that
 * ends in .conf, whatever its case. False, with an empty text, when there is none: no entry is asked for. *rest: whether words
 * follow it. options may have any alignment and need no NUL; what is no UTF-16 becomes U+FFFD.
 */
bool load_options_parse(const void *options, size_t size, char *text, bool *rest);

/*
 * A file name may have blanks, and the program's own name may come first: the ways to read the text as the name of an entry,
 * the longest first. previous: null, or the reading before. Null: there are no more.
 */
const char *load_options_reading(const char *text, const char *previous);

/* What the text most likely means, for messages: what stands after its last quotation mark, else its last word. */
const char *load_options_name(const char *text);

#endif
