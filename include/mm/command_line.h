/* SPDX-License-Identifier: BSD-2-Clause */
/* The words of a kernel's command line, divided by blanks, with double quotes around blanks. Source: Linux's lib/cmdline.c. */
#ifndef MM_COMMAND_LINE_H
#define MM_COMMAND_LINE_H

#include <mm/types.h>

/* A word of the command line without the quotes around it: NAME=VALUE, or NAME with value null. It ends at end (exclusive). */
struct command_word {
	const char *start;
	const char *value;
	const char *end;
};

/* Takes the next word from the text at *at; false at its end. Quotes may be around the whole word or around its value. */
bool command_line_next_word(const char **at, struct command_word *word);

/*
 * Whether the text has a word without a value, as Linux's decompressor looks for one (arch/x86/boot/cmdline.c): between characters up
 * to the blank, whatever quotes or -- there are.
 */
bool command_line_has_flag(const char *text, const char *name);

/* Whether the word is NAME or NAME=VALUE. */
bool command_word_is_named(const struct command_word *word, const char *name);

#endif
