/* SPDX-License-Identifier: BSD-2-Clause */
#include "sizes.h"

#include <stdio.h>
#include <string.h>

const char *bytes_text(byte_sum bytes, char text[SIZE_TEXT_MAX])
{
	char digits[40];
	size_t at = sizeof(digits);

	digits[--at] = '\0';
	do {
		digits[--at] = (char)('0' + (int)(bytes % 10));
		bytes /= 10;
	} while (bytes);
	memcpy(text, digits + at, sizeof(digits) - at);
	return text;
}

const char *binary_text(byte_sum bytes, char text[SIZE_TEXT_MAX])
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB" };
	byte_sum hundredths = bytes * 100;
	size_t unit = 0;

	for (; hundredths >= 102400 && unit + 1 < sizeof(units) / sizeof(units[0]); unit++)
		hundredths /= 1024;
	unsigned long long whole = (unsigned long long)(hundredths / 100);

	if (hundredths % 100 == 0)
		snprintf(text, SIZE_TEXT_MAX, "%llu %s", whole, units[unit]);
	else
		snprintf(text, SIZE_TEXT_MAX, "%llu.%02u %s", whole, (unsigned)(hundredths % 100), units[unit]);
	return text;
}
