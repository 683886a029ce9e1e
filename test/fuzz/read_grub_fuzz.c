/* SPDX-License-Identifier: BSD-2-Clause */
/* What GRUB's lsefimmap prints, read from any bytes. */
#include "reader_fuzz.h"

FUZZ_READER(grub_reader)
