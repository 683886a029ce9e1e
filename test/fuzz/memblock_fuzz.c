/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libFuzzer: bytes are a stream of actions for memblock and for the painter (test/property/memblock_painter.h),
 * which must agree after each. First byte: bits 0-1 the address of the first unit, 2-3 the size of a unit, 4-5 the
 * room in the tables, 7 that they may grow, which then stays so for the whole process. Then 8 bytes an action.
 */
#include <stdlib.h>

#include "../property/memblock_painter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void stop(const char *what, size_t step)
{
	printf("step %zu, %s: %s\n", step, what, trouble);
	for (int i = 0; i < 2; i++) {
		struct memblock_region wanted[UNITS];
		const struct painted_table *table = i ? &reserved : &memory;
		unsigned long count = painted_regions(table, wanted);

		printf("%s, got:\n", table->real->name);
		for (unsigned long r = 0; r < table->real->cnt; r++)
			printf("+[%#llx, +%#llx)\n", (unsigned long long)table->real->regions[r].base,
			       (unsigned long long)table->real->regions[r].size);
		puts("wanted:");
		for (unsigned long r = 0; r < count; r++)
			printf("-[%#llx, +%#llx)\n", (unsigned long long)wanted[r].base,
			       (unsigned long long)wanted[r].size);
	}
	fflush(stdout);
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const phys_addr_t origins[] = { 0, 0x10000, 0x7ff00000, (phys_addr_t)0xfffffffffee00000 };
	static const phys_addr_t scales[] = { 16, 1024, 4096, 4096 };
	static const unsigned long maxima[] = { 8, 24, 64, INIT_MEMBLOCK_REGIONS };
	size_t step = 0;

	if (!size)
		return 0;
	if (*data & 0x80 && !resizable) {
		memblock_allow_resize();
		resizable = true;
	}
	start_over(origins[*data & 3], scales[*data >> 2 & 3], maxima[*data >> 4 & 3]);
	for (data++, size--; size >= sizeof(struct action); size -= sizeof(struct action)) {
		struct action action;

		memcpy(&action, data, sizeof(action));
		data += sizeof(action);
		tame(&action);
		if (!perform(&action))
			stop(kind_names[action.kind], step);
		step++;
	}
	if (!free_ranges_agree(NUMA_NO_NODE, false) || !free_ranges_agree(NUMA_NO_NODE, true))
		stop("free ranges", step);
	return 0;
}
