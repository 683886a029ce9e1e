/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Measuring what is started into the TPM, as systemd-boot and Linux's EFI stub do: the same PCRs, events and bytes. Source: TCG
 * EFI Protocol Specification, section 6.
 */
#include "firmware.h"

#include <loader/bls.h>
#include <loader/device_path.h>
#include <loader/tpm_event.h>
#include <loader/utf16.h>

#define PE_COFF_IMAGE 0x10 /* the digest is that of a PE image: Authenticode's, as the firmware takes it in LoadImage */

static EFI_GUID tcg2_guid = TCG2_PROTOCOL_GUID;

static struct tcg2_protocol *tcg2;
static bool failed; /* has been told */

/* EFI_TCG2_BOOT_SERVICE_CAPABILITY, as far as it is the same in all versions. */
struct capability {
	UINT8 size;
	UINT8 versions[4];
	UINT32 algorithms;
	UINT32 log_formats;
	BOOLEAN present;
	UINT8 rest[64]; /* what later versions write */
};

bool measure_begin(void)
{
	struct capability capability = { .size = sizeof(capability) };

	EFI_STATUS status = EFI_SUCCESS;

	failed = false;
	if (EFI_ERROR(fw.boot->LocateProtocol(&tcg2_guid, NULL, (void **)&tcg2)))
		tcg2 = NULL;
	if (tcg2)
		status = tcg2->capability(tcg2, &capability);
	if (EFI_ERROR(status))
		print(console, "mapbridge: note: the TPM does not say what it can (%s): nothing is measured\n", status_name(status));
	if (EFI_ERROR(status) || !capability.present)
		tcg2 = NULL;
	return tcg2 != NULL;
}

_Static_assert(offsetof(struct capability, present) == 16, "EFI_TCG2_BOOT_SERVICE_CAPABILITY");

static EFI_STATUS extend(uint64_t flags, uint64_t base, uint64_t size, uint32_t pcr, uint32_t type, const void *data,
			 size_t data_size)
{
	struct tpm_event *event = pool_allocate(tpm_event_size(data_size), "TPM event");
	EFI_STATUS status = EFI_OUT_OF_RESOURCES;

	if (event) {
		tpm_event_write(event, pcr, type, data, data_size);
		status = tcg2->extend(tcg2, flags, base, size, event);
		pool_free(event);
	}
	return status;
}

static void tell(const char *what, uint32_t pcr, EFI_STATUS status)
{
	if (EFI_ERROR(status) && !failed)
		print(console, "mapbridge: note: %s: not measured into PCR %u of the TPM (%s); what is sealed to it will stay closed\n",
		      what, pcr, status_name(status));
	failed |= EFI_ERROR(status);
}

static void measure_tagged(uint64_t base, uint64_t size, uint32_t tag, const char *what)
{
	uint8_t event[TPM_TAG_MAX];

	tell(what, TPM_PCR_STUB, extend(0, base, size, TPM_PCR_STUB, TPM_EV_EVENT_TAG, event, tpm_tag_write(event, tag)));
}

void measure_initrd(uint64_t base, uint64_t size)
{
	if (tcg2 && size)
		measure_tagged(base, size, TPM_TAG_INITRD, "initrd");
}

void measure_options(const char *options, bool stub_follows)
{
	size_t room = (text_length(options) + 1) * sizeof(CHAR16), size = room;
	CHAR16 *wide = tcg2 && options[0] ? pool_allocate(room, "options") : NULL;
	const void *bytes = wide;

	if (!wide)
		return;
	if (utf8_to_utf16(options, wide, room / sizeof(*wide), NULL)) {
		for (size = 0; wide[size]; size++)
			;
		size = (size + 1) * sizeof(*wide);
	} else { /* no text, but a kernel takes any bytes */
		bytes = options;
		size = text_length(options) + 1;
	}
	tell("options", TPM_PCR_COMMAND_LINE,
	     extend(0, (uintptr_t)bytes, size, TPM_PCR_COMMAND_LINE, TPM_EV_IPL, bytes, size));
	if (!stub_follows)
		measure_tagged((uintptr_t)bytes, size, TPM_TAG_LOAD_OPTIONS, "options");
	pool_free(wide);
}

static EFI_DEVICE_PATH *file_path(const char *path, size_t *size)
{
	EFI_DEVICE_PATH *start = volume_file_path(path);

	*size = start ? device_path_length(start, NULL) + END_DEVICE_PATH_LENGTH : 0;
	return start;
}

bool measure_pe_kernel(const char *path, uint64_t base, uint64_t size)
{
	size_t path_size, event_size;
	EFI_DEVICE_PATH *device_path = file_path(path, &path_size);
	struct tpm_image_event *event = pool_allocate(sizeof(*event) + path_size, "TPM event");
	EFI_STATUS status = EFI_OUT_OF_RESOURCES;

	event_size = sizeof(*event) + path_size;
	if (event && device_path) {
		*event = (struct tpm_image_event){ base, size, 0, path_size };
		__builtin_memcpy(event->path, device_path, path_size);
		status = extend(PE_COFF_IMAGE, base, size, TPM_PCR_KERNEL, TPM_EV_BOOT_SERVICES_APPLICATION, event, event_size);
	}
	pool_free(event);
	pool_free(device_path);
	return !EFI_ERROR(status);
}

void measure_kernel_part(const char *path, const void *bytes, uint64_t size)
{
	if (tcg2 && size)
		tell(path, TPM_PCR_KERNEL,
		     extend(0, (uintptr_t)bytes, size, TPM_PCR_KERNEL, TPM_EV_IPL, path, text_length(path) + 1));
}
