/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TOOLS_UTF8_H
#define TOOLS_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Writes the character of that code point, below 0x110000; the bytes written, at most 4. */
size_t put_utf8(char *out, uint32_t c);

/* Bytes of the character at text, NUL-terminated; 0 when it is none. Overlong forms and surrogates are none. */
size_t utf8_length(const char *text);

#endif
