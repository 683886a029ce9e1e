/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as an entry of \loader\entries; what is accepted keeps the parser's promises and has a label. */
#include <loader/bls_sort.h>
#include <loader/utf16.h>

#include "fuzz.h"

static void check_path(const char *path)
{
	uint16_t wide[BLS_PATH_MAX];

	CHECK(memchr(path, 0, BLS_PATH_MAX) && !strstr(path, "\\\\"));
	CHECK(utf8_to_utf16(path, wide, MM_ARRAY_COUNT(wide), NULL));
	for (; *path; path++)
		CHECK((unsigned char)*path >= ' ' && *path != 0x7f && *path != '/');
}

static void check_entry(const struct bls_entry *entry)
{
	CHECK(memchr(entry->title, 0, sizeof(entry->title)) && memchr(entry->version, 0, sizeof(entry->version)));
	CHECK(memchr(entry->sort_key, 0, sizeof(entry->sort_key)) && memchr(entry->machine_id, 0, sizeof(entry->machine_id)));
	CHECK(memchr(entry->options, 0, sizeof(entry->options)));
	CHECK(entry->options_too_long == (entry->options_length > COMMAND_LINE_SIZE));
	CHECK(entry->options_too_long || strlen(entry->options) == entry->options_length);
	CHECK(entry->foreign || !entry->linux[0] != !entry->efi[0]);
	check_path(entry->linux);
	check_path(entry->efi);
	check_path(entry->prepared);
	CHECK(!entry->prepared[0] || entry->linux[0]);
	CHECK(entry->initrd_count <= PLAN_INITRDS_MAX);
	for (size_t i = 0; i < entry->initrd_count; i++) {
		check_path(bls_entry_initrd(entry, i));
		CHECK(bls_entry_initrd(entry, i)[0]);
	}
}

static void print_label(const struct bls_entry *entry, const char *read, size_t size)
{
	struct bls_file *list[2];
	static char text[4 * BLS_NAME_MAX];
	struct buffer_printer out;

	for (size_t i = 0; i < MM_ARRAY_COUNT(list); i++)
		list[i] = bls_file_make(exact_copy(NULL, bls_file_size(entry, size)), i ? "b.conf" : "a.conf", 0, entry, read, size);
	CHECK(bls_file_compare(list[0], list[1]) == -bls_file_compare(list[1], list[0]));
	bls_files_sort(list, MM_ARRAY_COUNT(list));
	for (size_t i = 0; i < MM_ARRAY_COUNT(list); i++) {
		buffer_printer_init(&out, text, sizeof(text));
		bls_file_print_label(list, MM_ARRAY_COUNT(list), i, &out.printer);
		CHECK(out.length > 0 && out.length < sizeof(text));
	}
	for (size_t i = 0; i < MM_ARRAY_COUNT(list); i++)
		free(list[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char note_text[512], why_text[2500];
	char *text = exact_copy(data, size);
	static struct bls_entry entry;
	struct buffer_printer notes, why;
	int error;

	buffer_printer_init(&notes, note_text, sizeof(note_text));
	buffer_printer_init(&why, why_text, sizeof(why_text));
	error = bls_entry_parse(text, size, &entry, &notes.printer, &why.printer);
	CHECK((error == 0) == (why.length == 0) && (error == 0 || error == MM_EINVAL));
	CHECK(why.length < sizeof(why_text) && !strchr(why_text, '\n'));
	CHECK(notes.length == 0 || notes.length >= sizeof(note_text) || note_text[notes.length - 1] == '\n');
	if (!error) {
		check_entry(&entry);
		print_label(&entry, text, size);
	}
	free(text);
	return 0;
}
