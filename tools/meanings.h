/* SPDX-License-Identifier: BSD-2-Clause */
/* What the types and attributes of a memory map mean, in plain sentences: static texts that end without a full stop. */
#ifndef TOOLS_MEANINGS_H
#define TOOLS_MEANINGS_H

#include <mm/efi_to_e820.h>

/* What the firmware says with a type (UEFI 2.10, section 7.2, tables 7.5 and 7.6). Never null. */
const char *efi_type_meaning(uint32_t type);

/* What Linux does with ranges of an e820 type (arch/x86/kernel/e820.c), after "Linux". Never null. */
const char *e820_type_meaning(uint32_t type);

/* The same of a descriptor's range, beyond its e820 type (arch/x86/platform/efi); null when nothing. */
const char *efi_type_in_linux(uint32_t type);

/* The attributes in words, separated by "; ": "can be mapped write-back, uncached; the firmware needs...". */
void efi_attribute_explain(uint64_t attribute, struct printer *out);

/* Linux's columns without the empty ones: "RUN WB"; nothing when no bit is set. */
void efi_attribute_print_short(uint64_t attribute, struct printer *out);

/* What became of a descriptor, in words: "merged with its neighbours into e820 entry 3". */
void efi_trace_explain(const struct efi_memory_desc *desc, const struct efi_trace *trace, struct printer *out);

#endif
