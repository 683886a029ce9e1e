/* SPDX-License-Identifier: BSD-2-Clause */
/* A PE image with the zeros at the end of its writable sections left out. */
#ifndef SCRIPTS_PE_TRIM_H
#define SCRIPTS_PE_TRIM_H

#include <stddef.h>
#include <stdint.h>

/*
 * Makes each writable section of an image of *size bytes end, in the file, behind its last byte that is not zero: whoever
 * loads it fills it up with zeros to its size in memory (PE Format, "Section Table", VirtualSize). Section sizes stay multiples
 * of 512 bytes, and one that has bytes keeps 512. *size becomes the new size. Any bytes may be given: null, or what is
 * wrong with them, and then neither they nor *size are changed.
 */
const char *pe_trim(uint8_t *image, size_t *size);

#endif
