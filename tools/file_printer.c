/* SPDX-License-Identifier: BSD-2-Clause */
#include "file_printer.h"

#include <stdio.h>

static void write_text(struct printer *printer, const char *text, size_t length)
{
	(void)printer;
	fwrite(text, 1, length, stdout);
}

struct printer standard_output = { write_text };
