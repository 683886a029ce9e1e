/* SPDX-License-Identifier: BSD-2-Clause */
/* The relocations of a prepared kernel. */
#include <loader/prepared.h>

#define LONG UINT32_C(0x8000) /* a distance in two units, of which this is the high one */

static const uint8_t width_of[PREPARED_RELOCATIONS] = { 8, 4, 4 };

/* The distance at *unit, which moves on; false when its second unit is missing. */
static inline bool read_distance(const uint16_t **unit, const uint16_t *end, uint64_t *distance)
{
	*distance = *(*unit)++;
	if (*distance & LONG) {
		if (*unit == end)
			return false;
		*distance = (*distance & ~LONG) << 16 | *(*unit)++;
	}
	return true;
}

static inline void add(uint8_t *memory, enum prepared_relocation kind, uint64_t delta)
{
	uint64_t wide;
	uint32_t narrow;

	if (kind == PREPARED_RELOCATION_64) {
		__builtin_memcpy(&wide, memory, sizeof(wide));
		wide += delta;
		__builtin_memcpy(memory, &wide, sizeof(wide));
	} else {
		__builtin_memcpy(&narrow, memory, sizeof(narrow));
		narrow += (uint32_t)(kind == PREPARED_RELOCATION_32 ? delta : -delta);
		__builtin_memcpy(memory, &narrow, sizeof(narrow));
	}
}

int prepared_walk_relocations(const struct prepared_header *head, uint64_t memory_size, uint8_t *memory, uint64_t delta,
			      struct printer *why)
{
	for (unsigned kind = 0; kind < PREPARED_RELOCATIONS; kind++) {
		const uint16_t *unit = (const void *)((const uint8_t *)head + head->relocations[kind].offset);
		const uint16_t *end = unit + head->relocations[kind].size / sizeof(*unit);
		uint64_t width = width_of[kind], at = 0, distance;

		while (unit < end) {
			bool whole = read_distance(&unit, end, &distance);

			at += distance;
			if (!whole || at > memory_size || memory_size - at < width) {
				print(why, "relocation table %u %s 0x%llx; needed: all inside the image of %llu bytes; prepare the kernel "
					   "again (mapbridge prepare)", kind, whole ? "points to" : "is cut off at", (unsigned long long)at,
				      (unsigned long long)memory_size);
				return MM_EINVAL;
			}
			if (memory)
				add(memory + at, kind, delta);
			at += width;
		}
	}
	return 0;
}
