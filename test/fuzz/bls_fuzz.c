/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as an entry, as loader.conf, as a file name, as versions, as a partition table. */
#include <loader/bls_sort.h>
#include <loader/bls_version.h>
#include <loader/gpt.h>
#include <loader/utf16.h>

#include "fuzz.h"

static void check_path(const char *path)
{
	CHECK(memchr(path, 0, BLS_PATH_MAX));
	for (; *path; path++)
		CHECK(*path >= ' ' && *path <= '~' && *path != '/');
}

static void check_entry(const struct bls_entry *entry)
{
	CHECK(memchr(entry->title, 0, sizeof(entry->title)) && memchr(entry->options, 0, sizeof(entry->options)));
	CHECK(entry->options_too_long == (entry->options_length > COMMAND_LINE_SIZE));
	CHECK(entry->options_too_long || strlen(entry->options) == entry->options_length);
	CHECK(entry->foreign || !entry->linux[0] != !entry->efi[0]);
	check_path(entry->linux);
	check_path(entry->efi);
	CHECK(entry->initrd_count <= PLAN_INITRDS_MAX);
	for (size_t i = 0; i < entry->initrd_count; i++) {
		check_path(entry->initrd[i]);
		CHECK(entry->initrd[i][0]);
	}
}

static void parse(const char *text, size_t size)
{
	static char note_text[512], why_text[600];
	static struct bls_entry entry;
	struct buffer_printer notes, why;
	struct bls_loader loader;
	int error;

	buffer_printer_init(&notes, note_text, sizeof(note_text));
	buffer_printer_init(&why, why_text, sizeof(why_text));
	error = bls_entry_parse(text, size, &entry, &notes.printer, &why.printer);
	CHECK((error == 0) == (why.length == 0) && (error == 0 || error == MM_EINVAL));
	if (!error)
		check_entry(&entry);
	buffer_printer_init(&why, why_text, sizeof(why_text));
	error = bls_loader_parse(text, size, &loader, &notes.printer, &why.printer);
	CHECK((error == 0) == (why.length == 0) && (error == 0 || error == MM_EINVAL));
	if (!error) {
		CHECK(memchr(loader.default_entry, 0, sizeof(loader.default_entry)));
		CHECK(bls_name_matches(loader.default_entry, loader.default_entry) || strpbrk(loader.default_entry, "*?[\\"));
	}
}

/* The first part as a pattern, the rest as a name. */
static void match(const char *text, size_t size)
{
	char pattern[200] = "", name[200] = "";
	size_t cut = size ? (unsigned char)text[0] % size : 0;

	if (size >= sizeof(name))
		return;
	memcpy(pattern, text, cut);
	memcpy(name, text + cut, size - cut);
	bls_name_matches(pattern, name);
	CHECK(bls_name_matches("*", name));
}

static void count_tries(const char *name)
{
	struct boot_counter counter = boot_counter_parse(name), next;
	char next_name[BLS_NAME_MAX];

	CHECK(counter.stem <= strlen(name));
	CHECK(counter.counted || !boot_counter_next_name(name, next_name, sizeof(next_name)));
	if (!boot_counter_next_name(name, next_name, sizeof(next_name)))
		return;
	next = boot_counter_parse(next_name);
	CHECK(next.counted && next.stem == counter.stem && memcmp(name, next_name, next.stem) == 0);
	CHECK(next.left == counter.left - (counter.left > 0) && next.done >= counter.done);
}

static void find_partition(const uint8_t *data, size_t size)
{
	uint8_t unique[GPT_GUID_SIZE];
	struct gpt gpt;

	if (gpt_header_parse(data, size, &gpt))
		gpt_find_type(&gpt, data, size, data, unique);
}

/* The text in two halves: their order must not depend on which is asked for first. */
static void compare(const char *text, size_t size)
{
	size_t half = size / 2;
	int order = bls_version_compare(text, half, text + half, size - half);
	int reverse = bls_version_compare(text + half, size - half, text, half);

	CHECK((order > 0) == (reverse < 0) && (order < 0) == (reverse > 0));
	CHECK(bls_version_compare(text, size, text, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = exact_copy(data, size), *line = malloc(size + 1);
	uint16_t *units = malloc((size + 1) * sizeof(*units));

	CHECK(line && units);
	if (size)
		memcpy(line, data, size);
	line[size] = '\0';
	parse(text, size);
	compare(text, size);
	find_partition((uint8_t *)text, size);
	count_tries(line);
	match(text, size);
	if (utf8_to_utf16(line, units, size + 1, NULL))
		CHECK(!utf8_to_utf16(line, units, 0, NULL));
	free(units);
	free(line);
	free(text);
	return 0;
}
