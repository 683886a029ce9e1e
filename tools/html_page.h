/* SPDX-License-Identifier: BSD-2-Clause */
/* A map as one HTML page that needs nothing else: picture, tables, what became of what, search. */
#ifndef TOOLS_HTML_PAGE_H
#define TOOLS_HTML_PAGE_H

#include "map_view.h"

void html_print(const struct map_view *view, struct printer *out);

#endif
