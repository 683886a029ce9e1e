/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as a boot loader entry, as loader.conf, and as a pattern and a name. */
#include <stdlib.h>
#include <string.h>

#include <loader/bls.h>

#define require(condition) ((condition) ? (void)0 : abort())

#define REQUIRE_TEXT(array) require(memchr(array, 0, sizeof(array)) != NULL)

static void require_path(const char *path)
{
	const char *end = memchr(path, 0, BLS_PATH_MAX);

	require(end > path);
	size_t length = (size_t)(end - path);

	for (size_t i = 0; i < length; i++)
		require(path[i] >= ' ' && path[i] <= '~' && path[i] != '/');
}

static void check_entry(const struct bls_entry *entry)
{
	REQUIRE_TEXT(entry->title);
	REQUIRE_TEXT(entry->options);
	require_path(entry->linux);
	require(entry->initrd_count <= PLAN_INITRDS_MAX);
	for (size_t i = 0; i < entry->initrd_count; i++)
		require_path(entry->initrd[i]);
	require(entry->options_too_long == (entry->options_length > COMMAND_LINE_SIZE));
	require(entry->options_too_long || strlen(entry->options) == entry->options_length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct bls_entry entry;
	static struct bls_loader loader;
	static char notes_text[512];
	struct buffer_printer notes, why;
	char text[600];
	int error;

	buffer_printer_init(&notes, notes_text, sizeof(notes_text));
	buffer_printer_init(&why, text, sizeof(text));
	error = bls_entry_parse((const char *)data, size, &entry, &notes.printer, &why.printer);
	require((error == 0) == (why.length == 0) && (error == 0 || error == MM_EINVAL));
	if (!error)
		check_entry(&entry);
	buffer_printer_init(&why, text, sizeof(text));
	error = bls_loader_parse((const char *)data, size, &loader, &notes.printer, &why.printer);
	require((error == 0) == (why.length == 0) && (error == 0 || error == MM_EINVAL));
	if (!error) {
		REQUIRE_TEXT(loader.default_entry);
		require(bls_name_matches(loader.default_entry, loader.default_entry) || strpbrk(loader.default_entry, "*?"));
	}
	if (size > 0 && size < 200) { /* a pattern, a NUL or the middle, a name */
		char pattern[200] = "", name[200] = "";
		size_t cut = data[0] % size;

		memcpy(pattern, data, cut);
		memcpy(name, data + cut, size - cut);
		bls_name_matches(pattern, name);
		require(bls_name_matches("*", name));
	}
	return 0;
}
