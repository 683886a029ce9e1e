/* SPDX-License-Identifier: BSD-2-Clause */
/* loader.conf: a line that cannot be understood changes nothing. */
#include "bls_internal.h"

static const char *const known_keys[] = {
	"default", "timeout", "editor", "console-mode", "mapbridge-variables", "mapbridge-console",
	/* of systemd-boot, without effect */
	"preferred", "auto-entries", "auto-firmware", "auto-poweroff", "auto-reboot", "beep", "random-seed-mode", "secure-boot-enroll",
	"secure-boot-enroll-action", "secure-boot-enroll-timeout-sec", "reboot-for-bitlocker", "reboot-on-error", "log-level",
};

/* What bootctl writes for menu-force is the largest number of 32 bits; systemd-boot takes all above for the same. */
static bool is_endless(const struct bls_line *line)
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

static bool parse_timeout(const struct bls_line *line, struct bls_loader *loader)
{
	uint32_t seconds = 0;

	if (bls_value_is(line, "menu-force") || is_endless(line))
		seconds = BLS_TIMEOUT_NONE;
	else if (!bls_value_is(line, "menu-hidden") && !bls_value_is(line, "menu-disabled") && !bls_parse_number(line, &seconds))
		return false;
	loader->timeout = seconds;
	loader->menu_disabled = bls_value_is(line, "menu-disabled");
	return true;
}

bool bls_timeout_parse(const char *text, struct bls_loader *loader)
{
	return parse_timeout(&(struct bls_line){ .value = text, .value_length = text_length(text) }, loader);
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

static void console_mode_line(const struct bls_line *line, struct bls_loader *loader, struct printer *notes)
{
	enum console_mode mode = CONSOLE_MODE_NUMBER;
	uint32_t number = 0;

	if (bls_value_is(line, "keep"))
		mode = CONSOLE_MODE_KEEP;
	else if (bls_value_is(line, "auto"))
		mode = CONSOLE_MODE_AUTO;
	else if (bls_value_is(line, "max"))
		mode = CONSOLE_MODE_MAX;
	else if (!bls_parse_number(line, &number)) {
		bls_note_ignored(line, "a number, auto, max or keep", notes);
		return;
	}
	loader->console_mode = mode;
	loader->console_mode_number = number;
}

static void loader_line(const struct bls_line *line, struct bls_loader *loader, struct printer *notes)
{
	bool yes, *disabled = bls_key_is(line, "editor") ? &loader->editor_disabled :
			      bls_key_is(line, "mapbridge-variables") ? &loader->variables_disabled : NULL;

	if (line->has_nul || line->value_length == 0) {
		bls_note_ignored(line, "", notes);
	} else if (bls_key_is(line, "default")) {
		if (line->value_length < sizeof(loader->default_entry))
			bls_copy_text(line, loader->default_entry, sizeof(loader->default_entry), notes);
		else
			bls_note_ignored(line, "the name of an entry, or a pattern", notes);
	} else if (bls_key_is(line, "timeout")) {
		if (!parse_timeout(line, loader))
			bls_note_ignored(line, "seconds, menu-force, menu-hidden or menu-disabled", notes);
	} else if (disabled) {
		if (bls_parse_boolean(line, &yes))
			*disabled = !yes;
		else
			bls_note_ignored(line, "yes or no", notes);
	} else if (bls_key_is(line, "mapbridge-console")) {
		if (!bls_parse_console(line, &loader->console))
			bls_note_ignored(line, BLS_CONSOLE_LEVELS, notes);
	} else if (bls_key_is(line, "console-mode")) {
		console_mode_line(line, loader, notes);
	}
}

int bls_loader_parse(const char *text, size_t size, struct bls_loader *loader, struct printer *notes,
		     struct printer *why)
{
	struct bls_reader reader;
	struct bls_line line;
	unsigned unknown = 0;

	if (bls_read_begin(&reader, text, size, why))
		return MM_EINVAL;
	__builtin_memset(loader, 0, sizeof(*loader));
	while (bls_next_line(&reader, &line)) {
		if (bls_key_in(&line, known_keys, MM_ARRAY_COUNT(known_keys)))
			loader_line(&line, loader, notes);
		else
			bls_note_unknown(&line, bls_nearest_key(&line, known_keys, MM_ARRAY_COUNT(known_keys)), &unknown, notes);
	}
	bls_note_more_unknown(unknown, notes);
	return 0;
}
