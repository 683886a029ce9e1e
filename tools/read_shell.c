/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the UEFI shell's `memmap` prints, to the screen ("BS_Data  START-LAST PAGES ATTRIBUTES") or with -sfo
 * (MemoryMap,"BS_Data","START","LAST","PAGES","ATTRIBUTES"). Source: edk2's ShellPkg.
 */
#include "names.h"

/* A type without a name is printed as its number. */
static bool shell_type(const struct text *word, uint32_t *type)
{
	struct text rest = *word;
	uint64_t number;

	if (efi_type_named(word, NAMING_SHELL, type) || efi_type_named(word, NAMING_OLD_SHELL, type))
		return true;
	if (text_size(word) != 8 || !text_hex(&rest, &number) || rest.at != rest.end)
		return false;
	*type = (uint32_t)number;
	return true;
}

static bool next_number(struct text *line, uint64_t *value)
{
	text_skip_blanks(line);
	return text_hex(line, value);
}

/* What people write behind the last number is their business. */
static bool ends(const struct text *line, bool standard_format)
{
	return line->at == line->end ? !standard_format : *line->at == (standard_format ? '"' : ' ');
}

static enum line_kind shell_line(struct map_source *source, struct text line)
{
	uint64_t start, last, pages, counted, attribute;
	bool standard_format = text_skip(&line, "MemoryMap,\"");
	const char *between = standard_format ? "\",\"" : " ";
	struct text word = line;
	uint32_t type;

	if (standard_format) {
		if (!text_find(&line, "\",\""))
			return LINE_DAMAGED;
		word.end = line.at - 3;
	} else if (!text_word(&line, &word)) {
		return LINE_OTHER;
	}
	if (!shell_type(&word, &type))
		return LINE_OTHER;
	text_skip_blanks(&line);
	word = line;
	if (!text_hex(&line, &start) || (!standard_format && line.at - word.at < 8) ||
	    !text_skip(&line, standard_format ? between : "-"))
		return LINE_OTHER;
	if (!text_hex(&line, &last) || !text_skip(&line, between) || !next_number(&line, &pages) ||
	    !text_skip(&line, between) || !next_number(&line, &attribute) || !ends(&line, standard_format) ||
	    !range_pages(start, (unsigned __int128)last + (last != start - 1), &counted) || counted != pages)
		return LINE_DAMAGED;
	source_add_efi(source, type, start, pages, attribute);
	return LINE_READ;
}

const struct map_reader shell_reader = {
	.kind = "UEFI shell memmap", .line = shell_line,
	.needed = "TYPE START-LAST PAGES ATTRIBUTES in hexadecimal, with as many pages as the range has"
};
