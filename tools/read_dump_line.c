/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The loader's own words about the firmware's map, on a serial console or in the text that it saves beside an .efimap
 * file: "mem00 Boot Code    START-LAST SIZE KiB WB WT WC UC", see loader/map_lines.c.
 */
#include "names.h"

#include <string.h>

#define NAME_WIDTH 12

/* The name in its column, or "type 80000001". */
static bool dump_type(struct text *line, uint32_t *type)
{
	struct text name, number;
	uint64_t value;

	if (text_size(line) < NAME_WIDTH)
		return false;
	name = text_trimmed((struct text){ line->at, line->at + NAME_WIDTH });
	if (efi_type_named(&name, NAMING_LINUX, type)) {
		line->at += NAME_WIDTH;
		return true;
	}
	number = *line;
	if (!text_skip(&number, "type ") || !text_hex(&number, &value) || value > UINT32_MAX)
		return false;
	*type = (uint32_t)value;
	*line = number;
	return true;
}

/* Words, or a number of 16 digits when a bit has no word. */
static bool dump_attributes(struct text line, uint64_t *attribute)
{
	struct text word;

	*attribute = 0;
	while (text_word(&line, &word)) {
		if (text_size(&word) == 16 && text_hex(&word, attribute) && word.at == word.end)
			continue;
		if (!efi_attribute_named(&word, attribute))
			return false;
	}
	return true;
}

enum line_kind read_dump_line(struct map_source *source, struct text line, uint64_t *index)
{
	uint64_t start, last, kib, pages, attribute;
	const char *digits;
	uint32_t type;

	if (!text_skip(&line, "mem") || !text_decimal(&line, index) || !text_skip(&line, " ") || !dump_type(&line, &type))
		return LINE_OTHER;
	text_skip_blanks(&line);
	digits = line.at;
	if (!text_hex(&line, &start) || line.at - digits < NAME_WIDTH || !text_skip(&line, "-"))
		return LINE_OTHER;
	if (!text_hex(&line, &last) || !text_skip(&line, " ") || (text_skip_blanks(&line), !text_decimal(&line, &kib)) ||
	    !text_skip(&line, " KiB") || !dump_attributes(line, &attribute) || kib % 4 || last != start + kib * 1024 - 1)
		return LINE_DAMAGED;
	pages = kib / 4;
	source_add_efi(source, type, start, pages, attribute);
	return LINE_READ;
}

/* Facts of the map, and of the text that is saved. */
bool read_dump_fact(struct map_source *source, struct text line)
{
	uint64_t count, stride, version;

	if (text_skip(&line, "EFI memory map: ") && text_decimal(&line, &count) && text_skip(&line, " descriptors of ") &&
	    text_decimal(&line, &stride) && text_skip(&line, " bytes, version ") && text_decimal(&line, &version)) {
		source->efi_stride = stride;
		source->efi_size = count <= UINT64_MAX / (stride ? stride : 1) ? count * stride : 0;
		source->efi_version = version;
		return true;
	}
	if (text_skip(&line, "firmware: "))
		source_set_fact(&source->firmware, line.at, text_size(&line));
	else if (text_skip(&line, "board: "))
		source_set_fact(&source->board, line.at, text_size(&line));
	else if (text_skip(&line, "ACPI RSDP 0x"))
		text_hex(&line, &source->rsdp);
	return false;
}
