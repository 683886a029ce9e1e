/* SPDX-License-Identifier: BSD-2-Clause */
/* Lengths of TPM event logs built event by event, and every way in which one can be damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <loader/tpm_event_log.h>

#define SHA1 4
#define SHA256 11
#define SHA384 12

/* Memory of exactly the size of what was written: the address sanitizer sees a byte read behind it. */
struct log {
	uint8_t bytes[1024];
	size_t size;
	size_t last;
};

static void number(struct log *log, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		log->bytes[log->size++] = (uint8_t)(value >> (8 * i));
}

static void fill(struct log *log, size_t bytes)
{
	memset(log->bytes + log->size, 0xab, bytes);
	log->size += bytes;
}

static void event_1_2(struct log *log, uint32_t event_size)
{
	log->last = log->size;
	number(log, 1, 4);
	number(log, 3, 4);
	fill(log, 20);
	number(log, event_size, 4);
	fill(log, event_size);
}

static void event_2(struct log *log, uint32_t event_size)
{
	log->last = log->size;
	number(log, 7, 4);
	number(log, 0x80000007, 4);
	number(log, 2, 4);
	number(log, SHA384, 2);
	fill(log, 48);
	number(log, SHA256, 2);
	fill(log, 32);
	number(log, event_size, 4);
	fill(log, event_size);
}

#define EVENT_2_SIZE (12 + 2 + 48 + 2 + 32 + 4)

static struct log header_event(void)
{
	struct log log = { .size = 0 };

	number(&log, 0, 4);
	number(&log, 3, 4); /* EV_NO_ACTION */
	number(&log, 0, 8);
	number(&log, 0, 8);
	number(&log, 0, 4);
	number(&log, 16 + 8 + 4 + 3 * 4 + 1, 4);
	memcpy(log.bytes + log.size, "Spec ID Event03", 16);
	log.size += 16;
	fill(&log, 8);
	number(&log, 3, 4);
	number(&log, SHA1 | 20 << 16, 4);
	number(&log, SHA256 | 32 << 16, 4);
	number(&log, SHA384 | 48 << 16, 4);
	number(&log, 0, 1);
	return log;
}

static int measure(uint32_t format, const struct log *log, size_t last, uint64_t *size)
{
	uint8_t *exact = malloc(log->size);
	int error;

	memcpy(exact, log->bytes, log->size);
	error = tpm_log_size(format, exact, last, size);
	free(exact);
	return error;
}

static void logs_of_both_formats(void **state)
{
	struct log log = { .size = 0 };
	uint64_t size = 0;

	(void)state;
	event_1_2(&log, 0);
	assert_int_equal(measure(TPM_LOG_FORMAT_1_2, &log, log.last, &size), 0);
	assert_int_equal(size, 32);
	event_1_2(&log, 100);
	assert_int_equal(measure(TPM_LOG_FORMAT_1_2, &log, log.last, &size), 0);
	assert_int_equal(size, 32 + 132);

	log = header_event(); /* and nothing else */
	assert_int_equal(measure(TPM_LOG_FORMAT_2, &log, 0, &size), 0);
	assert_int_equal(size, log.size);
	event_2(&log, 5);
	event_2(&log, 0);
	assert_int_equal(measure(TPM_LOG_FORMAT_2, &log, log.last, &size), 0);
	assert_int_equal(size, log.size);
	event_2(&log, 300);
	assert_int_equal(measure(TPM_LOG_FORMAT_2, &log, log.last, &size), 0);
	assert_int_equal(size, log.size);
}

/* Every limit is a value that is still good: all algorithms in an event, 32 algorithms, the last byte that a log may have. */
static void logs_at_their_limits(void **state)
{
	struct log log = header_event();
	uint64_t size = 0;

	(void)state;
	event_2(&log, 5);
	log.bytes[log.last + 8] = 3; /* the event grows by a SHA-1 digest, in what was its size and its data */
	log.size = log.last + 12 + 2 + 48 + 2 + 32;
	number(&log, SHA1, 2);
	fill(&log, 20);
	number(&log, 7, 4);
	fill(&log, 7);
	assert_int_equal(measure(TPM_LOG_FORMAT_2, &log, log.last, &size), 0);
	assert_int_equal(size, log.size);

	log = header_event();
	log.size -= 1 + 3 * 4 + 4; /* from the count on again */
	number(&log, 32, 4);
	for (unsigned i = 0; i < 32; i++)
		number(&log, (i < 31 ? 100 + i : SHA384) | 48 << 16, 4);
	number(&log, 0, 1);
	log.bytes[28] = 16 + 8 + 4 + 32 * 4 + 1;
	log.last = log.size;
	number(&log, 7, 4);
	number(&log, 0x80000007, 4);
	number(&log, 1, 4);
	number(&log, SHA384, 2);
	fill(&log, 48);
	number(&log, 0, 4);
	assert_int_equal(measure(TPM_LOG_FORMAT_2, &log, log.last, &size), 0);
	assert_int_equal(size, log.size);
}

static void the_longest_log(void **state)
{
	struct log log = { .size = 0 };
	uint8_t *longest = calloc(1, TPM_LOG_SIZE_MAX);
	uint64_t size = 77;

	(void)state;
	assert_non_null(longest);
	event_1_2(&log, 0);
	memcpy(longest + TPM_LOG_SIZE_MAX - log.size, log.bytes, log.size);
	assert_int_equal(tpm_log_size(TPM_LOG_FORMAT_1_2, longest, TPM_LOG_SIZE_MAX - log.size, &size), 0);
	assert_int_equal(size, TPM_LOG_SIZE_MAX);
	longest[TPM_LOG_SIZE_MAX - 4] = 1; /* a byte more */
	assert_int_equal(tpm_log_size(TPM_LOG_FORMAT_1_2, longest, TPM_LOG_SIZE_MAX - log.size, &size), MM_EINVAL);
	free(longest);
}

static void assert_damaged(size_t at, uint8_t value)
{
	struct log log = header_event();
	uint64_t size = 77;

	event_2(&log, 5);
	log.bytes[at < 1000 ? at : log.last + at - 1000] = value;
	assert_int_equal(measure(TPM_LOG_FORMAT_2, &log, log.last, &size), MM_EINVAL);
	assert_int_equal(size, 77);
}

/* All of them are of algorithms that the header lists. */
static void assert_more_digests_than_algorithms(void)
{
	struct log log = header_event();
	uint64_t size = 77;

	log.last = log.size;
	number(&log, 7, 4);
	number(&log, 0x80000007, 4);
	number(&log, 4, 4);
	for (unsigned i = 0; i < 4; i++) {
		number(&log, SHA256, 2);
		fill(&log, 32);
	}
	number(&log, 0, 4);
	assert_int_equal(measure(TPM_LOG_FORMAT_2, &log, log.last, &size), MM_EINVAL);
	assert_int_equal(size, 77);
}

#define IN_LAST_EVENT(offset) (1000 + (offset))

static void damaged_logs(void **state)
{
	struct log log = header_event();
	uint64_t size = 77;

	(void)state;
	assert_damaged(28, 15);                       /* the header event has no room for its signature */
	assert_damaged(28, 39);                       /* the header event ends within its list */
	assert_damaged(32, 's');                      /* no signature */
	assert_damaged(56, 33);                       /* more algorithms than there are */
	assert_damaged(IN_LAST_EVENT(8), 4);          /* more digests than algorithms */
	assert_more_digests_than_algorithms();
	assert_damaged(IN_LAST_EVENT(12), 99);        /* of an algorithm that the header does not list */
	assert_damaged(IN_LAST_EVENT(12 + 50), 99);
	assert_damaged(IN_LAST_EVENT(EVENT_2_SIZE - 1), 1); /* an event of 16 MiB and more */
	assert_int_equal(measure(TPM_LOG_FORMAT_1_2, &log, TPM_LOG_SIZE_MAX, &size), MM_EINVAL);
	assert_int_equal(measure(TPM_LOG_FORMAT_1_2, &log, UINT64_MAX, &size), MM_EINVAL);
	assert_int_equal(size, 77);
}

static void final_events(void **state)
{
	struct log log = header_event(), table = { .size = 0 };
	uint64_t size = 77;

	(void)state;
	number(&table, 1, 8);
	number(&table, 0, 8);
	assert_int_equal(tpm_final_events_size(table.bytes, log.bytes, &size), 0);
	assert_int_equal(size, 0);
	log.bytes[32] = 's'; /* without events nobody needs the list of algorithms */
	size = 77;
	assert_int_equal(tpm_final_events_size(table.bytes, log.bytes, &size), 0);
	assert_int_equal(size, 0);
	log = header_event();
	table.bytes[8] = 2;
	event_2(&table, 40);
	event_2(&table, 3);
	fill(&table, 100); /* what is behind the last event is none */
	assert_int_equal(tpm_final_events_size(table.bytes, log.bytes, &size), 0);
	assert_int_equal(size, 2 * EVENT_2_SIZE + 43);
	table.bytes[8] = 3;
	size = 77;
	assert_int_equal(tpm_final_events_size(table.bytes, log.bytes, &size), MM_EINVAL);
	table.bytes[8] = 2;
	log.bytes[32] = 's';
	assert_int_equal(tpm_final_events_size(table.bytes, log.bytes, &size), MM_EINVAL);
	assert_int_equal(size, 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(logs_of_both_formats),
		cmocka_unit_test(logs_at_their_limits),
		cmocka_unit_test(the_longest_log),
		cmocka_unit_test(damaged_logs),
		cmocka_unit_test(final_events),
	};

	return cmocka_run_group_tests_name("tpm_event_log", tests, NULL, NULL);
}
