/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_FIRMWARE_LIES_H
#define TEST_FIRMWARE_LIES_H

#include "scenario.h"

/* Gives the scenario's map other descriptors of what is not so, and another stride; the caller frees scenario->lies. */
void lie(struct scenario *scenario, uint64_t seed);

#endif
