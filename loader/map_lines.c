/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptors, e820 entries, totals and findings as lines: in the loader's dump and in the map views. */
#include "map_views_internal.h"

#include <loader/placement.h>

/* The names of the bits that are set, or the number when a bit has no name or the names do not fit into the line. */
static void print_attributes(uint64_t attribute, size_t room, struct printer *out)
{
	static const struct {
		uint64_t bit;
		char name[8]; /* an array, because pointers would need relocations in the EFI image */
	} names[] = {
		{ EFI_ATTRIBUTE_RUNTIME, "RUN" }, { EFI_ATTRIBUTE_CPU_CRYPTO, "CRYPTO" }, { EFI_ATTRIBUTE_SP, "SP" },
		{ EFI_ATTRIBUTE_RO, "RO" },       { EFI_ATTRIBUTE_MORE_RELIABLE, "MR" },  { EFI_ATTRIBUTE_NV, "NV" },
		{ EFI_ATTRIBUTE_XP, "XP" },       { EFI_ATTRIBUTE_RP, "RP" },             { EFI_ATTRIBUTE_WP, "WP" },
		{ EFI_ATTRIBUTE_UCE, "UCE" },     { EFI_ATTRIBUTE_WB, "WB" },             { EFI_ATTRIBUTE_WT, "WT" },
		{ EFI_ATTRIBUTE_WC, "WC" },       { EFI_ATTRIBUTE_UC, "UC" },
	};
	struct buffer_printer words;
	uint64_t unnamed = attribute;
	char text[80];

	buffer_printer_init(&words, text, sizeof(text));
	for (size_t i = 0; i < MM_ARRAY_COUNT(names); i++) {
		if (attribute & names[i].bit)
			print(&words.printer, " %s", names[i].name);
		unnamed &= ~names[i].bit;
	}
	if (unnamed || words.length > room)
		print(out, " %016llx", X(attribute));
	else
		print(out, "%s", text);
}

static void print_type(const struct efi_memory_desc *desc, struct printer *out)
{
	if (desc->type < EFI_MAX_MEMORY_TYPE)
		print(out, "%-12s", efi_memory_type_linux_name(desc->type));
	else
		print(out, "type %-7x", desc->type);
}

void map_view_span(uint64_t start, uint64_t last, struct printer *out)
{
	print(out, "%012llx-%012llx ", X(start), X(last));
}

void map_print_descriptor(size_t index, const struct efi_memory_desc *desc, size_t columns, struct printer *out)
{
	struct buffer_printer line;
	char text[120];

	buffer_printer_init(&line, text, sizeof(text));
	print(&line.printer, "mem%02zu ", index);
	print_type(desc, &line.printer);
	print(&line.printer, " ");
	map_view_span(desc->phys_addr, desc->phys_addr + (desc->num_pages << MM_PAGE_SHIFT) - 1, &line.printer);
	print(&line.printer, "%9llu KiB", X(desc->num_pages * 4));
	print(out, "%s", text);
	print_attributes(desc->attribute, line.length < columns ? columns - line.length : 0, out);
}

static void print_total(const char *type, uint64_t total, struct printer *out)
{
	if (total == 0)
		return;
	print(out, "  %s: ", type);
	print_size(out, total);
	print(out, "\n");
}

/* The words of an e820 type, for as long as the result lives. */
struct type_name {
	char text[32];
};

static struct type_name name_of(uint32_t type)
{
	struct type_name name;
	struct buffer_printer out;

	buffer_printer_init(&out, name.text, sizeof(name.text));
	e820_print_type(type, &out.printer);
	return name;
}

void map_print_totals(const struct e820_table *table, struct printer *out)
{
	static const uint32_t usual[] = { E820_TYPE_RAM,      E820_TYPE_RESERVED, E820_TYPE_ACPI,         E820_TYPE_NVS,
					  E820_TYPE_UNUSABLE, E820_TYPE_PMEM,     E820_TYPE_SOFT_RESERVED };
	uint64_t others = 0;
	uint32_t type = 0;
	bool several = false;

	print(out, "totals:\n");
	for (size_t i = 0; i < MM_ARRAY_COUNT(usual); i++)
		print_total(name_of(usual[i]).text, e820_total(table, usual[i]), out);
	for (size_t i = 0; i < table->nr_entries; i++) {
		size_t known = 0;

		while (known < MM_ARRAY_COUNT(usual) && usual[known] != table->entries[i].type)
			known++;
		if (known < MM_ARRAY_COUNT(usual))
			continue;
		several = several || (others && table->entries[i].type != type);
		type = table->entries[i].type;
		if (__builtin_add_overflow(others, table->entries[i].size, &others))
			others = UINT64_MAX;
	}
	print_total(several ? "other types" : name_of(type).text, others, out);
}

/* Of which map, after what, and where to. */
struct finding_lines {
	const struct efi_memmap *map;
	const char *word;
	struct printer *out;
};

static void print_finding(void *context, const struct efi_finding *finding)
{
	const struct finding_lines *lines = context;

	print(lines->out, "%s", lines->word);
	efi_finding_print(lines->map, finding, lines->out);
}

long map_print_findings(const struct efi_memmap *map, const char *word, void *scratch, size_t scratch_size,
			struct printer *out)
{
	struct finding_lines lines = { map, word, out };

	return efi_memmap_check(map, scratch, scratch_size, print_finding, &lines);
}

/* " [ECAM]" when somebody knows the range; of RAM only what all of it lies in. */
static void print_known(const struct map_views *views, uint64_t start, uint64_t last, enum map_kind kind,
			struct printer *out)
{
	struct known_range range;
	bool gap = kind == MAP_KIND_NOTHING;

	if (kind == MAP_KIND_USABLE ? known_range_holding(&views->known, start, last, gap, &range) :
				      known_range_fitting(&views->known, start, last, gap, &range))
		print(out, " [%s]", range.name);
	print(out, "\n");
}

/* 13 columns; of whole pages in KiB. */
static void print_extent(uint64_t start, uint64_t last, struct printer *out)
{
	uint64_t less_1 = last - start;

	if ((less_1 & 1023) == 1023)
		print(out, "%9llu KiB", X((less_1 >> 10) + 1));
	else
		print(out, "%11llu B", X(less_1 + 1));
}

/* A gap before start when there is one. *next is the first address not yet told; 0 with any set: 2^64. */
struct gaps {
	uint64_t next;
	bool at_end;
};

static bool gap_before(struct gaps *gaps, uint64_t start, uint64_t last)
{
	bool gap = !gaps->at_end && start > gaps->next;

	if (!gaps->at_end && last >= gaps->next) {
		gaps->next = last + 1;
		gaps->at_end = gaps->next == 0;
	}
	return gap;
}

static void print_row_start(enum map_kind kind, struct printer *out)
{
	print(out, "%c ", map_kind_symbol(kind));
}

/* The last byte of a descriptor; false when it has none. */
bool map_view_last(const struct efi_memory_desc *desc, uint64_t *last)
{
	uint64_t end;

	if (!efi_memory_desc_end(desc, &end))
		return false;
	*last = end - 1;
	return true;
}

static void print_efi_gap(const struct map_views *views, uint64_t start, uint64_t last, struct printer *out)
{
	print_row_start(MAP_KIND_NOTHING, out);
	print(out, "%-18s ", "gap");
	map_view_span(start, last, out);
	print_extent(start, last, out);
	print_known(views, start, last, MAP_KIND_NOTHING, out);
}

/* Bytes of all descriptors by type, at most 2^64 - 1; types that nobody has defined together. */
static void print_efi_totals(const struct map_views *views, struct printer *out)
{
	uint64_t pages[EFI_MAX_MEMORY_TYPE + 1] = { 0 };

	for (size_t i = 0; i < views->count; i++) {
		struct efi_memory_desc desc;
		uint64_t *sum;

		efi_memmap_get(views->map, i, &desc);
		sum = &pages[desc.type < EFI_MAX_MEMORY_TYPE ? desc.type : EFI_MAX_MEMORY_TYPE];
		if (__builtin_add_overflow(*sum, desc.num_pages, sum))
			*sum = UINT64_MAX;
	}
	print(out, "totals:\n");
	for (uint32_t type = 0; type <= EFI_MAX_MEMORY_TYPE; type++)
		print_total(type < EFI_MAX_MEMORY_TYPE ? efi_memory_type_linux_name(type) : "other types",
			    pages[type] > UINT64_MAX >> MM_PAGE_SHIFT ? UINT64_MAX : pages[type] << MM_PAGE_SHIFT, out);
}

void map_view_efi(const struct map_views *views, struct printer *out)
{
	struct gaps gaps = { 0 };

	print(out, "  EFI memory map: %zu descriptors of %zu bytes, version %u, by address\n", views->count,
	      views->map->desc_size, views->map->desc_version);
	for (size_t i = 0; i < views->count; i++) {
		size_t index = views->order[i];
		struct efi_memory_desc desc;
		enum map_kind kind;
		uint64_t last, next = gaps.next;

		efi_memmap_get(views->map, index, &desc);
		kind = map_kind_of_efi(&desc);
		if (!map_view_last(&desc, &last))
			last = desc.phys_addr;
		else if (gap_before(&gaps, desc.phys_addr, last))
			print_efi_gap(views, next, desc.phys_addr - 1, out);
		print_row_start(kind, out);
		map_print_descriptor(index, &desc, MAP_VIEW_COLUMNS - 2, out);
		if (efi_to_e820_type(&desc, E820_POLICY_ACPI) == E820_TYPE_RAM) /* the line is full of its attributes */
			print(out, "\n");
		else
			print_known(views, desc.phys_addr, last, kind, out);
	}
	print_efi_totals(views, out);
}

void map_view_e820(const struct map_views *views, struct printer *out)
{
	const struct e820_table *table = &views->e820;
	struct gaps gaps = { 0 };
	uint64_t nothing = 0;

	print(out, "  e820 map: %zu entries, CRC32 %08x\n", table->nr_entries, e820_crc32(table));
	for (size_t i = 0; i < table->nr_entries; i++) {
		const struct e820_entry *entry = &table->entries[i];
		uint64_t last = entry->addr + (entry->size - 1), next = gaps.next;
		enum map_kind kind = map_kind_of_e820(entry->type);

		if (gap_before(&gaps, entry->addr, last)) {
			print_row_start(MAP_KIND_NOTHING, out);
			print(out, "    ");
			map_view_span(next, entry->addr - 1, out);
			print(out, "%-13s ", "gap");
			print_extent(next, entry->addr - 1, out);
			print_known(views, next, entry->addr - 1, MAP_KIND_NOTHING, out);
			nothing += entry->addr - next;
		}
		print_row_start(kind, out);
		print(out, "%3zu ", i);
		map_view_span(entry->addr, last, out);
		print(out, "%-13s ", name_of(entry->type).text);
		print_extent(entry->addr, last, out);
		print_known(views, entry->addr, last, kind, out);
	}
	map_print_totals(table, out);
	print_total("gaps", nothing, out);
}
