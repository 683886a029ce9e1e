/* SPDX-License-Identifier: BSD-2-Clause */
#include "efi.h"

#include "runtime.h"

const struct efi_guid efi_memory_attributes_guid = { { 0x1d, 0x91, 0xfa, 0xdc, 0xeb, 0x26, 0x9f, 0x46, 0xa2, 0x20, 0x38,
						       0xb7, 0xdc, 0x46, 0x12, 0x20 } };
const struct efi_guid efi_rt_properties_guid = { { 0x8a, 0x91, 0x66, 0xeb, 0xef, 0x7e, 0x2a, 0x40, 0x84, 0x2e, 0x93,
						   0x1d, 0x21, 0xc3, 0x8a, 0xe9 } };
const struct efi_guid efi_global_variable_guid = { { 0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93, 0xd2, 0x11, 0xaa, 0x0d, 0x00,
						     0xe0, 0x98, 0x03, 0x2b, 0x8c } };

bool efi_header_good(const struct efi_table_header *header, uint64_t signature)
{
	const struct efi_table_header blank = { .signature = header->signature, .revision = header->revision,
						.header_size = header->header_size, .reserved = header->reserved };

	if (header->signature != signature || header->header_size < sizeof(blank) || header->header_size > MM_PAGE_SIZE)
		return false;
	return header->crc32 == crc32(crc32(0, &blank, sizeof(blank)), header + 1, header->header_size - sizeof(blank));
}

uint64_t efi_find_table(const struct efi_system_table *systab, const struct efi_guid *guid)
{
	const struct efi_configuration_table *tables = identity(systab->configuration_table);

	for (uint64_t i = 0; i < systab->table_count; i++)
		if (!__builtin_memcmp(&tables[i].guid, guid, sizeof(*guid)))
			return tables[i].table;
	return 0;
}
