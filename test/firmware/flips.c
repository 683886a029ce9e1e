/* SPDX-License-Identifier: BSD-2-Clause */
#include "flips.h"

#include <loader/prepared.h>

#include <stdio.h>
#include <string.h>

#define DENSE 640     /* so many bytes at the beginning are each flipped: the headers */
#define PREPARED 1100 /* of a prepared kernel: with the relocations of the test kernel */
#define TAIL 64       /* so many at the end, too: a signature */
#define STEP 251        /* one of so many of the rest; a prime, so that all places in a page and in a word have their turn */

static struct {
	const struct scenario_flip *flip;
	size_t at;
} now;

/* As somebody does it who has read docs/prepared.md. */
static void seal(uint8_t *bytes, size_t size)
{
	struct prepared_header *header = (void *)bytes;
	struct sha256 sha;

	if (header->head_size < sizeof(*header) || header->head_size > size)
		return;
	header->head_digest = xxh64(bytes + PREPARED_DIGESTS_END, header->head_size - PREPARED_DIGESTS_END);
	sha256_start(&sha);
	sha256_add(&sha, bytes + PREPARED_DIGESTS_END, size - PREPARED_DIGESTS_END);
	sha256_finish(&sha, header->file_digest);
}

static const struct scenario_file *find_file(const struct scenario *scenario, const struct scenario_flip *flip)
{
	return scenario_file(scenario, 0, flip->path);
}

/* In the child, whose memory is its own. */
static void change(struct scenario *scenario)
{
	const struct scenario_file *file = find_file(scenario, now.flip);

	scenario->flipped = true;
	file->bytes[now.at] ^= (uint8_t)(1 << now.at % 8);
	if (now.flip->sealed && now.at >= PREPARED_DIGESTS_END)
		seal(file->bytes, file->size);
}

/* The bytes that are flipped: all of a file, but of an entry those of its options. */
static void find_part(const struct scenario_file *file, size_t *first, size_t *end)
{
	static const char key[] = "options ";
	size_t length = strlen(file->path);

	*first = 0;
	*end = file->size;
	if (length < 5 || strcmp(file->path + length - 5, ".conf") != 0)
		return;
	while (*first + sizeof(key) < file->size && memcmp(file->bytes + *first, key, sizeof(key) - 1) != 0)
		++*first;
	*first += sizeof(key) - 1;
	for (*end = *first; *end < file->size && file->bytes[*end] != '\n';)
		++*end;
}

static bool is_started(const struct result *result)
{
	return result->ending == ENDED_JUMPED || result->ending == ENDED_STARTED;
}

static size_t next(size_t first, size_t end)
{
	bool dense = now.at - first < (now.flip->sealed ? PREPARED : DENSE) || end - now.at <= TAIL;

	if (dense || end - now.at <= TAIL + STEP)
		return dense ? now.at + 1 : end - TAIL;
	return now.at + STEP;
}

static const char *judge(const struct result *base, const struct result *result)
{
	if (!is_started(result) || memcmp(base->pcrs, result->pcrs, sizeof(base->pcrs)) != 0)
		return NULL;
	if (now.flip->all)
		return "it is started all the same, and no PCR is another";
	return result->ending != base->ending || result->handed_over != base->handed_over ?
		       "something else is started, and no PCR is another" : NULL;
}

static void change_when_read(struct scenario *scenario)
{
	scenario->flipped = scenario->rereads_differ = true;
}

/* A disk that says something else the second time: what was measured is what is started. */
static void play_rereads(const struct scenario *scenario, const struct result *base, struct result *result, flip_player *play,
			 flip_report *report)
{
	static const struct scenario_flip any;
	int status = play(scenario, change_when_read, result);

	now.flip = &any;
	report(scenario, ": what is read twice differs", result, status, judge(base, result));
}

void flips_play(const struct scenario *scenario, const struct result *base, struct result *result, flip_player *play,
		flip_report *report, unsigned share, unsigned processes)
{
	unsigned job = 0, tried, measured;
	char what[200];

	if (share == 0)
		play_rereads(scenario, base, result, play, report);
	for (size_t i = 0; i < scenario->flip_count; i++) {
		const struct scenario_file *file = find_file(scenario, &scenario->flips[i]);
		size_t first = 0, end = 0;

		tried = measured = 0;
		now.flip = &scenario->flips[i];
		if (file)
			find_part(file, &first, &end);
		for (now.at = first; now.at < end; now.at = next(first, end)) {
			const char *verdict;
			int status;

			if (job++ % processes != share)
				continue;
			status = play(scenario, change, result);
			verdict = judge(base, result);
			tried++;
			measured += is_started(result) && memcmp(base->pcrs, result->pcrs, sizeof(base->pcrs)) != 0;
			snprintf(what, sizeof(what), ": byte %zu of %s is flipped", now.at, now.flip->path);
			if (verdict || status)
				report(scenario, what, result, status, verdict);
		}
		result->problems[0] = '\0';
		snprintf(what, sizeof(what), ": %u flips of %s, %u of them started with another PCR", tried, now.flip->path, measured);
		report(scenario, what, result, 0, measured ? NULL : "none of them was measured");
	}
}
