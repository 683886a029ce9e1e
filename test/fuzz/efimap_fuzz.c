/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as an .efimap file: what is accepted lies inside the file, and written again it is read as the same. */
#include <mm/crc32.h>
#include <mm/efimap.h>

#include "fuzz.h"

/* Most inputs get the right sizes and checksum, so that the sections are reached. */
static void mend(uint8_t *file, size_t size)
{
	struct efimap_header header;

	memcpy(&header, file, sizeof(header));
	memcpy(header.magic, EFIMAP_MAGIC, EFIMAP_MAGIC_SIZE);
	header.header_size = sizeof(header) + header.header_size % 3 * 4;
	header.total_size = size;
	header.crc32 = 0;
	memcpy(file, &header, sizeof(header));
	header.crc32 = mm_crc32(0, file, size);
	memcpy(file, &header, sizeof(header));
}

static void check_inside(const struct efimap_data *data, const uint8_t *file, size_t size)
{
	const uint8_t *start = data->data;

	CHECK(!start || (start >= file && start <= file + size && data->size <= (size_t)(file + size - start)));
}

static void check_lists(const struct efimap *map)
{
	static const enum efimap_type lists[] = { EFIMAP_TABLES, EFIMAP_REFUSED, EFIMAP_NODES, EFIMAP_ECAM };
	struct efi_memmap attributes;
	struct efimap_machine machine;
	struct efimap_range element;

	efimap_get_machine(map, &machine);
	if (efimap_get_attributes(map, &attributes))
		CHECK(efi_memmap_count(&attributes) <= map->sections[EFIMAP_ATTRIBUTES].size / sizeof(struct efi_memory_desc));
	for (size_t i = 0; i < MM_ARRAY_COUNT(lists); i++)
		for (size_t n = 0; n < efimap_count(map, lists[i]); n++)
			efimap_get(map, lists[i], n, &element);
}

static void check_written(const struct efimap *map)
{
	size_t size = efimap_size(map);
	uint8_t *file = exact_copy(NULL, size);
	struct efimap again;

	efimap_write(map, file);
	CHECK(efimap_read(file, size, &again, NULL) == 0 && again.skipped == 0);
	CHECK(again.map.size == map->map.size && again.map.desc_size == map->map.desc_size);
	CHECK(again.map.desc_version == map->map.desc_version && memcmp(again.map.buffer, map->map.buffer, map->map.size) == 0);
	for (uint32_t type = 0; type < EFIMAP_TYPES; type++) {
		const struct efimap_data *a = &map->sections[type], *b = &again.sections[type];

		CHECK(!a->data == !b->data && a->size == b->size && (a->size == 0 || memcmp(a->data, b->data, a->size) == 0));
	}
	free(file);
}

static void read_file(const uint8_t *file, size_t size)
{
	struct buffer_printer why;
	struct efimap map;
	char text[300];

	buffer_printer_init(&why, text, sizeof(text));
	if (efimap_read(file, size, &map, &why.printer)) {
		CHECK(why.length > 0 && why.length < sizeof(text));
		return;
	}
	CHECK(efimap_probe(file, size) && why.length == 0);
	for (uint32_t type = 0; type < EFIMAP_TYPES; type++)
		check_inside(&map.sections[type], file, size);
	check_lists(&map);
	check_written(&map);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *file = exact_copy(data, size);

	read_file(file, size);
	if (size >= sizeof(struct efimap_header)) {
		mend(file, size);
		read_file(file, size);
	}
	free(file);
	return 0;
}
