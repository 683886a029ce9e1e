/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The firmware arms its watchdog for each boot option and resets the machine when nobody feeds it. It stays armed: a driver
 * that never comes back, or a program that hangs before it leaves boot services, ends in a reset and not in a machine that is down.
 */
#include "firmware.h"

#define WATCHDOG_SECONDS 300  /* what the firmware arms for each boot option */
#define WATCHDOG_CODE 0x10000 /* the smallest one that is not the firmware's own (UEFI 2.10, section 7.5) */
#define FEED_TICKS (UINT64_C(1) << 35) /* of the time stamp counter: 7 to 35 seconds at 1 to 5 GHz */

static uint64_t fed;

void watchdog_arm(void)
{
	fed = machine_tsc();
	fw.boot->SetWatchdogTimer(WATCHDOG_SECONDS, WATCHDOG_CODE, 0, NULL);
}

void watchdog_feed(void)
{
	if (machine_tsc() - fed >= FEED_TICKS)
		watchdog_arm();
}
