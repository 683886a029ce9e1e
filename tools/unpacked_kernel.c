/* SPDX-License-Identifier: BSD-2-Clause */
#include "unpacked_kernel.h"

#include "unpack.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The string at setup_header.kernel_version, which counts from the file's byte 0x200. */
static void read_version(const uint8_t *bzimage, size_t size, struct unpacked_kernel *kernel)
{
	size_t at = kernel->source.header.kernel_version + 0x200U, length = 0;

	if (kernel->source.header.kernel_version == 0)
		return;
	for (; at + length < size && length + 1 < sizeof(kernel->version); length++) {
		if (bzimage[at + length] < ' ' || bzimage[at + length] > '~')
			break;
		kernel->version[length] = (char)bzimage[at + length];
	}
}

static int unpack(const uint8_t *bzimage, size_t size, struct unpacked_kernel *kernel, size_t *unpacked, char *error)
{
	const struct setup_header *header = &kernel->source.header;
	size_t start = (size_t)bzimage_setup_size(header) + header->payload_offset;

	if (header->payload_length < 16 || start > size || header->payload_length > size - start) {
		snprintf(error, KERNEL_ERROR_SIZE, "its payload of %u bytes at %zu is not all in the file of %zu bytes; the file is damaged",
			 header->payload_length, start, size);
		return -1;
	}
	kernel->vmlinux = unpack_payload(bzimage + start, header->payload_length, unpacked, &kernel->method, error);
	return kernel->vmlinux ? 0 : -1;
}

/* The kernel's memory as its ELF segments fill it. */
static int fill_memory(struct unpacked_kernel *kernel, char *error)
{
	kernel->memory_pages = (kernel->image.memory_size + MM_PAGE_MASK) >> MM_PAGE_SHIFT;
	kernel->memory = calloc(kernel->memory_pages, MM_PAGE_SIZE);
	if (!kernel->memory) {
		snprintf(error, KERNEL_ERROR_SIZE, "no memory for its image of %zu pages", kernel->memory_pages);
		return -1;
	}
	for (size_t i = 0; i < kernel->image.segment_count; i++) {
		const struct kernel_segment *segment = &kernel->image.segments[i];

		memcpy(kernel->memory + segment->phys, kernel->vmlinux + segment->file_offset, segment->file_size);
	}
	return 0;
}

static void reach(size_t *end, uint64_t offset, uint64_t size)
{
	if (offset + size > *end)
		*end = offset + size;
}

/* Where the ELF file ends. What the build appends to it begins there. The header was checked before. */
static size_t elf_end(const struct unpacked_kernel *kernel)
{
	size_t end = sizeof(Elf64_Ehdr);
	Elf64_Ehdr header;

	memcpy(&header, kernel->vmlinux, sizeof(header));
	reach(&end, header.e_phoff, (uint64_t)header.e_phnum * header.e_phentsize);
	reach(&end, header.e_shoff, (uint64_t)header.e_shnum * header.e_shentsize);
	for (size_t i = 0; i < kernel->image.segment_count; i++)
		reach(&end, kernel->image.segments[i].file_offset, kernel->image.segments[i].file_size);
	return end;
}

static int compare_offsets(const void *a, const void *b)
{
	uint32_t left, right;

	memcpy(&left, a, sizeof(left));
	memcpy(&right, b, sizeof(right));
	return (left > right) - (left < right);
}

static int32_t number_at(const uint8_t *at)
{
	int32_t number;

	memcpy(&number, at, sizeof(number));
	return number;
}

/* A list of the build: virtual addresses, cut to 32 bits. */
static int read_list(const struct unpacked_kernel *kernel, const uint8_t *list, size_t count, size_t width,
		     struct relocation_list *out, char *error)
{
	uint64_t base = PREPARED_START_KERNEL_MAP + kernel->image.min_address;

	out->count = count;
	out->offsets = malloc(count * sizeof(*out->offsets) + 1);
	if (!out->offsets) {
		snprintf(error, KERNEL_ERROR_SIZE, "no memory for %zu relocations", count);
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		uint64_t address = (uint64_t)(int64_t)number_at(list + 4 * i);

		if (address < base || address - base > kernel->image.memory_size - width) {
			snprintf(error, KERNEL_ERROR_SIZE, "a relocation at 0x%llx is outside of its image of %llu bytes; the file is damaged",
				 (unsigned long long)address, (unsigned long long)kernel->image.memory_size);
			return -1;
		}
		out->offsets[i] = (uint32_t)(address - base);
	}
	qsort(out->offsets, count, sizeof(*out->offsets), compare_offsets);
	for (size_t i = 1; i < count; i++) {
		if (out->offsets[i] - out->offsets[i - 1] < width) {
			snprintf(error, KERNEL_ERROR_SIZE, "two relocations overlap at 0x%x of its image; the file is damaged", out->offsets[i]);
			return -1;
		}
	}
	return 0;
}

/*
 * Behind the ELF: 0, 64-bit list, 0, inverse 32-bit list (kernels before 6.15), 0, 32-bit list. Source: Linux's
 * arch/x86/tools/relocs.c, emit_relocs.
 */
static int read_relocations(struct unpacked_kernel *kernel, size_t size, char *error)
{
	static const enum prepared_relocation with_inverse[] = { PREPARED_RELOCATION_64, PREPARED_RELOCATION_INVERSE_32,
								 PREPARED_RELOCATION_32 };
	static const enum prepared_relocation without[] = { PREPARED_RELOCATION_64, PREPARED_RELOCATION_32 };
	size_t start = elf_end(kernel), lists = 0, list = 0;
	const enum prepared_relocation *kinds;

	if (start == size)
		return 0;
	for (size_t at = start; start < size && (size - start) % 4 == 0 && at < size; at += 4)
		lists += number_at(kernel->vmlinux + at) == 0;
	if ((lists != 2 && lists != 3) || number_at(kernel->vmlinux + start) != 0) {
		snprintf(error, KERNEL_ERROR_SIZE, "%zu bytes behind its ELF of %zu bytes are not relocation tables as Linux's build appends "
			 "them; this kernel is newer than this program", size - start, start);
		return -1;
	}
	kinds = lists == 3 ? with_inverse : without;
	for (size_t at = start; at < size; list++) {
		size_t first = at + 4, count = 0;

		while (first + 4 * count < size && number_at(kernel->vmlinux + first + 4 * count) != 0)
			count++;
		if (read_list(kernel, kernel->vmlinux + first, count, kinds[list] == PREPARED_RELOCATION_64 ? 8 : 4,
			      &kernel->relocations[kinds[list]], error) != 0)
			return -1;
		at = first + 4 * count;
	}
	return 0;
}

static int parse_source(const uint8_t *bzimage, size_t size, struct kernel_image *image, char *error)
{
	struct buffer_printer why;

	buffer_printer_init(&why, error, KERNEL_ERROR_SIZE);
	if (kernel_image_parse(bzimage, size < KERNEL_HEAD_SIZE ? size : KERNEL_HEAD_SIZE, size, image, &why.printer))
		return -1;
	if (image->format == KERNEL_BZIMAGE)
		return 0;
	print(&why.printer, "%s ", image->format == KERNEL_ELF64 ? "an" : "a");
	kernel_image_print(image, &why.printer);
	print(&why.printer, "; needed: a Linux bzImage (vmlinuz)");
	return -1;
}

/* What is packed in it may be right for its own decompressor all the same: the bzImage is what starts then. */
static int parse_vmlinux(struct unpacked_kernel *kernel, size_t size, char *error)
{
	size_t head = size < KERNEL_HEAD_SIZE ? size : KERNEL_HEAD_SIZE;
	const uint8_t *file = kernel->vmlinux;
	struct buffer_printer why;

	buffer_printer_init(&why, error, KERNEL_ERROR_SIZE);
	print(&why.printer, "the %zu bytes that are packed in it: ", size);
	if (vmlinux_format.probe(file, head))
		return vmlinux_format.parse(file, head, size, &kernel->image, &why.printer) ? -1 : 0;
	print(&why.printer, "no vmlinux of x86-64 that this program knows (%s); it cannot be prepared, start the bzImage itself",
	      size >= SELFMAG && memcmp(file, ELFMAG, SELFMAG) == 0 ?
		      "an ELF file whose entry is no physical address in a segment that is mapped as Linux maps itself" : "no ELF file");
	return -1;
}

int unpacked_kernel_read(const uint8_t *bzimage, size_t size, struct unpacked_kernel *kernel, char error[KERNEL_ERROR_SIZE])
{
	size_t unpacked = 0;
	int result;

	memset(kernel, 0, sizeof(*kernel));
	result = parse_source(bzimage, size, &kernel->source, error);
	if (result == 0)
		result = unpack(bzimage, size, kernel, &unpacked, error);
	if (result == 0)
		result = parse_vmlinux(kernel, unpacked, error);
	if (result == 0)
		result = fill_memory(kernel, error);
	if (result == 0)
		result = read_relocations(kernel, unpacked, error);
	if (result == 0)
		read_version(bzimage, size, kernel);
	else
		unpacked_kernel_free(kernel);
	return result;
}

void unpacked_kernel_free(struct unpacked_kernel *kernel)
{
	free(kernel->memory);
	free(kernel->vmlinux);
	for (size_t i = 0; i < PREPARED_RELOCATIONS; i++)
		free(kernel->relocations[i].offsets);
	memset(kernel, 0, sizeof(*kernel));
}
