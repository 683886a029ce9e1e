/* SPDX-License-Identifier: BSD-2-Clause */
/* Telling kernel formats apart by content, and what is said about files that are none. */
#include "elf_builder.h"

#include <loader/file_kind.h>

static void refused(const void *bytes, size_t size, uint64_t file_size, const char *sentence)
{
	struct parse_result result;

	parse_file(bytes, size, file_size, &result);
	assert_string_equal(result.why, sentence);
	assert_int_equal(result.error, MM_EINVAL);
}

static void empty_and_zero_files(void **state)
{
	static const uint8_t zeros[KERNEL_HEAD_SIZE + 1];

	(void)state;
	refused("", 0, 0, "empty; needed: an ELF64 kernel or a Linux bzImage; copy it again");
	refused(zeros, 1, 1, "nothing but zeros in its first 1 bytes; needed: an ELF64 kernel or a Linux bzImage; copy it "
			     "again");
	refused(zeros, sizeof(zeros), 1 << 30,
		"nothing but zeros in its first 65536 bytes; needed: an ELF64 kernel or a Linux bzImage; copy it again");
}

static void other_files(void **state)
{
	static const uint8_t almost[] = { 0x7f, 'E', 'L' };
	uint8_t late[KERNEL_HEAD_SIZE] = { 0 };

	(void)state;
	refused(almost, 3, 3, "neither an ELF64 kernel nor a Linux bzImage (first bytes 7f 45 4c 00, 3 bytes); check which "
			      "file the entry names");
	refused("x", 1, 1, "neither an ELF64 kernel nor a Linux bzImage (first bytes 78 00 00 00, 1 bytes); check which file "
			   "the entry names");
	late[sizeof(late) - 1] = 1;
	refused(late, sizeof(late), sizeof(late), "neither an ELF64 kernel nor a Linux bzImage (first bytes 00 00 00 00, "
						  "65536 bytes); check which file the entry names");
}

/* A file of that many bytes with some at a place; the sentence starts with what it is and ends with what to do. */
static void expect_kind(size_t offset, const char *bytes, size_t size, const char *what, const char *advice)
{
	uint8_t file[KERNEL_HEAD_SIZE] = { 1 };
	struct parse_result r;

	memcpy(file + offset, bytes, size);
	parse_file(file, sizeof(file), 1 << 20, &r);
	assert_int_equal(r.error, MM_EINVAL);
	assert_ptr_equal(strstr(r.why, what), r.why);
	assert_non_null(strstr(r.why, "; needed: an ELF64 kernel or a Linux bzImage; "));
	assert_non_null(strstr(r.why, advice));
	/* cut before the last of these bytes it is not that any more */
	parse_file(file, offset + size - 1, offset + size - 1, &r);
	assert_ptr_not_equal(strstr(r.why, what), r.why);
}

static void files_of_other_kinds(void **state)
{
	(void)state;
	refused("#!/bin/sh\n", 10, 10, "a script; needed: an ELF64 kernel or a Linux bzImage; name the kernel itself");
	refused("title Linux\n", 12, 12, "a text file; needed: an ELF64 kernel or a Linux bzImage; name the kernel itself");
	expect_kind(0, "\x1f\x8b", 2, "gzip-compressed data (gzip -d unpacks it)",
		    "name the bzImage; an initrd belongs to the key initrd");
	expect_kind(0, "\x28\xb5\x2f\xfd", 4, "zstd-compressed data (zstd -d", "unpack it");
	expect_kind(0, "\xfd" "7zXZ", 6, "xz-compressed data (xz -d", "unpack it");
	expect_kind(0, "\x02\x21\x4c\x18", 4, "lz4-compressed data (lz4 -d", "unpack it");
	expect_kind(0, "\x04\x22\x4d\x18", 4, "lz4-compressed data (lz4 -d", "unpack it");
	expect_kind(0, "BZh", 3, "bzip2-compressed data", "unpack it");
	expect_kind(0, "\x5d\0\0", 3, "lzma-compressed data", "unpack it");
	expect_kind(0, "\x89LZO", 4, "lzop-compressed data", "unpack it");
	expect_kind(0, "07070", 5, "a cpio archive", "name it with the key initrd, and the kernel with linux");
	expect_kind(0, "hsqs", 4, "a squashfs image", "key initrd");
	expect_kind(0, "LUKS\xba\xbe", 6, "an encrypted LUKS volume", "copy the kernel to the boot volume");
	expect_kind(0x8001, "CD001", 5, "an ISO 9660 image", "copied to the boot volume");
	expect_kind(0x38, "ARM\x64", 4, "a Linux kernel for ARM64", "x86-64");
	expect_kind(0x1fe, "\x55\xaa", 2, "a boot sector for a BIOS", "copied to the boot volume");
	expect_kind(0, "<html", 5, "a web page", "download the kernel again");
}

/* The headers of a PE file for a machine, with a section. */
static void pe_file(uint8_t *file, uint16_t machine, const char *section)
{
	memset(file, 0, 0x1000);
	memcpy(file, "MZ", 2);
	file[0x3c] = 0x80;
	memcpy(file + 0x80, "PE\0", 4);
	file[0x84] = (uint8_t)machine;
	file[0x85] = (uint8_t)(machine >> 8);
	file[0x86] = 2; /* sections */
	file[0x94] = 0x10; /* bytes of optional header */
	memcpy(file + 0x80 + 24 + 0x10, ".text", 5);
	memcpy(file + 0x80 + 24 + 0x10 + 40, section, strlen(section));
}

static void efi_programs(void **state)
{
	uint8_t file[0x1000];

	(void)state;
	pe_file(file, 0x8664, ".data");
	refused(file, sizeof(file), sizeof(file), "an EFI program; needed: an ELF64 kernel or a Linux bzImage; name it with the key "
						  "efi instead");
	pe_file(file, 0x8664, ".linux");
	refused(file, sizeof(file), sizeof(file), "a unified kernel image; needed: an ELF64 kernel or a Linux bzImage; name it with "
						  "the key uki instead");
	assert_false(file_kind_is_foreign(file_kind_of(file, sizeof(file))));
	/* the section table is cut off before the second section */
	refused(file, 0x80 + 24 + 0x10 + 79, sizeof(file), "an EFI program; needed: an ELF64 kernel or a Linux bzImage; name it with "
							   "the key efi instead");
	pe_file(file, 0xaa64, ".linux");
	refused(file, sizeof(file), sizeof(file), "an EFI program for ARM64; needed: an ELF64 kernel or a Linux bzImage; use a file "
						  "for x86-64");
	assert_true(file_kind_is_foreign(file_kind_of(file, sizeof(file))));
	pe_file(file, 0x1234, "");
	refused(file, sizeof(file), sizeof(file), "a PE file for another processor; needed: an ELF64 kernel or a Linux bzImage; use a "
						  "file for x86-64");
	file[0x3f] = 0xff; /* the PE header is nowhere */
	refused(file, sizeof(file), sizeof(file), "an MS-DOS program, or the start of a damaged EFI program; needed: an ELF64 kernel "
						  "or a Linux bzImage; copy it again");
}

static void put_long(uint8_t *at, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static void multiboot_header(uint8_t *at, uint32_t magic, uint32_t second, uint32_t third)
{
	put_long(at, magic);
	put_long(at + 4, second);
	put_long(at + 8, magic == 0x1badb002 ? 0 - magic - second : third);
	put_long(at + 12, magic == 0x1badb002 ? 0 : 0 - magic - second - third);
}

static void multiboot_kernels(void **state)
{
	static uint8_t file[KERNEL_HEAD_SIZE];
	struct elf_image elf = elf_kernel();
	struct parse_result r;

	(void)state;
	file[0] = 0xeb;
	multiboot_header(file + 8180, 0x1badb002, 3, 0);
	refused(file, 8192, 70000, "a multiboot 1 kernel; needed: an ELF64 kernel or a Linux bzImage; " MULTIBOOT_ADVICE);
	/* aligned, complete and with the right sum, or it is none */
	multiboot_header(file + 8180, 0x1badb002, 3, 0);
	file[8188]++;
	assert_int_equal(file_multiboot_version(file, sizeof(file)), 0);
	memset(file, 0, sizeof(file));
	multiboot_header(file + 8184, 0x1badb002, 3, 0);
	assert_int_equal(file_multiboot_version(file, sizeof(file)), 0);
	memset(file, 0, sizeof(file));
	multiboot_header(file + 32752, 0xe85250d6, 0, 24);
	assert_int_equal(file_multiboot_version(file, sizeof(file)), 2);
	assert_int_equal(file_multiboot_version(file, 32767), 0);
	memset(file, 0, sizeof(file));
	multiboot_header(file + 4, 0xe85250d6, 0, 24);
	assert_int_equal(file_multiboot_version(file, sizeof(file)), 0);
	/* most are 32-bit ELF files */
	memset(file, 0, sizeof(file));
	memcpy(file, "\177ELF\1\1\1", 7);
	multiboot_header(file + 0x1000, 0x1badb002, 3, 0);
	refused(file, sizeof(file), 70000, "a 32-bit ELF (EI_CLASS 1); needed: ELF64; build the kernel for x86-64 (-m64); it is a "
					   "multiboot 1 kernel: " MULTIBOOT_ADVICE);
	/* a kernel that has both is taken for what we can start */
	assert_elf_accepted(&elf, &r);
}

/* The bzImage's magic alone, or the boot sector's alone, is no bzImage; ELF's magic wins wherever it stands first. */
static void content_decides(void **state)
{
	uint8_t sector[0x206] = { 'M', 'Z' };
	struct parse_result r;

	(void)state;
	sector[0x1fe] = 0x55;
	sector[0x1ff] = 0xaa;
	parse_file(sector, sizeof(sector), sizeof(sector), &r);
	assert_non_null(strstr(r.why, "an MS-DOS program, or the start of a damaged EFI program; needed: "));
	memcpy(sector + 0x202, "HdrS", 4);
	parse_file(sector, sizeof(sector), sizeof(sector), &r);
	assert_non_null(strstr(r.why, "setup header ends at 0x202"));
	parse_file(sector, sizeof(sector) - 1, sizeof(sector) - 1, &r);
	assert_non_null(strstr(r.why, "an MS-DOS program"));
	sector[0x1ff] = 0;
	parse_file(sector, sizeof(sector), sizeof(sector), &r);
	assert_non_null(strstr(r.why, "an MS-DOS program"));
	sector[0x1ff] = 0xaa;
	memcpy(sector, "\177ELF", 4);
	parse_file(sector, sizeof(sector), sizeof(sector), &r);
	assert_non_null(strstr(r.why, "a strange ELF (EI_CLASS 0)"));
}

static void assert_printed(const struct kernel_image *image, const char *expected)
{
	struct buffer_printer out;
	char text[100];

	buffer_printer_init(&out, text, sizeof(text));
	kernel_image_print(image, &out.printer);
	assert_string_equal(text, expected);
}

static void kernels_have_names(void **state)
{
	struct kernel_image linux_image = { .format = KERNEL_BZIMAGE, .relocatable = true, .header.version = 0x20c };
	struct elf_image elf = elf_kernel();
	struct parse_result r;

	(void)state;
	assert_printed(&linux_image, "Linux bzImage, boot protocol 2.12");
	assert_elf_accepted(&elf, &r);
	assert_printed(&r.image, "ELF64 kernel, 3 segments");
	elf = elf_pie();
	assert_elf_accepted(&elf, &r);
	assert_printed(&r.image, "ELF64 kernel (position-independent), 3 segments");
}

/* Nobody has to listen to the reason. */
static void a_null_printer_is_allowed(void **state)
{
	struct kernel_image image;

	(void)state;
	assert_int_equal(kernel_image_parse((const uint8_t *)"x", 1, 1, &image, NULL), MM_EINVAL);
	kernel_image_print(&(struct kernel_image){ .format = KERNEL_ELF64 }, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_and_zero_files), cmocka_unit_test(other_files),
		cmocka_unit_test(files_of_other_kinds), cmocka_unit_test(efi_programs),
		cmocka_unit_test(multiboot_kernels),
		cmocka_unit_test(content_decides),	cmocka_unit_test(kernels_have_names),
		cmocka_unit_test(a_null_printer_is_allowed),
	};

	return cmocka_run_group_tests_name("formats", tests, NULL, NULL);
}
