/* SPDX-License-Identifier: BSD-2-Clause */
#include <loader/efi_image.h>

#define HEADER_OFFSET 0x3c /* of the PE header's offset */
#define COFF_SIZE 24       /* with the signature */
#define SECTION_SIZE 40

static uint32_t get16(const uint8_t *at)
{
	return at[0] | (uint32_t)at[1] << 8;
}

static uint32_t get32(const uint8_t *at)
{
	return get16(at) | get16(at + 2) << 16;
}

/* The PE header, with COFF_SIZE bytes in the head; null when it is elsewhere. */
static const uint8_t *find_header(const uint8_t *head, size_t size)
{
	uint32_t offset = size >= HEADER_OFFSET + 4 ? get32(head + HEADER_OFFSET) : UINT32_MAX;

	return offset < size && size - offset >= COFF_SIZE ? head + offset : NULL;
}

bool efi_image_section(const uint8_t *head, size_t size, const char *name, uint32_t *offset, uint32_t *length)
{
	const uint8_t *header = find_header(head, size);
	size_t at, count;

	if (!header || get32(header) != 0x4550)
		return false;
	at = (size_t)(header - head) + COFF_SIZE + get16(header + 20);
	for (count = get16(header + 6); count > 0 && at <= size && size - at >= SECTION_SIZE; count--, at += SECTION_SIZE) {
		const uint8_t *section = head + at;
		size_t matched = 0;

		while (matched < 8 && name[matched] && section[matched] == (uint8_t)name[matched])
			matched++;
		if (name[matched] || (matched < 8 && section[matched]))
			continue;
		*offset = get32(section + 20);
		*length = get32(section + 16);
		return true;
	}
	return false;
}

/* Its lines are component names and what belongs to them, with commas between. */
bool efi_image_is_mapbridge(const char *sbat, size_t size)
{
	static const char own[] = "mapbridge,";
	size_t matched = 0;

	for (size_t i = 0; i < size; i++) {
		if (matched < sizeof(own) - 1)
			matched = sbat[i] == own[matched] && (matched || i == 0 || sbat[i - 1] == '\n') ? matched + 1 : 0;
		if (matched == sizeof(own) - 1)
			return true;
	}
	return false;
}
