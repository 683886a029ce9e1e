/* SPDX-License-Identifier: BSD-2-Clause */
/* A Linux log, read from any bytes. */
#include "reader_fuzz.h"

FUZZ_READER(linux_log_reader)
