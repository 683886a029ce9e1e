/* SPDX-License-Identifier: BSD-2-Clause */
/* Field offsets: Microsoft's PE Format, "MS-DOS Stub", "COFF File Header" and "Section Table". */
#include "pe_trim.h"

#include <string.h>

#define PE_OFFSET 0x3c /* where the file says where the signature is */
#define SIGNATURE_AND_HEADER 24
#define SECTIONS_MAX 96 /* what Windows takes */
#define SECTION_HEADER_SIZE 40
#define VIRTUAL_SIZE 8 /* fields of a section header */
#define RAW_SIZE 16
#define RAW_OFFSET 20
#define CHARACTERISTICS 36
#define MEM_WRITE UINT32_C(0x80000000)
#define FILE_ALIGNMENT 512

struct section {
	uint8_t *header;
	uint32_t start, size;
};

static uint32_t get(const uint8_t *from, size_t size)
{
	uint32_t value = 0;

	while (size-- > 0)
		value = value << 8 | from[size];
	return value;
}

static void put(uint8_t *to, uint32_t value)
{
	for (size_t i = 0; i < 4; i++)
		to[i] = (uint8_t)(value >> 8 * i);
}

static struct section section_at(uint8_t *headers, size_t i)
{
	uint8_t *header = headers + i * SECTION_HEADER_SIZE;

	return (struct section){ header, get(header + RAW_OFFSET, 4), get(header + RAW_SIZE, 4) };
}

static const char *check_sections(uint8_t *headers, size_t count, size_t headers_end, size_t size)
{
	for (size_t i = 0; i < count; i++) {
		struct section s = section_at(headers, i);

		if (s.size == 0)
			continue;
		if (s.start < headers_end || s.start > size || s.size > size - s.start)
			return "a section lies in the headers or outside the file";
		if (get(s.header + VIRTUAL_SIZE, 4) == 0)
			return "a section has bytes in the file, and none in memory";
		for (size_t j = 0; j < i; j++) {
			struct section other = section_at(headers, j);

			if (other.size && s.start < other.start + other.size && other.start < s.start + s.size)
				return "two sections overlap";
		}
	}
	return NULL;
}

/* Returns the size that the file has then. */
static size_t trim(uint8_t *image, size_t size, uint8_t *headers, size_t count, const struct section *s)
{
	uint32_t used = s->size, raw;

	while (used > 1 && image[s->start + used - 1] == 0)
		used--;
	raw = (used + FILE_ALIGNMENT - 1) / FILE_ALIGNMENT * FILE_ALIGNMENT;
	if (raw >= s->size)
		return size;
	memmove(image + s->start + raw, image + s->start + s->size, size - s->start - s->size);
	put(s->header + RAW_SIZE, raw);
	for (size_t i = 0; i < count; i++) {
		struct section other = section_at(headers, i);

		if (other.size && other.start > s->start)
			put(other.header + RAW_OFFSET, other.start - (s->size - raw));
	}
	return size - (s->size - raw);
}

const char *pe_trim(uint8_t *image, size_t *size)
{
	size_t pe, headers, count;
	const char *wrong;

	if (*size < PE_OFFSET + 4 || *size > UINT32_MAX / 2 || memcmp(image, "MZ", 2) != 0)
		return "it does not begin with \"MZ\"";
	pe = get(image + PE_OFFSET, 4);
	if (*size < SIGNATURE_AND_HEADER || pe > *size - SIGNATURE_AND_HEADER || memcmp(image + pe, "PE\0", 4) != 0)
		return "it has no PE signature where 0x3c says";
	count = get(image + pe + 6, 2);
	headers = pe + SIGNATURE_AND_HEADER + get(image + pe + 20, 2);
	if (count > SECTIONS_MAX || headers + count * SECTION_HEADER_SIZE > *size)
		return "its section headers lie outside the file, or are more than 96";
	wrong = check_sections(image + headers, count, headers + count * SECTION_HEADER_SIZE, *size);
	for (size_t i = 0; !wrong && i < count; i++) {
		struct section s = section_at(image + headers, i);

		if (s.size && get(s.header + CHARACTERISTICS, 4) & MEM_WRITE)
			*size = trim(image, *size, image + headers, count, &s);
	}
	return wrong;
}
