/* SPDX-License-Identifier: BSD-2-Clause */
/* What mm/ and loader/ print, written to standard output. */
#ifndef TOOLS_FILE_PRINTER_H
#define TOOLS_FILE_PRINTER_H

#include <mm/printer.h>

extern struct printer standard_output;

#endif
