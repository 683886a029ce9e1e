/* SPDX-License-Identifier: BSD-2-Clause */
#include <loader/kaslr.h>
#include <mm/command_line.h>
#include <mm/e820_options.h>
#include <mm/paging.h>

/* Linux's memparse: no digits are 0, and too large a number is as large as can be. */
static uint64_t read_size(const char *text, const char *end, const char **stop)
{
	uint64_t value = 0;

	*stop = text;
	if (e820_parse_size(text, end, stop, &value) == MM_EOVERFLOW) {
		value = UINT64_MAX;
		while (*stop < end && **stop != ',')
			++*stop;
	}
	return value;
}

static void limit_to(struct kaslr_options *options, uint64_t limit)
{
	if (limit > 0 && limit < options->limit)
		options->limit = limit;
}

/* One element of memmap= or efi_fake_mem=; false when the rest of the list is to be left. */
static bool add_memmap(struct kaslr_options *options, const char *text, const char *end, bool fake)
{
	uint64_t size, start = 0, attributes = 0;
	const char *stop;

	size = read_size(text, end, &stop);
	if (stop == text)
		return false; /* exactmap, or nonsense */
	if (stop < end && (*stop == '#' || *stop == '$' || *stop == '!')) {
		start = read_size(stop + 1, end, &stop);
	} else if (stop < end && *stop == '@') {
		if (fake)
			start = read_size(stop + 1, end, &stop);
		if (fake && stop < end && *stop == ':')
			attributes = read_size(stop + 1, end, &stop);
		if (!(attributes & EFI_ATTRIBUTE_SP))
			return true; /* it only adds memory */
	}
	if (start == 0)
		limit_to(options, size);
	else if (options->avoid_count == KASLR_AVOID_MAX)
		options->in_place = "more than 4 ranges of memmap=";
	else
		options->avoid[options->avoid_count++] = (struct kaslr_range){ start, size };
	return true;
}

static void add_memmaps(struct kaslr_options *options, const struct command_word *word, bool fake)
{
	const char *at = word->value;

	while (at && at < word->end) {
		const char *comma = at;

		while (comma < word->end && *comma != ',')
			comma++;
		if (!add_memmap(options, at, comma, fake))
			return;
		at = comma + 1;
	}
}

void kaslr_options_read(const char *command_line, struct kaslr_options *options)
{
	bool gigabytes = false, ended = false;
	struct command_word word;
	const char *stop;

	*options = (struct kaslr_options){ .limit = UINT64_MAX, .off = command_line_has_flag(command_line, "nokaslr") };
	while (command_line_next_word(&command_line, &word)) {
		if (!word.value && command_word_is_named(&word, "movable_node"))
			options->in_place = "movable_node";
		ended |= !word.value && command_word_is_named(&word, "--");
		if (ended || !word.value)
			continue;
		if (command_word_is_named(&word, "memmap"))
			add_memmaps(options, &word, false);
		else if (command_word_is_named(&word, "efi_fake_mem"))
			add_memmaps(options, &word, true);
		else if (command_word_is_named(&word, "mem"))
			limit_to(options, read_size(word.value, word.end, &stop));
		else if (command_word_is_named(&word, "hugepagesz"))
			gigabytes = read_size(word.value, word.end, &stop) == PAGING_SIZE_1G;
		else if (command_word_is_named(&word, "hugepages") && gigabytes)
			options->gigabyte_pages = read_size(word.value, word.end, &stop);
	}
}

/* What is counted, and the place that is looked for. */
struct walk {
	const struct kaslr_search *search;
	uint64_t limit;
	uint64_t gigabyte_pages; /* still to be left */
	uint64_t count;
	uint64_t index;
	uint64_t *address;
};

/* All places in [start, end), of which start is one if there are any. */
static void add_places(struct walk *walk, uint64_t start, uint64_t end)
{
	uint64_t size = walk->search->size, places;

	if (end < start || end - start < size)
		return;
	places = 1 + (end - start - size) / walk->search->align;
	if (walk->index >= walk->count && walk->index - walk->count < places)
		*walk->address = start + (walk->index - walk->count) * walk->search->align;
	walk->count += places;
}

/* As many whole GiB as are wanted are left out. */
static void add_without_gigabytes(struct walk *walk, uint64_t start, uint64_t end)
{
	uint64_t first = mm_align_down(start + (PAGING_SIZE_1G - 1), PAGING_SIZE_1G), last = mm_align_down(end, PAGING_SIZE_1G), pages;

	if (walk->gigabyte_pages == 0 || first >= last) {
		add_places(walk, start, end);
		return;
	}
	pages = (last - first) / PAGING_SIZE_1G;
	if (pages > walk->gigabyte_pages)
		pages = walk->gigabyte_pages;
	walk->gigabyte_pages -= pages;
	add_places(walk, start, first);
	add_places(walk, first + pages * PAGING_SIZE_1G, end);
}

/* The lowest of the options' ranges that has a byte of [start, end); null: none. */
static const struct kaslr_range *first_avoided(const struct kaslr_options *options, uint64_t start, uint64_t end)
{
	const struct kaslr_range *first = NULL;

	for (size_t i = 0; i < options->avoid_count; i++) {
		const struct kaslr_range *range = &options->avoid[i];
		uint64_t last;

		if (range->size == 0)
			continue;
		if (__builtin_add_overflow(range->base, range->size - 1, &last))
			last = UINT64_MAX;
		if (range->base < end && last >= start && (!first || range->base < first->base))
			first = range;
	}
	return first;
}

/* Free memory, addresses below 2^52. */
static void add_region(struct walk *walk, uint64_t start, uint64_t end)
{
	uint64_t align = walk->search->align;

	if (start < walk->search->minimum)
		start = walk->search->minimum;
	if (end > walk->limit)
		end = walk->limit;
	while (start < end) {
		const struct kaslr_range *avoided;

		start = mm_align_down(start + (align - 1), align);
		if (start >= end)
			return;
		avoided = first_avoided(walk->search->options, start, end);
		if (!avoided) {
			add_without_gigabytes(walk, start, end);
			return;
		}
		if (avoided->base > start)
			add_without_gigabytes(walk, start, avoided->base);
		if (__builtin_add_overflow(avoided->base, avoided->size, &start))
			return;
	}
}

static bool is_reliable(const struct efi_memory_desc *desc)
{
	return desc->attribute & EFI_ATTRIBUTE_MORE_RELIABLE;
}

static bool has_reliable(const struct efi_memmap *map)
{
	struct efi_memory_desc desc;

	for (size_t i = 0; i < efi_memmap_count(map); i++) {
		efi_memmap_get(map, i, &desc);
		if (is_reliable(&desc))
			return true;
	}
	return false;
}

/* The parts of a free range that more reliable descriptors have. */
static void add_reliable(struct walk *walk, uint64_t start, uint64_t end)
{
	for (size_t i = 0; i < efi_memmap_count(walk->search->map); i++) {
		struct efi_memory_desc desc;
		uint64_t desc_end;

		efi_memmap_get(walk->search->map, i, &desc);
		if (!is_reliable(&desc) || desc.type != EFI_CONVENTIONAL_MEMORY || !efi_memory_desc_end(&desc, &desc_end))
			continue;
		if (desc_end == 0 || desc_end > end)
			desc_end = end;
		add_region(walk, desc.phys_addr > start ? desc.phys_addr : start, desc_end);
	}
}

uint64_t kaslr_places(const struct kaslr_search *search, uint64_t index, uint64_t *address)
{
	const struct e820_table *free = &search->placement->table;
	struct walk walk = { .search = search, .limit = search->limit, .gigabyte_pages = search->options->gigabyte_pages,
			     .index = index, .address = address };
	bool reliable = has_reliable(search->map);

	if (walk.limit > search->options->limit)
		walk.limit = search->options->limit;
	for (size_t i = 0; i < free->nr_entries; i++) {
		const struct e820_entry *entry = &free->entries[i];

		if (entry->type != PLACEMENT_FREE)
			continue;
		if (reliable)
			add_reliable(&walk, entry->addr, entry->addr + entry->size);
		else
			add_region(&walk, entry->addr, entry->addr + entry->size);
	}
	return walk.count;
}

uint64_t kaslr_virtual_places(uint64_t link_address, uint64_t size, uint64_t align)
{
	if (link_address > KASLR_VIRTUAL_END || size > KASLR_VIRTUAL_END - link_address)
		return 0;
	return 1 + (KASLR_VIRTUAL_END - link_address - size) / align;
}
