/* SPDX-License-Identifier: BSD-2-Clause */
/* Our own tab-separated values; also single tables of that kind that say nothing else. */
#include "source_text.h"

#include <stdlib.h>
#include <string.h>

#define MAX_FIELDS 5

static const struct {
	const char *header;
	size_t fields;
	const char *needed;
} tables[] = {
	{ "type\tphys_start\tnum_pages\tattribute", 4, "TYPE, START, PAGES and ATTRIBUTES between tabs" },
	{ "type\tphys_start\tnum_pages\tattribute\tvirt_start", 5,
	  "TYPE, START, PAGES, ATTRIBUTES and VIRTUAL START between tabs" },
	{ "label\tstart\tend_inclusive\ttype", 4, "LABEL, START, LAST and TYPE between tabs, START not above LAST" },
	{ "label\tstart\tsize\ttype", 4, "LABEL, START, SIZE and TYPE between tabs" },
	{ "start\tend_inclusive\ttype", 3, "START, LAST and TYPE between tabs, START not above LAST" },
	{ "depth\tstart\tend_inclusive\tname", 4, "DEPTH, START, LAST and NAME between tabs, START not above LAST" },
};

enum { EFI_TABLE, EFI_VIRTUAL_TABLE, E820_TABLE, E820_SIZE_TABLE, E820_BARE_TABLE, IOMEM_TABLE, NO_TABLE };

static int table_of(const struct text *line)
{
	for (int i = 0; i < NO_TABLE; i++)
		if (text_equals(line, tables[i].header))
			return i;
	return NO_TABLE;
}

/* A number to the end of its field, decimal or after 0x hexadecimal. */
static bool field_number(struct text field, uint64_t limit, uint64_t *value)
{
	return (text_0x(&field, value) || text_decimal(&field, value)) && field.at == field.end && *value <= limit;
}

/* What print_text() wrote, in fresh memory. */
static char *unescaped(const struct text *field, size_t *length)
{
	char *text = copied(field->at, text_size(field));
	size_t out = 0;

	for (size_t i = 0; i < text_size(field); i++) {
		char c = text[i];

		if (c == '\\' && i + 1 < text_size(field)) {
			c = text[++i];
			c = c == 't' ? '\t' : c == 'n' ? '\n' : c == 'r' ? '\r' : c;
		}
		text[out++] = c;
	}
	text[out] = '\0';
	*length = out;
	return text;
}

static bool read_e820_row(struct map_source *source, int table, const struct text *fields)
{
	bool bare = table == E820_BARE_TABLE;
	uint64_t start, end, type, size;
	size_t length;
	char *label;

	fields += bare ? 0 : 1;
	if (!field_number(fields[0], UINT64_MAX, &start) || !field_number(fields[1], UINT64_MAX, &end) ||
	    !field_number(fields[2], UINT32_MAX, &type) ||
	    (table != E820_SIZE_TABLE && !range_size(start, end, &size)))
		return false;
	label = bare ? copied("BIOS-e820", 9) : unescaped(&fields[-1], &length);
	source_add_e820(source, label, start, table == E820_SIZE_TABLE ? end : size, (uint32_t)type);
	free(label);
	return true;
}

static bool read_row(struct map_source *source, int table, const struct text *fields)
{
	uint64_t type, start, pages, attribute, virtual = 0, end;
	size_t length;
	char *name;

	if (table == IOMEM_TABLE) {
		if (!field_number(fields[0], 1000, &type) || !field_number(fields[1], UINT64_MAX, &start) ||
		    !field_number(fields[2], UINT64_MAX, &end) || end < start)
			return false;
		name = unescaped(&fields[3], &length);
		source_add_iomem(source, (unsigned)type, start, end, name, length);
		free(name);
		return true;
	}
	if (table != EFI_TABLE && table != EFI_VIRTUAL_TABLE)
		return read_e820_row(source, table, fields);
	if (!field_number(fields[0], UINT32_MAX, &type) || !field_number(fields[1], UINT64_MAX, &start) ||
	    !field_number(fields[2], UINT64_MAX, &pages) || !field_number(fields[3], UINT64_MAX, &attribute) ||
	    (table == EFI_VIRTUAL_TABLE && !field_number(fields[4], UINT64_MAX, &virtual)))
		return false;
	source_add_efi(source, (uint32_t)type, start, pages, attribute);
	source->efi[source->nr_efi - 1].virt_addr = virtual;
	return true;
}

static bool split(struct text line, struct text *fields, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *tab = memchr(line.at, '\t', text_size(&line));

		if (i + 1 < count && !tab)
			return false;
		fields[i] = (struct text){ line.at, i + 1 < count ? tab : line.end };
		line.at = tab ? tab + 1 : line.end;
	}
	return true;
}

static bool read_setup_data(struct map_source *source, struct text value)
{
	struct source_setup_data node;
	uint64_t type;

	if (!text_decimal(&value, &type) || type > UINT32_MAX || !text_skip(&value, " "))
		return false;
	node.type = (uint32_t)type;
	node.data = parse_bytes(&value, &node.size);
	if (!node.data)
		return false;
	/* its entries are rows of the table already */
	source_keep_setup_data(source, &node);
	return true;
}

static bool read_boot_params(struct map_source *source, const struct text *value)
{
	size_t size;
	unsigned char *bytes = parse_bytes(value, &size);

	if (!bytes || size != BOOT_PARAMS_SIZE || source->boot_params) {
		free(bytes);
		return false;
	}
	source->boot_params = bytes;
	return true;
}

/* "# NAME: VALUE"; other comments are nobody's business. false when it is damaged. */
static bool read_comment(struct map_source *source, struct text line)
{
	struct source_fact facts[SOURCE_FACTS];
	size_t length;

	if (!text_skip(&line, "# "))
		return true;
	if (text_skip(&line, "boot_params: "))
		return read_boot_params(source, &line);
	if (text_skip(&line, "setup_data: "))
		return read_setup_data(source, line);
	source_facts(source, facts);
	for (size_t i = 0; i < SOURCE_FACTS; i++) {
		struct text value = line;

		if (!text_skip(&value, facts[i].name) || !text_skip(&value, ": "))
			continue;
		if (facts[i].number)
			return field_number(value, UINT64_MAX, facts[i].number);
		if (!*facts[i].text)
			*facts[i].text = unescaped(&value, &length);
		return true;
	}
	return true;
}

static bool tsv_probe(const char *data, size_t size)
{
	struct text rest = { data, data + size }, line;

	while (text_line(&rest, &line))
		if (line.at < line.end && *line.at != '#')
			return table_of(&line) != NO_TABLE;
	return false;
}

static int tsv_parse(struct map_source *source, const char *data, size_t size)
{
	struct text rest = { data, data + size }, line, fields[MAX_FIELDS];
	int table = NO_TABLE;

	for (size_t number = 1; text_line(&rest, &line); number++) {
		reading(source, data, line.at, size);
		if (line.at == line.end)
			continue;
		if (*line.at == '#') {
			if (!read_comment(source, line))
				source_note_damaged(source, number, &line, "a number or bytes in hexadecimal");
		} else if (table_of(&line) != NO_TABLE) {
			table = table_of(&line);
		} else if (!split(line, fields, tables[table].fields) || !read_row(source, table, fields)) {
			source_note_damaged(source, number, &line, tables[table].needed);
		}
	}
	return 0;
}

const struct map_reader tsv_reader = { .kind = "TSV of mapbridge", .probe = tsv_probe, .parse = tsv_parse };
