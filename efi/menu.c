/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of entries until there is a menu: lines of text that a serial console shows as well as a screen. */
#include "firmware.h"

#include <loader/bls_sort.h>

#define FOREVER UINT32_MAX
#define READ_SECONDS 10 /* to read why nothing started, before the firmware or the default goes on */
#define NEXT_SECONDS 5  /* the same, before the next entry is tried */
#define NOBODY SIZE_MAX /* chose */
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

/* Below its line, why it is not started by itself. */
static void print_reason(const struct bls_file *file, struct printer *out)
{
	if (file->state >= BLS_BROKEN && file->reason)
		print(out, "      %s%s", file->state == BLS_BROKEN ? "cannot be started: " : "", file->reason);
}

/* Lines of the console that an entry takes. */
static size_t height(const struct entry_list *list, size_t index, size_t columns)
{
	struct buffer_printer out;
	char line[LINE_MAX];
	size_t lines;

	buffer_printer_init(&out, line, sizeof(line));
	print_line(list, index, &out.printer);
	lines = out.length / columns + 1;
	buffer_printer_init(&out, line, sizeof(line));
	print_reason(list->files[index], &out.printer);
	return lines + (out.length ? out.length / columns + 1 : 0);
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
		if (list->files[i]->state >= BLS_BROKEN && list->files[i]->reason) {
			print_reason(list->files[i], console);
			print(console, "\n");
		}
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
 * The chosen entry, list->count to go back, or NOBODY. The time limit ends with the first key. pressed is a key that was pressed before,
 * when it has a scan code or a character.
 */
static size_t choose(const struct entry_list *list, const struct bls_loader *loader, size_t chosen, uint32_t seconds,
		     const char *then, EFI_INPUT_KEY pressed)
{
	struct menu menu = { .list = list, .loader = loader, .chosen = chosen };
	bool there = pressed.ScanCode || pressed.UnicodeChar;

	if (!there)
		keys_forget();
	print_list(&menu);
	if (seconds != FOREVER)
		print(console, "Without a key %s in %u seconds.\n", then, seconds);
	do {
		if (menu.chosen < menu.first || menu.chosen >= menu.end) {
			print(console, "\n");
			print_list(&menu);
		}
		print_prompt(&menu);
		while (!there && !(there = read_key(1000, &pressed)))
			if (seconds != FOREVER && --seconds == 0)
				return NOBODY;
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
static bool count_down(const struct entry_list *list, size_t chosen, const struct bls_loader *loader, uint32_t seconds,
		       EFI_INPUT_KEY *key)
{
	struct label label = label_of(list, chosen, SHORT_LABEL);
	bool pressed = false, wanted = false;

	console_attend(true); /* whoever waits wants to know what for */
	keys_forget();
	if (loader->list_wanted)
		print_list(&(struct menu){ .list = list, .loader = loader, .chosen = chosen });
	for (; seconds > 0 && !pressed; seconds--) {
		print(console, "\r%s starts in %u s; any key shows the list ", label.text, seconds);
		wanted = list_wanted(1000, key, &pressed);
	}
	print(console, "\n");
	console_flush();
	console_attend(wanted);
	return wanted;
}

/* Starts an entry that a user has chosen, who sees why it cannot be started. */
static EFI_STATUS start_chosen(struct bls_file *file)
{
	if (!entry_load(file))
		return EFI_LOAD_ERROR;
	if (file->state == BLS_BROKEN) { /* what it names may be there by now */
		entry_set_state(file, BLS_UNCHECKED, "");
		if (entry_check(file, false) == BLS_BROKEN) {
			print(console, "mapbridge: error: %s\n", file->reason ? file->reason : file->name);
			return EFI_LOAD_ERROR;
		}
	}
	return entry_start(file);
}

/* Starts an entry because nobody says otherwise. */
static EFI_STATUS start_unattended(struct bls_file *file)
{
	struct buffer_printer reason;
	char text[80];
	EFI_STATUS status;

	console_flush();
	console_attend(false);
	status = entry_start(file);
	buffer_printer_init(&reason, text, sizeof(text));
	print(&reason.printer, "was tried, and came back (%s)", status_name(status));
	if (file->state < BLS_BROKEN)
		entry_set_state(file, BLS_TRIED, text);
	return status;
}

/* The way to an entry's start. */
struct flow {
	struct entry_list *list;
	const struct bls_loader *loader;
	size_t chosen;     /* shown as such in the list */
	bool attended;     /* by a user, who decides */
	bool then_default; /* the list is shown for a while before the default is started */
	EFI_INPUT_KEY key; /* that somebody pressed for the list; none: 0 and 0 */
	EFI_STATUS status; /* of the last start */
};

/* One entry after the other, each once, until one starts or a key asks for the list. */
static void start_others(struct flow *flow)
{
	struct entry_list *list = flow->list;
	size_t next;

	while (EFI_ERROR(flow->status) && (next = choice_find(list, flow->loader->default_entry, true)) < list->count) {
		flow->chosen = next;
		flow->attended = count_down(list, next, flow->loader, NEXT_SECONDS, &flow->key);
		if (flow->attended)
			break;
		flow->status = start_unattended(list->files[next]);
	}
}

/* When the list was shown for long enough. */
static void start_default(struct flow *flow)
{
	size_t index = choice_find(flow->list, flow->loader->default_entry, true);

	flow->then_default = false;
	flow->status = EFI_NOT_FOUND;
	if (index == flow->list->count) {
		print(refuse(ENTRIES), "no entry can be started; the list says why\n");
		return;
	}
	flow->chosen = index;
	flow->status = start_unattended(flow->list->files[index]);
	start_others(flow);
}

/* Checks all entries, which may take some out; the chosen one stays the chosen one. */
static void check_all(struct entry_list *list, size_t *chosen)
{
	struct bls_file *file = *chosen < list->count ? list->files[*chosen] : NULL;

	choice_check_all(list);
	for (*chosen = 0; *chosen < list->count && list->files[*chosen] != file;)
		++*chosen;
	if (*chosen == list->count)
		*chosen = 0;
}

/* A user's choice, as choose(). */
static size_t offer(struct flow *flow, uint32_t seconds)
{
	struct entry_list *list = flow->list;
	EFI_INPUT_KEY key = flow->key;

	flow->key = (EFI_INPUT_KEY){ 0, 0 };
	console_attend(true);
	check_all(list, &flow->chosen);
	if (list->count)
		return choose(list, flow->loader, flow->chosen, seconds,
			      flow->then_default ? "the default entry starts" : "it goes back by itself", key);
	print(console, "There is no other entry.\n");
	wait_for_key(READ_SECONDS);
	return list->count;
}

static EFI_STATUS show(struct flow *flow)
{
	for (;;) {
		size_t next = offer(flow, flow->attended ? FOREVER : READ_SECONDS);

		print(console, "\n");
		if (next == NOBODY && flow->then_default) {
			start_default(flow);
		} else if (next == NOBODY || next == flow->list->count) {
			return flow->status;
		} else {
			flow->attended = true;
			flow->chosen = next;
			flow->status = start_chosen(flow->list->files[next]);
		}
	}
}

/* Whether loader.conf wants the list to wait; without a keyboard nobody could go on. */
static bool waits(const struct bls_loader *loader)
{
	return loader->timeout == BLS_TIMEOUT_NONE && fw.system->ConIn;
}

EFI_STATUS menu_show(struct entry_list *list, size_t chosen, const struct bls_loader *loader, bool then_default,
		     EFI_STATUS status)
{
	struct flow flow = { .list = list, .loader = loader, .chosen = chosen, .attended = waits(loader),
			     .then_default = then_default, .status = status };

	return show(&flow);
}

EFI_STATUS menu_run(struct entry_list *list, size_t chosen, const struct bls_loader *loader, bool named)
{
	struct flow flow = { .list = list, .loader = loader, .chosen = chosen, .attended = waits(loader), .status = EFI_ABORTED };
	bool pressed;

	if (loader->list_wanted)
		check_all(list, &flow.chosen);
	if (loader->timeout == 0)
		flow.attended = !loader->menu_disabled && list_wanted(0, &flow.key, &pressed);
	else if (loader->timeout != BLS_TIMEOUT_NONE)
		flow.attended = count_down(list, flow.chosen, loader, loader->timeout, &flow.key);
	if (!flow.attended) {
		flow.status = start_unattended(list->files[flow.chosen]);
		flow.then_default = named && EFI_ERROR(flow.status);
		if (!named)
			start_others(&flow);
	}
	return show(&flow);
}
