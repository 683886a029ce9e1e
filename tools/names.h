/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tools that print memory maps call EFI memory types and attributes. */
#ifndef TOOLS_NAMES_H
#define TOOLS_NAMES_H

#include "map_reader.h"

enum naming {
	NAMING_OLD_LINUX, /* before Linux 6.2, "Conventional Memory" */
	NAMING_SHELL,     /* the UEFI shell's memmap, "Available" */
	NAMING_GRUB,      /* lsefimmap, "conv-mem" */
	NAMING_OLD_SHELL, /* of the EFI 1.x shell, "available" */
	NAMING_FREEBSD,   /* the loader's memmap and sysctl machdep.efi_map, "ConventionalMemory" */
	NAMINGS,
	NAMING_LINUX = NAMINGS /* today's, "Conventional": mm/'s own */
};

bool efi_type_named(const struct text *name, enum naming naming, uint32_t *type);

/* Adds the bit of an attribute's name to *attribute: Linux's (RUN, WB), GRUB's (RT), FreeBSD's (RUNTIME). */
bool efi_attribute_named(const struct text *name, uint64_t *attribute);

#endif
