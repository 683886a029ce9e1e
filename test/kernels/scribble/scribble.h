/* SPDX-License-Identifier: BSD-2-Clause */
/* Overwrites all free memory, then shows that what must survive did. */
#ifndef SCRIBBLE_SCRIBBLE_H
#define SCRIBBLE_SCRIBBLE_H

#include "lib/machine.h"

/* Takes every free byte through memblock and returns how many they are: what the next two functions work on. */
uint64_t claim_free_memory(const struct machine *machine);
void pattern_write(void);
/* Counts the 64-bit words that differ; *first is the address of the first one. */
uint64_t pattern_verify(uint64_t *first);

/* Checksums of all that must survive: taken before, compared (one check each) after. */
void survivors_record(const struct machine *machine);
/* memblock_reserve of the ACPI tables that lie in usable memory; after survivors_record. */
void survivors_reserve_acpi(const struct machine *machine);
void survivors_check(const struct machine *machine);

/* Which runtime services the firmware says it has after exit; read before the pattern, used after it. */
void runtime_services_prepare(const struct machine *machine);
void runtime_services_check(const struct machine *machine);

#endif
