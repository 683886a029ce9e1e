/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of entries until there is a menu: lines of text that a serial console shows as well as a screen. */
#include "firmware.h"

#include <loader/bls_sort.h>

#define FOREVER UINT32_MAX
#define READ_SECONDS 10 /* to read why nothing started, before the firmware goes on */
#define LABEL_MAX 70    /* so that the prompt is one line of 80 columns */
#define SHORT_LABEL 32  /* so that the countdown is */
#define LINE_MAX 1200   /* of an entry in the list */
#define OTHER_ROWS 9    /* of the list: lines that are no entries */

struct menu {
	const struct entry_list *list;
	const struct bls_loader *loader;
	size_t chosen;
	size_t typed;      /* the number that digits have made so far */
	size_t first, end; /* the entries that are shown: [first, end) */
};

struct label {
	char text[LINE_MAX];
};

/* Of text with UTF-8: the next character's beginning at or behind at. */
static size_t next_character(const char *text, size_t at)
{
	while ((text[at] & 0xc0) == 0x80)
		at++;
	return at;
}

/* A label that is too long loses its middle: titles often differ in what comes last. */
static struct label label_of(const struct entry_list *list, size_t index, size_t most)
{
	struct buffer_printer out;
	struct label label;
	size_t length, from, to;

	buffer_printer_init(&out, label.text, sizeof(label.text));
	bls_file_print_label(list->files, list->count, index, &out.printer);
	length = text_length(label.text);
	if (length > most) {
		from = next_character(label.text, length - most / 2);
		for (to = most - 3 - most / 2; (label.text[to] & 0xc0) == 0x80; to--)
			;
		__builtin_memcpy(label.text + to, "...", 3);
		__builtin_memmove(label.text + to + 3, label.text + from, length - from + 1);
	}
	return label;
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

static void print_line(const struct entry_list *list, size_t index, struct printer *out)
{
	const struct bls_file *file = list->files[index];

	print(out, "%4zu  ", index + 1);
	bls_file_print_label(list->files, list->count, index, out);
	print(out, "  %s%s", fw.volumes[file->volume].prefix, file->name);
	if (file->counter.counted)
		print(out, "  %u tries left", file->counter.left);
}

/* Lines of the console that an entry's line takes. */
static size_t height(const struct entry_list *list, size_t index, size_t columns)
{
	struct buffer_printer out;
	char line[LINE_MAX];

	buffer_printer_init(&out, line, sizeof(line));
	print_line(list, index, &out.printer);
	return out.length / columns + 1;
}

/* As many entries around the chosen one as fit on the console. */
static void choose_window(struct menu *menu)
{
	size_t columns, rows, used, before = 0;
	bool grew = true;

	console_size(&columns, &rows);
	rows = rows > OTHER_ROWS ? rows - OTHER_ROWS : 1;
	menu->first = menu->chosen;
	menu->end = menu->chosen + 1;
	used = height(menu->list, menu->chosen, columns);
	while (grew && menu->end - menu->first < menu->list->count) {
		/* by turns above and below, as long as there are some on that side */
		bool above = menu->first > 0 && (before <= menu->end - menu->chosen - 1 || menu->end == menu->list->count);
		size_t lines = height(menu->list, above ? menu->first - 1 : menu->end, columns);

		grew = lines <= rows && used <= rows - lines;
		if (!grew)
			break;
		used += lines;
		before += above;
		menu->first -= above;
		menu->end += !above;
	}
}

static void print_list(struct menu *menu)
{
	const struct entry_list *list = menu->list;

	choose_window(menu);
	print(console, "\nEntries:\n");
	if (menu->first > 0)
		print(console, "      (%zu more above)\n", menu->first);
	for (size_t i = menu->first; i < menu->end; i++) {
		print_line(list, i, console);
		print(console, "\n");
	}
	if (menu->end < list->count)
		print(console, "      (%zu more below)\n", list->count - menu->end);
	for (size_t i = 0; i < MM_ARRAY_COUNT(menu_keys); i++)
		if (menu_keys[i].press != press_edit || !menu->loader->editor_disabled)
			print(console, "%c %s, ", menu_keys[i].letter, menu_keys[i].does);
	print(console, "\ndigits or arrow keys choose, Enter starts, Esc or q goes back to the firmware.\n");
}

static void print_prompt(const struct menu *menu)
{
	struct label label = label_of(menu->list, menu->chosen, LABEL_MAX);
	size_t width = 0;

	for (size_t i = 0; label.text[i]; i = next_character(label.text, i + 1))
		width++;
	print(console, "\r> %zu  %s%*s", menu->chosen + 1, label.text, (int)(LABEL_MAX - width), "");
}

/* A digit continues the number that was typed as long as there is such an entry, else it begins a new one. */
static void type_digit(struct menu *menu, size_t digit)
{
	size_t number = menu->typed * 10 + digit, count = menu->list->count;

	menu->typed = number <= count ? number : digit;
	if (menu->typed >= 1 && menu->typed <= count)
		menu->chosen = menu->typed - 1;
}

static void move(struct menu *menu, UINT16 scan_code)
{
	size_t last = menu->list->count - 1, page = menu->end - menu->first, at = menu->chosen;

	if (scan_code == SCAN_UP || scan_code == SCAN_PAGE_UP) {
		page = scan_code == SCAN_UP ? 1 : page;
		menu->chosen = at > page ? at - page : 0;
	} else if (scan_code == SCAN_DOWN || scan_code == SCAN_PAGE_DOWN) {
		page = scan_code == SCAN_DOWN ? 1 : page;
		menu->chosen = last - at > page ? at + page : last;
	} else if (scan_code == SCAN_HOME) {
		menu->chosen = 0;
	} else if (scan_code == SCAN_END) {
		menu->chosen = last;
	}
}

static bool is_start(const EFI_INPUT_KEY *key)
{
	return is_enter(key) || key->ScanCode == SCAN_RIGHT;
}

/* Whether the list is done with: the chosen entry is to be started, or, list->count, we go back. */
static bool press(struct menu *menu, const EFI_INPUT_KEY *key)
{
	size_t chosen = menu->chosen;

	if (is_start(key))
		return true;
	if (is_letter(key, 'q') || is_escape(key)) {
		menu->chosen = menu->list->count;
		return true;
	}
	if (press_key(key, menu->loader, menu->list->files[chosen]))
		return true;
	if (is_letter(key, 'm'))
		print_list(menu); /* the screen is empty */
	if (key->UnicodeChar >= '0' && key->UnicodeChar <= '9')
		type_digit(menu, key->UnicodeChar - '0');
	else
		menu->typed = 0;
	move(menu, list_key(key));
	return false;
}

/*
 * The chosen entry, or list->count to go back. The time limit ends with the first key. pressed is a key that was pressed before,
 * when it has a scan code or a character.
 */
static size_t choose(const struct entry_list *list, const struct bls_loader *loader, size_t chosen, uint32_t seconds,
		     EFI_INPUT_KEY pressed)
{
	struct menu menu = { .list = list, .loader = loader, .chosen = chosen };
	bool there = pressed.ScanCode || pressed.UnicodeChar;

	console_attend(true);
	if (!there)
		keys_forget();
	print_list(&menu);
	if (seconds != FOREVER)
		print(console, "Without a key it goes back by itself in %u seconds.\n", seconds);
	do {
		if (menu.chosen < menu.first || menu.chosen >= menu.end) {
			print(console, "\n");
			print_list(&menu);
		}
		print_prompt(&menu);
		while (!there && !(there = read_key(1000, &pressed)))
			if (seconds != FOREVER && --seconds == 0)
				return list->count;
		seconds = FOREVER;
		there = false;
	} while (!press(&menu, &pressed));
	return menu.chosen;
}

/*
 * Whether a key asks for the list. Enter does not: it starts the default entry, or is left from the firmware's menu. What it does
 * in the list is done there, but for Escape, which many press to get a menu.
 */
static bool list_wanted(unsigned milliseconds, EFI_INPUT_KEY *key, bool *pressed)
{
	bool wanted;

	*pressed = read_key(milliseconds, key);
	wanted = *pressed && !is_start(key);
	if (!wanted || is_escape(key))
		*key = (EFI_INPUT_KEY){ 0, 0 };
	return wanted;
}

/* Whether a key asked for the list before the time was up. */
static bool count_down(const struct entry_list *list, size_t chosen, const struct bls_loader *loader, EFI_INPUT_KEY *key)
{
	struct label label = label_of(list, chosen, SHORT_LABEL);
	struct menu menu = { .list = list, .loader = loader, .chosen = chosen };
	bool pressed = false, wanted = false;

	console_attend(true); /* whoever waits wants to know what for */
	keys_forget();
	if (loader->list_wanted)
		print_list(&menu);
	for (uint32_t seconds = loader->timeout; seconds > 0 && !pressed; seconds--) {
		print(console, "\r%s starts in %u s; any key shows the list ", label.text, seconds);
		wanted = list_wanted(1000, key, &pressed);
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
	EFI_INPUT_KEY key = { 0, 0 };
	bool pressed;

	if (timeout != BLS_TIMEOUT_NONE)
		attended = timeout ? count_down(list, chosen, loader, &key) :
				     !loader->menu_disabled && list_wanted(0, &key, &pressed);
	if (!attended)
		status = entry_start(list->files[chosen]);
	for (;;) {
		size_t next = choose(list, loader, chosen, attended ? FOREVER : READ_SECONDS, key);

		print(console, "\n");
		if (next == list->count)
			return status;
		attended = true;
		key = (EFI_INPUT_KEY){ 0, 0 };
		chosen = next;
		status = entry_start(list->files[chosen]);
	}
}
