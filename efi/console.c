/* SPDX-License-Identifier: BSD-2-Clause */
#include "firmware.h"

#include <loader/utf16.h>

/* One call to ConOut draws and sends this many characters at most: fewer calls are faster on every firmware. */
#define CONSOLE_BUFFER 256

static CHAR16 buffer[CONSOLE_BUFFER + 1];
static size_t used;
static unsigned column;
static struct console_target target; /* all null: ConOut */
static char begun[4]; /* a character of UTF-8 whose other bytes are still to come */
static size_t begun_length;

#define KEPT_MAX 4096 /* bytes of what was said while nobody looked */

static enum console_level usual; /* what loader.conf wants */
static enum console_level level; /* what the entry wants, or the same */
static bool attended;            /* a key or an error: somebody looks, or should */
static bool shown;               /* something was printed, and the firmware's logo is gone */
static char *kept;
static size_t kept_length; /* bytes that were said; those after KEPT_MAX are lost */

void console_flush(void)
{
	buffer[used] = 0;
	for (size_t i = 0; used && i < target.terminal_count; i++)
		target.terminals[i]->OutputString(target.terminals[i], buffer);
	if (used && !target.terminals && fw.system->ConOut)
		fw.system->ConOut->OutputString(fw.system->ConOut, buffer);
	used = 0;
}

struct console_target console_redirect(struct console_target to)
{
	struct console_target before = target;

	console_flush();
	target = to;
	return before;
}

static void put(CHAR16 c)
{
	if (used == CONSOLE_BUFFER)
		console_flush();
	buffer[used++] = c;
	column = c == '\r' ? 0 : column + (c != '\n');
}

static void keep(const char *text, size_t length)
{
	size_t room = kept_length < KEPT_MAX ? KEPT_MAX - kept_length : 0;

	if (!kept && !kept_length && EFI_ERROR(fw.boot->AllocatePool(EfiLoaderData, KEPT_MAX, (void **)&kept)))
		kept = NULL; /* and no second try: what is lost by then would be junk before what is kept */
	if (kept)
		__builtin_memcpy(kept + KEPT_MAX - room, text, length < room ? length : room);
	kept_length += length;
}

bool console_open(void)
{
	return attended || level >= CONSOLE_STEPS;
}

/* Combining marks and what directs the text: no firmware draws them where they belong. */
static bool has_no_width(uint32_t code)
{
	return (code >= 0x300 && code < 0x370) || (code >= 0x1ab0 && code < 0x1b00) || (code >= 0x1dc0 && code < 0x1e00) ||
	       (code >= 0x200b && code < 0x2010) || (code >= 0x2028 && code < 0x2030) || (code >= 0x2060 && code < 0x2070) ||
	       (code >= 0x20d0 && code < 0x2100) || (code >= 0xfe00 && code < 0xfe10) || (code >= 0xfe20 && code < 0xfe30) || code == 0xfeff;
}

/* One cell for a character, whatever the firmware can draw. */
static void put_character(uint32_t code)
{
	if (code == '\t') {
		do
			put(' ');
		while (column % 8);
	} else if (code == '\n') {
		put('\r');
		put('\n');
	} else if ((code >= ' ' && code < 0x7f) || code == '\r') {
		put((CHAR16)code);
	} else if (!has_no_width(code)) {
		/* 0xfff0 and up are commands to edk2's console */
		put(code >= 0xa0 && code < 0xfff0 && screen_can_draw((CHAR16)code) ? (CHAR16)code : '?');
	}
}

static size_t bytes_from(unsigned char first)
{
	return first < 0xc2 || first > 0xf4 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

static void put_byte(char byte)
{
	size_t length;

	for (begun[begun_length++] = byte; begun_length; begun_length -= length) {
		uint32_t code = utf8_next(begun, begun_length, &length);

		if (code == UTF_BAD && length == begun_length && length < bytes_from((unsigned char)begun[0]))
			return;
		put_character(code);
		__builtin_memmove(begun, begun + length, begun_length - length);
	}
}

/* UEFI consoles know neither tabs nor, on many machines, anything beyond ASCII. */
static void console_write(struct printer *printer, const char *text, size_t length)
{
	(void)printer;
	if (target.printer) {
		target.printer->write(target.printer, text, length);
		return;
	}
	if (!console_open()) {
		keep(text, length);
		return;
	}
	for (size_t i = 0; i < length; i++)
		put_byte(text[i]);
}

static struct printer console_printer = { console_write };
struct printer *const console = &console_printer;

/* What was said while nobody looked comes first. */
static void catch_up(void)
{
	size_t length = kept_length < KEPT_MAX ? kept_length : KEPT_MAX;
	char *text = kept;

	if (!console_open())
		return;
	if (!shown && fw.system->ConOut)
		fw.system->ConOut->ClearScreen(fw.system->ConOut);
	shown = true;
	if (text)
		console_write(console, text, length);
	if (kept_length > length || (kept_length && !text))
		print(console, "\n(%zu bytes of messages were not kept)\n", kept_length - (text ? length : 0));
	kept = NULL;
	kept_length = 0;
	pool_free(text);
}

void console_begin(void)
{
	usual = level = CONSOLE_UNSET;
	attended = shown = false;
	kept = NULL;
	kept_length = 0;
}

void console_set_usual(enum console_level wanted)
{
	usual = level = wanted;
	catch_up();
}

void console_set_level(enum console_level wanted)
{
	level = wanted == CONSOLE_UNSET ? usual : wanted;
	catch_up();
}

bool console_dumps(void)
{
	return level == CONSOLE_DUMP;
}

void console_attend(bool somebody)
{
	attended = somebody;
	catch_up();
}

void console_end(void)
{
	console_flush();
	pool_free(kept);
	kept = NULL;
}

struct printer *refuse(const char *name)
{
	if (!target.printer)
		console_attend(true);
	print(console, "mapbridge: error: %s: ", name);
	return console;
}

static void note_write(struct printer *printer, const char *text, size_t length)
{
	struct file_notes *notes = (struct file_notes *)printer;

	if (!notes->begun)
		print(console, "mapbridge: note: %s:\n", notes->file);
	notes->begun = true;
	console->write(console, text, length);
}

struct file_notes file_notes(const char *file)
{
	return (struct file_notes){ .printer.write = note_write, .file = file };
}

const char *status_name(EFI_STATUS status)
{
	static const struct {
		EFI_STATUS status;
		const char *name;
	} names[] = {
		{ EFI_SUCCESS, "EFI_SUCCESS" },
		{ EFI_LOAD_ERROR, "EFI_LOAD_ERROR" },
		{ EFI_INVALID_PARAMETER, "EFI_INVALID_PARAMETER" },
		{ EFI_UNSUPPORTED, "EFI_UNSUPPORTED" },
		{ EFI_BAD_BUFFER_SIZE, "EFI_BAD_BUFFER_SIZE" },
		{ EFI_BUFFER_TOO_SMALL, "EFI_BUFFER_TOO_SMALL" },
		{ EFI_NOT_READY, "EFI_NOT_READY" },
		{ EFI_DEVICE_ERROR, "EFI_DEVICE_ERROR" },
		{ EFI_WRITE_PROTECTED, "EFI_WRITE_PROTECTED" },
		{ EFI_OUT_OF_RESOURCES, "EFI_OUT_OF_RESOURCES" },
		{ EFI_VOLUME_CORRUPTED, "EFI_VOLUME_CORRUPTED" },
		{ EFI_VOLUME_FULL, "EFI_VOLUME_FULL" },
		{ EFI_NO_MEDIA, "EFI_NO_MEDIA" },
		{ EFI_MEDIA_CHANGED, "EFI_MEDIA_CHANGED" },
		{ EFI_NOT_FOUND, "EFI_NOT_FOUND" },
		{ EFI_ACCESS_DENIED, "EFI_ACCESS_DENIED" },
		{ EFI_NO_RESPONSE, "EFI_NO_RESPONSE" },
		{ EFI_TIMEOUT, "EFI_TIMEOUT" },
		{ EFI_ALREADY_STARTED, "EFI_ALREADY_STARTED" },
		{ EFI_ABORTED, "EFI_ABORTED" },
		{ EFI_SECURITY_VIOLATION, "EFI_SECURITY_VIOLATION" },
	};

	for (size_t i = 0; i < MM_ARRAY_COUNT(names); i++)
		if (names[i].status == status)
			return names[i].name;
	return "an unknown status";
}
