/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as the block with a GPT header, and behind it the entries; first the type that is looked for. */
#define _GNU_SOURCE /* memmem */
#include <loader/gpt.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t unique[GPT_GUID_SIZE], *block, *entries;
	size_t block_size, entries_size;
	struct gpt gpt;

	if (size < GPT_GUID_SIZE)
		return 0;
	block_size = size - GPT_GUID_SIZE < 512 ? size - GPT_GUID_SIZE : 512;
	entries_size = size - GPT_GUID_SIZE - block_size;
	block = exact_copy(data + GPT_GUID_SIZE, block_size);
	entries = exact_copy(data + GPT_GUID_SIZE + block_size, entries_size);
	if (gpt_header_parse(block, block_size, &gpt)) {
		CHECK(gpt.entry_size >= 128 && (uint64_t)gpt.entry_count * gpt.entry_size <= GPT_ENTRIES_MAX);
		if (gpt_find_type(&gpt, entries, entries_size, data, unique)) {
			const uint8_t *found = memmem(entries, entries_size, data, GPT_GUID_SIZE);

			CHECK(found && entries_size >= gpt.entry_size);
		}
	}
	free(entries);
	free(block);
	return 0;
}
