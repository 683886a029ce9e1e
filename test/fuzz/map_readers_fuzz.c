/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a file with a map: what every reader of the host command must hold, whether it is asked first or not, and
 * what follows from what it read. Bytes become UTF-8 without escape sequences before, as they do in the command.
 */
#include "../../tools/file_content.h"
#include "../../tools/map_reader.h"
#include "../../tools/utf8.h"
#include "fuzz.h"

static void check_source(const struct map_source *source)
{
	struct e820_table table;
	size_t damaged = 0;

	for (size_t i = 0; i < source->nr_notes; i++) {
		damaged += source->notes[i].kind == NOTE_DAMAGED;
		for (const char *at = source->notes[i].text; *at; at++)
			CHECK((unsigned char)*at >= ' ' && *at != 0x7f);
	}
	CHECK(damaged == (source->nr_damaged < DAMAGED_NOTES ? source->nr_damaged : DAMAGED_NOTES));
	for (size_t i = 0; i < source->nr_e820; i++) {
		CHECK(source->e820[i].label && source->e820[i].table.nr_entries > 0);
		CHECK(map_source_e820(source, source->e820[i].label) == &source->e820[i]);
	}
	for (size_t i = 0; i < source->nr_iomem; i++)
		CHECK(source->iomem[i].name && source->iomem[i].start <= source->iomem[i].end);
	if (map_source_work_e820(source, E820_POLICY_LINUX, &table, NULL))
		check_sanitised(&table);
	free(table.entries);
}

/* Probing must not depend on anything but the bytes; what was probed for can be parsed. */
static void read_as(const struct map_reader *reader, const void *data, size_t size)
{
	char *bytes = exact_copy(data, size);
	struct map_source source = { .name = NULL };
	bool known = reader->probe ? reader->probe(bytes, size) : probe_lines(reader, bytes, size);

	if (known && !reader->parse)
		parse_lines(reader, &source, bytes, size);
	else if (known)
		CHECK((reader->parse(&source, bytes, size) != 0) == (source.refusal != NULL));
	/* a file that is known by its lines has a good or a damaged one */
	if (known && reader->line && !source.refusal)
		CHECK(source.nr_efi || source.nr_e820 || source.nr_iomem || source.nr_damaged);
	if (!source.refusal)
		check_source(&source);
	free(bytes);
	map_source_free(&source);
}

/* What comes out is UTF-8 wherever UTF-16 went in, and has no escape. */
static struct content as_text(const uint8_t *data, size_t size)
{
	struct content content = { exact_copy(NULL, size + 1), size };
	bool marked = size >= 2 && ((data[0] == 0xff && data[1] == 0xfe) || (data[0] == 0xfe && data[1] == 0xff));
	size_t odd = size % 2;

	if (size)
		memcpy(content.data, data, size);
	content.data[size] = '\0';
	CHECK(content_to_utf8(&content) == 0);
	CHECK(content.data[content.size] == '\0');
	for (size_t i = 0, length; marked && i + odd < content.size; i += length) {
		length = content.data[i] ? utf8_length(content.data + i) : 1;
		CHECK(length > 0);
	}
	size = content.size;
	content_strip_escapes(&content);
	CHECK(content.size <= size && content.data[content.size] == '\0');
	CHECK(!memchr(content.data, '\033', content.size));
	return content;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct content text = as_text(data, size);

	for (size_t i = 0; map_readers[i]; i++) {
		read_as(map_readers[i], data, size);
		read_as(map_readers[i], text.data, text.size);
	}
	free(text.data);
	return 0;
}
