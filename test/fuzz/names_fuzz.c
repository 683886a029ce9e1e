/* SPDX-License-Identifier: BSD-2-Clause */
/* Any text as a file name with a boot counter, as a pattern and a name, as two versions, as UTF-8, as load options. */
#include <loader/bls_sort.h>
#include <loader/bls_version.h>
#include <loader/load_options.h>
#include <loader/utf16.h>

#include "fuzz.h"

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

/* The text in two halves: their order must not depend on which is asked for first. */
static void compare(const char *text, size_t size)
{
	size_t half = size / 2;
	int order = bls_version_compare(text, half, text + half, size - half);
	int reverse = bls_version_compare(text + half, size - half, text, half);

	CHECK((order > 0) == (reverse < 0) && (order < 0) == (reverse > 0));
	CHECK(bls_version_compare(text, size, text, size) == 0);
}

static void translate(const char *line, size_t size)
{
	uint16_t *units = exact_copy(NULL, (size + 1) * sizeof(*units));
	size_t bad = SIZE_MAX, length = 0;

	if (utf8_to_utf16(line, units, size + 1, &bad)) {
		while (units[length])
			length++;
		CHECK(length <= strlen(line) && bad == SIZE_MAX);
		CHECK(!utf8_to_utf16(line, units, length, NULL) && utf8_to_utf16(line, units, length + 1, NULL));
	} else {
		CHECK(bad < strlen(line));
	}
	free(units);
}

/* Any bytes as UTF-16, which becomes UTF-8, and, when it has no half of a pair, UTF-16 again. */
static void translate_back(const char *text, size_t size)
{
	size_t count = size / sizeof(utf16_unit), needed = utf16_to_utf8((const void *)text, count, (char[1]){ 0 }, 1), units = 0;
	char *utf8 = exact_copy(NULL, needed + 1);
	uint16_t *again = exact_copy(NULL, (count + 1) * sizeof(*again));

	CHECK(needed <= 3 * count);
	CHECK(utf16_to_utf8((const void *)text, count, utf8, needed + 1) == needed && strlen(utf8) == needed);
	CHECK(utf8_to_utf16(utf8, again, count + 1, NULL));
	while (again[units]) {
		CHECK(again[units] == ((const utf16_unit *)text)[units] || again[units] == 0xfffd);
		units++;
	}
	CHECK(units == count || ((const utf16_unit *)text)[units] == 0);
	free(again);
	free(utf8);
}

/* Every byte belongs to one character or to one replacement. */
static void step_through(const char *text, size_t size)
{
	char bytes[4];

	for (size_t at = 0, length; at < size; at += length) {
		uint32_t code = utf8_next(text + at, size - at, &length);

		CHECK(length >= 1 && length <= size - at);
		CHECK(code == UTF_BAD || (utf8_put(code, bytes) == length && memcmp(bytes, text + at, length) == 0));
	}
}

static void ask_by_options(const char *options, size_t size)
{
	char *text = exact_copy(NULL, load_options_room(size));
	const char *last = text;
	bool rest, named = load_options_parse(options, size, text, &rest);

	CHECK(named == (strlen(text) >= 5) && (named || !rest));
	CHECK(!named || bls_name_matches("*.conf", text));
	for (const char *reading = load_options_reading(text, NULL); reading; reading = load_options_reading(text, reading)) {
		CHECK(reading >= last && reading < text + strlen(text));
		last = reading;
	}
	CHECK(load_options_name(text) >= text && load_options_name(text) <= text + strlen(text));
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = exact_copy(data, size), *line = exact_copy(NULL, size + 1);

	if (size)
		memcpy(line, data, size);
	line[size] = '\0';
	compare(text, size);
	match(text, size);
	count_tries(line);
	translate(line, size);
	translate_back(text, size);
	step_through(text, size);
	ask_by_options(text, size);
	free(line);
	free(text);
	return 0;
}
