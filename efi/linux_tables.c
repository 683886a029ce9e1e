/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What Linux's own EFI stub hands over besides boot_params. The random seed goes both ways that Linux knows: as setup_data
 * (since 6.0) and as configuration table (since 4.20), with different bytes, because the kernel counts both.
 */
#include "firmware.h"

#include <efipciio.h>
#include <loader/tpm_event_log.h>

#define SEED_SIZE 32
#define PREVIOUS_SEED_MAX 512    /* what Linux's stub believes of a table's size */
#define ROM_SIZE_MAX (16 << 20)  /* more is no size (UEFI 2.10, section 14.4.2): some firmware has a pointer there */
#define PCI_ID_REGISTER 0

static EFI_GUID pci_io_guid = EFI_PCI_IO_PROTOCOL_GUID;
static EFI_GUID seed_guid = { 0x1ce1e5bc, 0x7ceb, 0x42f2, { 0x81, 0xe5, 0x8a, 0xad, 0xf1, 0x80, 0xf5, 0x7b } };
static EFI_GUID tcg2_guid = TCG2_PROTOCOL_GUID;
static EFI_GUID tpm_log_guid = { 0xb7799cb0, 0xeca2, 0x4943, { 0x96, 0x67, 0x1f, 0xae, 0x07, 0xb7, 0x47, 0xfa } };
static EFI_GUID tpm_final_log_guid = { 0x1e2ed096, 0x30e2, 0x4254, { 0xbd, 0x89, 0x86, 0x3b, 0xbe, 0xf8, 0x23, 0x25 } };

/* The configuration tables as Linux defines them (include/linux/efi.h). */
struct linux_random_seed {
	uint32_t size;
	uint8_t bits[];
};

struct linux_tpm_log {
	uint32_t size;
	uint32_t final_events_preboot_size;
	uint8_t version;
	uint8_t log[];
};

_Static_assert(offsetof(struct linux_tpm_log, log) == 9, "Linux's struct linux_efi_tpm_eventlog");

static void wipe_seed(struct linux_random_seed *seed)
{
	if (!seed)
		return;
	wipe(seed->bits, seed->size);
	seed->size = 0; /* nobody may take the zeros for a seed */
}

/* Memory that Linux leaves alone until it has read the tables, and a kernel that it starts by kexec, too. */
static void *allocate_table(size_t size)
{
	void *table = NULL;

	return EFI_ERROR(fw.boot->AllocatePool(EfiACPIReclaimMemory, size, &table)) ? NULL : table;
}

/* The kernel counts what it gets: what was in the previous table goes into the node, and its table is replaced. */
static EFI_STATUS make_seed(struct linux_tables *tables)
{
	struct linux_random_seed *previous = machine_table(&seed_guid);
	uint32_t old = previous && previous->size <= PREVIOUS_SEED_MAX ? previous->size : 0;

	if (!random_available())
		return EFI_SUCCESS; /* a previous table stays where it is, and Linux finds it there */
	tables->seed = pool_allocate(sizeof(*tables->seed) + SEED_SIZE + old, "random seed");
	if (!tables->seed)
		return EFI_OUT_OF_RESOURCES;
	tables->seed->size = SEED_SIZE + old; /* at once: on every way back that many bytes are wiped */
	tables->table = allocate_table(sizeof(*tables->table) + SEED_SIZE);
	if (!tables->table)
		return EFI_OUT_OF_RESOURCES;
	tables->table->size = SEED_SIZE;
	if (EFI_ERROR(random_bytes(tables->seed->bits, SEED_SIZE)) || EFI_ERROR(random_bytes(tables->table->bits, SEED_SIZE)) ||
	    EFI_ERROR(fw.boot->InstallConfigurationTable(&seed_guid, tables->table))) {
		print(console, "no random seed: EFI_RNG_PROTOCOL gives none\n");
		fw.boot->FreePool(tables->table);
		tables->table = NULL;
		return EFI_SUCCESS;
	}
	if (old)
		__builtin_memcpy(tables->seed->bits + SEED_SIZE, previous->bits, old);
	tables->previous = previous;
	tables->nodes[tables->node_count++] =
		(struct setup_data_node){ SETUP_RNG_SEED, tables->seed->bits, NULL, tables->seed->size, 0 };
	print(console, "random seed: %d bytes of EFI_RNG_PROTOCOL, %u of the program before\n", SEED_SIZE, old);
	return EFI_SUCCESS;
}

static void add_rom(struct linux_tables *tables, EFI_HANDLE handle)
{
	struct setup_pci_rom *rom = &tables->roms[tables->node_count];
	EFI_PCI_IO_PROTOCOL *pci;
	UINT16 ids[2];
	UINTN segment, bus, device, function;

	if (EFI_ERROR(fw.boot->HandleProtocol(handle, &pci_io_guid, (void **)&pci)) || !pci->RomImage || pci->RomSize == 0 ||
	    pci->RomSize > ROM_SIZE_MAX || EFI_ERROR(pci->Pci.Read(pci, EfiPciIoWidthUint16, PCI_ID_REGISTER, 2, ids)) ||
	    EFI_ERROR(pci->GetLocation(pci, &segment, &bus, &device, &function)))
		return;
	*rom = (struct setup_pci_rom){ ids[0], ids[1], 0, pci->RomSize, segment, bus, device, function };
	tables->nodes[tables->node_count++] =
		(struct setup_data_node){ SETUP_PCI, rom, pci->RomImage, sizeof(*rom), pci->RomSize };
	print(console, "option ROM: %04llx:%02llx:%02llx.%llu %04x:%04x, %llu bytes\n", X(segment), X(bus), X(device), X(function),
	      ids[0], ids[1], X(pci->RomSize));
}

/* Room for one node a PCI device and one for the seed, which comes last. */
static EFI_STATUS make_nodes(struct linux_tables *tables)
{
	EFI_HANDLE *handles = NULL;
	UINTN count = 0;
	EFI_STATUS status = EFI_OUT_OF_RESOURCES;

	if (EFI_ERROR(fw.boot->LocateHandleBuffer(ByProtocol, &pci_io_guid, NULL, &count, &handles)))
		count = 0;
	tables->nodes = pool_allocate((count + 1) * sizeof(*tables->nodes), "setup_data");
	tables->roms = pool_allocate((count + 1) * sizeof(*tables->roms), "setup_data");
	if (tables->nodes && tables->roms) {
		for (UINTN i = 0; i < count; i++)
			add_rom(tables, handles[i]);
		status = make_seed(tables);
	}
	if (handles)
		fw.boot->FreePool(handles);
	return status;
}

static bool find_log(struct tcg2_protocol *tcg2, uint32_t *format, EFI_PHYSICAL_ADDRESS *first, EFI_PHYSICAL_ADDRESS *last)
{
	BOOLEAN truncated;

	for (*format = TPM_LOG_FORMAT_2; *format >= TPM_LOG_FORMAT_1_2; --*format) {
		*first = *last = 0;
		if (!EFI_ERROR(tcg2->log(tcg2, *format, first, last, &truncated)) && *first)
			return true;
	}
	return false;
}

/* A log that cannot be measured is left out: a kernel that starts without it is better than none. */
static EFI_STATUS make_tpm_log(struct linux_tables *tables)
{
	const uint8_t *final = machine_table(&tpm_final_log_guid);
	uint64_t size = 0, final_size = 0;
	EFI_PHYSICAL_ADDRESS first, last;
	struct tcg2_protocol *tcg2;
	uint32_t format;
	EFI_STATUS status;

	if (EFI_ERROR(fw.boot->LocateProtocol(&tcg2_guid, NULL, (void **)&tcg2)) || !find_log(tcg2, &format, &first, &last))
		return EFI_SUCCESS;

	const uint8_t *log = (const void *)(uintptr_t)first;

	if (last && (last < first || tpm_log_size(format, log, last - first, &size))) {
		print(console, "no TPM event log: its last event at 0x%llx is damaged\n", X(last));
		return EFI_SUCCESS;
	}
	if (format == TPM_LOG_FORMAT_2 && final && tpm_final_events_size(final, log, &final_size))
		print(console, "the TPM's final events table at 0x%llx is damaged\n", X((uintptr_t)final));
	tables->tpm_log = allocate_table(sizeof(*tables->tpm_log) + size);
	if (!tables->tpm_log)
		return EFI_OUT_OF_RESOURCES;
	*tables->tpm_log = (struct linux_tpm_log){ (uint32_t)size, (uint32_t)final_size, (uint8_t)format };
	__builtin_memcpy(tables->tpm_log->log, log, size);
	status = fw.boot->InstallConfigurationTable(&tpm_log_guid, tables->tpm_log);
	if (EFI_ERROR(status)) {
		print(console, "no TPM event log: the firmware does not take its table (%s)\n", status_name(status));
		fw.boot->FreePool(tables->tpm_log);
		tables->tpm_log = NULL;
		return EFI_SUCCESS;
	}
	print(console, "TPM event log: %llu bytes, format %u, %llu bytes of final events\n", X(size), format, X(final_size));
	return EFI_SUCCESS;
}

EFI_STATUS linux_tables_make(struct linux_tables *tables)
{
	EFI_STATUS status = make_nodes(tables);

	if (!EFI_ERROR(status))
		status = make_tpm_log(tables);
	if (status == EFI_OUT_OF_RESOURCES)
		print(refuse("firmware tables"), "no memory for what Linux is told about the machine; restart the machine\n");
	return status;
}

void linux_tables_wipe(struct linux_tables *tables)
{
	wipe_seed(tables->seed);
	wipe_seed(tables->previous);
}

static void remove_table(EFI_GUID *guid, void *table, void *instead)
{
	if (!table)
		return;
	if (!EFI_ERROR(fw.boot->InstallConfigurationTable(guid, instead))) /* else it is still pointed to */
		fw.boot->FreePool(table);
}

void linux_tables_free(struct linux_tables *tables)
{
	wipe_seed(tables->seed);
	wipe_seed(tables->table);
	remove_table(&seed_guid, tables->table, tables->previous);
	remove_table(&tpm_log_guid, tables->tpm_log, NULL);
	pool_free(tables->seed);
	pool_free(tables->roms);
	pool_free(tables->nodes);
	*tables = (struct linux_tables){ 0 };
}
