/* SPDX-License-Identifier: BSD-2-Clause */
#include <loader/fat_listing.h>

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool is_ascii(const char *text, size_t length)
{
	size_t i = 0;

	while (i < length && !(text[i] & 0x80))
		i++;
	return i == length;
}

bool fat_name_is_odd(const char *name)
{
	while (*name && *name != FAT_ODD_CHAR)
		name++;
	return *name;
}

/* FNV-1a */
static uint32_t hash_of(const char *name, size_t length)
{
	uint32_t hash = 0x811c9dc5;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (uint8_t)lower(name[i])) * 0x01000193;
	return hash;
}

/*
 * Each name is in one record at least, or in one for each 13 of its characters besides. A name that is only a short one has
 * one slot, so that there are no more of them than records.
 */
#define RECORD_SIZE 32
#define TEXT_OF_RECORD (3 * 13 + 1)

static uint32_t slots_of(uint32_t directory_size)
{
	uint32_t slots = 2;

	while (slots < 2 * (directory_size / RECORD_SIZE))
		slots *= 2;
	return slots;
}

size_t fat_listing_size(uint32_t directory_size)
{
	return slots_of(directory_size) * sizeof(struct fat_slot) +
	       (size_t)directory_size / RECORD_SIZE * (sizeof(struct fat_record) + TEXT_OF_RECORD);
}

static void add_slot(struct fat_listing *listing, const char *name, uint32_t record)
{
	uint32_t hash = hash_of(name, text_length(name)), at = hash & listing->slot_mask;

	while (listing->slots[at].record)
		at = (at + 1) & listing->slot_mask;
	listing->slots[at] = (struct fat_slot){ hash, record + 1 };
}

static uint32_t store(struct fat_listing *listing, const char *name)
{
	size_t at = listing->text_used, size = text_length(name) + 1;

	__builtin_memcpy(listing->text + at, name, size);
	listing->text_used += size;
	listing->ascii &= is_ascii(name, size);
	listing->odd |= fat_name_is_odd(name);
	return (uint32_t)at;
}

static bool is_short(const struct fat_entry *entry)
{
	size_t i = 0;

	while (lower(entry->name[i]) == lower(entry->short_name[i]) && entry->name[i])
		i++;
	return entry->name[i] == entry->short_name[i];
}

enum fat_step fat_listing_read(const struct fat *fat, const struct fat_node *node, uint32_t directory_size,
			       struct fat_listing *listing, void *memory)
{
	struct fat_directory directory;
	struct fat_entry entry;
	enum fat_step step;

	*listing = (struct fat_listing){ .slot_mask = slots_of(directory_size) - 1, .slots = memory, .ascii = true };
	listing->records = (struct fat_record *)(listing->slots + listing->slot_mask + 1);
	listing->text = (char *)(listing->records + directory_size / RECORD_SIZE);
	__builtin_memset(listing->slots, 0, ((size_t)listing->slot_mask + 1) * sizeof(*listing->slots));
	fat_directory_begin(fat, node, &directory);
	while ((step = fat_directory_next(&directory, &entry)) == FAT_ENTRY) {
		struct fat_record *record = &listing->records[listing->count];

		if (directory.seen > directory_size / RECORD_SIZE) /* it is not what it was */
			return FAT_DECLINED;
		record->node = entry.node;
		add_slot(listing, entry.name, listing->count);
		record->name = record->short_name = store(listing, entry.name);
		if (!is_short(&entry)) {
			add_slot(listing, entry.short_name, listing->count);
			record->short_name = store(listing, entry.short_name);
		}
		listing->count++;
	}
	return step;
}

enum match { NO_MATCH, MATCH, DOUBTFUL };

/* The bytes of a character of UTF-8 that begins here. */
static size_t char_size(const char *text)
{
	size_t size = 1;

	while ((text[size] & 0xc0) == 0x80)
		size++;
	return size;
}

/* Whether two characters may be one in two cases: those beyond ASCII, and i, k and s, which have such ones. */
static bool may_be_case(char a, char b)
{
	char ascii = lower(a & 0x80 ? b : a);

	return (a & 0x80 && b & 0x80) || ((a | b) & 0x80 && (ascii == 'i' || ascii == 'k' || ascii == 's'));
}

/* The cases of a character may have several sizes in UTF-8. */
static enum match match(const char *name, const char *wanted, size_t length)
{
	const char *end = wanted + length;
	enum match result = MATCH;

	while (*name && wanted < end) {
		if (lower(*name) == lower(*wanted) && *name != FAT_ODD_CHAR) {
			name++;
			wanted++;
		} else if (*name == FAT_ODD_CHAR || may_be_case(*name, *wanted)) {
			result = DOUBTFUL;
			name += char_size(name);
			wanted += char_size(wanted);
		} else {
			return NO_MATCH;
		}
	}
	return *name || wanted < end ? NO_MATCH : result;
}

static unsigned match_record(const struct fat_listing *listing, const struct fat_record *record, const char *name, size_t length)
{
	return match(listing->text + record->name, name, length) | match(listing->text + record->short_name, name, length);
}

enum fat_found fat_listing_find(const struct fat_listing *listing, const char *name, size_t length, struct fat_node *node)
{
	bool all = !listing->ascii || listing->odd || !is_ascii(name, length); /* equal names may have different hashes then */
	uint32_t hash = hash_of(name, length), at = hash & listing->slot_mask;
	const struct fat_record *found = NULL;

	for (uint32_t i = 0; all ? i < listing->count : listing->slots[at].record; i++, at = (at + 1) & listing->slot_mask) {
		const struct fat_record *record = &listing->records[all ? i : listing->slots[at].record - 1];
		unsigned matches = all || listing->slots[at].hash == hash ? match_record(listing, record, name, length) : NO_MATCH;

		if (matches & DOUBTFUL || (matches && found && found != record))
			return FAT_DOUBT;
		if (matches)
			found = record;
	}
	if (!found)
		return FAT_ABSENT;
	*node = found->node;
	return FAT_FOUND;
}

uint32_t fat_listing_order(const struct fat_listing *listing, uint32_t *order)
{
	const struct fat_record *records = listing->records;
	uint32_t count = 0;

	for (uint32_t i = 0; i < listing->count; i++)
		if (!records[i].node.directory)
			order[count++] = i;
	for (uint32_t gap = count / 2; gap > 0; gap = gap == 2 ? 1 : gap * 5 / 11) { /* shell sort */
		for (uint32_t i = gap; i < count; i++) {
			uint32_t moved = order[i], place = i;

			for (; place >= gap && records[order[place - gap]].node.cluster > records[moved].node.cluster; place -= gap)
				order[place] = order[place - gap];
			order[place] = moved;
		}
	}
	return count;
}

bool fat_path_part(const char **path, const char **name, size_t *length)
{
	const char *at = *path;

	if (!*at)
		return false;
	at += *at == '\\';
	*name = at;
	while (*at && *at != '\\')
		at++;
	*length = (size_t)(at - *name);
	if (*length && (**name == ' ' || at[-1] == ' ' || at[-1] == '.'))
		*length = 0;
	*path = at;
	return true;
}
