/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * FreeBSD's EFI map, of its loader's memmap or of the kernel's first messages:
 * "BootServicesData PHYSICAL VIRTUAL PAGES WB RUNTIME".
 */
#include "names.h"

static enum line_kind freebsd_line(struct map_source *source, struct text line)
{
	uint64_t physical, virtual, pages, attribute = 0;
	struct text word, start;
	uint32_t type;

	if (!text_word(&line, &word) || !efi_type_named(&word, NAMING_FREEBSD, &type))
		return LINE_OTHER;
	text_skip_blanks(&line);
	start = line;
	if (!text_hex(&line, &physical) || line.at - start.at < 8 || !text_skip(&line, " "))
		return LINE_OTHER;
	text_skip_blanks(&line);
	if (!text_hex(&line, &virtual) || !text_skip(&line, " "))
		return LINE_DAMAGED;
	text_skip_blanks(&line);
	if (!text_hex(&line, &pages))
		return LINE_DAMAGED;
	while (text_word(&line, &word))
		if (!efi_attribute_named(&word, &attribute))
			return LINE_DAMAGED;
	source_add_efi(source, type, physical, pages, attribute);
	source->efi[source->nr_efi - 1].virt_addr = virtual;
	return LINE_READ;
}

const struct map_reader freebsd_reader = {
	.kind = "FreeBSD EFI map", .line = freebsd_line,
	.needed = "TYPE PHYSICAL VIRTUAL PAGES ATTRIBUTE..., with numbers in hexadecimal"
};
