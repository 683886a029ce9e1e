/* SPDX-License-Identifier: BSD-2-Clause */
/* What a kernel reads of UEFI after ExitBootServices. Layouts: UEFI specification 2.10, chapters 4 and 8. */
#ifndef KERNELS_EFI_H
#define KERNELS_EFI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EFI_SYSTEM_TABLE_SIGNATURE UINT64_C(0x5453595320494249)     /* "IBI SYST" */
#define EFI_RUNTIME_SERVICES_SIGNATURE UINT64_C(0x56524553544e5552) /* "RUNTSERV" */

#define EFI_SUCCESS UINT64_C(0)
#define EFI_UNSUPPORTED (UINT64_C(1) << 63 | 3)
#define EFI_NOT_FOUND (UINT64_C(1) << 63 | 14)

struct efi_guid {
	uint8_t bytes[16]; /* as they lie in memory */
};

struct efi_table_header {
	uint64_t signature;
	uint32_t revision, header_size, crc32, reserved;
};

struct efi_configuration_table {
	struct efi_guid guid;
	uint64_t table;
};

struct efi_system_table {
	struct efi_table_header header;
	uint64_t firmware_vendor;
	uint32_t firmware_revision, pad;
	uint64_t console[6];
	uint64_t runtime_services, boot_services;
	uint64_t table_count, configuration_table;
};

struct efi_time {
	uint16_t year;
	uint8_t month, day, hour, minute, second, pad1;
	uint32_t nanosecond;
	int16_t time_zone;
	uint8_t daylight, pad2;
};

#define EFIAPI __attribute__((ms_abi))

struct efi_runtime_services {
	struct efi_table_header header;
	uint64_t(EFIAPI *get_time)(struct efi_time *time, void *capabilities);
	uint64_t not_used[5];
	uint64_t(EFIAPI *get_variable)(const uint16_t *name, const struct efi_guid *vendor, uint32_t *attributes,
				       uint64_t *size, void *data);
};

_Static_assert(sizeof(struct efi_table_header) == 24, "EFI_TABLE_HEADER");
_Static_assert(offsetof(struct efi_system_table, runtime_services) == 88, "EFI_SYSTEM_TABLE");
_Static_assert(sizeof(struct efi_system_table) == 120, "EFI_SYSTEM_TABLE");
_Static_assert(offsetof(struct efi_runtime_services, get_variable) == 72, "EFI_RUNTIME_SERVICES");
_Static_assert(sizeof(struct efi_time) == 16, "EFI_TIME");

/* The memory attributes table, and the entries' attribute bits that it sets. */
struct efi_memory_attributes_table {
	uint32_t version, count, desc_size, flags;
};

/* Which runtime services work after ExitBootServices; all of them when the firmware has no such table. */
struct efi_rt_properties_table {
	uint16_t version, length;
	uint32_t supported;
};

#define EFI_RT_SUPPORTED_GET_TIME 0x1
#define EFI_RT_SUPPORTED_GET_VARIABLE 0x10

extern const struct efi_guid efi_memory_attributes_guid, efi_rt_properties_guid, efi_global_variable_guid;

/* Whether the header's CRC-32, computed with that field 0, is right. Headers over 4096 bytes are not. */
bool efi_header_good(const struct efi_table_header *header, uint64_t signature);

/* Physical address of a configuration table; 0 when the firmware has none of that GUID. */
uint64_t efi_find_table(const struct efi_system_table *systab, const struct efi_guid *guid);

#endif
