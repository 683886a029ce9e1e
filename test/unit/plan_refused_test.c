/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory that the firmware refuses is in no later plan, whatever was to go there. */
#include "efi_test.h"
#include "elf_builder.h"

#include <loader/plan.h>
#include <mm/printer.h>

static void make(const struct boot_request *request, struct boot_plan *plan)
{
	size_t size = boot_plan_scratch_size(efi_memmap_count(request->map));
	void *scratch = malloc(size);
	char text[600] = "";
	struct buffer_printer why;

	buffer_printer_init(&why, text, sizeof(text));
	assert_int_equal(boot_plan_make(request, plan, scratch, size, &why.printer), 0);
	assert_string_equal(text, "");
	free(scratch);
}

static bool overlaps(const struct plan_allocation *allocation, const struct plan_refused *refused)
{
	return allocation->base < refused->base + refused->size &&
	       refused->base < allocation->base + allocation->pages * MM_PAGE_SIZE;
}

static void refused_memory_is_not_planned_again(void **state)
{
	struct efi_memmap map = MAP({ EFI_CONVENTIONAL_MEMORY, 0, 0xa0, 0xf },
				    { EFI_CONVENTIONAL_MEMORY, 1 << 20, 0x8000, 0xf });
	struct elf_image elf = elf_pie();
	struct parse_result kernel;
	uint64_t initrd = 5000;
	struct boot_request request = { .kernel = &kernel.image, .command_line = "", .initrd_sizes = &initrd,
					.initrd_count = 1, .map = &map, .paging = { 4, true } };
	struct boot_plan first, again;

	(void)state;
	assert_elf_accepted(&elf, &kernel);
	make(&request, &first);
	assert_true(first.allocation_count >= 5);
	for (size_t i = 0; i < first.allocation_count; i++) {
		struct plan_refused refused[2] = { { first.allocations[i].base, first.allocations[i].pages * MM_PAGE_SIZE },
						   { 64 << 20, 16 << 20 } };

		request.refused = refused;
		request.refused_count = 2;
		make(&request, &again);
		assert_int_equal(again.allocation_count, first.allocation_count);
		for (size_t k = 0; k < again.allocation_count; k++) {
			assert_false(overlaps(&again.allocations[k], &refused[0]));
			assert_false(overlaps(&again.allocations[k], &refused[1]));
		}
	}
	free_map(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refused_memory_is_not_planned_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
