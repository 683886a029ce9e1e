/* SPDX-License-Identifier: BSD-2-Clause */
/* A log of Xen, read from any bytes. */
#include "reader_fuzz.h"

FUZZ_READER(xen_log_reader)
