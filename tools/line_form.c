/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines against the patterns of line_form.h. */
#include "line_form.h"
#include "names.h"

#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 100 /* more levels than any program prints */

/* What the fields of a pattern said. */
struct found {
	uint64_t start, end, size, pages, attribute, number;
	unsigned depth;
	uint32_t type;
	struct text name;
	bool has_end, last, has_size, has_pages, has_name;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_letter_or_digit(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_';
}

bool text_type_name(struct text *text, const struct type_name *names, uint32_t *type)
{
	size_t longest = 0;

	for (; names->name; names++) {
		struct text rest = *text;

		if (text_skip(&rest, names->name) && (rest.at == rest.end || !is_letter_or_digit(*rest.at)) &&
		    strlen(names->name) > longest) {
			longest = strlen(names->name);
			*type = names->type;
		}
	}
	text->at += longest;
	return longest > 0;
}

/* Hexadecimal, "0x" or not; the halves of 64 bits may stand apart, as "00000000:000a0000" or with '`'. */
static bool take_address(struct text *text, uint64_t *value)
{
	struct text rest = *text, low;
	uint64_t half = 0;

	if (!text_skip(&rest, "0x"))
		text_skip(&rest, "0X");
	if (!text_hex(&rest, value))
		return false;
	*text = rest;
	if (text_size(&rest) < 9 || (*rest.at != ':' && *rest.at != '`') || *value > UINT32_MAX)
		return true;
	low = (struct text){ rest.at + 1, rest.at + 9 };
	if (text_hex(&low, &half) && low.at == low.end) {
		*value = *value << 32 | half;
		text->at = low.at;
	}
	return true;
}

static bool take_number(struct text *text, uint64_t *value)
{
	return text_0x(text, value) || text_decimal(text, value);
}

static bool take_attribute_names(struct text *text, uint64_t *attribute)
{
	for (;;) {
		struct text word;

		while (text->at < text->end && (is_blank(*text->at) || *text->at == '|'))
			text->at++;
		word = *text;
		while (text->at < text->end && is_letter_or_digit(*text->at))
			text->at++;
		word.end = text->at;
		if (word.at == word.end)
			return true;
		if (!efi_attribute_named(&word, attribute))
			return false;
	}
}

static bool take_attribute(struct text *text, uint64_t *attribute)
{
	bool runtime = text_skip(text, "r");
	uint64_t value;

	text_skip(text, "-");
	if (!take_address(text, &value))
		return false;
	*attribute = value | (runtime ? EFI_ATTRIBUTE_RUNTIME : 0);
	return true;
}

static bool take_size(struct text *text, struct found *found, bool kib)
{
	found->has_size = true;
	return kib ? text_decimal(text, &found->size) && !__builtin_mul_overflow(found->size, 1024, &found->size) :
		     take_address(text, &found->size);
}

static bool take_type(struct text *text, const struct line_form *form, struct found *found, bool decimal)
{
	if (!(decimal ? take_number(text, &found->number) : take_address(text, &found->number)) ||
	    found->number > UINT32_MAX - form->type)
		return false;
	found->type = (uint32_t)found->number + form->type;
	return true;
}

/* A number that letters follow is none. */
static bool ends_number(char field, const struct text *text)
{
	return text->at == text->end || !is_letter_or_digit(*text->at) || !strchr("sSelzpPtTia", field);
}

static bool take_field(char field, struct text *text, const struct line_form *form, struct found *found)
{
	struct text word;

	switch (field) {
	case 's':
		return take_address(text, &found->start);
	case 'S':
		return take_number(text, &found->start);
	case 'e':
	case 'l':
		found->has_end = true;
		found->last = field == 'l';
		return take_address(text, &found->end);
	case 'z':
	case 'k':
		return take_size(text, found, field == 'k');
	case 'p':
	case 'P':
		found->has_pages = true;
		return field == 'p' ? take_address(text, &found->pages) : take_number(text, &found->pages);
	case 't':
	case 'T':
		return take_type(text, form, found, field == 't');
	case 'n':
		return text_type_name(text, form->names, &found->type);
	case 'a':
		return take_attribute(text, &found->attribute);
	case 'A':
		return take_attribute_names(text, &found->attribute);
	case 'w':
		return text_word(text, &word);
	case 'r':
		found->has_name = true;
		found->name = *text;
		while (text->at < text->end && *text->at != '\t')
			text->at++;
		found->name.end = text->at;
		return found->name.at < found->name.end;
	default: /* 'i' */
		return take_address(text, &found->number);
	}
}

/* The pattern from here on. */
static enum line_kind match(const struct line_form *form, struct text text, struct found *found)
{
	bool sure = false;

	*found = (struct found){ .type = form->type };
	for (const char *at = form->pattern + (*form->pattern == '^'); *at; at++) {
		bool good = true;

		if (*at == '!')
			sure = true;
		else if (*at == '%')
			good = take_field(at[1], &text, form, found) && ends_number(at[1], &text);
		else if (*at == '~' || *at == ' ')
			good = *at == '~' || (text.at < text.end && is_blank(*text.at));
		else
			good = text.at < text.end && *text.at++ == *at;
		if (!good)
			return sure ? LINE_DAMAGED : LINE_OTHER;
		if (*at == '~' || *at == ' ')
			text_skip_blanks(&text);
		at += *at == '%';
	}
	return LINE_READ;
}

/* Bytes of the range; false when the fields contradict each other, or say nothing. */
static bool found_size(const struct found *found, uint64_t *size)
{
	bool good = true;

	if (found->has_end && found->last)
		good = range_size(found->start, found->end, size);
	else if (found->has_end)
		good = found->end >= found->start && (*size = found->end - found->start, true);
	else if (found->has_size)
		*size = found->size;
	else
		return false;
	return good && (!found->has_size || found->size == *size);
}

static bool add_efi(struct map_source *source, const struct found *found)
{
	uint64_t pages = found->pages, size;

	if (!found->has_pages && (!found_size(found, &size) || size % MM_PAGE_SIZE))
		return false;
	if (!found->has_pages)
		pages = size >> MM_PAGE_SHIFT;
	source_add_efi(source, found->type, found->start, pages, found->attribute);
	return true;
}

static bool add_resource(struct map_source *source, const struct found *found)
{
	if (!found->last || found->end < found->start)
		return false;
	source_add_iomem(source, found->depth, found->start, found->end, found->name.at, text_size(&found->name));
	return true;
}

static bool add_e820(struct map_source *source, const char *label, const struct found *found)
{
	uint64_t size;

	/* of memory that starts at 0 and ends at 2^64 the size has no number */
	if (!found_size(found, &size) || found->type == 0 || (size && found->start + (size - 1) < found->start))
		return false;
	source_add_e820(source, label, found->start, size, found->type);
	return true;
}

static bool add(struct map_source *source, const struct line_form *form, const struct found *found)
{
	if (form->label)
		return add_e820(source, form->label, found);
	return found->has_name ? add_resource(source, found) : add_efi(source, found);
}

/* What a heading announces, "e820 map has 7 items", is counted. */
static void read_heading(struct map_source *source, const struct line_form *form, struct text after)
{
	uint64_t count = 0;

	if (form->restarts && (source->nr_e820 || source->nr_iomem)) {
		source_clear_e820(source);
		source_clear_iomem(source);
		source->nr_restarts++;
	}
	text_skip_blanks(&after);
	if (!text_decimal(&after, &count) || !(text_skip(&after, " items") || text_skip(&after, " entries")))
		count = 0;
	source->announced = count;
	if (source->heading && strcmp(source->heading, form->heading) == 0)
		return;
	free(source->heading);
	source->heading = copied(form->heading, strlen(form->heading));
}

static bool is_below(const struct map_source *source, const struct line_form *form)
{
	return !form->heading || (source->heading && strcmp(source->heading, form->heading) == 0);
}

/* Whether a pattern may match at such a character; most lines of a text are none of a form, and are left fast so. */
static bool may_start(const struct line_form *form, char c)
{
	const char *at = form->pattern + (*form->pattern == '^');

	if (*at != '%')
		return c == *at;
	if (at[1] != 'n')
		return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
	for (const struct type_name *name = form->names; name->name; name++)
		if (*name->name == c)
			return true;
	return false;
}

/* Tries the pattern at the start of each word. */
static enum line_kind read_one_form(struct map_source *source, const struct line_form *form, struct text line)
{
	enum line_kind kind = LINE_OTHER;
	bool anchored = *form->pattern == '^';
	const char *first = line.at;
	size_t depth;
	struct found found;

	text_skip_blanks(&line);
	depth = (size_t)(line.at - first) / 2;
	for (;;) {
		text_skip_blanks(&line);
		if (line.at == line.end)
			return LINE_OTHER;
		kind = may_start(form, *line.at) ? match(form, line, &found) : LINE_OTHER;
		if (kind != LINE_OTHER || anchored)
			break;
		while (line.at < line.end && !is_blank(*line.at))
			line.at++;
	}
	found.depth = depth == 0 ? 0 : depth - 1 < DEPTH_MAX ? (unsigned)depth - 1 : DEPTH_MAX;
	if (kind == LINE_READ && !add(source, form, &found))
		return LINE_DAMAGED;
	return kind;
}

#define WORD_LEAST 4 /* letters of a word that few texts have */

/* What the pattern starts with, up to its first field or blank. */
static size_t literal_start(const char *pattern)
{
	return *pattern == '^' ? 0 : strcspn(pattern, "%!~ ");
}

bool may_have_forms(const struct map_reader *reader, const char *data, size_t size)
{
	for (const struct line_form *form = reader->forms; form->pattern || form->heading; form++) {
		size_t length = form->pattern ? literal_start(form->pattern) : 0;
		struct text text = { data, data + size };
		char word[32];

		if (!form->pattern)
			continue;
		if (!form->heading && (length < WORD_LEAST || length >= sizeof(word)))
			return true;
		memcpy(word, form->pattern, form->heading ? 0 : length);
		word[form->heading ? 0 : length] = '\0';
		if (text_find(&text, form->heading ? form->heading : word))
			return true;
	}
	return false;
}

enum line_kind read_form_line(const struct map_reader *reader, struct map_source *source, struct text line)
{
	for (const struct line_form *form = reader->forms; form->pattern || form->heading; form++) {
		struct text after = line;

		if (form->heading && text_find(&after, form->heading)) {
			read_heading(source, form, after);
			return LINE_OTHER;
		}
	}
	for (const struct line_form *form = reader->forms; form->pattern || form->heading; form++) {
		enum line_kind kind = form->pattern && is_below(source, form) ? read_one_form(source, form, line) :
										LINE_OTHER;

		if (kind != LINE_OTHER)
			return kind;
	}
	return LINE_OTHER;
}

void read_forms_end(struct map_source *source)
{
	size_t entries = source->nr_e820 ? source->e820[source->nr_e820 - 1].table.nr_entries : 0;

	if (source->nr_restarts)
		source_note(source, NOTE_ABOUT, 0, "%zu maps are in this text; the last one was read",
			    source->nr_restarts + 1);
	if (source->announced && source->announced != entries)
		source_note(source, NOTE_ABOUT, 0, "the map is announced with %llu entries, and %zu are there",
			    (unsigned long long)source->announced, entries);
}
