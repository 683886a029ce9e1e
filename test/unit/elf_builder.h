/* SPDX-License-Identifier: BSD-2-Clause */
/* Helpers for the tests of kernel files: ELF64 images in memory, and parsing with every message caught. */
#ifndef TEST_UNIT_ELF_BUILDER_H
#define TEST_UNIT_ELF_BUILDER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <elf.h> /* the C library's own definitions, so that the loader's are checked against them */

#include <loader/kernel_image.h>

#define ELF_TEST_HEADERS_MAX 20
#define ELF_TEST_VIRT UINT64_C(0xffffffff80000000)

/* An image as the tests change it: tables that elf_bytes() lays out in a file of size bytes. */
struct elf_image {
	Elf64_Ehdr header;
	Elf64_Phdr segments[ELF_TEST_HEADERS_MAX]; /* as many as header.e_phnum says, at most the array */
	size_t size;
};

/* A kernel that must be accepted: text, rodata, and data with bss, in pages of their own from 2 MiB on. */
static inline struct elf_image elf_kernel(void)
{
	return (struct elf_image){
		.header = { .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			    .e_type = ET_EXEC,
			    .e_machine = EM_X86_64,
			    .e_version = EV_CURRENT,
			    .e_entry = ELF_TEST_VIRT + 0x200010,
			    .e_phoff = sizeof(Elf64_Ehdr),
			    .e_ehsize = sizeof(Elf64_Ehdr),
			    .e_phentsize = sizeof(Elf64_Phdr),
			    .e_phnum = 3 },
		.segments = { { PT_LOAD, PF_R | PF_X, 0x1000, ELF_TEST_VIRT + 0x200000, 0x200000, 0x800, 0x800, 0x1000 },
			      { PT_LOAD, PF_R, 0x2000, ELF_TEST_VIRT + 0x201000, 0x201000, 0x300, 0x300, 0x1000 },
			      { PT_LOAD, PF_R | PF_W, 0x3000, ELF_TEST_VIRT + 0x202000, 0x202000, 0x100, 0x2000, 0x1000 } },
		.size = 0x3100,
	};
}

/* The same as a static-PIE linked at 0. */
static inline struct elf_image elf_pie(void)
{
	struct elf_image elf = elf_kernel();

	elf.header.e_type = ET_DYN;
	elf.header.e_entry = 0x10;
	for (unsigned i = 0; i < elf.header.e_phnum; i++)
		elf.segments[i].p_vaddr = elf.segments[i].p_paddr = i * 0x1000;
	return elf;
}

/* The file's bytes in heap memory of exactly that size. Headers that do not fit are left out; free() it. */
static inline uint8_t *elf_bytes(const struct elf_image *elf)
{
	uint8_t *bytes = malloc(elf->size);
	size_t headers = elf->header.e_phnum < ELF_TEST_HEADERS_MAX ? elf->header.e_phnum : ELF_TEST_HEADERS_MAX;

	memset(bytes, 0x90, elf->size);
	memcpy(bytes, &elf->header, sizeof(elf->header) < elf->size ? sizeof(elf->header) : elf->size);
	if (elf->header.e_phoff < elf->size && headers * sizeof(Elf64_Phdr) <= elf->size - elf->header.e_phoff)
		memcpy(bytes + elf->header.e_phoff, elf->segments, headers * sizeof(Elf64_Phdr));
	return bytes;
}

/* What parsing said: the result, and the sentence. */
struct parse_result {
	int error;
	char why[600];
	struct kernel_image image;
};

/* Parses the first size bytes of a file that has file_size, as the loader would, from memory of exactly that size. */
static inline void parse_file(const uint8_t *bytes, size_t size, uint64_t file_size, struct parse_result *result)
{
	size_t head_size = size < KERNEL_HEAD_SIZE ? size : KERNEL_HEAD_SIZE;
	uint8_t *head = malloc(head_size);
	struct buffer_printer why;

	memcpy(head, bytes, head_size);
	memset(&result->image, 0xa5, sizeof(result->image));
	buffer_printer_init(&why, result->why, sizeof(result->why));
	result->error = kernel_image_parse(head, head_size, file_size, &result->image, &why.printer);
	assert_in_range(why.length, result->error ? 1 : 0, result->error ? sizeof(result->why) - 1 : 0);
	assert_null(strchr(result->why, '\n'));
	free(head);
}

static inline void parse_elf(const struct elf_image *elf, struct parse_result *result)
{
	uint8_t *bytes = elf_bytes(elf);

	parse_file(bytes, elf->size, elf->size, result);
	free(bytes);
}

/* The image is refused with exactly this sentence. */
#define assert_elf_refused(elf, sentence)                                                                              \
	do {                                                                                                           \
		struct parse_result result_;                                                                           \
		parse_elf(elf, &result_);                                                                              \
		assert_string_equal(result_.why, sentence);                                                            \
		assert_int_equal(result_.error, MM_EINVAL);                                                            \
	} while (0)

#define assert_elf_accepted(elf, result)                                                                               \
	do {                                                                                                           \
		parse_elf(elf, result);                                                                                \
		assert_string_equal((result)->why, "");                                                                \
		assert_int_equal((result)->error, 0);                                                                  \
	} while (0)

#endif
