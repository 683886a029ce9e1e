/* SPDX-License-Identifier: BSD-2-Clause */
#include <loader/tpm_event_log.h>

#define ALGORITHMS_MAX 32
#define FINAL_EVENTS_HEADER 16 /* version and number of events */

/* Reads on in little endian; bad once it passed the end. */
struct reader {
	const uint8_t *at;
	uint64_t left;
	bool bad;
};

static const uint8_t *skip(struct reader *r, uint64_t bytes)
{
	const uint8_t *at = r->at;

	if (bytes > r->left) {
		r->bad = true;
		return NULL;
	}
	r->at += bytes;
	r->left -= bytes;
	return at;
}

static uint64_t read_number(struct reader *r, unsigned bytes)
{
	const uint8_t *at = skip(r, bytes);
	uint64_t value = 0;

	for (unsigned i = bytes; at && i-- > 0;)
		value = value << 8 | at[i];
	return value;
}

/* pcrIndex, eventType, a SHA-1 digest, then the event with its size in front: every event of format 1.2, and the first of 2. */
static void skip_event_1_2(struct reader *r)
{
	skip(r, 4 + 4 + 20);
	skip(r, read_number(r, 4));
}

/* The list of algorithms in the header event, TCG_EfiSpecIdEvent. */
struct algorithms {
	uint32_t count;
	uint16_t id[ALGORITHMS_MAX];
	uint16_t size[ALGORITHMS_MAX];
};

static bool read_algorithms(const uint8_t *log, struct algorithms *algorithms)
{
	static const char signature[16] = "Spec ID Event03";
	struct reader r = { log, TPM_LOG_SIZE_MAX, false };
	const uint8_t *found;

	skip(&r, 4 + 4 + 20);
	r.left = read_number(&r, 4);
	found = skip(&r, sizeof(signature));
	skip(&r, 4 + 1 + 1 + 1 + 1); /* platformClass, versions, errata, uintnSize */
	algorithms->count = (uint32_t)read_number(&r, 4);
	if (!found || __builtin_memcmp(found, signature, sizeof(signature)) || algorithms->count > ALGORITHMS_MAX)
		return false;
	for (uint32_t i = 0; i < algorithms->count; i++) {
		algorithms->id[i] = (uint16_t)read_number(&r, 2);
		algorithms->size[i] = (uint16_t)read_number(&r, 2);
	}
	return !r.bad;
}

static void skip_digest(struct reader *r, const struct algorithms *algorithms)
{
	uint16_t id = (uint16_t)read_number(r, 2);

	for (uint32_t i = 0; i < algorithms->count; i++) {
		if (algorithms->id[i] == id) {
			skip(r, algorithms->size[i]);
			return;
		}
	}
	r->bad = true;
}

static void skip_event_2(struct reader *r, const struct algorithms *algorithms)
{
	uint64_t digests;

	skip(r, 4 + 4);
	digests = read_number(r, 4);
	if (digests > algorithms->count)
		r->bad = true;
	for (uint64_t i = 0; i < digests && !r->bad; i++)
		skip_digest(r, algorithms);
	skip(r, read_number(r, 4));
}

int tpm_log_size(uint32_t format, const uint8_t *log, uint64_t last, uint64_t *size)
{
	struct reader r = { log, TPM_LOG_SIZE_MAX, false };
	struct algorithms algorithms;

	skip(&r, last);
	if (r.bad)
		return MM_EINVAL;
	if (format == TPM_LOG_FORMAT_1_2 || last == 0)
		skip_event_1_2(&r);
	else if (read_algorithms(log, &algorithms))
		skip_event_2(&r, &algorithms);
	else
		return MM_EINVAL;
	if (r.bad)
		return MM_EINVAL;
	*size = TPM_LOG_SIZE_MAX - r.left;
	return 0;
}

int tpm_final_events_size(const uint8_t *table, const uint8_t *log, uint64_t *size)
{
	struct reader r = { table, TPM_LOG_SIZE_MAX, false };
	struct algorithms algorithms;
	uint64_t events;

	skip(&r, 8);
	events = read_number(&r, 8);
	if (events && !read_algorithms(log, &algorithms))
		return MM_EINVAL;
	for (uint64_t i = 0; i < events && !r.bad; i++)
		skip_event_2(&r, &algorithms);
	if (r.bad)
		return MM_EINVAL;
	*size = TPM_LOG_SIZE_MAX - r.left - FINAL_EVENTS_HEADER;
	return 0;
}
