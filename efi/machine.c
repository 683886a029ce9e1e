/* SPDX-License-Identifier: BSD-2-Clause */
/* Facts about the machine: processor modes, firmware tables, Secure Boot. */
#include "firmware.h"

#define CR4_MCE (UINT64_C(1) << 6)
#define CR4_LA57 (UINT64_C(1) << 12)

static EFI_GUID acpi2_guid = { 0x8868e871, 0xe4f1, 0x11d3, { 0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81 } };
static EFI_GUID acpi1_guid = { 0xeb9d2d30, 0x2d88, 0x11d3, { 0x9a, 0x16, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d } };
static EFI_GUID attributes_guid = { 0xdcfa911d, 0x26eb, 0x469f, { 0xa2, 0x20, 0x38, 0xb7, 0xdc, 0x46, 0x12, 0x20 } };
static EFI_GUID attribute_protocol_guid = { 0xf4560cf6, 0x40ec, 0x4b4a, { 0xa1, 0x92, 0xbf, 0x1d, 0x57, 0xd0, 0xb1, 0x89 } };
static EFI_GUID global_guid = EFI_GLOBAL_VARIABLE;
static EFI_GUID shim_guid = { 0x605dab50, 0xe046, 0x4300, { 0xab, 0xb6, 0x3d, 0xd8, 0x10, 0xdd, 0x8b, 0x23 } };

/* EFI_MEMORY_ATTRIBUTES_TABLE (UEFI 2.10, section 4.6.4); descriptors follow. */
struct attributes_table {
	uint32_t version;
	uint32_t entries;
	uint32_t desc_size;
	uint32_t flags;
};

/* EFI_MEMORY_ATTRIBUTE_PROTOCOL (UEFI 2.10, section 37.7), which gnu-efi's headers do not have. */
struct attribute_protocol {
	EFI_STATUS(EFIAPI *get)(struct attribute_protocol *self, EFI_PHYSICAL_ADDRESS base, UINT64 size, UINT64 *attributes);
	EFI_STATUS(EFIAPI *set)(struct attribute_protocol *self, EFI_PHYSICAL_ADDRESS base, UINT64 size, UINT64 attributes);
	EFI_STATUS(EFIAPI *clear)(struct attribute_protocol *self, EFI_PHYSICAL_ADDRESS base, UINT64 size, UINT64 attributes);
};

void *machine_table(const EFI_GUID *guid)
{
	for (UINTN i = 0; i < fw.system->NumberOfTableEntries; i++)
		if (__builtin_memcmp(&fw.system->ConfigurationTable[i].VendorGuid, guid, sizeof(*guid)) == 0)
			return fw.system->ConfigurationTable[i].VendorTable;
	return NULL;
}

uint64_t machine_tsc(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

void machine_paging(struct paging_mode *mode, bool *mce)
{
	uint64_t cr4;
	uint32_t features = 0;

	__asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
	if (machine_cpuid(0x80000000).a >= 0x80000001)
		features = machine_cpuid(0x80000001).d;
	mode->levels = cr4 & CR4_LA57 ? 5 : 4;
	mode->gib_pages = features >> 26 & 1;
	*mce = cr4 & CR4_MCE;
}

bool machine_is_amd(void)
{
	uint32_t vendor = machine_cpuid(0).d; /* characters 4 to 7 of its name */

	return vendor == 0x69746e65 || vendor == 0x6e65476e; /* AuthenticAMD, HygonGenuine */
}

bool machine_memory_attributes(struct efi_memmap *attributes)
{
	const struct attributes_table *table = machine_table(&attributes_guid);

	if (!table || table->version == 0 || table->desc_size < sizeof(struct efi_memory_desc))
		return false;
	*attributes = (struct efi_memmap){ table + 1, (size_t)table->entries * table->desc_size, table->desc_size, 1 };
	return true;
}

static EFI_STATUS read_byte(const CHAR16 *name, EFI_GUID *vendor, UINT32 *attributes, UINT8 *value)
{
	UINTN size = sizeof(*value);

	return fw.runtime->GetVariable((CHAR16 *)name, vendor, attributes, &size, value);
}

/* Asked once: each variable costs some firmware tens of thousands of instructions. */
static const struct secure_boot *secure_boot(void)
{
	struct secure_boot *found = &fw.secure_boot;

	if (found->known)
		return found;
	found->known = true;
	found->status = read_byte(L"SecureBoot", &global_guid, NULL, &found->on);
	found->setup_status = EFI_ERROR(found->status) ? found->status :
							 read_byte(L"SetupMode", &global_guid, NULL, &found->setup);
	if (EFI_ERROR(found->status) && found->status != EFI_NOT_FOUND && found->status != EFI_UNSUPPORTED)
		print(console, "mapbridge: note: the firmware does not say whether Secure Boot is on (%s): taken as on\n",
		      status_name(found->status));
	return found;
}

uint8_t machine_secure_boot_mode(void)
{
	const struct secure_boot *found = secure_boot();
	UINT8 insecure;
	UINT32 attributes = 0;

	if (found->status == EFI_NOT_FOUND)
		return SECURE_BOOT_DISABLED;
	if (EFI_ERROR(found->setup_status))
		return SECURE_BOOT_UNKNOWN;
	if (found->on != 1 || found->setup == 1)
		return SECURE_BOOT_DISABLED;
	/* The user of a machine with shim may have switched verification off: a variable that no running system can write. */
	if (!EFI_ERROR(read_byte(L"MokSBState", &shim_guid, &attributes, &insecure)) &&
	    !(attributes & EFI_VARIABLE_RUNTIME_ACCESS) && insecure == 1)
		return SECURE_BOOT_DISABLED;
	return SECURE_BOOT_ENABLED;
}

/*
 * Without what shim's user chose: shim's choice binds those who ask shim, and we start kernels that nobody verified. A
 * firmware that does not answer is taken at its strictest. It may have no variables at all (UEFI 2.10, section 8.2).
 */
bool machine_secure_boot(void)
{
	const struct secure_boot *found = secure_boot();

	if (found->status == EFI_NOT_FOUND || found->status == EFI_UNSUPPORTED)
		return false;
	return EFI_ERROR(found->status) || (found->on == 1 && (EFI_ERROR(found->setup_status) || found->setup != 1));
}

/* TCG Platform Reset Attack Mitigation Specification, section 4: bit 0 is to be set, and the firmware clears it. */
void machine_request_memory_overwrite(void)
{
	static const CHAR16 name[] = L"MemoryOverwriteRequestControl";
	static EFI_GUID guid = { 0xe20939be, 0x32d4, 0x41be, { 0xa1, 0x50, 0x89, 0x7f, 0x85, 0xd4, 0x98, 0x29 } };
	UINT8 value;
	EFI_STATUS status = read_byte(name, &guid, NULL, &value);

	if (EFI_ERROR(status) || value == 1)
		return; /* the firmware cannot, or will */
	value = 1;
	status = fw.runtime->SetVariable((CHAR16 *)name, &guid, EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS |
					 EFI_VARIABLE_RUNTIME_ACCESS, sizeof(value), &value);
	if (EFI_ERROR(status))
		print(console, "mapbridge: note: the firmware will not clear memory after a reset (%s)\n", status_name(status));
}

/* RSDP and XSDT (ACPI 6.5, sections 5.2.5 and 5.2.8). Null when there is no XSDT. */
static const uint8_t *find_xsdt(const uint8_t *rsdp, uint32_t *length)
{
	uint64_t xsdt = 0;

	*length = 0;
	if (rsdp && rsdp[15] >= 2) /* the revision: version 1 has no XSDT */
		__builtin_memcpy(&xsdt, rsdp + 24, sizeof(xsdt));
	if (xsdt)
		__builtin_memcpy(length, (const uint8_t *)(uintptr_t)xsdt + 4, sizeof(*length));
	return (const uint8_t *)(uintptr_t)xsdt;
}

/* What is behind these two Linux maps itself. */
static size_t acpi_tables(const uint8_t *rsdp, struct boot_table *tables)
{
	uint32_t length;
	const uint8_t *xsdt = find_xsdt(rsdp, &length);

	tables[0] = (struct boot_table){ (uintptr_t)rsdp, 36 };
	if (!xsdt)
		return 1;
	tables[1] = (struct boot_table){ (uintptr_t)xsdt, length };
	return 2;
}

const uint8_t *machine_acpi_table(const char *signature)
{
	uint32_t length = 0;
	const uint8_t *xsdt = find_xsdt(machine_table(&acpi2_guid), &length);
	uint64_t table;

	for (uint32_t at = 36; xsdt && at + sizeof(table) <= length; at += sizeof(table)) {
		__builtin_memcpy(&table, xsdt + at, sizeof(table));
		if (table && __builtin_memcmp((const void *)(uintptr_t)table, signature, 4) == 0)
			return (const uint8_t *)(uintptr_t)table;
	}
	return NULL;
}

size_t machine_ecam(struct mcfg_entry *entries, size_t capacity)
{
	const uint8_t *table = machine_acpi_table("MCFG");
	uint32_t length = 0;
	long count;

	if (table)
		__builtin_memcpy(&length, table + 4, sizeof(length));
	count = mcfg_parse(table, length, entries, capacity, NULL);
	return count > 0 ? (size_t)count : count == MM_ENOSPC ? capacity : 0;
}

size_t machine_early_tables(struct boot_table *tables)
{
	const void *rsdp = machine_table(&acpi2_guid);
	size_t count = 0;

	tables[count++] = (struct boot_table){ (uintptr_t)fw.system, sizeof(*fw.system) };
	tables[count++] = (struct boot_table){ (uintptr_t)fw.system->ConfigurationTable,
					       fw.system->NumberOfTableEntries * sizeof(fw.system->ConfigurationTable[0]) };
	return rsdp ? count + acpi_tables(rsdp, &tables[count]) : count;
}

void machine_facts(struct boot_facts *facts)
{
	void *rsdp = machine_table(&acpi2_guid);

	*facts = (struct boot_facts){
		.efi_systab = (uintptr_t)fw.system,
		.acpi_rsdp = (uintptr_t)(rsdp ? rsdp : machine_table(&acpi1_guid)),
		.secure_boot = machine_secure_boot_mode(),
		.loader_tsc = fw.tsc,
	};
	screen_describe(&facts->screen, facts->edid);
}

EFI_STATUS machine_make_executable(uint64_t base, uint64_t size)
{
	struct attribute_protocol *protocol;
	EFI_STATUS status;

	if (EFI_ERROR(fw.boot->LocateProtocol(&attribute_protocol_guid, NULL, (void **)&protocol)))
		return EFI_SUCCESS;
	status = protocol->set(protocol, base, size, EFI_ATTRIBUTE_RO);
	return EFI_ERROR(status) ? status : protocol->clear(protocol, base, size, EFI_ATTRIBUTE_XP);
}
