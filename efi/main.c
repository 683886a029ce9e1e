/* SPDX-License-Identifier: BSD-2-Clause */
#include "firmware.h"

#include <loader/load_options.h>

struct firmware fw;

/* What the load options say when they name an entry; else empty. Null after a refusal. The caller frees it. */
static char *wanted_entry(void)
{
	const void *options = fw.loaded->LoadOptions ? fw.loaded->LoadOptions : "";
	size_t size = fw.loaded->LoadOptions ? fw.loaded->LoadOptionsSize : 0;
	char *wanted = pool_allocate(load_options_room(size), "load options");
	bool rest;

	if (wanted && load_options_parse(options, size, wanted, &rest) && rest)
		print(console, "mapbridge: note: load options: what follows the name of an entry is ignored; options are for the "
		      "entry's file\n");
	return wanted;
}

static EFI_STATUS boot(void)
{
	char *wanted = wanted_entry();
	EFI_STATUS status = wanted ? config_boot(wanted) : EFI_OUT_OF_RESOURCES;

	pool_free(wanted);
	return status;
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
	EFI_STATUS status;

	fw = (struct firmware){ .image = image, .system = system, .boot = system->BootServices,
				.runtime = system->RuntimeServices, .tsc = machine_tsc() };
	console_begin();
	clock_begin();
	watchdog_arm();
	print(console, "Mapbridge " MAPBRIDGE_VERSION ", from the firmware's memory map to a running kernel\n");
	status = volumes_open();
	if (!EFI_ERROR(status)) {
		status = boot();
		volumes_close();
	}
	print(console, "mapbridge: back to the firmware\n");
	console_end();
	watchdog_arm();
	return status;
}
