/* SPDX-License-Identifier: BSD-2-Clause */
/* Folding an address space into a bar: nothing is lost, the order is kept, and the widths say what they promise. */
#include "e820_assert.h"

#include <mm/map_picture.h>

struct picture {
	struct picture_piece *pieces;
	size_t count;
	uint64_t scale;
};

static bool is_gap(const struct picture_piece *piece)
{
	return piece->flags & PICTURE_GAP;
}

static uint64_t extent(const struct picture_piece *piece)
{
	return piece->last - piece->start;
}

/* What holds of every picture, whatever the ranges are. */
static void check_picture(const struct picture_range *ranges, size_t count, uint32_t cells, uint32_t least,
			  const struct picture *picture)
{
	uint64_t at = 0, cell = 0;
	size_t next = 0, mixed = 0;

	for (size_t i = 0; i < picture->count; i++) {
		const struct picture_piece *piece = &picture->pieces[i];

		/* Side by side, in addresses as in cells. */
		assert_int_equal(piece->start, at);
		assert_true(piece->last >= piece->start);
		assert_int_equal(piece->cell, cell);
		assert_true(piece->width >= least);
		/* Each range is in exactly one piece; a gap has none. */
		assert_int_equal(piece->first, next);
		assert_int_equal(piece->ranges == 0, is_gap(piece));
		next += piece->ranges;
		assert_true(next <= count);
		if (piece->ranges)
			assert_true(ranges[next - 1].last <= piece->last && ranges[piece->first].start >= piece->start);
		if (!(piece->flags & PICTURE_MIXED) && piece->ranges) {
			assert_int_equal(piece->ranges, 1);
			assert_int_equal(piece->start, ranges[piece->first].start);
			assert_int_equal(piece->last, ranges[piece->first].last);
			assert_int_equal(piece->type, ranges[piece->first].type);
		}
		if (is_gap(piece))
			assert_int_equal(piece->type, 0);
		mixed += (piece->flags & PICTURE_MIXED) != 0;
		assert_false((piece->flags & PICTURE_FOLDED) && (piece->flags & PICTURE_WIDENED));
		at = piece->last + 1;
		cell += piece->width;
	}
	assert_int_equal(next, count);
	assert_int_equal(cell, cells);
	assert_int_equal(picture->pieces[picture->count - 1].last, ranges[count - 1].last);
	/* Pieces are joined only when there is no room for all. */
	if (2 * count <= cells / least)
		assert_int_equal(mixed, 0);
	for (size_t i = 0; i < picture->count && picture->count < 3000; i++)
		for (size_t j = 0; j < i; j++) {
			const struct picture_piece *a = &picture->pieces[i], *b = &picture->pieces[j];

			if (is_gap(a) == is_gap(b) && extent(a) != extent(b))
				assert_true(extent(a) > extent(b) ? a->width >= b->width : a->width <= b->width);
			else if (is_gap(a) == is_gap(b))
				assert_true(a->width - b->width + 1 <= 2);
		}
}

/* The picture, in heap memory of exactly the pieces that there can be; free its pieces. */
static struct picture fold(const struct picture_range *ranges, size_t count, uint32_t cells, uint32_t least)
{
	size_t capacity = cells / least;
	struct picture picture = { .pieces = calloc(capacity, sizeof(*picture.pieces)) };
	struct picture_piece *again = calloc(capacity, sizeof(*again));
	long result = map_picture_fold(ranges, count, cells, least, picture.pieces, capacity, &picture.scale);

	assert_true(result > 0 && (size_t)result <= capacity);
	picture.count = (size_t)result;
	check_picture(ranges, count, cells, least, &picture);
	assert_int_equal(map_picture_fold(ranges, count, cells, least, again, capacity, NULL), result);
	assert_memory_equal(again, picture.pieces, picture.count * sizeof(*again));
	free(again);
	return picture;
}

static void expect_piece(const struct picture_piece *piece, uint64_t start, uint64_t last, uint32_t type, uint32_t flags,
			 uint32_t cell, uint32_t width)
{
	assert_int_equal(piece->start, start);
	assert_int_equal(piece->last, last);
	assert_int_equal(piece->type, type);
	assert_int_equal(piece->flags, flags);
	assert_int_equal(piece->cell, cell);
	assert_int_equal(piece->width, width);
}

/*
 *   0      1M              5M   6M                        16M
 *   |--1---|      gap      |-2--|-----------1-------------|     a megabyte is 4 cells, but the gap is folded
 */
static void draws_to_scale(void **state)
{
	static const struct picture_range ranges[] = { { 0, MIB - 1, 1 }, { 5 * MIB, 6 * MIB - 1, 2 },
						       { 6 * MIB, 16 * MIB - 1, 1 } };
	struct picture picture = fold(ranges, 3, 51, 1);

	(void)state;
	assert_int_equal(picture.count, 4);
	/* 12 MiB of ranges; the gap is drawn as a 16th of that. With a byte less a cell, 10 MiB would have 41 cells. */
	assert_int_equal(picture.scale, 10 * MIB / 41 + 1);
	expect_piece(&picture.pieces[0], 0, MIB - 1, 1, 0, 0, 4);
	expect_piece(&picture.pieces[1], MIB, 5 * MIB - 1, 0, PICTURE_GAP | PICTURE_FOLDED, 4, 3);
	expect_piece(&picture.pieces[2], 5 * MIB, 6 * MIB - 1, 2, 0, 7, 4);
	expect_piece(&picture.pieces[3], 6 * MIB, 16 * MIB - 1, 1, 0, 11, 40);
	assert_int_equal(picture.pieces[1].first, 1);
	assert_int_equal(picture.pieces[1].ranges, 0);
	assert_int_equal(picture.pieces[3].first, 2);
	assert_int_equal(picture.pieces[3].ranges, 1);
	free(picture.pieces);
}

/* A page between gigabytes has the least width, and says that it is wider than to scale. */
static void widens_what_is_small(void **state)
{
	static const struct picture_range ranges[] = { { 0, GIB - 1, 1 }, { GIB, GIB + 0xfff, 3 },
						       { GIB + 0x1000, 2 * GIB - 1, 1 } };
	struct picture picture = fold(ranges, 3, 100, 2);

	(void)state;
	assert_int_equal(picture.count, 3);
	expect_piece(&picture.pieces[0], 0, GIB - 1, 1, 0, 0, 49);
	expect_piece(&picture.pieces[1], GIB, GIB + 0xfff, 3, PICTURE_WIDENED, 49, 2);
	expect_piece(&picture.pieces[2], GIB + 0x1000, 2 * GIB - 1, 1, 0, 51, 49);
	free(picture.pieces);
}

/* 64 TiB of a device do not crowd out 16 GiB of RAM. */
static void folds_a_giant(void **state)
{
	static const struct picture_range ranges[] = { { 0, 2 * GIB - 1, 1 }, { 4 * GIB, 18 * GIB - 1, 1 },
						       { GIB * 1024, GIB * 1024 * 65 - 1, 2 } };
	struct picture picture = fold(ranges, 3, 1024, 2);

	(void)state;
	assert_int_equal(picture.count, 5);
	assert_int_equal(picture.pieces[4].flags, PICTURE_FOLDED);
	assert_int_equal(picture.pieces[3].flags, PICTURE_GAP | PICTURE_FOLDED);
	assert_int_equal(picture.pieces[1].flags, PICTURE_GAP);
	assert_int_equal(picture.pieces[2].flags, 0);
	assert_true(picture.pieces[2].width >= 24);
	assert_in_range(picture.pieces[2].width, 7 * picture.pieces[0].width, 7 * picture.pieces[0].width + 7);
	free(picture.pieces);
}

/* The whole address space, its last byte alone, and both at once. */
static void goes_to_the_end_of_the_address_space(void **state)
{
	static const struct picture_range all = { 0, UINT64_MAX, 7 }, byte = { UINT64_MAX, UINT64_MAX, 7 };
	static const struct picture_range two[] = { { 0, 0, 1 }, { UINT64_MAX, UINT64_MAX, 2 } };
	struct picture picture = fold(&all, 1, 78, 1);

	(void)state;
	assert_int_equal(picture.count, 1);
	expect_piece(&picture.pieces[0], 0, UINT64_MAX, 7, 0, 0, 78);
	free(picture.pieces);
	picture = fold(&byte, 1, 78, 1);
	assert_int_equal(picture.count, 2);
	assert_int_equal(picture.pieces[0].flags & PICTURE_GAP, PICTURE_GAP);
	assert_int_equal(picture.pieces[1].start, UINT64_MAX);
	free(picture.pieces);
	picture = fold(&byte, 1, 1, 1);
	assert_int_equal(picture.count, 1);
	expect_piece(&picture.pieces[0], 0, UINT64_MAX, 7, PICTURE_MIXED, 0, 1);
	free(picture.pieces);
	picture = fold(two, 2, 2, 1);
	assert_int_equal(picture.pieces[picture.count - 1].last, UINT64_MAX);
	free(picture.pieces);
	picture = fold(two, 2, 1, 1);
	expect_piece(&picture.pieces[0], 0, UINT64_MAX, 1, PICTURE_MIXED, 0, 1);
	free(picture.pieces);
}

/*
 *   4 KiB each of types 2 1 3 3 4, 1 GiB of type 1, with room for 2 pieces: the small ones become one, of type 3.
 */
static void joins_neighbours(void **state)
{
	static const struct picture_range ranges[] = { { 0, 0xfff, 2 },         { 0x1000, 0x1fff, 1 },
						       { 0x2000, 0x2fff, 3 },   { 0x4000, 0x4fff, 3 },
						       { 0x5000, 0x5fff, 4 },   { 0x6000, GIB - 1, 1 } };
	struct picture picture = fold(ranges, 6, 8, 4);

	(void)state;
	assert_int_equal(picture.count, 2);
	expect_piece(&picture.pieces[0], 0, 0x5fff, 3, PICTURE_MIXED | PICTURE_WIDENED, 0, 4);
	assert_int_equal(picture.pieces[0].first, 0);
	assert_int_equal(picture.pieces[0].ranges, 5);
	expect_piece(&picture.pieces[1], 0x6000, GIB - 1, 1, PICTURE_FOLDED, 4, 4);
	assert_int_equal(picture.pieces[1].first, 5);
	free(picture.pieces);
}

/* Of equally many bytes the lower type wins; a type that comes 17th in a piece is not told apart any more. */
static void dominant_type(void **state)
{
	static const struct picture_range equal[] = { { 0, 0xfff, 9 }, { 0x1000, 0x1fff, 5 } };
	struct picture_range many[18];
	struct picture picture = fold(equal, 2, 1, 1);

	(void)state;
	assert_int_equal(picture.pieces[0].type, 5);
	free(picture.pieces);
	for (uint32_t i = 0; i < 18; i++)
		many[i] = (struct picture_range){ i * 0x1000, i * 0x1000 + 0xfff, 40 - i };
	many[15].last++;
	many[16] = (struct picture_range){ 0x10001, 0x7ffff, 1 };
	many[17] = (struct picture_range){ 0x80000, 0x80fff, 1 };
	picture = fold(many, 18, 1, 1);
	assert_int_equal(picture.pieces[0].type, 25);
	free(picture.pieces);
}

/* More cells than bytes: the rest goes to all alike. */
static void spreads_what_is_left(void **state)
{
	static const struct picture_range ports[] = { { 0, 0, 1 }, { 1, 1, 2 }, { 2, 3, 3 } };
	struct picture picture = fold(ports, 3, 3840, 1);

	(void)state;
	assert_int_equal(picture.count, 3);
	assert_int_equal(picture.scale, 1);
	expect_piece(&picture.pieces[0], 0, 0, 1, 0, 0, 1280);
	expect_piece(&picture.pieces[1], 1, 1, 2, 0, 1280, 1279);
	expect_piece(&picture.pieces[2], 2, 3, 3, 0, 2559, 1281);
	free(picture.pieces);
}

static uint64_t random_state = 1;

static uint64_t random_number(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	return random_state ^= random_state << 17;
}

/* Sorted, disjoint ranges of random sizes from bytes to terabytes, with and without gaps. */
static void random_ranges(struct picture_range *ranges, size_t count)
{
	uint64_t at = random_number() & 1 ? 0 : random_number() >> (random_number() % 40 + 24);
	/* Together below 2^64, however many they are. */
	unsigned shift = 20 + (unsigned)__builtin_clzll(1) - (unsigned)__builtin_clzll(count);

	for (size_t i = 0; i < count; i++) {
		uint64_t size = (random_number() >> (random_number() % (62 - shift) + shift)) + 1;

		ranges[i] = (struct picture_range){ at, at + (size - 1), (uint32_t)(random_number() % 20) };
		at += size;
		if (random_number() & 1)
			at += random_number() >> (random_number() % (62 - shift) + shift);
	}
}

static void random_pictures(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 2000; round++) {
		size_t count = random_number() % 60 + 1;
		uint32_t least = (uint32_t)(random_number() % 8 + 1);
		uint32_t cells = least + (uint32_t)(random_number() % 300);
		struct picture_range *ranges = malloc(count * sizeof(*ranges));

		random_ranges(ranges, count);
		free(fold(ranges, count, cells, least).pieces);
		free(ranges);
	}
}

static void a_hundred_thousand_ranges(void **state)
{
	size_t count = 100000;
	struct picture_range *ranges = malloc(count * sizeof(*ranges));
	struct picture picture;

	(void)state;
	random_ranges(ranges, count);
	picture = fold(ranges, count, 640, 1);
	assert_true(picture.count >= 100);
	free(picture.pieces);
	picture = fold(ranges, count, 200000, 1);
	assert_in_range(picture.count, count, 200000);
	free(picture.pieces);
	free(ranges);
}

static void refuses_what_makes_no_sense(void **state)
{
	static const struct picture_range unsorted[] = { { 0x1000, 0x1fff, 1 }, { 0, 0xfff, 1 } },
					  overlapping[] = { { 0, 0x1000, 1 }, { 0x1000, 0x1fff, 1 } },
					  backwards[] = { { 1, 0, 1 } }, good[] = { { 0, 0xfff, 1 } };
	struct picture_piece piece;
	uint64_t scale = 7;

	(void)state;
	assert_int_equal(map_picture_fold(unsorted, 2, 10, 1, &piece, 1, NULL), MM_EINVAL);
	assert_int_equal(map_picture_fold(overlapping, 2, 10, 1, &piece, 1, NULL), MM_EINVAL);
	assert_int_equal(map_picture_fold(backwards, 1, 10, 1, &piece, 1, NULL), MM_EINVAL);
	assert_int_equal(map_picture_fold(good, 1, 10, 0, &piece, 1, NULL), MM_EINVAL);
	assert_int_equal(map_picture_fold(good, 1, 10, 11, &piece, 1, NULL), MM_ENOSPC);
	assert_int_equal(map_picture_fold(good, 1, 10, 1, &piece, 0, &scale), MM_ENOSPC);
	assert_int_equal(scale, 7);
	assert_int_equal(map_picture_fold(NULL, 0, 10, 1, &piece, 1, &scale), 0);
	assert_int_equal(scale, 0);
}

static void reads_e820(void **state)
{
	TABLE(table, 4, { 0, 0x1000, RAM }, { 0x1000, 0, ACPI }, { 0x2000, 0x1000, NVS },
	      { UINT64_MAX - 0xfff, 0x1000, RESERVED });
	struct picture_range ranges[3];

	(void)state;
	assert_int_equal(picture_ranges_of_e820(&table, ranges, 3), 3);
	assert_int_equal(ranges[0].start, 0);
	assert_int_equal(ranges[0].last, 0xfff);
	assert_int_equal(ranges[0].type, RAM);
	assert_int_equal(ranges[1].start, 0x2000);
	assert_int_equal(ranges[1].last, 0x2fff);
	assert_int_equal(ranges[1].type, NVS);
	assert_int_equal(ranges[2].start, UINT64_MAX - 0xfff);
	assert_int_equal(ranges[2].last, UINT64_MAX);
	assert_int_equal(ranges[2].type, RESERVED);
	assert_int_equal(picture_ranges_of_e820(&table, ranges, 2), MM_ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(draws_to_scale),
		cmocka_unit_test(widens_what_is_small),
		cmocka_unit_test(folds_a_giant),
		cmocka_unit_test(goes_to_the_end_of_the_address_space),
		cmocka_unit_test(joins_neighbours),
		cmocka_unit_test(dominant_type),
		cmocka_unit_test(spreads_what_is_left),
		cmocka_unit_test(random_pictures),
		cmocka_unit_test(a_hundred_thousand_ranges),
		cmocka_unit_test(refuses_what_makes_no_sense),
		cmocka_unit_test(reads_e820),
	};

	return cmocka_run_group_tests_name("map_picture", tests, NULL, NULL);
}
