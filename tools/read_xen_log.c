/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console of the Xen hypervisor: "(XEN)  START - END (usable)" and "(XEN)  START-LAST type=7 attr=f".
 * Source: xen/arch/x86/e820.c and xen/common/efi/boot.c.
 */
#include "e820_line.h"

#include <stdlib.h>

/* "[START, LAST] (TYPE)", since Xen 4.14. */
static bool parse_new_e820(struct text text, uint64_t *start, uint64_t *size, uint32_t *type)
{
	uint64_t last;

	return text_skip(&text, "[") && text_hex(&text, start) && text_skip(&text, ", ") && text_hex(&text, &last) &&
	       text_skip(&text, "] (") && parse_e820_type(&text, type) && range_size(*start, last, size);
}

static enum line_kind add_e820(struct map_source *source, bool good, uint64_t start, uint64_t size, uint32_t type)
{
	if (good)
		source_add_e820(source, source->heading ? source->heading : "Xen", start, size, type);
	return good ? LINE_READ : LINE_DAMAGED;
}

/* "EFI RAM map:": what its table is called. */
static void read_heading(struct map_source *source, struct text line)
{
	struct text rest = line;

	if (!text_find(&rest, " RAM map:"))
		return;
	free(source->heading);
	source->heading = copied(line.at, (size_t)(rest.at - line.at) - sizeof(" RAM map:") + 1);
}

static enum line_kind xen_line(struct map_source *source, struct text line)
{
	uint64_t start = 0, size = 0, number, pages, attribute;
	struct text rest;
	uint32_t type = 0;
	bool good;

	if (!text_find(&line, "(XEN) "))
		return LINE_OTHER;
	text_skip_blanks(&line);
	rest = line;
	/* newer ones print the time since boot */
	if (text_skip(&rest, "[") && text_find(&rest, "] ") && rest.at < rest.end && *rest.at != '(')
		line = rest;
	text_skip_blanks(&line);
	rest = line;
	if (text_skip(&rest, "[") && text_hex(&rest, &start) && text_skip(&rest, ", ")) {
		good = parse_new_e820(line, &start, &size, &type);
		return add_e820(source, good, start, size, type);
	}
	rest = line;
	if (!text_hex(&rest, &start) || rest.at - line.at < 8) {
		read_heading(source, line);
		return LINE_OTHER;
	}
	if (text_skip(&rest, " - ")) {
		good = parse_old_e820(line, &start, &size, &type);
		return add_e820(source, good, start, size, type);
	}
	if (!text_skip(&rest, "-"))
		return LINE_OTHER;
	if (!text_hex(&rest, &number) || !text_skip(&rest, " type=") ||
	    !range_pages(start, (unsigned __int128)number + 1, &pages) || !text_decimal(&rest, &number) ||
	    number > UINT32_MAX || !text_skip(&rest, " attr=") || !text_hex(&rest, &attribute))
		return LINE_DAMAGED;
	source_add_efi(source, (uint32_t)number, start, pages, attribute);
	return LINE_READ;
}

const struct map_reader xen_log_reader = {
	.kind = "Xen log", .line = xen_line,
	.needed = "START - END (TYPE), [START, LAST] (TYPE) or START-LAST type=N attr=BITS of whole pages"
};
