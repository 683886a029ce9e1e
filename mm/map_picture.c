/* SPDX-License-Identifier: BSD-2-Clause */
#include <mm/map_picture.h>

#define GAP_SHARE 16   /* a gap is drawn as at most this part of all ranges */
#define RANGE_RATIO 32 /* a range is drawn as at most so many times all others */
#define TYPES_MAX 16   /* types that are told apart within one mixed piece */

/* One range or gap, before any are joined. */
struct part {
	uint64_t start;
	uint64_t last;
	size_t index; /* of the range, or of the one after the gap */
	bool gap;
};

/* Goes through ranges and gaps in order. */
struct parts {
	const struct picture_range *ranges;
	size_t count;
	size_t next;
	uint64_t at; /* first address not yet told */
};

static bool next_part(struct parts *parts, struct part *part)
{
	const struct picture_range *range;

	if (parts->next == parts->count)
		return false;
	range = &parts->ranges[parts->next];
	part->index = parts->next;
	part->start = parts->at;
	part->gap = range->start > parts->at;
	part->last = part->gap ? range->start - 1 : range->last;
	parts->next += !part->gap;
	parts->at = part->last + 1; /* 2^64 comes after the last part only */
	return true;
}

/* Bytes, of which a part of all 2^64 has one too few. */
static uint64_t bytes_of(uint64_t start, uint64_t last)
{
	uint64_t less_1 = last - start;

	return less_1 == UINT64_MAX ? less_1 : less_1 + 1;
}

static uint64_t add_clamped(uint64_t a, uint64_t b)
{
	return __builtin_add_overflow(a, b, &a) ? UINT64_MAX : a;
}

static bool in_order(const struct picture_range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (ranges[i].last < ranges[i].start || (i > 0 && ranges[i].start <= ranges[i - 1].last))
			return false;
	return true;
}

/* A threshold that joins all into one piece, however large they are. */
#define JOIN_ALL UINT64_MAX

/*
 * Joins neighbours: a part of at least threshold bytes stays alone, smaller ones are joined until they have as many.
 * Writes at most capacity pieces, and returns how many there are; pieces may be null with capacity 0.
 */
static size_t join(const struct picture_range *ranges, size_t count, uint64_t threshold, struct picture_piece *pieces,
		   size_t capacity)
{
	struct parts parts = { .ranges = ranges, .count = count };
	uint64_t joined = 0; /* bytes of the open piece */
	size_t used = 0;
	struct part part;

	while (next_part(&parts, &part)) {
		uint64_t bytes = bytes_of(part.start, part.last);
		bool fresh = used == 0 || (threshold != JOIN_ALL && (joined >= threshold || bytes >= threshold));
		struct picture_piece *piece;

		joined = fresh ? bytes : add_clamped(joined, bytes);
		used += fresh;
		if (used > capacity)
			continue;
		piece = &pieces[used - 1];
		if (fresh)
			*piece = (struct picture_piece){ .start = part.start, .first = part.index, .flags = PICTURE_GAP };
		else
			piece->flags |= PICTURE_MIXED;
		piece->last = part.last;
		piece->ranges += !part.gap;
		if (!part.gap)
			piece->flags &= ~(uint32_t)PICTURE_GAP;
	}
	return used;
}

/* A threshold with which there are at most so many pieces, and with one byte less there are more. */
static uint64_t find_threshold(const struct picture_range *ranges, size_t count, size_t most)
{
	uint64_t low = 0, high = JOIN_ALL;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (join(ranges, count, middle, NULL, 0) <= most)
			high = middle;
		else
			low = middle + 1;
	}
	return high;
}

/* The type with most bytes among the ranges of a piece; of more than TYPES_MAX types, among the first of them. */
static uint32_t dominant_type(const struct picture_range *ranges, size_t count)
{
	uint64_t bytes[TYPES_MAX];
	uint32_t types[TYPES_MAX];
	size_t known = 0, best = 0;

	for (size_t i = 0; i < count; i++) {
		uint64_t size = bytes_of(ranges[i].start, ranges[i].last);
		size_t at = 0;

		while (at < known && types[at] != ranges[i].type)
			at++;
		if (at == TYPES_MAX)
			continue;
		if (at == known) {
			types[known] = ranges[i].type;
			bytes[known++] = 0;
		}
		bytes[at] = add_clamped(bytes[at], size);
	}
	for (size_t at = 1; at < known; at++)
		if (bytes[at] > bytes[best] || (bytes[at] == bytes[best] && types[at] < types[best]))
			best = at;
	return known ? types[best] : 0;
}

static uint64_t size_of(const struct picture_piece *piece)
{
	return bytes_of(piece->start, piece->last);
}

/* What pieces are drawn as, at most. */
struct limits {
	uint64_t gap;
	uint64_t range;
};

static struct limits find_limits(const struct picture_piece *pieces, size_t count)
{
	uint64_t others = 0, largest = 0;
	struct limits limits;

	for (size_t i = 0; i < count; i++) {
		uint64_t size = size_of(&pieces[i]);

		if (pieces[i].flags & PICTURE_GAP)
			continue;
		others = add_clamped(others, size < largest ? size : largest);
		largest = size > largest ? size : largest;
	}
	if (others == 0 || __builtin_mul_overflow(others, (uint64_t)RANGE_RATIO, &limits.range))
		limits.range = UINT64_MAX;
	limits.gap = add_clamped(others, largest < limits.range ? largest : limits.range) / GAP_SHARE;
	return limits;
}

static uint64_t drawn_size(const struct picture_piece *piece, const struct limits *limits)
{
	uint64_t size = size_of(piece), limit = piece->flags & PICTURE_GAP ? limits->gap : limits->range;

	return size < limit ? size : limit;
}

static uint64_t width_at(uint64_t drawn, uint64_t scale, uint32_t least)
{
	return drawn / scale > least ? drawn / scale : least;
}

static bool fits(const struct picture_piece *pieces, size_t count, const struct limits *limits, uint64_t scale,
		 uint32_t least, uint32_t cells)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count && sum <= cells; i++) {
		uint64_t width = width_at(drawn_size(&pieces[i], limits), scale, least);

		sum += width > cells ? (uint64_t)cells + 1 : width;
	}
	return sum <= cells;
}

/* The fewest bytes a cell with which all pieces fit. */
static uint64_t find_scale(const struct picture_piece *pieces, size_t count, const struct limits *limits,
			   uint32_t least, uint32_t cells)
{
	uint64_t low = 1, high = UINT64_MAX;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (fits(pieces, count, limits, middle, least, cells))
			high = middle;
		else
			low = middle + 1;
	}
	return high;
}

static size_t count_above(const struct picture_piece *pieces, size_t count, uint64_t size)
{
	size_t above = 0;

	for (size_t i = 0; i < count; i++)
		above += size_of(&pieces[i]) > size;
	return above;
}

/* Cells that are left over: the same for all, then one more for the largest, the left ones first among equals. */
static void give_rest(struct picture_piece *pieces, size_t count, uint32_t rest)
{
	uint32_t each = rest / (uint32_t)count, more = rest % (uint32_t)count;
	uint64_t low = 0, high = UINT64_MAX;
	size_t equals;

	while (low < high) { /* the smallest size with at most `more` pieces above it */
		uint64_t middle = low + (high - low) / 2;

		if (count_above(pieces, count, middle) <= more)
			high = middle;
		else
			low = middle + 1;
	}
	equals = more - count_above(pieces, count, high);
	for (size_t i = 0; i < count; i++) {
		uint64_t size = size_of(&pieces[i]);
		bool equal = size == high && equals > 0;

		equals -= equal;
		pieces[i].width += each + (size > high || equal);
	}
}

/* Widths, positions, and what the scale does not hold for. */
static uint64_t lay_out(struct picture_piece *pieces, size_t count, uint32_t least, uint32_t cells)
{
	struct limits limits = find_limits(pieces, count);
	uint64_t scale = find_scale(pieces, count, &limits, least, cells);
	uint32_t rest = cells, cell = 0;

	for (size_t i = 0; i < count; i++) {
		uint64_t drawn = drawn_size(&pieces[i], &limits);

		pieces[i].width = (uint32_t)width_at(drawn, scale, least);
		if (drawn < size_of(&pieces[i]) && size_of(&pieces[i]) / scale > pieces[i].width)
			pieces[i].flags |= PICTURE_FOLDED;
		else if (drawn / scale < least)
			pieces[i].flags |= PICTURE_WIDENED;
		rest -= pieces[i].width;
	}
	give_rest(pieces, count, rest);
	for (size_t i = 0; i < count; i++) {
		pieces[i].cell = cell;
		cell += pieces[i].width;
	}
	return scale;
}

long map_picture_fold(const struct picture_range *ranges, size_t count, uint32_t cells, uint32_t least,
		      struct picture_piece *pieces, size_t capacity, uint64_t *bytes_per_cell)
{
	size_t most, used;
	uint64_t scale = 0, threshold = 0;

	if (least == 0 || !in_order(ranges, count))
		return MM_EINVAL;
	most = cells / least < capacity ? cells / least : capacity;
	if (most == 0)
		return MM_ENOSPC;
	if (join(ranges, count, 0, NULL, 0) > most)
		threshold = find_threshold(ranges, count, most);
	used = join(ranges, count, threshold, pieces, most);
	for (size_t i = 0; i < used; i++)
		pieces[i].type = dominant_type(ranges + pieces[i].first, pieces[i].ranges);
	if (used)
		scale = lay_out(pieces, used, least, cells);
	if (bytes_per_cell)
		*bytes_per_cell = scale;
	return (long)used;
}

long picture_ranges_of_e820(const struct e820_table *table, struct picture_range *ranges, size_t capacity)
{
	size_t used = 0;

	for (size_t i = 0; i < table->nr_entries; i++) {
		const struct e820_entry *entry = &table->entries[i];

		if (entry->size == 0)
			continue;
		if (used == capacity)
			return MM_ENOSPC;
		ranges[used++] = (struct picture_range){ entry->addr, entry->addr + (entry->size - 1), entry->type };
	}
	return (long)used;
}
