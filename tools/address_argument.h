/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses as people write them on a command line. */
#ifndef TOOLS_ADDRESS_ARGUMENT_H
#define TOOLS_ADDRESS_ARGUMENT_H

#include <mm/printer.h>
#include <mm/types.h>

/*
 * Reads an address or a range into *first and *last (inclusive):
 *   0xfee00000, fee00000    hexadecimal, as maps print it
 *   3G, 640K                decimal (hexadecimal with 0x) in units of K, M, G or T: 2^10 to 2^40 bytes
 *   pfn:fee00               the whole page with that number, hexadecimal
 *   A-B                     from A to B, both inclusive; when B is a page, to its last byte
 *   A+SIZE                  SIZE bytes (not 0) from A on
 *   [mem A-B]               as the kernel's log writes a range
 * false, *first and *last untouched and one sentence without a line end in error, when it is none of these, or when it
 * is above 2^64 - 1 or ends before it starts.
 */
bool parse_address_argument(const char *text, uint64_t *first, uint64_t *last, struct printer *error);

#endif
