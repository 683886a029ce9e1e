/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stands in for the kernel's <linux/memblock.h> when the kernel's own memblock suite is compiled against libmm. All
 * other headers of the suite are its own.
 */
#ifndef TEST_LINUX_MEMBLOCK_H
#define TEST_LINUX_MEMBLOCK_H

#include <linux/init.h>
#include <linux/mm.h>
#include <asm/dma.h>

/* <linux/types.h> has phys_addr_t already, of the width that the suite was configured for. */
#define MM_PHYS_ADDR_T_DEFINED
#include <mm/memblock.h>

#endif
