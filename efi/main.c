/* SPDX-License-Identifier: BSD-2-Clause */
#include "firmware.h"

#include <loader/bls.h>

struct firmware fw;

/*
 * An entry's file name in our load options. Firmware puts other things there too (the name of the program, binary
 * data): only text that ends in .conf counts.
 */
static void wanted_entry(char *name, size_t capacity)
{
	const CHAR16 *options = fw.loaded->LoadOptions;
	size_t count = options ? fw.loaded->LoadOptionsSize / sizeof(*options) : 0, length = 0;

	name[0] = '\0';
	for (size_t i = 0; i < count && options[i]; i++) {
		if (options[i] < ' ' || options[i] > '~' || length + 1 == capacity) {
			name[0] = '\0';
			return;
		}
		if (options[i] == ' ')
			length = 0; /* the last word */
		else
			name[length++] = (char)options[i];
		name[length] = '\0';
	}
	if (!bls_name_matches("*.conf", name))
		name[0] = '\0';
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
	char wanted[BLS_NAME_MAX];
	EFI_STATUS status;

	fw = (struct firmware){ .image = image, .system = system, .boot = system->BootServices,
				.runtime = system->RuntimeServices, .tsc = machine_tsc() };
	console_begin();
	clock_begin();
	watchdog_arm();
	print(console, "Mapbridge " MAPBRIDGE_VERSION ", from the firmware's memory map to a running kernel\n");
	status = volumes_open();
	if (!EFI_ERROR(status)) {
		wanted_entry(wanted, sizeof(wanted));
		status = config_boot(wanted);
		volumes_close();
	}
	print(console, "mapbridge: back to the firmware\n");
	console_end();
	watchdog_arm();
	return status;
}
