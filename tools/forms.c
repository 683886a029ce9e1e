/* SPDX-License-Identifier: BSD-2-Clause */
#include "forms.h"
#include "source_text.h"

#include <string.h>

static const struct form forms[] = {
	{ "table", false, print_table },
	{ "tsv", true, print_tsv },
	{ "json", true, print_json },
	{ "svg", true, print_svg },
	{ "html", true, print_html },
};

const struct form *find_form(const char *name)
{
	for (size_t i = 0; i < MM_ARRAY_COUNT(forms); i++)
		if (strcmp(forms[i].name, name) == 0)
			return &forms[i];
	return NULL;
}
