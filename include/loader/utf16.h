/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LOADER_UTF16_H
#define LOADER_UTF16_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Translates NUL-terminated UTF-8 to NUL-terminated UTF-16 of at most capacity units with the NUL; never more units
 * than the text has bytes with its NUL. False for what is no UTF-8 (overlong forms and surrogates are none) or does not
 * fit; *to is undefined then, and *bad (may be null) is the offset of the byte where it ended.
 */
bool utf8_to_utf16(const char *text, uint16_t *to, size_t capacity, size_t *bad);

#endif
