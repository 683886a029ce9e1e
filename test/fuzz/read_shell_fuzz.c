/* SPDX-License-Identifier: BSD-2-Clause */
/* What the UEFI shell's memmap prints, read from any bytes. */
#include "reader_fuzz.h"

FUZZ_READER(shell_reader)
