/* SPDX-License-Identifier: BSD-2-Clause */
#include <loader/linux_options.h>
#include <mm/command_line.h>

/* Whether a list divided by commas has the option. */
static bool has_option(const struct command_word *word, const char *option)
{
	const char *at = word->value;

	while (at < word->end) {
		const char *letter = option;

		while (at < word->end && *letter && *at == *letter) {
			at++;
			letter++;
		}
		if (!*letter && (at == word->end || *at == ','))
			return true;
		while (at < word->end && *at++ != ',')
			;
	}
	return false;
}

/* A later efi= takes back what an earlier one has, as in the stub. */
static void read_efi(const struct command_word *word, struct linux_options *options)
{
	options->no_chunk = has_option(word, "nochunk");
	options->no_soft_reserve = has_option(word, "nosoftreserve");
	if (has_option(word, "disable_early_pci_dma"))
		options->disable_pci_dma = true;
	if (has_option(word, "no_disable_early_pci_dma"))
		options->disable_pci_dma = false;
}

static bool value_starts_with(const struct command_word *word, const char *text, const char **rest)
{
	const char *at = word->value;

	while (at < word->end && *text && *at == *text) {
		at++;
		text++;
	}
	*rest = at;
	return !*text;
}

void linux_options_read(const char *command_line, struct linux_options *options)
{
	struct command_word word;
	const char *rest;

	*options = (struct linux_options){ .no_initrd = false };
	while (command_line_next_word(&command_line, &word)) {
		if (!word.value && command_word_is_named(&word, "--"))
			return;
		if (command_word_is_named(&word, "noinitrd"))
			options->no_initrd = true;
		if (!word.value)
			continue;
		if (command_word_is_named(&word, "efi"))
			read_efi(&word, options);
		else if (command_word_is_named(&word, "video") && value_starts_with(&word, "efifb:", &rest))
			screen_request_read(rest, word.end, &options->screen);
		else if (command_word_is_named(&word, "mem_encrypt"))
			options->memory_encryption = value_starts_with(&word, "on", &rest) && rest == word.end;
	}
}

static bool is_slash(char c)
{
	return c == '/' || c == '\\';
}

/* A text as PciRoot(0x0)/Pci(0x1,0x1)/\initrd.img: a node's name, its arguments, and more behind a slash. */
static bool is_device_path(const char *name, size_t length)
{
	size_t at = 0;

	while (at < length && ((name[at] | 0x20) >= 'a' && (name[at] | 0x20) <= 'z'))
		at++;
	if (at == 0 || at == length || name[at] != '(')
		return false;
	while (at < length && name[at] != ')')
		at++;
	return at + 1 < length && is_slash(name[at + 1]);
}

/* Behind the next "initrd="; null: there is none. */
static const char *find_option(const char *text)
{
	static const char option[] = "initrd=";

	for (; *text; text++) {
		size_t same = 0;

		while (option[same] && text[same] == option[same])
			same++;
		if (!option[same])
			return text + same;
	}
	return NULL;
}

bool linux_initrd_next(const char **at, struct linux_initrd *initrd)
{
	const char *text = find_option(*at);

	if (!text)
		return false;
	while (is_slash(*text))
		text++;
	initrd->name = text;
	while (*text && *text != ' ' && *text != '\n')
		text++;
	initrd->length = (size_t)(text - initrd->name);
	initrd->device_path = is_device_path(initrd->name, initrd->length);
	*at = *text ? text + 1 : text;
	return true;
}

bool linux_initrd_needs_stub(const char *command_line)
{
	struct linux_initrd initrd;

	while (linux_initrd_next(&command_line, &initrd))
		if (initrd.device_path)
			return true;
	return false;
}

bool linux_initrd_path(const struct linux_initrd *initrd, char *path, size_t capacity)
{
	path[0] = '\0';
	if (initrd->length + sizeof("\\") > capacity)
		return false;
	path[0] = '\\';
	for (size_t i = 0; i < initrd->length; i++)
		path[1 + i] = initrd->name[i] == '/' ? '\\' : initrd->name[i];
	path[1 + initrd->length] = '\0';
	return true;
}

bool linux_options_need_stub(const char *command_line, struct printer *why)
{
	struct linux_options options;

	linux_options_read(command_line, &options);
	if (options.disable_pci_dma)
		print(why, "efi=disable_early_pci_dma");
	else if (!options.no_initrd && linux_initrd_needs_stub(command_line))
		print(why, "initrd= with a device path");
	else
		return false;
	return true;
}
