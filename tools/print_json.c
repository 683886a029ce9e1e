/* SPDX-License-Identifier: BSD-2-Clause */
/* JSON: 64-bit numbers are strings "0x...", since most programs read JSON's numbers as doubles. */
#include "source_text.h"
#include "utf8.h"

#include <stdio.h>

#define X(value) ((unsigned long long)(value))

static void print_string(const char *text)
{
	size_t length;

	putchar('"');
	while (*text) {
		length = utf8_length(text);
		if (length == 0)
			printf("\\udc%02x", (unsigned char)*text);
		else if (*text == '"' || *text == '\\')
			printf("\\%c", *text);
		else if ((unsigned char)*text < ' ' || *text == 0x7f)
			printf("\\u%04x", (unsigned char)*text);
		else
			fwrite(text, 1, length, stdout);
		text += length ? length : 1;
	}
	putchar('"');
}

static void print_facts(const struct map_source *source)
{
	struct map_source copy = *source;
	struct source_fact facts[SOURCE_FACTS];
	const char *between = "";

	source_facts(&copy, facts);
	fputs(",\n\"facts\": {", stdout);
	for (size_t i = 0; i < SOURCE_FACTS; i++) {
		if (facts[i].text ? !*facts[i].text : !*facts[i].number)
			continue;
		printf("%s\n  \"%s\": ", between, facts[i].name);
		if (facts[i].text)
			print_string(*facts[i].text);
		else
			printf("\"0x%llx\"", X(*facts[i].number));
		between = ",";
	}
	putchar('}');
}

static void print_efi(const struct map_source *source)
{
	fputs(",\n\"efi\": [", stdout);
	for (size_t i = 0; i < source->nr_efi; i++) {
		const struct efi_memory_desc *desc = &source->efi[i];

		printf("%s\n  {\"start\": \"0x%llx\", \"pages\": \"0x%llx\", \"type\": %u, \"name\": \"%s\", "
		       "\"attribute\": \"0x%llx\"",
		       i ? "," : "", X(desc->phys_addr), X(desc->num_pages), (unsigned)desc->type,
		       efi_memory_type_name(desc->type), X(desc->attribute));
		if (desc->virt_addr)
			printf(", \"virtual start\": \"0x%llx\"", X(desc->virt_addr));
		putchar('}');
	}
	putchar(']');
}

static void print_e820(const struct map_source *source)
{
	struct buffer_printer name;
	char text[40];

	fputs(",\n\"e820\": [", stdout);
	for (size_t i = 0; i < source->nr_e820; i++) {
		const struct e820_table *table = &source->e820[i].table;

		printf("%s\n  {\"label\": ", i ? "," : "");
		print_string(source->e820[i].label);
		fputs(", \"entries\": [", stdout);
		for (size_t j = 0; j < table->nr_entries; j++) {
			buffer_printer_init(&name, text, sizeof(text));
			e820_print_type(table->entries[j].type, &name.printer);
			printf("%s\n    {\"start\": \"0x%llx\", \"size\": \"0x%llx\", \"type\": %u, \"name\": \"%s\"}",
			       j ? "," : "", X(table->entries[j].addr), X(table->entries[j].size),
			       (unsigned)table->entries[j].type, text);
		}
		fputs("]}", stdout);
	}
	putchar(']');
}

static void print_iomem(const struct map_source *source)
{
	fputs(",\n\"iomem\": [", stdout);
	for (size_t i = 0; i < source->nr_iomem; i++) {
		printf("%s\n  {\"depth\": %u, \"start\": \"0x%llx\", \"end\": \"0x%llx\", \"name\": ", i ? "," : "",
		       source->iomem[i].depth, X(source->iomem[i].start), X(source->iomem[i].end));
		print_string(source->iomem[i].name);
		putchar('}');
	}
	putchar(']');
}

static void print_boot_params(const struct map_source *source)
{
	fputs(",\n\"boot_params\": \"", stdout);
	print_bytes(source->boot_params, BOOT_PARAMS_SIZE);
	putchar('"');
}

static void print_setup_data(const struct map_source *source)
{
	fputs(",\n\"setup_data\": [", stdout);
	for (size_t i = 0; i < source->nr_setup_data; i++) {
		printf("%s\n  {\"type\": %u, \"data\": \"", i ? "," : "", (unsigned)source->setup_data[i].type);
		print_bytes(source->setup_data[i].data, source->setup_data[i].size);
		fputs("\"}", stdout);
	}
	putchar(']');
}

void print_json(const struct map_source *source)
{
	fputs("{\"mapbridge\": 1,\n\"from\": ", stdout);
	print_string(source->kind);
	print_facts(source);
	if (source->nr_efi)
		print_efi(source);
	if (source->nr_e820)
		print_e820(source);
	if (source->nr_iomem)
		print_iomem(source);
	if (source->boot_params)
		print_boot_params(source);
	if (source->nr_setup_data)
		print_setup_data(source);
	puts("}");
}
