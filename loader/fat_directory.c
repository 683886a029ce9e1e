/* SPDX-License-Identifier: BSD-2-Clause */
/* The records of a directory: short names, and the long ones in front of them. */
#include "fat_internal.h"

#include <loader/utf16.h>

#define DELETED 0xe5
#define VOLUME_ID 0x08
#define DIRECTORY 0x10
#define LONG_NAME 0x0f
#define UNKNOWN_BITS 0xc0
#define LAST_PIECE 0x40
#define PIECE_CHARS 13
#define PIECES_MAX 19 /* FAT has 20, the last one with room beyond the longest name */
#define NAME_CHARS (PIECES_MAX * PIECE_CHARS)
#define NAME_LOWER 0x08
#define EXTENSION_LOWER 0x10
#define LOOK_AHEAD 1024 /* clusters */

_Static_assert(3 * NAME_CHARS < FAT_NAME_MAX, "a name in UTF-8 and its NUL");

void fat_directory_begin(const struct fat *fat, const struct fat_node *node, struct fat_directory *directory)
{
	uint32_t cluster = node->cluster ? node->cluster : fat->root_cluster;

	*directory = (struct fat_directory){ .fat = fat, .fixed = cluster == 0 };
	if (directory->fixed) {
		directory->offset = fat->root;
		directory->left = fat->root_size;
	}
	directory->next = cluster;
}

/* To the next clusters when there is nothing left of these. */
static enum fat_step advance(struct fat_directory *directory)
{
	const struct fat *fat = directory->fat;
	uint32_t cluster = directory->next;

	if (directory->left)
		return FAT_ENTRY;
	if (directory->fixed)
		return FAT_END;
	if (!fat_is_cluster(fat, cluster))
		return directory->seen && fat_is_end(fat, cluster) ? FAT_END : FAT_DECLINED;
	directory->offset = fat_cluster_offset(fat, cluster);
	directory->left = (uint64_t)fat_follow(fat, cluster, LOOK_AHEAD, &directory->next) * fat->cluster_size;
	return FAT_ENTRY;
}

/* A long name as it is collected, from its last piece to its first, before its short name. */
struct long_name {
	bool begun;
	uint8_t sum;
	uint32_t missing; /* pieces */
	uint16_t chars[NAME_CHARS + 1];
};

static bool take_piece(const uint8_t *record, uint32_t number, bool last, uint16_t *chars)
{
	uint16_t *to = chars + (number - 1) * PIECE_CHARS;

	for (uint32_t at = 1; at < FAT_RECORD_SIZE; at += at == 9 ? 5 : at == 24 ? 4 : 2) {
		*to = (uint16_t)fat_get16(record + at);
		if (*to++ == 0)
			return last && at > 1;
	}
	if (last)
		*to = 0;
	return true;
}

static uint8_t checksum(const uint8_t *record)
{
	uint8_t sum = 0;

	for (unsigned i = 0; i < 11; i++)
		sum = (uint8_t)((sum >> 1 | sum << 7) + record[i]);
	return sum;
}

static char plain_char(uint32_t c)
{
	return (char)(c < ' ' || c > '~' ? FAT_ODD_CHAR : c);
}

/* Name or extension without the blanks behind it; returns its end. */
static char *take_part(const uint8_t *from, uint32_t size, bool lower, char *to)
{
	while (size && from[size - 1] == ' ')
		size--;
	for (uint32_t i = 0; i < size; i++)
		*to++ = lower && from[i] >= 'A' && from[i] <= 'Z' ? (char)(from[i] + 32) : plain_char(from[i]);
	return to;
}

static void take_short_name(const uint8_t *record, uint8_t lower, char *name)
{
	char *dot = take_part(record, 8, lower & NAME_LOWER, name);
	char *end = take_part(record + 8, 3, lower & EXTENSION_LOWER, dot + 1);

	*dot = '.';
	*(end == dot + 1 ? dot : end) = '\0';
}

/* UTF-16 to UTF-8. Half a pair of surrogates and control characters are odd. */
static void take_long_name(const uint16_t *chars, char *name)
{
	while (*chars) {
		size_t units;
		uint32_t code = utf16_next(chars, 2, &units); /* a NUL is no second half */

		if (code < 0x80 || code == UTF_BAD)
			*name++ = plain_char(code);
		else
			name += utf8_put(code, name);
		chars += units;
	}
	*name = '\0';
}

static bool add_piece(struct long_name *state, const uint8_t *record)
{
	uint32_t number = record[0] & (LAST_PIECE - 1);
	bool last = record[0] & LAST_PIECE;

	if (last == state->begun)
		return false;
	if (last) {
		state->begun = true;
		state->sum = record[13];
		state->missing = number;
	}
	return record[12] == 0 && record[13] == state->sum && number == state->missing && number - 1 < PIECES_MAX &&
	       take_piece(record, state->missing--, last, state->chars);
}

static bool fill_entry(const struct long_name *state, const uint8_t *record, struct fat_entry *entry)
{
	if (record[0] == ' ' || (state->begun && (state->missing || state->sum != checksum(record))))
		return false;
	take_short_name(record, 0, entry->short_name);
	if (state->begun)
		take_long_name(state->chars, entry->name);
	else
		take_short_name(record, record[12], entry->name);
	entry->node = (struct fat_node){ .cluster = fat_get16(record + 26) | fat_get16(record + 20) << 16,
					 .size = fat_get32(record + 28), .directory = record[11] & DIRECTORY };
	return true;
}

enum fat_step fat_directory_next(struct fat_directory *directory, struct fat_entry *entry)
{
	struct long_name state;

	state.begun = false;
	state.sum = 0;
	state.missing = 0;
	for (;;) {
		enum fat_step step = advance(directory);
		const uint8_t *record = NULL;

		if (step == FAT_ENTRY && directory->seen++ < FAT_RECORDS_MAX)
			record = fat_look(directory->fat->view, directory->offset, FAT_RECORD_SIZE, directory->left);
		if (step != FAT_END && (!record || record[11] & UNKNOWN_BITS))
			return FAT_DECLINED;
		if (step == FAT_END || record[0] == 0)
			return state.begun ? FAT_DECLINED : FAT_END;
		directory->offset += FAT_RECORD_SIZE;
		directory->left -= FAT_RECORD_SIZE;
		if (record[0] != DELETED && record[11] == LONG_NAME) {
			if (!add_piece(&state, record))
				return FAT_DECLINED;
		} else if (record[0] != DELETED && !(record[11] & VOLUME_ID)) {
			return fill_entry(&state, record, entry) ? FAT_ENTRY : FAT_DECLINED;
		} else if (state.begun) {
			return FAT_DECLINED;
		}
	}
}
