/* SPDX-License-Identifier: BSD-2-Clause */
/* Prepared kernels: what is accepted, every refusal, and relocations. */
#include "elf_builder.h" /* parse_file() */

#include "../support/prepared_builder.h"

#define AGAIN "prepare the kernel again (mapbridge prepare)"
#define LINK UINT64_C(0x1000000)

static void assert_accepted(const struct prepared_file *file, struct parse_result *r)
{
	parse_file((const uint8_t *)file, sizeof(*file), sizeof(*file), r);
	assert_string_equal(r->why, "");
	assert_int_equal(r->error, 0);
}

static void assert_refused(const struct prepared_file *file, const char *sentence)
{
	struct parse_result r;

	parse_file((const uint8_t *)file, sizeof(*file), sizeof(*file), &r);
	assert_string_equal(r.why, sentence);
	assert_int_equal(r.error, MM_EINVAL);
}

/* Its header is accepted, its head is not. */
static void assert_head_refused(struct prepared_file *file, const char *sentence)
{
	struct parse_result r;
	struct buffer_printer why;
	char text[300];

	assert_accepted(file, &r);
	buffer_printer_init(&why, text, sizeof(text));
	assert_int_equal(prepared_check_head(&r.image, &file->header, &why.printer), MM_EINVAL);
	assert_string_equal(text, sentence);
}

static void a_good_file(void **state)
{
	struct prepared_file file;
	struct buffer_printer out;
	struct parse_result r;
	char text[100];

	(void)state;
	prepared_file_init(&file);
	prepared_file_seal(&file);
	assert_accepted(&file, &r);
	assert_int_equal(r.image.format, KERNEL_PREPARED);
	assert_true(kernel_is_linux(&r.image));
	assert_true(r.image.relocatable);
	assert_int_equal(r.image.alignment, 0x200000);
	assert_int_equal(r.image.min_address, LINK);
	assert_int_equal(r.image.memory_size, BUILT_IMAGE);
	assert_int_equal(r.image.entry, 0x40);
	assert_true(r.image.initrd_max == UINT64_MAX && r.image.data_max == UINT64_MAX);
	assert_int_equal(r.image.command_line_max, 2047);
	assert_int_equal(r.image.header_size, 0x26c - 0x1f1);
	assert_int_equal(r.image.header.version, 0x20f);
	assert_int_equal(r.image.header.setup_sects, 39);
	assert_int_equal(r.image.header.init_size, 0x3378000);
	assert_int_equal(r.image.segment_count, 2);
	assert_int_equal(r.image.segments[0].file_offset, 4096);
	assert_int_equal(r.image.segments[0].file_size, 2 * 4096);
	assert_int_equal(r.image.segments[0].mem_size, 2 * 4096);
	assert_int_equal(r.image.segments[0].phys, 0);
	assert_true(r.image.segments[0].virt == UINT64_C(0xffffffff81000000));
	assert_int_equal(r.image.segments[0].flags, 3);
	assert_int_equal(r.image.segments[0].index, 0);
	assert_int_equal(r.image.segments[1].file_offset, 3 * 4096);
	assert_int_equal(r.image.segments[1].file_size, 4096);
	assert_int_equal(r.image.segments[1].mem_size, 4096);
	assert_int_equal(r.image.segments[1].phys, 3 * 4096);
	assert_true(r.image.segments[1].virt == UINT64_C(0xffffffff81003000));
	assert_int_equal(r.image.segments[1].flags, 3);
	assert_int_equal(r.image.segments[1].index, 1);
	assert_int_equal(prepared_check_head(&r.image, &file.header, NULL), 0);
	assert_true(prepared_has_relocations(&file.header));
	buffer_printer_init(&out, text, sizeof(text));
	kernel_image_print(&r.image, &out.printer);
	assert_string_equal(text, "prepared Linux kernel, 2 segments");
}

/* As many segments as there may be. */
static void sixteen_segments(void **state)
{
	struct prepared_file file;
	struct parse_result r;
	uint64_t size = BUILT_HEAD + PREPARED_SEGMENTS_MAX * 4096;

	(void)state;
	prepared_file_init(&file);
	file.header.file_size = size;
	file.header.memory_size = PREPARED_SEGMENTS_MAX * 8192;
	file.header.segment_count = PREPARED_SEGMENTS_MAX;
	for (unsigned i = 0; i < PREPARED_SEGMENTS_MAX; i++)
		file.header.segments[i] = (struct prepared_segment){ i * 8192, 4096 };
	parse_file((const uint8_t *)&file, sizeof(file), size, &r);
	assert_string_equal(r.why, "");
	assert_int_equal(r.error, 0);
	assert_int_equal(r.image.segment_count, PREPARED_SEGMENTS_MAX);
	assert_int_equal(r.image.segments[15].phys, 15 * 8192);
	assert_int_equal(r.image.segments[15].file_offset, BUILT_HEAD + 15 * 4096);
}

/* What its setup header says of the kernel counts, as for its bzImage. */
static void what_the_setup_header_says(void **state)
{
	struct prepared_file file;
	struct parse_result r;

	(void)state;
	prepared_file_init(&file);
	put_field(file.header.setup_header + 0x3f, 4, 0x1000000);
	put_field(file.header.setup_header + 0x45, 2, 1); /* nothing above 4 GiB */
	put_field(file.header.setup_header + 0x47, 4, 255);
	assert_accepted(&file, &r);
	assert_int_equal(r.image.alignment, 0x1000000);
	assert_int_equal(r.image.initrd_max, 0x7fffffff);
	assert_int_equal(r.image.data_max, UINT32_MAX);
	assert_int_equal(r.image.command_line_max, 255);
	put_field(file.header.setup_header + 0x43, 1, 0);
	assert_accepted(&file, &r);
	assert_false(r.image.relocatable);
	assert_int_equal(r.image.alignment, 0x200000);
	put_field(file.header.setup_header + 0x15, 2, 0x20b);
	assert_refused(&file, "boot protocol 2.11; needed: 2.12 or later with a 64-bit entry; use a newer kernel");
	put_field(file.header.setup_header + 0x10, 1, 0x8f);
	assert_refused(&file, "the setup header ends at 0x291; needed: between 0x208 and 0x290; the file is damaged");
}

static void sizes_that_are_wrong(void **state)
{
	struct prepared_file file;
	struct parse_result r;

	(void)state;
	prepared_file_init(&file);
	parse_file((const uint8_t *)&file, 1023, 1023, &r);
	assert_string_equal(r.why, "truncated: 1023 bytes, the header of a prepared kernel alone has 1024; copy it again");
	parse_file((const uint8_t *)&file, sizeof(file), sizeof(file) - 1, &r);
	assert_string_equal(r.why, "truncated: 16383 bytes, its header says 16384; copy it again");
	parse_file((const uint8_t *)&file, sizeof(file), sizeof(file) + 1, &r);
	assert_string_equal(r.why, "too long: 16385 bytes, its header says 16384; copy it again");
	file.header.version = 2;
	assert_refused(&file, "a prepared kernel of version 2; needed: version 1; " AGAIN " or use a newer loader");
	file.header.version = 1;
	for (size_t i = 0; i < 4; i++) {
		static const uint32_t sizes[] = { 0, 4097, 5 * 4096, 0xfffff000 };
		char sentence[200];

		file.header.head_size = sizes[i];
		snprintf(sentence, sizeof(sentence), "a head of %u bytes; needed: a multiple of 4096 up to the file's 16384 bytes; " AGAIN,
			 sizes[i]);
		assert_refused(&file, sentence);
	}
}

static void images_that_are_wrong(void **state)
{
	struct prepared_file file;

	(void)state;
	prepared_file_init(&file);
	file.header.link_address = 0x1001000;
	assert_refused(&file, "an image of 22528 bytes linked at 0x1001000; needed: a multiple of 2 MiB, and all below 1 GiB; " AGAIN);
	file.header.link_address = 0x40000000;
	assert_refused(&file, "an image of 22528 bytes linked at 0x40000000; needed: a multiple of 2 MiB, and all below 1 GiB; " AGAIN);
	file.header.link_address = -UINT64_C(0x200000);
	assert_refused(&file, "an image of 22528 bytes linked at 0xffffffffffe00000; needed: a multiple of 2 MiB, and all below 1 GiB; "
		       AGAIN);
	file.header.link_address = LINK;
	file.header.memory_size = 0;
	assert_refused(&file, "an image of 0 bytes linked at 0x1000000; needed: a multiple of 2 MiB, and all below 1 GiB; " AGAIN);
	file.header.memory_size = UINT64_MAX;
	assert_refused(&file, "an image of 18446744073709551615 bytes linked at 0x1000000; needed: a multiple of 2 MiB, and all below "
		       "1 GiB; " AGAIN);
	file.header.memory_size = BUILT_IMAGE;
	file.header.segment_count = 0;
	assert_refused(&file, "0 segments; needed: 1 to 16; " AGAIN);
	file.header.segment_count = 17;
	assert_refused(&file, "17 segments; needed: 1 to 16; " AGAIN);
}

/* Order, overlap, bounds, whole pages. */
static void segments_that_are_wrong(void **state)
{
	static const struct {
		unsigned index;
		struct prepared_segment segment;
		const char *sentence;
	} cases[] = {
		{ 1, { 0x1000, 0x1000 }, "segment 1 has 0x1000 bytes at 0x1000; needed: whole pages between 0x2000 and 0x6000; " AGAIN },
		{ 1, { 0x6000, 0x1000 }, "segment 1 has 0x1000 bytes at 0x6000; needed: whole pages between 0x2000 and 0x6000; " AGAIN },
		{ 1, { 0x5000, 0x2000 }, "segment 1 has 0x2000 bytes at 0x5000; needed: whole pages between 0x2000 and 0x6000; " AGAIN },
		{ 1, { 0x3000, 0 }, "segment 1 has 0x0 bytes at 0x3000; needed: whole pages between 0x2000 and 0x6000; " AGAIN },
		{ 1, { 0x3000, 0x800 }, "segment 1 has 0x800 bytes at 0x3000; needed: whole pages between 0x2000 and 0x6000; " AGAIN },
		{ 1, { 0x3800, 0x1000 }, "segment 1 has 0x1000 bytes at 0x3800; needed: whole pages between 0x2000 and 0x6000; " AGAIN },
		{ 1, { 0x3000, UINT64_MAX - 0xfff },
		  "segment 1 has 0xfffffffffffff000 bytes at 0x3000; needed: whole pages between 0x2000 and 0x6000; " AGAIN },
		{ 1, { UINT64_MAX - 0xfff, 0x1000 },
		  "segment 1 has 0x1000 bytes at 0xfffffffffffff000; needed: whole pages between 0x2000 and 0x6000; " AGAIN },
		{ 1, { 0x3000, 0x2000 }, "its segments end at byte 20480 of 16384, and the entry point 0x40 is in one; needed: all bytes, "
					 "and in one; " AGAIN },
		{ 0, { 0, 0x1000 }, "its segments end at byte 12288 of 16384, and the entry point 0x40 is in one; needed: all bytes, and "
				    "in one; " AGAIN },
		{ 0, { 0x1000, 0x2000 }, "its segments end at byte 16384 of 16384, and the entry point 0x40 is not in one; needed: all "
					 "bytes, and in one; " AGAIN },
	};
	struct prepared_file file;

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(cases); i++) {
		prepared_file_init(&file);
		file.header.segments[cases[i].index] = cases[i].segment;
		assert_refused(&file, cases[i].sentence);
	}
	prepared_file_init(&file);
	file.header.entry = 0x2000;
	assert_refused(&file, "its segments end at byte 16384 of 16384, and the entry point 0x2000 is not in one; needed: all bytes, and "
		       "in one; " AGAIN);
}

static void tables_that_are_wrong(void **state)
{
	static const struct {
		unsigned kind;
		struct prepared_table table;
		const char *sentence;
	} cases[] = {
		{ 0, { 1022, 4 }, "relocation table 0 has 4 bytes at 1022; needed: between 1024 and 4096; " AGAIN },
		{ 1, { 1028, 4 }, "relocation table 1 has 4 bytes at 1028; needed: between 1030 and 4096; " AGAIN },
		{ 2, { 4096, 2 }, "relocation table 2 has 2 bytes at 4096; needed: between 1032 and 4096; " AGAIN },
		{ 2, { 4098, 0 }, "relocation table 2 has 0 bytes at 4098; needed: between 1032 and 4096; " AGAIN },
		{ 2, { 1032, 4294967295 }, "relocation table 2 has 4294967295 bytes at 1032; needed: between 1032 and 4096; " AGAIN },
		{ 2, { 1032, 3 }, "relocation table 2 has 3 bytes at 1032; needed: between 1032 and 4096; " AGAIN },
		{ 2, { 1033, 2 }, "relocation table 2 has 2 bytes at 1033; needed: between 1032 and 4096; " AGAIN },
	};
	struct prepared_file file;

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(cases); i++) {
		prepared_file_init(&file);
		file.header.relocations[cases[i].kind] = cases[i].table;
		assert_refused(&file, cases[i].sentence);
	}
}

/* Each byte of the head, and each byte that only the whole digest sees. */
static void altered_anywhere(void **state)
{
	struct prepared_file file, good;
	uint8_t *bytes = (uint8_t *)&file;
	struct parse_result r;

	(void)state;
	prepared_file_init(&good);
	prepared_file_seal(&good);
	file = good;
	for (size_t at = 0; at < BUILT_HEAD; at++) {
		bytes[at] ^= 0x10;
		parse_file(bytes, sizeof(file), sizeof(file), &r);
		if (at >= offsetof(struct prepared_header, file_digest) && at < PREPARED_DIGESTS_END)
			assert_true(r.error == 0 && prepared_check_head(&r.image, &file.header, NULL) == 0);
		else
			assert_true(r.error || prepared_check_head(&r.image, &file.header, NULL));
		bytes[at] ^= 0x10;
	}
	for (size_t at = 0; at < sizeof(file); at += at < BUILT_HEAD ? 1 : 97) {
		uint8_t digest[SHA256_SIZE];
		struct sha256 sha;

		bytes[at] ^= 1;
		file.header.head_size = BUILT_HEAD; /* another is refused before */
		prepared_digest_start(&file.header, &sha);
		sha256_add(&sha, file.pages, sizeof(file.pages));
		sha256_finish(&sha, digest);
		assert_true((memcmp(digest, file.header.file_digest, SHA256_SIZE) == 0) ==
			    (at < offsetof(struct prepared_header, file_digest)));
		file = good;
	}
}

static void an_altered_head_says_so(void **state)
{
	struct prepared_file file;

	(void)state;
	prepared_file_init(&file);
	prepared_file_seal(&file);
	file.header.head_digest = 0x1234;
	file.header.kernel_version[0] = 0;
	char sentence[300];

	snprintf(sentence, sizeof(sentence), "altered: its header and relocations have the digest %016llx, it says 0000000000001234; copy it "
		 "again, or " AGAIN, (unsigned long long)xxh64((uint8_t *)&file + PREPARED_DIGESTS_END, BUILT_HEAD - PREPARED_DIGESTS_END));
	assert_head_refused(&file, sentence);
}

#define OUTSIDE(kind, end) "relocation table " kind " goes on to " end "; needed: all inside the image of 22528 bytes; " AGAIN

static void relocations_that_point_outside(void **state)
{
	static const struct {
		size_t at;
		uint16_t unit;
		const char *sentence;
	} cases[] = {
		{ 5, 0x57f9, OUTSIDE("2", "0x5801") },
		{ 1, 0xffff, OUTSIDE("0", "0x7fff4008") },
		{ 2, 0x56e9, OUTSIDE("0", "0x5801") }, /* 8 bytes at the end do not fit where 4 would */
		{ 0, 0x7c01, OUTSIDE("0", "0x5e08") },
		{ 2, 0xffff, OUTSIDE("0", "0x10117") }, /* the second unit of two has no flag */
		{ 5, 0xffff, OUTSIDE("2", "0x7fff0008") }, /* without its second unit */
	};
	struct prepared_file file;

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(cases); i++) {
		prepared_file_init(&file);
		file.units[cases[i].at] = cases[i].unit;
		prepared_file_seal(&file);
		assert_head_refused(&file, cases[i].sentence);
	}
}

/* Tables so long that they are summed in many ways: eight units at a time, and alone where one of them is long. */
static void ends_of_long_tables(void **state)
{
	static uint16_t head[sizeof(struct prepared_header) / 2 + 140000];
	struct prepared_header *header = (struct prepared_header *)head;
	uint16_t *units = head + sizeof(*header) / 2;
	uint32_t random = 1;

	(void)state;
	for (unsigned round = 0; round < 24; round++) {
		bool wide = round % 2;
		size_t count = round < 20 ? round * 7 : 140000;
		uint64_t end = 0;

		memset(header, 0, sizeof(*header));
		header->relocations[wide ? PREPARED_RELOCATION_64 : PREPARED_RELOCATION_32] =
			(struct prepared_table){ sizeof(*header), (uint32_t)count * 2 };
		for (size_t i = 0; i < count; i++) {
			random = random * 1664525 + 1013904223;
			units[i] = (uint16_t)(random >> 16 & 0x7fff);
			if (random % 64 == 0 && i + 1 < count && round != 22) {
				end += (uint64_t)units[i] << 16 | 0xabcd;
				units[i] |= 0x8000;
				units[++i] = 0xabcd;
				end += wide ? 8 : 4;
			} else {
				end += wide ? 8 * ((units[i] >> 5) + (units[i] & 31) + 1U) : units[i] + 4U;
			}
		}
		assert_int_equal(prepared_check_relocations(header, end, NULL), 0);
		assert_int_equal(prepared_check_relocations(header, end - (end > 0), NULL), end > 0 ? MM_EINVAL : 0);
	}
}

static uint64_t value_at(const uint8_t *memory, uint64_t at, unsigned bytes)
{
	uint64_t value = 0;

	memcpy(&value, memory + at, bytes);
	return value;
}

static void relocations_are_applied(void **state)
{
	uint8_t *memory = malloc(BUILT_IMAGE), expected[BUILT_IMAGE];
	struct prepared_file file;

	(void)state;
	prepared_file_init(&file);
	memset(memory, 0x55, BUILT_IMAGE);
	memset(expected, 0x55, BUILT_IMAGE);
	put_field(expected + 0x100, 8, UINT64_C(0x5555555555555555) + 0x12600000);
	put_field(expected + 0x108, 8, UINT64_C(0x5555555555555555) + 0x12600000);
	put_field(expected + 0x4000, 8, UINT64_C(0x5555555555555555) + 0x12600000);
	put_field(expected + 0x118, 4, 0x55555555 - 0x12600000);
	put_field(expected, 4, 0x55555555 + 0x12600000);
	put_field(expected + 0x57fc, 4, 0x55555555 + 0x12600000);
	assert_int_equal(prepared_relocate(&file.header, BUILT_IMAGE, memory, 0x12600000, NULL), 0);
	assert_memory_equal(memory, expected, BUILT_IMAGE);
	assert_int_equal(value_at(memory, 0x118, 4), 0x42f55555);
	/* back again: nothing is left */
	assert_int_equal(prepared_relocate(&file.header, BUILT_IMAGE, memory, -UINT64_C(0x12600000), NULL), 0);
	for (size_t i = 0; i < BUILT_IMAGE; i++)
		assert_int_equal(memory[i], 0x55);
	free(memory);
}

/* A kernel built without CONFIG_RANDOMIZE_BASE. */
static void without_relocations(void **state)
{
	struct prepared_file file;
	struct parse_result r;

	(void)state;
	prepared_file_init(&file);
	for (unsigned kind = 0; kind < PREPARED_RELOCATIONS; kind++)
		file.header.relocations[kind].size = 0;
	prepared_file_seal(&file);
	assert_accepted(&file, &r);
	assert_int_equal(prepared_check_head(&r.image, &file.header, NULL), 0);
	assert_false(prepared_has_relocations(&file.header));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_file),
		cmocka_unit_test(sixteen_segments),
		cmocka_unit_test(what_the_setup_header_says),
		cmocka_unit_test(sizes_that_are_wrong),
		cmocka_unit_test(images_that_are_wrong),
		cmocka_unit_test(segments_that_are_wrong),
		cmocka_unit_test(tables_that_are_wrong),
		cmocka_unit_test(altered_anywhere),
		cmocka_unit_test(an_altered_head_says_so),
		cmocka_unit_test(relocations_that_point_outside),
		cmocka_unit_test(ends_of_long_tables),
		cmocka_unit_test(relocations_are_applied),
		cmocka_unit_test(without_relocations),
	};

	return cmocka_run_group_tests_name("prepared", tests, NULL, NULL);
}
