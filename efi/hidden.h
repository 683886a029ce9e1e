/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Included before everything that is part of BOOTX64.EFI. -fvisibility=hidden concerns definitions alone: an address of
 * a function of another file would be looked up in a GOT, which a PE image does not have. This hides declarations, too.
 */
#pragma GCC visibility push(hidden)
