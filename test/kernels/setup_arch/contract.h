/* SPDX-License-Identifier: BSD-2-Clause */
/* The lines of docs/handoff.md, each checked under its own number; and the walk along Linux's setup_arch. */
#ifndef SETUP_ARCH_CONTRACT_H
#define SETUP_ARCH_CONTRACT_H

#include "lib/machine.h"

void check_processor(const struct machine *machine); /* C1 to C12, S1 to S3 */
void check_bss(void); /* L1: first of all, because every check stands on it */
void check_image(const struct machine *machine);     /* L2, L3 */
void check_boot_params(const struct machine *machine); /* B1 to B12 */
void check_reservations(const struct machine *machine); /* R1 to R5 */
void check_mappings(const struct machine *machine); /* M1 to M10 */
void check_protection(const struct machine *machine); /* M11: the processor's own answer */

/* The early path; needs early_ioremap. */
void walk_early_path(const struct machine *machine);
void walk_acpi(const struct machine *machine);

#endif
