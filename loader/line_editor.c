/* SPDX-License-Identifier: BSD-2-Clause */
#include <loader/line_editor.h>

#include <mm/printer.h>

#define CONTEXT 8 /* characters that are shown beside the cursor when there are so many */

/* Of UTF-8: these bytes belong to the character that has begun before. */
static bool continues(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

static size_t before(const struct line_editor *e, size_t at)
{
	while (at > 0 && continues(e->text[--at]))
		;
	return at;
}

static size_t behind(const struct line_editor *e, size_t at)
{
	if (at < e->length)
		at++;
	while (at < e->length && continues(e->text[at]))
		at++;
	return at;
}

static size_t characters(const struct line_editor *e, size_t bytes)
{
	size_t count = 0;

	for (size_t i = 0; i < bytes; i++)
		count += !continues(e->text[i]);
	return count;
}

static void cut(struct line_editor *e, size_t from, size_t to)
{
	__builtin_memmove(e->text + from, e->text + to, e->length + 1 - to);
	e->length -= to - from;
	e->cursor = from;
}

void line_editor_init(struct line_editor *e, char *text, size_t capacity)
{
	size_t length = text_length(text);

	*e = (struct line_editor){ text, capacity, length, length, 0 };
}

bool line_editor_insert(struct line_editor *e, unsigned c)
{
	if (c < ' ' || c > '~' || e->length + 1 >= e->capacity)
		return false;
	__builtin_memmove(e->text + e->cursor + 1, e->text + e->cursor, e->length + 1 - e->cursor);
	e->text[e->cursor++] = (char)c;
	e->length++;
	return true;
}

void line_editor_press(struct line_editor *e, enum line_key key)
{
	switch (key) {
	case LINE_LEFT:
		e->cursor = before(e, e->cursor);
		break;
	case LINE_RIGHT:
		e->cursor = behind(e, e->cursor);
		break;
	case LINE_HOME:
		e->cursor = 0;
		break;
	case LINE_END:
		e->cursor = e->length;
		break;
	case LINE_BACKSPACE:
		cut(e, before(e, e->cursor), e->cursor);
		break;
	case LINE_DELETE:
		cut(e, e->cursor, behind(e, e->cursor));
		break;
	case LINE_CUT:
		cut(e, e->cursor, e->length);
		break;
	}
}

size_t line_editor_show(struct line_editor *e, char *to, size_t width)
{
	size_t cursor = characters(e, e->cursor), all = characters(e, e->length), shown = 0, character = 0;
	size_t last_first = all + 1 > width ? all + 1 - width : 0; /* with room for the cursor behind the text */

	if (cursor < e->first + CONTEXT)
		e->first = cursor > CONTEXT ? cursor - CONTEXT : 0;
	if (cursor + CONTEXT >= e->first + width)
		e->first = cursor + CONTEXT + 1 - width;
	if (e->first > last_first)
		e->first = last_first;
	for (size_t i = 0; i < e->length; i = behind(e, i), character++)
		if (character >= e->first && shown < width)
			to[shown++] = e->text[i] >= ' ' && e->text[i] <= '~' ? e->text[i] : '?';
	if (e->first > 0)
		to[0] = '<';
	if (all > e->first + width)
		to[width - 1] = '>';
	while (shown < width)
		to[shown++] = ' ';
	to[width] = '\0';
	return cursor - e->first;
}
