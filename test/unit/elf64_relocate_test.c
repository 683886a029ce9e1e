/* SPDX-License-Identifier: BSD-2-Clause */
/* Relocating a static-PIE in its loaded image; the image is heap memory of exactly its size. */
#include "elf_builder.h"

#include <mm/printer.h>

#define IMAGE_SIZE 0x1000
#define DYNAMIC_AT 0x800
#define TABLE_AT 0x900

struct loaded {
	struct kernel_image image;
	uint8_t *memory;
	size_t tags;
	size_t relocations;
	char why[300];
};

static struct loaded load(void)
{
	struct loaded l = { .image = { .relocatable = true, .memory_size = IMAGE_SIZE, .dynamic_virt = DYNAMIC_AT,
				       .dynamic_size = 0x100 } };

	l.memory = malloc(IMAGE_SIZE);
	memset(l.memory, 0xa5, IMAGE_SIZE);
	return l;
}

static void add_tag(struct loaded *l, int64_t tag, uint64_t value)
{
	Elf64_Dyn entry = { tag, { value } };

	memcpy(l->memory + DYNAMIC_AT + l->tags++ * sizeof(entry), &entry, sizeof(entry));
}

static void add_relocation(struct loaded *l, uint32_t type, uint64_t offset, int64_t addend)
{
	Elf64_Rela rela = { offset, ELF64_R_INFO(7, type), addend };

	memcpy(l->memory + TABLE_AT + l->relocations++ * sizeof(rela), &rela, sizeof(rela));
}

static void add_table(struct loaded *l)
{
	add_tag(l, DT_RELA, TABLE_AT);
	add_tag(l, DT_RELASZ, l->relocations * sizeof(Elf64_Rela));
	add_tag(l, DT_RELAENT, sizeof(Elf64_Rela));
	add_tag(l, DT_RELACOUNT, 1);
	add_tag(l, DT_NULL, 0);
}

static int relocate(struct loaded *l)
{
	struct buffer_printer why;

	buffer_printer_init(&why, l->why, sizeof(l->why));
	return elf64_relocate(&l->image, l->memory, &why.printer);
}

static uint64_t read_at(const struct loaded *l, uint64_t offset)
{
	uint64_t value;

	memcpy(&value, l->memory + offset, sizeof(value));
	return value;
}

#define assert_relocated(l)                                                                                            \
	do {                                                                                                           \
		assert_int_equal(relocate(l), 0);                                                                      \
		assert_string_equal((l)->why, "");                                                                     \
		free((l)->memory);                                                                                     \
	} while (0)

#define assert_refused(l, sentence)                                                                                    \
	do {                                                                                                           \
		assert_int_equal(relocate(l), MM_EINVAL);                                                              \
		assert_string_equal((l)->why, sentence);                                                               \
		free((l)->memory);                                                                                     \
	} while (0)

static void relative_relocations_get_the_virtual_address(void **state)
{
	struct loaded l = load();
	uint8_t before[IMAGE_SIZE];

	(void)state;
	add_relocation(&l, R_X86_64_RELATIVE, 0, 0x123);
	add_relocation(&l, R_X86_64_NONE, UINT64_MAX, 0x456);
	add_relocation(&l, R_X86_64_RELATIVE, 0x11, -1); /* any alignment */
	add_relocation(&l, R_X86_64_RELATIVE, IMAGE_SIZE - 8, 0x3fffffff);
	add_table(&l);
	memcpy(before, l.memory, IMAGE_SIZE);
	assert_int_equal(relocate(&l), 0);
	assert_true(read_at(&l, 0) == UINT64_C(0xffffffff80000123));
	assert_true(read_at(&l, 0x11) == UINT64_C(0xffffffff7fffffff));
	assert_true(read_at(&l, IMAGE_SIZE - 8) == UINT64_C(0xffffffffbfffffff));
	memcpy(l.memory, before, 8);
	memcpy(l.memory + 0x11, before + 0x11, 8);
	memcpy(l.memory + IMAGE_SIZE - 8, before + IMAGE_SIZE - 8, 8);
	assert_memory_equal(l.memory, before, IMAGE_SIZE);
	free(l.memory);
}

static void nothing_to_relocate(void **state)
{
	struct loaded l = load();

	(void)state;
	l.image.dynamic_size = 0;
	l.image.dynamic_virt = UINT64_MAX;
	assert_relocated(&l);
	l = load();
	add_tag(&l, DT_NULL, 0);
	add_tag(&l, DT_RELR, 0); /* behind the end */
	assert_relocated(&l);
	l = load();
	add_tag(&l, DT_RELA, IMAGE_SIZE);
	add_tag(&l, DT_RELASZ, 0);
	add_tag(&l, DT_NULL, 0);
	assert_relocated(&l);
}

static void other_types_are_refused(void **state)
{
	static const struct {
		uint32_t type;
		const char *sentence;
	} cases[] = {
		{ R_X86_64_64, "relocation type 1 at 0x20; needed: R_X86_64_RELATIVE (8) only; link with -static-pie and define "
			       "every symbol" },
		{ R_X86_64_IRELATIVE, "relocation type 37 at 0x20; needed: R_X86_64_RELATIVE (8) only; link with -static-pie and "
				      "define every symbol" },
	};

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(cases); i++) {
		struct loaded l = load();

		add_relocation(&l, R_X86_64_RELATIVE, 0x10, 0);
		add_relocation(&l, cases[i].type, 0x20, 0);
		add_table(&l);
		assert_refused(&l, cases[i].sentence);
	}
}

static void targets_outside_the_image(void **state)
{
	static const uint64_t offsets[] = { IMAGE_SIZE - 7, IMAGE_SIZE, UINT64_MAX, UINT64_MAX - 6 };

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(offsets); i++) {
		struct loaded l = load();
		char sentence[200];

		add_relocation(&l, R_X86_64_RELATIVE, offsets[i], 0);
		add_table(&l);
		snprintf(sentence, sizeof(sentence),
			 "a relocation at 0x%llx lies outside the image of 4096 bytes; the file is damaged",
			 (unsigned long long)offsets[i]);
		assert_refused(&l, sentence);
	}
}

static void tables_outside_the_image(void **state)
{
	static const struct {
		uint64_t at, size;
		const char *sentence;
	} cases[] = {
		{ IMAGE_SIZE - 23, 24, "relocation table at 0xfe9 with 24 bytes lies outside the image of 4096 bytes; the file is "
				       "damaged" },
		{ UINT64_MAX, 24, "relocation table at 0xffffffffffffffff with 24 bytes lies outside the image of 4096 bytes; the "
				  "file is damaged" },
		{ 24, UINT64_MAX - 15, "relocation table at 0x18 with 18446744073709551600 bytes lies outside the image of 4096 "
				       "bytes; the file is damaged" },
	};

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(cases); i++) {
		struct loaded l = load();

		add_tag(&l, DT_RELA, cases[i].at);
		add_tag(&l, DT_RELASZ, cases[i].size);
		add_tag(&l, DT_NULL, 0);
		assert_refused(&l, cases[i].sentence);
	}
}

/* Half of a table's description would relocate nothing, or take the file's start for a table. */
static void half_described_tables(void **state)
{
	struct loaded l = load();

	(void)state;
	add_tag(&l, DT_RELASZ, 24);
	add_tag(&l, DT_NULL, 0);
	assert_refused(&l, "relocation table at 0x0 with 24 bytes; needed: both DT_RELA and DT_RELASZ, a multiple of 24 "
			   "bytes; the file is damaged");
	l = load();
	add_tag(&l, DT_RELA, TABLE_AT);
	add_tag(&l, DT_NULL, 0);
	assert_refused(&l, "relocation table at 0x900 with 0 bytes; needed: both DT_RELA and DT_RELASZ, a multiple of 24 "
			   "bytes; the file is damaged");
	l = load();
	add_relocation(&l, R_X86_64_RELATIVE, 0, 0);
	add_tag(&l, DT_RELA, TABLE_AT);
	add_tag(&l, DT_RELASZ, 25);
	add_tag(&l, DT_NULL, 0);
	assert_refused(&l, "relocation table at 0x900 with 25 bytes; needed: both DT_RELA and DT_RELASZ, a multiple of 24 "
			   "bytes; the file is damaged");
}

static void kinds_of_relocations_that_are_not_understood(void **state)
{
	static const struct {
		int64_t tag;
		uint64_t value;
	} cases[] = { { DT_REL, 0x900 }, { DT_JMPREL, 0x900 }, { 36 /* DT_RELR */, 0x900 }, { DT_RELAENT, 16 } };

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(cases); i++) {
		struct loaded l = load();
		char sentence[200];

		add_tag(&l, cases[i].tag, cases[i].value);
		add_tag(&l, DT_NULL, 0);
		snprintf(sentence, sizeof(sentence), "relocations of a kind that is not understood (dynamic tag %lld); needed: "
			 "DT_RELA alone; link with -z nopack-relative-relocs and without a PLT", (long long)cases[i].tag);
		assert_refused(&l, sentence);
	}
}

static void dynamic_sections_that_do_not_end(void **state)
{
	struct loaded l = load();

	(void)state;
	for (unsigned i = 0; i < 16; i++)
		add_tag(&l, DT_RELACOUNT, 1);
	assert_refused(&l, "PT_DYNAMIC at 0x800 has no DT_NULL in its 256 bytes; the file is damaged");
	l = load();
	l.image.dynamic_virt = IMAGE_SIZE - 15;
	l.image.dynamic_size = 15; /* less than one entry */
	assert_refused(&l, "PT_DYNAMIC at 0xff1 has no DT_NULL in its 15 bytes; the file is damaged");
	l = load();
	l.image.dynamic_virt = IMAGE_SIZE - 15;
	l.image.dynamic_size = 16;
	assert_refused(&l, "PT_DYNAMIC at 0xff1 with 16 bytes lies outside the image of 4096 bytes; the file is damaged");
	l = load();
	l.image.dynamic_virt = UINT64_MAX;
	assert_refused(&l, "PT_DYNAMIC at 0xffffffffffffffff with 256 bytes lies outside the image of 4096 bytes; the file is "
			   "damaged");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(relative_relocations_get_the_virtual_address),
		cmocka_unit_test(nothing_to_relocate),
		cmocka_unit_test(other_types_are_refused),
		cmocka_unit_test(targets_outside_the_image),
		cmocka_unit_test(tables_outside_the_image),
		cmocka_unit_test(half_described_tables),
		cmocka_unit_test(kinds_of_relocations_that_are_not_understood),
		cmocka_unit_test(dynamic_sections_that_do_not_end),
	};

	return cmocka_run_group_tests_name("elf64_relocate", tests, NULL, NULL);
}
