/* SPDX-License-Identifier: BSD-2-Clause */
/* ELF64 kernels: what is accepted, and every refusal with the segment, the number found and the number needed. */
#include "elf_builder.h"

#include <mm/fixmap.h>
#include <mm/paging.h>

static void assert_segment(const struct kernel_segment *s, uint64_t offset, uint64_t file_size, uint64_t phys,
			   uint64_t virt, uint64_t mem_size, uint32_t flags, unsigned index)
{
	assert_int_equal(s->file_offset, offset);
	assert_int_equal(s->file_size, file_size);
	assert_int_equal(s->phys, phys);
	assert_int_equal(s->virt, virt);
	assert_int_equal(s->mem_size, mem_size);
	assert_int_equal(s->flags, flags);
	assert_int_equal(s->index, index);
}

static void a_kernel_is_parsed_field_by_field(void **state)
{
	struct elf_image elf = elf_kernel();
	struct parse_result r;

	(void)state;
	assert_elf_accepted(&elf, &r);
	assert_int_equal(r.image.format, KERNEL_ELF64);
	assert_false(r.image.relocatable);
	assert_int_equal(r.image.alignment, PAGING_SIZE_2M);
	assert_int_equal(r.image.min_address, 0);
	assert_int_equal(r.image.memory_size, 0);
	assert_int_equal(r.image.entry, 0xffffffff80200010);
	assert_true(r.image.initrd_max == UINT64_MAX);
	assert_true(r.image.data_max == UINT64_MAX);
	assert_int_equal(r.image.command_line_max, 2047);
	assert_int_equal(r.image.segment_count, 3);
	assert_segment(&r.image.segments[0], 0x1000, 0x800, 0x200000, 0xffffffff80200000, 0x800, PAGING_EXECUTE, 0);
	assert_segment(&r.image.segments[1], 0x2000, 0x300, 0x201000, 0xffffffff80201000, 0x300, PAGING_READ, 1);
	assert_segment(&r.image.segments[2], 0x3000, 0x100, 0x202000, 0xffffffff80202000, 0x2000, PAGING_WRITE, 2);
	assert_int_equal(r.image.dynamic_virt, 0);
	assert_int_equal(r.image.dynamic_size, 0);
	assert_int_equal(r.image.header_size, 0);
}

static void a_static_pie_is_moved_to_its_place_in_the_higher_half(void **state)
{
	struct elf_image elf = elf_pie();
	struct parse_result r;

	(void)state;
	elf.header.e_phnum = 4;
	elf.segments[3] = (Elf64_Phdr){ PT_DYNAMIC, PF_R | PF_W, 0x3000, 0x2000, 0x2000, 0x80, 0x80, 8 };
	assert_elf_accepted(&elf, &r);
	assert_true(r.image.relocatable);
	assert_int_equal(r.image.alignment, PAGING_SIZE_2M);
	assert_int_equal(r.image.memory_size, 0x4000);
	assert_int_equal(r.image.entry, KERNEL_PIE_VIRT + 0x10);
	assert_segment(&r.image.segments[0], 0x1000, 0x800, 0, KERNEL_PIE_VIRT, 0x800, PAGING_EXECUTE, 0);
	assert_segment(&r.image.segments[2], 0x3000, 0x100, 0x2000, KERNEL_PIE_VIRT + 0x2000, 0x2000, PAGING_WRITE, 2);
	assert_int_equal(r.image.dynamic_virt, 0x2000);
	assert_int_equal(r.image.dynamic_size, 0x80);

	/* p_paddr means nothing in a position-independent file. */
	elf.segments[1].p_paddr = 0x12345678;
	assert_elf_accepted(&elf, &r);
	assert_int_equal(r.image.segments[1].phys, 0x1000);
}

static void headers_that_are_not_loaded_do_not_matter(void **state)
{
	struct elf_image elf = elf_kernel();
	struct parse_result r;

	(void)state;
	elf.header.e_phnum = 7;
	elf.segments[3] = (Elf64_Phdr){ PT_GNU_STACK, PF_R | PF_W | PF_X, UINT64_MAX, 1, 2, 3, UINT64_MAX, 4 };
	elf.segments[4] = (Elf64_Phdr){ PT_LOAD, PF_R | PF_W | PF_X, UINT64_MAX, UINT64_MAX, UINT64_MAX, 0, 0, 4 };
	elf.segments[5] = (Elf64_Phdr){ PT_NOTE, PF_R, 0, 0, 0, 100, 100, 4 };
	elf.segments[6] = (Elf64_Phdr){ PT_DYNAMIC, PF_R, 0, 0, 0, 100, 100, 4 };
	assert_elf_accepted(&elf, &r);
	assert_int_equal(r.image.segment_count, 3);
	assert_int_equal(r.image.dynamic_size, 0);
}

/* Segments in any order, one page shared by two with the same permissions, and a segment without bytes in the file. */
static void other_layouts_are_accepted(void **state)
{
	struct elf_image elf = elf_kernel();
	struct parse_result r;
	Elf64_Phdr text = elf.segments[0];

	(void)state;
	elf.segments[0] = elf.segments[2];
	elf.segments[2] = text;
	assert_elf_accepted(&elf, &r);
	assert_int_equal(r.image.segments[0].flags, PAGING_WRITE);
	assert_int_equal(r.image.segments[2].index, 2);

	elf = elf_kernel();
	elf.segments[1] = elf.segments[2];
	elf.segments[1].p_memsz = 0x180;
	elf.segments[2].p_vaddr += 0x180;
	elf.segments[2].p_paddr += 0x180;
	elf.segments[2].p_filesz = 0;
	assert_elf_accepted(&elf, &r);
	assert_int_equal(r.image.segments[2].file_size, 0);

	/* The highest addresses that there are, and text that touches the fixmap on both sides. */
	elf = elf_kernel();
	elf.segments[2].p_vaddr = UINT64_C(0xffffffffffffe000);
	elf.segments[1].p_vaddr = FIX_BTMAP_VIRT - 0x300;
	elf.segments[1].p_paddr = 0x300d00;
	elf.segments[0].p_vaddr = FIX_BTMAP_VIRT + FIX_BTMAP_SIZE;
	elf.header.e_entry = elf.segments[0].p_vaddr + 0x7ff;
	assert_elf_accepted(&elf, &r);
}

static void the_wrong_kind_of_file(void **state)
{
	struct elf_image elf = elf_kernel();

	(void)state;
	elf.header.e_ident[EI_CLASS] = ELFCLASS32;
	assert_elf_refused(&elf, "a 32-bit ELF (EI_CLASS 1); needed: ELF64; build the kernel for x86-64 (-m64)");
	elf.header.e_ident[EI_CLASS] = 3;
	assert_elf_refused(&elf, "a strange ELF (EI_CLASS 3); needed: ELF64; build the kernel for x86-64 (-m64)");
	elf = elf_kernel();
	elf.header.e_machine = EM_AARCH64;
	assert_elf_refused(&elf, "an ELF for machine 183 (byte order 1); needed: x86-64 (machine 62, little endian)");
	elf = elf_kernel();
	elf.header.e_ident[EI_DATA] = ELFDATA2MSB;
	assert_elf_refused(&elf, "an ELF for machine 62 (byte order 2); needed: x86-64 (machine 62, little endian)");
	elf = elf_kernel();
	elf.header.e_type = ET_REL;
	assert_elf_refused(&elf, "an ELF of type 1; needed: an executable (2) or a static-PIE (3); link the kernel fully");
	elf.header.e_type = ET_CORE;
	assert_elf_refused(&elf, "an ELF of type 4; needed: an executable (2) or a static-PIE (3); link the kernel fully");
}

static void program_headers_that_cannot_be_read(void **state)
{
	struct elf_image elf = elf_kernel();

	(void)state;
	elf.header.e_phnum = 0;
	assert_elf_refused(&elf, "0 program headers of 56 bytes; needed: at least one of 56 bytes; link the kernel as an "
				 "executable");
	elf.header.e_phnum = 3;
	elf.header.e_phentsize = 32;
	assert_elf_refused(&elf, "3 program headers of 32 bytes; needed: at least one of 56 bytes; link the kernel as an "
				 "executable");
	elf = elf_kernel();
	elf.header.e_phoff = 0x3100 - 3 * 56 + 1;
	assert_elf_refused(&elf, "truncated: program headers at 12377 with 168 bytes, but the file has 12544; copy it again");
	elf.header.e_phoff = UINT64_MAX - 100;
	assert_elf_refused(&elf, "program headers too far back: program headers at 18446744073709551515 with 168 bytes, but "
				 "they must lie in the first 12544; link the kernel again");
	elf.header.e_phoff = 0x3100 - 3 * 56; /* the very end, over what segment 2 loads */

	struct parse_result r;

	assert_elf_accepted(&elf, &r);
	elf.header.e_phoff = 64;
	elf.header.e_phnum = PN_XNUM;
	assert_elf_refused(&elf, "truncated: program headers at 64 with 3669960 bytes, but the file has 12544; copy it again");
	elf = elf_kernel();
	elf.size = KERNEL_HEAD_SIZE + 0x1000;
	elf.header.e_phoff = KERNEL_HEAD_SIZE - 3 * 56;
	assert_elf_accepted(&elf, &r);
	elf.header.e_phoff++;
	assert_elf_refused(&elf, "program headers too far back: program headers at 65369 with 168 bytes, but they must lie in "
				 "the first 65536; link the kernel again");
}

static void nothing_to_load_or_too_much(void **state)
{
	struct elf_image elf = elf_kernel();
	struct parse_result r;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		elf.segments[i].p_type = PT_NOTE;
	assert_elf_refused(&elf, "no loadable segment among 3 program headers; link the kernel as an executable");
	elf.segments[1].p_type = PT_INTERP;
	assert_elf_refused(&elf, "wants a dynamic linker (PT_INTERP); needed: a static executable; link with -static");
	elf.header.e_type = ET_DYN;
	assert_elf_refused(&elf, "wants a dynamic linker (PT_INTERP); needed: a static executable; link with -static-pie");

	elf = elf_kernel();
	for (unsigned i = 3; i < 17; i++) {
		elf.segments[i] = elf.segments[1];
		elf.segments[i].p_vaddr += i * 0x10000;
		elf.segments[i].p_paddr += i * 0x10000;
	}
	elf.header.e_phnum = 16;
	assert_elf_accepted(&elf, &r);
	assert_int_equal(r.image.segment_count, 16);
	elf.header.e_phnum = 17;
	assert_elf_refused(&elf, "more than 16 loadable segments; needed: at most that many; merge sections in the linker "
				 "script");
}

static void segments_that_the_file_does_not_have(void **state)
{
	struct elf_image elf = elf_kernel();

	(void)state;
	elf.segments[1].p_filesz = 0x301;
	assert_elf_refused(&elf, "segment 1 has 769 bytes in the file but only 768 in memory; the file is damaged");
	elf = elf_kernel();
	elf.segments[1].p_memsz = 0;
	assert_elf_refused(&elf, "segment 1 has 768 bytes in the file but only 0 in memory; the file is damaged");
	elf = elf_kernel();
	elf.segments[2].p_offset++;
	assert_elf_refused(&elf, "truncated: segment 2 lies at file offset 12289 with 256 bytes, but the file has 12544; copy "
				 "it again");
	elf.segments[2].p_offset = UINT64_MAX - 0xff;
	assert_elf_refused(&elf, "truncated: segment 2 lies at file offset 18446744073709551360 with 256 bytes, but the file "
				 "has 12544; copy it again");
}

static void addresses_that_wrap_around(void **state)
{
	struct elf_image elf = elf_kernel();

	(void)state;
	elf.segments[2].p_vaddr = UINT64_C(0xffffffffffffe001);
	assert_elf_refused(&elf, "segment 2 wraps around: 8192 bytes from physical 0x202000, virtual 0xffffffffffffe001; "
				 "correct the linker script");
	elf = elf_kernel();
	elf.segments[2].p_paddr = UINT64_C(0xfffffffffffff000);
	assert_elf_refused(&elf, "segment 2 wraps around: 8192 bytes from physical 0xfffffffffffff000, virtual "
				 "0xffffffff80202000; correct the linker script");
	elf = elf_kernel();
	elf.segments[2].p_memsz = UINT64_MAX;
	assert_elf_refused(&elf, "segment 2 wraps around: 18446744073709551615 bytes from physical 0x202000, virtual "
				 "0xffffffff80202000; correct the linker script");
}

static void addresses_outside_their_range(void **state)
{
	struct elf_image elf = elf_kernel();
	struct parse_result r;

	(void)state;
	elf.segments[1].p_vaddr = 0x201000;
	assert_elf_refused(&elf, "segment 1 is linked at 0x201000 with 768 bytes; needed: 0xffff800000000000 or above (the higher "
				 "half); correct the linker script");
	elf.segments[1].p_vaddr = KERNEL_VIRT_MIN - 0x1000;
	assert_elf_refused(&elf, "segment 1 is linked at 0xffff7ffffffff000 with 768 bytes; needed: 0xffff800000000000 or above "
				 "(the higher half); correct the linker script");
	elf.segments[1].p_vaddr = KERNEL_VIRT_MIN;
	assert_elf_accepted(&elf, &r);
	elf.segments[1].p_vaddr = ELF_TEST_VIRT + 0x201008;
	assert_elf_refused(&elf, "segment 1 has physical address 0x201000 and virtual address 0xffffffff80201008; needed: the "
				 "same offset in a 4 KiB page; correct the linker script");
	elf = elf_pie();
	elf.segments[2].p_vaddr = 0x40000000 - 0x2000;
	assert_elf_accepted(&elf, &r);
	assert_int_equal(r.image.memory_size, 0x40000000);
	elf.segments[2].p_vaddr++;
	assert_elf_refused(&elf, "segment 2 is linked at 0x3fffe001 with 8192 bytes; needed: below 1 GiB in a "
				 "position-independent kernel; correct the linker script");
	elf.segments[2].p_vaddr = ELF_TEST_VIRT;
	assert_elf_refused(&elf, "segment 2 is linked at 0xffffffff80000000 with 8192 bytes; needed: below 1 GiB in a "
				 "position-independent kernel; correct the linker script");
}

static void segments_on_the_fixmap(void **state)
{
	static const uint64_t places[] = { FIX_BTMAP_VIRT, FIX_BTMAP_VIRT - 0x1000, FIX_BTMAP_VIRT + FIX_BTMAP_SIZE - 0x1000 };

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(places); i++) {
		struct elf_image elf = elf_kernel();
		char sentence[200];

		elf.segments[2].p_vaddr = places[i];
		snprintf(sentence, sizeof(sentence), "segment 2 at 0x%llx lies on the fixmap 0x%llx-0x%llx; link it elsewhere",
			 (unsigned long long)places[i], (unsigned long long)FIX_BTMAP_VIRT,
			 (unsigned long long)(FIX_BTMAP_VIRT + FIX_BTMAP_SIZE - 1));
		assert_elf_refused(&elf, sentence);
	}
}

/*
 *   text  |=====|            one byte in common is an overlap, and
 *   data       |=====|       the same page with other permissions is not allowed
 */
static void segments_that_meet(void **state)
{
	struct elf_image elf = elf_kernel();

	(void)state;
	elf.segments[0].p_memsz = 0x1001;
	assert_elf_refused(&elf, "segments 0 and 1 overlap: physical 0x200000-0x201000 and 0x201000-0x2012ff; correct the "
				 "linker script");
	elf.segments[1].p_paddr = 0x300000;
	assert_elf_refused(&elf, "segments 0 and 1 overlap: virtual 0xffffffff80200000-0xffffffff80201000 and "
				 "0xffffffff80201000-0xffffffff802012ff; correct the linker script");
	elf = elf_kernel();
	elf.segments[0].p_paddr += 0x1000; /* inside another, in physical memory only */
	assert_elf_refused(&elf, "segments 0 and 1 overlap: physical 0x201000-0x2017ff and 0x201000-0x2012ff; correct the "
				 "linker script");
	elf = elf_kernel();
	elf.segments[1].p_vaddr -= 0x800;
	elf.segments[1].p_paddr -= 0x800;
	assert_elf_refused(&elf, "segments 0 and 1 share a 4 KiB page (physical 0x200000 and 0x200800) but not their "
				 "permissions or offset; align them to 4096 in the linker script");
	elf.segments[1].p_flags = PF_X;
	elf.segments[1].p_vaddr += 0x200000; /* the same physical page at two virtual ones */
	assert_elf_refused(&elf, "segments 0 and 1 share a 4 KiB page (physical 0x200000 and 0x200800) but not their "
				 "permissions or offset; align them to 4096 in the linker script");
	elf.segments[1].p_paddr += 0x100000; /* and two physical pages at one virtual page */
	elf.segments[1].p_vaddr -= 0x200000;
	assert_elf_refused(&elf, "segments 0 and 1 share a 4 KiB page (physical 0x200000 and 0x300800) but not their "
				 "permissions or offset; align them to 4096 in the linker script");
}

static void writable_code_is_refused(void **state)
{
	struct elf_image elf = elf_kernel();

	(void)state;
	elf.segments[2].p_flags = PF_W | PF_X;
	assert_elf_refused(&elf, "segment 2 is writable and executable; needed: one or the other; separate code and data in "
				 "the linker script (PHDRS, or ld's -z separate-code)");
}

static void the_entry_point_must_be_in_code(void **state)
{
	static const uint64_t bad[] = { 0x200010, ELF_TEST_VIRT + 0x1fffff, ELF_TEST_VIRT + 0x200800, ELF_TEST_VIRT + 0x201000,
					0 };

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(bad); i++) {
		struct elf_image elf = elf_kernel();
		char sentence[200];

		elf.header.e_entry = bad[i];
		snprintf(sentence, sizeof(sentence), "entry point 0x%llx lies in no executable segment; needed: a virtual address in "
			 "one; correct ENTRY() in the linker script", (unsigned long long)bad[i]);
		assert_elf_refused(&elf, sentence);
	}
}

/* The parser must never look past what there is: the sanitizer sees it, because the memory has exactly that size. */
static void cut_at_every_length(void **state)
{
	struct elf_image elf = elf_kernel();
	uint8_t *bytes = elf_bytes(&elf);
	struct parse_result r;

	(void)state;
	for (size_t size = 0; size < elf.size; size++) {
		parse_file(bytes, size, size, &r);
		assert_int_equal(r.error, MM_EINVAL);
		if (size >= 4)
			assert_non_null(strstr(r.why, "truncated: "));
	}
	parse_file(bytes, elf.size, elf.size, &r);
	assert_int_equal(r.error, 0);
	parse_file(bytes, 63, 63, &r);
	assert_string_equal(r.why, "truncated: 63 bytes, an ELF64 header alone has 64; copy it again");
	parse_file(bytes, 0x2000, 0x2000, &r);
	assert_string_equal(r.why, "truncated: segment 1 lies at file offset 8192 with 768 bytes, but the file has 8192; copy "
				   "it again");
	free(bytes);
}

/* Every byte of the headers changed to every value: either outcome, but no crash and no silence. */
static void no_byte_of_the_headers_can_crash_the_parser(void **state)
{
	struct elf_image elf = elf_kernel();
	uint8_t *bytes = elf_bytes(&elf);

	(void)state;
	for (size_t at = 0; at < 64 + 3 * 56; at++) {
		uint8_t old = bytes[at];
		struct parse_result r;

		for (unsigned value = 0; value < 256; value += value < 8 || value > 246 ? 1 : 13) {
			bytes[at] = (uint8_t)value;
			parse_file(bytes, elf.size, elf.size, &r);
			assert_true(r.error == 0 || r.error == MM_EINVAL);
		}
		bytes[at] = old;
	}
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kernel_is_parsed_field_by_field),
		cmocka_unit_test(a_static_pie_is_moved_to_its_place_in_the_higher_half),
		cmocka_unit_test(headers_that_are_not_loaded_do_not_matter),
		cmocka_unit_test(other_layouts_are_accepted),
		cmocka_unit_test(the_wrong_kind_of_file),
		cmocka_unit_test(program_headers_that_cannot_be_read),
		cmocka_unit_test(nothing_to_load_or_too_much),
		cmocka_unit_test(segments_that_the_file_does_not_have),
		cmocka_unit_test(addresses_that_wrap_around),
		cmocka_unit_test(addresses_outside_their_range),
		cmocka_unit_test(segments_on_the_fixmap),
		cmocka_unit_test(segments_that_meet),
		cmocka_unit_test(writable_code_is_refused),
		cmocka_unit_test(the_entry_point_must_be_in_code),
		cmocka_unit_test(cut_at_every_length),
		cmocka_unit_test(no_byte_of_the_headers_can_crash_the_parser),
	};

	return cmocka_run_group_tests_name("elf64", tests, NULL, NULL);
}
