/* SPDX-License-Identifier: BSD-2-Clause */
#include <loader/gpt.h>

#define SIGNATURE "EFI PART"
#define HEADER_SIZE 92
#define ENTRY_SIZE 128

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

bool gpt_header_parse(const void *block, size_t size, struct gpt *gpt)
{
	const uint8_t *header = block;
	uint32_t header_size;

	if (size < HEADER_SIZE || __builtin_memcmp(header, SIGNATURE, sizeof(SIGNATURE) - 1) != 0)
		return false;
	header_size = get32(header + 12);
	if (header_size < HEADER_SIZE || header_size > size)
		return false;
	gpt->entries_lba = get32(header + 72) | (uint64_t)get32(header + 76) << 32;
	gpt->entry_count = get32(header + 80);
	gpt->entry_size = get32(header + 84);
	return gpt->entry_size >= ENTRY_SIZE && (uint64_t)gpt->entry_count * gpt->entry_size <= GPT_ENTRIES_MAX;
}

bool gpt_find_type(const struct gpt *gpt, const void *entries, size_t size, const uint8_t *type, uint8_t *unique)
{
	const uint8_t *entry = entries;

	for (uint32_t i = 0; i < gpt->entry_count && size >= gpt->entry_size; i++) {
		if (__builtin_memcmp(entry, type, GPT_GUID_SIZE) == 0) {
			__builtin_memcpy(unique, entry + GPT_GUID_SIZE, GPT_GUID_SIZE);
			return true;
		}
		entry += gpt->entry_size;
		size -= gpt->entry_size;
	}
	return false;
}
