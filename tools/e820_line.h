/* SPDX-License-Identifier: BSD-2-Clause */
/* What lines of printed e820 tables have in common, Linux's and Xen's. */
#ifndef TOOLS_E820_LINE_H
#define TOOLS_E820_LINE_H

#include "map_reader.h"

/* "usable", "System RAM", "type 20", "persistent (type 12)"...: takes it off *text. */
bool parse_e820_type(struct text *text, uint32_t *type);

/*
 * "START - END (TYPE)" or "START - END type 20", END exclusive: Linux before 3.4, and Xen. *text may have any end.
 */
bool parse_old_e820(struct text text, uint64_t *start, uint64_t *size, uint32_t *type);

#endif
