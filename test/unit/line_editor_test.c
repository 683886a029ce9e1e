/* SPDX-License-Identifier: BSD-2-Clause */
/* A line that is edited, and how it is shown. The text is heap memory of exactly its capacity. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <stdlib.h>

#include <loader/line_editor.h>

#define WIDTH 20

struct line {
	struct line_editor editor;
	char *text;
};

static struct line begin(const char *text, size_t capacity)
{
	struct line line = { .text = malloc(capacity) };

	strcpy(line.text, text);
	line_editor_init(&line.editor, line.text, capacity);
	return line;
}

/* The shown part, with | in front of the character that the cursor is on. */
static const char *shown(struct line *line)
{
	static char text[WIDTH + 2];
	size_t cursor = line_editor_show(&line->editor, text, WIDTH);

	assert_int_equal(strlen(text), WIDTH);
	assert_true(cursor < WIDTH);
	memmove(text + cursor + 1, text + cursor, WIDTH + 1 - cursor);
	text[cursor] = '|';
	return text;
}

static void press(struct line *line, enum line_key key, unsigned times)
{
	while (times--)
		line_editor_press(&line->editor, key);
}

static void keys_move_and_remove(void **state)
{
	struct line line = begin("ab cd", 10);

	(void)state;
	assert_string_equal(shown(&line), "ab cd|               ");
	press(&line, LINE_RIGHT, 1);
	press(&line, LINE_DELETE, 1);
	assert_string_equal(shown(&line), "ab cd|               ");
	press(&line, LINE_LEFT, 2);
	assert_string_equal(shown(&line), "ab |cd               ");
	press(&line, LINE_DELETE, 1);
	assert_string_equal(line.text, "ab d");
	press(&line, LINE_BACKSPACE, 1);
	assert_string_equal(shown(&line), "ab|d                 ");
	press(&line, LINE_HOME, 1);
	press(&line, LINE_LEFT, 1);
	press(&line, LINE_BACKSPACE, 1);
	assert_string_equal(shown(&line), "|abd                 ");
	press(&line, LINE_RIGHT, 1);
	press(&line, LINE_CUT, 1);
	assert_string_equal(line.text, "a");
	press(&line, LINE_END, 1);
	press(&line, LINE_BACKSPACE, 3);
	assert_string_equal(line.text, "");
	assert_int_equal(line.editor.length, 0);
	assert_int_equal(line.editor.cursor, 0);
	free(line.text);
}

static void printable_characters_are_inserted(void **state)
{
	struct line line = begin("ad", 5);

	(void)state;
	press(&line, LINE_LEFT, 1);
	assert_false(line_editor_insert(&line.editor, 0));
	assert_false(line_editor_insert(&line.editor, '\t'));
	assert_false(line_editor_insert(&line.editor, 0x7f));
	assert_false(line_editor_insert(&line.editor, 0xfc));
	assert_false(line_editor_insert(&line.editor, 0x161));
	assert_true(line_editor_insert(&line.editor, 'b'));
	assert_true(line_editor_insert(&line.editor, '~'));
	assert_string_equal(line.text, "ab~d");
	assert_int_equal(line.editor.cursor, 3);
	assert_false(line_editor_insert(&line.editor, 'x'));
	assert_string_equal(line.text, "ab~d");
	assert_int_equal(line.editor.length, 4);
	free(line.text);
}

/* A character of several bytes is one: shown, passed over and removed as a whole. */
static void characters_beyond_ascii(void **state)
{
	struct line line = begin("a\u00fc\u20ac\U0001f600b", 20);

	(void)state;
	assert_string_equal(shown(&line), "a???b|               ");
	press(&line, LINE_LEFT, 2);
	assert_string_equal(shown(&line), "a??|?b               ");
	press(&line, LINE_BACKSPACE, 1);
	assert_string_equal(line.text, "a\u00fc\U0001f600b");
	press(&line, LINE_DELETE, 1);
	assert_string_equal(line.text, "a\u00fcb");
	press(&line, LINE_HOME, 1);
	press(&line, LINE_RIGHT, 2);
	assert_string_equal(shown(&line), "a?|b                 ");
	free(line.text);
	/* bytes that are no UTF-8 are not lost and do no harm */
	line = begin("\x80\x80z\xff", 8);
	press(&line, LINE_LEFT, 9);
	press(&line, LINE_DELETE, 1);
	assert_string_equal(line.text, "z\xff");
	free(line.text);
}

static void a_long_line_scrolls(void **state)
{
	struct line line = begin("0123456789abcdefghijklmnopqrstuvwxyz", 40);

	(void)state;
	assert_string_equal(shown(&line), "<ijklmnopqrstuvwxyz| ");
	press(&line, LINE_HOME, 1);
	assert_string_equal(shown(&line), "|0123456789abcdefghi>");
	press(&line, LINE_RIGHT, 11);
	assert_string_equal(shown(&line), "0123456789a|bcdefghi>");
	press(&line, LINE_RIGHT, 1);
	assert_string_equal(shown(&line), "<23456789ab|cdefghij>");
	free(line.text);
}

/* Whatever is pressed: the cursor is in the part that is shown, and the text stays within its memory. */
static void any_sequence_of_keys(void **state)
{
	struct line line = begin("", 64);
	unsigned random = 1;
	char before[64];

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		random = random * 1103515245 + 12345;
		strcpy(before, line.text);
		if (random >> 16 & 1)
			line_editor_insert(&line.editor, 'a' + (random >> 20) % 26);
		else
			press(&line, (random >> 20) % (LINE_CUT + (random >> 27 == 0)), 1);
		assert_int_equal(strlen(line.text), line.editor.length);
		assert_true(line.editor.cursor <= line.editor.length && line.editor.length < 64);
		shown(&line);
	}
	free(line.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_move_and_remove),
		cmocka_unit_test(printable_characters_are_inserted),
		cmocka_unit_test(characters_beyond_ascii),
		cmocka_unit_test(a_long_line_scrolls),
		cmocka_unit_test(any_sequence_of_keys),
	};

	return cmocka_run_group_tests_name("line_editor", tests, NULL, NULL);
}
