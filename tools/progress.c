/* SPDX-License-Identifier: BSD-2-Clause */
#define _POSIX_C_SOURCE 200809L

#include "progress.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define CALLS_BETWEEN_LOOKS 4096
#define UNITS_BETWEEN_LOOKS ((size_t)1 << 20) /* lines may be long */
#define FIRST_MS 1000
#define STEP_MS 200

static bool shown;

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void progress(const char *doing, size_t done, size_t total)
{
	static unsigned calls;
	static size_t looked;
	static int64_t next;
	int64_t now;

	if (calls++ % CALLS_BETWEEN_LOOKS != 0 && done - looked < UNITS_BETWEEN_LOOKS)
		return;
	looked = done;
	now = now_ms();
	if (calls == 1)
		next = isatty(STDERR_FILENO) ? now + FIRST_MS : INT64_MAX;
	if (now < next || total == 0)
		return;
	next = now + STEP_MS;
	shown = true;
	fprintf(stderr, "\rmapbridge: %s: %zu %%\033[K", doing, (size_t)((double)done / (double)total * 100));
}

void progress_end(void)
{
	if (shown)
		fputs("\r\033[K", stderr);
	shown = false;
}
