/* SPDX-License-Identifier: BSD-2-Clause */
/* The system table and the boot services. A service that is not here fails the run by its name. */
#include "mock.h"

#include <stdio.h>
#include <string.h>

#define TABLES_MAX 16

static EFI_CONFIGURATION_TABLE at_start[TABLES_MAX];
static size_t count_at_start;

MISSING(RaiseTPL)
MISSING(RestoreTPL)
MISSING(CreateEvent)
MISSING(SetTimer)
MISSING(WaitForEvent)
MISSING(SignalEvent)
MISSING(CloseEvent)
MISSING(InstallProtocolInterface)
MISSING(ReinstallProtocolInterface)
MISSING(UninstallProtocolInterface)
MISSING(PCHandleProtocol)
MISSING(RegisterProtocolNotify)
MISSING(LocateHandle)
MISSING(Exit)
MISSING(GetNextMonotonicCount)
MISSING(DisconnectController)
MISSING(OpenProtocolInformation)
MISSING(ProtocolsPerHandle)
MISSING(CalculateCrc32)
MISSING(CopyMem)
MISSING(SetMem)
MISSING(CreateEventEx)

static EFI_STATUS EFIAPI fw_Stall(UINTN microseconds)
{
	FIRMWARE(Stall);
	time_pass(microseconds);
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fw_SetWatchdogTimer(UINTN seconds, UINT64 code, UINTN size, CHAR16 *data)
{
	FIRMWARE(SetWatchdogTimer);
	(void)size, (void)data;
	if (code < 0x10000)
		problem("SetWatchdogTimer with code %#llx, which is the firmware's own", (unsigned long long)code);
	mock.watchdog = seconds;
	mock.watchdog_set = mock.time;
	return EFI_SUCCESS;
}

void watchdog_check(const char *when)
{
	if ((mock.watchdog != 300 || mock.watchdog_set != mock.time) && !mock.result->injected)
		problem("the watchdog is not armed anew for five minutes when %s", when);
}

/* A failed try may have changed the map and stopped part of the firmware. */
static EFI_STATUS EFIAPI fw_ExitBootServices(EFI_HANDLE image, UINTN key)
{
	EFI_STATUS injected = call_enter(CALL_ExitBootServices, __builtin_return_address(0));
	bool stale = image != mock.image || key != memory_map_key();

	if (stale)
		problem("ExitBootServices with a map key that is not that of the last map");
	if (injected || stale || mock.result->exits++ < mock.scenario->exit_failures) {
		mock.phase = PHASE_HALF;
		memory_fragment(mock.scenario->exit_growth ? mock.scenario->exit_growth : 2);
		return EFI_INVALID_PARAMETER;
	}
	mock.phase = PHASE_GONE;
	return EFI_SUCCESS;
}

#define NONE(name) .name = (void *)missing_##name
#define HAVE(name) .name = fw_##name

static EFI_BOOT_SERVICES boot_services = {
	HAVE(AllocatePages), HAVE(FreePages), HAVE(GetMemoryMap), HAVE(AllocatePool), HAVE(FreePool),
	HAVE(HandleProtocol), HAVE(OpenProtocol), HAVE(CloseProtocol), HAVE(LocateProtocol), HAVE(LocateHandleBuffer),
	HAVE(LocateDevicePath), HAVE(InstallConfigurationTable), HAVE(LoadImage), HAVE(StartImage), HAVE(UnloadImage),
	HAVE(ExitBootServices), HAVE(Stall), HAVE(SetWatchdogTimer), HAVE(ConnectController),
	HAVE(CheckEvent),
	.InstallMultipleProtocolInterfaces = fw_InstallMultiple,
	.UninstallMultipleProtocolInterfaces = fw_UninstallMultiple,
	NONE(RaiseTPL), NONE(RestoreTPL), NONE(CreateEvent), NONE(SetTimer), NONE(WaitForEvent), NONE(SignalEvent),
	NONE(CloseEvent), NONE(InstallProtocolInterface), NONE(ReinstallProtocolInterface),
	NONE(UninstallProtocolInterface), NONE(PCHandleProtocol), NONE(RegisterProtocolNotify), NONE(LocateHandle), NONE(Exit),
	NONE(GetNextMonotonicCount), NONE(DisconnectController), NONE(OpenProtocolInformation), NONE(ProtocolsPerHandle),
	NONE(CalculateCrc32), NONE(CopyMem), NONE(SetMem), NONE(CreateEventEx),
};

void missing(const char *name)
{
	fatal("the application calls %s, which test/firmware does not have: add it there", name);
}

/* Each change is a new array, as firmware makes it from its pool: a pointer to the old one is stale. */
static void replace_tables(const EFI_CONFIGURATION_TABLE *tables, size_t count)
{
	EFI_SYSTEM_TABLE *system = mock.system;
	EFI_CONFIGURATION_TABLE *fresh = memory_take(EfiRuntimeServicesData, TABLES_MAX * sizeof(*fresh));

	memcpy(fresh, tables, count * sizeof(*fresh));
	if (system->ConfigurationTable)
		memory_release(system->ConfigurationTable, TABLES_MAX * sizeof(*fresh));
	system->ConfigurationTable = fresh;
	system->NumberOfTableEntries = count;
}

static EFI_STATUS install(const EFI_GUID *guid, void *table)
{
	EFI_CONFIGURATION_TABLE tables[TABLES_MAX];
	size_t count = mock.system->NumberOfTableEntries, i = 0;

	if (count)
		memcpy(tables, mock.system->ConfigurationTable, count * sizeof(tables[0]));
	while (i < count && !guid_is(&tables[i].VendorGuid, guid))
		i++;
	if (i == count && !table)
		return EFI_NOT_FOUND;
	if (i == TABLES_MAX || (i == count && mock.scenario->tables_full && mock.in_application))
		return EFI_OUT_OF_RESOURCES;
	if (table) {
		tables[i] = (EFI_CONFIGURATION_TABLE){ *guid, table };
		count += i == count;
	} else {
		tables[i] = tables[--count];
	}
	replace_tables(tables, count);
	return EFI_SUCCESS;
}

void tables_install(const EFI_GUID *guid, void *table)
{
	install(guid, table);
	count_at_start = mock.system->NumberOfTableEntries;
	memcpy(at_start, mock.system->ConfigurationTable, count_at_start * sizeof(at_start[0]));
}

EFI_STATUS EFIAPI fw_InstallConfigurationTable(EFI_GUID *guid, void *table)
{
	EFI_STATUS injected = call_enter(CALL_InstallConfigurationTable, __builtin_return_address(0));

	if (injected && !table) /* what is still pointed to cannot be freed */
		mock.stuck = true;
	for (size_t i = 0; injected && table && i < count_at_start; i++)
		mock.stuck |= at_start[i].VendorTable == table;
	if (injected)
		return injected;
	return guid ? install(guid, table) : EFI_INVALID_PARAMETER;
}

/* The order may be another one. */
void tables_check_leaks(void)
{
	size_t count = mock.system->NumberOfTableEntries;

	if (count != count_at_start)
		problem("there are %zu configuration tables, and there were %zu", count, count_at_start);
	for (size_t i = 0; i < count_at_start; i++) {
		bool found = false;

		for (size_t j = 0; j < count; j++)
			found |= memcmp(&at_start[i], &mock.system->ConfigurationTable[j], sizeof(at_start[i])) == 0;
		if (!found)
			problem("configuration table %08x-... is not what it was", at_start[i].VendorGuid.Data1);
	}
}

static void put(uint8_t *at, uint64_t value, size_t size)
{
	memcpy(at, &value, size);
}

/* RSDP, XSDT and FADT as ACPI 6.5 has them in sections 5.2.5, 5.2.8 and 5.2.9. */
static void acpi_setup(void)
{
	static const EFI_GUID acpi2 = ACPI_20_TABLE_GUID, acpi1 = ACPI_TABLE_GUID;
	uint8_t *rsdp = memory_take(EfiACPIReclaimMemory, 36), *xsdt = memory_take(EfiACPIReclaimMemory, 44);
	uint8_t *fadt = memory_take(EfiACPIReclaimMemory, 276);

	memcpy(rsdp, "RSD PTR ", 8);
	rsdp[15] = mock.scenario->acpi1 ? 0 : 2;
	put(rsdp + 24, (uint64_t)(uintptr_t)xsdt, 8);
	memcpy(xsdt, "XSDT", 4);
	put(xsdt + 4, 44, 4);
	put(xsdt + 36, (uint64_t)(uintptr_t)fadt, 8);
	memcpy(fadt, "FACP", 4);
	put(fadt + 4, 276, 4);
	put(fadt + 76, PM_TIMER_PORT, 4);
	tables_install(mock.scenario->acpi1 ? &acpi1 : &acpi2, rsdp);
}

/* SMBIOS 3 (DSP0134, section 5.2.2): BIOS, system and board, each with three strings. */
static void smbios_setup(void)
{
	static const EFI_GUID guid = SMBIOS3_TABLE_GUID;
	static const char strings[] = "Maker\0Product\0Version\0";
	uint8_t *entry = memory_take(EfiRuntimeServicesData, 24), *table = memory_take(EfiRuntimeServicesData, PAGE), *at = table;

	for (unsigned type = 0; type < 3; type++) {
		at[0] = (uint8_t)type;
		at[1] = 0x1a;
		at[4] = 1, at[5] = 2, at[6] = 3;
		memcpy(at + at[1], strings, sizeof(strings));
		at += at[1] + sizeof(strings);
	}
	at[0] = 127;
	at[1] = 4;
	memcpy(entry, "_SM3_", 5);
	entry[6] = 24;
	entry[7] = 3;
	put(entry + 12, (uint64_t)(at + 6 - table), 4);
	put(entry + 16, (uint64_t)(uintptr_t)table, 8);
	for (unsigned i = 0, sum = 0; i < 24; i++)
		entry[5] = (uint8_t)-(sum += i == 5 ? 0 : entry[i]);
	tables_install(&guid, entry);
}

/* EFI_MEMORY_ATTRIBUTES_TABLE (UEFI 2.10, section 4.6.4): one runtime range in two pieces. */
static void attributes_setup(void)
{
	static const EFI_GUID guid = { 0xdcfa911d, 0x26eb, 0x469f, { 0xa2, 0x20, 0x38, 0xb7, 0xdc, 0x46, 0x12, 0x20 } };
	uint8_t *code = memory_take(EfiRuntimeServicesCode, 2 * PAGE);
	uint32_t head[4] = { 1, 2, 48, 0 };
	uint8_t *table = memory_take(EfiBootServicesData, sizeof(head) + 2 * 48);
	EFI_MEMORY_DESCRIPTOR piece = { .Type = EfiRuntimeServicesCode, .PhysicalStart = (uint64_t)(uintptr_t)code,
					.NumberOfPages = 1, .Attribute = EFI_MEMORY_RUNTIME | 0x20000 };

	memcpy(table, head, sizeof(head));
	memcpy(table + sizeof(head), &piece, sizeof(piece));
	piece.PhysicalStart += PAGE;
	piece.Attribute = EFI_MEMORY_RUNTIME | 0x4000;
	memcpy(table + sizeof(head) + 48, &piece, sizeof(piece));
	tables_install(&guid, table);
}

void tables_setup(void)
{
	EFI_RUNTIME_SERVICES *runtime = memory_take(EfiRuntimeServicesData, sizeof(*runtime));

	mock.system = memory_take(EfiRuntimeServicesData, sizeof(*mock.system));
	*runtime = runtime_services;
	mock.system->Hdr.Signature = EFI_SYSTEM_TABLE_SIGNATURE;
	mock.system->Hdr.Revision = 2 << 16 | 100;
	mock.system->Hdr.HeaderSize = sizeof(*mock.system);
	mock.system->FirmwareVendor = (CHAR16 *)L"test/firmware";
	mock.system->BootServices = &boot_services;
	mock.system->RuntimeServices = runtime;
	acpi_setup();
	smbios_setup();
	if (mock.scenario->attributes_table)
		attributes_setup();
}
