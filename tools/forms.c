/* SPDX-License-Identifier: BSD-2-Clause */
#include "command.h"
#include "forms.h"
#include "source_text.h"

#include <string.h>

/* Rows of tables that browsers show without a noticeable delay. */
#define PAGE_ENTRIES_MAX 20000

static const struct form forms[] = {
	{ "table", false, 0, print_table },
	{ "tsv", true, 0, print_tsv },
	{ "json", true, 0, print_json },
	{ "svg", true, 0, print_svg },
	{ "html", true, PAGE_ENTRIES_MAX, print_html },
};

const struct form *find_form(const char *name)
{
	for (size_t i = 0; i < MM_ARRAY_COUNT(forms); i++)
		if (strcmp(forms[i].name, name) == 0)
			return &forms[i];
	return NULL;
}

int form_allows(const struct form *form, const struct map_source *source, bool all)
{
	size_t entries = source->nr_efi + source->nr_iomem;

	for (size_t i = 0; i < source->nr_e820; i++)
		entries += source->e820[i].table.nr_entries;
	if (all || !form->most || entries <= form->most)
		return EXIT_FINE;
	return refuse("%s: has %zu entries, and browsers are slow with a page of more than %zu; add --all to write it all "
		      "the same, or use --as svg for a picture and `mapbridge explain RANGE` for a part",
		      source->name, entries, form->most);
}
