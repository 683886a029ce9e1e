/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptors that no kind firmware gives: overlaps, no pages, wraps, types out of range, memory that is not there. */
#include "lies.h"

#include <stdlib.h>

#define PAGE UINT64_C(4096)
#define LIES_MAX 40

static uint64_t state;

static uint64_t draw(uint64_t limit)
{
	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (state >> 20) % limit;
}

/* Near or in what the machine has, or anywhere. */
static struct scenario_memory random_lie(const struct scenario *scenario)
{
	static const uint32_t types[] = { 7, 7, 3, 4, 1, 2, 5, 6, 0, 8, 9, 10, 11, 12, 13, 14, 16, 0x70000000, 0x80000000, 0xffffffff };
	static const uint64_t odd[] = { 0, UINT64_MAX, UINT64_MAX / PAGE, UINT64_C(1) << 40 };
	const struct scenario_memory *near = &scenario->memory[draw(scenario->memory_count)];
	struct scenario_memory piece = { near->base + draw(near->pages) * PAGE, 1 + draw(512), types[draw(20)], 0xf };

	if (draw(4) == 0)
		piece.base = draw(UINT64_C(1) << 36) / PAGE * PAGE;
	if (draw(8) == 0)
		piece.base = -(draw(4) * PAGE);
	if (draw(8) == 0)
		piece.pages = odd[draw(4)];
	if (piece.type == 5 || piece.type == 6)
		piece.attribute |= UINT64_C(1) << 63;
	if (draw(10) == 0)
		piece.attribute |= 0x40000; /* special purpose */
	return piece;
}

void lie(struct scenario *scenario, uint64_t seed)
{
	static const uint64_t strides[] = { 40, 48, 56, 104, 256 };

	state = seed * 7919;
	scenario->lie_count = draw(LIES_MAX) + 1;
	scenario->lies = malloc(scenario->lie_count * sizeof(*scenario->lies));
	for (size_t i = 0; i < scenario->lie_count; i++)
		scenario->lies[i] = random_lie(scenario);
	scenario->stride = strides[draw(5)];
	scenario->shuffled = draw(2);
	scenario->map_growth = (unsigned)draw(4) * 4;
}
