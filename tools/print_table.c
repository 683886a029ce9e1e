/* SPDX-License-Identifier: BSD-2-Clause */
/* A source as Linux 6.1 prints it, each map with the sum of its types. A Linux log again, if one wants to read it. */
#include "command.h"
#include "file_printer.h"
#include "forms.h"
#include "map_reader.h"
#include "progress.h"
#include "sizes.h"

#include <stdio.h>
#include <stdlib.h>

#define X(value) ((unsigned long long)(value))

/* Escape sequences by e820 type, as the conversion sees a range: RAM, ACPI, firmware's, broken. */
static const char *colour_of(uint32_t e820_type)
{
	switch (e820_type) {
	case E820_TYPE_RAM:
		return "\033[32m";
	case E820_TYPE_ACPI:
	case E820_TYPE_NVS:
		return "\033[36m";
	case E820_TYPE_UNUSABLE:
		return "\033[31m";
	case E820_TYPE_PMEM:
	case E820_TYPE_PRAM:
	case E820_TYPE_SOFT_RESERVED:
		return "\033[35m";
	default:
		return "\033[33m";
	}
}

static void set_colour(bool colour, uint32_t e820_type)
{
	if (colour)
		fputs(colour_of(e820_type), stdout);
}

static void end_colour(bool colour)
{
	if (colour)
		fputs("\033[0m", stdout);
}

static void print_sum(const char *name, size_t count, byte_sum bytes)
{
	char exact[SIZE_TEXT_MAX], binary[SIZE_TEXT_MAX];

	printf("  %-20s %7zu %22s bytes  %s\n", name, count, bytes_text(bytes, exact), binary_text(bytes, binary));
}

/* A type of a map, and how much there is of it. */
struct sum {
	uint32_t type;
	size_t count;
	byte_sum bytes;
};

struct sums {
	struct sum *list;
	size_t count, capacity;
};

/* Maps hold few types in long runs, so that looking from the end finds most at once. */
static void add_to_sums(struct sums *sums, uint32_t type, byte_sum bytes)
{
	for (size_t i = sums->count; i-- > 0;)
		if (sums->list[i].type == type) {
			sums->list[i].count++;
			sums->list[i].bytes += bytes;
			return;
		}
	sums->list = grown(sums->list, sums->count, &sums->capacity, sizeof(*sums->list));
	sums->list[sums->count++] = (struct sum){ type, 1, bytes };
}

static int by_type(const void *a, const void *b)
{
	const struct sum *first = a, *second = b;

	return first->type < second->type ? -1 : first->type > second->type;
}

/* Prints and frees. */
static void print_sums(struct sums *sums, void (*name)(uint32_t type, struct printer *out))
{
	struct sum all = { .count = 0 };
	struct buffer_printer out;
	char text[40];

	if (sums->count)
		qsort(sums->list, sums->count, sizeof(*sums->list), by_type);
	for (size_t i = 0; i < sums->count; i++) {
		buffer_printer_init(&out, text, sizeof(text));
		name(sums->list[i].type, &out.printer);
		print_sum(text, sums->list[i].count, sums->list[i].bytes);
		all.count += sums->list[i].count;
		all.bytes += sums->list[i].bytes;
	}
	print_sum("together", all.count, all.bytes);
	free(sums->list);
}

static void print_facts(const struct map_source *source)
{
	if (source->kernel)
		printf("Linux version %s\n", source->kernel);
	if (source->command_line)
		printf("Command line: %s\n", source->command_line);
	if (source->board)
		printf("DMI: %s\n", source->board);
	if (source->firmware)
		printf("efi: %s\n", source->firmware);
	if (source->rsdp)
		printf("ACPI: RSDP 0x%016llx\n", X(source->rsdp));
}

static void efi_type_name(uint32_t type, struct printer *out)
{
	print(out, "%s", efi_memory_type_linux_name(type));
	if (type >= EFI_MAX_MEMORY_TYPE)
		print(out, " %u", (unsigned)type);
}

static void print_efi_type(uint32_t type)
{
	if (type < EFI_MAX_MEMORY_TYPE)
		printf("[%-12s", efi_memory_type_linux_name(type));
	else
		printf("[type=%u", (unsigned)type);
}

/* As efi_mem lines of Linux 6.1; what has no valid end as its line about invalid entries. */
static void print_efi(const struct map_source *source, bool colour)
{
	struct buffer_printer columns;
	uint64_t attribute = 0, bytes;
	struct sums sums = { .list = NULL };
	char text[80];

	buffer_printer_init(&columns, text, sizeof(text));
	efi_attribute_print(attribute, &columns.printer);
	for (size_t i = 0; i < source->nr_efi; i++) {
		const struct efi_memory_desc *desc = &source->efi[i];
		byte_sum end = (byte_sum)desc->num_pages << MM_PAGE_SHIFT;

		progress("printing", i, source->nr_efi);
		add_to_sums(&sums, desc->type, end);
		bytes = (uint64_t)(end >> 20);
		end += desc->phys_addr;
		if (desc->attribute != attribute) {
			attribute = desc->attribute;
			buffer_printer_init(&columns, text, sizeof(text));
			efi_attribute_print(attribute, &columns.printer);
		}
		printf("efi: mem%02zu: ", i);
		set_colour(colour, efi_to_e820_type(desc, E820_POLICY_LINUX));
		print_efi_type(desc->type);
		end_colour(colour);
		/* its last bar is the bracket of Linux */
		printf("%.*s] range=[0x%016llx-0x", (int)columns.length - 1, text, X(desc->phys_addr));
		if (desc->num_pages == 0)
			puts("0000000000000000] (invalid)");
		else if ((end - 1) >> 64)
			printf("%llx%016llx] (invalid)\n", X((end - 1) >> 64), X(end - 1));
		else
			printf("%016llx] (%lluMB)\n", X(end - 1), X(bytes));
	}
	progress_end();
	printf("EFI map: %zu descriptor%s", source->nr_efi, source->nr_efi == 1 ? "" : "s");
	if (source->efi_stride)
		printf(" of %llu bytes, version %llu", X(source->efi_stride), X(source->efi_version));
	putchar('\n');
	print_sums(&sums, efi_type_name);
}

static void print_e820(const struct source_e820 *e820, bool colour)
{
	struct sums sums = { .list = NULL };

	for (size_t i = 0; i < e820->table.nr_entries; i++) {
		struct e820_table entry = { &e820->table.entries[i], 1, 1 };

		add_to_sums(&sums, entry.entries->type, entry.entries->size);
		set_colour(colour, entry.entries->type);
		e820_print_table(&entry, e820->label, &standard_output);
		end_colour(colour);
	}
	printf("%s map: %zu entr%s, CRC-32 %08x\n", e820->label, e820->table.nr_entries,
	       e820->table.nr_entries == 1 ? "y" : "ies", e820_crc32(&e820->table));
	print_sums(&sums, e820_print_type);
}

static void print_iomem(const struct source_iomem *line)
{
	printf("%*s%08llx-%08llx : %s\n", (int)(2 * line->depth), "", X(line->start), X(line->end), line->name);
}

void print_table(const struct map_source *source)
{
	bool colour = colour_wanted();

	print_facts(source);
	if (source->nr_efi)
		print_efi(source, colour);
	for (size_t i = 0; i < source->nr_e820; i++)
		print_e820(&source->e820[i], colour);
	for (size_t i = 0; i < source->nr_iomem; i++)
		print_iomem(&source->iomem[i]);
}
