/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a prepared kernel: what is accepted lies in its file and in its image, and relocates inside it. An input that is no such
 * file changes single fields of a good one, whose digests are made after that, so that all checks are reached.
 */
#include "../support/prepared_builder.h"
#include "fuzz.h"

#define IMAGE_MAX (UINT64_C(4) << 20) /* larger ones are not relocated here */

/* Groups of 4 bytes: where 8 bytes of the head change, by how much, and shifted how far. */
static void change(struct prepared_file *file, const uint8_t *data, size_t size)
{
	uint8_t *bytes = (uint8_t *)file;

	for (; size >= 4; data += 4, size -= 4) {
		size_t at = (data[0] | (size_t)data[1] << 8) % (BUILT_HEAD - 7);
		uint64_t value;

		memcpy(&value, bytes + at, sizeof(value));
		value += (uint64_t)(int64_t)(int8_t)data[2] << data[3] % 64;
		memcpy(bytes + at, &value, sizeof(value));
	}
}

static void check_image(const struct kernel_image *image, const uint8_t *file, size_t size)
{
	const struct prepared_header *header = (const void *)file;
	uint64_t file_end = header->head_size, end = 0;
	struct buffer_printer why;
	uint8_t *memory;
	char text[300];
	int error;

	CHECK(image->format == KERNEL_PREPARED && image->segment_count >= 1 && image->segment_count <= KERNEL_SEGMENTS_MAX);
	CHECK(header->head_size <= size && header->file_size == size && image->memory_size <= PREPARED_IMAGE_MAX);
	CHECK(image->min_address % 0x200000 == 0 && image->alignment >= 0x200000 && image->entry < image->memory_size + MM_PAGE_SIZE);
	for (size_t i = 0; i < image->segment_count; i++) {
		const struct kernel_segment *s = &image->segments[i];

		CHECK(s->phys >= end && s->file_offset == file_end && s->file_size && s->file_size == s->mem_size);
		end = s->phys + s->mem_size;
		file_end += s->file_size;
		CHECK(end <= image->memory_size + MM_PAGE_MASK);
	}
	CHECK(file_end == size);
	buffer_printer_init(&why, text, sizeof(text));
	error = prepared_check_head(image, header, &why.printer);
	CHECK((error == 0) == (why.length == 0) && why.length < sizeof(text));
	if (image->memory_size > IMAGE_MAX)
		return;
	memory = exact_copy(NULL, image->memory_size);
	memset(memory, 0, image->memory_size);
	prepared_relocate(header, image->memory_size, memory, 0x200000, NULL);
	free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct prepared_file changed;
	struct kernel_image image;
	struct buffer_printer why;
	char text[600];
	uint8_t *file;
	int error;

	if (size < 8 || memcmp(data, PREPARED_MAGIC, 8) != 0) {
		prepared_file_init(&changed);
		change(&changed, data, size);
		changed.header.head_digest =
			xxh64((uint8_t *)&changed + PREPARED_DIGESTS_END, BUILT_HEAD - PREPARED_DIGESTS_END);
		data = (const uint8_t *)&changed;
		size = sizeof(changed);
	}
	file = exact_copy(data, size);
	buffer_printer_init(&why, text, sizeof(text));
	error = kernel_image_parse(file, size < KERNEL_HEAD_SIZE ? size : KERNEL_HEAD_SIZE, size, &image, &why.printer);
	CHECK((error == 0) == (why.length == 0) && (error == 0 || error == MM_EINVAL) && why.length < sizeof(text));
	if (!error && image.format == KERNEL_PREPARED)
		check_image(&image, file, size);
	free(file);
	return 0;
}
