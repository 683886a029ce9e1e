/* SPDX-License-Identifier: BSD-2-Clause */
/* Apart from the reader: a program that writes such files need not carry it. */
#include <mm/crc32.h>
#include <mm/efimap.h>

/* The map is a section as the others are. */
static struct efimap_data section_of(const struct efimap *map, uint32_t type)
{
	return type == EFIMAP_MAP ? (struct efimap_data){ map->map.buffer, map->map.size } : map->sections[type];
}

size_t efimap_size(const struct efimap *map)
{
	size_t size = sizeof(struct efimap_header);

	for (uint32_t type = 1; type < EFIMAP_TYPES; type++) {
		struct efimap_data section = section_of(map, type);

		if (!section.data)
			continue;
		if (section.size > UINT32_MAX || __builtin_add_overflow(size, efimap_section_size(section.size), &size))
			return SIZE_MAX;
	}
	return size;
}

uint32_t efimap_checksum(const void *file, size_t size)
{
	const uint8_t *bytes = file;
	static const uint32_t zero;
	const size_t field = offsetof(struct efimap_header, crc32), behind = field + sizeof(zero);

	return mm_crc32(mm_crc32(mm_crc32(0, bytes, field), &zero, sizeof(zero)), bytes + behind, size - behind);
}

void efimap_write(const struct efimap *map, void *buffer)
{
	struct efimap_header header = { .header_size = sizeof(header), .total_size = efimap_size(map),
					.desc_size = (uint32_t)map->map.desc_size, .desc_version = map->map.desc_version };
	uint8_t *at = (uint8_t *)buffer + sizeof(header);

	__builtin_memcpy(header.magic, EFIMAP_MAGIC, sizeof(header.magic));
	__builtin_memset(buffer, 0, header.total_size);
	for (uint32_t type = 1; type < EFIMAP_TYPES; type++) {
		struct efimap_data data = section_of(map, type);
		struct efimap_section section = { type, (uint32_t)data.size };

		if (!data.data)
			continue;
		__builtin_memcpy(at, &section, sizeof(section));
		__builtin_memcpy(at + sizeof(section), data.data, data.size);
		at += efimap_section_size(data.size);
	}
	__builtin_memcpy(buffer, &header, sizeof(header));
	header.crc32 = efimap_checksum(buffer, header.total_size);
	__builtin_memcpy(buffer, &header, sizeof(header));
}
