/* SPDX-License-Identifier: BSD-2-Clause */
#include <loader/loader_variables.h>
#include <loader/utf16.h>

#define MICROSECONDS 1000000
#define TSC_TICKS_MAX 100000 /* of a tick of the power management timer: a processor of 350 GHz */

#define ID_MAX (BLS_NAME_MAX + sizeof(".conf"))

/* The entry's id with its NUL; returns its units. */
static size_t entry_id(const struct bls_file *file, uint16_t id[ID_MAX])
{
	char text[ID_MAX];
	struct buffer_printer out;
	size_t units = 0;

	buffer_printer_init(&out, text, sizeof(text));
	bls_file_print_id(file, &out.printer);
	if (!utf8_to_utf16(text, id, ID_MAX, NULL))
		id[0] = 0;
	while (id[units++])
		;
	return units;
}

size_t loader_entries_units(struct bls_file *const *files, size_t count)
{
	uint16_t id[ID_MAX];
	size_t units = 0;

	for (size_t i = 0; i < count; i++)
		units += entry_id(files[i], id);
	return units;
}

void loader_entries_write(struct bls_file *const *files, size_t count, uint16_t *to)
{
	uint16_t id[ID_MAX];

	for (size_t i = 0; i < count; i++) {
		size_t units = entry_id(files[i], id);

		__builtin_memcpy(to, id, units * sizeof(*id));
		to += units;
	}
}

bool loader_variable_text(const uint16_t *value, size_t size, char *to, size_t capacity)
{
	size_t count = size / sizeof(*value), length;

	if (count > 0 && value[count - 1] == 0)
		count--;
	to[0] = '\0';
	if (size % sizeof(*value) || count == 0)
		return false;
	for (size_t i = 0; i < count; i += length)
		if (value[i] < ' ' || value[i] == 0x7f || utf16_next(value + i, count - i, &length) == UTF_BAD)
			return false;
	if (utf16_to_utf8(value, count, to, capacity) < capacity)
		return true;
	to[0] = '\0';
	return false;
}

/* The first three fields are little-endian numbers (UEFI 2.10, appendix A). */
void loader_guid_print(const uint8_t *guid, struct printer *out)
{
	static const uint8_t order[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };

	for (size_t i = 0; i < MM_ARRAY_COUNT(order); i++)
		print(out, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", guid[order[i]]);
}

uint64_t loader_tsc_frequency(uint64_t tsc_ticks, uint32_t timer_start, uint32_t timer_end, unsigned timer_bits)
{
	uint32_t timer_ticks = (timer_end - timer_start) & (timer_bits == 32 ? UINT32_MAX : (UINT32_C(1) << 24) - 1);
	uint64_t whole, rest;

	if (timer_ticks == 0 || tsc_ticks / timer_ticks > TSC_TICKS_MAX)
		return 0;
	whole = tsc_ticks / timer_ticks;
	rest = tsc_ticks % timer_ticks;
	return whole * PM_TIMER_HZ + rest * PM_TIMER_HZ / timer_ticks;
}

uint64_t loader_microseconds(uint64_t ticks, uint64_t frequency)
{
	return ticks / frequency * MICROSECONDS + ticks % frequency * MICROSECONDS / frequency;
}
