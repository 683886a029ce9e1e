/* SPDX-License-Identifier: BSD-2-Clause */
/* The editor for an entry's options: one line, on whatever the console is. */
#include "firmware.h"

#include <loader/bls.h>
#include <loader/line_editor.h>

#define WIDTH 78 /* of the shown part: a console of 80 columns never goes to its next line */
#define CONTROL(letter) ((letter) - 'A' + 1)

/* Only a carriage return moves the cursor back, which every terminal knows. */
static void show(struct line_editor *editor)
{
	char text[WIDTH + 1];
	size_t cursor = line_editor_show(editor, text, WIDTH);

	print(console, "\r%s\r%.*s", text, (int)cursor, text);
}

static void press(struct line_editor *editor, const EFI_INPUT_KEY *key)
{
	static const struct {
		CHAR16 character; /* 0: it is the scan code that tells */
		UINT16 scan_code;
		enum line_key key;
	} keys[] = {
		{ 0, SCAN_LEFT, LINE_LEFT },          { 0, SCAN_RIGHT, LINE_RIGHT }, { 0, SCAN_HOME, LINE_HOME },
		{ 0, SCAN_END, LINE_END },            { 0, SCAN_DELETE, LINE_DELETE },
		{ CONTROL('A'), 0, LINE_HOME },       { CONTROL('E'), 0, LINE_END },
		{ CONTROL('H'), 0, LINE_BACKSPACE },  { 0x7f, 0, LINE_BACKSPACE },   { CONTROL('K'), 0, LINE_CUT },
	};

	for (size_t i = 0; i < MM_ARRAY_COUNT(keys); i++)
		if (key->UnicodeChar == keys[i].character && key->ScanCode == keys[i].scan_code)
			line_editor_press(editor, keys[i].key);
	line_editor_insert(editor, key->UnicodeChar);
}

/* Whether the line is to be used; it is in the editor then. */
static bool edit_line(struct line_editor *editor)
{
	EFI_INPUT_KEY key;
	bool done = false, cursor = fw.system->ConOut && fw.system->ConOut->Mode->CursorVisible;

	if (fw.system->ConOut)
		fw.system->ConOut->EnableCursor(fw.system->ConOut, TRUE);
	while (!done) {
		show(editor);
		while (!read_key(1000, &key))
			;
		done = is_enter(&key) || is_escape(&key);
		if (!done)
			press(editor, &key);
	}
	print(console, "\n");
	if (fw.system->ConOut)
		fw.system->ConOut->EnableCursor(fw.system->ConOut, cursor);
	return is_enter(&key);
}

bool edit_options(struct bls_entry *entry)
{
	struct line_editor editor;
	bool changed = false;
	char *text;

	if (entry->options_too_long) {
		print(console, "The options have %zu bytes, which is too long to be edited; shorten them in the entry's file.\n",
		      entry->options_length);
		return false;
	}
	text = pool_allocate(sizeof(entry->options), "the editor");
	if (!text)
		return false;
	__builtin_memcpy(text, entry->options, entry->options_length + 1);
	line_editor_init(&editor, text, sizeof(entry->options));
	print(console, "Options for this start. Enter starts, Esc goes back, Ctrl-K cuts from the cursor on.\n");
	if (edit_line(&editor)) {
		__builtin_memcpy(entry->options, text, editor.length + 1);
		entry->options_length = editor.length;
		changed = true;
	}
	pool_free(text);
	return changed;
}
