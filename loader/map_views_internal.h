/* SPDX-License-Identifier: BSD-2-Clause */
/* Internal to loader/: the single views of map_views.c. Each prints its lines. */
#ifndef LOADER_MAP_VIEWS_INTERNAL_H
#define LOADER_MAP_VIEWS_INTERNAL_H

#include <loader/map_views.h>

#include "plan_internal.h"

void map_view_efi(const struct map_views *views, struct printer *out);
void map_view_e820(const struct map_views *views, struct printer *out);
void map_view_trace(const struct map_views *views, struct printer *out);
void map_view_reservations(const struct boot_plan *plan, struct printer *out);
void map_view_iomem(struct map_views *views, struct printer *out);
void map_view_page_tables(const struct boot_plan *plan, struct printer *out);

/* The last byte of a descriptor; false, and *last untouched, when it has none or passes 2^64. */
bool map_view_last(const struct efi_memory_desc *desc, uint64_t *last);

/* "000000100000-00000010ffff " */
void map_view_span(uint64_t start, uint64_t last, struct printer *out);

#endif
