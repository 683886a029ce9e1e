/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of entries until there is a menu: lines of text that a serial console shows as well as a screen. */
#include "firmware.h"

#include <loader/bls_sort.h>

#define FOREVER UINT32_MAX
#define READ_SECONDS 10 /* to read why nothing started, before the firmware goes on */
#define LABEL_MAX 40    /* so that the prompt is one line of 80 columns */

struct label {
	char text[LABEL_MAX + 1];
};

static struct label label_of(const struct entry_list *list, size_t index)
{
	struct buffer_printer out;
	struct label label;

	buffer_printer_init(&out, label.text, sizeof(label.text));
	bls_file_print_label(list->files, list->count, index, &out.printer);
	return label;
}

bool is_enter(const EFI_INPUT_KEY *key)
{
	return key->UnicodeChar == '\r' || key->UnicodeChar == '\n';
}

bool is_escape(const EFI_INPUT_KEY *key)
{
	return key->UnicodeChar == 27 || key->ScanCode == SCAN_ESC;
}

static bool is_letter(const EFI_INPUT_KEY *key, char letter)
{
	return (key->UnicodeChar | 0x20) == letter;
}

static bool press_edit(const struct bls_loader *loader, struct bls_file *file)
{
	if (!loader->editor_disabled)
		return entry_load(file) && edit_options(file->entry);
	print(console, "The editor is switched off: \\loader\\loader.conf says editor no.\n");
	return false;
}

static bool press_save(const struct bls_loader *loader, struct bls_file *file)
{
	(void)loader;
	entry_save_map(file);
	return false;
}

static bool press_view(const struct bls_loader *loader, struct bls_file *file)
{
	(void)loader;
	entry_view(file);
	return false;
}

/* Letters that do something with the chosen entry; press() says whether it is to be started then. */
static const struct {
	char letter;
	const char *does;
	bool (*press)(const struct bls_loader *loader, struct bls_file *file);
} menu_keys[] = {
	{ 'e', "edits the options", press_edit },
	{ 'm', "shows the memory map", press_view },
	{ 's', "saves the memory map", press_save },
};

static bool press_key(const EFI_INPUT_KEY *key, const struct bls_loader *loader, struct bls_file *file)
{
	for (size_t i = 0; i < MM_ARRAY_COUNT(menu_keys); i++) {
		if (!is_letter(key, menu_keys[i].letter))
			continue;
		print(console, "\n");
		return menu_keys[i].press(loader, file);
	}
	return false;
}

static void print_list(const struct entry_list *list, const struct bls_loader *loader)
{
	print(console, "\nEntries:\n");
	for (size_t i = 0; i < list->count; i++) {
		const struct bls_file *file = list->files[i];

		print(console, "%4zu  ", i + 1);
		bls_file_print_label(list->files, list->count, i, console);
		print(console, "  %s%s", fw.volumes[file->volume].prefix, file->name);
		if (file->counter.counted)
			print(console, "  %u tries left", file->counter.left);
		print(console, "\n");
	}
	for (size_t i = 0; i < MM_ARRAY_COUNT(menu_keys); i++)
		if (menu_keys[i].press != press_edit || !loader->editor_disabled)
			print(console, "%c %s, ", menu_keys[i].letter, menu_keys[i].does);
	print(console, "\ndigits or arrow keys choose, Enter starts, Esc or q goes back to the firmware.\n");
}

static void print_prompt(const struct entry_list *list, size_t chosen)
{
	print(console, "\r> %zu  %-*s", chosen + 1, LABEL_MAX, label_of(list, chosen).text);
}

/* A digit continues the number that was typed as long as there is such an entry, else it begins a new one. */
static size_t type_digit(const struct entry_list *list, size_t chosen, size_t *typed, size_t digit)
{
	size_t number = *typed * 10 + digit;

	*typed = number <= list->count ? number : digit;
	return *typed >= 1 && *typed <= list->count ? *typed - 1 : chosen;
}

static size_t move(const struct entry_list *list, size_t chosen, UINT16 scan_code)
{
	if (scan_code == SCAN_UP)
		return chosen ? chosen - 1 : 0;
	if (scan_code == SCAN_DOWN)
		return chosen + 1 < list->count ? chosen + 1 : chosen;
	if (scan_code == SCAN_HOME)
		return 0;
	return scan_code == SCAN_END ? list->count - 1 : chosen;
}

/* The chosen entry, or list->count to go back. The time limit ends with the first key. */
static size_t choose(const struct entry_list *list, const struct bls_loader *loader, size_t chosen, uint32_t seconds)
{
	EFI_INPUT_KEY key;
	size_t typed = 0;

	console_attend(true);
	print_list(list, loader);
	if (seconds != FOREVER)
		print(console, "Without a key it goes back by itself in %u seconds.\n", seconds);
	for (;;) {
		print_prompt(list, chosen);
		while (!read_key(1000, &key))
			if (seconds != FOREVER && --seconds == 0)
				return list->count;
		seconds = FOREVER;
		if (is_enter(&key))
			return chosen;
		if (is_letter(&key, 'q') || is_escape(&key))
			return list->count;
		if (press_key(&key, loader, list->files[chosen]))
			return chosen;
		if (is_letter(&key, 'm'))
			print_list(list, loader); /* the screen is empty */
		if (key.UnicodeChar >= '0' && key.UnicodeChar <= '9')
			chosen = type_digit(list, chosen, &typed, key.UnicodeChar - '0');
		else
			typed = 0;
		chosen = move(list, chosen, key.ScanCode);
	}
}

/* Whether a key asks for the list. Enter does not: it starts the default entry, or is left from the firmware's menu. */
static bool list_wanted(unsigned milliseconds, bool *pressed)
{
	EFI_INPUT_KEY key;

	*pressed = read_key(milliseconds, &key);
	return *pressed && !is_enter(&key);
}

/* Whether a key asked for the list before the time was up. */
static bool count_down(const struct entry_list *list, size_t chosen, uint32_t seconds)
{
	struct label label = label_of(list, chosen);
	bool pressed = false, wanted = false;

	console_attend(true); /* whoever waits wants to know what for */
	for (; seconds > 0 && !pressed; seconds--) {
		print(console, "\r%s starts in %u s; any key shows the list ", label.text, seconds);
		wanted = list_wanted(1000, &pressed);
	}
	print(console, "\n");
	console_flush();
	console_attend(wanted);
	return wanted;
}

EFI_STATUS menu_run(struct entry_list *list, size_t chosen, const struct bls_loader *loader)
{
	EFI_STATUS status = EFI_ABORTED;
	uint32_t timeout = loader->timeout;
	bool attended = timeout == BLS_TIMEOUT_NONE && fw.system->ConIn; /* without a keyboard nobody could go on */
	bool pressed;

	if (timeout != BLS_TIMEOUT_NONE)
		attended = timeout ? count_down(list, chosen, timeout) : !loader->menu_disabled && list_wanted(0, &pressed);
	if (!attended)
		status = entry_start(list->files[chosen]);
	for (;;) {
		size_t next = choose(list, loader, chosen, attended ? FOREVER : READ_SECONDS);

		print(console, "\n");
		if (next == list->count)
			return status;
		attended = true;
		chosen = next;
		status = entry_start(list->files[chosen]);
	}
}
