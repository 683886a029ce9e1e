/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long a TPM event log is: the firmware tells only where its first and its last event begin. Source: TCG PC Client
 * Platform Firmware Profile, section 10 (event log), and TCG EFI Protocol Specification, section 6.5 and 7.
 */
#ifndef LOADER_TPM_EVENT_LOG_H
#define LOADER_TPM_EVENT_LOG_H

#include <mm/types.h>

/* EFI_TCG2_EVENT_LOG_FORMAT_*: SHA-1 only, or digests of several algorithms behind a header event that lists them. */
#define TPM_LOG_FORMAT_1_2 1
#define TPM_LOG_FORMAT_2 2

#define TPM_LOG_SIZE_MAX (UINT64_C(16) << 20) /* bytes; no real log comes near */

/*
 * Bytes of the log in memory whose last event starts at offset `last`. MM_EINVAL when an event that must be understood is
 * damaged, or the log would be longer than TPM_LOG_SIZE_MAX. At most that many bytes are looked at.
 */
int tpm_log_size(uint32_t format, const uint8_t *log, uint64_t last, uint64_t *size);

/*
 * Bytes of the events in an EFI_TCG2_FINAL_EVENTS_TABLE, its 16-byte header not counted. log is a log of TPM_LOG_FORMAT_2, which
 * tells the digests' sizes. Errors as tpm_log_size.
 */
int tpm_final_events_size(const uint8_t *table, const uint8_t *log, uint64_t *size);

#endif
