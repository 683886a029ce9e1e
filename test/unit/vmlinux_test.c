/* SPDX-License-Identifier: BSD-2-Clause */
/* Unpacked Linux kernels: told from own kernels, parsed, and refused with a sentence. */
#include "elf_builder.h"

#define MIB UINT64_C(0x100000)
#define MAP_START UINT64_C(0xffffffff80000000)

/* The shape of a real one: text, data, per-CPU data at virtual 0, and what is thrown away after start, with bss. */
static struct elf_image vmlinux(void)
{
	struct elf_image elf = elf_kernel();

	elf.header.e_entry = 16 * MIB;
	elf.header.e_phnum = 5;
	elf.segments[0] = (Elf64_Phdr){ PT_LOAD, PF_R | PF_X, 0x1000, MAP_START + 16 * MIB, 16 * MIB, 0x900, 0x900, 0x200000 };
	elf.segments[1] = (Elf64_Phdr){ PT_LOAD, PF_R | PF_W, 0x2000, MAP_START + 18 * MIB, 18 * MIB, 0x800, 0x800, 0x200000 };
	elf.segments[2] = (Elf64_Phdr){ PT_LOAD, PF_R | PF_W, 0x2800, 0, 20 * MIB, 0x100, 0x100, 0x200000 };
	elf.segments[3] = (Elf64_Phdr){ PT_LOAD, PF_R | PF_W | PF_X, 0x3000, MAP_START + 20 * MIB + 0x1000, 20 * MIB + 0x1000, 0x100, 0x5000,
					0x200000 };
	elf.segments[4] = (Elf64_Phdr){ PT_NOTE, 0, 0x1800, MAP_START + 16 * MIB, 16 * MIB, 0x100, 0x100, 4 };
	return elf;
}

static void a_kernel_as_it_is_built(void **state)
{
	static const struct kernel_segment expected[] = {
		{ 0x1000, 0x900, 0, MAP_START + 16 * MIB, 0x900, 3, 0 },
		{ 0x2000, 0x800, 2 * MIB, MAP_START + 18 * MIB, 0x800, 3, 1 },
		{ 0x2800, 0x100, 4 * MIB, 0, 0x100, 3, 2 },
		{ 0x3000, 0x100, 4 * MIB + 0x1000, MAP_START + 20 * MIB + 0x1000, 0x5000, 3, 3 },
	};
	struct elf_image elf = vmlinux();
	struct buffer_printer out;
	struct parse_result r;
	char text[100];

	(void)state;
	elf.header.e_entry += 0x40;
	assert_elf_accepted(&elf, &r);
	assert_int_equal(r.image.format, KERNEL_VMLINUX);
	assert_true(kernel_is_linux(&r.image));
	assert_true(r.image.relocatable);
	assert_int_equal(r.image.alignment, 2 * MIB);
	assert_int_equal(r.image.min_address, 16 * MIB);
	assert_int_equal(r.image.memory_size, 4 * MIB + 0x6000);
	assert_int_equal(r.image.entry, 0x40);
	assert_int_equal(r.image.command_line_max, 2047);
	assert_true(r.image.initrd_max == UINT64_MAX && r.image.data_max == UINT64_MAX);
	assert_int_equal(r.image.segment_count, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(r.image.segments[i].file_offset, expected[i].file_offset);
		assert_int_equal(r.image.segments[i].file_size, expected[i].file_size);
		assert_int_equal(r.image.segments[i].phys, expected[i].phys);
		assert_int_equal(r.image.segments[i].virt, expected[i].virt);
		assert_int_equal(r.image.segments[i].mem_size, expected[i].mem_size);
		assert_int_equal(r.image.segments[i].flags, expected[i].flags);
		assert_int_equal(r.image.segments[i].index, expected[i].index);
	}
	buffer_printer_init(&out, text, sizeof(text));
	kernel_image_print(&r.image, &out.printer);
	assert_string_equal(text, "Linux vmlinux, 4 segments");
}

/* Since Linux 7.2: two segments, of which the one that is not executable is entered. */
static void entered_in_any_segment(void **state)
{
	static const uint64_t entries[] = { 16 * MIB, 16 * MIB + 0x8ff, 18 * MIB, 18 * MIB + 0x7ff, 20 * MIB + 0x1000, 20 * MIB + 0x10ff };
	struct elf_image elf = vmlinux();
	struct parse_result r;

	(void)state;
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		elf.header.e_entry = entries[i];
		assert_elf_accepted(&elf, &r);
		assert_int_equal(r.image.format, KERNEL_VMLINUX);
		assert_int_equal(r.image.entry, entries[i] - 16 * MIB);
	}
	elf.header.e_phnum = 2;
	elf.header.e_entry = 18 * MIB + 0x70;
	elf.segments[0].p_align = 0x1000; /* one is enough */
	assert_elf_accepted(&elf, &r);
	assert_int_equal(r.image.format, KERNEL_VMLINUX);
	assert_int_equal(r.image.segment_count, 2);
	assert_int_equal(r.image.memory_size, 2 * MIB + 0x800);
	assert_int_equal(r.image.entry, 2 * MIB + 0x70);
}

/* What differs in one thing only is an own kernel, and refused as one. */
static void what_is_no_vmlinux(void **state)
{
	const char *entry = "segment 2 is linked at 0x0 with 256 bytes; needed: 0xffff800000000000 or above (the higher half); correct "
			    "the linker script";
	struct elf_image elf = vmlinux();

	(void)state;
	elf.header.e_entry = MAP_START + 16 * MIB;
	assert_elf_refused(&elf, entry);
	elf.header.e_entry = 16 * MIB + 0x900; /* behind the text */
	assert_elf_refused(&elf, entry);
	elf.header.e_entry = 16 * MIB - 1;
	assert_elf_refused(&elf, entry);
	elf.header.e_entry = 20 * MIB; /* per-CPU data, which is not where Linux maps itself */
	assert_elf_refused(&elf, entry);
	elf.header.e_entry = 20 * MIB + 0x1100; /* bss */
	assert_elf_refused(&elf, entry);
	elf = vmlinux();
	elf.segments[0].p_vaddr -= 2 * MIB;
	assert_elf_refused(&elf, entry);
	elf = vmlinux();
	elf.segments[0].p_align = elf.segments[1].p_align = elf.segments[3].p_align = 0x1000; /* as an own kernel's */
	assert_elf_refused(&elf, entry);
	elf = vmlinux();
	elf.header.e_type = ET_DYN;
	assert_elf_refused(&elf, "segment 0 is linked at 0xffffffff81000000 with 2304 bytes; needed: below 1 GiB in a position-independent "
				 "kernel; correct the linker script");
}

static void damaged_files(void **state)
{
	struct elf_image elf = vmlinux();

	(void)state;
	elf.size = 0x30ff;
	assert_elf_refused(&elf, "truncated: segment 3 lies at file offset 12288 with 256 bytes, but the file has 12543; copy it again");
	elf = vmlinux();
	elf.segments[3].p_filesz = 0x5001;
	assert_elf_refused(&elf, "segment 3 has 20481 bytes in the file but only 20480 in memory; the file is damaged");
	elf = vmlinux();
	elf.segments[3].p_paddr = UINT64_MAX - 0xfff;
	assert_elf_refused(&elf, "segment 3 wraps around: 20480 bytes from physical 0xfffffffffffff000, virtual 0xffffffff81401000; correct "
				 "the linker script");
	elf = vmlinux();
	elf.segments[3].p_paddr = 20 * MIB + 0xff;
	assert_elf_refused(&elf, "segments 2 and 3 overlap: physical 0x1400000-0x14000ff and 0x14000ff-0x14050fe; the file is damaged");
	elf = vmlinux();
	elf.segments[2].p_paddr = MIB;
	assert_elf_refused(&elf, "linked at physical 0x100000-0x1405fff; needed: a multiple of 2 MiB, and at most 1073741824 bytes in all; "
				 "use the vmlinux that the kernel's build makes");
	elf = vmlinux();
	elf.segments[3].p_memsz = 1024 * MIB;
	assert_elf_refused(&elf, "linked at physical 0x1000000-0x41400fff; needed: a multiple of 2 MiB, and at most 1073741824 bytes in all; "
				 "use the vmlinux that the kernel's build makes");
	elf = vmlinux();
	elf.header.e_phnum = 17;
	for (unsigned i = 1; i < 17; i++)
		elf.segments[i] = (Elf64_Phdr){ PT_LOAD, PF_R, 0x1000, 0, (18 + i) * MIB, 1, 1, 0x200000 };
	assert_elf_refused(&elf, "more than 16 loadable segments; needed: a vmlinux as the kernel's build makes it");
}

static void cut_at_every_length(void **state)
{
	struct elf_image elf = vmlinux();
	uint8_t *bytes = elf_bytes(&elf);
	struct parse_result r;

	(void)state;
	for (size_t size = 1; size < elf.size; size++) {
		parse_file(bytes, size, size, &r);
		assert_int_equal(r.error, MM_EINVAL);
	}
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kernel_as_it_is_built),
		cmocka_unit_test(entered_in_any_segment),
		cmocka_unit_test(what_is_no_vmlinux),
		cmocka_unit_test(damaged_files),
		cmocka_unit_test(cut_at_every_length),
	};

	return cmocka_run_group_tests_name("vmlinux", tests, NULL, NULL);
}
