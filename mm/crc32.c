/* SPDX-License-Identifier: BSD-2-Clause */
#include <mm/crc32.h>

#define POLYNOMIAL UINT32_C(0xedb88320)

/* Half a byte a step: maps of a million descriptors are summed up, too, and the table has only 64 bytes. */
uint32_t mm_crc32(uint32_t crc, const void *data, size_t size)
{
	const unsigned char *bytes = data;
	uint32_t table[16];

	for (uint32_t i = 0; i < 16; i++) {
		table[i] = i;
		for (int bit = 0; bit < 4; bit++)
			table[i] = table[i] >> 1 ^ (table[i] & 1 ? POLYNOMIAL : 0);
	}
	crc = ~crc;
	for (size_t i = 0; i < size; i++) {
		crc ^= bytes[i];
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return ~crc;
}
