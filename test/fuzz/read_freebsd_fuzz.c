/* SPDX-License-Identifier: BSD-2-Clause */
/* FreeBSD's EFI map, read from any bytes. */
#include "reader_fuzz.h"

FUZZ_READER(freebsd_reader)
