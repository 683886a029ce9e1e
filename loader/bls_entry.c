/* SPDX-License-Identifier: BSD-2-Clause */
/* Type 1 entries. A slip costs its line; refused is what would start something else than what the file names. */
#include "bls_internal.h"

#include <loader/utf16.h>

#define TEXT(key, member) { key, offsetof(struct bls_entry, member), sizeof(((struct bls_entry *)0)->member) }

/* Keys with one value that nothing depends on but the list. */
static const struct text_key {
	const char *key;
	size_t offset;
	size_t capacity;
} text_keys[] = {
	TEXT("title", title),	    TEXT("version", version),		TEXT("machine-id", machine_id),
	TEXT("sort-key", sort_key), TEXT("architecture", architecture),
};

static const char *const known_keys[] = {
	"title", "version", "machine-id", "sort-key", "architecture", "linux", "initrd", "options", "efi", "uki", "profile",
	"devicetree", "devicetree-overlay", "extra", "uki-url", "mapbridge-prepared", "mapbridge-verify", "mapbridge-console",
	"mapbridge-start",
};

/* What is read beside the entry itself; a line whose number is 0: none. */
struct entry_reading {
	struct bls_entry *entry;
	struct bls_line bad_kernel;  /* linux, efi or uki, the last of them */
	struct bls_line like_kernel; /* a line that may have been meant for one */
	struct bls_line bad_initrd;
	size_t initrd_used; /* of the entry's initrd_text */
	struct bls_line bad_options;
	struct bls_line bad_profile;
	struct bls_line unsupported;
	unsigned unknown;
	struct printer *notes;
};

/* Why a value is no path; prints nothing when it is one. */
static bool explain_path(const struct bls_line *line, struct printer *why)
{
	size_t length;

	if (line->value_length >= BLS_PATH_MAX) {
		bls_print_key(line, why);
		print(why, " has %zu bytes; needed: at most %d", line->value_length, BLS_PATH_MAX - 1);
		return true;
	}
	for (size_t i = 0; i < line->value_length; i += length) {
		uint32_t code = utf8_next(line->value + i, line->value_length - i, &length);

		if (code != UTF_BAD && code >= ' ' && code != 0x7f)
			continue;
		print(why, "line %u: a path with %s 0x%02x; needed: UTF-8 without control characters", line->number,
		      code == UTF_BAD ? "byte" : "character", (unsigned char)line->value[i]);
		return true;
	}
	return false;
}

/* With backslashes, of which firmware allows one between two names. */
static bool copy_path(const struct bls_line *line, char *to)
{
	size_t length = 0;

	if (explain_path(line, NULL))
		return false;
	for (size_t i = 0; i < line->value_length; i++) {
		char c = line->value[i] == '/' ? '\\' : line->value[i];

		if (c != '\\' || length == 0 || to[length - 1] != '\\')
			to[length++] = c;
	}
	to[length] = '\0';
	return true;
}

static void kernel_line(const struct bls_line *line, struct entry_reading *r)
{
	struct bls_entry *entry = r->entry;
	bool linux = bls_key_is(line, "linux");

	if (entry->linux[0] || entry->efi[0]) {
		bls_print_key(line, r->notes);
		print(r->notes, " is given again; this line counts, not %s\n", entry->linux[0] ? entry->linux : entry->efi);
	}
	entry->linux[0] = entry->efi[0] = '\0';
	entry->uki = bls_key_is(line, "uki");
	r->bad_kernel.number = 0;
	if (!copy_path(line, linux ? entry->linux : entry->efi))
		r->bad_kernel = *line;
}

static void initrd_line(const struct bls_line *line, struct entry_reading *r)
{
	struct bls_entry *entry = r->entry;
	char *to = entry->initrd_text + r->initrd_used;

	if (entry->initrd_count == PLAN_INITRDS_MAX || line->value_length >= BLS_INITRDS_SIZE - r->initrd_used || !copy_path(line, to)) {
		r->bad_initrd = r->bad_initrd.number ? r->bad_initrd : *line;
		return;
	}
	entry->initrd_at[entry->initrd_count++] = (uint16_t)r->initrd_used;
	r->initrd_used += text_length(to) + 1;
}

/* Too long a command line is kept in mind, not cut: whether it fits is the kernel's to say. */
static void options_line(const struct bls_line *line, struct bls_entry *entry)
{
	size_t space = entry->options_length ? 1 : 0, length = entry->options_length + space + line->value_length;

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

/* A prepared kernel only saves time: without it the same kernel starts. */
static void prepared_line(const struct bls_line *line, struct entry_reading *r)
{
	char *to = r->entry->prepared;

	if (to[0]) {
		bls_print_key(line, r->notes);
		print(r->notes, " is given again; this line counts, not %s\n", to);
	}
	to[0] = '\0';
	if (!explain_path(line, r->notes)) {
		copy_path(line, to);
		return;
	}
	print(r->notes, "; the kernel is started without it\n");
}

/* Another profile must not start in place of one that cannot be understood. */
static void profile_line(const struct bls_line *line, struct entry_reading *r)
{
	if (bls_parse_number(line, &r->entry->profile) && r->entry->profile <= BLS_PROFILE_MAX)
		r->bad_profile.number = 0;
	else
		r->bad_profile = *line;
}

/* A value that is no yes and no no is taken for the safe one. */
static void verify_line(const struct bls_line *line, struct entry_reading *r)
{
	if (bls_parse_boolean(line, &r->entry->verify))
		return;
	r->entry->verify = true;
	bls_print_key(line, r->notes);
	print(r->notes, " ");
	bls_print_value(line, r->notes);
	print(r->notes, " is taken as yes; needed: yes or no\n");
}

static bool mapbridge_line(const struct bls_line *line, struct entry_reading *r)
{
	if (bls_key_is(line, "mapbridge-prepared")) {
		prepared_line(line, r);
	} else if (bls_key_is(line, "mapbridge-verify")) {
		verify_line(line, r);
	} else if (bls_key_is(line, "mapbridge-console")) {
		if (!bls_parse_console(line, &r->entry->console))
			bls_note_ignored(line, BLS_CONSOLE_LEVELS, r->notes);
	} else if (bls_key_is(line, "mapbridge-start")) {
		if (bls_value_is(line, "efi"))
			r->entry->start_efi = true;
		else
			bls_note_ignored(line, "efi, or no such line", r->notes);
	} else {
		return false;
	}
	return true;
}

/* Keys that GRUB and others have for themselves. */
static bool is_others(const struct bls_line *line)
{
	static const char grub[] = "grub_";

	return bls_key_is(line, "id") ||
	       (line->key_length >= sizeof(grub) - 1 && __builtin_memcmp(line->key, grub, sizeof(grub) - 1) == 0);
}

static bool is_kernel(const struct bls_line *line)
{
	static const char *const keys[] = { "linux", "efi", "uki" };

	return bls_key_in(line, keys, MM_ARRAY_COUNT(keys));
}

static void other_line(const struct bls_line *line, struct entry_reading *r)
{
	const char *nearest;

	if (is_others(line))
		return;
	nearest = bls_nearest_key(line, known_keys, MM_ARRAY_COUNT(known_keys));
	bls_note_unknown(line, nearest, &r->unknown, r->notes);
	if (nearest && !r->like_kernel.number && is_kernel(&(struct bls_line){ .key = nearest, .key_length = text_length(nearest) }))
		r->like_kernel = *line;
}

/* A line without a value is as good as none, but one that should name a file is worth a word. A NUL would end it early. */
static bool is_void(const struct bls_line *line, struct entry_reading *r)
{
	static const char *const silent[] = { "title", "version", "machine-id", "sort-key", "architecture", "options" };
	static const char *const needed[] = { "initrd", "options", "profile" };

	if (line->value_length && !line->has_nul)
		return false;
	if (!bls_key_in(line, known_keys, MM_ARRAY_COUNT(known_keys)))
		return false;
	if (line->has_nul && (is_kernel(line) || bls_key_in(line, needed, MM_ARRAY_COUNT(needed))))
		return false;
	if (is_kernel(line) && !r->like_kernel.number)
		r->like_kernel = *line;
	if (line->has_nul || !bls_key_in(line, silent, MM_ARRAY_COUNT(silent)))
		bls_note_ignored(line, "", r->notes);
	return true;
}

static void entry_line(const struct bls_line *line, struct entry_reading *r)
{
	static const char *const unsupported[] = { "devicetree", "devicetree-overlay", "extra", "uki-url" };

	if (is_void(line, r))
		return;
	for (size_t i = 0; i < MM_ARRAY_COUNT(text_keys); i++) {
		if (bls_key_is(line, text_keys[i].key)) {
			bls_copy_text(line, (char *)r->entry + text_keys[i].offset, text_keys[i].capacity, r->notes);
			return;
		}
	}
	if (is_kernel(line))
		kernel_line(line, r);
	else if (bls_key_is(line, "initrd"))
		initrd_line(line, r);
	else if (bls_key_is(line, "options") && line->has_nul)
		r->bad_options = *line;
	else if (bls_key_is(line, "options"))
		options_line(line, r->entry);
	else if (bls_key_is(line, "profile"))
		profile_line(line, r);
	else if (bls_key_in(line, unsupported, MM_ARRAY_COUNT(unsupported)))
		r->unsupported = *line;
	else if (!mapbridge_line(line, r))
		other_line(line, r);
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

/* No pattern: a name of an architecture has none of its characters. */
static bool is_foreign(const struct bls_line *line)
{
	static const char own[] = "x64";

	if (!bls_key_is(line, "architecture") || line->has_nul || line->value_length == 0)
		return false;
	if (line->value_length != sizeof(own) - 1)
		return true;
	for (size_t i = 0; i < line->value_length; i++)
		if (lower(line->value[i]) != own[i])
			return true;
	return false;
}

/* Such an entry may have what ours have no use for. */
static bool find_foreign(struct bls_reader reader)
{
	struct bls_line line;

	while (bls_next_line(&reader, &line))
		if (is_foreign(&line))
			return true;
	return false;
}

static int explain_line(const struct entry_reading *r, struct printer *why)
{
	if (r->bad_kernel.number) {
		explain_path(&r->bad_kernel, why);
	} else if (r->bad_initrd.number) {
		if (!explain_path(&r->bad_initrd, why))
			print(why, "line %u: more than %d initrd lines, or more than %d bytes of paths in them; join the files",
			      r->bad_initrd.number, PLAN_INITRDS_MAX, BLS_INITRDS_SIZE);
	} else if (r->bad_options.number) {
		print(why, "line %u: a NUL byte in the options; needed: a text in UTF-8", r->bad_options.number);
	} else if (r->unsupported.number) {
		print(why, "line %u: the key %.*s is not supported; needed: an entry without it", r->unsupported.number,
		      (int)r->unsupported.key_length, r->unsupported.key);
	} else if (r->bad_profile.number) {
		bls_print_key(&r->bad_profile, why);
		print(why, " ");
		bls_print_value(&r->bad_profile, why);
		print(why, "; needed: a number, at most %d", BLS_PROFILE_MAX);
	} else {
		return 0;
	}
	return MM_EINVAL;
}

/* What only the whole file can tell. */
static int check_entry(struct entry_reading *r, unsigned lines, struct printer *why)
{
	struct bls_entry *entry = r->entry;

	if (explain_line(r, why))
		return MM_EINVAL;
	if (!entry->linux[0] && !entry->efi[0]) {
		print(why, "no linux line and no efi line among %u lines; needed: linux \\path\\of\\the\\kernel", lines);
		if (r->like_kernel.number) {
			print(why, " (line %u may be meant for one: ", r->like_kernel.number);
			print(why, "%.*s ", (int)utf8_cut(r->like_kernel.key, r->like_kernel.key_length, 40), r->like_kernel.key);
			bls_print_value(&r->like_kernel, why);
			print(why, ")");
		}
		return MM_EINVAL;
	}
	if (entry->profile && !entry->uki) {
		print(why, "profile %u without a uki line; needed: uki \\path\\of\\the\\image, which has the profile", entry->profile);
		return MM_EINVAL;
	}
	if (entry->prepared[0] && !entry->linux[0]) {
		print(r->notes, "mapbridge-prepared %s is ignored without a linux line\n", entry->prepared);
		entry->prepared[0] = '\0';
	}
	return 0;
}

int bls_entry_parse(const char *text, size_t size, struct bls_entry *entry, struct printer *notes, struct printer *why)
{
	struct entry_reading r = { .entry = entry, .notes = notes };
	struct bls_reader reader;
	struct bls_line line;

	if (bls_read_begin(&reader, text, size, why))
		return MM_EINVAL;
	__builtin_memset(entry, 0, offsetof(struct bls_entry, initrd_at));
	entry->foreign = find_foreign(reader);
	if (entry->foreign)
		return 0;
	while (bls_next_line(&reader, &line))
		entry_line(&line, &r);
	bls_note_more_unknown(r.unknown, notes);
	return check_entry(&r, reader.number, why);
}
