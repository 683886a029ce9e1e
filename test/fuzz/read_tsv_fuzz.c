/* SPDX-License-Identifier: BSD-2-Clause */
/* Our own TSV, read from any bytes. */
#include "reader_fuzz.h"

FUZZ_READER(tsv_reader)
