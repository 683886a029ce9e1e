/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Windows' registry key HARDWARE\RESOURCEMAP\System Resources\Physical Memory, as `reg query` prints it
 * ("REG_RESOURCE_LIST" and digits) or in an exported .reg file ("hex(8):" and bytes between commas). Only memory is
 * there. Source: CM_RESOURCE_LIST in the Windows Driver Kit's wdm.h.
 */
#include "map_reader.h"

#include <stdlib.h>
#include <string.h>

#define LIST_HEADER 20 /* lists, bus type, bus, version and revision, descriptors */
#define DESCRIPTOR 20  /* type, share disposition, flags, and 16 bytes by type */
#define TYPE_MEMORY 3
#define TYPE_MEMORY_LARGE 7
#define LARGE_40 0x200 /* of flags: the length is in units of 2^8, 2^16 or 2^32 bytes */
#define LARGE_48 0x400
#define LARGE_64 0x800

static const char *const words[] = { "REG_RESOURCE_LIST", "hex(8):" };

static uint32_t long_at(const unsigned char *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* Behind the first of the words that a value starts with. */
static bool find_value(struct text *text)
{
	for (size_t i = 0; i < MM_ARRAY_COUNT(words); i++)
		if (text_find(text, words[i]))
			return true;
	return false;
}

/* The bytes of a value, over line ends, in fresh memory. */
static unsigned char *take_bytes(struct text text, size_t *count)
{
	unsigned char *bytes = (unsigned char *)copied(text.at, text_size(&text) / 2);
	struct text pair;
	uint64_t value;

	for (*count = 0;; text.at += 2) {
		while (text.at < text.end && strchr(" \t\r\n,\\", *text.at) && *text.at)
			text.at++;
		if (text_size(&text) < 2)
			break;
		pair = (struct text){ text.at, text.at + 2 };
		if (!text_hex(&pair, &value) || pair.at != pair.end)
			break;
		bytes[(*count)++] = (unsigned char)value;
	}
	return bytes;
}

static void read_descriptor(struct map_source *source, const unsigned char *at)
{
	unsigned flags = at[2] | (unsigned)at[3] << 8;
	uint64_t start = long_at(at + 4) | (uint64_t)long_at(at + 8) << 32, size = long_at(at + 12);

	if (at[0] != TYPE_MEMORY && at[0] != TYPE_MEMORY_LARGE)
		return;
	if (at[0] == TYPE_MEMORY_LARGE)
		size <<= flags & LARGE_64 ? 32 : flags & LARGE_48 ? 16 : flags & LARGE_40 ? 8 : 0;
	if (size && start + (size - 1) >= start)
		source_add_e820(source, "memory", start, size, E820_TYPE_RAM);
	else
		source_note(source, NOTE_DAMAGED, 0,
			    "a range at 0x%llx of 0x%llx bytes was left out; needed is one below 2^64",
			    (unsigned long long)start, (unsigned long long)size);
}

static bool registry_probe(const char *data, size_t size)
{
	struct text text = { data, data + size };

	return find_value(&text);
}

/* The first value that has ranges: .Raw and .Translated are the same on a PC. */
static int registry_parse(struct map_source *source, const char *data, size_t size)
{
	struct text rest = { data, data + size };

	while (source->nr_e820 == 0 && find_value(&rest)) {
		size_t used;
		unsigned char *bytes = take_bytes(rest, &used);
		size_t count = used < LIST_HEADER ? 0 : long_at(bytes + LIST_HEADER - 4);
		size_t held = used < LIST_HEADER ? 0 : (used - LIST_HEADER) / DESCRIPTOR;

		if (used < LIST_HEADER || held < count)
			source_note(source, NOTE_DAMAGED, 0, "a resource list is cut off: %zu bytes, %zu of %zu ranges",
				    used, held, count);
		for (size_t i = 0; i < count && i < held; i++)
			read_descriptor(source, bytes + LIST_HEADER + i * DESCRIPTOR);
		free(bytes);
	}
	return 0;
}

const struct map_reader registry_reader = {
	.kind = "registry of Windows", .probe = registry_probe, .parse = registry_parse
};
