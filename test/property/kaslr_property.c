/* SPDX-License-Identifier: BSD-2-Clause */
/* Random places of a kernel on random machines, against a model that tries every address: the count, and each place's number. */
#include "../unit/efi_test.h"
#include "harness/property.h"

#include <loader/kaslr.h>

#define UNIT UINT64_C(0x200000)

/* What a problem's numbers mean; items are descriptors, one behind the other: start is the gap before it. */
enum { SIZE, ALIGN, MINIMUM, LIMIT, TAKEN, AVOIDED, MEM };

static const struct kind {
	uint32_t type;
	uint64_t attribute;
} kinds[] = {
	{ EFI_CONVENTIONAL_MEMORY, 0xf },      { EFI_CONVENTIONAL_MEMORY, EFI_ATTRIBUTE_SP },
	{ EFI_BOOT_SERVICES_DATA, 0xf },       { EFI_ACPI_RECLAIM_MEMORY, 0xf },
	{ EFI_CONVENTIONAL_MEMORY, EFI_ATTRIBUTE_MORE_RELIABLE },
	{ EFI_BOOT_SERVICES_DATA, EFI_ATTRIBUTE_MORE_RELIABLE },
};

static void generate(struct problem *problem)
{
	bool reliable = random_below(4) == 0;

	problem->count = 1 + random_below(MAX_ITEMS);
	for (unsigned i = 0; i < problem->count; i++)
		problem->items[i] = (struct item){ random_below(4) ? 0 : random_below(5), 1 + random_below(random_below(2) ? 40 : 6),
						   random_below(3) ? 0 : random_below(reliable ? 6 : 4) };
	problem->numbers[SIZE] = random_below(8);
	problem->numbers[ALIGN] = random_below(4);
	problem->numbers[MINIMUM] = random_below(UNITS / 3);
	problem->numbers[LIMIT] = random_below(UNITS);
	problem->numbers[TAKEN] = random_below(UINT32_MAX);
	problem->numbers[AVOIDED] = random_below(5);
	problem->numbers[MEM] = random_below(4) ? 0 : 1 + random_below(UNITS);
}

struct model {
	bool free[UNITS];
	unsigned descriptor[UNITS]; /* the reliable one that has the unit; 0: none */
	bool reliable;
	uint32_t minimum;
	uint32_t end;
};

static bool is_place(const struct model *model, uint32_t unit, uint32_t size)
{
	if (unit < model->minimum || unit + size > model->end)
		return false;
	for (uint32_t at = unit; at < unit + size; at++)
		if (!model->free[at] || (model->reliable && (!model->descriptor[at] || model->descriptor[at] != model->descriptor[unit])))
			return false;
	return true;
}

static void make_machine(const struct problem *problem, struct d *list, struct model *model)
{
	uint32_t next = 0;

	for (unsigned i = 0; i < problem->count; i++) {
		const struct kind *kind = &kinds[problem->items[i].type];
		uint32_t start = next + problem->items[i].start, end = start + problem->items[i].size;

		end = end < UNITS ? end : UNITS;
		start = start < end ? start : end;
		list[i] = (struct d){ kind->type, start * UNIT, (end - start) * UNIT / MM_PAGE_SIZE, kind->attribute };
		model->reliable |= kind->attribute == EFI_ATTRIBUTE_MORE_RELIABLE;
		for (uint32_t at = start; at < end && kind->type == EFI_CONVENTIONAL_MEMORY && kind->attribute != EFI_ATTRIBUTE_SP; at++) {
			model->free[at] = at > 0; /* PLACEMENT_LOW */
			model->descriptor[at] = kind->attribute == EFI_ATTRIBUTE_MORE_RELIABLE ? i + 1 : 0;
		}
		next = end;
	}

}

/* Ranges of memmap=, one unit and a bit each: they spoil two units. */
static void avoid(const struct problem *problem, struct model *model, char *command_line, size_t size)
{
	static const char signs[] = "#$!";
	size_t used = 0;

	if (problem->numbers[MEM])
		used += (size_t)snprintf(command_line + used, size - used, "mem=%uM ", problem->numbers[MEM] * 2);
	for (uint32_t i = 0; i < problem->numbers[AVOIDED]; i++) {
		uint32_t at = 1 + problem->numbers[TAKEN] * (i + 7) % (UNITS - 3);

		used += (size_t)snprintf(command_line + used, size - used, "%s2049K%c%uM", i % 2 ? "," : " memmap=", signs[i % 3], at * 2);
		model->free[at] = model->free[at + 1] = false;
	}
	if (problem->numbers[MEM] && problem->numbers[MEM] < model->end)
		model->end = problem->numbers[MEM];
}

static bool compare(const struct kaslr_search *search, const struct model *model, uint32_t size, uint32_t align, bool report)
{
	uint64_t count = 0, address = 0, found = kaslr_places(search, UINT64_MAX, &address);

	if (address != 0)
		return false;
	for (uint32_t unit = 0; unit < UNITS; unit += align) {
		if (!is_place(model, unit, size))
			continue;
		address = 0;
		if (kaslr_places(search, count, &address) != found || address != unit * UNIT) {
			if (report)
				printf("  place %llu is %#llx, expected %#llx\n", (unsigned long long)count, (unsigned long long)address,
				       (unsigned long long)(unit * UNIT));
			return false;
		}
		count++;
	}
	if (report)
		printf("  %llu places, expected %llu\n", (unsigned long long)found, (unsigned long long)count);
	return found == count;
}

static bool check(const struct problem *problem, bool report)
{
	uint32_t size = 1 + problem->numbers[SIZE], align = 1U << problem->numbers[ALIGN];
	struct model model = { .minimum = problem->numbers[MINIMUM], .end = UNITS };
	struct d list[MAX_ITEMS];
	char command_line[300] = "";
	struct kaslr_options options;
	struct placement placement;
	struct efi_memmap map;
	size_t memory_size;
	uint8_t *memory;
	bool good;

	make_machine(problem, list, &model);
	map = make_map(list, problem->count, 48);
	memory_size = placement_memory_size(problem->count);
	memory = malloc(memory_size);
	avoid(problem, &model, command_line, sizeof(command_line));
	if (problem->numbers[LIMIT])
		model.end = problem->numbers[LIMIT] < model.end ? problem->numbers[LIMIT] : model.end;
	kaslr_options_read(command_line, &options);
	good = placement_init(&placement, &map, memory, memory_size) == 0;
	for (uint32_t i = 0; good && i < problem->numbers[TAKEN] % 4; i++) {
		uint32_t at = problem->numbers[TAKEN] * (i + 3) % UNITS;

		good = placement_take(&placement, at * UNIT + 4096, 8192) == 0;
		model.free[at] = false;
	}
	if (good) {
		struct kaslr_search search = { &map, &placement, &options, problem->numbers[MINIMUM] * UNIT,
					       problem->numbers[LIMIT] ? problem->numbers[LIMIT] * UNIT : UINT64_MAX, size * UNIT,
					       align * UNIT };

		good = compare(&search, &model, size, align, report);
	}
	free(memory);
	free_map(&map);
	return good;
}

int main(int argc, char **argv)
{
	static const struct property property = { "places of KASLR", 400000, generate, check };

	return run_property(&property, argc, argv);
}
