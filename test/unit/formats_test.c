/* SPDX-License-Identifier: BSD-2-Clause */
/* Telling kernel formats apart by content, and what is said about files that are none. */
#include "elf_builder.h"

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
	static const char script[] = "#!/bin/sh\n";
	static const uint8_t gzip[] = { 0x1f, 0x8b, 0x08, 0 }, almost[] = { 0x7f, 'E', 'L' };
	uint8_t late[KERNEL_HEAD_SIZE] = { 0 };

	(void)state;
	refused(script, 10, 10, "neither an ELF64 kernel nor a Linux bzImage (first bytes 23 21 2f 62, 10 bytes); check which "
				"file the entry names");
	refused(gzip, 4, 70000, "neither an ELF64 kernel nor a Linux bzImage (first bytes 1f 8b 08 00, 70000 bytes); check "
				"which file the entry names");
	refused(almost, 3, 3, "neither an ELF64 kernel nor a Linux bzImage (first bytes 7f 45 4c 00, 3 bytes); check which "
			      "file the entry names");
	refused("x", 1, 1, "neither an ELF64 kernel nor a Linux bzImage (first bytes 78 00 00 00, 1 bytes); check which file "
			   "the entry names");
	late[sizeof(late) - 1] = 1;
	refused(late, sizeof(late), sizeof(late), "neither an ELF64 kernel nor a Linux bzImage (first bytes 00 00 00 00, "
						  "65536 bytes); check which file the entry names");
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
	assert_non_null(strstr(r.why, "neither an ELF64 kernel nor a Linux bzImage (first bytes 4d 5a 00 00"));
	memcpy(sector + 0x202, "HdrS", 4);
	parse_file(sector, sizeof(sector), sizeof(sector), &r);
	assert_non_null(strstr(r.why, "setup header ends at 0x202"));
	parse_file(sector, sizeof(sector) - 1, sizeof(sector) - 1, &r);
	assert_non_null(strstr(r.why, "neither an ELF64 kernel"));
	sector[0x1ff] = 0;
	parse_file(sector, sizeof(sector), sizeof(sector), &r);
	assert_non_null(strstr(r.why, "neither an ELF64 kernel"));
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
		cmocka_unit_test(content_decides),	cmocka_unit_test(kernels_have_names),
		cmocka_unit_test(a_null_printer_is_allowed),
	};

	return cmocka_run_group_tests_name("formats", tests, NULL, NULL);
}
