/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TOOLS_READ_DUMP_LINE_H
#define TOOLS_READ_DUMP_LINE_H

#include "map_reader.h"

/* A descriptor as the loader prints it; *index is its number, unless it is LINE_OTHER. */
enum line_kind read_dump_line(struct map_source *source, struct text line, uint64_t *index);

/* The other lines with facts. Whether it is the one that starts the loader's map. */
bool read_dump_fact(struct map_source *source, struct text line);

#endif
