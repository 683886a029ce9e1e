/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The relocations of a prepared kernel. Their order is in the format; where the last one ends is looked at first, and then they
 * are applied without looking again. A kernel has 200,000 of them, so a few instructions each are what this costs.
 */
#include <loader/prepared.h>

#define LONG UINT32_C(0x8000) /* a distance in two units, of which this is the high one */
#define LONGS UINT64_C(0x8000800080008000)
#define SUM_MOST 65536 /* units */
#define EVEN_UNITS UINT64_C(0x0000ffff0000ffff)

struct units {
	const uint16_t *at;
	const uint16_t *end;
	uint64_t width; /* of a relocation, bytes */
};

static struct units units_of(const struct prepared_header *head, enum prepared_relocation kind)
{
	const uint16_t *at = (const void *)((const uint8_t *)head + head->relocations[kind].offset);

	return (struct units){ at, at + head->relocations[kind].size / sizeof(*at), kind == PREPARED_RELOCATION_64 ? 8 : 4 };
}

/* The distance at *unit, which moves on. What is behind a last unit alone that should be two is not read. */
static inline uint64_t read_distance(const uint16_t **unit, const uint16_t *end)
{
	uint64_t distance = *(*unit)++;

	if (distance & LONG)
		distance = (distance & ~LONG) << 16 | (*unit < end ? *(*unit)++ : 0);
	return distance;
}

/*
 * The sum of as many distances of one unit as follow each other, eight at a time and at most SUM_MOST: two of them fit 16 bits together, and so
 * many fit 32. The units are taken.
 */
static uint64_t sum_of_short(struct units *units)
{
	const uint16_t *end = units->end - units->at > SUM_MOST ? units->at + SUM_MOST : units->end;
	uint64_t sum = 0;

	for (; end - units->at >= 8; units->at += 8) {
		uint64_t four, more;

		__builtin_memcpy(&four, units->at, sizeof(four));
		__builtin_memcpy(&more, units->at + 4, sizeof(more));
		if ((four | more) & LONGS)
			break;
		four += more;
		sum += (four & EVEN_UNITS) + (four >> 16 & EVEN_UNITS);
	}
	return (uint32_t)sum + (sum >> 32);
}

/* Where the last relocation of a table ends. */
static uint64_t end_of_table(struct units units)
{
	uint64_t end = 0;

	while (units.at < units.end) {
		const uint16_t *start = units.at;

		end += sum_of_short(&units);
		end += (uint64_t)(units.at - start) * units.width;
		for (unsigned i = 0; i < 8 && units.at < units.end; i++)
			end += read_distance(&units.at, units.end) + units.width;
	}
	return end;
}

int prepared_check_relocations(const struct prepared_header *head, uint64_t memory_size, struct printer *why)
{
	for (unsigned kind = 0; kind < PREPARED_RELOCATIONS; kind++) {
		uint64_t end = end_of_table(units_of(head, kind));

		if (end <= memory_size)
			continue;
		print(why, "relocation table %u goes on to 0x%llx; needed: all inside the image of %llu bytes; prepare the kernel again "
			   "(mapbridge prepare)", kind, (unsigned long long)end, (unsigned long long)memory_size);
		return MM_EINVAL;
	}
	return 0;
}

static void add_64(struct units units, uint8_t *memory, uint64_t delta)
{
	while (units.at < units.end) {
		uint64_t value;

		memory += read_distance(&units.at, units.end);
		__builtin_memcpy(&value, memory, sizeof(value));
		value += delta;
		__builtin_memcpy(memory, &value, sizeof(value));
		memory += sizeof(value);
	}
}

static void add_32(struct units units, uint8_t *memory, uint32_t delta)
{
	while (units.at < units.end) {
		uint32_t value;

		memory += read_distance(&units.at, units.end);
		__builtin_memcpy(&value, memory, sizeof(value));
		value += delta;
		__builtin_memcpy(memory, &value, sizeof(value));
		memory += sizeof(value);
	}
}

int prepared_relocate(const struct prepared_header *head, uint64_t memory_size, uint8_t *memory, uint64_t delta, struct printer *why)
{
	int error = prepared_check_relocations(head, memory_size, why);

	if (error)
		return error;
	add_64(units_of(head, PREPARED_RELOCATION_64), memory, delta);
	add_32(units_of(head, PREPARED_RELOCATION_INVERSE_32), memory, (uint32_t)-delta);
	add_32(units_of(head, PREPARED_RELOCATION_32), memory, (uint32_t)delta);
	return 0;
}
