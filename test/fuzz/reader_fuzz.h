/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as a file of one format: what every reader must hold, and what follows from what it read. */
#ifndef TEST_READER_FUZZ_H
#define TEST_READER_FUZZ_H

#include "../../tools/map_reader.h"
#include "fuzz.h"

static inline void check_source(const struct map_source *source)
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
static inline void fuzz_reader(const struct map_reader *reader, const uint8_t *data, size_t size)
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

#define FUZZ_READER(reader)                                                                                            \
	int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)                                                   \
	{                                                                                                              \
		fuzz_reader(&reader, data, size);                                                                      \
		return 0;                                                                                              \
	}

#endif
