/* SPDX-License-Identifier: BSD-2-Clause */
/* Formats whose lines speak for themselves: finding out that a text is one, and reading it. */
#include "map_reader.h"
#include "progress.h"

/* One good line will do; so will a damaged one, which is then named. */
bool probe_lines(const struct map_reader *reader, const char *data, size_t size)
{
	struct text rest = { data, data + size }, line;
	struct map_source found = { .name = NULL };
	enum line_kind kind = LINE_OTHER;

	while (kind == LINE_OTHER && text_line(&rest, &line))
		kind = reader->line(&found, line);
	map_source_free(&found);
	return kind != LINE_OTHER;
}

void parse_lines(const struct map_reader *reader, struct map_source *source, const char *data, size_t size)
{
	struct text rest = { data, data + size }, line;

	for (size_t number = 1; text_line(&rest, &line); number++) {
		progress("reading", (size_t)(rest.at - data), size);
		if (reader->line(source, line) == LINE_DAMAGED)
			source_note_damaged(source, number, &line, reader->needed);
	}
}
