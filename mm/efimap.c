/* SPDX-License-Identifier: BSD-2-Clause */
#include <mm/efimap.h>

#define LIST_ELEMENT 16 /* bytes of an element of every list */

static const size_t attributes_head = 2 * sizeof(uint32_t);

bool efimap_probe(const void *bytes, size_t size)
{
	return size >= EFIMAP_MAGIC_SIZE && __builtin_memcmp(bytes, EFIMAP_MAGIC, EFIMAP_MAGIC_SIZE - 1) == 0;
}

static int refuse_section(const struct efimap_section *section, const char *needed, struct printer *why)
{
	print(why, "its section %u has %u bytes; needed: %s; save the map again", section->type, section->length, needed);
	return MM_EINVAL;
}

static bool is_text(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i] < ' ' || bytes[i] > '~')
			return false;
	return true;
}

static bool has_attributes_head(const uint8_t *bytes, size_t size)
{
	uint32_t stride;

	if (size < attributes_head)
		return false;
	__builtin_memcpy(&stride, bytes, sizeof(stride));
	return stride >= sizeof(struct efi_memory_desc);
}

/* A known section's data must be what its type says. */
static int check_section(const struct efimap_section *section, const uint8_t *bytes, struct printer *why)
{
	switch (section->type) {
	case EFIMAP_MACHINE:
		return section->length ? 0 : refuse_section(section, "at least 4", why);
	case EFIMAP_ATTRIBUTES:
		return has_attributes_head(bytes, section->length) ? 0 :
			refuse_section(section, "8 and descriptors with a stride of 40 or more", why);
	case EFIMAP_TABLES:
	case EFIMAP_REFUSED:
	case EFIMAP_NODES:
	case EFIMAP_ECAM:
		return section->length % LIST_ELEMENT == 0 ? 0 : refuse_section(section, "a multiple of 16", why);
	case EFIMAP_SCREEN:
		return section->length == 64 ? 0 : refuse_section(section, "64", why);
	case EFIMAP_EDID:
		return section->length == 128 ? 0 : refuse_section(section, "128", why);
	case EFIMAP_RANDOM:
		return section->length == 16 ? 0 : refuse_section(section, "16", why);
	default:
		return section->type < EFIMAP_TEXTS || is_text(bytes, section->length) ? 0 :
			refuse_section(section, "printable ASCII only", why);
	}
}

static int read_section(const struct efimap_section *section, const uint8_t *bytes, struct efimap *map, struct printer *why)
{
	struct efimap_data *to = &map->sections[section->type < EFIMAP_TYPES ? section->type : 0];
	int error;

	/* 0 and the gap in front of the texts are types of other versions */
	if (to == map->sections || (section->type > EFIMAP_RANDOM && section->type < EFIMAP_TEXTS)) {
		map->skipped++;
		return 0;
	}
	if (to->data) {
		print(why, "it has section %u twice; needed: at most one of each; save the map again", section->type);
		return MM_EINVAL;
	}
	error = check_section(section, bytes, why);
	*to = (struct efimap_data){ bytes, section->length };
	return error;
}

static int read_sections(const uint8_t *bytes, size_t size, size_t at, struct efimap *map, struct printer *why)
{
	while (at < size) {
		struct efimap_section section;
		size_t left = size - at - sizeof(section); /* both are multiples of 8, so it cannot wrap */
		int error;

		__builtin_memcpy(&section, bytes + at, sizeof(section));
		if (section.length > left) {
			print(why, "its section %u at byte %zu has %u bytes, and %zu follow; save the map again", section.type, at,
			      section.length, left);
			return MM_EINVAL;
		}
		error = read_section(&section, bytes + at + sizeof(section), map, why);
		if (error)
			return error;
		at += efimap_section_size(section.length);
	}
	return 0;
}

static int check_header(const struct efimap_header *header, const uint8_t *bytes, size_t size, struct printer *why)
{
	uint32_t crc32;

	if (header->total_size != size) {
		print(why, "%zu bytes, and its header says %llu; needed: the whole file; copy it again", size,
		      (unsigned long long)header->total_size);
		return MM_EINVAL;
	}
	crc32 = efimap_checksum(bytes, size);
	if (header->crc32 != crc32) {
		print(why, "its checksum is %08x, and its header says %08x: it was damaged; copy it again", crc32, header->crc32);
		return MM_EINVAL;
	}
	if (header->header_size < sizeof(*header) || header->header_size > size ||
	    (header->header_size | size) % EFIMAP_ALIGN) {
		print(why, "a header of %u bytes in a file of %zu; needed: %zu or more, multiples of %d; save the map again",
		      header->header_size, size, sizeof(*header), EFIMAP_ALIGN);
		return MM_EINVAL;
	}
	if (header->desc_size < sizeof(struct efi_memory_desc)) {
		print(why, "descriptors of %u bytes; needed: at least %zu; this firmware's map cannot be read", header->desc_size,
		      sizeof(struct efi_memory_desc));
		return MM_EINVAL;
	}
	return 0;
}

int efimap_read(const void *bytes, size_t size, struct efimap *map, struct printer *why)
{
	struct efimap_header header;
	int error;

	if (!efimap_probe(bytes, size)) {
		print(why, "not an .efimap file: its first bytes are others");
		return MM_EINVAL;
	}
	if (size < sizeof(header)) {
		print(why, "%zu bytes; needed: at least %zu; copy it again", size, sizeof(header));
		return MM_EINVAL;
	}
	__builtin_memcpy(&header, bytes, sizeof(header));
	if (header.magic[EFIMAP_MAGIC_SIZE - 1] != EFIMAP_MAGIC[EFIMAP_MAGIC_SIZE - 1]) {
		print(why, "format version 0x%02x; needed: 0x%02x; use a mapbridge that knows it",
		      header.magic[EFIMAP_MAGIC_SIZE - 1], EFIMAP_MAGIC[EFIMAP_MAGIC_SIZE - 1]);
		return MM_EINVAL;
	}
	error = check_header(&header, bytes, size, why);
	if (error)
		return error;
	__builtin_memset(map, 0, sizeof(*map));
	error = read_sections(bytes, size, header.header_size, map, why);
	if (error)
		return error;
	if (!map->sections[EFIMAP_MAP].data) {
		print(why, "it has no memory map; save the map again");
		return MM_EINVAL;
	}
	map->map = (struct efi_memmap){ map->sections[EFIMAP_MAP].data, map->sections[EFIMAP_MAP].size, header.desc_size,
					header.desc_version };
	return 0;
}

void efimap_get_machine(const struct efimap *map, struct efimap_machine *machine)
{
	const struct efimap_data *section = &map->sections[EFIMAP_MACHINE];

	__builtin_memset(machine, 0, sizeof(*machine));
	if (section->data)
		__builtin_memcpy(machine, section->data, section->size < sizeof(*machine) ? section->size : sizeof(*machine));
}

bool efimap_get_attributes(const struct efimap *map, struct efi_memmap *attributes)
{
	const struct efimap_data *section = &map->sections[EFIMAP_ATTRIBUTES];
	uint32_t head[2];

	if (!section->data)
		return false;
	__builtin_memcpy(head, section->data, sizeof(head));
	*attributes = (struct efi_memmap){ (const uint8_t *)section->data + attributes_head, section->size - attributes_head,
					   head[0], head[1] };
	return true;
}

size_t efimap_count(const struct efimap *map, enum efimap_type type)
{
	return map->sections[type].size / LIST_ELEMENT;
}

void efimap_get(const struct efimap *map, enum efimap_type type, size_t index, void *element)
{
	__builtin_memcpy(element, (const uint8_t *)map->sections[type].data + index * LIST_ELEMENT, LIST_ELEMENT);
}
