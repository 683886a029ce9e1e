/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as a PE image that is to be trimmed: what is loaded into memory stays the same, and a second time changes nothing. */
#include <loader/efi_image.h>

#include "fuzz.h"

#include "../../scripts/pe_trim.h"

static uint32_t number(const uint8_t *from)
{
	return from[0] | from[1] << 8 | from[2] << 16 | (uint32_t)from[3] << 24;
}

/* The bytes of a section as they were, then as they are with the zeros that are filled up. */
static void check_section(const uint8_t *before, const uint8_t *after, size_t size, size_t header)
{
	uint32_t old = number(before + header + 16), new = number(after + header + 16);
	uint32_t from = number(before + header + 20), to = number(after + header + 20);

	CHECK(new <= old && (new == old || new % 512 == 0) && (new != 0 || old == 0));
	CHECK(new == old || number(before + header + 36) & 0x80000000);
	if (old == 0)
		return;
	CHECK(to <= size && new <= size - to && memcmp(before + from, after + to, new) == 0);
	for (uint32_t i = new; i < old; i++)
		CHECK(before[from + i] == 0);
}

/* As the loader looks for itself. */
static void find_sbat(const uint8_t *data, size_t size)
{
	uint8_t *image = exact_copy(data, size);
	uint32_t offset, length;

	if (efi_image_section(image, size, ".sbat", &offset, &length) && offset <= size && length <= size - offset)
		efi_image_is_mapbridge((const char *)image + offset, length);
	free(image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *image = exact_copy(data, size), *again;
	size_t trimmed = size, headers, count, second;

	find_sbat(data, size);
	if (pe_trim(image, &trimmed)) {
		CHECK(trimmed == size && memcmp(image, data, size) == 0);
		free(image);
		return 0;
	}
	headers = number(data + 0x3c);
	count = data[headers + 6] | data[headers + 7] << 8;
	headers += 24 + (size_t)(data[headers + 20] | data[headers + 21] << 8);
	for (size_t i = 0; i < count; i++)
		check_section(data, image, trimmed, headers + 40 * i);
	again = exact_copy(image, trimmed);
	second = trimmed;
	CHECK(pe_trim(again, &second) == NULL && second == trimmed && memcmp(again, image, trimmed) == 0);
	free(again);
	free(image);
	return 0;
}
