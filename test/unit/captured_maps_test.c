/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Replays the maps that scripts/capture-maps took from whole machines: NAME.tsv is what the firmware said, and
 * NAME.e820.tsv what Linux printed of it. One test for each machine, found in test/data/ by name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>

#include "../support/map_files.h"
#include "../support/map_replay.h"

#define FOLDER "test/data/"
#define MACHINES_MIN 12
#define MACHINES_MAX 64

struct captured {
	char name[256];
	size_t stride; /* of the firmware */
};

static struct captured machines[MACHINES_MAX];
static size_t machine_count;

static const char *path_of(const struct captured *machine, const char *suffix)
{
	static char path[300];

	snprintf(path, sizeof(path), FOLDER "%s%s", machine->name, suffix);
	return path;
}

/* The number behind "# WHAT: " in a map's header; 0 when there is none. */
static unsigned long header_number(const struct captured *machine, const char *what)
{
	void *lines = open_lines(path_of(machine, ".tsv"));
	unsigned long value = 0;
	char prefix[40], *fields[1];

	snprintf(prefix, sizeof(prefix), "# %s: ", what);
	while (lines && next_row(lines, fields, 1))
		if (strncmp(fields[0], prefix, strlen(prefix)) == 0)
			value = strtoul(fields[0] + strlen(prefix), NULL, 10);
	if (lines)
		close_table(lines);
	return value;
}

static void convert_and_check(const struct efi_memmap *map, enum e820_policy policy, struct e820_table *table)
{
	static struct efi_trace trace[MAX_MAP];

	assert_true(convert(map, policy, table, trace));
	assert_true(conserves_bytes(map, table));
	assert_true(traces_are_sound(map, policy, table, trace));
	assert_true(converts_to_the_same_when_shuffled(map, policy, table));
}

static void replay(void **state)
{
	static const size_t strides[] = { 40, 48 };
	static unsigned char buffer[MAX_MAP * MAX_STRIDE];
	static struct e820_entry entries[2 * MAX_MAP], printed_entries[MAX_MAP];
	const struct captured *machine = *state;
	struct e820_table printed = { printed_entries, MAX_MAP, 0 };

	assert_int_equal(header_number(machine, "descriptor version"), EFI_MEMORY_DESC_VERSION);
	assert_true(read_e820_map_file(path_of(machine, ".e820.tsv"), NULL, &printed));
	assert_true(printed.nr_entries > 0);
	for (size_t i = 0; i < MM_ARRAY_COUNT(strides); i++) {
		struct efi_memmap map = read_efi_map_file(path_of(machine, ".tsv"), strides[i], buffer);
		struct e820_table table = { entries, 2 * MAX_MAP, 0 };

		assert_true(efi_memmap_count(&map) > 0);
		convert_and_check(&map, E820_POLICY_ACPI, &table);
		for (size_t entry = 0; entry < table.nr_entries; entry++)
			assert_in_range(table.entries[entry].type, E820_TYPE_RAM, E820_TYPE_NVS);
		convert_and_check(&map, E820_POLICY_LINUX, &table);
		assert_true(same_tables(&table, &printed));
	}
}

/* Enough machines, firmware with either stride, maps that outgrow boot_params, and every type that firmware makes. */
static void the_collection_is_whole(void **state)
{
	static const uint32_t types[] = { E820_TYPE_RAM,      E820_TYPE_RESERVED, E820_TYPE_ACPI,
					  E820_TYPE_NVS,      E820_TYPE_UNUSABLE, E820_TYPE_PMEM,
					  E820_TYPE_SOFT_RESERVED };
	static struct e820_entry entries[MACHINES_MAX * MAX_MAP];
	struct e820_table all = { entries, MACHINES_MAX * MAX_MAP, 0 };
	size_t with_40 = 0, with_48 = 0, above_128 = 0;

	(void)state;
	assert_in_range(machine_count, MACHINES_MIN, MACHINES_MAX - 1);
	for (size_t i = 0; i < machine_count; i++) {
		size_t before = all.nr_entries;

		with_40 += machines[i].stride == 40;
		with_48 += machines[i].stride == 48;
		assert_true(read_e820_map_file(path_of(&machines[i], ".e820.tsv"), NULL, &all));
		above_128 += all.nr_entries - before > E820_MAX_ENTRIES_ZEROPAGE;
	}
	assert_int_equal(with_40 + with_48, machine_count);
	assert_true(with_40 && with_48 && above_128);
	for (size_t i = 0; i < MM_ARRAY_COUNT(types); i++)
		assert_true(e820_total(&all, types[i]) > 0);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct captured *)a)->name, ((const struct captured *)b)->name);
}

/* Every file but NAME.e820.tsv is a machine; one that is no map fails in its test. */
static void find_machines(void)
{
	DIR *folder = opendir(FOLDER);
	struct dirent *entry;

	while (folder && (entry = readdir(folder)) && machine_count < MACHINES_MAX) {
		struct captured *machine = &machines[machine_count];
		size_t length = strlen(entry->d_name);

		if (length < 5 || strcmp(entry->d_name + length - 4, ".tsv") != 0 ||
		    strstr(entry->d_name, ".e820."))
			continue;
		memcpy(machine->name, entry->d_name, length - 4);
		machine->stride = header_number(machine, "stride");
		machine_count++;
	}
	if (folder)
		closedir(folder);
	qsort(machines, machine_count, sizeof(machines[0]), by_name);
}

int main(void)
{
	/* cmocka leaves out what has no name. */
	static struct CMUnitTest tests[MACHINES_MAX + 1] = { cmocka_unit_test(the_collection_is_whole) };

	find_machines();
	for (size_t i = 0; i < machine_count; i++)
		tests[1 + i] = (struct CMUnitTest){ machines[i].name, replay, NULL, NULL, &machines[i] };
	return cmocka_run_group_tests_name("captured_maps", tests, NULL, NULL);
}
