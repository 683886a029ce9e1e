/* SPDX-License-Identifier: BSD-2-Clause */
/* /proc/iomem, read from any bytes. */
#include "reader_fuzz.h"

FUZZ_READER(iomem_reader)
