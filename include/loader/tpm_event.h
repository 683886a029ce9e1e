/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The events by which a boot is recorded in the TPM's log: as EFI_TCG2_EVENT structures for HashLogExtendEvent. Source: TCG EFI
 * Protocol Specification, section 6.6; TCG PC Client Platform Firmware Profile, section 10; Linux's
 * drivers/firmware/efi/libstub/efi-stub-helper.c for the tagged events.
 */
#ifndef LOADER_TPM_EVENT_H
#define LOADER_TPM_EVENT_H

#include <mm/types.h>

/* Which PCR holds what: the same as with systemd-boot and Linux's EFI stub. */
#define TPM_PCR_KERNEL 4         /* the kernel's file */
#define TPM_PCR_STUB 9           /* the options and the initrd, by Linux's EFI stub */
#define TPM_PCR_COMMAND_LINE 12  /* the options, by systemd-boot */

#define TPM_EV_EVENT_TAG UINT32_C(6)
#define TPM_EV_IPL UINT32_C(13)
#define TPM_EV_BOOT_SERVICES_APPLICATION UINT32_C(0x80000003)

#define TPM_TAG_INITRD UINT32_C(0x8f3b22ec)
#define TPM_TAG_LOAD_OPTIONS UINT32_C(0x8f3b22ed)

/* EFI_TCG2_EVENT; size bytes in all, the event behind it. */
struct tpm_event {
	uint32_t size;
	uint32_t header_size;
	uint16_t header_version;
	uint32_t pcr;
	uint32_t type;
	uint8_t event[];
} __attribute__((packed));

/* UEFI_IMAGE_LOAD_EVENT, the event of TPM_EV_BOOT_SERVICES_APPLICATION; the device path behind it. */
struct tpm_image_event {
	uint64_t location; /* of the file in memory */
	uint64_t length;   /* bytes */
	uint64_t link_time_address;
	uint64_t path_length; /* bytes, with the end node */
	uint8_t path[];
} __attribute__((packed));

_Static_assert(sizeof(struct tpm_event) == 18 && offsetof(struct tpm_event, pcr) == 10, "EFI_TCG2_EVENT");
_Static_assert(sizeof(struct tpm_image_event) == 32, "UEFI_IMAGE_LOAD_EVENT");

/* Bytes of an event with data_size bytes of data; 0 when that is no size of an event. */
size_t tpm_event_size(size_t data_size);

/* Writes the event with a copy of its data to to, which has room for tpm_event_size(data_size) bytes. */
void tpm_event_write(struct tpm_event *to, uint32_t pcr, uint32_t type, const void *data, size_t data_size);

/* TCG_PCClientTaggedEvent of the names that Linux's stub gives to its two tags; returns its bytes, at most TPM_TAG_MAX. */
#define TPM_TAG_MAX 64
size_t tpm_tag_write(uint8_t *to, uint32_t tag);

#endif
