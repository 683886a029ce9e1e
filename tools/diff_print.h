/* SPDX-License-Identifier: BSD-2-Clause */
/* Two maps compared, as text. */
#ifndef TOOLS_DIFF_PRINT_H
#define TOOLS_DIFF_PRINT_H

#include "map_view.h"

enum diff_result { DIFF_SAME, DIFF_DIFFERENT, DIFF_NOTHING_IN_COMMON };

/*
 * Compares every level that both maps have, and prints what differs, with owners and totals, and whether Linux would
 * resume from hibernation. Nothing is printed when there is no level that both have.
 */
enum diff_result diff_print(const struct map_view *a, const struct map_view *b, struct printer *out);

#endif
