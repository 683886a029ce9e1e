/* SPDX-License-Identifier: BSD-2-Clause */
/* A line of UTF-8 text that is edited on a console of one line, which scrolls when the text is longer. */
#ifndef LOADER_LINE_EDITOR_H
#define LOADER_LINE_EDITOR_H

#include <stdbool.h>
#include <stddef.h>

struct line_editor {
	char *text;      /* NUL-terminated */
	size_t capacity; /* bytes with the NUL */
	size_t length;   /* bytes */
	size_t cursor;   /* bytes in front of it */
	size_t first;    /* characters in front of those that are shown */
};

enum line_key {
	LINE_LEFT,
	LINE_RIGHT,
	LINE_HOME,
	LINE_END,
	LINE_BACKSPACE, /* removes the character in front of the cursor */
	LINE_DELETE,    /* removes the one that the cursor is on */
	LINE_CUT        /* removes all from the cursor on */
};

/* Begins with the text that is there, of less than capacity bytes, and the cursor behind it. */
void line_editor_init(struct line_editor *editor, char *text, size_t capacity);

/* Inserts a printable ASCII character in front of the cursor; false when it is none, or there is no room. */
bool line_editor_insert(struct line_editor *editor, unsigned c);

/* A key at the end of the line that it would leave does nothing. A character is removed with all of its bytes. */
void line_editor_press(struct line_editor *editor, enum line_key key);

/*
 * Writes the part of the line around the cursor into to: width (at least 20) characters of ASCII, padded with spaces, and a
 * NUL. Characters beyond ASCII are shown as ?; < and > at the ends stand for text that is not shown. Returns how many
 * characters are in front of the cursor.
 */
size_t line_editor_show(struct line_editor *editor, char *to, size_t width);

#endif
