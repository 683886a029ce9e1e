// SPDX-License-Identifier: BSD-2-Clause
/*
 * A Linux module that asks the firmware what time it is: Debian's x86 kernels have no driver that does. Loading it
 * prints the answer and then fails on purpose, so that nothing stays behind.
 */
#include <linux/efi.h>
#include <linux/module.h>

static int __init efi_clock(void)
{
	efi_time_t time = { 0 };
	efi_status_t status = efi.get_time(&time, NULL);

	pr_info("efi_clock: status %#lx, %04u-%02u-%02u %02u:%02u:%02u\n", status, time.year, time.month, time.day,
		time.hour, time.minute, time.second);
	return -ENODEV;
}

module_init(efi_clock);
MODULE_LICENSE("Dual BSD/GPL");
MODULE_DESCRIPTION("Reads the clock through EFI runtime services");
