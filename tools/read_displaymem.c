/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * displaymem of GRUB 0.97 and its kin: "Usable RAM:  Base Address:  0x0 X 4GB + 0x100000," and in the next line
 * "Length:   0x0 X 4GB + 0x3ef0000 bytes". Everything that is no RAM is "Reserved" there.
 */
#include "map_reader.h"
#include "progress.h"

#define NEEDED "TYPE: Base Address: N X 4GB + N, and then Length: N X 4GB + N bytes"

/* The first half of an entry, until the line with its length comes. */
struct entry_start {
	uint64_t start;
	uint32_t type;
	bool known;
};

static bool take_number(struct text *text, uint64_t *value)
{
	text_skip_blanks(text);
	return (text_0x(text, value) || text_decimal(text, value)) &&
	       (text->at == text->end || *text->at == ' ' || *text->at == ',');
}

/* "0x0 X 4GB + 0x100000" */
static bool take_halves(struct text *text, uint64_t *value)
{
	uint64_t low;

	if (!take_number(text, value) || *value > UINT32_MAX)
		return false;
	text_skip_blanks(text);
	if (!text_skip(text, "X 4GB +") || !take_number(text, &low) || low > UINT32_MAX)
		return false;
	*value = *value << 32 | low;
	return true;
}

static enum line_kind read_line(struct map_source *source, struct entry_start *entry, struct text line)
{
	struct text rest = line, word = line;
	uint64_t size;

	if (text_find(&rest, "Base Address:")) {
		*entry = (struct entry_start){ .type = text_find(&word, "able RAM") ? E820_TYPE_RAM : E820_TYPE_RESERVED };
		entry->known = take_halves(&rest, &entry->start);
		if (!entry->known)
			return LINE_DAMAGED;
		line = rest; /* some put the length behind it */
	}
	if (!text_find(&line, "Length:"))
		return LINE_OTHER;
	if (!entry->known)
		return LINE_OTHER;
	entry->known = false;
	if (!take_halves(&line, &size) || !size || entry->start + (size - 1) < entry->start)
		return LINE_DAMAGED;
	source_add_e820(source, "BIOS-e820", entry->start, size, entry->type);
	return LINE_READ;
}

static bool displaymem_probe(const char *data, size_t size)
{
	struct text rest = { data, data + size }, line;

	while (text_line(&rest, &line)) {
		sniff_progress((size_t)(rest.at - data), size);
		if (text_find(&line, "Base Address:") && text_find(&line, " X 4GB + "))
			return true;
	}
	return false;
}

static int displaymem_parse(struct map_source *source, const char *data, size_t size)
{
	struct entry_start entry = { .known = false };
	struct text rest = { data, data + size }, line = rest;
	size_t number = 0;

	while (text_line(&rest, &line)) {
		bool open = entry.known;
		enum line_kind kind = read_line(source, &entry, line);
		struct text word = line;

		number++;
		progress("reading", (size_t)(rest.at - data), size);
		if (kind == LINE_DAMAGED || (open && kind == LINE_OTHER && text_find(&word, "Base Address:")))
			source_note_damaged(source, number, &line, NEEDED);
	}
	if (entry.known)
		source_note_damaged(source, number, &line, NEEDED);
	return 0;
}

const struct map_reader displaymem_reader = {
	.kind = "GRUB displaymem", .probe = displaymem_probe, .parse = displaymem_parse
};
