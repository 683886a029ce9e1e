/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading a scenario: a keyword at the start of each line, and what belongs to it; '#' begins a comment. */
#define _GNU_SOURCE
#include "scenario.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define LARGE_PAGE (2 << 20)

struct reader {
	struct scenario *scenario;
	const char *path;
	unsigned line;
	struct scenario_file *text; /* the file that lines with '|' belong to */
	bool has_memory; /* else the usual one is added */
};

static _Noreturn void bad(const struct reader *reader, const char *format, ...) __attribute__((format(printf, 2, 3)));
static _Noreturn void bad(const struct reader *reader, const char *format, ...)
{
	va_list list;

	fprintf(stderr, "%s:%u: ", reader->path, reader->line);
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fprintf(stderr, "\n");
	exit(2);
}

/* The next word of *rest; empty at the end. */
static char *word(char **rest)
{
	char *start = *rest + strspn(*rest, " \t"), *end = start + strcspn(start, " \t");

	*rest = *end ? end + 1 : end;
	*end = '\0';
	return start;
}

static uint64_t number(const struct reader *reader, const char *text)
{
	char *end;
	uint64_t value = strtoull(text, &end, 0);

	if (!*text || *end)
		bad(reader, "\"%s\" is no number", text);
	return value;
}

static uint32_t memory_type(const struct reader *reader, const char *name)
{
	static const char *const names[] = { "reserved", "loader-code", "loader-data", "boot-code", "boot-data", "runtime-code",
					     "runtime-data", "free", "unusable", "acpi", "nvs", "mmio", "mmio-ports", "pal",
					     "persistent", "unaccepted" };

	for (uint32_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return i;
	return (uint32_t)number(reader, name);
}

static void add_memory(struct scenario_memory **list, size_t *count, struct scenario_memory piece)
{
	if ((*count & (*count - 1)) == 0)
		*list = realloc(*list, (2 * *count + 1) * sizeof(**list));
	(*list)[(*count)++] = piece;
}

static struct scenario_memory read_piece(const struct reader *reader, char **rest)
{
	struct scenario_memory piece = { .attribute = 0xf };
	char *attribute;

	piece.base = number(reader, word(rest));
	piece.pages = number(reader, word(rest));
	piece.type = memory_type(reader, word(rest));
	attribute = word(rest);
	if (*attribute)
		piece.attribute = number(reader, attribute);
	else if (piece.type == 5 || piece.type == 6)
		piece.attribute |= UINT64_C(1) << 63;
	return piece;
}

/* A recorded map: tab-separated type, start, pages, attribute. What runs in the firmware is free again. */
static void read_recorded(struct reader *reader, const char *path)
{
	FILE *file = fopen(path, "r");
	char line[300];
	unsigned long long type, base, pages, attribute;

	if (!file)
		bad(reader, "%s cannot be read", path);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%lli\t%lli\t%lli\t%lli", (long long *)&type, (long long *)&base, (long long *)&pages,
			   (long long *)&attribute) == 4)
			add_memory(&reader->scenario->memory, &reader->scenario->memory_count,
				   (struct scenario_memory){ base, pages, (uint32_t)type, attribute });
	fclose(file);
}

static void usual_memory(struct scenario *scenario)
{
	static const struct scenario_memory usual[] = {
		{ 0, 0xa0, 7, 0xf },           { 0x100000, 0x700, 7, 0xf },        { 0x800000, 8, 10, 0xf },
		{ 0x808000, 0xf8, 7, 0xf },    { 0x900000, 0xc00, 4, 0xf },        { 0x1500000, 0xd000, 7, 0xf },
		{ 0xe500000, 0x400, 3, 0xf },  { 0xe900000, 0x400, 4, 0xf },       { 0xed00000, 0x100, 0, 0xf },
		{ 0xee00000, 0x100, 5, 0x800000000000000f }, { 0xef00000, 0x100, 6, 0x800000000000000f },
		{ 0xf000000, 0x100, 9, 0xf },  { 0xf100000, 0xf00, 7, 0xf },       { 0xffc00000, 0x400, 11, 0x8000000000000001 },
	};

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		add_memory(&scenario->memory, &scenario->memory_count, usual[i]);
}

/* fragments COUNT BASE TYPE TYPE: ranges of a page, alternately of these types. */
static void read_fragments(struct reader *reader, char **rest)
{
	uint64_t count = number(reader, word(rest)), base = number(reader, word(rest));
	uint32_t types[2];

	types[0] = memory_type(reader, word(rest));
	types[1] = memory_type(reader, word(rest));
	for (uint64_t i = 0; i < count; i++)
		add_memory(&reader->scenario->memory, &reader->scenario->memory_count,
			   (struct scenario_memory){ base + i * 4096, 1, types[i % 2], 0xf });
}

/* In pages so large that a fork shares them at little cost. */
static uint8_t *load_file(const struct reader *reader, const char *path, size_t *size)
{
	int file = open(path, O_RDONLY);
	struct stat about;
	uint8_t *bytes;

	if (file < 0 || fstat(file, &about) != 0)
		bad(reader, "%s cannot be read", path);
	*size = (size_t)about.st_size;
	if (posix_memalign((void **)&bytes, LARGE_PAGE, *size ? *size : 1) != 0)
		bad(reader, "there is no memory for %s", path);
	madvise(bytes, *size, MADV_HUGEPAGE);
	if (read(file, bytes, *size) != about.st_size)
		bad(reader, "%s cannot be read", path);
	close(file);
	return bytes;
}

/* file PATH [from HOST-PATH | bytes N]: without these its text comes in the lines that begin with '|'. */
static void read_file(struct reader *reader, unsigned volume, bool directory, char **rest)
{
	struct scenario *scenario = reader->scenario;
	char *path = word(rest), *how = word(rest);
	struct scenario_file *file;

	scenario->files = realloc(scenario->files, (scenario->file_count + 1) * sizeof(*file));
	file = &scenario->files[scenario->file_count++];
	*file = (struct scenario_file){ .volume = volume, .path = strdup(path), .directory = directory };
	for (char *c = file->path; *c; c++)
		if (*c == '/')
			*c = '\\';
	reader->text = directory || *how ? NULL : file;
	if (strcmp(how, "from") == 0) {
		file->bytes = load_file(reader, word(rest), &file->size);
	} else if (strcmp(how, "bytes") == 0) {
		file->size = number(reader, word(rest));
		file->bytes = malloc(file->size + 1);
		for (size_t i = 0; i < file->size; i++)
			file->bytes[i] = (uint8_t)(i * 7 + i / 251 + scenario->file_count);
	} else if (*how) {
		bad(reader, "\"%s\": from or bytes is needed", how);
	}
}

static void add_text(struct reader *reader, const char *line)
{
	struct scenario_file *file = reader->text;
	size_t length = strlen(line);

	if (!file)
		bad(reader, "text without a file");
	file->bytes = realloc(file->bytes, file->size + length + 1);
	memcpy(file->bytes + file->size, line, length);
	file->bytes[file->size + length] = '\n';
	file->size += length + 1;
}

static void read_keys(struct reader *reader, char **rest)
{
	static const struct {
		const char *name;
		uint16_t scan, character;
	} names[] = { { "up", 1, 0 },      { "down", 2, 0 },     { "right", 3, 0 },  { "left", 4, 0 },   { "home", 5, 0 },
		      { "end", 6, 0 },     { "insert", 7, 0 },   { "delete", 8, 0 }, { "page-up", 9, 0 }, { "page-down", 10, 0 },
		      { "esc", 0x17, 0 },  { "enter", 0, '\r' }, { "space", 0, ' ' }, { "backspace", 0, 8 }, { "tab", 0, 9 },
		      { "shift", 0, 0 },   { "f3", 0xd, 0 },     { "f3-enter", 0xd, '\r' }, { "suspend", 0x102, 0 },
		      { "volume-up", 0x80, 0 }, { "volume-down", 0x81, 0 } };
	struct scenario *scenario = reader->scenario;
	uint64_t wait = 200000;

	for (char *name = word(rest); *name; name = word(rest)) {
		struct scenario_key key = { .wait = wait };
		bool found = false;

		if (strncmp(name, "wait:", 5) == 0) {
			wait = number(reader, name + 5) * 1000000;
			continue;
		}
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !found; i++)
			if ((found = strcmp(name, names[i].name) == 0))
				key.scan = names[i].scan, key.character = names[i].character;
		if (!found && name[1])
			bad(reader, "\"%s\" is no key", name);
		if (!found)
			key.character = (unsigned char)name[0];
		scenario->keys = realloc(scenario->keys, (scenario->key_count + 1) * sizeof(key));
		scenario->keys[scenario->key_count++] = key;
		wait = 200000;
	}
}

const struct scenario_processor scenario_processors[] = {
	{ "one with LA57 and SHA extensions", .gib_pages = true, .la57 = true, .rdrand = true, .sha = true },
	{ "an AMD one without any of them", .amd = true },
	{ "one whose RDRAND has no numbers", .rdrand = true, .rdrand_fails = true },
	{ NULL },
};

/* processor [FEATURE...]: it has these and no others. */
static void read_processor(struct reader *reader, char **rest)
{
	struct scenario_processor *p = &reader->scenario->processor;
	const struct {
		const char *name;
		bool *to;
	} features[] = { { "amd", &p->amd }, { "1gib-pages", &p->gib_pages }, { "la57", &p->la57 }, { "rdrand", &p->rdrand },
			 { "rdrand-fails", &p->rdrand_fails }, { "sha", &p->sha } };

	*p = (struct scenario_processor){ NULL };
	for (char *name = word(rest); *name; name = word(rest)) {
		size_t i = 0;

		while (i < sizeof(features) / sizeof(features[0]) && strcmp(name, features[i].name) != 0)
			i++;
		if (i == sizeof(features) / sizeof(features[0]))
			bad(reader, "\"%s\" is nothing that a processor has", name);
		*features[i].to = true;
	}
}

/* input [QUIRK...]: where keys come from. */
static void read_input(struct reader *reader, char **rest)
{
	struct scenario_input *in = &reader->scenario->input;
	const struct {
		const char *name;
		bool *to;
	} quirks[] = { { "no-ex", &in->no_ex }, { "ex-fails", &in->ex_fails }, { "no-event", &in->no_event },
		       { "stream", &in->stream }, { "keyboard", &in->keyboard }, { "deaf", &in->deaf } };

	for (char *name = word(rest); *name; name = word(rest)) {
		size_t i = 0;

		while (i < sizeof(quirks) / sizeof(quirks[0]) && strcmp(name, quirks[i].name) != 0)
			i++;
		if (i == sizeof(quirks) / sizeof(quirks[0]))
			bad(reader, "\"%s\" is nothing that is known of inputs", name);
		*quirks[i].to = true;
	}
}

/* leaves NAME [TEXT]; VERSION at its end is that of the loader. */
static void read_left(struct reader *reader, char **rest)
{
	struct scenario *scenario = reader->scenario;
	char *name = word(rest), *version = strstr(*rest, "VERSION"), text[400];

	if (scenario->left_count == sizeof(scenario->left) / sizeof(scenario->left[0]))
		bad(reader, "too many variables");
	snprintf(text, sizeof(text), "%.*s%s", version ? (int)(version - *rest) : (int)strlen(*rest), *rest,
		 version ? MAPBRIDGE_VERSION : "");
	scenario->left[scenario->left_count++] = (struct scenario_left){ strdup(name), strdup(text) };
}

/* variable NAME GUID ATTRIBUTES BYTE... */
static void read_variable(struct reader *reader, char **rest)
{
	struct scenario *scenario = reader->scenario;
	struct scenario_variable v = { .name = strdup(word(rest)), .guid = strdup(word(rest)) };

	v.attributes = (uint32_t)number(reader, word(rest));
	v.bytes = malloc(strlen(*rest) + 1);
	for (char *byte = word(rest); *byte; byte = word(rest))
		v.bytes[v.size++] = (uint8_t)number(reader, byte);
	scenario->variables = realloc(scenario->variables, (scenario->variable_count + 1) * sizeof(v));
	scenario->variables[scenario->variable_count++] = v;
}

static void read_text(struct reader *reader, bool must, const char *text)
{
	struct scenario *scenario = reader->scenario;

	if (scenario->text_count == SCENARIO_TEXTS_MAX)
		bad(reader, "more than %d texts", SCENARIO_TEXTS_MAX);
	scenario->texts[scenario->text_count++] = (struct scenario_text){ strdup(text), must };
}

static char *backslashes(const char *path);

/* flip PATH [sealed] [all] */
static void read_flip(struct reader *reader, char **rest)
{
	struct scenario *scenario = reader->scenario;
	struct scenario_flip *flip = &scenario->flips[scenario->flip_count];

	if (scenario->flip_count++ == SCENARIO_FLIPS_MAX)
		bad(reader, "more than %d files to flip", SCENARIO_FLIPS_MAX);
	flip->path = backslashes(word(rest));
	for (char *how = word(rest); *how; how = word(rest)) {
		flip->sealed |= strcmp(how, "sealed") == 0;
		flip->all |= strcmp(how, "all") == 0;
	}
}

static char *backslashes(const char *path)
{
	char *copy = strdup(path);

	for (char *c = copy; *c; c++)
		if (*c == '/')
			*c = '\\';
	return copy;
}

/* fat-link PATH CLUSTER VALUE, or fat-link PATH CLUSTER to PATH CLUSTER */
static void read_link(struct reader *reader, char **rest)
{
	struct scenario *scenario = reader->scenario;
	struct scenario_link *link = &scenario->links[scenario->link_count];
	char *to;

	if (scenario->link_count++ == SCENARIO_LINKS_MAX)
		bad(reader, "more than %d links", SCENARIO_LINKS_MAX);
	link->path = backslashes(word(rest));
	link->cluster = (uint32_t)number(reader, word(rest));
	to = word(rest);
	if (strcmp(to, "to") != 0) {
		link->value = (uint32_t)number(reader, to);
		return;
	}
	link->to = backslashes(word(rest));
	link->to_cluster = (uint32_t)number(reader, word(rest));
}

/* entries COUNT: so many of the same kernel, called entry-0001.conf and so on; the number is a kernel's option. */
static void read_entries(struct reader *reader, char **rest)
{
	struct scenario *scenario = reader->scenario;
	unsigned count = (unsigned)number(reader, word(rest));

	for (unsigned i = 1; i <= count; i++) {
		struct scenario_file *file;
		char path[60], text[200];

		scenario->files = realloc(scenario->files, (scenario->file_count + 1) * sizeof(*file));
		file = &scenario->files[scenario->file_count++];
		snprintf(path, sizeof(path), "\\loader\\entries\\entry-%04u.conf", i * 7919 % count + 1); /* in no order */
		snprintf(text, sizeof(text), "title Many\nversion %u\nsort-key many\nlinux /hello.elf\noptions entry=%u\n",
			 i * 7919 % count + 1, i * 7919 % count + 1);
		*file = (struct scenario_file){ .path = strdup(path), .bytes = (uint8_t *)strdup(text), .size = strlen(text) };
	}
}

/* What is a number, or is on when it is named. */
static bool read_setting(struct reader *reader, const char *name, char **rest)
{
	struct scenario *s = reader->scenario;
	const struct {
		const char *name;
		void *to;
		size_t size; /* 1: on when named */
	} settings[] = {
		{ "stride", &s->stride, 8 },
		{ "cr4", &s->cr4, 8 },
		{ "every", &s->every, 4 },
		{ "hostile", &s->hostile, 4 },
		{ "offers-initrd", &s->offered_initrd, 8 },
		{ "exit-failures", &s->exit_failures, 4 },
		{ "exit-growth", &s->exit_growth, 4 },
		{ "map-growth", &s->map_growth, 4 },
		{ "refuses-addresses", &s->refused, 4 },
		{ "screens", &s->screens, 4 },
		{ "edid", &s->edid, 4 },
		{ "tpm", &s->tpm, 4 },
		{ "option-roms", &s->roms, 4 },
		{ "reads-at-once", &s->read_size, 4 },
		{ "fat", &s->fat, 4 },
		{ "fat-missing", &s->fat_missing, 4 },
		{ "disk-requests", &s->disk_requests, 4 },
		{ "io-align", &s->io_align, 4 },
		{ "blocks-only", &s->blocks_only, 1 },
		{ "font", &s->font, 1 },
		{ "no-failures", &s->no_failures, 1 },
		{ "shuffled", &s->shuffled, 1 },
		{ "no-descriptor-size", &s->quiet_size, 1 },
		{ "read-only", &s->read_only, 1 },
		{ "volume-full", &s->volume_full, 1 },
		{ "xbootldr", &s->xbootldr, 1 },
		{ "xbootldr-connected", &s->xbootldr_connected, 1 },
		{ "xbootldr-broken", &s->xbootldr_broken, 1 },
		{ "no-keyboard", &s->no_console_in, 1 },
		{ "tdx", &s->tdx, 1 },
		{ "sev", &s->sev, 1 },
		{ "variables-stay", &s->variables_stay, 1 },
		{ "no-screen", &s->no_console_out, 1 },
		{ "terminal", &s->terminal, 1 },
		{ "quiet", &s->quiet, 1 },
		{ "rng", &s->rng, 1 },
		{ "rng-raw", &s->rng_raw, 1 },
		{ "previous-seed", &s->previous_seed, 1 },
		{ "memory-attributes", &s->memory_attributes, 1 },
		{ "attributes-table", &s->attributes_table, 1 },
		{ "secure-boot", &s->secure_boot, 1 },
		{ "acpi1", &s->acpi1, 1 },
		{ "odd-path", &s->odd_path, 4 },
		{ "tables-full", &s->tables_full, 1 },
	};

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		uint64_t value = 1;

		if (strcmp(name, settings[i].name) != 0)
			continue;
		if (settings[i].size > 1)
			value = number(reader, word(rest));
		memcpy(settings[i].to, &value, settings[i].size);
		return true;
	}
	return false;
}

static void read_line(struct reader *reader, char *line)
{
	struct scenario *s = reader->scenario;
	char *rest = line + strspn(line, " \t"), *name;

	if (*rest == '#' || !*rest)
		return;
	if (*rest == '|') {
		add_text(reader, rest + 1 + (rest[1] == ' '));
		return;
	}
	name = word(&rest);
	reader->has_memory |= strcmp(name, "memory") == 0;
	rest += strspn(rest, " \t");
	if (strcmp(name, "memory") == 0 && strncmp(rest, "from ", 5) == 0)
		read_recorded(reader, rest + 5);
	else if (strcmp(name, "memory") == 0)
		add_memory(&s->memory, &s->memory_count, read_piece(reader, &rest));
	else if (strcmp(name, "fragments") == 0)
		read_fragments(reader, &rest);
	else if (strcmp(name, "lie") == 0)
		add_memory(&s->lies, &s->lie_count, read_piece(reader, &rest));
	else if (strcmp(name, "file") == 0 || strcmp(name, "xbootldr-file") == 0)
		read_file(reader, name[0] == 'x', false, &rest);
	else if (strcmp(name, "directory") == 0)
		read_file(reader, 0, true, &rest);
	else if (strcmp(name, "fat-link") == 0)
		read_link(reader, &rest);
	else if (strcmp(name, "entries") == 0)
		read_entries(reader, &rest);
	else if (strcmp(name, "fat-longer") == 0)
		s->longer = backslashes(word(&rest));
	else if (strcmp(name, "endless-directory") == 0)
		s->endless = backslashes(word(&rest));
	else if (strcmp(name, "processor") == 0)
		read_processor(reader, &rest);
	else if (strcmp(name, "flip") == 0)
		read_flip(reader, &rest);
	else if (strcmp(name, "keys") == 0)
		read_keys(reader, &rest);
	else if (strcmp(name, "input") == 0)
		read_input(reader, &rest);
	else if (strcmp(name, "leaves") == 0)
		read_left(reader, &rest);
	else if (strcmp(name, "variable") == 0)
		read_variable(reader, &rest);
	else if (strcmp(name, "load-options") == 0)
		s->load_options = strdup(rest);
	else if (strcmp(name, "running") == 0)
		s->running = strdup(word(&rest));
	else if (strcmp(name, "program") == 0)
		s->program = strdup(word(&rest));
	else if (strcmp(name, "kernel") == 0)
		s->kernel = backslashes(word(&rest));
	else if (strcmp(name, "fallback") == 0)
		s->fallback = backslashes(word(&rest));
	else if (strcmp(name, "unedited") == 0)
		s->unedited = strdup(rest);
	else if (strcmp(name, "command-line") == 0)
		s->command_line = strdup(rest);
	else if (strcmp(name, "initrd") == 0 && s->initrd_count < 16)
		s->initrds[s->initrd_count++] = backslashes(word(&rest));
	else if (strcmp(name, "ends") == 0)
		s->ends = strdup(word(&rest));
	else if (strcmp(name, "says") == 0 || strcmp(name, "never-says") == 0)
		read_text(reader, name[0] == 's', rest);
	else if (!read_setting(reader, name, &rest))
		bad(reader, "\"%s\" is no keyword; see docs/testing.md", name);
}

struct scenario *scenario_read(const char *path)
{
	struct scenario *scenario = calloc(1, sizeof(*scenario));
	struct reader reader = { scenario, path, 0, NULL, false };
	const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t room = 0;

	if (!file)
		bad(&reader, "it cannot be read");
	snprintf(scenario->name, sizeof(scenario->name), "%.*s", (int)strcspn(base, "."), base);
	scenario->stride = 48;
	scenario->cr4 = 0x668;
	scenario->every = 2;
	scenario->processor = (struct scenario_processor){ .gib_pages = true, .rdrand = true };
	while (getline(&line, &room, file) > 0) {
		reader.line++;
		line[strcspn(line, "\n")] = '\0';
		read_line(&reader, line);
	}
	free(line);
	fclose(file);
	if (!reader.has_memory)
		usual_memory(scenario);
	if (!scenario->ends)
		bad(&reader, "it has no line \"ends\"");
	return scenario;
}

const struct scenario_file *scenario_file(const struct scenario *scenario, unsigned volume, const char *path)
{
	for (size_t i = 0; i < scenario->file_count; i++)
		if (scenario->files[i].volume == volume && strcmp(scenario->files[i].path, path) == 0)
			return &scenario->files[i];
	return NULL;
}
