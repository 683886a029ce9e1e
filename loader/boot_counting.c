/* SPDX-License-Identifier: BSD-2-Clause */
#include <loader/boot_counting.h>

#include <loader/bls.h>

#define SUFFIX_LENGTH 5 /* .conf */

/* The number in front of *end, which then is where it starts; false when there is none or it is too large. */
static bool number_before(const char *name, size_t *end, uint32_t *number)
{
	size_t start = *end;
	uint64_t value = 0;

	while (start > 0 && name[start - 1] >= '0' && name[start - 1] <= '9')
		start--;
	for (size_t i = start; i < *end && value <= INT32_MAX; i++)
		value = value * 10 + (uint64_t)(name[i] - '0');
	if (start == *end || value > INT32_MAX)
		return false;
	*end = start;
	*number = (uint32_t)value;
	return true;
}

struct boot_counter boot_counter_parse(const char *name)
{
	struct boot_counter counter = { .counted = false };
	size_t end = text_length(name);

	if (bls_name_matches("*.conf", name))
		end -= SUFFIX_LENGTH;
	counter.stem = end;
	if (!number_before(name, &end, &counter.left))
		return counter;
	if (end > 0 && name[end - 1] == '-') {
		counter.done = counter.left;
		end--;
		if (!number_before(name, &end, &counter.left))
			end = 0;
	}
	if (end == 0 || name[end - 1] != '+')
		return (struct boot_counter){ .stem = counter.stem };
	counter.counted = true;
	counter.stem = end - 1;
	return counter;
}

bool boot_counter_next_name(const char *name, char *to, size_t capacity)
{
	struct boot_counter counter = boot_counter_parse(name);
	const char *suffix = bls_name_matches("*.conf", name) ? name + text_length(name) - SUFFIX_LENGTH : "";
	struct buffer_printer out;

	if (!counter.counted)
		return false;
	if (counter.left > 0)
		counter.left--;
	if (counter.done < INT32_MAX)
		counter.done++;
	buffer_printer_init(&out, to, capacity);
	print(&out.printer, "%.*s+%u-%u%s", (int)counter.stem, name, counter.left, counter.done, suffix);
	return out.length < capacity;
}
