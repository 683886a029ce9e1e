/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sections of EFI programs, as far as the loader looks into them; the firmware loads them. Sources: Microsoft's PE format; for
 * .sbat shim's SBAT.md.
 */
#ifndef LOADER_EFI_IMAGE_H
#define LOADER_EFI_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Finds a section of a PE image by its name, of at most 8 characters, in the first size bytes of its file. False when there is
 * none in them; *offset and *length are of the file, and not checked.
 */
bool efi_image_section(const uint8_t *head, size_t size, const char *name, uint32_t *offset, uint32_t *length);

/* Whether the content of a .sbat section is that of this loader, of any version. */
bool efi_image_is_mapbridge(const char *sbat, size_t size);

#endif
