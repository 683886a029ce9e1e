/* SPDX-License-Identifier: BSD-2-Clause */
/* The forms in which a source is printed to standard output. A new one is a row of the table in forms.c. */
#ifndef TOOLS_FORMS_H
#define TOOLS_FORMS_H

#include "map_source.h"

struct form {
	const char *name;
	bool one_file; /* several sources cannot stand one behind the other */
	size_t most;   /* entries that it prints without --all; 0 for any number */
	void (*print)(const struct map_source *source);
};

/* For messages and --help. */
#define FORMS "table, tsv, json, svg and html"
#define FORMS_HELP "table (as Linux prints it; the default), tsv or json (for programs; both can be read again),\n" \
	"              svg (a picture) or html (a page with picture, tables and search; needs nothing else)"

/* Null when there is no such form. */
const struct form *find_form(const char *name);

/* Whether to print a source in that form: EXIT_FINE, or a refusal because it has too many entries and --all is not set. */
int form_allows(const struct form *form, const struct map_source *source, bool all);

/* The table form, with colours on a terminal. */
void print_table(const struct map_source *source);

/* The picture, and the page around it. */
void print_svg(const struct map_source *source);
void print_html(const struct map_source *source);

#endif
