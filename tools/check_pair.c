/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The EFI map and the e820 map of the same boot: which boot loader's rule made the one of the other, and what differs
 * from it.
 */
#include "check.h"
#include "e820_compare.h"
#include "sizes.h"

#include <stdio.h>
#include <stdlib.h>

#define X(value) ((unsigned long long)(value))

/* Rules differ in code of runtime services alone; the rest is Linux's. */
static const struct {
	uint32_t runtime_code;
	const char *name;
} rules[] = {
	{ E820_TYPE_RESERVED, "the rule of Linux's EFI stub" },
	{ 20, "the rule of GRUB, which gives type 20 to code of runtime services" },
	{ E820_TYPE_UNUSABLE, "the rule of old GRUB and elilo, which call code of runtime services unusable" },
};

/* Fresh memory; false when there is none. */
static bool convert_by_rule(const struct map_source *source, uint32_t runtime_code, struct e820_table *table)
{
	uint64_t end;

	*table = (struct e820_table){ malloc((source->nr_efi + 1) * sizeof(*table->entries)), source->nr_efi, 0 };
	for (size_t i = 0; table->entries && i < source->nr_efi; i++) {
		const struct efi_memory_desc *desc = &source->efi[i];
		uint32_t type = desc->type == EFI_RUNTIME_SERVICES_CODE ? runtime_code :
									  efi_to_e820_type(desc, E820_POLICY_LINUX);

		if (efi_memory_desc_end(desc, &end) && end)
			e820_range_add(table, desc->phys_addr, end - desc->phys_addr, type);
	}
	if (table->entries && map_source_sanitise(table))
		return true;
	free(table->entries);
	return false;
}

static size_t count_differences(const struct e820_table *const tables[2])
{
	struct e820_difference difference;
	size_t count = 0;

	for (uint64_t at = 0; e820_next_difference(tables, &at, &difference);)
		count++;
	return count;
}

static size_t print_differences(const struct e820_table *const tables[2])
{
	char exact[SIZE_TEXT_MAX], binary[SIZE_TEXT_MAX];
	struct e820_difference difference;
	byte_sum lost = 0, gained = 0;
	size_t count = 0;

	for (uint64_t at = 0; e820_next_difference(tables, &at, &difference); count++) {
		byte_sum bytes = (byte_sum)difference.last - difference.start + 1;

		finding("0x%llx-0x%llx: the EFI map makes it %s, the e820 map %s", X(difference.start),
			X(difference.last), e820_name(difference.type[0]), e820_name(difference.type[1]));
		lost += difference.type[0] == E820_TYPE_RAM ? bytes : 0;
		gained += difference.type[1] == E820_TYPE_RAM ? bytes : 0;
	}
	if (lost)
		remark("the e820 map lost %s (%s bytes) of usable memory", binary_text(lost, binary),
		       bytes_text(lost, exact));
	if (gained)
		remark("the e820 map calls %s (%s bytes) usable that the EFI map does not", binary_text(gained, binary),
		       bytes_text(gained, exact));
	return count;
}

/* Of a log that prints only a few descriptors nothing can be said. */
static bool has_whole_map(const struct map_source *source)
{
	for (size_t i = 0; i < source->nr_efi; i++)
		if (source->efi[i].type == EFI_CONVENTIONAL_MEMORY && source->efi[i].num_pages)
			return true;
	return false;
}

static size_t compare(const struct map_source *source, const struct e820_table *given)
{
	size_t best = 0, least = SIZE_MAX, count;
	struct e820_table converted;
	const struct e820_table *const tables[2] = { &converted, given };

	for (size_t i = 0; i < MM_ARRAY_COUNT(rules) && least > 0; i++) {
		if (!convert_by_rule(source, rules[i].runtime_code, &converted))
			return 0;
		count = count_differences(tables);
		if (count < least) {
			least = count;
			best = i;
		}
		free(converted.entries);
	}
	if (least == 0) {
		remark("the e820 map follows from the EFI map by %s", rules[best].name);
		return 0;
	}
	remark("the e820 map does not follow from the EFI map by any rule that is known; nearest is %s",
	       rules[best].name);
	if (!convert_by_rule(source, rules[best].runtime_code, &converted))
		return 0;
	count = print_differences(tables);
	free(converted.entries);
	return count;
}

size_t check_pair(const struct map_source *source)
{
	struct e820_table given;
	size_t found;

	if (!source->nr_efi || !source->nr_e820)
		return 0;
	if (!has_whole_map(source)) {
		remark("the EFI map has no conventional memory, so that it is a part only (or of a kernel that kexec "
		       "started); it was not compared with the e820 map");
		return 0;
	}
	if (!map_source_work_e820(source, E820_POLICY_LINUX, &given, NULL))
		return 0;
	found = compare(source, &given);
	free(given.entries);
	return found;
}
