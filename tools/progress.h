/* SPDX-License-Identifier: BSD-2-Clause */
/* What takes longer than a second says how far it is, on standard error when that is a terminal. */
#ifndef TOOLS_PROGRESS_H
#define TOOLS_PROGRESS_H

#include <stddef.h>

/* To be called often; most calls do nothing. doing is a word such as "reading", done and total are of any unit. */
void progress(const char *doing, size_t done, size_t total);

/* Takes the line away again, before something else is printed and at the end. */
void progress_end(void);

#endif
