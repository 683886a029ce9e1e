/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines of a configuration file, for the parsers of entries and of loader.conf. */
#ifndef LOADER_BLS_INTERNAL_H
#define LOADER_BLS_INTERNAL_H

#include <loader/bls.h>

struct bls_line {
	const char *key;
	size_t key_length;
	const char *value; /* without the quotes around it */
	size_t value_length;
	unsigned number;
	bool has_nul; /* in key or value */
};

struct bls_reader {
	const char *at;
	const char *end;
	unsigned number; /* of lines that were read */
};

/* MM_EINVAL, after a sentence on why, for a text in UTF-16; what is wrong with one line is for its key to judge. */
int bls_read_begin(struct bls_reader *reader, const char *text, size_t size, struct printer *why);

/* The next line that is neither empty nor a comment; false at the end. Lines end with LF, CR, or CR and LF. */
bool bls_next_line(struct bls_reader *reader, struct bls_line *line);

bool bls_key_is(const struct bls_line *line, const char *key);
bool bls_value_is(const struct bls_line *line, const char *value);

/* Prints "line N: KEY". */
void bls_print_key(const struct bls_line *line, struct printer *out);
/* Prints a value, or what there is room for in a message, without a part of a character. */
void bls_print_value(const struct bls_line *line, struct printer *out);

/*
 * Copies a value into capacity bytes. One that is longer is shortened at the end of a character, and a note says so. Of a key
 * that was given before (*to is not empty) a note says so, too.
 */
void bls_copy_text(const struct bls_line *line, char *to, size_t capacity, struct printer *notes);

/* Notes that a line is left out, because its value is none of what is needed, or because it has a NUL or no value. */
void bls_note_ignored(const struct bls_line *line, const char *needed, struct printer *notes);

/* Whether the key is one of those; and the one that is most like it, null when none is like it. */
bool bls_key_in(const struct bls_line *line, const char *const *keys, size_t count);
const char *bls_nearest_key(const struct bls_line *line, const char *const *keys, size_t count);

/* Notes a key that is not known; *seen counts them, and bls_note_more_unknown tells how many were not named. */
void bls_note_unknown(const struct bls_line *line, const char *nearest, unsigned *seen, struct printer *notes);
void bls_note_more_unknown(unsigned seen, struct printer *notes);

bool bls_parse_number(const struct bls_line *line, uint32_t *number);
bool bls_parse_boolean(const struct bls_line *line, bool *value);

#define BLS_CONSOLE_LEVELS "quiet, steps or dump"
bool bls_parse_console(const struct bls_line *line, enum console_level *level);

#endif
