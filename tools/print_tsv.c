/* SPDX-License-Identifier: BSD-2-Clause */
/* Tab-separated values, one table after another; docs/mapbridge.md describes them. */
#include "source_text.h"

#include <stdio.h>

#define X(value) ((unsigned long long)(value))

/* Tabs, line ends and backslashes in a text would be taken for the table's. */
static void print_text(const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '\t':
			fputs("\\t", stdout);
			break;
		case '\n':
			fputs("\\n", stdout);
			break;
		case '\r':
			fputs("\\r", stdout);
			break;
		case '\\':
			fputs("\\\\", stdout);
			break;
		default:
			putchar(*text);
		}
	}
}

static void print_facts(const struct map_source *source)
{
	struct map_source copy = *source;
	struct source_fact facts[SOURCE_FACTS];

	source_facts(&copy, facts);
	for (size_t i = 0; i < SOURCE_FACTS; i++) {
		if (facts[i].text && *facts[i].text) {
			printf("# %s: ", facts[i].name);
			print_text(*facts[i].text);
			putchar('\n');
		}
		if (facts[i].number && *facts[i].number)
			printf("# %s: 0x%llx\n", facts[i].name, X(*facts[i].number));
	}
	if (source->boot_params) {
		fputs("# boot_params: ", stdout);
		print_bytes(source->boot_params, BOOT_PARAMS_SIZE);
		putchar('\n');
	}
	for (size_t i = 0; i < source->nr_setup_data; i++) {
		printf("# setup_data: %u ", (unsigned)source->setup_data[i].type);
		print_bytes(source->setup_data[i].data, source->setup_data[i].size);
		putchar('\n');
	}
}

static void print_efi(const struct map_source *source)
{
	bool virtual = false;

	for (size_t i = 0; i < source->nr_efi; i++)
		virtual |= source->efi[i].virt_addr != 0;
	printf("type\tphys_start\tnum_pages\tattribute%s\n", virtual ? "\tvirt_start" : "");
	for (size_t i = 0; i < source->nr_efi; i++) {
		const struct efi_memory_desc *desc = &source->efi[i];

		printf("%u\t0x%llx\t%llu\t0x%llx", (unsigned)desc->type, X(desc->phys_addr), X(desc->num_pages),
		       X(desc->attribute));
		if (virtual)
			printf("\t0x%llx", X(desc->virt_addr));
		putchar('\n');
	}
}

/* An entry that passes 2^64 has no last byte: then all are told by their size. */
static bool has_ends(const struct source_e820 *e820)
{
	uint64_t size;

	for (size_t i = 0; i < e820->table.nr_entries; i++) {
		const struct e820_entry *entry = &e820->table.entries[i];

		if (!range_size(entry->addr, entry->addr + entry->size - 1, &size) || size != entry->size)
			return false;
	}
	return true;
}

static void print_e820(const struct source_e820 *e820)
{
	bool ends = has_ends(e820);

	printf("label\tstart\t%s\ttype\n", ends ? "end_inclusive" : "size");
	for (size_t i = 0; i < e820->table.nr_entries; i++) {
		const struct e820_entry *entry = &e820->table.entries[i];

		print_text(e820->label);
		printf("\t0x%llx\t0x%llx\t%u\n", X(entry->addr), X(ends ? entry->addr + entry->size - 1 : entry->size),
		       (unsigned)entry->type);
	}
}

void print_tsv(const struct map_source *source)
{
	printf("# mapbridge map 1, from: ");
	print_text(source->kind);
	putchar('\n');
	print_facts(source);
	if (source->nr_efi)
		print_efi(source);
	for (size_t i = 0; i < source->nr_e820; i++)
		print_e820(&source->e820[i]);
	if (source->nr_iomem)
		puts("depth\tstart\tend_inclusive\tname");
	for (size_t i = 0; i < source->nr_iomem; i++) {
		printf("%u\t0x%llx\t0x%llx\t", source->iomem[i].depth, X(source->iomem[i].start),
		       X(source->iomem[i].end));
		print_text(source->iomem[i].name);
		putchar('\n');
	}
}
