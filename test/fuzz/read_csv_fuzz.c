/* SPDX-License-Identifier: BSD-2-Clause */
/* A comma-separated map, read from any bytes. */
#include "reader_fuzz.h"

FUZZ_READER(csv_reader)
