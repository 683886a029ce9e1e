/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How fast the time stamp counter is, found without waiting: the ACPI power management timer is read when the loader begins and
 * once more when it has read its configuration. Source: ACPI 6.5, sections 4.8.3.3 and 5.2.9.
 */
#include "firmware.h"

#include <loader/loader_variables.h>

#define FADT_PM_TMR_BLK 76
#define FADT_FLAGS 112
#define FADT_X_PM_TMR_BLK 208 /* a generic address: 4 bytes that tell the kind, 8 bytes of address */
#define FADT_TMR_VAL_EXT (1u << 8)
#define SYSTEM_IO 1

static struct {
	uint16_t port; /* 0: there is no timer */
	unsigned bits;
	uint32_t start;
	uint64_t frequency; /* of the time stamp counter in Hz; 0: not known */
} timer;

static uint64_t read_field(const uint8_t *table, size_t offset, size_t size)
{
	uint32_t length;
	uint64_t value = 0;

	__builtin_memcpy(&length, table + 4, sizeof(length));
	if (offset + size <= length)
		__builtin_memcpy(&value, table + offset, size);
	return value;
}

static uint32_t read_timer(void)
{
	uint32_t value;

	__asm__ volatile("inl %1, %0" : "=a"(value) : "d"(timer.port));
	return value;
}

void clock_begin(void)
{
	const uint8_t *fadt = machine_acpi_table("FACP");
	uint64_t port = fadt ? read_field(fadt, FADT_PM_TMR_BLK, 4) : 0;

	timer.frequency = timer.port = 0;
	if (fadt && port == 0 && read_field(fadt, FADT_X_PM_TMR_BLK, 1) == SYSTEM_IO)
		port = read_field(fadt, FADT_X_PM_TMR_BLK + 4, 8);
	if (port == 0 || port > UINT16_MAX)
		return;
	timer.port = (uint16_t)port;
	timer.bits = read_field(fadt, FADT_FLAGS, 4) & FADT_TMR_VAL_EXT ? 32 : 24;
	timer.start = read_timer();
	fw.tsc = machine_tsc();
}

void clock_calibrate(void)
{
	if (timer.port)
		timer.frequency = loader_tsc_frequency(machine_tsc() - fw.tsc, timer.start, read_timer(), timer.bits);
}

uint64_t clock_microseconds(uint64_t tsc)
{
	return timer.frequency ? loader_microseconds(tsc, timer.frequency) : 0;
}
