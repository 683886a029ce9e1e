/* SPDX-License-Identifier: BSD-2-Clause */
#include "source_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void source_facts(struct map_source *source, struct source_fact facts[SOURCE_FACTS])
{
	const struct source_fact all[SOURCE_FACTS] = {
		{ "board", &source->board, NULL },
		{ "firmware", &source->firmware, NULL },
		{ "kernel", &source->kernel, NULL },
		{ "command line", &source->command_line, NULL },
		{ "RSDP", NULL, &source->rsdp },
		{ "stride", NULL, &source->efi_stride },
		{ "buffer size", NULL, &source->efi_size },
		{ "descriptor version", NULL, &source->efi_version },
	};

	memcpy(facts, all, sizeof(all));
}

void print_bytes(const unsigned char *bytes, size_t size)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < size; i++) {
		putchar(digits[bytes[i] >> 4]);
		putchar(digits[bytes[i] & 15]);
	}
}

unsigned char *parse_bytes(const struct text *digits, size_t *size)
{
	unsigned char *bytes = (unsigned char *)copied(digits->at, text_size(digits) / 2);
	uint64_t value;

	*size = text_size(digits) / 2;
	for (size_t i = 0; i < *size; i++) {
		struct text pair = { digits->at + 2 * i, digits->at + 2 * i + 2 };

		if (!text_hex(&pair, &value) || pair.at != pair.end) {
			free(bytes);
			return NULL;
		}
		bytes[i] = (unsigned char)value;
	}
	if (text_size(digits) % 2 == 0)
		return bytes;
	free(bytes);
	return NULL;
}
