/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LOADER_BLS_VERSION_H
#define LOADER_BLS_VERSION_H

#include <stddef.h>

/*
 * The order of two version strings, as the UAPI group's Version Format Specification has it: negative when a is older,
 * positive when it is newer, 0 when neither is. Lengths in bytes, the texts need no NUL. Numbers of any length.
 */
int bls_version_compare(const char *a, size_t a_length, const char *b, size_t b_length);

#endif
