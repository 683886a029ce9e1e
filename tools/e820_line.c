/* SPDX-License-Identifier: BSD-2-Clause */
#include "e820_line.h"

static const struct {
	const char *name;
	uint32_t type;
} e820_names[] = {
	{ "usable", E820_TYPE_RAM },	      { "System RAM", E820_TYPE_RAM },
	{ "reserved", E820_TYPE_RESERVED },   { "device reserved", E820_TYPE_RESERVED },
	{ "ACPI data", E820_TYPE_ACPI },      { "ACPI NVS", E820_TYPE_NVS },
	{ "unusable", E820_TYPE_UNUSABLE },   { "soft reserved", E820_TYPE_SOFT_RESERVED },
};

bool parse_e820_type(struct text *text, uint32_t *type)
{
	struct text rest = *text;
	uint64_t number;

	for (size_t i = 0; i < MM_ARRAY_COUNT(e820_names); i++)
		if (text_skip(text, e820_names[i].name)) {
			*type = e820_names[i].type;
			return true;
		}
	if (text_skip(&rest, "type ") || text_skip(&rest, "persistent (type ") ||
	    text_skip(&rest, "persistent RAM (type ")) {
		if (!text_decimal(&rest, &number) || number > UINT32_MAX)
			return false;
		*text = rest;
		*type = (uint32_t)number;
		return true;
	}
	return false;
}

bool parse_old_e820(struct text text, uint64_t *start, uint64_t *size, uint32_t *type)
{
	uint64_t end;

	if (!text_hex(&text, start) || !text_skip(&text, " - ") || !text_hex(&text, &end) || !text_skip(&text, " "))
		return false;
	text_skip(&text, "(");
	if (!parse_e820_type(&text, type) || end < *start)
		return false;
	*size = end - *start;
	return true;
}
