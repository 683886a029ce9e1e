/* SPDX-License-Identifier: BSD-2-Clause */
#include "early_path.h"
void insert_kernel_resources(void)
{
}
void e820_reserve_resources(const struct e820_table *table)
{
	(void)table;
}
