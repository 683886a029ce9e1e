/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trim-image FILE: leaves out of a PE image the zeros at the end of its writable sections, which the firmware puts there
 * by itself (a section may be larger in memory than in the file). ld writes all of .bss into the file; 512 bytes of a
 * section stay at least, because shim refuses one that has none.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pe_trim.h"

#define IMAGE_MAX (1 << 20)

static uint8_t image[IMAGE_MAX];

int main(int argc, char **argv)
{
	FILE *file = argc == 2 ? fopen(argv[1], "r+b") : NULL;
	size_t size = file ? fread(image, 1, sizeof(image), file) : 0;
	const char *wrong = !file ? strerror(errno) : size == sizeof(image) ? "it has 1 MiB or more" : pe_trim(image, &size);

	if (argc != 2 || wrong) {
		fprintf(stderr, argc == 2 ? "trim-image: %s: %s\n" : "usage: trim-image FILE\n", argv[argc - 1], wrong);
		return 1;
	}
	if (fseek(file, 0, SEEK_SET) || fwrite(image, size, 1, file) != 1 || fflush(file) ||
	    ftruncate(fileno(file), (off_t)size) || fclose(file)) {
		perror(argv[1]);
		return 1;
	}
	return 0;
}
