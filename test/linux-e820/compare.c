/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's own e820.c against mm/e820: random maps, random changes, every question, and the printed form; after each
 * step the tables are the same, entry for entry in the same order. Only input that is valid for both: docs/mm.md tells
 * where they differ on purpose.
 *
 * usage: compare [SEED [CASES]]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <mm/e820_options.h>

#include "linux_side.h"

#define CAPACITY 3200 /* Linux's, with Debian's 1024 nodes */
#define MAX_ENTRIES 40
#define MAX_STEPS 6
#define SHOWN_FAILURES 3

static struct e820_entry entries[CAPACITY];
static struct e820_table table = { entries, CAPACITY, 0 };
static char story[8000]; /* what was done to the table, for the report */
static size_t story_length;
static uint64_t state;

#define TELL(...) (story_length += (size_t)snprintf(story + story_length, sizeof(story) - story_length, __VA_ARGS__))

/* splitmix64 */
static uint64_t random_below(uint64_t limit)
{
	uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (z ^ z >> 31) % limit;
}

/* The address space of a case: units from base on, none of which reaches 2^64. */
static uint64_t base, unit;

static void choose_space(void)
{
	static const uint64_t bases[] = { 0,
					  0,
					  0x1234,
					  UINT64_C(0xf0000000),
					  UINT64_C(1) << 46,
					  UINT64_MAX - (UINT64_C(1) << 29) };
	static const uint64_t units[] = { 1, 0x400, 0x1000, 0x1234, 0x200000 };

	base = bases[random_below(MM_ARRAY_COUNT(bases))];
	unit = units[random_below(MM_ARRAY_COUNT(units))];
}

static uint64_t random_address(void)
{
	return base + random_below(64) * unit;
}

static uint64_t random_size(void)
{
	return random_below(random_below(4) ? 12 : 100) * unit;
}

static uint32_t random_type(void)
{
	static const uint32_t types[] = { 1, 1, 1, 2, 2, 3, 4, 5, 7, 12, 128, 6, 20, 0xefffffff, 0xf0000001 };

	return types[random_below(MM_ARRAY_COUNT(types))];
}

static bool same_tables(void)
{
	const void *linux_entries;
	size_t count = linux_get_table(&linux_entries);

	return count == table.nr_entries && memcmp(linux_entries, entries, count * sizeof(*entries)) == 0;
}

static bool agree(bool condition, const char *what)
{
	if (!condition)
		TELL("  they differ: %s\n", what);
	return condition;
}

#define AGREE(condition) agree(condition, #condition)

static bool update(void)
{
	static unsigned char scratch[1 << 20];
	size_t clipped = 0;
	int result;

	if (table.nr_entries < 2) { /* Linux leaves tables of one entry as they are, empty or not */
		table.nr_entries = 0;
		linux_set_table(entries, 0);
		return true;
	}
	TELL("  update\n");
	result = e820_update_table(&table, scratch, sizeof(scratch), &clipped);
	return AGREE(result == 0 && linux_update_table() == 0 && clipped == 0) && AGREE(same_tables());
}

static bool fill(void)
{
	struct e820_entry some[MAX_ENTRIES];
	size_t count = random_below(MAX_ENTRIES), refused;

	table.nr_entries = 0;
	linux_set_table(entries, 0);
	for (size_t i = 0; i < count; i++) {
		some[i] = (struct e820_entry){ random_address(), random_size(), random_below(30) ? random_type() : 0 };
		TELL("  %#" PRIx64 " + %#" PRIx64 " type %#x\n", some[i].addr, some[i].size, some[i].type);
	}
	return AGREE(e820_append(&table, some, count, &refused) == 0 && refused == 0 && linux_append(some, count) == 0) &&
	       AGREE(same_tables());
}

static bool change(void)
{
	uint64_t start = random_address(), size = random_below(8) ? random_size() : UINT64_MAX - random_below(2) * start;
	uint32_t old_type = random_type(), new_type = random_type();
	uint64_t bytes = 0;

	if (old_type == new_type) /* a BUG in Linux */
		return true;
	TELL("  range_update(%#" PRIx64 ", %#" PRIx64 ", %#x, %#x)\n", start, size, old_type, new_type);
	return AGREE(e820_range_update(&table, start, size, old_type, new_type, &bytes) == 0) &&
	       AGREE(bytes == linux_range_update(start, size, old_type, new_type)) && AGREE(same_tables());
}

static bool take(void)
{
	uint64_t start = random_address(), size = random_below(8) ? random_size() : UINT64_MAX - random_below(2) * start;
	uint32_t type = random_below(3) ? random_type() : 0;
	uint64_t bytes = 0;

	TELL("  range_remove(%#" PRIx64 ", %#" PRIx64 ", %#x)\n", start, size, type);
	return AGREE(e820_range_remove(&table, start, size, type, &bytes) == 0) &&
	       AGREE(bytes == linux_range_remove(start, size, type, type != 0)) && AGREE(same_tables());
}

static bool add(void)
{
	uint64_t start = random_address(), size = random_size();
	uint32_t type = random_type();

	TELL("  range_add(%#" PRIx64 ", %#" PRIx64 ", %#x)\n", start, size, type);
	linux_range_add(start, size, type);
	return AGREE(e820_range_add(&table, start, size, type) == 0) && AGREE(same_tables());
}

/* A number as users write it: decimal, octal or hexadecimal, with a suffix where one fits. */
static int write_number(char *text, uint64_t number)
{
	static const char suffixes[] = "kKmMgGtTpPeE";
	static const char *const formats[] = { "%" PRIu64, "%#" PRIo64, "%#" PRIx64, "%#" PRIX64 };
	unsigned suffix = (unsigned)random_below(7);
	int length;

	if (suffix && number % (UINT64_C(1) << 10 * suffix))
		suffix = 0;
	length = sprintf(text, formats[random_below(4)], number >> 10 * suffix);
	if (suffix)
		length += sprintf(text + length, "%c", suffixes[2 * (suffix - 1) + random_below(2)]);
	return length;
}

static int write_element(char *text)
{
	char sign = "@#$!%%%%"[random_below(8)];
	uint32_t old_type = random_type(), new_type = random_type();
	int length;

	if (!random_below(12))
		return sprintf(text, "exactmap");
	if (!random_below(12))
		return write_number(text, random_address() + 1);
	length = write_number(text, random_size() + (random_below(4) ? 0 : unit));
	text[length++] = sign;
	length += write_number(text + length, random_address());
	if (sign == '%' && random_below(3))
		length += sprintf(text + length, random_below(2) ? "-%u" : "-0x%x", old_type);
	if (sign == '%' && old_type != new_type && random_below(3))
		length += sprintf(text + length, random_below(2) ? "+%u" : "+0%o", new_type);
	return length;
}

static bool mem_option(void)
{
	char text[64];
	int length = write_number(text, random_address() + 1);
	const char *stop;

	TELL("  mem=%s\n", text);
	return AGREE(e820_apply_mem(&table, text, text + length, &stop) == 0) && AGREE(linux_parse_memopt(text) == 0) &&
	       AGREE(same_tables());
}

static bool memmap_option(void)
{
	char text[400];
	int length = write_element(text);
	const char *stop;

	for (uint64_t more = random_below(3); more; more--) {
		text[length++] = ',';
		length += write_element(text + length);
	}
	TELL("  memmap=%s\n", text);
	return AGREE(e820_apply_memmap(&table, text, text + length, &stop) == 0) &&
	       AGREE(linux_parse_memmap_opt(text) == 0) && AGREE(same_tables());
}

/* Questions about any table. */
static bool ask(void)
{
	uint64_t start = random_address(), end = start + random_size();
	uint64_t limit = random_below(2) ? E820_MAX_ARCH_PFN_4LEVEL : random_address() >> MM_PAGE_SHIFT;
	uint32_t type = random_below(2) ? random_type() : 0;

	if (limit > E820_MAX_ARCH_PFN_4LEVEL)
		limit = E820_MAX_ARCH_PFN_4LEVEL;
	TELL("  asked about [%#" PRIx64 ", %#" PRIx64 "), type %#x, and the end below page %#" PRIx64 "\n", start, end, type,
	     limit);
	return AGREE(e820_mapped_any(&table, start, end, type) == linux_mapped_any(start, end, type)) &&
	       AGREE(e820_mapped_all(&table, start, end, type) == linux_mapped_all(start, end, type)) &&
	       AGREE((int)e820_get_entry_type(&table, start, end) == linux_get_entry_type(start, end)) &&
	       AGREE(e820_end_of_ram_pfn(&table, limit, false) == linux_end_pfn(limit));
}

static bool same_gap(void)
{
	unsigned long linux_start = 0, linux_size;
	uint64_t start = 0, size = 0;
	bool found = linux_search_gap(&linux_start, &linux_size);

	return AGREE((e820_search_gap(&table, &start, &size) == 0) == found) &&
	       (!found || AGREE(start == linux_start && size == linux_size));
}

static bool same_print(void)
{
	static char ours[1 << 16], linux_text[1 << 16];
	struct buffer_printer out;

	buffer_printer_init(&out, ours, sizeof(ours));
	e820_print_table(&table, "BIOS-e820", &out.printer);
	linux_print_table("BIOS-e820", linux_text, sizeof(linux_text));
	if (out.length < sizeof(ours) && strcmp(ours, linux_text) == 0)
		return true;
	TELL("  they print differently\nLinux:\n%.1500s\nours:\n%.1500s\n", linux_text, ours);
	return false;
}

static bool one_case(void)
{
	static bool (*const steps[])(void) = { change, change, take, take, add, update, mem_option, memmap_option, ask };

	story_length = 0;
	choose_space();
	if (!fill())
		return false;
	for (uint64_t left = random_below(MAX_STEPS); left; left--)
		if (!steps[random_below(MM_ARRAY_COUNT(steps))]())
			return false;
	if (!same_print() || !update() || !same_gap() || !same_print())
		return false;
	for (int i = 0; i < 4; i++)
		if (!ask())
			return false;
	return true;
}

static void print_tables(void)
{
	const void *linux_entries;
	size_t count = linux_get_table(&linux_entries);

	for (size_t i = 0; i < count || i < table.nr_entries; i++) {
		struct e820_entry theirs = { 0 };

		if (i < count) {
			memcpy(&theirs, (const char *)linux_entries + i * sizeof(theirs), sizeof(theirs));
			printf("  Linux: %#" PRIx64 " + %#" PRIx64 " type %#x\n", theirs.addr, theirs.size, theirs.type);
		}
		if (i < table.nr_entries)
			printf("  ours:  %#" PRIx64 " + %#" PRIx64 " type %#x\n", entries[i].addr, entries[i].size,
			       entries[i].type);
	}
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : (uint64_t)time(NULL);
	unsigned long cases = argc > 2 ? strtoul(argv[2], NULL, 0) : 2000000, failed = 0;

	printf("seed %" PRIu64 ", %lu maps\n", seed, cases);
	for (unsigned long i = 0; i < cases; i++) {
		state = seed + i;
		if (one_case() || ++failed > SHOWN_FAILURES)
			continue;
		printf("FAIL: seed %" PRIu64 " alone makes this map:\n%s", seed + i, story);
		print_tables();
	}
	printf("%lu passed, %lu failed\n", cases - failed, failed);
	return failed || !cases;
}
