/* SPDX-License-Identifier: BSD-2-Clause */
/* Our own JSON, read from any bytes. */
#include "reader_fuzz.h"

FUZZ_READER(json_reader)
