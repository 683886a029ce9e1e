/* SPDX-License-Identifier: BSD-2-Clause */
/* The two formats of our own, which say all that a struct map_source knows: TSV for scripts, JSON for programs. */
#ifndef TOOLS_SOURCE_TEXT_H
#define TOOLS_SOURCE_TEXT_H

#include "map_reader.h"

/* Print to standard output; reading it again gives the same source. */
void print_tsv(const struct map_source *source);
void print_json(const struct map_source *source);

/* The facts that both have, by their names in them; exactly one of text and number is not null. */
struct source_fact {
	const char *name;
	char **text;
	uint64_t *number;
};
#define SOURCE_FACTS 8
void source_facts(struct map_source *source, struct source_fact facts[SOURCE_FACTS]);

/* Bytes as hexadecimal digits: printed, and read into fresh memory (null when they are none, or an odd number). */
void print_bytes(const unsigned char *bytes, size_t size);
unsigned char *parse_bytes(const struct text *digits, size_t *size);

#endif
