/* SPDX-License-Identifier: BSD-2-Clause */
#include <mm/e820_split.h>

_Static_assert((E820_SETUP_DATA_MAP - E820_SETUP_DATA_HEADER) / sizeof(struct e820_entry) == E820_MAX_ENTRIES_EXT,
	       "largest node that Linux can map");

int e820_split(const struct e820_table *table, struct e820_split *split)
{
	size_t count = table->nr_entries;
	size_t extension = count > E820_MAX_ENTRIES_ZEROPAGE ? count - E820_MAX_ENTRIES_ZEROPAGE : 0;

	*split = (struct e820_split){ 0 };
	if (extension > E820_MAX_ENTRIES_EXT)
		return MM_ENOSPC;
	split->zeropage = count - extension;
	split->extension = extension;
	split->extension_size = extension * sizeof(struct e820_entry);
	return 0;
}

bool e820_extension_fits(uint64_t node, size_t entries)
{
	uint64_t room = E820_SETUP_DATA_MAP - (node & MM_PAGE_MASK) - E820_SETUP_DATA_HEADER;

	return entries <= room / sizeof(struct e820_entry);
}

void e820_copy_split(const struct e820_table *table, const struct e820_split *split, void *zeropage, void *extension)
{
	if (split->zeropage)
		__builtin_memcpy(zeropage, table->entries, split->zeropage * sizeof(struct e820_entry));
	if (split->extension)
		__builtin_memcpy(extension, table->entries + split->zeropage, split->extension_size);
}
