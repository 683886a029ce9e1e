/* SPDX-License-Identifier: BSD-2-Clause */
/* Random numbers: the firmware's, and for a kernel's address a mixture of all that the machine has. */
#include "firmware.h"

#include <loader/digest.h>

#define CPUID_RDRAND (UINT32_C(1) << 30) /* ECX of leaf 1 */
#define RDRAND_TRIES 10                  /* as Intel's manual advises (volume 1, section 7.3.17.1) */

static EFI_GUID rng_guid = { 0x3152bca5, 0xeade, 0x433d, { 0x86, 0x2e, 0xc0, 0x1c, 0xdc, 0x29, 0x1f, 0x44 } };
static EFI_GUID rng_raw_guid = { 0xe43176d7, 0xb6e8, 0x4827, { 0xb7, 0x84, 0x7f, 0xfd, 0xc4, 0xb6, 0x85, 0x61 } };

/* EFI_RNG_PROTOCOL (UEFI 2.10, section 37.5), which gnu-efi's headers do not have. */
struct rng_protocol {
	EFI_STATUS(EFIAPI *info)(struct rng_protocol *self, UINTN *size, EFI_GUID *algorithms);
	EFI_STATUS(EFIAPI *rng)(struct rng_protocol *self, EFI_GUID *algorithm, UINTN size, UINT8 *bytes);
};

static struct rng_protocol *find_rng(void)
{
	struct rng_protocol *rng = NULL;

	return EFI_ERROR(fw.boot->LocateProtocol(&rng_guid, NULL, (void **)&rng)) ? NULL : rng;
}

bool random_available(void)
{
	return find_rng();
}

EFI_STATUS random_bytes(uint8_t *bytes, size_t size)
{
	struct rng_protocol *rng = find_rng();
	EFI_STATUS status = rng ? rng->rng(rng, &rng_raw_guid, size, bytes) : EFI_NOT_FOUND;

	return status == EFI_UNSUPPORTED ? rng->rng(rng, NULL, size, bytes) : status;
}

static bool has_rdrand(void)
{
	return machine_cpuid(1).c & CPUID_RDRAND;
}

static uint64_t rdrand(void)
{
	uint64_t value;

	for (unsigned i = 0; i < RDRAND_TRIES; i++)
		if (machine_rdrand(&value))
			return value;
	return 0;
}

void random_mixture(uint8_t mixture[SHA256_SIZE])
{
	struct {
		uint8_t firmware[SHA256_SIZE];
		uint64_t processor[4];
		uint64_t time;
	} sources = { .time = machine_tsc() };
	struct sha256 sha;

	random_bytes(sources.firmware, sizeof(sources.firmware)); /* without it the others have to do */
	for (size_t i = 0; i < MM_ARRAY_COUNT(sources.processor) && has_rdrand(); i++)
		sources.processor[i] = rdrand();
	sha256_start(&sha);
	sha256_add(&sha, &sources, sizeof(sources));
	sha256_finish(&sha, mixture);
	wipe(&sources, sizeof(sources));
	wipe(&sha, sizeof(sha));
}
