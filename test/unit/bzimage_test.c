/* SPDX-License-Identifier: BSD-2-Clause */
/* bzImage headers: what is accepted, and every refusal. Offsets are those of Linux's boot.rst. */
#include "elf_builder.h" /* parse_file() */

#define SETUP_SECTS 0x1f1
#define SYSSIZE 0x1f4
#define BOOT_FLAG_AT 0x1fe
#define JUMP_LENGTH 0x201
#define HEADER_AT 0x202
#define VERSION 0x206
#define INITRD_ADDR_MAX 0x22c
#define KERNEL_ALIGNMENT 0x230
#define RELOCATABLE_KERNEL 0x234
#define XLOADFLAGS 0x236
#define CMDLINE_SIZE 0x238
#define PREF_ADDRESS 0x258
#define INIT_SIZE 0x260
#define KERNEL_INFO 0x268

/* Two setup sectors behind the boot sector, and 8 KiB of kernel. */
#define SETUP_BYTES (3 * 512)
#define KERNEL_BYTES 0x2000
#define FILE_BYTES (SETUP_BYTES + KERNEL_BYTES)

struct file {
	uint8_t bytes[FILE_BYTES + 5 * 512];
	size_t size;
};

static void put(struct file *file, size_t at, unsigned bytes, uint64_t value)
{
	for (unsigned i = 0; i < bytes; i++)
		file->bytes[at + i] = (uint8_t)(value >> (8 * i));
}

/* What Debian's kernel says, with smaller sizes. */
static struct file linux_kernel(void)
{
	struct file file = { .size = FILE_BYTES };

	memset(file.bytes, 0x90, sizeof(file.bytes));
	memset(file.bytes + SETUP_SECTS, 0, 0x26c - SETUP_SECTS);
	put(&file, SETUP_SECTS, 1, 2);
	put(&file, SYSSIZE, 4, KERNEL_BYTES / 16);
	put(&file, BOOT_FLAG_AT, 2, 0xaa55);
	put(&file, 0x200, 2, 0x6aeb);
	put(&file, HEADER_AT, 4, 0x53726448);
	put(&file, VERSION, 2, 0x20f);
	put(&file, INITRD_ADDR_MAX, 4, 0x7fffffff);
	put(&file, KERNEL_ALIGNMENT, 4, 0x200000);
	put(&file, RELOCATABLE_KERNEL, 1, 1);
	put(&file, 0x235, 1, 21);
	put(&file, XLOADFLAGS, 2, 0x7f);
	put(&file, CMDLINE_SIZE, 4, 2047);
	put(&file, PREF_ADDRESS, 8, 0x1000000);
	put(&file, INIT_SIZE, 4, 0x5000);
	put(&file, KERNEL_INFO, 4, 0x1234);
	return file;
}

static void parse(const struct file *file, struct parse_result *result)
{
	parse_file(file->bytes, file->size, file->size, result);
}

static void assert_refused(const struct file *file, const char *sentence)
{
	struct parse_result result;

	parse(file, &result);
	assert_string_equal(result.why, sentence);
	assert_int_equal(result.error, MM_EINVAL);
}

static void assert_accepted(const struct file *file, struct parse_result *result)
{
	parse(file, result);
	assert_string_equal(result->why, "");
	assert_int_equal(result->error, 0);
}

/* A kernel that is Debian's but for one field. */
static struct file linux_with(size_t at, unsigned bytes, uint64_t value)
{
	struct file file = linux_kernel();

	put(&file, at, bytes, value);
	return file;
}

static void a_kernel_is_parsed_field_by_field(void **state)
{
	struct file file = linux_kernel();
	struct parse_result r;

	(void)state;
	assert_accepted(&file, &r);
	assert_int_equal(r.image.format, KERNEL_BZIMAGE);
	assert_true(r.image.relocatable);
	assert_int_equal(r.image.alignment, 0x200000);
	assert_int_equal(r.image.min_address, 0x1000000);
	assert_int_equal(r.image.memory_size, 0x5000);
	assert_int_equal(r.image.entry, 0x200);
	assert_true(r.image.initrd_max == UINT64_MAX);
	assert_true(r.image.data_max == UINT64_MAX);
	assert_int_equal(r.image.command_line_max, 2047);
	assert_int_equal(r.image.segment_count, 1);
	assert_int_equal(r.image.segments[0].file_offset, SETUP_BYTES);
	assert_int_equal(r.image.segments[0].file_size, KERNEL_BYTES);
	assert_int_equal(r.image.segments[0].mem_size, 0x5000);
	assert_int_equal(r.image.dynamic_size, 0);
	assert_int_equal(r.image.header_size, 0x26c - 0x1f1);
	assert_memory_equal(&r.image.header, file.bytes + SETUP_SECTS, 0x26c - 0x1f1);
}

static void the_header_ends_where_its_jump_says(void **state)
{
	struct file file = linux_with(JUMP_LENGTH, 1, 0x264 - 0x202);
	struct parse_result r;

	(void)state;
	assert_accepted(&file, &r);
	assert_int_equal(r.image.header_size, 0x264 - 0x1f1);
	assert_int_equal(r.image.header.init_size, 0x5000);
	assert_int_equal(r.image.header.kernel_info_offset, 0); /* not part of this header */
	put(&file, JUMP_LENGTH, 1, 0x263 - 0x202);
	assert_refused(&file, "setup header ends at 0x263; needed: 0x264 or more in boot protocol 2.15; the file is damaged");
	put(&file, JUMP_LENGTH, 1, 0x290 - 0x202); /* a later protocol's: the fields that are known */
	assert_accepted(&file, &r);
	assert_int_equal(r.image.header_size, 0x26c - 0x1f1);
	put(&file, JUMP_LENGTH, 1, 0x291 - 0x202);
	assert_refused(&file, "the setup header ends at 0x291; needed: between 0x208 and 0x290; the file is damaged");
	put(&file, JUMP_LENGTH, 1, 5);
	assert_refused(&file, "the setup header ends at 0x207; needed: between 0x208 and 0x290; the file is damaged");
	put(&file, JUMP_LENGTH, 1, 0xff);
	assert_refused(&file, "the setup header ends at 0x301; needed: between 0x208 and 0x290; the file is damaged");
}

/* 0 setup sectors means 4: the protocol's rule for ancient kernels. */
static void no_setup_sectors_are_four(void **state)
{
	struct file file = linux_with(SETUP_SECTS, 1, 0);
	struct parse_result r;

	(void)state;
	file.size = 5 * 512 + KERNEL_BYTES;
	assert_accepted(&file, &r);
	assert_int_equal(r.image.segments[0].file_offset, 5 * 512);
	file.size--;
	assert_refused(&file, "truncated: 10751 bytes, its header asks for 10752; copy it again");
}

static void kernels_without_a_64_bit_entry(void **state)
{
	struct file file = linux_with(VERSION, 2, 0x20b);
	struct parse_result r;

	(void)state;
	assert_refused(&file, "boot protocol 2.11; needed: 2.12 or later with a 64-bit entry; use a newer kernel");
	put(&file, VERSION, 2, 0x1ff);
	assert_refused(&file, "boot protocol 1.255; needed: 2.12 or later with a 64-bit entry; use a newer kernel");
	put(&file, VERSION, 2, 0x203);
	put(&file, JUMP_LENGTH, 1, 0x230 - 0x202); /* an old header is no damaged one */
	assert_refused(&file, "boot protocol 2.03; needed: 2.12 or later with a 64-bit entry; use a newer kernel");
	file = linux_with(VERSION, 2, 0x20c);
	assert_accepted(&file, &r);
	file = linux_with(XLOADFLAGS, 2, 0x7e);
	assert_refused(&file, "a kernel without a 64-bit entry (xloadflags 0x7e, XLF_KERNEL_64 not set); needed: an x86-64 "
			      "kernel");
}

static void alignments(void **state)
{
	static const struct {
		uint32_t alignment;
		const char *sentence;
	} bad[] = {
		{ 0, "kernel_alignment 0x0; needed: a power of two, 4096 or more; the file is damaged" },
		{ 0x800, "kernel_alignment 0x800; needed: a power of two, 4096 or more; the file is damaged" },
		{ 0x300000, "kernel_alignment 0x300000; needed: a power of two, 4096 or more; the file is damaged" },
		{ 0xffffffff, "kernel_alignment 0xffffffff; needed: a power of two, 4096 or more; the file is damaged" },
	};
	struct parse_result r;

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(bad); i++) {
		struct file file = linux_with(KERNEL_ALIGNMENT, 4, bad[i].alignment);

		assert_refused(&file, bad[i].sentence);
		put(&file, RELOCATABLE_KERNEL, 1, 0); /* goes to pref_address: the field is not used */
		assert_accepted(&file, &r);
		assert_false(r.image.relocatable);
		assert_int_equal(r.image.alignment, 0x1000);
		assert_int_equal(r.image.min_address, 0x1000000);
	}

	struct file file = linux_with(KERNEL_ALIGNMENT, 4, 0x80000000);

	assert_accepted(&file, &r);
	assert_int_equal(r.image.alignment, 0x80000000);
}

static void sizes(void **state)
{
	struct file file = linux_with(INIT_SIZE, 4, KERNEL_BYTES - 1);
	struct parse_result r;

	(void)state;
	assert_refused(&file, "init_size 0x1fff is smaller than the kernel's 8192 bytes; the file is damaged");
	put(&file, INIT_SIZE, 4, KERNEL_BYTES);
	assert_accepted(&file, &r);
	assert_int_equal(r.image.memory_size, KERNEL_BYTES);
	file = linux_with(SYSSIZE, 4, KERNEL_BYTES / 16 + 1);
	assert_refused(&file, "truncated: 9728 bytes, its header asks for 9744; copy it again");
	put(&file, SYSSIZE, 4, UINT32_MAX);
	assert_refused(&file, "truncated: 9728 bytes, its header asks for 68719478256; copy it again");
	put(&file, SYSSIZE, 4, 0x20);
	assert_refused(&file, "syssize 0x20 is 512 bytes; needed: more than the 512 before the 64-bit entry; the file is "
			      "damaged");
	put(&file, SYSSIZE, 4, 0);
	put(&file, INIT_SIZE, 4, 0);
	assert_refused(&file,
		       "syssize 0x0 is 0 bytes; needed: more than the 512 before the 64-bit entry; the file is damaged");
	put(&file, SYSSIZE, 4, 0x21);
	put(&file, INIT_SIZE, 4, 0x210);
	assert_accepted(&file, &r); /* the rest is a signature, which is no part of the kernel */
	assert_int_equal(r.image.segments[0].file_size, 0x210);
	put(&file, INIT_SIZE, 4, 0x100000);
	assert_accepted(&file, &r);
	assert_int_equal(r.image.segments[0].file_size, 0x210);
}

static void preferred_addresses(void **state)
{
	struct file file = linux_with(PREF_ADDRESS, 8, 0x1000800);
	struct parse_result r;

	(void)state;
	assert_refused(&file, "pref_address 0x1000800 with init_size 0x5000 makes no sense; needed: a multiple of 4096, and "
			      "an end below 2^64; the file is damaged");
	put(&file, PREF_ADDRESS, 8, UINT64_MAX - 0x4fff);
	assert_refused(&file, "pref_address 0xffffffffffffb000 with init_size 0x5000 makes no sense; needed: a multiple of "
			      "4096, and an end below 2^64; the file is damaged");
	put(&file, PREF_ADDRESS, 8, UINT64_C(0xffffb000));
	put(&file, XLOADFLAGS, 2, 1);
	assert_accepted(&file, &r);
	put(&file, PREF_ADDRESS, 8, UINT64_C(0xffffc000));
	assert_refused(&file, "pref_address 0xffffc000 with init_size 0x5000 ends above 4 GiB, but xloadflags 0x1 says that "
			      "the kernel cannot be loaded there; the file is damaged");
	put(&file, XLOADFLAGS, 2, 3);
	assert_accepted(&file, &r);
}

static void limits_of_addresses_and_command_line(void **state)
{
	struct file file = linux_with(XLOADFLAGS, 2, 1);
	struct parse_result r;

	(void)state;
	assert_accepted(&file, &r);
	assert_int_equal(r.image.initrd_max, 0x7fffffff);
	assert_int_equal(r.image.data_max, 0xffffffff);
	put(&file, CMDLINE_SIZE, 4, 255);
	assert_accepted(&file, &r);
	assert_int_equal(r.image.command_line_max, 255);
	put(&file, CMDLINE_SIZE, 4, 0);
	assert_accepted(&file, &r);
	assert_int_equal(r.image.command_line_max, 0);
	put(&file, CMDLINE_SIZE, 4, 2048); /* Linux itself copies 2048 with the NUL, whatever the header says */
	assert_accepted(&file, &r);
	assert_int_equal(r.image.command_line_max, 2047);
	put(&file, CMDLINE_SIZE, 4, UINT32_MAX);
	assert_accepted(&file, &r);
	assert_int_equal(r.image.command_line_max, 2047);
}

static void cut_at_every_length(void **state)
{
	struct file file = linux_kernel();
	struct parse_result r;

	(void)state;
	for (file.size = 0; file.size < FILE_BYTES; file.size++) {
		parse(&file, &r);
		assert_int_equal(r.error, MM_EINVAL);
		assert_non_null(strstr(r.why, file.size == 0 ? "empty" : file.size < 0x206 ? "an ELF64 kernel" :
					      file.size < 0x26c ? "the setup header alone ends at 620" : "truncated: "));
	}
	assert_accepted(&file, &r);
}

static void no_byte_of_the_header_can_crash_the_parser(void **state)
{
	struct file file = linux_kernel();

	(void)state;
	for (size_t at = SETUP_SECTS; at < 0x26c; at++) {
		uint8_t old = file.bytes[at];

		for (unsigned value = 0; value < 256; value++) {
			struct parse_result r;

			file.bytes[at] = (uint8_t)value;
			parse(&file, &r);
			assert_true(r.error == 0 || r.error == MM_EINVAL);
			if (r.error)
				continue;
			assert_true(r.image.segments[0].file_offset + r.image.segments[0].file_size <= file.size);
			assert_in_range(r.image.segments[0].file_size, 0x201, r.image.memory_size);
		}
		file.bytes[at] = old;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kernel_is_parsed_field_by_field),
		cmocka_unit_test(the_header_ends_where_its_jump_says),
		cmocka_unit_test(no_setup_sectors_are_four),
		cmocka_unit_test(kernels_without_a_64_bit_entry),
		cmocka_unit_test(alignments),
		cmocka_unit_test(sizes),
		cmocka_unit_test(preferred_addresses),
		cmocka_unit_test(limits_of_addresses_and_command_line),
		cmocka_unit_test(cut_at_every_length),
		cmocka_unit_test(no_byte_of_the_header_can_crash_the_parser),
	};

	return cmocka_run_group_tests_name("bzimage", tests, NULL, NULL);
}
