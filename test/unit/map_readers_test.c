/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every file in test/tools/forms and test/tools/maps, cut off after each of its bytes and with rubbish in it: the reader
 * that knows the whole file invents nothing. Where lines end, what is read of the first ones is what they are in the
 * whole.
 */
#define _POSIX_C_SOURCE 200809L /* fileno */

#include "efi_test.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../tools/command.h"
#include "../../tools/file_content.h"
#include "../../tools/map_reader.h"

/* What the tools say when they refuse is not wanted here. */
int refuse(const char *format, ...)
{
	fail_msg("refused: %s", format);
	return EXIT_REFUSED;
}

static const char *const folders[] = { "test/tools/forms", "test/tools/maps" };

static struct content file_text(const char *folder, const char *name)
{
	struct content content;
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "rb");
	assert_non_null(file);
	assert_int_equal(content_read(fileno(file), &content), 0);
	fclose(file);
	assert_int_equal(content_to_utf8(&content), 0);
	content_strip_escapes(&content);
	return content;
}

static bool knows(const struct map_reader *reader, const char *data, size_t size)
{
	return reader->probe ? reader->probe(data, size) : probe_lines(reader, data, size);
}

static const struct map_reader *reader_of(const struct content *content)
{
	for (size_t i = 0; map_readers[i]; i++)
		if (knows(map_readers[i], content->data, content->size))
			return map_readers[i];
	return NULL;
}

/* In memory that ends where the text ends, for the address sanitizer. */
static struct map_source read_text(const struct map_reader *reader, const char *data, size_t size)
{
	struct map_source source = { .name = NULL };
	char *copy = malloc(size ? size : 1);

	assert_non_null(copy);
	memcpy(copy, data, size);
	if (!reader->parse)
		parse_lines(reader, &source, copy, size);
	else
		reader->parse(&source, copy, size);
	free(copy);
	return source;
}

static size_t entries_of(const struct map_source *source)
{
	size_t entries = source->nr_efi + source->nr_iomem;

	for (size_t i = 0; i < source->nr_e820; i++)
		entries += source->e820[i].table.nr_entries;
	return entries;
}

/* Of a text with several maps the last is read, so that a part of it may have another one. */
static void expect_start_of(const struct map_source *part, const struct map_source *whole, const char *name, size_t size)
{
	if (whole->nr_notes || part->nr_notes || part->refusal)
		return;
	assert_true(part->nr_efi <= whole->nr_efi && part->nr_e820 <= whole->nr_e820);
	if (part->nr_efi && memcmp(part->efi, whole->efi, part->nr_efi * sizeof(*part->efi)) != 0)
		fail_msg("%s, %zu bytes of it: other descriptors than in the whole", name, size);
	for (size_t i = 0; i < part->nr_e820; i++) {
		const struct e820_table *a = &part->e820[i].table, *b = &whole->e820[i].table;

		assert_string_equal(part->e820[i].label, whole->e820[i].label);
		assert_true(a->nr_entries <= b->nr_entries);
		if (memcmp(a->entries, b->entries, a->nr_entries * sizeof(*a->entries)) != 0)
			fail_msg("%s, %zu bytes of it: other entries than in the whole", name, size);
	}
}

static void cut_off(const char *folder, const char *name)
{
	struct content content = file_text(folder, name);
	const struct map_reader *reader = reader_of(&content);
	struct map_source whole, part;
	char *changed;

	assert_non_null(reader);
	whole = read_text(reader, content.data, content.size);
	assert_true(entries_of(&whole) || whole.refusal);
	for (size_t size = 0; size < content.size; size++) {
		part = read_text(reader, content.data, size);
		assert_true(entries_of(&part) <= entries_of(&whole) || whole.nr_notes);
		if (size && content.data[size - 1] == '\n' && !whole.refusal)
			expect_start_of(&part, &whole, name, size);
		map_source_free(&part);
	}
	map_source_free(&whole);
	changed = malloc(content.size);
	assert_non_null(changed);
	for (size_t at = 0; at < content.size; at++) {
		memcpy(changed, content.data, content.size);
		changed[at] = "\n\0 9-fZ:%\xff"[at % 10];
		knows(reader, changed, content.size);
		part = read_text(reader, changed, content.size);
		map_source_free(&part);
	}
	free(changed);
	free(content.data);
}

static void cut_and_changed(void **state)
{
	size_t files = 0;

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(folders); i++) {
		DIR *folder = opendir(folders[i]);
		const struct dirent *entry;

		assert_non_null(folder);
		while ((entry = readdir(folder)) != NULL) {
			if (*entry->d_name == '.')
				continue;
			cut_off(folders[i], entry->d_name);
			files++;
		}
		closedir(folder);
	}
	assert_true(files > 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cut_and_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
