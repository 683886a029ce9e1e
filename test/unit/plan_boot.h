/* SPDX-License-Identifier: BSD-2-Clause */
/* A boot on a small machine, as the tests of plans ask for it, and a few kernels. */
#ifndef TEST_UNIT_PLAN_BOOT_H
#define TEST_UNIT_PLAN_BOOT_H

#include "efi_test.h"
#include "elf_builder.h"
#include "plan_tables.h"

#define CONVENTIONAL EFI_CONVENTIONAL_MEMORY
#define BOOT_DATA EFI_BOOT_SERVICES_DATA

struct boot {
	struct efi_memmap map;
	struct kernel_image kernel;
	uint64_t initrds[PLAN_INITRDS_MAX + 1];
	struct boot_request request;
	struct boot_plan plan;
	uint8_t *scratch;
	int error;
	char why[600];
};

static inline void start(struct boot *b, struct efi_memmap map, const struct kernel_image *kernel)
{
	*b = (struct boot){ .map = map, .kernel = *kernel };
	b->request = (struct boot_request){ .kernel = &b->kernel, .command_line = "quiet", .initrd_sizes = b->initrds,
					    .map = &b->map, .paging = { 4, true } };
}

static inline void make(struct boot *b)
{
	size_t attributes = b->request.attributes ? efi_memmap_count(b->request.attributes) : 0;
	size_t size = boot_plan_scratch_size(efi_memmap_count(&b->map) + attributes);
	struct buffer_printer why;

	free(b->scratch);
	b->scratch = malloc(size);
	buffer_printer_init(&why, b->why, sizeof(b->why));
	b->error = boot_plan_make(&b->request, &b->plan, b->scratch, size, &why.printer);
}

static inline void finish(struct boot *b)
{
	free(b->scratch);
	free_map(&b->map);
}

static inline void assert_made(struct boot *b)
{
	struct checker c = { .request = &b->request, .plan = &b->plan };

	make(b);
	assert_string_equal(b->why, "");
	assert_int_equal(b->error, 0);
	check_plan_lists(&c);
	if (!c.failure[0])
		check_plan_tables(&c);
	assert_string_equal(c.failure, "");
}

static inline void assert_refused(struct boot *b, int error, const char *sentence)
{
	make(b);
	assert_string_equal(b->why, sentence);
	assert_int_equal(b->error, error);
}

static inline struct kernel_image own_kernel(void)
{
	struct elf_image elf = elf_kernel();
	struct parse_result r;

	for (unsigned i = 0; i < 3; i++) {
		elf.segments[i].p_paddr += 14 * MIB;
		elf.segments[i].p_vaddr += 14 * MIB;
	}
	elf.header.e_entry += 14 * MIB;
	assert_elf_accepted(&elf, &r);
	return r.image;
}

static inline struct kernel_image pie_kernel(void)
{
	struct elf_image elf = elf_pie();
	struct parse_result r;

	assert_elf_accepted(&elf, &r);
	return r.image;
}

/* A Linux kernel as its parser would tell it. */
static inline struct kernel_image linux_kernel(void)
{
	return (struct kernel_image){ .format = KERNEL_BZIMAGE, .relocatable = true, .alignment = 2 * MIB,
				      .min_address = 16 * MIB,
				      .memory_size = 32 * MIB, .entry = 0x200, .initrd_max = UINT64_MAX, .data_max = UINT64_MAX,
				      .command_line_max = 2047, .segment_count = 1,
				      .segments = { { .file_offset = 0x4000, .file_size = 8 * MIB, .mem_size = 32 * MIB } } };
}

/* A quarter of a GiB with what every machine has. */
#define SMALL_MACHINE                                                                                                  \
	MAP({ CONVENTIONAL, 0, 0xa0, 0xf }, { CONVENTIONAL, MIB, 0x8000, 0xf }, { BOOT_DATA, 129 * MIB, 0x7000, 0xf },           \
	    { EFI_ACPI_RECLAIM_MEMORY, 241 * MIB, 16, 0xf },                                                              \
	    { EFI_RUNTIME_SERVICES_CODE, 242 * MIB, 16, EFI_ATTRIBUTE_RUNTIME | 0xf })

#endif
