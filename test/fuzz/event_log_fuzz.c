/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a TPM event log and as the table of final events. First 4 bytes: where the last event begins; 4: the
 * length of the log, the rest is the table. Nothing tells the parser where memory ends, so that its own limit lies behind.
 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include <sys/mman.h>

#include <loader/tpm_event_log.h>

#include "fuzz.h"

/* Memory of exactly the parser's limit, nothing mapped behind. Zeros behind the input would be a million empty events. */
static uint8_t *limited(uint8_t **memory, size_t *used, const uint8_t *data, size_t size)
{
	if (!*memory) {
		*memory = mmap(NULL, TPM_LOG_SIZE_MAX + MM_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		CHECK(*memory != MAP_FAILED && mprotect(*memory + TPM_LOG_SIZE_MAX, MM_PAGE_SIZE, PROT_NONE) == 0);
		*used = TPM_LOG_SIZE_MAX;
	}
	memset(*memory, 0xff, *used);
	if (size)
		memcpy(*memory, data, size);
	*used = size;
	return *memory;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t *log_memory, *table_memory;
	static size_t log_used, table_used;
	uint32_t numbers[2];
	uint8_t *log, *table;
	uint64_t bytes;

	if (size < sizeof(numbers))
		return 0;
	memcpy(numbers, data, sizeof(numbers));
	data += sizeof(numbers);
	size -= sizeof(numbers);
	numbers[1] = numbers[1] < size ? numbers[1] : (uint32_t)size;
	log = limited(&log_memory, &log_used, data, numbers[1]);
	table = limited(&table_memory, &table_used, data + numbers[1], size - numbers[1]);
	for (uint32_t format = TPM_LOG_FORMAT_1_2; format <= TPM_LOG_FORMAT_2; format++) {
		int error = tpm_log_size(format, log, numbers[0], &bytes);

		CHECK(error == MM_EINVAL || (error == 0 && bytes > numbers[0] && bytes <= TPM_LOG_SIZE_MAX));
	}
	if (tpm_final_events_size(table, log, &bytes) == 0)
		CHECK(bytes <= TPM_LOG_SIZE_MAX);
	return 0;
}
