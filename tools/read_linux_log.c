/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linux's boot messages in any text: dmesg, a journal, a mail that quotes them. A line counts by what is in it,
 * whatever stands before. Forms: Linux 2.6 to 7.0, arch/x86/kernel/e820.c, arch/x86/platform/efi/efi.c,
 * drivers/firmware/efi/efi.c, and arm64's "efi:   0x...-0x... [...]" lines. The loader's own lines count as well:
 * they stand before Linux's in the log of a serial console.
 */
#include "e820_line.h"
#include "names.h"
#include "progress.h"
#include "read_dump_line.h"

#include <stdlib.h>
#include <string.h>

/* What Linux prints before the lines of its tables. "reserve setup_data" is the table headed "extended". */
static const char *const labels[] = { "BIOS-e820", "BIOS-e801", "BIOS-88", "reserve setup_data", "user", "modified",
				      "extended", "Xen" };

/* Behind "[mem ": "0xSTART-0xLAST] TYPE". */
static bool parse_e820(struct text text, uint64_t *start, uint64_t *size, uint32_t *type)
{
	uint64_t last;

	if (!text_0x(&text, start) || !text_skip(&text, "-") || !text_0x(&text, &last) ||
	    !text_skip(&text, "]"))
		return false;
	text_skip_blanks(&text);
	return parse_e820_type(&text, type) && range_size(*start, last, size);
}

static bool is_word_character(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' || c == '_';
}

/* The label that stands right before at, "LABEL: "; null when there is none. */
static const char *label_before(const struct text *line, const char *at)
{
	while (at > line->at && at[-1] == ' ')
		at--;
	if (at == line->at || *--at != ':')
		return NULL;
	for (size_t i = 0; i < MM_ARRAY_COUNT(labels); i++) {
		size_t length = strlen(labels[i]);

		if ((size_t)(at - line->at) >= length && memcmp(at - length, labels[i], length) == 0 &&
		    ((size_t)(at - line->at) == length || !is_word_character(at[-1 - (ptrdiff_t)length])))
			return labels[i];
	}
	return NULL;
}

/* Where the old form's range starts before " - ": 16 digits. Null when there is none. */
static const char *old_range(const struct text *line)
{
	struct text rest = *line, digits;
	uint64_t value;

	if (!text_find(&rest, " - ") || rest.at - line->at < 19)
		return NULL;
	digits = (struct text){ rest.at - 19, rest.at - 3 };
	return text_hex(&digits, &value) && digits.at == digits.end ? rest.at - 19 : NULL;
}

/* Whether the line is of an e820 table, read or damaged. */
static bool read_e820_line(struct map_source *source, const struct text *line, size_t number)
{
	static const char needed[] = "\"[mem 0xSTART-0xLAST] TYPE\" with START not above LAST";
	struct text rest = *line;
	const char *label = NULL, *at;
	uint64_t start, size;
	uint32_t type;
	bool good = false;

	if (text_find(&rest, "[mem ")) {
		label = label_before(line, rest.at - 5);
		good = label && parse_e820(rest, &start, &size, &type);
	} else if ((at = old_range(line)) != NULL) {
		label = label_before(line, at);
		good = label && parse_old_e820((struct text){ at, line->end }, &start, &size, &type);
	}
	if (good) {
		source_add_e820(source, label, start, size, type);
		return true;
	}
	rest = *line;
	if (!label && (!text_find(&rest, "BIOS-e820: ") || text_skip(&rest, "[gap ") || rest.at == rest.end ||
		       !(*rest.at == '[' || (*rest.at >= '0' && *rest.at <= '9'))))
		return false;
	source_note_damaged(source, number, line, needed);
	return true;
}

static bool parse_type_name(const struct text *name, uint32_t *type)
{
	struct text rest = *name;
	uint64_t number;

	if (efi_type_named(name, NAMING_LINUX, type) || efi_type_named(name, NAMING_OLD_LINUX, type))
		return true;
	if (!text_skip(&rest, "type=") || !text_decimal(&rest, &number) || rest.at != rest.end || number > UINT32_MAX)
		return false;
	*type = (uint32_t)number;
	return true;
}

static bool parse_attribute_column(struct text column, uint64_t *attribute)
{
	uint64_t number;

	text_skip_blanks(&column);
	column = text_trimmed(column);
	if (column.at == column.end || efi_attribute_named(&column, attribute))
		return true;
	if (!text_skip(&column, "attr=") || !text_0x(&column, &number) || column.at != column.end)
		return false;
	*attribute |= number;
	return true;
}

/* "[Boot Data          |RUN|  |WB|UC]": a name and columns, in any order. */
static bool parse_type_and_columns(struct text *text, uint32_t *type, uint64_t *attribute)
{
	struct text rest = *text, column;
	const char *close;
	bool first = true;

	if (!text_skip(&rest, "["))
		return false;
	close = memchr(rest.at, ']', text_size(&rest));
	if (!close)
		return false;
	*attribute = 0;
	for (bool more = true; more; first = false) {
		const char *bar = memchr(rest.at, '|', (size_t)(close - rest.at));

		column = (struct text){ rest.at, bar ? bar : close };
		more = bar;
		rest.at = column.end + 1;
		column = text_trimmed(column);
		if (first ? !parse_type_name(&column, type) : !parse_attribute_column(column, attribute))
			return false;
	}
	text->at = close + 1;
	return true;
}

/* "type=7, attr=0xf", before Linux 3.19. */
static bool parse_type_and_attribute(struct text *text, uint32_t *type, uint64_t *attribute)
{
	uint64_t number;

	if (!text_skip(text, "type=") || !text_decimal(text, &number) || number > UINT32_MAX ||
	    !text_skip(text, ", attr=") || !text_0x(text, attribute))
		return false;
	*type = (uint32_t)number;
	return true;
}

/* "0xSTART-0xEND"; of a range that passes 2^64 Linux prints an end of more than 16 digits. */
static bool parse_range(struct text *text, uint64_t *start, unsigned __int128 *end)
{
	const char *first;

	if (!text_0x(text, start) || !text_skip(text, "-0x"))
		return false;
	first = text->at;
	for (*end = 0; text->at < text->end && text->at < first + 20; text->at++) {
		struct text digit = { text->at, text->at + 1 };
		uint64_t value;

		if (!text_hex(&digit, &value))
			break;
		*end = *end << 4 | value;
	}
	return text->at > first;
}

/* Behind "mem12: ". The end is the last byte before ']', the one after it before ')'. */
static bool parse_efi(struct text text, struct efi_memory_desc *desc)
{
	unsigned __int128 end;

	if (!parse_type_and_columns(&text, &desc->type, &desc->attribute) &&
	    !parse_type_and_attribute(&text, &desc->type, &desc->attribute))
		return false;
	text_skip(&text, ",");
	if (!text_skip(&text, " range=[") || !parse_range(&text, &desc->phys_addr, &end))
		return false;
	if (text_skip(&text, ")"))
		return range_pages(desc->phys_addr, end, &desc->num_pages);
	/* what Linux prints of no pages: the end 0 and "(invalid)" */
	desc->num_pages = 0;
	return text_skip(&text, "]") && (end == 0 || range_pages(desc->phys_addr, end + 1, &desc->num_pages));
}

/* arm64: "0x000040000000-0x000047dfcfff [Conventional|   |...]", sometimes with a '*' behind. */
static bool parse_arm64_efi(struct text text, struct efi_memory_desc *desc)
{
	unsigned __int128 end;

	return parse_range(&text, &desc->phys_addr, &end) && text_skip(&text, " ") &&
	       range_pages(desc->phys_addr, end + 1, &desc->num_pages) &&
	       parse_type_and_columns(&text, &desc->type, &desc->attribute);
}

/* Behind "efi: " or "EFI: "; false when there is no such word in the line. */
static bool find_efi(struct text *line)
{
	return text_find(line, "efi: ") || text_find(line, "EFI: ");
}

/*
 * Whether the line is of an EFI map, read or damaged; *index is its number, UINT64_MAX when it has none, or is one of
 * the invalid descriptors that Linux prints before the map, and then leaves out of it.
 */
static bool read_efi_line(struct map_source *source, const struct text *line, size_t number, uint64_t *index)
{
	struct efi_memory_desc desc = { .type = 0 };
	struct text rest = *line;
	bool good;

	if (!find_efi(&rest))
		return false;
	if (text_skip(&rest, "mem")) {
		if (!text_decimal(&rest, index) || !text_skip(&rest, ": "))
			return false;
		good = parse_efi(rest, &desc);
	} else {
		struct text range = rest;

		text_skip_blanks(&range);
		if (range.at == rest.at || range.at + 2 > range.end || memcmp(range.at, "0x", 2) != 0)
			return false;
		*index = UINT64_MAX;
		good = parse_arm64_efi(range, &desc);
	}
	if (good)
		source_add_efi(source, desc.type, desc.phys_addr, desc.num_pages, desc.attribute);
	else
		source_note_damaged(source, number, line, "a type, attributes and a range of whole pages");
	if (text_find(&rest, "(invalid)"))
		*index = UINT64_MAX;
	return true;
}

/* Behind the words the rest of the line is a fact. */
static void read_fact_line(struct map_source *source, const struct text *line)
{
	static const char version[] = "Linux version ", dmi[] = "DMI: ", memory_options[] = "(memory options only) ";
	struct text rest = *line, word;

	if (text_find(&rest, version)) {
		word = rest;
		while (word.at < word.end && *word.at != ' ')
			word.at++;
		source_set_fact(&source->kernel, rest.at, (size_t)(word.at - rest.at));
		return;
	}
	if (text_find(&rest, "ommand line: ")) {
		text_skip(&rest, memory_options);
		source_set_fact(&source->command_line, rest.at, text_size(&rest));
		return;
	}
	if (text_find(&rest, dmi)) {
		source_set_fact(&source->board, rest.at, text_size(&rest));
		return;
	}
	if (text_find(&rest, "ACPI: RSDP 0x")) {
		if (!source->rsdp)
			text_hex(&rest, &source->rsdp);
		return;
	}
	if (find_efi(&rest) && text_skip(&rest, "EFI v")) {
		rest.at -= 5;
		source_set_fact(&source->firmware, rest.at, text_size(&rest));
	}
}

static bool linux_log_probe(const char *data, size_t size)
{
	struct text rest = { data, data + size }, line;
	struct map_source found = { .name = NULL };
	uint64_t index;
	bool is = false;

	while (!is && text_line(&rest, &line)) {
		sniff_progress((size_t)(rest.at - data), size);
		is = read_dump_line(&found, line, &index) != LINE_OTHER || read_efi_line(&found, &line, 0, &index) ||
		     read_e820_line(&found, &line, 0);
	}
	map_source_free(&found);
	return is;
}

/* A boot in a log that may hold several. */
struct boot {
	struct text text;
	size_t line; /* number of its first line */
};

struct boots {
	struct boot *list;
	size_t count, capacity;
};

static bool starts_dump(struct text line)
{
	return text_find(&line, "EFI memory map: ") && text_find(&line, " descriptors of ");
}

/*
 * A boot starts with Linux's first line, or, where that is missing, with the heading of a further map; and with the
 * loader's words about the map, to which the next Linux belongs.
 */
static void divide(struct boots *boots, const char *data, size_t size)
{
	struct text rest = { data, data + size }, line;
	bool started = false, loader = false, headed = false;

	for (size_t number = 1; text_line(&rest, &line); number++) {
		struct text word = line;
		bool dump = starts_dump(line), version = !dump && text_find(&word, "Linux version "),
		     heading = !dump && !version && text_find(&word, "BIOS-provided physical RAM map:");

		progress("looking for boots", (size_t)(rest.at - data), size);
		if (boots->count == 0 || (started && (dump || (version && !loader) || (heading && headed)))) {
			boots->list = grown(boots->list, boots->count, &boots->capacity, sizeof(*boots->list));
			boots->list[boots->count++] = (struct boot){ { line.at, rest.at }, number };
			headed = false;
		}
		loader = dump || (loader && !version);
		headed |= heading;
		/* what stands before the first boot is nobody's, unless it is the rest of one */
		started = started || dump || version || heading || text_find(&word, "BIOS-e820: ") ||
			  text_find(&word, "efi: mem");
		boots->list[boots->count - 1].text.end = rest.at;
	}
}

/* What was read of a boot so far. */
struct reading {
	uint64_t expected; /* more than 0: descriptors up to this one were read */
	bool repeated;     /* the EFI map is printed once more: its lines are left out */
	bool loaders_e820; /* the e820 map is the loader's; when Linux prints one, that counts */
	bool linux;        /* Linux has started */
};

/* Linux prints the map again when an option changed it, and after the loader; the first is the firmware's. */
static void after_descriptor(struct map_source *source, struct reading *reading, uint64_t index, size_t count,
			     size_t number)
{
	if (index == UINT64_MAX)
		return;
	if (index == 0 && reading->expected > 0 && !reading->repeated) {
		reading->repeated = true;
		source_note(source, NOTE_ABOUT, number, "the EFI map is printed again from here; the first one was read");
	}
	if (reading->repeated)
		source->nr_efi = count;
	else if (index > reading->expected)
		source_note(source, NOTE_ABOUT, number, "descriptors %llu to %llu are missing before this one",
			    (unsigned long long)reading->expected, (unsigned long long)index - 1);
	reading->expected = index + 1;
}

static void read_boot_line(struct map_source *source, struct reading *reading, const struct text *line, size_t number)
{
	size_t count = source->nr_efi;
	struct text word = *line;
	uint64_t index;

	switch (read_dump_line(source, *line, &index)) {
	case LINE_DAMAGED:
		source_note_damaged(source, number, line, "a type, a range of whole pages, its size and attributes");
		return;
	case LINE_READ:
		after_descriptor(source, reading, index, count, number);
		reading->loaders_e820 = true;
		return;
	case LINE_OTHER:
		break;
	}
	if (read_efi_line(source, line, number, &index)) {
		after_descriptor(source, reading, index, count, number);
		return;
	}
	if (reading->linux && reading->loaders_e820 && text_find(&word, "BIOS-e820: [mem")) {
		source_clear_e820(source);
		reading->loaders_e820 = false;
	}
	if (read_e820_line(source, line, number))
		return;
	reading->linux |= text_find(&word, "Linux version ");
	if (!read_dump_fact(source, *line))
		read_fact_line(source, line);
}

static void read_boot(struct map_source *source, const struct boot *boot)
{
	struct reading state = { .expected = 0 };
	struct text rest = boot->text, line;
	size_t number = boot->line;

	for (; text_line(&rest, &line); number++) {
		read_boot_line(source, &state, &line, number);
		reading(source, boot->text.at, rest.at, text_size(&boot->text));
	}
}

/* The last boot that says something about memory. */
static int linux_log_parse(struct map_source *source, const char *data, size_t size)
{
	struct boots boots = { .list = NULL };
	size_t last;

	divide(&boots, data, size);
	for (last = boots.count; last > 1; last--)
		if (linux_log_probe(boots.list[last - 1].text.at, text_size(&boots.list[last - 1].text)))
			break;
	if (boots.count > 1)
		source_note(source, NOTE_ABOUT, boots.list[last - 1].line,
			    "%zu boots are in this text; the last that tells of memory was read, from here", boots.count);
	if (last)
		read_boot(source, &boots.list[last - 1]);
	free(boots.list);
	return 0;
}

const struct map_reader linux_log_reader = {
	.kind = "Linux log", .probe = linux_log_probe, .parse = linux_log_parse
};
