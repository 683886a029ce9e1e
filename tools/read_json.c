/* SPDX-License-Identifier: BSD-2-Clause */
/* Our own JSON. Keys that this version does not know are passed over. */
#include "json.h"
#include "source_text.h"

#include <stdlib.h>
#include <string.h>

#define KEY_SIZE 32

static bool json_probe(const char *data, size_t size)
{
	struct text text = { data, data + (size < 400 ? size : 400) };

	while (text.at < text.end && memchr(" \t\r\n", *text.at, 4))
		text.at++;
	return text_skip(&text, "{") && text_find(&text, "\"mapbridge\"");
}

static void read_string(struct json *json, char **string)
{
	size_t length;
	char *text = json_string(json, &length);

	free(*string);
	*string = text;
}

static void read_facts(struct json *json, struct map_source *source)
{
	struct source_fact facts[SOURCE_FACTS];
	char key[KEY_SIZE];
	size_t i;

	json_open(json, '{');
	while (json_key(json, key, sizeof(key))) {
		source_facts(source, facts);
		for (i = 0; i < SOURCE_FACTS && strcmp(facts[i].name, key) != 0; i++)
			;
		if (i == SOURCE_FACTS)
			json_skip(json);
		else if (facts[i].text)
			read_string(json, facts[i].text);
		else
			json_number(json, UINT64_MAX, facts[i].number);
	}
}

static void read_descriptors(struct json *json, struct map_source *source, const char *data, size_t size)
{
	char key[KEY_SIZE];

	json_open(json, '[');
	while (json_element(json)) {
		struct efi_memory_desc desc = { .type = 0 };
		uint64_t type = 0;

		reading(source, data, json->rest.at, size);
		json_open(json, '{');
		while (json_key(json, key, sizeof(key))) {
			uint64_t *value = strcmp(key, "start") == 0	    ? &desc.phys_addr :
					  strcmp(key, "pages") == 0	    ? &desc.num_pages :
					  strcmp(key, "attribute") == 0	    ? &desc.attribute :
					  strcmp(key, "virtual start") == 0 ? &desc.virt_addr :
									      NULL;

			if (strcmp(key, "type") == 0)
				json_number(json, UINT32_MAX, &type);
			else if (value)
				json_number(json, UINT64_MAX, value);
			else
				json_skip(json);
		}
		if (json->failed)
			return;
		source_add_efi(source, (uint32_t)type, desc.phys_addr, desc.num_pages, desc.attribute);
		source->efi[source->nr_efi - 1].virt_addr = desc.virt_addr;
	}
}

static void read_entries(struct json *json, struct map_source *source, const char *label)
{
	char key[KEY_SIZE];

	json_open(json, '[');
	while (json_element(json)) {
		uint64_t start = 0, size = 0, type = 0;

		json_open(json, '{');
		while (json_key(json, key, sizeof(key))) {
			if (strcmp(key, "start") == 0)
				json_number(json, UINT64_MAX, &start);
			else if (strcmp(key, "size") == 0)
				json_number(json, UINT64_MAX, &size);
			else if (strcmp(key, "type") == 0)
				json_number(json, UINT32_MAX, &type);
			else
				json_skip(json);
		}
		if (json->failed)
			return;
		source_add_e820(source, label, start, size, (uint32_t)type);
	}
}

/* {"label": "BIOS-e820", "entries": [...]}, the label first. */
static void read_e820(struct json *json, struct map_source *source)
{
	char key[KEY_SIZE], *label;

	json_open(json, '[');
	while (json_element(json)) {
		label = copied("BIOS-e820", 9);
		json_open(json, '{');
		while (json_key(json, key, sizeof(key))) {
			if (strcmp(key, "label") == 0)
				read_string(json, &label);
			else if (strcmp(key, "entries") == 0)
				read_entries(json, source, label);
			else
				json_skip(json);
		}
		free(label);
	}
}

static void read_iomem(struct json *json, struct map_source *source)
{
	char key[KEY_SIZE], *name;

	json_open(json, '[');
	while (json_element(json)) {
		uint64_t depth = 0, start = 0, end = 0;

		name = copied("", 0);
		json_open(json, '{');
		while (json_key(json, key, sizeof(key))) {
			if (strcmp(key, "depth") == 0)
				json_number(json, 1000, &depth);
			else if (strcmp(key, "start") == 0)
				json_number(json, UINT64_MAX, &start);
			else if (strcmp(key, "end") == 0)
				json_number(json, UINT64_MAX, &end);
			else if (strcmp(key, "name") == 0)
				read_string(json, &name);
			else
				json_skip(json);
		}
		if (!json->failed && end < start)
			source_note(source, NOTE_DAMAGED, json->line, "a resource that ends before it starts was left out");
		else if (!json->failed)
			source_add_iomem(source, (unsigned)depth, start, end, name, strlen(name));
		free(name);
	}
}

/* A string of hexadecimal digits. */
static unsigned char *read_bytes(struct json *json, size_t *size)
{
	size_t length;
	char *digits = json_string(json, &length);
	struct text text = { digits, digits ? digits + length : NULL };
	unsigned char *bytes = digits ? parse_bytes(&text, size) : NULL;

	free(digits);
	return bytes;
}

static void read_setup_data(struct json *json, struct map_source *source)
{
	char key[KEY_SIZE];

	json_open(json, '[');
	while (json_element(json)) {
		struct source_setup_data node = { .data = NULL };
		uint64_t type = 0;

		json_open(json, '{');
		while (json_key(json, key, sizeof(key))) {
			if (strcmp(key, "type") == 0) {
				json_number(json, UINT32_MAX, &type);
			} else if (strcmp(key, "data") == 0) {
				free(node.data);
				node.data = read_bytes(json, &node.size);
			} else {
				json_skip(json);
			}
		}
		node.type = (uint32_t)type;
		if (node.data)
			source_keep_setup_data(source, &node);
		else
			source_note(source, NOTE_DAMAGED, json->line,
				    "setup_data without bytes in hexadecimal was left out");
	}
}

static void read_boot_params(struct json *json, struct map_source *source)
{
	size_t size = 0;
	unsigned char *bytes = read_bytes(json, &size);

	if (size == BOOT_PARAMS_SIZE && !source->boot_params) {
		source->boot_params = bytes;
		return;
	}
	free(bytes);
	source_note(source, NOTE_DAMAGED, json->line, "boot_params has %zu bytes in hexadecimal; needed are %d, once",
		    size, BOOT_PARAMS_SIZE);
}

static int json_parse(struct map_source *source, const char *data, size_t size)
{
	struct json json = json_begin(data, size);
	char key[KEY_SIZE];

	json_open(&json, '{');
	while (json_key(&json, key, sizeof(key))) {
		if (strcmp(key, "facts") == 0)
			read_facts(&json, source);
		else if (strcmp(key, "efi") == 0)
			read_descriptors(&json, source, data, size);
		else if (strcmp(key, "e820") == 0)
			read_e820(&json, source);
		else if (strcmp(key, "iomem") == 0)
			read_iomem(&json, source);
		else if (strcmp(key, "boot_params") == 0)
			read_boot_params(&json, source);
		else if (strcmp(key, "setup_data") == 0)
			read_setup_data(&json, source);
		else
			json_skip(&json);
	}
	return json_end(&json) ? 0 : source_refuse(source, "%s", json.error);
}

const struct map_reader json_reader = { .kind = "JSON of mapbridge", .probe = json_probe, .parse = json_parse };
