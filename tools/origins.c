/* SPDX-License-Identifier: BSD-2-Clause */
#include "origins.h"

#include <stdlib.h>

bool origins_entries(const struct map_view *view, uint64_t start, uint64_t last, size_t *first, size_t *final)
{
	const struct e820_table *table = &view->e820;
	size_t after = e820_index_at(table, last);

	*first = e820_index_at(table, start);
	if (after < table->nr_entries && table->entries[after].addr <= last)
		after++;
	*final = after - 1;
	return *first < after;
}

bool origins_made_of(const struct map_view *view, size_t entry, size_t descriptor)
{
	return !view->by_rule || view->trace[descriptor].type == view->e820.entries[entry].type;
}

/* Overlapping descriptors can make this large; a map that is in order has hardly more than one entry a descriptor. */
static bool origins_fit(const struct map_view *view, size_t pairs)
{
	return pairs <= 8 * (view->source->nr_efi + view->e820.nr_entries) + 1024;
}

struct origins origins_find(const struct map_view *view)
{
	struct origins origins = { allocate(view->e820.nr_entries + 2, sizeof(size_t)), NULL };

	for (int pass = 0; pass < 2; pass++) {
		size_t pairs = 0;

		for (size_t i = 0; i < view->source->nr_efi; i++) {
			const struct efi_memory_desc *desc = &view->source->efi[i];
			size_t first, last;
			uint64_t end;

			if (!efi_memory_desc_end(desc, &end) ||
			    !origins_entries(view, desc->phys_addr, end - 1, &first, &last))
				continue;
			pairs += last - first + 1;
			if (!origins_fit(view, pairs))
				return origins;
			for (size_t entry = first; entry <= last; entry++) {
				if (!origins_made_of(view, entry, i))
					continue;
				if (pass == 0)
					origins.starts[entry + 2]++;
				else
					origins.numbers[origins.starts[entry + 1]++] = i;
			}
		}
		if (pass == 0) {
			for (size_t entry = 0; entry < view->e820.nr_entries; entry++)
				origins.starts[entry + 2] += origins.starts[entry + 1];
			origins.numbers = allocate(pairs, sizeof(size_t));
		}
	}
	return origins;
}

void origins_free(struct origins *origins)
{
	free(origins->starts);
	free(origins->numbers);
	*origins = (struct origins){ NULL, NULL };
}
