/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The comma-separated list that loaders of teaching kernels (MikanOS and its kin) write:
 * "3, 7, EfiConventionalMemory, 00100000, F00, F", numbers in hexadecimal except for the first, the index.
 */
#include "map_reader.h"

static bool comma(struct text *line)
{
	if (!text_skip(line, ","))
		return false;
	text_skip_blanks(line);
	return true;
}

static enum line_kind csv_line(struct map_source *source, struct text line)
{
	uint64_t index, type, start, pages, attribute;

	if (!text_decimal(&line, &index) || !comma(&line) || !text_hex(&line, &type) || !comma(&line))
		return LINE_OTHER;
	if (type > UINT32_MAX || !text_find(&line, ",") || (text_skip_blanks(&line), !text_hex(&line, &start)) ||
	    !comma(&line) || !text_hex(&line, &pages) || !comma(&line) || !text_hex(&line, &attribute))
		return LINE_DAMAGED;
	source_add_efi(source, (uint32_t)type, start, pages, attribute);
	return LINE_READ;
}

const struct map_reader csv_reader = {
	.kind = "comma-separated EFI map", .line = csv_line,
	.needed = "INDEX, TYPE, NAME, START, PAGES, ATTRIBUTES with numbers in hexadecimal"
};
