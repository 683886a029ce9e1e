/* SPDX-License-Identifier: BSD-2-Clause */
/* Formats whose lines speak for themselves: finding out that a text is one, and reading it. */
#include "file_content.h"
#include "line_form.h"
#include "progress.h"

#define FORGET_STEP ((ptrdiff_t)4 << 20)

void reading(struct map_source *source, const char *data, const char *at, size_t size)
{
	progress("reading", (size_t)(at - data), size);
	if (!source->forgets_text)
		return;
	if (!source->forgotten)
		source->forgotten = data;
	if (at - source->forgotten < FORGET_STEP)
		return;
	content_forget(source->forgotten, at);
	source->forgotten = at;
}

/* Which of the readers is asked, and how many may be. */
static size_t asked, readers = 1;

void sniff_reader(size_t number, size_t count)
{
	asked = number;
	readers = count;
}

void sniff_progress(size_t done, size_t total)
{
	progress("finding out what it is", asked * total + done, readers * total);
}

static enum line_kind kind_of(const struct map_reader *reader, struct map_source *source, struct text line)
{
	return reader->forms ? read_form_line(reader, source, line) : reader->line(source, line);
}

/* Whether a line of the text is read, or damaged unless only good ones count. */
static bool has_line(const struct map_reader *reader, const char *data, size_t size, bool good_only)
{
	struct text rest = { data, data + size }, line;
	struct map_source found = { .name = NULL };
	enum line_kind kind = LINE_OTHER;

	while (kind == LINE_OTHER && text_line(&rest, &line)) {
		sniff_progress((size_t)(rest.at - data), size);
		kind = kind_of(reader, &found, line);
		if (kind == LINE_DAMAGED && good_only)
			kind = LINE_OTHER;
	}
	map_source_free(&found);
	return kind != LINE_OTHER;
}

/* One good line will do; so will a damaged one, which is then named. What patterns call damaged may be anything. */
bool probe_lines(const struct map_reader *reader, const char *data, size_t size)
{
	return (!reader->forms || may_have_forms(reader, data, size)) && has_line(reader, data, size, reader->forms);
}

bool probe_good_line(const struct map_reader *reader, const char *data, size_t size)
{
	return has_line(reader, data, size, true);
}

void parse_lines(const struct map_reader *reader, struct map_source *source, const char *data, size_t size)
{
	struct text rest = { data, data + size }, line;

	for (size_t number = 1; text_line(&rest, &line); number++) {
		if (kind_of(reader, source, line) == LINE_DAMAGED)
			source_note_damaged(source, number, &line, reader->needed);
		reading(source, data, rest.at, size);
	}
	if (reader->forms)
		read_forms_end(source);
}
