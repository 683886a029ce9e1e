/* SPDX-License-Identifier: BSD-2-Clause */
/* mapbridge prepare: makes a prepared kernel from a bzImage, or proves that a file is one. */
#define _POSIX_C_SOURCE 200809L

#include "command.h"
#include "prepared_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help[] =
	"usage: mapbridge prepare VMLINUZ -o FILE.mbk\n"
	"       mapbridge prepare --verify FILE.mbk VMLINUZ\n"
	"\n"
	"Unpacks the kernel in a Linux bzImage once, for the boot loader to read it straight to its place.\n"
	"  -o FILE.mbk        where to write it; the file is replaced as a whole\n"
	"  --verify FILE.mbk  proves that it holds the kernel of VMLINUZ, to the last byte\n"
	"\n"
	"examples:\n"
	"  mapbridge prepare /boot/vmlinuz-6.1.0-26-amd64 -o /boot/efi/vmlinuz-6.1.0-26-amd64.mbk\n"
	"  mapbridge prepare --verify /boot/efi/vmlinuz-6.1.0-26-amd64.mbk /boot/vmlinuz-6.1.0-26-amd64";

struct content {
	uint8_t *bytes;
	size_t size;
};

static int read_file(const char *path, struct content *content)
{
	FILE *file = fopen(path, "rb");
	struct stat status;
	bool regular = file && fstat(fileno(file), &status) == 0 && S_ISREG(status.st_mode);

	*content = (struct content){ NULL, 0 };
	if (!file)
		return refuse("%s: %s", path, strerror(errno));
	if (regular)
		content->bytes = malloc((size_t)status.st_size + 1);
	if (content->bytes)
		content->size = fread(content->bytes, 1, (size_t)status.st_size, file);
	if (!regular) {
		refuse("%s: it is no file; needed: a regular file", path);
	} else if (!content->bytes || content->size != (size_t)status.st_size) {
		refuse("%s: it cannot be read: %s", path, strerror(errno));
		free(content->bytes);
		content->bytes = NULL;
	}
	fclose(file);
	return content->bytes ? EXIT_FINE : EXIT_REFUSED;
}

/* Under another name first: there is never half a kernel under the name that an entry has. */
static int write_file(const char *path, const uint8_t *bytes, size_t size)
{
	size_t length = strlen(path) + sizeof(".part");
	char *part = malloc(length);
	bool written = false;
	FILE *file;

	if (!part)
		return refuse("%s: no memory", path);
	snprintf(part, length, "%s.part", path);
	file = fopen(part, "wb");
	if (file) {
		written = fwrite(bytes, 1, size, file) == size && fflush(file) == 0 && fsync(fileno(file)) == 0;
		written = fclose(file) == 0 && written && rename(part, path) == 0;
	}
	if (!written) {
		refuse("%s: it cannot be written: %s", path, strerror(errno));
		if (file)
			remove(part);
	}
	free(part);
	return written ? EXIT_FINE : EXIT_REFUSED;
}

static void tell(const char *path, size_t size, const struct unpacked_kernel *kernel)
{
	const struct relocation_list *lists = kernel->relocations;
	size_t relocations = lists[PREPARED_RELOCATION_64].count + lists[PREPARED_RELOCATION_INVERSE_32].count +
			     lists[PREPARED_RELOCATION_32].count;

	printf("%s: %zu bytes, Linux %s, %s compression\n", path, size, kernel->version[0] ? kernel->version : "of no known version",
	       kernel->method);
	printf("%s: image of %llu bytes, %zu relocations%s\n", path, (unsigned long long)kernel->image.memory_size, relocations,
	       relocations ? "" : ": it has no KASLR");
}

static int make(const char *path, const struct content *bzimage, const struct unpacked_kernel *kernel)
{
	char error[KERNEL_ERROR_SIZE];
	size_t size = 0;
	uint8_t *file = prepared_file_make(bzimage->bytes, bzimage->size, kernel, &size);
	int status;

	if (!file)
		return refuse("%s: no memory", path);
	if (prepared_file_verify(file, size, bzimage->bytes, bzimage->size, kernel, error) != 0)
		status = refuse("%s: not written, the loader would refuse it: %s", path, error);
	else
		status = write_file(path, file, size);
	if (status == EXIT_FINE)
		tell(path, size, kernel);
	free(file);
	return status;
}

static int verify(const char *path, const char *source, const struct content *bzimage, const struct unpacked_kernel *kernel)
{
	char error[KERNEL_ERROR_SIZE];
	struct content file;
	int status = read_file(path, &file);

	if (status != EXIT_FINE)
		return status;
	if (prepared_file_verify(file.bytes, file.size, bzimage->bytes, bzimage->size, kernel, error) != 0) {
		status = EXIT_FINDINGS;
		fprintf(stderr, "mapbridge: %s: %s\n", path, error);
	} else {
		printf("%s: it is the kernel of %s\n", path, source);
	}
	free(file.bytes);
	return status;
}

static int run(const char *source, const char *output, const char *to_verify)
{
	struct unpacked_kernel kernel;
	char error[KERNEL_ERROR_SIZE];
	struct content bzimage;
	int status = read_file(source, &bzimage);

	if (status != EXIT_FINE)
		return status;
	if (unpacked_kernel_read(bzimage.bytes, bzimage.size, &kernel, error) != 0) {
		status = refuse("%s: %s", source, error);
	} else {
		status = to_verify ? verify(to_verify, source, &bzimage, &kernel) : make(output, &bzimage, &kernel);
		unpacked_kernel_free(&kernel);
	}
	free(bzimage.bytes);
	return status;
}

int prepare_run(int argc, char **argv)
{
	const char *source = NULL, *output = NULL, *to_verify = NULL;

	for (int i = 1; i < argc; i++) {
		const char **value = strcmp(argv[i], "-o") == 0 ? &output : strcmp(argv[i], "--verify") == 0 ? &to_verify : NULL;

		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			puts(help);
			return EXIT_FINE;
		}
		if (value && i + 1 == argc)
			return refuse("%s needs the name of a file", argv[i]);
		if (value)
			*value = argv[++i];
		else if (argv[i][0] == '-' && argv[i][1])
			return refuse("there is no option \"%s\"; `mapbridge prepare --help` lists them", argv[i]);
		else if (source)
			return refuse("one bzImage at a time: \"%s\" is the second", argv[i]);
		else
			source = argv[i];
	}
	if (!source)
		return refuse("which bzImage? usage: mapbridge prepare VMLINUZ -o FILE.mbk");
	if (!output == !to_verify)
		return refuse("%s; usage: mapbridge prepare VMLINUZ -o FILE.mbk, or --verify FILE.mbk VMLINUZ",
			      output ? "-o and --verify do not go together" : "where to? -o is missing");
	return run(source, output, to_verify);
}
