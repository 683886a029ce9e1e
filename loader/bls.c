/* SPDX-License-Identifier: BSD-2-Clause */
#include <loader/bls.h>

struct line {
	const char *key;
	size_t key_length;
	const char *value;
	size_t value_length;
	unsigned number;
};

struct reader {
	const char *at;
	const char *end;
	unsigned number;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The next line that is neither empty nor a comment, split into key and value. */
static bool next_line(struct reader *reader, struct line *line)
{
	while (reader->at < reader->end) {
		const char *start = reader->at, *end = start;

		while (end < reader->end && *end != '\n')
			end++;
		reader->at = end < reader->end ? end + 1 : end;
		reader->number++;
		while (start < end && is_blank(*start))
			start++;
		while (end > start && is_blank(end[-1]))
			end--;
		if (start == end || *start == '#')
			continue;
		line->key = start;
		while (start < end && !is_blank(*start))
			start++;
		line->key_length = (size_t)(start - line->key);
		while (start < end && is_blank(*start))
			start++;
		line->value = start;
		line->value_length = (size_t)(end - start);
		line->number = reader->number;
		return true;
	}
	return false;
}

static bool key_is(const struct line *line, const char *key)
{
	return text_length(key) == line->key_length && __builtin_memcmp(line->key, key, line->key_length) == 0;
}

static bool key_in(const struct line *line, const char *const *keys, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (key_is(line, keys[i]))
			return true;
	return false;
}

/* A NUL would end a path or the options early, and nobody would see the rest go. */
static int check_text(const char *text, size_t size, struct printer *why)
{
	unsigned line = 1;

	for (size_t i = 0; i < size; i++) {
		if (text[i] == '\0') {
			print(why, "line %u: a NUL byte; needed: a text file in ASCII or UTF-8; save it as one", line);
			return MM_EINVAL;
		}
		line += text[i] == '\n';
	}
	return 0;
}

/* Some editors put a byte order mark in front, which would become a part of the first key. */
static struct reader start_reading(const char *text, size_t size)
{
	size_t skip = size >= 3 && __builtin_memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	return (struct reader){ text + skip, text + size, 0 };
}

static int refuse_length(const struct line *line, size_t capacity, struct printer *why)
{
	print(why, "line %u: %.*s has %zu characters; needed: at most %zu", line->number, (int)line->key_length, line->key,
	      line->value_length, capacity - 1);
	return MM_EINVAL;
}

static int copy_value(const struct line *line, char *to, size_t capacity, struct printer *why)
{
	if (line->value_length == 0) {
		print(why, "line %u: %.*s has no value", line->number, (int)line->key_length, line->key);
		return MM_EINVAL;
	}
	if (line->value_length >= capacity)
		return refuse_length(line, capacity, why);
	__builtin_memcpy(to, line->value, line->value_length);
	to[line->value_length] = '\0';
	return 0;
}

static int copy_path(const struct line *line, char *to, struct printer *why)
{
	int error = copy_value(line, to, BLS_PATH_MAX, why);

	for (size_t i = 0; !error && to[i]; i++) {
		if ((unsigned char)to[i] < ' ' || (unsigned char)to[i] > '~') {
			print(why, "line %u: a path with character 0x%02x; needed: printable ASCII", line->number,
			      (unsigned char)to[i]);
			return MM_EINVAL;
		}
		if (to[i] == '/')
			to[i] = '\\';
	}
	return error;
}

/* Too long a command line is kept in mind, not cut: whether it fits is the kernel's to say. */
static void add_options(const struct line *line, struct bls_entry *entry)
{
	size_t space = entry->options_length ? 1 : 0, length = entry->options_length + space + line->value_length;

	if (line->value_length == 0)
		return;
	if (length < sizeof(entry->options)) {
		if (space)
			entry->options[entry->options_length] = ' ';
		__builtin_memcpy(entry->options + entry->options_length + space, line->value, line->value_length);
		entry->options[length] = '\0';
	} else {
		entry->options_too_long = true;
	}
	entry->options_length = length;
}

static void note_repeated(const struct line *line, const char *old, struct printer *notes)
{
	if (old[0])
		print(notes, "line %u: %.*s is given again; this line counts, not %s\n", line->number, (int)line->key_length,
		      line->key,
		      old);
}

static int entry_line(const struct line *line, struct bls_entry *entry, struct printer *notes, struct printer *why)
{
	static const char *const ignored[] = { "version", "machine-id", "sort-key", "architecture", "devicetree-overlay",
					       "grub_hotkey", "grub_users", "grub_class", "grub_arg" };

	if (key_is(line, "title")) {
		note_repeated(line, entry->title, notes);
		return copy_value(line, entry->title, sizeof(entry->title), why);
	}
	if (key_is(line, "linux")) {
		note_repeated(line, entry->linux, notes);
		return copy_path(line, entry->linux, why);
	}
	if (key_is(line, "initrd")) {
		if (entry->initrd_count == PLAN_INITRDS_MAX) {
			print(why, "line %u: more than %d initrd lines; join the files", line->number, PLAN_INITRDS_MAX);
			return MM_EINVAL;
		}
		return copy_path(line, entry->initrd[entry->initrd_count++], why);
	}
	if (key_is(line, "options")) {
		add_options(line, entry);
		return 0;
	}
	if (key_is(line, "efi") || key_is(line, "devicetree") || key_is(line, "uki")) {
		print(why, "line %u: the key %.*s is not supported; needed: an entry with the key linux", line->number,
		      (int)line->key_length, line->key);
		return MM_EINVAL;
	}
	if (!key_in(line, ignored, MM_ARRAY_COUNT(ignored)))
		print(notes, "line %u: unknown key %.*s is ignored\n", line->number, (int)line->key_length, line->key);
	return 0;
}

int bls_entry_parse(const char *text, size_t size, struct bls_entry *entry, struct printer *notes, struct printer *why)
{
	struct reader reader = start_reading(text, size);
	struct line line;

	if (check_text(text, size, why))
		return MM_EINVAL;
	__builtin_memset(entry, 0, sizeof(*entry));
	while (next_line(&reader, &line)) {
		int error = entry_line(&line, entry, notes, why);

		if (error)
			return error;
	}
	if (!entry->linux[0]) {
		print(why, "no linux line among %u lines; needed: linux \\path\\of\\the\\kernel", reader.number);
		return MM_EINVAL;
	}
	return 0;
}

int bls_loader_parse(const char *text, size_t size, struct bls_loader *loader, struct printer *notes,
		     struct printer *why)
{
	static const char *const ignored[] = { "timeout", "editor", "console-mode", "auto-entries", "auto-firmware", "beep",
					       "random-seed-mode", "secure-boot-enroll", "reboot-for-bitlocker" };
	struct reader reader = start_reading(text, size);
	struct line line;

	if (check_text(text, size, why))
		return MM_EINVAL;
	__builtin_memset(loader, 0, sizeof(*loader));
	while (next_line(&reader, &line)) {
		if (key_is(&line, "default")) {
			int error;

			note_repeated(&line, loader->default_entry, notes);
			error = copy_value(&line, loader->default_entry, sizeof(loader->default_entry), why);
			if (error)
				return error;
		} else if (!key_in(&line, ignored, MM_ARRAY_COUNT(ignored))) {
			print(notes, "line %u: unknown key %.*s is ignored\n", line.number, (int)line.key_length, line.key);
		}
	}
	return 0;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

bool bls_name_matches(const char *pattern, const char *name)
{
	const char *star = NULL, *retry = NULL; /* after the last *, and where its text may end next */

	while (*name) {
		if (*pattern == '*') {
			star = ++pattern;
			retry = name;
		} else if (*pattern == '?' || (*pattern && lower(*pattern) == lower(*name))) {
			pattern++;
			name++;
		} else if (star) {
			pattern = star;
			name = ++retry;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}
