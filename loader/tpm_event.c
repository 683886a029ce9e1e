/* SPDX-License-Identifier: BSD-2-Clause */
#include <loader/tpm_event.h>

#define HEADER_SIZE 14 /* of what stands between size and event */
#define HEADER_VERSION 1

size_t tpm_event_size(size_t data_size)
{
	return data_size > UINT32_MAX - sizeof(struct tpm_event) ? 0 : sizeof(struct tpm_event) + data_size;
}

void tpm_event_write(struct tpm_event *to, uint32_t pcr, uint32_t type, const void *data, size_t data_size)
{
	*to = (struct tpm_event){ (uint32_t)tpm_event_size(data_size), HEADER_SIZE, HEADER_VERSION, pcr, type };
	__builtin_memcpy(to->event, data, data_size);
}

size_t tpm_tag_write(uint8_t *to, uint32_t tag)
{
	static const char initrd[] = "Linux initrd", options[] = "LOADED_IMAGE::LoadOptions";
	uint32_t size = tag == TPM_TAG_INITRD ? sizeof(initrd) : sizeof(options);

	__builtin_memcpy(to, &tag, sizeof(tag));
	__builtin_memcpy(to + sizeof(tag), &size, sizeof(size));
	__builtin_memcpy(to + 2 * sizeof(size), tag == TPM_TAG_INITRD ? initrd : options, size);
	return 2 * sizeof(size) + size;
}
