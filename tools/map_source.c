/* SPDX-License-Identifier: BSD-2-Clause */
/* Filling, asking and freeing a struct map_source. */
#include "map_reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *or_end(void *memory)
{
	if (!memory) {
		fputs("mapbridge: out of memory\n", stderr);
		exit(2);
	}
	return memory;
}

void *grown(void *array, size_t used, size_t *capacity, size_t element)
{
	size_t wanted = *capacity ? *capacity + *capacity / 2 : 16;

	if (used < *capacity)
		return array;
	array = or_end(wanted > SIZE_MAX / element ? NULL : realloc(array, wanted * element));
	*capacity = wanted;
	return array;
}

char *copied(const char *text, size_t length)
{
	char *copy = or_end(malloc(length + 1));

	memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

void source_add_efi(struct map_source *source, uint32_t type, uint64_t phys_addr, uint64_t num_pages,
		    uint64_t attribute)
{
	source->efi = grown(source->efi, source->nr_efi, &source->max_efi, sizeof(*source->efi));
	source->efi[source->nr_efi++] = (struct efi_memory_desc){
		.type = type, .phys_addr = phys_addr, .num_pages = num_pages, .attribute = attribute
	};
}

const struct source_e820 *map_source_e820(const struct map_source *source, const char *label)
{
	for (size_t i = 0; i < source->nr_e820; i++)
		if (strcmp(source->e820[i].label, label) == 0)
			return &source->e820[i];
	return NULL;
}

void source_add_e820(struct map_source *source, const char *label, uint64_t start, uint64_t size, uint32_t type)
{
	struct source_e820 *e820 = (struct source_e820 *)map_source_e820(source, label);
	struct e820_table *table;

	if (!e820 && source->nr_e820 == MAX_E820_TABLES) {
		source_note(source, NOTE_DAMAGED, 0, "an entry of the e820 table \"%s\" was left out: more than %d tables",
			    label, MAX_E820_TABLES);
		return;
	}
	if (!e820) {
		source->e820 = or_end(realloc(source->e820, (source->nr_e820 + 1) * sizeof(*source->e820)));
		e820 = &source->e820[source->nr_e820++];
		*e820 = (struct source_e820){ .label = copied(label, strlen(label)) };
	}
	table = &e820->table;
	table->entries = grown(table->entries, table->nr_entries, &table->capacity, sizeof(*table->entries));
	table->entries[table->nr_entries++] = (struct e820_entry){ start, size, type };
}

void source_add_iomem(struct map_source *source, unsigned depth, uint64_t start, uint64_t end, const char *name,
		      size_t length)
{
	source->iomem = grown(source->iomem, source->nr_iomem, &source->max_iomem, sizeof(*source->iomem));
	source->iomem[source->nr_iomem++] = (struct source_iomem){ depth, start, end, copied(name, length) };
}

void source_keep_setup_data(struct map_source *source, const struct source_setup_data *node)
{
	source->setup_data = or_end(realloc(source->setup_data, (source->nr_setup_data + 1) * sizeof(*node)));
	source->setup_data[source->nr_setup_data++] = *node;
}

void source_add_setup_data(struct map_source *source, const struct source_setup_data *node)
{
	struct e820_entry entry;

	source_keep_setup_data(source, node);
	if (node->type != SETUP_E820_EXT || source->nr_e820 == 0)
		return;
	for (size_t at = 0; at + sizeof(entry) <= node->size; at += sizeof(entry)) {
		memcpy(&entry, node->data + at, sizeof(entry));
		source_add_e820(source, source->e820[source->nr_e820 - 1].label, entry.addr, entry.size, entry.type);
	}
}

void source_set_fact(char **fact, const char *text, size_t length)
{
	if (!*fact && length)
		*fact = copied(text, length);
}

void source_note(struct map_source *source, enum source_note_kind kind, size_t line, const char *format, ...)
{
	char text[400];
	va_list arguments;

	if (kind == NOTE_DAMAGED && source->nr_damaged++ >= DAMAGED_NOTES)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	for (char *at = text; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = '?';
	source->notes = grown(source->notes, source->nr_notes, &source->max_notes, sizeof(*source->notes));
	source->notes[source->nr_notes++] = (struct source_note){ kind, line, copied(text, strlen(text)) };
}

void map_source_print_notes(const struct map_source *source)
{
	fflush(stdout);
	for (size_t i = 0; i < source->nr_notes; i++) {
		fprintf(stderr, "mapbridge: %s:", source->name);
		if (source->notes[i].line)
			fprintf(stderr, "%zu:", source->notes[i].line);
		fprintf(stderr, " %s\n", source->notes[i].text);
	}
	if (source->nr_damaged > DAMAGED_NOTES)
		fprintf(stderr, "mapbridge: %s: %zu more lines are damaged\n", source->name,
			source->nr_damaged - DAMAGED_NOTES);
}

void source_note_damaged(struct map_source *source, size_t number, const struct text *line, const char *needed)
{
	int shown = text_size(line) > 160 ? 160 : (int)text_size(line);

	source_note(source, NOTE_DAMAGED, number, "\"%.*s\" is damaged and was left out; needed is %s", shown, line->at,
		    needed);
}

int source_refuse(struct map_source *source, const char *format, ...)
{
	char text[MAP_SOURCE_ERROR_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	source_set_fact(&source->refusal, text, strlen(text));
	return -1;
}

struct efi_memmap map_source_efi(const struct map_source *source)
{
	return (struct efi_memmap){ source->efi, source->nr_efi * sizeof(*source->efi), sizeof(*source->efi),
				    source->efi_version ? (uint32_t)source->efi_version : EFI_MEMORY_DESC_VERSION };
}

bool map_source_sanitise(struct e820_table *table)
{
	size_t size = e820_update_scratch_size(table->nr_entries);
	size_t capacity = 2 * table->nr_entries + 1; /* overlaps cut at most so many pieces */
	void *scratch = size == SIZE_MAX ? NULL : malloc(size ? size : 1);
	struct e820_entry *entries = scratch ? realloc(table->entries, capacity * sizeof(*entries)) : NULL;
	int result = MM_ENOMEM;

	if (entries) {
		table->entries = entries;
		table->capacity = capacity;
		result = e820_update_table(table, scratch, size, NULL);
	}
	free(scratch);
	return result == 0;
}

bool map_source_convert(const struct map_source *source, enum e820_policy policy, struct e820_table *table,
			struct efi_trace **trace)
{
	struct efi_memmap map = map_source_efi(source);
	size_t scratch_size = efi_to_e820_scratch_size(source->nr_efi), capacity = 2 * source->nr_efi + 1;
	struct efi_trace *steps = NULL;
	void *scratch = NULL;
	int result = MM_ENOMEM;

	*table = (struct e820_table){ NULL, 0, 0 };
	if (trace)
		*trace = NULL;
	if (source->nr_efi == 0 || scratch_size == SIZE_MAX)
		return false;
	scratch = malloc(scratch_size);
	table->entries = malloc(capacity * sizeof(*table->entries));
	table->capacity = capacity;
	if (trace)
		steps = malloc(source->nr_efi * sizeof(*steps));
	if (scratch && table->entries && (steps || !trace))
		result = efi_to_e820(&map, policy, table, steps, scratch, scratch_size);
	free(scratch);
	if (result == 0) {
		if (trace)
			*trace = steps;
		return true;
	}
	free(steps);
	free(table->entries);
	*table = (struct e820_table){ NULL, 0, 0 };
	return false;
}

bool map_source_work_e820(const struct map_source *source, enum e820_policy policy, struct e820_table *table,
			  bool *converted)
{
	const struct source_e820 *recorded = map_source_e820(source, "BIOS-e820");

	if (!recorded && source->nr_e820)
		recorded = &source->e820[0];
	if (converted)
		*converted = !recorded;
	if (!recorded)
		return map_source_convert(source, policy, table, NULL);
	*table = recorded->table;
	table->capacity = table->nr_entries;
	table->entries = or_end(malloc(table->nr_entries * sizeof(*table->entries) + 1));
	memcpy(table->entries, recorded->table.entries, table->nr_entries * sizeof(*table->entries));
	if (map_source_sanitise(table))
		return true;
	free(table->entries);
	*table = (struct e820_table){ NULL, 0, 0 };
	return false;
}

void source_clear_e820(struct map_source *source)
{
	for (size_t i = 0; i < source->nr_e820; i++) {
		free(source->e820[i].label);
		free(source->e820[i].table.entries);
	}
	free(source->e820);
	source->e820 = NULL;
	source->nr_e820 = 0;
}

void source_clear_iomem(struct map_source *source)
{
	for (size_t i = 0; i < source->nr_iomem; i++)
		free(source->iomem[i].name);
	source->nr_iomem = 0;
}

void map_source_free(struct map_source *source)
{
	source_clear_e820(source);
	source_clear_iomem(source);
	for (size_t i = 0; i < source->nr_setup_data; i++)
		free(source->setup_data[i].data);
	for (size_t i = 0; i < source->nr_notes; i++)
		free(source->notes[i].text);
	free(source->efi);
	free(source->iomem);
	free(source->command_line);
	free(source->kernel);
	free(source->board);
	free(source->firmware);
	free(source->boot_params);
	free(source->efimap);
	free(source->setup_data);
	free(source->heading);
	free(source->notes);
	free(source->refusal);
	free(source->name);
	*source = (struct map_source){ .name = NULL };
}
