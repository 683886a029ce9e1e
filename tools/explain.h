/* SPDX-License-Identifier: BSD-2-Clause */
/* Everything that a map tells about an address or a range, in sentences. */
#ifndef TOOLS_EXPLAIN_H
#define TOOLS_EXPLAIN_H

#include "map_view.h"

/* Explains [first, last] (inclusive), level by level. */
void explain_range(const struct map_view *view, uint64_t first, uint64_t last, struct printer *out);

#endif
