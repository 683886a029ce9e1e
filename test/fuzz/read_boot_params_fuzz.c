/* SPDX-License-Identifier: BSD-2-Clause */
/* A boot_params page, read from any bytes. */
#include "reader_fuzz.h"

FUZZ_READER(boot_params_reader)
