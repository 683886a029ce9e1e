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

static bool value_is(const struct line *line, const char *value)
{
	return text_length(value) == line->value_length &&
	       __builtin_memcmp(line->value, value, line->value_length) == 0;
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
	print(why, "line %u: %.*s has %zu characters; needed: at most %zu", line->number, (int)line->key_length,
	      line->key, line->value_length, capacity - 1);
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
		print(notes, "line %u: %.*s is given again; this line counts, not %s\n", line->number,
		      (int)line->key_length, line->key, old);
}

/* Keys that are not known: the first one and their number, so that a file full of them is one line. */
struct unknown {
	struct line first;
	unsigned count;
};

static void add_unknown(struct unknown *unknown, const struct line *line)
{
	if (unknown->count++ == 0)
		unknown->first = *line;
}

static void note_unknown(const struct unknown *unknown, struct printer *notes)
{
	if (unknown->count == 0)
		return;
	print(notes, "line %u: unknown key %.*s is ignored", unknown->first.number, (int)unknown->first.key_length,
	      unknown->first.key);
	if (unknown->count > 1)
		print(notes, ", and %u more", unknown->count - 1);
	print(notes, "\n");
}

#define TEXT(key, member, path) \
	{ key, offsetof(struct bls_entry, member), sizeof(((struct bls_entry *)0)->member), path }

/* Keys with one value, which may stand once. */
static const struct text_key {
	const char *key;
	size_t offset;
	size_t capacity;
	bool path;
} text_keys[] = {
	TEXT("title", title, false),
	TEXT("version", version, false),
	TEXT("machine-id", machine_id, false),
	TEXT("sort-key", sort_key, false),
	TEXT("architecture", architecture, false),
	TEXT("linux", linux, true),
	TEXT("efi", efi, true),
	TEXT("uki", efi, true),
	TEXT("mapbridge-prepared", prepared, true),
};

static bool parse_number(const struct line *line, uint32_t *number)
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

/* What is read beside the entry itself. */
struct entry_reading {
	struct bls_entry *entry;
	struct unknown unknown;
	struct line unsupported; /* its number is 0: none */
	struct line bad_profile; /* the same */
	struct printer *notes;
	struct printer *why;
};

#define CONSOLE_LEVELS "quiet, steps or dump"

static bool parse_console(const struct line *line, enum console_level *level)
{
	static const char *const names[] = { "quiet", "steps", "dump" };

	for (size_t i = 0; i < MM_ARRAY_COUNT(names); i++) {
		if (value_is(line, names[i])) {
			*level = CONSOLE_QUIET + i;
			return true;
		}
	}
	return false;
}

static int console_line(const struct line *line, struct entry_reading *r)
{
	if (parse_console(line, &r->entry->console))
		return 0;
	print(r->why, "line %u: mapbridge-console %.*s; needed: " CONSOLE_LEVELS, line->number, (int)line->value_length,
	      line->value);
	return MM_EINVAL;
}

static int verify_line(const struct line *line, struct entry_reading *r)
{
	r->entry->verify = value_is(line, "yes");
	if (r->entry->verify || value_is(line, "no"))
		return 0;
	print(r->why, "line %u: mapbridge-verify %.*s; needed: yes or no", line->number, (int)line->value_length, line->value);
	return MM_EINVAL;
}

static int start_line(const struct line *line, struct entry_reading *r)
{
	if (value_is(line, "efi")) {
		r->entry->start_efi = true;
		return 0;
	}
	print(r->why, "line %u: mapbridge-start %.*s; needed: efi, or no such line", line->number,
	      (int)line->value_length, line->value);
	return MM_EINVAL;
}

/* Another profile must not start in place of one that cannot be understood. */
static void profile_line(const struct line *line, struct entry_reading *r)
{
	if (parse_number(line, &r->entry->profile) && r->entry->profile <= BLS_PROFILE_MAX)
		r->bad_profile.number = 0;
	else
		r->bad_profile = *line;
}

static int text_line(const struct line *line, const struct text_key *key, struct entry_reading *r)
{
	char *to = (char *)r->entry + key->offset;

	r->entry->uki |= key_is(line, "uki");
	note_repeated(line, to, r->notes);
	return key->path ? copy_path(line, to, r->why) : copy_value(line, to, key->capacity, r->why);
}

static int entry_line(const struct line *line, struct entry_reading *r)
{
	static const char *const ignored[] = { "grub_hotkey", "grub_users", "grub_class", "grub_arg" };
	static const char *const unsupported[] = { "devicetree", "devicetree-overlay", "extra", "uki-url" };
	struct bls_entry *entry = r->entry;

	for (size_t i = 0; i < MM_ARRAY_COUNT(text_keys); i++)
		if (key_is(line, text_keys[i].key))
			return text_line(line, &text_keys[i], r);
	if (key_is(line, "initrd")) {
		if (entry->initrd_count == PLAN_INITRDS_MAX) {
			print(r->why, "line %u: more than %d initrd lines; join the files", line->number,
			      PLAN_INITRDS_MAX);
			return MM_EINVAL;
		}
		return copy_path(line, entry->initrd[entry->initrd_count++], r->why);
	}
	if (key_is(line, "options"))
		add_options(line, entry);
	else if (key_is(line, "mapbridge-start"))
		return start_line(line, r);
	else if (key_is(line, "mapbridge-console"))
		return console_line(line, r);
	else if (key_is(line, "mapbridge-verify"))
		return verify_line(line, r);
	else if (key_is(line, "profile"))
		profile_line(line, r);
	else if (key_in(line, unsupported, MM_ARRAY_COUNT(unsupported)))
		r->unsupported = *line;
	else if (!key_in(line, ignored, MM_ARRAY_COUNT(ignored)))
		add_unknown(&r->unknown, line);
	return 0;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

/* No pattern: a name of an architecture has none of its characters. */
static bool is_foreign(const char *architecture)
{
	static const char own[] = "x64";
	size_t i = 0;

	if (!architecture[0])
		return false;
	while (own[i] && lower(architecture[i]) == own[i])
		i++;
	return own[i] || architecture[i];
}

/* What only the whole file can tell. An entry for other machines may have what ours have no use for. */
static int check_entry(struct entry_reading *r, unsigned lines)
{
	struct bls_entry *entry = r->entry;

	entry->foreign = is_foreign(entry->architecture);
	if (entry->foreign)
		return 0;
	if (r->unsupported.number) {
		print(r->why, "line %u: the key %.*s is not supported; needed: an entry without it",
		      r->unsupported.number, (int)r->unsupported.key_length, r->unsupported.key);
		return MM_EINVAL;
	}
	if (r->bad_profile.number) {
		print(r->why, "line %u: profile %.*s; needed: a number, at most %d", r->bad_profile.number,
		      (int)r->bad_profile.value_length, r->bad_profile.value, BLS_PROFILE_MAX);
		return MM_EINVAL;
	}
	if (entry->profile && !entry->uki) {
		print(r->why, "profile %u without a uki line; needed: uki \\path\\of\\the\\image, which has the profile", entry->profile);
		return MM_EINVAL;
	}
	if (entry->linux[0] && entry->efi[0]) {
		print(r->why, "both linux %s and efi %s; needed: one of them", entry->linux, entry->efi);
		return MM_EINVAL;
	}
	if (entry->prepared[0] && !entry->linux[0]) {
		print(r->why, "mapbridge-prepared %s without a linux line; needed: linux \\path\\of\\the\\bzImage that it was made from",
		      entry->prepared);
		return MM_EINVAL;
	}
	if (!entry->linux[0] && !entry->efi[0]) {
		print(r->why, "no linux line and no efi line among %u lines; needed: linux \\path\\of\\the\\kernel",
		      lines);
		return MM_EINVAL;
	}
	return 0;
}

int bls_entry_parse(const char *text, size_t size, struct bls_entry *entry, struct printer *notes, struct printer *why)
{
	struct entry_reading r = { .entry = entry, .notes = notes, .why = why };
	struct reader reader = start_reading(text, size);
	struct line line;

	if (check_text(text, size, why))
		return MM_EINVAL;
	__builtin_memset(entry, 0, sizeof(*entry));
	while (next_line(&reader, &line)) {
		int error = entry_line(&line, &r);

		if (error)
			return error;
	}
	note_unknown(&r.unknown, notes);
	return check_entry(&r, reader.number);
}

static bool value_in(const struct line *line, const char *const *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (value_is(line, values[i]))
			return true;
	return false;
}

/* The words that systemd takes for a boolean. */
static bool parse_boolean(const struct line *line, bool *value)
{
	static const char *const yes[] = { "yes", "y", "true", "t", "on", "1" };
	static const char *const no[] = { "no", "n", "false", "f", "off", "0" };

	*value = value_in(line, yes, MM_ARRAY_COUNT(yes));
	return *value || value_in(line, no, MM_ARRAY_COUNT(no));
}

static void note_ignored(const struct line *line, const char *needed, struct printer *notes)
{
	print(notes, "line %u: %.*s %.*s is ignored; needed: %s\n", line->number, (int)line->key_length, line->key,
	      (int)line->value_length, line->value, needed);
}

/* What bootctl writes for menu-force is the largest number of 32 bits; systemd-boot takes all above for the same. */
static bool is_endless(const struct line *line)
{
	uint64_t value = 0;

	for (size_t i = 0; i < line->value_length; i++) {
		if (line->value[i] < '0' || line->value[i] > '9')
			return false;
		if (value < UINT32_MAX)
			value = value * 10 + (uint64_t)(line->value[i] - '0');
	}
	return value >= UINT32_MAX;
}

static bool parse_timeout(const struct line *line, struct bls_loader *loader)
{
	uint32_t seconds = 0;

	if (value_is(line, "menu-force") || is_endless(line))
		seconds = BLS_TIMEOUT_NONE;
	else if (!value_is(line, "menu-hidden") && !value_is(line, "menu-disabled") && !parse_number(line, &seconds))
		return false;
	loader->timeout = seconds;
	loader->menu_disabled = value_is(line, "menu-disabled");
	return true;
}

bool bls_timeout_parse(const char *text, struct bls_loader *loader)
{
	return parse_timeout(&(struct line){ .value = text, .value_length = text_length(text) }, loader);
}

bool bls_timeout_once_parse(const char *text, struct bls_loader *loader)
{
	if (!bls_timeout_parse(text, loader))
		return false;
	if (loader->timeout == 0 && text[0] == '0')
		loader->timeout = BLS_TIMEOUT_NONE;
	loader->list_wanted = loader->timeout != 0;
	return true;
}

static int default_line(const struct line *line, struct bls_loader *loader, struct printer *notes, struct printer *why)
{
	note_repeated(line, loader->default_entry, notes);
	return copy_value(line, loader->default_entry, sizeof(loader->default_entry), why);
}

static void console_mode_line(const struct line *line, struct bls_loader *loader, struct printer *notes)
{
	enum console_mode mode = CONSOLE_MODE_NUMBER;
	uint32_t number = 0;

	if (value_is(line, "keep"))
		mode = CONSOLE_MODE_KEEP;
	else if (value_is(line, "auto"))
		mode = CONSOLE_MODE_AUTO;
	else if (value_is(line, "max"))
		mode = CONSOLE_MODE_MAX;
	else if (!parse_number(line, &number)) {
		note_ignored(line, "a number, auto, max or keep", notes);
		return;
	}
	loader->console_mode = mode;
	loader->console_mode_number = number;
}

static int loader_line(const struct line *line, struct bls_loader *loader, struct unknown *unknown,
		       struct printer *notes, struct printer *why)
{
	static const char *const ignored[] = { "auto-entries", "auto-firmware", "auto-poweroff", "auto-reboot", "beep",
					       "random-seed-mode", "secure-boot-enroll", "secure-boot-enroll-action",
					       "secure-boot-enroll-timeout-sec", "reboot-for-bitlocker",
					       "reboot-on-error", "log-level" };
	bool yes, *disabled = key_is(line, "editor") ? &loader->editor_disabled :
			      key_is(line, "mapbridge-variables") ? &loader->variables_disabled : NULL;

	if (key_is(line, "default"))
		return default_line(line, loader, notes, why);
	if (key_is(line, "timeout")) {
		if (!parse_timeout(line, loader))
			note_ignored(line, "seconds, menu-force, menu-hidden or menu-disabled", notes);
	} else if (disabled) {
		if (parse_boolean(line, &yes))
			*disabled = !yes;
		else
			note_ignored(line, "yes or no", notes);
	} else if (key_is(line, "mapbridge-console")) {
		if (!parse_console(line, &loader->console))
			note_ignored(line, CONSOLE_LEVELS, notes);
	} else if (key_is(line, "console-mode")) {
		console_mode_line(line, loader, notes);
	} else if (!key_in(line, ignored, MM_ARRAY_COUNT(ignored))) {
		add_unknown(unknown, line);
	}
	return 0;
}

int bls_loader_parse(const char *text, size_t size, struct bls_loader *loader, struct printer *notes,
		     struct printer *why)
{
	struct reader reader = start_reading(text, size);
	struct unknown unknown = { .count = 0 };
	struct line line;

	if (check_text(text, size, why))
		return MM_EINVAL;
	__builtin_memset(loader, 0, sizeof(*loader));
	while (next_line(&reader, &line)) {
		int error = loader_line(&line, loader, &unknown, notes, why);

		if (error)
			return error;
	}
	note_unknown(&unknown, notes);
	return 0;
}
