/* SPDX-License-Identifier: BSD-2-Clause */
/* What readers of one format are, and what they fill a struct map_source with. A new format is a file and a row. */
#ifndef TOOLS_MAP_READER_H
#define TOOLS_MAP_READER_H

#include "map_source.h"

/*
 * A format. probe() says whether the content is of that kind, parse() adds what it finds to the source and notes what
 * is damaged. Both take any bytes; text comes as UTF-8 with any line ends. parse() returns 0, also when it
 * finds nothing, or -1 after source_refuse().
 */
struct map_reader {
	const char *kind; /* as users know it: "Linux log" */
	bool (*probe)(const char *data, size_t size);
	int (*parse)(struct map_source *source, const char *data, size_t size);
};

extern const struct map_reader linux_log_reader;

/* All readers, the most certain first, up to a null pointer. */
extern const struct map_reader *const map_readers[];

/* Grows an array of elements so that it holds one more; ends the program when there is no memory. */
void *grown(void *array, size_t used, size_t *capacity, size_t element);
/* A copy with a NUL; ends the program when there is no memory. */
char *copied(const char *text, size_t length);

void source_add_efi(struct map_source *source, uint32_t type, uint64_t phys_addr, uint64_t num_pages,
		    uint64_t attribute);
/* To the table of that label, which is made when it is new. */
void source_add_e820(struct map_source *source, const char *label, uint64_t start, uint64_t size, uint32_t type);
void source_add_iomem(struct map_source *source, unsigned depth, uint64_t start, uint64_t end, const char *name,
		      size_t length);
/* Takes a fact unless it is known already. */
void source_set_fact(char **fact, const char *text, size_t length);
void source_note(struct map_source *source, enum source_note_kind kind, size_t line, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* Says why nothing of the file can be used, and what to do; -1. */
int source_refuse(struct map_source *source, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Forgets the maps and facts, not the notes. */
void source_clear_maps(struct map_source *source);

/* A stretch of text that is being read from its front. */
struct text {
	const char *at;
	const char *end;
};

/* Takes the next line off *rest, without its line end (LF, CRLF, CR CR LF) and NULs at its end; false at the end. */
bool text_line(struct text *rest, struct text *line);
/* Behind the first occurrence of a word; false, and *text untouched, when there is none. */
bool text_find(struct text *text, const char *word);
/* Behind the word, when *text starts with it; else false and untouched. Case counts. */
bool text_skip(struct text *text, const char *word);
void text_skip_blanks(struct text *text);
/* A number of at least one digit in hexadecimal without a prefix (or decimal); false and untouched above 2^64 - 1. */
bool text_hex(struct text *text, uint64_t *value);
bool text_decimal(struct text *text, uint64_t *value);
/* The same without blanks at its end. */
struct text text_trimmed(struct text text);
size_t text_size(const struct text *text);
bool text_equals(const struct text *text, const char *word);

/* A range of e820 or of EFI descriptors from its first and last byte. false when it is none (nor the empty one). */
bool range_size(uint64_t first, uint64_t last, uint64_t *size);

#endif
