/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trim-image FILE: leaves out of a PE image the zeros at the end of its writable sections, which the firmware puts there
 * by itself (a section may be larger in memory than in the file). ld writes all of .bss into the file; 512 bytes of a
 * section stay at least, because shim refuses one that has none.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define IMAGE_MAX (1 << 20)
#define FILE_ALIGNMENT 512
#define SECTION_HEADER_SIZE 40
#define RAW_SIZE 16 /* fields of a section header */
#define RAW_OFFSET 20
#define CHARACTERISTICS 36
#define MEM_WRITE UINT32_C(0x80000000)

static uint8_t image[IMAGE_MAX];

static uint32_t get(size_t offset, size_t size)
{
	uint32_t value = 0;

	memcpy(&value, image + offset, size); /* the host is little-endian, too */
	return value;
}

static void put(size_t offset, size_t value)
{
	uint32_t word = (uint32_t)value;

	memcpy(image + offset, &word, sizeof(word));
}

/* The file offset of the section headers; 0 when this is no PE image whose sections lie in the file. */
static size_t section_headers(size_t size, size_t *count)
{
	size_t pe, headers;

	if (size < FILE_ALIGNMENT || memcmp(image, "MZ", 2) || (pe = get(0x3c, 4)) > size - 24 ||
	    memcmp(image + pe, "PE\0", 4))
		return 0;
	*count = get(pe + 6, 2);
	headers = pe + 24 + get(pe + 20, 2);
	if (headers + *count * SECTION_HEADER_SIZE > size)
		return 0;
	for (size_t i = 0; i < *count; i++) {
		size_t header = headers + i * SECTION_HEADER_SIZE;

		if ((uint64_t)get(header + RAW_OFFSET, 4) + get(header + RAW_SIZE, 4) > size)
			return 0;
	}
	return headers;
}

/* Returns by how many bytes the file became shorter. */
static size_t trim(size_t header, size_t headers, size_t count, size_t size)
{
	size_t start = get(header + RAW_OFFSET, 4), old = get(header + RAW_SIZE, 4), used = old, raw;

	while (used > 1 && image[start + used - 1] == 0)
		used--;
	raw = (used + FILE_ALIGNMENT - 1) / FILE_ALIGNMENT * FILE_ALIGNMENT;
	if (raw >= old)
		return 0;
	memmove(image + start + raw, image + start + old, size - start - old);
	put(header + RAW_SIZE, raw);
	for (size_t i = 0; i < count; i++) {
		size_t other = headers + i * SECTION_HEADER_SIZE + RAW_OFFSET;

		if (get(other, 4) > start)
			put(other, get(other, 4) - (old - raw));
	}
	return old - raw;
}

int main(int argc, char **argv)
{
	FILE *file = argc == 2 ? fopen(argv[1], "r+b") : NULL;
	size_t size = file ? fread(image, 1, sizeof(image), file) : 0, count = 0, headers = section_headers(size, &count);

	if (size == sizeof(image) || headers == 0) {
		fprintf(stderr, "usage: trim-image FILE, a PE image of less than 1 MiB\n");
		return 1;
	}
	for (size_t i = 0; i < count; i++) {
		size_t header = headers + i * SECTION_HEADER_SIZE;

		if (get(header + CHARACTERISTICS, 4) & MEM_WRITE)
			size -= trim(header, headers, count, size);
	}
	if (fseek(file, 0, SEEK_SET) || fwrite(image, size, 1, file) != 1 || fflush(file) ||
	    ftruncate(fileno(file), (off_t)size) || fclose(file)) {
		perror(argv[1]);
		return 1;
	}
	return 0;
}
