/* SPDX-License-Identifier: BSD-2-Clause */
/* UTF-8, which the configuration is written in, and UTF-16, which firmware and FAT have. Source: The Unicode Standard, chapter 3. */
#ifndef LOADER_UTF16_H
#define LOADER_UTF16_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint16_t utf16_unit __attribute__((aligned(1))); /* of a text that firmware has put anywhere */

#define UTF_BAD UINT32_MAX /* in place of a character */

/*
 * The character that size bytes (at least 1) of UTF-8 begin with; *length: the bytes that it takes. UTF_BAD for what is no
 * UTF-8 (overlong forms and surrogates are none), with the length of what one U+FFFD stands for: one byte, or as many as begin
 * a character that is not completed.
 */
uint32_t utf8_next(const char *text, size_t size, size_t *length);

/* The same for UTF-16, of count units (at least 1). UTF_BAD, and 1, for a surrogate without its other half. */
uint32_t utf16_next(const utf16_unit *text, size_t count, size_t *length);

/* How many of length bytes of UTF-8 to take when there is room for that many: no character is cut in two. */
size_t utf8_cut(const char *text, size_t length, size_t room);

/* Writes a character (up to U+10FFFF) as UTF-8, without a NUL; returns its bytes, 1 to 4. */
size_t utf8_put(uint32_t code, char *to);

/*
 * Translates NUL-terminated UTF-8 to NUL-terminated UTF-16 of at most capacity units with the NUL; never more units
 * than the text has bytes with its NUL. False for what is no UTF-8 (overlong forms and surrogates are none) or does not
 * fit; *to is undefined then, and *bad (may be null) is the offset of the byte where it ended.
 */
bool utf8_to_utf16(const char *text, uint16_t *to, size_t capacity, size_t *bad);

/*
 * Translates UTF-16, up to its first NUL or count units, to NUL-terminated UTF-8 of at most capacity bytes (at least 1) with
 * the NUL: a unit becomes 3 bytes at most. What is no pair of surrogates becomes U+FFFD. Returns the length of all of it without the NUL:
 * when that is capacity or more, whole characters at its end are missing.
 */
size_t utf16_to_utf8(const utf16_unit *from, size_t count, char *to, size_t capacity);

#endif
