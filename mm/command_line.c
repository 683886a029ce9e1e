/* SPDX-License-Identifier: BSD-2-Clause */
#include <mm/command_line.h>

/* Linux's isspace() goes by Latin-1, where 0xa0 is a blank, too. */
static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || (unsigned char)c == 0xa0;
}

bool command_line_next_word(const char **at, struct command_word *word)
{
	const char *text = *at;
	bool quoted = false;

	while (is_blank(*text))
		text++;
	*word = (struct command_word){ .start = text };
	for (; *text && (quoted || !is_blank(*text)); text++) {
		if (*text == '"')
			quoted = !quoted;
		else if (*text == '=' && !word->value && text > word->start + (*word->start == '"'))
			word->value = text + 1;
	}
	*at = word->end = text;
	if (word->start == text)
		return false;
	quoted = *word->start == '"';
	if (quoted)
		word->start++;
	if (word->value && *word->value == '"') {
		word->value++;
		quoted = true;
	}
	if (quoted && word->end > word->start && word->end[-1] == '"' && (!word->value || word->end > word->value))
		word->end--;
	return true;
}

bool command_word_is_named(const struct command_word *word, const char *name)
{
	const char *at = word->start;

	while (*name && at < word->end && *at == *name) {
		at++;
		name++;
	}
	return !*name && (at == word->end || *at == '=');
}

bool command_line_has_flag(const char *text, const char *name)
{
	while (*text) {
		const char *letter = name;

		while ((unsigned char)*text > ' ' && *text == *letter) {
			text++;
			letter++;
		}
		if (!*letter && (unsigned char)*text <= ' ')
			return true;
		while ((unsigned char)*text > ' ')
			text++;
		if (*text)
			text++;
	}
	return false;
}
