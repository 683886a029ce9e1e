/* SPDX-License-Identifier: BSD-2-Clause */
/* GRUB's lsefimmap: "conv-mem  START-LAST PAGES 4KiB RT WB". Source: grub-core/commands/efi/lsefimmap.c. */
#include "names.h"

/* A type without a name is printed as "Unk 0f", in hexadecimal. */
static bool grub_type(struct text *line, uint32_t *type)
{
	struct text word, rest = *line;
	uint64_t number;

	if (!text_word(&rest, &word))
		return false;
	if (efi_type_named(&word, NAMING_GRUB, type)) {
		*line = rest;
		return true;
	}
	if (!text_equals(&word, "Unk") || !text_word(&rest, &word) || !text_hex(&word, &number) ||
	    word.at != word.end || number > UINT32_MAX)
		return false;
	*line = rest;
	*type = (uint32_t)number;
	return true;
}

static enum line_kind grub_line(struct map_source *source, struct text line)
{
	uint64_t start, last, pages, counted, attribute = 0;
	struct text word;
	uint32_t type;

	if (!grub_type(&line, &type))
		return LINE_OTHER;
	text_skip_blanks(&line);
	if (!text_hex(&line, &start) || !text_skip(&line, "-"))
		return LINE_OTHER;
	if (!text_hex(&line, &last) || !text_skip(&line, " ") || !text_hex(&line, &pages) ||
	    !text_word(&line, &word))
		return LINE_DAMAGED;
	/* a size tells it from the UEFI shell's lines; the pages say it already */
	if (word.end[-1] != 'B')
		return LINE_OTHER;
	if (!range_pages(start, (unsigned __int128)last + (last != start - 1), &counted) || counted != pages)
		return LINE_DAMAGED;
	while (text_word(&line, &word))
		if (!efi_attribute_named(&word, &attribute))
			return LINE_DAMAGED;
	source_add_efi(source, type, start, pages, attribute);
	return LINE_READ;
}

const struct map_reader grub_reader = {
	.kind = "GRUB lsefimmap", .line = grub_line,
	.needed = "TYPE START-LAST PAGES SIZE ATTRIBUTE..., with as many pages as the range has"
};
