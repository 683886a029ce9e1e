/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lines that name their numbers: "base_addr = 0x0, length = 0x9d000, available RAM" (GRUB's lsmmap),
 * "SMAP type=01 base=0000000000000000 len=000000000009fc00" (FreeBSD), "addr 0x0 size 0x9fc00 type 0x1" (NetBSD),
 * "size = 0x14, base_addr = 0x0, length = 0x9fc00, type = 0x1" (multiboot kernels), "start: 0x0, end: 0x1000, kind:
 * Usable" (Rust's bootloader), and whatever kernels that somebody writes print. Start, then size or end, and a type
 * must be there, in any order.
 */
#include "map_reader.h"

#include <string.h>

#define WORDS_MAX 64 /* of a line; what stands behind them does not count */

/* What a number is, by the word before it; case does not count. The best word for a field is the first. */
static const char *const start_keys[] = { "base_addr", "base address", "base addr", "baseaddress", "baseaddr",
					  "physical_start", "phys_start", "base", "address", "addr", "start", NULL };
static const char *const size_keys[] = { "length", "len", "size", NULL };
static const char *const end_keys[] = { "end address", "end_addr", "end", NULL };
static const char *const type_keys[] = { "type", "kind", NULL };

static const struct {
	const char *name;
	uint32_t type;
} type_names[] = {
	{ "usable", E820_TYPE_RAM },
	{ "available", E820_TYPE_RAM },
	{ "ram holding coreboot tables", E820_TYPE_RESERVED },
	{ "ram holding firmware code", E820_TYPE_RESERVED },
	{ "ram", E820_TYPE_RAM },
	{ "free", E820_TYPE_RAM },
	{ "memory", E820_TYPE_RAM },
	{ "normal", E820_TYPE_RAM },
	{ "system ram", E820_TYPE_RAM },
	{ "bootloader", E820_TYPE_RAM },
	{ "kernel", E820_TYPE_RAM },
	{ "executable", E820_TYPE_RAM },
	{ "reserved", E820_TYPE_RESERVED },
	{ "framebuffer", E820_TYPE_RESERVED },
	{ "unknownuefi", E820_TYPE_RESERVED },
	{ "unknownbios", E820_TYPE_RESERVED },
	{ "acpi nvs", E820_TYPE_NVS },
	{ "acpi_nvs", E820_TYPE_NVS },
	{ "acpinvs", E820_TYPE_NVS },
	{ "acpi non-volatile", E820_TYPE_NVS },
	{ "acpi non volatile", E820_TYPE_NVS },
	{ "nvs", E820_TYPE_NVS },
	{ "acpi", E820_TYPE_ACPI },
	{ "acpi_reclaimable", E820_TYPE_ACPI },
	{ "acpireclaimable", E820_TYPE_ACPI },
	{ "faulty", E820_TYPE_UNUSABLE },
	{ "bad", E820_TYPE_UNUSABLE },
	{ "badram", E820_TYPE_UNUSABLE },
	{ "defective", E820_TYPE_UNUSABLE },
	{ "unusable", E820_TYPE_UNUSABLE },
	{ "persistent ram (legacy)", E820_TYPE_PRAM },
	{ "persistent", E820_TYPE_PMEM },
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool is_letter(char c)
{
	return (lower(c) >= 'a' && lower(c) <= 'z') || c == '_';
}

/* Behind the word that stands at at, whole, in any case; null when another one stands there. */
static const char *behind_word(const char *at, const char *end, const char *word)
{
	size_t length = strlen(word);

	if ((size_t)(end - at) < length)
		return NULL;
	for (size_t i = 0; i < length; i++)
		if (lower(at[i]) != word[i])
			return NULL;
	return at + length < end && is_letter(at[length]) ? NULL : at + length;
}

/* Where words of letters start in a line. */
struct words {
	const char *at[WORDS_MAX];
	size_t count;
	const char *end;
};

static void find_words(struct words *words, const struct text *line)
{
	bool within = false;

	words->count = 0;
	words->end = line->end;
	for (const char *at = line->at; at < line->end && words->count < WORDS_MAX; at++) {
		if (is_letter(*at) && !within)
			words->at[words->count++] = at;
		within = is_letter(*at);
	}
}

/* Behind the first of the keys that the line has, with '=' or ':' and blanks. */
static bool find_value(const struct words *words, const char *const *keys, struct text *value)
{
	for (; *keys; keys++)
		for (size_t i = 0; i < words->count; i++) {
			const char *behind = lower(*words->at[i]) == **keys ?
						     behind_word(words->at[i], words->end, *keys) : NULL;

			if (!behind)
				continue;
			*value = (struct text){ behind, words->end };
			text_skip_blanks(value);
			if (!text_skip(value, "="))
				text_skip(value, ":");
			text_skip_blanks(value);
			return true;
		}
	return false;
}

/* A number that letters follow is none. */
static bool ends_number(const struct text *text)
{
	return text->at == text->end || !(is_letter(*text->at) || (*text->at >= '0' && *text->at <= '9'));
}

/* Without "0x" it is hexadecimal when that can be seen: a letter, zeros in front, or all 16 digits. */
static bool take_number(struct text *text, uint64_t *value)
{
	struct text digits = *text;
	bool hexadecimal;

	if (text_0x(text, value))
		return ends_number(text);
	if (!text_hex(&digits, value) || !ends_number(&digits))
		return false;
	hexadecimal = digits.at - text->at == 16 || (digits.at - text->at > 1 && *text->at == '0');
	for (const char *at = text->at; at < digits.at; at++)
		hexadecimal |= is_letter(*at);
	return hexadecimal ? text_hex(text, value) : text_decimal(text, value);
}

static bool take_type_name(struct text text, uint32_t *type)
{
	size_t longest = 0;

	while (text.at < text.end && strchr(" \t,;:=([<", *text.at))
		text.at++;
	for (size_t i = 0; i < MM_ARRAY_COUNT(type_names); i++)
		if (behind_word(text.at, text.end, type_names[i].name) && strlen(type_names[i].name) > longest) {
			longest = strlen(type_names[i].name);
			*type = type_names[i].type;
		}
	return longest > 0;
}

static bool take_type(struct text text, uint32_t *type)
{
	uint64_t number;

	if (take_type_name(text, type))
		return true;
	if (!text_0x(&text, &number) && !text_decimal(&text, &number))
		return false;
	*type = (uint32_t)number;
	return number > 0 && number <= UINT32_MAX;
}

/* An end is the last byte when it looks like one. */
static bool size_of(uint64_t start, uint64_t end, uint64_t *size)
{
	if (end < start)
		return false;
	*size = end - start + ((end & 0xff) == 0xff);
	return true;
}

static enum line_kind keyed_line(struct map_source *source, struct text line)
{
	struct text start_text = line, size_text = line, end_text = line, type_text = line, last;
	uint64_t start = 0, size = 0, end = 0;
	bool has_size, named, good;
	struct words words;
	uint32_t type = 0;

	find_words(&words, &line);
	if (!find_value(&words, start_keys, &start_text))
		return LINE_OTHER;
	has_size = find_value(&words, size_keys, &size_text);
	if (!has_size && !find_value(&words, end_keys, &end_text))
		return LINE_OTHER;
	named = find_value(&words, type_keys, &type_text);
	good = take_number(&start_text, &start);
	last = has_size ? size_text : end_text;
	good = good && (has_size ? take_number(&last, &size) : take_number(&last, &end) && size_of(start, end, &size));
	if (!named && !take_type_name(last, &type))
		return LINE_OTHER;
	if (!good || (named && !take_type(type_text, &type)) || (size && start + (size - 1) < start))
		return LINE_DAMAGED;
	source_add_e820(source, "BIOS-e820", start, size, type);
	return LINE_READ;
}

static bool keyed_probe(const char *data, size_t size)
{
	return probe_good_line(&keyed_reader, data, size);
}

static int keyed_parse(struct map_source *source, const char *data, size_t size)
{
	parse_lines(&keyed_reader, source, data, size);
	return 0;
}

const struct map_reader keyed_reader = {
	.kind = "list of named ranges",
	.probe = keyed_probe, .parse = keyed_parse, .line = keyed_line,
	.needed = "a start, a length or an end, and a type, each with its name"
};
