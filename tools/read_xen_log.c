/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console of the Xen hypervisor: "(XEN)  START - END (usable)" and "(XEN)  START-LAST type=7 attr=f", of
 * xen/arch/x86/e820.c and xen/common/efi/boot.c.
 */
#include "e820_line.h"

static enum line_kind xen_line(struct map_source *source, struct text line)
{
	struct efi_memory_desc desc = { .type = 0 };
	uint64_t start, size, number;
	struct text rest;
	uint32_t type;

	if (!text_find(&line, "(XEN) "))
		return LINE_OTHER;
	/* newer ones print the time since boot */
	text_skip_blanks(&line);
	if (text_skip(&line, "[") && !text_find(&line, "]"))
		return LINE_OTHER;
	text_skip_blanks(&line);
	rest = line;
	if (!text_hex(&rest, &start) || rest.at - line.at < 8)
		return LINE_OTHER;
	if (text_skip(&rest, " - ")) {
		if (!parse_old_e820(line, &start, &size, &type))
			return LINE_DAMAGED;
		source_add_e820(source, "BIOS-e820", start, size, type);
		return LINE_READ;
	}
	if (!text_skip(&rest, "-"))
		return LINE_OTHER;
	if (!text_hex(&rest, &number) || !text_skip(&rest, " type=") ||
	    !range_pages(start, (unsigned __int128)number + 1, &desc.num_pages) || !text_decimal(&rest, &number) ||
	    number > UINT32_MAX || !text_skip(&rest, " attr=") || !text_hex(&rest, &desc.attribute))
		return LINE_DAMAGED;
	source_add_efi(source, (uint32_t)number, start, desc.num_pages, desc.attribute);
	return LINE_READ;
}

const struct map_reader xen_log_reader = {
	.kind = "Xen log", .line = xen_line,
	.needed = "START - END (TYPE), or START-LAST type=N attr=BITS of whole pages"
};
