/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as an entry, as loader.conf, as a file name, as versions, as a partition table. */
#include <loader/bls_sort.h>
#include <loader/bls_version.h>
#include <loader/gpt.h>
#include <loader/utf16.h>

#include "fuzz.h"

static void parse(const char *text, size_t size)
{
	static char note_text[100000], why_text[2000];
	static struct bls_entry entry;
	struct buffer_printer notes, why;
	struct bls_loader loader;
	int error;

	buffer_printer_init(&notes, note_text, sizeof(note_text));
	buffer_printer_init(&why, why_text, sizeof(why_text));
	error = bls_entry_parse(text, size, &entry, &notes.printer, &why.printer);
	CHECK((error != 0) == (why.length != 0));
	if (!error && !entry.foreign) {
		CHECK(!entry.linux[0] != !entry.efi[0]);
		CHECK(entry.initrd_count <= PLAN_INITRDS_MAX);
		CHECK(entry.options_too_long || strlen(entry.options) == entry.options_length);
	}
	buffer_printer_init(&why, why_text, sizeof(why_text));
	error = bls_loader_parse(text, size, &loader, &notes.printer, &why.printer);
	CHECK((error != 0) == (why.length != 0));
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
	CHECK(bls_name_matches("*", line));
	bls_name_matches(line, line);
	if (utf8_to_utf16(line, units, size + 1, NULL))
		CHECK(!utf8_to_utf16(line, units, 0, NULL));
	free(units);
	free(line);
	free(text);
	return 0;
}
