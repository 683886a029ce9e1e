/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes behind a bzImage's magic numbers: what is accepted keeps the parser's promises. */
#include <stdlib.h>
#include <string.h>

#include <loader/kernel_image.h>

#define require(condition) ((condition) ? (void)0 : abort())

static void check_image(const struct kernel_image *image, uint64_t file_size)
{
	const struct kernel_segment *s = &image->segments[0];

	require(image->format == KERNEL_BZIMAGE && image->segment_count == 1);
	require(image->header_size <= sizeof(image->header) && image->header_size >= 0x264 - 0x1f1);
	require(s->file_offset >= 1024 && s->file_offset <= file_size && s->file_size <= file_size - s->file_offset);
	require(s->file_size > image->entry && s->file_size <= image->memory_size && s->mem_size == image->memory_size);
	require(image->alignment >= MM_PAGE_SIZE && (image->alignment & (image->alignment - 1)) == 0);
	require((image->min_address & MM_PAGE_MASK) == 0 &&
		image->min_address + (image->memory_size - 1) >= image->min_address);
	require(image->relocatable || image->min_address + (image->memory_size - 1) <= image->data_max);
	require(image->command_line_max < COMMAND_LINE_SIZE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kernel_image image;
	struct buffer_printer why;
	char text[600];
	uint64_t file_size;
	uint8_t *head;
	int error;

	/* The first 8 bytes are the file's size beyond what is here; then the file from its header on. */
	if (size < 8 + 0x15)
		return 0;
	memcpy(&file_size, data, 8);
	size = size - 8 + 0x1f1;
	size = size < KERNEL_HEAD_SIZE ? size : KERNEL_HEAD_SIZE;
	file_size = size < KERNEL_HEAD_SIZE ? size : size + (file_size >> 16);
	head = calloc(1, size);
	memcpy(head + 0x1f1, data + 8, size - 0x1f1);
	memcpy(head + 0x1fe, "\x55\xaa", 2);
	memcpy(head + 0x202, "HdrS", 4);

	buffer_printer_init(&why, text, sizeof(text));
	error = kernel_image_parse(head, size, file_size, &image, &why.printer);
	require(error == 0 || error == MM_EINVAL);
	require((error == 0) == (why.length == 0) && why.length < sizeof(text));
	if (!error)
		check_image(&image, file_size);
	free(head);
	return 0;
}
