/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The relocations of a prepared kernel. Their order is in the format; where the last one ends is looked at first, and then they
 * are applied without looking again. A kernel has 200,000 of them, so a few instructions each are what this costs.
 */
#include <loader/prepared.h>

#define LONG UINT32_C(0x8000) /* a distance in two units, of which this is the high one */
#define LONGS UINT64_C(0x8000800080008000)
#define RUN_BITS 5 /* of a 64-bit table's unit: how many more follow directly; the bits above are the distance in 8 bytes */
#define RUN_MASK UINT32_C(0x1f)
#define RUN_MASKS UINT64_C(0x001f001f001f001f)
#define DISTANCE_MASKS UINT64_C(0x03ff03ff03ff03ff)
#define EVEN_UNITS UINT64_C(0x0000ffff0000ffff)
#define SUM_MOST 65536 /* units */
#define WIDE 8
#define NARROW 4

struct units {
	const uint16_t *at;
	const uint16_t *end;
};

/* The next unit, or two: a distance, and for a 64-bit table how many more relocations follow directly. */
struct step {
	uint64_t distance;
	uint32_t run;
};

static struct units units_of(const struct prepared_header *head, enum prepared_relocation kind)
{
	const uint16_t *at = (const void *)((const uint8_t *)head + head->relocations[kind].offset);

	return (struct units){ at, at + head->relocations[kind].size / sizeof(*at) };
}

/* What is behind a last unit alone that should be two is not read. */
static inline struct step take_step(struct units *units, unsigned width)
{
	uint64_t unit = *units->at++;

	if (unit & LONG)
		return (struct step){ (unit & ~LONG) << 16 | (units->at < units->end ? *units->at++ : 0), 0 };
	if (width == NARROW)
		return (struct step){ unit, 0 };
	return (struct step){ (unit >> RUN_BITS) * WIDE, unit & RUN_MASK };
}

/* Bytes that four short units go on, each in 16 bits; for a 64-bit table in units of 8. All without the relocations' own. */
static inline uint64_t four_short(uint64_t four, unsigned width)
{
	return width == NARROW ? four : (four >> RUN_BITS & DISTANCE_MASKS) + (four & RUN_MASKS);
}

/*
 * How far as many short units go on as follow each other, eight at a time and at most SUM_MOST: two of them fit 16 bits together,
 * and so many fit 32. The units are taken.
 */
static inline uint64_t take_short(struct units *units, unsigned width)
{
	const uint16_t *start = units->at, *end = units->end - start > SUM_MOST ? start + SUM_MOST : units->end;
	uint64_t sum = 0;

	for (; end - units->at >= 8; units->at += 8) {
		uint64_t four, more;

		__builtin_memcpy(&four, units->at, sizeof(four));
		__builtin_memcpy(&more, units->at + 4, sizeof(more));
		if ((four | more) & LONGS)
			break;
		four = four_short(four, width) + four_short(more, width);
		sum += (four & EVEN_UNITS) + (four >> 16 & EVEN_UNITS);
	}
	sum = (uint32_t)sum + (sum >> 32);
	return (width == NARROW ? sum : sum * WIDE) + (uint64_t)(units->at - start) * width;
}

/* Where the last relocation of a table ends. */
static inline uint64_t end_of_table(struct units units, unsigned width)
{
	uint64_t end = 0;

	while (units.at < units.end) {
		end += take_short(&units, width);
		for (unsigned i = 0; i < 8 && units.at < units.end; i++) {
			struct step step = take_step(&units, width);

			end += step.distance + (step.run + UINT64_C(1)) * width;
		}
	}
	return end;
}

int prepared_check_relocations(const struct prepared_header *head, uint64_t memory_size, struct printer *why)
{
	for (unsigned kind = 0; kind < PREPARED_RELOCATIONS; kind++) {
		struct units units = units_of(head, kind);
		uint64_t end = kind == PREPARED_RELOCATION_64 ? end_of_table(units, WIDE) : end_of_table(units, NARROW);

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
		struct step step = take_step(&units, WIDE);

		memory += step.distance;
		do {
			uint64_t value;

			__builtin_memcpy(&value, memory, sizeof(value));
			value += delta;
			__builtin_memcpy(memory, &value, sizeof(value));
			memory += sizeof(value);
		} while (step.run--);
	}
}

static void add_32(struct units units, uint8_t *memory, uint32_t delta)
{
	while (units.at < units.end) {
		uint32_t value;

		memory += take_step(&units, NARROW).distance;
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
