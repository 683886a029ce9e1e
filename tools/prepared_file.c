/* SPDX-License-Identifier: BSD-2-Clause */
#include "prepared_file.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool is_zero(const uint8_t *page)
{
	return page[0] == 0 && memcmp(page, page + 1, MM_PAGE_SIZE - 1) == 0;
}

/*
 * The pages that are stored. Zero pages in front of the first and behind the last one are not, nor are longer runs of them than there
 * are pages stored before: the firmware's FAT driver walks through the clusters before a piece again for each further request,
 * which costs it as much as reading so many. Returns the number of pieces, or 0 when all is zero.
 */
static size_t find_segments(const struct unpacked_kernel *kernel, struct prepared_segment *segments)
{
	size_t count = 0, zeros = 0, stored = 0; /* zero pages in front of this one; pages of all pieces */

	for (size_t page = 0; page < kernel->memory_pages; page++) {
		uint64_t offset = page * MM_PAGE_SIZE;

		if (is_zero(kernel->memory + offset)) {
			zeros++;
			continue;
		}
		if (count == 0 || (zeros > stored && count < PREPARED_SEGMENTS_MAX)) {
			segments[count++] = (struct prepared_segment){ offset, MM_PAGE_SIZE };
			stored++;
		} else {
			segments[count - 1].size += (zeros + 1) * MM_PAGE_SIZE;
			stored += zeros + 1;
		}
		zeros = 0;
	}
	return count;
}

/* Appends a distance that one unit has no room for. */
static size_t put_long(uint8_t *at, uint32_t distance)
{
	uint16_t units[2] = { (uint16_t)(distance >> 16 | 0x8000), (uint16_t)distance };

	memcpy(at, units, sizeof(units));
	return sizeof(units);
}

/* How many of a list follow number i directly, at most as many as a unit can tell. */
static size_t run_behind(const struct relocation_list *list, size_t i)
{
	size_t run = 0;

	while (run < 31 && i + run + 1 < list->count && list->offsets[i + run + 1] == list->offsets[i + run] + 8)
		run++;
	return run;
}

static size_t put_table(uint8_t *at, const struct relocation_list *list, bool wide)
{
	uint32_t end = 0, width = wide ? 8 : 4;
	uint8_t *start = at;

	for (size_t i = 0; i < list->count; i++) {
		uint32_t distance = list->offsets[i] - end;
		bool is_long = wide ? distance % 8 != 0 || distance >= 8 << 10 : distance >= 0x8000;
		size_t run = wide && !is_long ? run_behind(list, i) : 0;
		uint16_t unit = (uint16_t)(wide ? distance / 8 << 5 | run : distance);

		if (is_long) {
			at += put_long(at, distance);
		} else {
			memcpy(at, &unit, sizeof(unit));
			at += sizeof(unit);
		}
		i += run;
		end = list->offsets[i] + width;
	}
	return (size_t)(at - start);
}

static size_t put_relocations(uint8_t *file, size_t at, const struct unpacked_kernel *kernel, struct prepared_header *header)
{
	for (unsigned kind = 0; kind < PREPARED_RELOCATIONS; kind++) {
		size_t size = put_table(file + at, &kernel->relocations[kind], kind == PREPARED_RELOCATION_64);

		header->relocations[kind] = (struct prepared_table){ (uint32_t)at, (uint32_t)size };
		at += size;
	}
	return at;
}

static void fill_header(const uint8_t *bzimage, size_t size, const struct unpacked_kernel *kernel, struct prepared_header *header)
{
	struct sha256 sha;

	memcpy(header->magic, PREPARED_MAGIC, sizeof(header->magic));
	header->version = PREPARED_VERSION;
	header->source_size = size;
	header->source_setup_size = bzimage_setup_size(&kernel->source.header);
	header->source_setup_digest = xxh64(bzimage, header->source_setup_size);
	sha256_start(&sha);
	sha256_add(&sha, bzimage, size);
	sha256_finish(&sha, header->source_digest);
	header->link_address = kernel->image.min_address;
	header->memory_size = kernel->image.memory_size;
	header->entry = kernel->image.entry;
	memcpy(header->setup_header, bzimage + BZIMAGE_HEADER_OFFSET, 0x202 + bzimage[0x201] - BZIMAGE_HEADER_OFFSET);
	memcpy(header->kernel_version, kernel->version, sizeof(header->kernel_version));
}

uint8_t *prepared_file_make(const uint8_t *bzimage, size_t size, const struct unpacked_kernel *kernel, size_t *made)
{
	size_t room = sizeof(struct prepared_header) + 2 * MM_PAGE_SIZE + kernel->memory_pages * MM_PAGE_SIZE, at;
	struct prepared_header header = { .version = 0 };
	struct sha256 sha;
	uint8_t *file;

	for (unsigned kind = 0; kind < PREPARED_RELOCATIONS; kind++)
		room += 4 * kernel->relocations[kind].count;
	file = calloc(1, room);
	if (!file)
		return NULL;
	fill_header(bzimage, size, kernel, &header);
	header.segment_count = (uint32_t)find_segments(kernel, header.segments);
	at = put_relocations(file, sizeof(header), kernel, &header);
	at = (at + MM_PAGE_MASK) & ~(size_t)MM_PAGE_MASK;
	header.head_size = (uint32_t)at;
	for (size_t i = 0; i < header.segment_count; i++) {
		memcpy(file + at, kernel->memory + header.segments[i].offset, header.segments[i].size);
		at += header.segments[i].size;
	}
	header.file_size = at;
	memcpy(file, &header, sizeof(header));
	header.head_digest = xxh64(file + PREPARED_DIGESTS_END, header.head_size - PREPARED_DIGESTS_END);
	sha256_start(&sha);
	sha256_add(&sha, file + PREPARED_DIGESTS_END, at - PREPARED_DIGESTS_END);
	sha256_finish(&sha, header.file_digest);
	memcpy(file, &header, sizeof(header));
	*made = at;
	return file;
}

static int say(char *error, const char *text)
{
	struct buffer_printer out;

	buffer_printer_init(&out, error, KERNEL_ERROR_SIZE);
	print(&out.printer, "%s", text);
	return -1;
}

static int check_digests(const struct prepared_header *header, const uint8_t *file, size_t file_size, const uint8_t *bzimage,
			 size_t size, char *error)
{
	uint8_t digest[SHA256_SIZE];
	struct sha256 sha;

	sha256_start(&sha);
	sha256_add(&sha, bzimage, size);
	sha256_finish(&sha, digest);
	if (memcmp(digest, header->source_digest, SHA256_SIZE) != 0 || header->source_size != size ||
	    header->source_setup_digest != xxh64(bzimage, header->source_setup_size < size ? header->source_setup_size : size))
		return say(error, "it was made from another bzImage; prepare the kernel again");
	prepared_digest_start(header, &sha);
	sha256_add(&sha, file + header->head_size, file_size - header->head_size);
	sha256_finish(&sha, digest);
	return memcmp(digest, header->file_digest, SHA256_SIZE) == 0 ?
		       0 : say(error, "altered: its content has another SHA-256 than its header says; prepare the kernel again");
}

static void relocate(uint8_t *memory, const struct unpacked_kernel *kernel, uint64_t delta)
{
	for (unsigned kind = 0; kind < PREPARED_RELOCATIONS; kind++) {
		for (size_t i = 0; i < kernel->relocations[kind].count; i++) {
			uint8_t *at = memory + kernel->relocations[kind].offsets[i];
			size_t width = kind == PREPARED_RELOCATION_64 ? 8 : 4;
			uint64_t value = 0;

			memcpy(&value, at, width);
			value += kind == PREPARED_RELOCATION_INVERSE_32 ? -delta : delta;
			memcpy(at, &value, width);
		}
	}
}

/* Memory as the loader fills it and relocates it, against memory as the ELF and the build's own lists make it. */
static int check_memory(const uint8_t *file, const struct kernel_image *image, const struct unpacked_kernel *kernel, char *error)
{
	const uint64_t delta = UINT64_C(0x0123456700200000); /* tells 8 bytes from 4, and adding from subtracting */
	const struct prepared_header *header = (const void *)file;
	size_t size = kernel->memory_pages * MM_PAGE_SIZE;
	uint8_t *loaded = calloc(1, size), *built = malloc(size);
	int result = loaded && built ? 0 : say(error, "no memory to compare it");

	if (result == 0) {
		for (size_t i = 0; i < image->segment_count; i++)
			memcpy(loaded + image->segments[i].phys, file + image->segments[i].file_offset, image->segments[i].file_size);
		memcpy(built, kernel->memory, size);
		if (memcmp(loaded, built, size) != 0)
			result = say(error, "the image in it is not that of the bzImage; prepare the kernel again");
	}
	if (result == 0) {
		struct buffer_printer why;

		buffer_printer_init(&why, error, KERNEL_ERROR_SIZE);
		result = prepared_relocate(header, image->memory_size, loaded, delta, &why.printer);
		relocate(built, kernel, delta);
		if (result == 0 && memcmp(loaded, built, size) != 0)
			result = say(error, "the relocations in it are not those of the bzImage; prepare the kernel again");
	}
	free(loaded);
	free(built);
	return result;
}

int prepared_file_verify(const uint8_t *file, size_t file_size, const uint8_t *bzimage, size_t size,
			 const struct unpacked_kernel *kernel, char error[KERNEL_ERROR_SIZE])
{
	const struct prepared_header *header = (const void *)file;
	struct kernel_image image;
	struct buffer_printer why;

	buffer_printer_init(&why, error, KERNEL_ERROR_SIZE);
	if (kernel_image_parse(file, file_size < KERNEL_HEAD_SIZE ? file_size : KERNEL_HEAD_SIZE, file_size, &image, &why.printer))
		return -1;
	if (image.format != KERNEL_PREPARED)
		return say(error, "it is no prepared kernel; prepare the kernel again");
	if (prepared_check_head(&image, header, &why.printer) || check_digests(header, file, file_size, bzimage, size, error))
		return -1;
	if (image.min_address != kernel->image.min_address || image.memory_size != kernel->image.memory_size ||
	    image.entry != kernel->image.entry || image.header_size != kernel->source.header_size ||
	    memcmp(&image.header, &kernel->source.header, sizeof(image.header)) != 0 ||
	    memcmp(header->kernel_version, kernel->version, sizeof(kernel->version)) != 0)
		return say(error, "its header is not that of the bzImage; prepare the kernel again");
	return check_memory(file, &image, kernel, error);
}
