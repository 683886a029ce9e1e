/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as a GetMemoryMap buffer: findings, conversion under both policies, trace and printed lines. */
#include <mm/efi_to_e820.h>

#include "fuzz.h"

static void print_finding(void *map, const struct efi_finding *finding)
{
	char text[400];
	struct buffer_printer out;

	CHECK((unsigned)finding->kind < EFI_FINDING_KINDS);
	buffer_printer_init(&out, text, sizeof(text));
	efi_finding_print(map, finding, &out.printer);
	CHECK(out.length < sizeof(text) && text[out.length - 1] == '\n');
}

static void check_trace(const struct efi_memmap *map, const struct e820_table *table, const struct efi_trace *trace)
{
	for (size_t i = 0; i < efi_memmap_count(map); i++) {
		bool left = trace[i].fate != EFI_FATE_DROPPED && trace[i].fate != EFI_FATE_COVERED;

		CHECK(left == (trace[i].first != SIZE_MAX) && left == (trace[i].last != SIZE_MAX));
		CHECK(!left || (trace[i].first <= trace[i].last && trace[i].last < table->nr_entries &&
				table->entries[trace[i].first].type == trace[i].type));
		CHECK(trace[i].by == SIZE_MAX || trace[i].by < efi_memmap_count(map));
	}
}

static void convert(const struct efi_memmap *map, enum e820_policy policy)
{
	size_t count = efi_memmap_count(map), scratch_size = efi_to_e820_scratch_size(count);
	struct e820_table table = { exact_copy(NULL, (2 * count + 1) * sizeof(struct e820_entry)), 2 * count + 1, 0 };
	struct efi_trace *trace = exact_copy(NULL, count * sizeof(*trace));
	void *scratch = exact_copy(NULL, scratch_size);
	int result = efi_to_e820(map, policy, &table, trace, scratch, scratch_size);

	CHECK(result == (map->desc_size < sizeof(struct efi_memory_desc) ? MM_EINVAL : 0));
	if (result == 0) {
		check_sanitised(&table);
		check_trace(map, &table, trace);
	}
	free(scratch);
	free(trace);
	free(table.entries);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;

	void *buffer = exact_copy(data + 2, size - 2);
	struct efi_memmap map = { buffer, size - 2, data[0], data[1] & 3 };
	size_t scratch_size = efi_memmap_check_scratch_size(efi_memmap_count(&map));
	void *scratch = exact_copy(NULL, scratch_size);

	CHECK(efi_memmap_check(&map, scratch, scratch_size, print_finding, &map) >= 0);
	convert(&map, E820_POLICY_ACPI);
	convert(&map, E820_POLICY_LINUX);
	free(scratch);
	free(buffer);
	return 0;
}
