/* SPDX-License-Identifier: BSD-2-Clause */
/* Measured boot: one byte of a file is another, and a PCR is another then, or nothing that is started can find it. */
#ifndef TEST_FIRMWARE_FLIPS_H
#define TEST_FIRMWARE_FLIPS_H

#include "mock.h"

/* Called with each flip that is wrong (status is that of its process) and with the sums at the end, verdict null. */
typedef void flip_report(const struct scenario *scenario, const char *what, const struct result *result, int status,
			 const char *verdict);

/* Plays a scenario in a child; change() is called in the child first. Returns the child's status. */
typedef int flip_player(const struct scenario *scenario, void (*change)(struct scenario *scenario), struct result *result);

/* Every flip of every file that the scenario names, of which this process has its share. base: of the run without one. */
void flips_play(const struct scenario *scenario, const struct result *base, struct result *result, flip_player *play,
		flip_report *report, unsigned share, unsigned processes);

#endif
