/* SPDX-License-Identifier: BSD-2-Clause */
/* What `mapbridge check` looks for. Each part prints its findings to standard output and returns their number. */
#ifndef TOOLS_CHECK_H
#define TOOLS_CHECK_H

#include "map_source.h"

size_t check_efi(const struct map_source *source);
size_t check_e820(const struct map_source *source);
/* The EFI map and the e820 map of the same boot. */
size_t check_pair(const struct map_source *source);

/* "finding: TEXT", which counts; "note: TEXT", which does not. Each is a line. */
void finding(const char *format, ...) __attribute__((format(printf, 1, 2)));
void remark(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "usable", "type 20"...; "nothing" for 0. The text is overwritten by the fourth call after it. */
const char *e820_name(uint32_t type);

#endif
