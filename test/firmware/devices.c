/* SPDX-License-Identifier: BSD-2-Clause */
/* What else a machine may have: RNG, TPM, option ROMs, another program's initrd, memory attributes. */
#include "mock.h"

#include <efipciio.h>
#include <string.h>


static EFI_GUID rng_guid = { 0x3152bca5, 0xeade, 0x433d, { 0x86, 0x2e, 0xc0, 0x1c, 0xdc, 0x29, 0x1f, 0x44 } };
static EFI_GUID tcg2_guid = { 0x607f766c, 0x7455, 0x42be, { 0x93, 0x0b, 0xe4, 0xd7, 0x6d, 0xb2, 0x72, 0x0f } };
static EFI_GUID pci_io_guid = EFI_PCI_IO_PROTOCOL_GUID;
static EFI_GUID load_file2_guid = { 0x4006c0c1, 0xfcb3, 0x403e, { 0x99, 0x6d, 0x4a, 0x6c, 0x87, 0x24, 0xe0, 0x6d } };
static EFI_GUID attribute_guid = { 0xf4560cf6, 0x40ec, 0x4b4a, { 0xa1, 0x92, 0xbf, 0x1d, 0x57, 0xd0, 0xb1, 0x89 } };
static EFI_GUID seed_guid = { 0x1ce1e5bc, 0x7ceb, 0x42f2, { 0x81, 0xe5, 0x8a, 0xad, 0xf1, 0x80, 0xf5, 0x7b } };
static EFI_GUID final_log_guid = { 0x1e2ed096, 0x30e2, 0x4254, { 0xbd, 0x89, 0x86, 0x3b, 0xbe, 0xf8, 0x23, 0x25 } };

struct rng {
	EFI_STATUS(EFIAPI *info)(struct rng *self, UINTN *size, EFI_GUID *algorithms);
	EFI_STATUS(EFIAPI *rng)(struct rng *self, EFI_GUID *algorithm, UINTN size, UINT8 *bytes);
};

static EFI_STATUS EFIAPI rng_get(struct rng *self, EFI_GUID *algorithm, UINTN size, UINT8 *bytes)
{
	static uint8_t next;

	FIRMWARE(GetRNG);
	(void)self;
	if (algorithm && !mock.scenario->rng_raw)
		return EFI_UNSUPPORTED;
	if (!bytes || size == 0)
		return EFI_INVALID_PARAMETER;
	for (UINTN i = 0; i < size; i++)
		bytes[i] = next = (uint8_t)(next * 5 + 17);
	return EFI_SUCCESS;
}

MISSING(RngGetInfo)

static void rng_setup(void)
{
	static struct rng rng = { (void *)missing_RngGetInfo, rng_get };

	if (mock.scenario->rng)
		handle_install(handle_new(), &rng_guid, &rng);
	if (mock.scenario->previous_seed) {
		uint32_t size = 16;
		uint8_t *seed = memory_take(EfiACPIReclaimMemory, sizeof(size) + size);

		memcpy(seed, &size, sizeof(size));
		memset(seed + sizeof(size), 0x77, size);
		tables_install(&seed_guid, seed);
	}
}

/* EFI_TCG2_PROTOCOL (TCG EFI Protocol Specification, section 6). */
struct tcg2 {
	EFI_STATUS(EFIAPI *capability)(struct tcg2 *self, void *capability);
	EFI_STATUS(EFIAPI *log)(struct tcg2 *self, UINT32 format, EFI_PHYSICAL_ADDRESS *first, EFI_PHYSICAL_ADDRESS *last,
				BOOLEAN *truncated);
	EFI_STATUS(EFIAPI *extend)(struct tcg2 *self, UINT64 flags, EFI_PHYSICAL_ADDRESS data, UINT64 size, void *event);
	void *submit, *get_banks, *set_banks, *get_result;
};

static uint8_t *event_log;
static size_t last_event;

static size_t put(uint8_t *to, size_t at, uint64_t value, size_t size)
{
	memcpy(to + at, &value, size);
	return at + size;
}

/* One event of a log: its header says the digests when the log is crypto-agile. */
static size_t put_event(uint8_t *log, size_t at, bool agile, uint32_t type, const void *data, uint32_t size)
{
	at = put(log, at, 0, 4);
	at = put(log, at, type, 4);
	if (agile) {
		at = put(log, at, 1, 4);
		at = put(log, at, 0xb, 2);
		memset(log + at, 0xab, 32);
		at += 32;
	} else {
		memset(log + at, 0, 20);
		at += 20;
	}
	at = put(log, at, size, 4);
	memcpy(log + at, data, size);
	return at + size;
}

static void make_event_log(void)
{
	static const uint8_t spec_id[] = { 'S', 'p', 'e', 'c', ' ', 'I', 'D', ' ', 'E', 'v', 'e', 'n', 't', '0', '3', 0,
					   0, 0, 0, 0, 0, 2, 0, 2, 1, 0, 0, 0, 0xb, 0, 32, 0, 0 };
	bool agile = mock.scenario->tpm == 2;
	size_t at = 0;

	event_log = memory_take(EfiACPIMemoryNVS, PAGE);
	if (agile)
		at = put_event(event_log, at, false, 3, spec_id, sizeof(spec_id));
	for (int i = 0; i < 3; i++) {
		last_event = at;
		at = put_event(event_log, at, agile, 4, "an event", 8);
	}
	if (agile) { /* EFI_TCG2_FINAL_EVENTS_TABLE: version, number of events, events */
		uint8_t *final = memory_take(EfiACPIMemoryNVS, PAGE);

		put(final, 0, 1, 8);
		put(final, 8, 1, 8);
		put_event(final, 16, true, 4, "the last", 8);
		tables_install(&final_log_guid, final);
	}
}

static EFI_STATUS EFIAPI tcg2_log(struct tcg2 *self, UINT32 format, EFI_PHYSICAL_ADDRESS *first, EFI_PHYSICAL_ADDRESS *last,
				  BOOLEAN *truncated)
{
	FIRMWARE(Tcg2_GetEventLog);
	(void)self;
	if (format != mock.scenario->tpm || !first || !last || !truncated)
		return EFI_INVALID_PARAMETER;
	*first = (uint64_t)(uintptr_t)event_log;
	*last = *first + last_event;
	*truncated = FALSE;
	return EFI_SUCCESS;
}

/* EFI_TCG2_BOOT_SERVICE_CAPABILITY, version 1.1. */
static EFI_STATUS EFIAPI tcg2_capability(struct tcg2 *self, void *capability)
{
	uint8_t *bytes = capability;

	FIRMWARE(Tcg2_GetCapability);
	(void)self;
	if (bytes[0] < 36) {
		bytes[0] = 36;
		return EFI_BUFFER_TOO_SMALL;
	}
	memset(bytes, 0, 36);
	bytes[0] = 36;
	memset(bytes + 1, 1, 4); /* versions of the structure and of the protocol */
	bytes[8] = 2;  /* hashes: SHA-256 */
	bytes[12] = (uint8_t)mock.scenario->tpm;
	bytes[16] = 1; /* the TPM is there */
	return EFI_SUCCESS;
}

/* Looks at what is to be hashed, once a page and at its end; hashes it in scenarios with "flip". */
static EFI_STATUS EFIAPI tcg2_extend(struct tcg2 *self, UINT64 flags, EFI_PHYSICAL_ADDRESS data, UINT64 size, void *event)
{
	const volatile uint8_t *bytes = (const uint8_t *)(uintptr_t)data;
	uint32_t event_size, pcr;

	FIRMWARE(Tcg2_HashLogExtendEvent);
	(void)self;
	if (!event || (size && !data))
		return EFI_INVALID_PARAMETER;
	memcpy(&event_size, event, sizeof(event_size));
	for (UINT64 i = 0; i < size; i += PAGE)
		(void)bytes[i];
	if (size)
		(void)bytes[size - 1];
	bytes = event;
	for (uint32_t i = 0; i < event_size; i++)
		(void)bytes[i];
	memcpy(&pcr, (const uint8_t *)event + 10, sizeof(pcr)); /* EFI_TCG2_EVENT: size, its header's size and version, PCR */
	return mock.scenario->flip_count ? tpm_extend(flags, (const void *)(uintptr_t)data, size, pcr) : EFI_SUCCESS;
}

MISSING(Tcg2)

static void tpm_setup(void)
{
	static struct tcg2 tcg2 = { tcg2_capability, tcg2_log, tcg2_extend, (void *)missing_Tcg2, (void *)missing_Tcg2,
				    (void *)missing_Tcg2, (void *)missing_Tcg2 };

	if (!mock.scenario->tpm)
		return;
	make_event_log();
	handle_install(handle_new(), &tcg2_guid, &tcg2);
}

static EFI_STATUS EFIAPI pci_read(EFI_PCI_IO_PROTOCOL *self, EFI_PCI_IO_PROTOCOL_WIDTH width, UINT32 offset, UINTN count,
				  void *buffer)
{
	static const uint16_t ids[2] = { 0x8086, 0x100e };

	FIRMWARE(Pci_Read);
	(void)self;
	if (width != EfiPciIoWidthUint16 || offset || count != 2)
		missing("PciIo.Pci.Read of anything but the IDs");
	memcpy(buffer, ids, sizeof(ids));
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI pci_location(EFI_PCI_IO_PROTOCOL *self, UINTN *segment, UINTN *bus, UINTN *device, UINTN *function)
{
	FIRMWARE(Pci_GetLocation);
	(void)self;
	*segment = 0;
	*bus = 1;
	*device = 2;
	*function = 3;
	return EFI_SUCCESS;
}

/* Devices without a ROM are there, too; what no one calls is null and faults. */
static void pci_setup(void)
{
	static EFI_PCI_IO_PROTOCOL devices[8];

	for (unsigned i = 0; mock.scenario->roms && i <= mock.scenario->roms && i < 8; i++) {
		devices[i].Pci.Read = pci_read;
		devices[i].GetLocation = pci_location;
		if (i > 0) {
			devices[i].RomSize = 1000 * i;
			devices[i].RomImage = memory_take(EfiBootServicesData, 1000 * i);
			memset(devices[i].RomImage, 0x55, 1000 * i);
		}
		handle_install(handle_new(), &pci_io_guid, &devices[i]);
	}
}

static EFI_STATUS EFIAPI offered_load(EFI_LOAD_FILE_PROTOCOL *self, EFI_DEVICE_PATH *path, BOOLEAN policy, UINTN *size,
				      void *buffer)
{
	EFI_STATUS injected = call_enter(CALL_LoadFile2, __builtin_return_address(0));
	UINTN room;

	(void)self;
	if (!path || !size || path_size(path))
		return EFI_INVALID_PARAMETER;
	if (policy)
		return EFI_UNSUPPORTED;
	room = *size;
	if (injected && injected != EFI_BUFFER_TOO_SMALL)
		return injected;
	*size = mock.scenario->offered_initrd + (injected ? PAGE : 0);
	if (!buffer || room < *size)
		return EFI_BUFFER_TOO_SMALL;
	memset(buffer, 0x42, *size);
	return EFI_SUCCESS;
}

static void offered_setup(void)
{
	static uint8_t path[] = { 4, 3, 20, 0, 0x27, 0xe4, 0x68, 0x55, 0xfc, 0x68, 0x3d, 0x4f,
				  0xac, 0x74, 0xca, 0x55, 0x52, 0x31, 0xcc, 0x68, 0x7f, 0xff, 4, 0 };
	static EFI_LOAD_FILE_PROTOCOL protocol = { offered_load };
	EFI_HANDLE handle;

	if (!mock.scenario->offered_initrd)
		return;
	handle = handle_new();
	handle_install(handle, &fw_device_path_guid, path);
	handle_install(handle, &load_file2_guid, &protocol);
}

/* EFI_MEMORY_ATTRIBUTE_PROTOCOL (UEFI 2.10, section 37.7). */
struct attribute {
	void *get;
	EFI_STATUS(EFIAPI *set)(struct attribute *self, EFI_PHYSICAL_ADDRESS base, UINT64 size, UINT64 attributes);
	EFI_STATUS(EFIAPI *clear)(struct attribute *self, EFI_PHYSICAL_ADDRESS base, UINT64 size, UINT64 attributes);
};

static EFI_STATUS check_attributes(EFI_PHYSICAL_ADDRESS base, UINT64 size, UINT64 attributes)
{
	bool wrong = base % PAGE || size % PAGE || size == 0 || attributes == 0 || attributes & ~(UINT64)0x26000;

	return wrong ? EFI_INVALID_PARAMETER : EFI_SUCCESS;
}

static EFI_STATUS EFIAPI attribute_set(struct attribute *self, EFI_PHYSICAL_ADDRESS base, UINT64 size, UINT64 attributes)
{
	FIRMWARE(SetMemoryAttributes);
	(void)self;
	return check_attributes(base, size, attributes);
}

static EFI_STATUS EFIAPI attribute_clear(struct attribute *self, EFI_PHYSICAL_ADDRESS base, UINT64 size, UINT64 attributes)
{
	FIRMWARE(ClearMemoryAttributes);
	(void)self;
	return check_attributes(base, size, attributes);
}

MISSING(GetMemoryAttributes)

void devices_setup(void)
{
	static struct attribute attribute = { (void *)missing_GetMemoryAttributes, attribute_set, attribute_clear };

	rng_setup();
	tpm_setup();
	pci_setup();
	offered_setup();
	if (mock.scenario->memory_attributes)
		handle_install(handle_new(), &attribute_guid, &attribute);
}
