/* SPDX-License-Identifier: BSD-2-Clause */
#include <loader/smbios.h>

#define HEADER_SIZE 4 /* type, length of the formatted part, handle */
#define TYPE_END 127

static bool sums_to_zero(const uint8_t *bytes, size_t size)
{
	uint8_t sum = 0;

	while (size > 0)
		sum = (uint8_t)(sum + bytes[--size]);
	return sum == 0;
}

/* Some firmware of version 2.1 says 30 where the structure has 31 bytes. */
bool smbios_entry2_parse(const uint8_t *entry, struct smbios_table *table)
{
	uint32_t base;
	uint16_t size;

	if (__builtin_memcmp(entry, "_SM_", 4) || entry[5] < SMBIOS_ENTRY2_SIZE - 1 || entry[5] > SMBIOS_ENTRY2_SIZE ||
	    !sums_to_zero(entry, entry[5]))
		return false;
	__builtin_memcpy(&size, entry + 22, sizeof(size));
	__builtin_memcpy(&base, entry + 24, sizeof(base));
	*table = (struct smbios_table){ base, size };
	return base != 0;
}

bool smbios_entry3_parse(const uint8_t *entry, struct smbios_table *table)
{
	if (__builtin_memcmp(entry, "_SM3_", 5) || entry[6] != SMBIOS_ENTRY3_SIZE || !sums_to_zero(entry, SMBIOS_ENTRY3_SIZE))
		return false;
	__builtin_memcpy(&table->size, entry + 12, sizeof(table->size));
	__builtin_memcpy(&table->base, entry + 16, sizeof(table->base));
	return table->base != 0;
}

static void copy_text(const uint8_t *from, size_t length, char *to)
{
	size_t used = 0;

	for (; used < length && used + 1 < SMBIOS_TEXT_SIZE; used++)
		to[used] = from[used] >= ' ' && from[used] <= '~' ? (char)from[used] : '?';
	while (used > 0 && to[used - 1] == ' ')
		used--;
	to[used] = '\0';
}

/* String number (from 1; 0: none) of the strings in [at, end), each with its NUL. */
static void copy_string(const uint8_t *at, const uint8_t *end, uint8_t number, char *to)
{
	while (number > 0 && at < end) {
		const uint8_t *start = at;

		while (at < end && *at)
			at++;
		if (--number == 0)
			copy_text(start, (size_t)(at - start), to);
		at++;
	}
}

/* End of a structure's strings: behind the two NULs that follow the last one; null when the table ends before. */
static const uint8_t *strings_end(const uint8_t *at, const uint8_t *end)
{
	for (; end - at >= 2; at++)
		if (at[0] == 0 && at[1] == 0)
			return at + 2;
	return NULL;
}

/* Where in a structure of that type the number of that string is. */
static const struct {
	uint8_t type;
	uint8_t offset;
} places[SMBIOS_NAMES] = {
	[SMBIOS_BIOS_VENDOR] = { 0, 4 },   [SMBIOS_BIOS_VERSION] = { 0, 5 },   [SMBIOS_BIOS_DATE] = { 0, 8 },
	[SMBIOS_SYSTEM_VENDOR] = { 1, 4 }, [SMBIOS_SYSTEM_PRODUCT] = { 1, 5 }, [SMBIOS_SYSTEM_VERSION] = { 1, 6 },
	[SMBIOS_BOARD_VENDOR] = { 2, 4 },  [SMBIOS_BOARD_PRODUCT] = { 2, 5 },  [SMBIOS_BOARD_VERSION] = { 2, 6 },
};

void smbios_names_read(const uint8_t *table, size_t size, struct smbios_names *names)
{
	const uint8_t *at = table, *end = table + size;
	unsigned seen = 0; /* of a machine's several boards the first counts */

	__builtin_memset(names, 0, sizeof(*names));
	while (end - at > HEADER_SIZE && at[0] != TYPE_END && at[1] >= HEADER_SIZE && end - at > at[1]) {
		const uint8_t *strings = at + at[1], *next = strings_end(strings, end);

		if (!next)
			return;
		for (unsigned i = 0; i < SMBIOS_NAMES; i++)
			if (places[i].type == at[0] && places[i].offset < at[1] && !(seen >> at[0] & 1))
				copy_string(strings, next - 1, at[places[i].offset], names->text[i]);
		if (at[0] < 8)
			seen |= 1U << at[0];
		at = next;
	}
}
