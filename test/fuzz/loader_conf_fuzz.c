/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as loader.conf. */
#include <loader/bls.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char note_text[512], why_text[600];
	char *text = exact_copy(data, size);
	struct buffer_printer notes, why;
	struct bls_loader loader;
	int error;

	buffer_printer_init(&notes, note_text, sizeof(note_text));
	buffer_printer_init(&why, why_text, sizeof(why_text));
	error = bls_loader_parse(text, size, &loader, &notes.printer, &why.printer);
	CHECK((error == 0) == (why.length == 0) && (error == 0 || error == MM_EINVAL));
	if (!error) {
		CHECK(memchr(loader.default_entry, 0, sizeof(loader.default_entry)));
		CHECK(bls_name_matches(loader.default_entry, loader.default_entry) || strpbrk(loader.default_entry, "*?[\\"));
	}
	free(text);
	return 0;
}
