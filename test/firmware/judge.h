/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether a run ended as it should. */
#ifndef TEST_FIRMWARE_JUDGE_H
#define TEST_FIRMWARE_JUDGE_H

#include "mock.h"

/* Reads which failures may pass without a word. Ends the program on an error. */
void judge_load(const char *path);

/* What is wrong with a run without a failure; null: nothing. */
const char *judge_scenario(const struct scenario *scenario, const struct result *result);

/* What is wrong with a run on a map that lies: it ends with a jump, or with a refusal that has a number. null: nothing. */
const char *judge_hostile(const struct result *result);

/* What is wrong with a run in which that call failed, compared with the run without it; null: nothing. Without a console nothing can be said. */
const char *judge_failure(const struct scenario *scenario, const struct result *base, const struct result *result,
			  const struct logged_call *call, EFI_STATUS error);

const char *ending_name(const struct result *result);
const char *error_name(EFI_STATUS error);
bool error_by_name(const char *name, EFI_STATUS *error);

#endif
