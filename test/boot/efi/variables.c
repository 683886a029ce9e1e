/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starts the loader again and again, each time with other variables of the Boot Loader Interface, and tells which are there
 * afterwards. The last time the firmware refuses variables and the TPM refuses events.
 */
#include "chain.h"

#define PERSISTENT (EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS)

static EFI_GUID loader_guid = { 0x4a67b082, 0x0a4c, 0x41cf, { 0xb6, 0xc7, 0x44, 0x0b, 0x29, 0xbb, 0x8c, 0x4f } };
static EFI_GUID tcg2_guid = { 0x607f766c, 0x7455, 0x42be, { 0x93, 0x0b, 0xe4, 0xd7, 0x6d, 0xb2, 0x72, 0x0f } };

static CHAR16 *const names[] = {
	L"LoaderInfo", L"LoaderFeatures", L"LoaderFirmwareInfo", L"LoaderFirmwareType", L"LoaderImageIdentifier",
	L"LoaderDevicePartUUID", L"LoaderEntries", L"LoaderEntrySelected", L"LoaderTimeInitUSec", L"LoaderTimeExecUSec",
	L"LoaderEntryOneShot", L"LoaderEntryDefault", L"LoaderEntryLastBooted", L"LoaderConfigTimeout",
	L"LoaderConfigTimeoutOneShot",
};
#define NAMES (sizeof(names) / sizeof(names[0]))

struct step {
	CHAR16 *set[3][2]; /* name and value; those of the steps before are kept */
	BOOLEAN refuse;
};

static const struct step steps[] = {
	{ { { NULL } }, FALSE },
	{ { { L"LoaderEntryOneShot", L"b.conf" } }, FALSE },
	{ { { L"LoaderEntryDefault", L"b.conf" }, { L"LoaderConfigTimeoutOneShot", L"menu-force" } }, FALSE },
	{ { { L"LoaderEntryOneShot", L"gone.conf" }, { L"LoaderEntryDefault", L"@saved" },
	    { L"LoaderConfigTimeout", L"soon" } }, FALSE },
	{ { { NULL } }, TRUE },
};

static void tell(UINTN step, CHAR16 *name)
{
	static CHAR16 value[512];
	UINTN size = sizeof(value) - sizeof(*value);
	UINT32 attributes;

	if (RT->GetVariable(name, &loader_guid, &attributes, &size, value)) {
		Print(L"%d %s none\n", step, name);
		return;
	}
	value[size / sizeof(*value)] = 0;
	if (StrCmp(name, L"LoaderFeatures") == 0) {
		Print(L"%d %s %x %x:%x:%x:%x\n", step, name, attributes, value[3], value[2], value[1], value[0]);
		return;
	}
	for (UINTN i = 0; i < size / sizeof(*value); i++)
		value[i] = value[i] ? value[i] : ';';
	Print(L"%d %s %x %s\n", step, name, attributes, value);
}

static void forget_volatile(void)
{
	for (UINTN i = 0; i < NAMES; i++) {
		UINT32 attributes = 0;
		UINTN size = 0;

		RT->GetVariable(names[i], &loader_guid, &attributes, &size, NULL);
		if (!(attributes & EFI_VARIABLE_NON_VOLATILE))
			RT->SetVariable(names[i], &loader_guid, 0, 0, NULL);
	}
}

static EFI_STATUS EFIAPI refuse_variable(CHAR16 *name, EFI_GUID *guid, UINT32 attributes, UINTN size, void *value)
{
	(void)name, (void)guid, (void)attributes, (void)size, (void)value;
	return EFI_OUT_OF_RESOURCES;
}

struct tcg2 {
	EFI_STATUS(EFIAPI *capability)(struct tcg2 *self, UINT8 *capability);
	EFI_STATUS(EFIAPI *log)(struct tcg2 *self, UINT32 format, UINT64 *first, UINT64 *last, BOOLEAN *truncated);
	EFI_STATUS(EFIAPI *extend)(struct tcg2 *self, UINT64 flags, UINT64 base, UINT64 size, void *event);
};

static EFI_STATUS EFIAPI tell_capability(struct tcg2 *self, UINT8 *capability)
{
	(void)self;
	capability[16] = 1; /* TPMPresentFlag */
	return EFI_SUCCESS;
}

/* The firmware itself measures PE images, and loads none that it cannot. */
static EFI_STATUS EFIAPI refuse_event(struct tcg2 *self, UINT64 flags, UINT64 base, UINT64 size, void *event)
{
	const UINT64 pe_coff_image = 0x10;

	(void)self, (void)base, (void)size, (void)event;
	return flags & pe_coff_image ? EFI_SUCCESS : EFI_DEVICE_ERROR;
}

static struct tcg2 bad_tpm = { tell_capability, NULL, refuse_event };

EFI_STATUS efi_main(EFI_HANDLE self, EFI_SYSTEM_TABLE *system_table)
{
	EFI_HANDLE tpm = NULL;

	initialize(self, system_table);
	for (UINTN i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		forget_volatile();
		for (UINTN k = 0; k < 3 && steps[i].set[k][0]; k++)
			RT->SetVariable(steps[i].set[k][0], &loader_guid, PERSISTENT, StrSize(steps[i].set[k][1]),
					steps[i].set[k][1]);
		if (steps[i].refuse) {
			RT->SetVariable = refuse_variable;
			BS->InstallProtocolInterface(&tpm, &tcg2_guid, EFI_NATIVE_INTERFACE, &bad_tpm);
		}
		Print(L"STEP %d\n", i);
		start_loader(self, own_volume(self), NULL);
		for (UINTN k = 0; k < NAMES; k++)
			tell(i, names[k]);
	}
	leave_qemu(0x10);
}
