/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as SMBIOS structures, and as an entry point: names are short, printable, and nothing else is read. */
#include <loader/smbios.h>

#include "fuzz.h"

static void check_names(const uint8_t *data, size_t size)
{
	uint8_t *table = exact_copy(data, size);
	struct smbios_names names;

	memset(&names, 0xa5, sizeof(names));
	smbios_names_read(table, size, &names);
	for (unsigned i = 0; i < SMBIOS_NAMES; i++) {
		const char *end = memchr(names.text[i], '\0', SMBIOS_TEXT_SIZE);
		size_t length = end ? (size_t)(end - names.text[i]) : SMBIOS_TEXT_SIZE;

		CHECK(end && (length == 0 || names.text[i][length - 1] != ' '));
		for (size_t n = 0; n < length; n++)
			CHECK(names.text[i][n] >= ' ' && names.text[i][n] <= '~');
	}
	free(table);
}

/* With the right checksum, which the fuzzer would never find. */
static void check_entry(const uint8_t *data, size_t size, size_t sum_at, bool (*parse)(const uint8_t *, struct smbios_table *))
{
	uint8_t *entry = exact_copy(data, size);
	struct smbios_table table;
	uint8_t sum = 0;

	entry[sum_at] = 0;
	for (size_t i = 0; i < size; i++)
		sum = (uint8_t)(sum + entry[i]);
	entry[sum_at] = (uint8_t)-sum;
	CHECK(!parse(entry, &table) || table.base != 0);
	free(entry);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_names(data, size);
	if (size >= SMBIOS_ENTRY2_SIZE)
		check_entry(data, SMBIOS_ENTRY2_SIZE, 4, smbios_entry2_parse);
	if (size >= SMBIOS_ENTRY3_SIZE)
		check_entry(data, SMBIOS_ENTRY3_SIZE, 5, smbios_entry3_parse);
	return 0;
}
