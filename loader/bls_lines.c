/* SPDX-License-Identifier: BSD-2-Clause */
#include "bls_internal.h"

#include <loader/utf16.h>

#define SHOWN_MAX 80   /* bytes of a key or value in a message */
#define UNKNOWN_MAX 32 /* keys that are named; a file that is no configuration at all has thousands */
#define KEY_MAX 32     /* longer keys are like no other */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_line_end(char c)
{
	return c == '\n' || c == '\r';
}

/* With a byte order mark, or with a NUL beside each of the first two characters. */
static bool is_utf16(const unsigned char *text, size_t size)
{
	if (size < 2)
		return false;
	if ((text[0] == 0xff && text[1] == 0xfe) || (text[0] == 0xfe && text[1] == 0xff))
		return true;
	return size >= 4 && ((text[0] && !text[1] && text[2] && !text[3]) || (!text[0] && text[1] && !text[2] && text[3]));
}

int bls_read_begin(struct bls_reader *reader, const char *text, size_t size, struct printer *why)
{
	if (is_utf16((const unsigned char *)text, size)) {
		print(why, "a text in UTF-16; needed: UTF-8; save the file as UTF-8");
		return MM_EINVAL;
	}
	/* Some editors put a byte order mark in front, which would become a part of the first key. */
	size_t skip = size >= 3 && __builtin_memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	/* A reset while the file was written can leave a block of zeros at its end. */
	while (size > skip && text[size - 1] == '\0')
		size--;
	*reader = (struct bls_reader){ text + skip, text + size, 0 };
	return 0;
}

static bool has_nul(const char *text, size_t length)
{
	while (length > 0 && text[length - 1])
		length--;
	return length > 0;
}

static void split(const char *start, const char *end, struct bls_line *line)
{
	line->has_nul = has_nul(start, (size_t)(end - start));
	line->key = start;
	while (start < end && !is_blank(*start))
		start++;
	line->key_length = (size_t)(start - line->key);
	while (start < end && is_blank(*start))
		start++;
	if (end - start >= 2 && (*start == '"' || *start == '\'') && end[-1] == *start) {
		start++;
		end--;
	}
	line->value = start;
	line->value_length = (size_t)(end - start);
}

bool bls_next_line(struct bls_reader *reader, struct bls_line *line)
{
	while (reader->at < reader->end) {
		const char *start = reader->at, *end = start;

		while (end < reader->end && !is_line_end(*end))
			end++;
		reader->at = end;
		if (end < reader->end)
			reader->at += *end == '\r' && end + 1 < reader->end && end[1] == '\n' ? 2 : 1;
		reader->number++;
		while (start < end && is_blank(*start))
			start++;
		while (end > start && is_blank(end[-1]))
			end--;
		if (start == end || *start == '#')
			continue;
		split(start, end, line);
		line->number = reader->number;
		return true;
	}
	return false;
}

static bool equals(const char *text, size_t length, const char *word)
{
	return text_length(word) == length && __builtin_memcmp(text, word, length) == 0;
}

bool bls_key_is(const struct bls_line *line, const char *key)
{
	return equals(line->key, line->key_length, key);
}

bool bls_value_is(const struct bls_line *line, const char *value)
{
	return equals(line->value, line->value_length, value);
}

bool bls_key_in(const struct bls_line *line, const char *const *keys, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (bls_key_is(line, keys[i]))
			return true;
	return false;
}

static void print_word(const char *text, size_t length, struct printer *out)
{
	size_t shown = utf8_cut(text, length, SHOWN_MAX);

	print(out, "%.*s%s", (int)shown, text, shown < length ? "..." : "");
}

void bls_print_key(const struct bls_line *line, struct printer *out)
{
	print(out, "line %u: ", line->number);
	print_word(line->key, line->key_length, out);
}

void bls_print_value(const struct bls_line *line, struct printer *out)
{
	print_word(line->value, line->value_length, out);
}

void bls_copy_text(const struct bls_line *line, char *to, size_t capacity, struct printer *notes)
{
	size_t length = utf8_cut(line->value, line->value_length, capacity - 1);

	if (to[0]) {
		bls_print_key(line, notes);
		print(notes, " is given again; this line counts, not %s\n", to);
	}
	if (length < line->value_length) {
		bls_print_key(line, notes);
		print(notes, " has %zu bytes, of which the first %zu are used; needed: at most %zu\n", line->value_length, length,
		      capacity - 1);
	}
	__builtin_memcpy(to, line->value, length);
	to[length] = '\0';
}

void bls_note_ignored(const struct bls_line *line, const char *needed, struct printer *notes)
{
	bls_print_key(line, notes);
	if (line->has_nul) {
		print(notes, " is ignored, because the line has a NUL byte; needed: a text in UTF-8\n");
		return;
	}
	if (line->value_length == 0) {
		print(notes, " has no value and is ignored\n");
		return;
	}
	print(notes, " ");
	bls_print_value(line, notes);
	print(notes, " is ignored; needed: %s\n", needed);
}

static char fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c == '_' ? '-' : c;
}

/* The letters that are missing, in excess, other ones or swapped with the next (optimal string alignment distance). */
static unsigned distance(const char *a, size_t length, const char *b)
{
	unsigned char rows[3][KEY_MAX + 1] = { { 0 } };
	size_t width = text_length(b);

	for (size_t j = 0; j <= width; j++)
		rows[0][j] = (unsigned char)j;
	for (size_t i = 1; i <= length; i++) {
		unsigned char *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];

		row[0] = (unsigned char)i;
		for (size_t j = 1; j <= width; j++) {
			unsigned char best = above[j - 1] + (fold(a[i - 1]) != fold(b[j - 1]));

			if (above[j] + 1 < best)
				best = above[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			if (i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) && fold(a[i - 2]) == fold(b[j - 1]) &&
			    two_above[j - 2] + 1 < best)
				best = two_above[j - 2] + 1;
			row[j] = best;
		}
	}
	return rows[length % 3][width];
}

/* What other loaders call it. */
static const struct {
	const char *name, *key;
} other_names[] = {
	{ "kernel", "linux" },	   { "vmlinuz", "linux" }, { "bzimage", "linux" },    { "initramfs", "initrd" },
	{ "cmdline", "options" },  { "append", "options" }, { "chainloader", "efi" }, { "loader", "efi" },
	{ "name", "title" },	   { "label", "title" },    { "menuentry", "title" },
};

const char *bls_nearest_key(const struct bls_line *line, const char *const *keys, size_t count)
{
	const char *nearest = NULL;
	unsigned least = KEY_MAX;
	size_t length = 0;

	/* "title=Debian", "title:", or a blank that is none in ASCII */
	while (length < line->key_length && (line->key[length] == '_' || line->key[length] == '-' ||
					     (fold(line->key[length]) >= 'a' && fold(line->key[length]) <= 'z')))
		length++;
	if (length > KEY_MAX)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		unsigned far = distance(line->key, length, keys[i]);

		if (far < least && far <= (text_length(keys[i]) + 1) / 4) {
			least = far;
			nearest = keys[i];
		}
	}
	for (size_t i = 0; !nearest && i < MM_ARRAY_COUNT(other_names); i++)
		if (length == text_length(other_names[i].name) && distance(line->key, length, other_names[i].name) == 0)
			for (size_t k = 0; k < count; k++)
				if (equals(keys[k], text_length(keys[k]), other_names[i].key))
					nearest = keys[k];
	return nearest;
}

void bls_note_unknown(const struct bls_line *line, const char *nearest, unsigned *seen, struct printer *notes)
{
	if (++*seen > UNKNOWN_MAX)
		return;
	print(notes, "line %u: unknown key ", line->number);
	print_word(line->key, line->key_length, notes);
	print(notes, " is ignored");
	if (nearest)
		print(notes, "; did you mean %s?", nearest);
	print(notes, "\n");
}

void bls_note_more_unknown(unsigned seen, struct printer *notes)
{
	if (seen > UNKNOWN_MAX)
		print(notes, "and %u more lines with unknown keys\n", seen - UNKNOWN_MAX);
}

bool bls_parse_number(const struct bls_line *line, uint32_t *number)
{
	uint32_t value = 0;

	for (size_t i = 0; i < line->value_length; i++) {
		char c = line->value[i];

		if (c < '0' || c > '9' || __builtin_mul_overflow(value, 10u, &value) ||
		    __builtin_add_overflow(value, (uint32_t)(c - '0'), &value))
			return false;
	}
	*number = value;
	return line->value_length > 0 && value != UINT32_MAX;
}

static bool value_in(const struct bls_line *line, const char *const *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (bls_value_is(line, values[i]))
			return true;
	return false;
}

/* The words that systemd takes for a boolean. */
bool bls_parse_boolean(const struct bls_line *line, bool *value)
{
	static const char *const yes[] = { "yes", "y", "true", "t", "on", "1" };
	static const char *const no[] = { "no", "n", "false", "f", "off", "0" };

	*value = value_in(line, yes, MM_ARRAY_COUNT(yes));
	return *value || value_in(line, no, MM_ARRAY_COUNT(no));
}

bool bls_parse_console(const struct bls_line *line, enum console_level *level)
{
	static const char *const names[] = { "quiet", "steps", "dump" };

	for (size_t i = 0; i < MM_ARRAY_COUNT(names); i++) {
		if (bls_value_is(line, names[i])) {
			*level = CONSOLE_QUIET + i;
			return true;
		}
	}
	return false;
}
