/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The PCRs of the TPM, for scenarios with "flip". A digest is a mixture of 64 bits in which each byte counts, which is all that is
 * asked of it; that of a PE image leaves out what Authenticode leaves out (Windows Authenticode Portable Executable Signature
 * Format, "Calculating the PE Image Hash").
 */
#include "mock.h"

#include <string.h>

#define PE_COFF_IMAGE 0x10

uint64_t digest_add(uint64_t digest, const void *bytes, uint64_t size)
{
	const uint8_t *at = bytes;
	uint64_t word;

	digest = (digest ^ size) * UINT64_C(0x9e3779b97f4a7c15);
	for (; size >= sizeof(word); at += sizeof(word), size -= sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		digest = (digest ^ word) * UINT64_C(0xd6e8feb86659fd93);
		digest ^= digest >> 32;
	}
	for (; size > 0; at++, size--) {
		digest = (digest ^ *at) * UINT64_C(0xd6e8feb86659fd93);
		digest ^= digest >> 32;
	}
	return digest;
}

static uint64_t get(const uint8_t *image, uint64_t at, size_t size)
{
	uint64_t value = 0;

	memcpy(&value, image + at, size);
	return value;
}

/* The sections that have bytes, in the order of the file, and what is behind them up to the certificates. */
static bool add_sections(const uint8_t *image, uint64_t size, uint64_t sections, uint64_t count, uint64_t hashed, uint64_t certificates,
			 uint64_t *digest)
{
	uint64_t done = 0;

	for (;;) {
		uint64_t next = UINT64_MAX, length = 0;

		for (uint64_t i = 0; i < count; i++) {
			uint64_t start = get(image, sections + 40 * i + 20, 4), bytes = get(image, sections + 40 * i + 16, 4);

			if (bytes && start >= done && start < next) {
				next = start;
				length = bytes;
			}
		}
		if (next == UINT64_MAX)
			break;
		if (next > size || length > size - next)
			return false;
		*digest = digest_add(*digest, image + next, length);
		hashed += length;
		done = next + 1;
	}
	if (certificates > size || hashed > size - certificates)
		return false;
	*digest = digest_add(*digest, image + hashed, size - certificates - hashed);
	return true;
}

static bool image_digest(const uint8_t *image, uint64_t size, uint64_t *digest)
{
	uint64_t pe, optional, headers, sections, count, certificates;

	if (size < 0x40 || image[0] != 'M' || image[1] != 'Z')
		return false;
	pe = get(image, 0x3c, 4);
	optional = pe + 24;
	if (pe > size || size - pe < 24 + 240 || get(image, pe, 4) != 0x4550 || get(image, optional, 2) != 0x20b)
		return false;
	headers = get(image, optional + 60, 4);
	count = get(image, pe + 6, 2);
	sections = optional + get(image, pe + 20, 2);
	if (headers > size || headers < sections || (headers - sections) / 40 < count || get(image, optional + 108, 4) < 5 ||
	    headers < optional + 152)
		return false;
	certificates = get(image, optional + 148, 4);
	*digest = digest_add(1, image, optional + 64);                                     /* without the checksum */
	*digest = digest_add(*digest, image + optional + 68, 144 - 68);                    /* without the entry of the certificates */
	*digest = digest_add(*digest, image + optional + 152, headers - (optional + 152));
	return add_sections(image, size, sections, count, headers, certificates, digest);
}

EFI_STATUS tpm_extend(uint64_t flags, const void *data, uint64_t size, unsigned pcr)
{
	uint64_t digest;

	if (pcr >= PCRS)
		return EFI_INVALID_PARAMETER;
	if (flags & PE_COFF_IMAGE) {
		if (!image_digest(data, size, &digest))
			return EFI_UNSUPPORTED;
	} else {
		digest = digest_add(2, data, size);
	}
	mock.result->pcrs[pcr] = digest_add(mock.result->pcrs[pcr], &digest, sizeof(digest));
	return EFI_SUCCESS;
}
