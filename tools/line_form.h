/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Forms of lines as a table: what loaders, firmware and systems print of a memory map, a pattern each. A reader of such
 * a form is a list of rows in read_forms.c and no code.
 */
#ifndef TOOLS_LINE_FORM_H
#define TOOLS_LINE_FORM_H

#include "map_reader.h"

/* What a form calls a type; the longest name that fits is taken. */
struct type_name {
	const char *name;
	uint32_t type;
};

/*
 * A line's pattern, from the start of any word of it, or with '^' first from the line's first word. What stands after
 * the pattern's end does not matter. ' ' is one blank or more, '~' any number of them, and
 *
 *   %s %e %l  start, end (exclusive), last byte: hexadecimal, "0x" or not, "00000000:000a0000" too
 *   %z %k %p  size in bytes, in KiB (decimal), in pages: hexadecimal but for %k
 *   %S %P     start and pages in decimal, or hexadecimal with "0x"
 *   %t %T     type, decimal or hexadecimal with "0x"; hexadecimal
 *   %n        type by name, one of names
 *   %a        attributes: hexadecimal, after 'r' of runtime memory or '-' (U-Boot)
 *   %A        attributes by name, as many as there are, between blanks and '|'
 *   %i %w     an index; any word
 *   %r        the name of a resource: the rest of the line up to a tab; two blanks before the line are a level
 *   !         what fails from here on is a damaged line of this form, not another line
 *
 * Any other character is itself.
 */
struct line_form {
	const char *pattern;           /* null: only the heading counts */
	const char *heading;           /* read only below a line that has this text; null: anywhere */
	const struct type_name *names; /* up to one without a name */
	uint32_t type;                 /* without %t and %n; added to the number of %t */
	const char *label;             /* of the e820 table; null: the line is an EFI descriptor, or with %r a resource */
	bool restarts;                 /* the heading starts the map anew: the last one in a text counts */
};

/* What a line is by the reader's forms, which end with a row without a pattern and a heading. */
enum line_kind read_form_line(const struct map_reader *reader, struct map_source *source, struct text line);

/* Whether a text has the words that lines of the reader's forms need, when all of them need some: a quick no. */
bool may_have_forms(const struct map_reader *reader, const char *data, size_t size);

/* Notes what the text announced and does not have; to be called at its end. */
void read_forms_end(struct map_source *source);

/* The type whose name *text starts with, as a whole word; takes it off. */
bool text_type_name(struct text *text, const struct type_name *names, uint32_t *type);

#endif
