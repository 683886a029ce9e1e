/* SPDX-License-Identifier: BSD-2-Clause */
#include <loader/fat.h>

#define BOOT_SECTOR_SIZE 512
#define FIRST_LOOK 32768 /* the usual 32 sectors in front of a FAT32's first FAT, and that one's begin */
#define SECTOR_MAX 4096
#define RECORD_SIZE 32
#define DIRECTORY_MAX 65536 /* entries */
#define FIRST_CLUSTER 2
/* Fewer clusters than this are FAT12, or FAT16. Formatters stay away from the limits: drivers differ about them. */
#define FAT16_CLUSTERS 4085
#define FAT32_CLUSTERS 65525
#define DOUBT 16
#define FAT32_MASK 0x0fffffff
#define CLUSTERS_MAX 0x0ffffff0

#define DELETED 0xe5
#define VOLUME_ID 0x08
#define DIRECTORY 0x10
#define LONG_NAME 0x0f
#define UNKNOWN_BITS 0xc0
#define LAST_PIECE 0x40
#define PIECE_CHARS 13
#define PIECES_MAX 19 /* FAT has 20, the last one with room beyond the longest name */
#define NAME_LOWER 0x08
#define EXTENSION_LOWER 0x10

_Static_assert(PIECES_MAX * PIECE_CHARS < FAT_NAME_MAX, "a name and its NUL");

static uint32_t get16(const uint8_t *at)
{
	return (uint32_t)(at[0] | at[1] << 8);
}

static uint32_t get32(const uint8_t *at)
{
	uint32_t value;

	__builtin_memcpy(&value, at, sizeof(value));
	return value;
}

static const uint8_t *look(struct fat_view *view, uint64_t offset, uint64_t needed, uint64_t useful)
{
	uint64_t skip = offset - view->offset;

	if (skip > view->size || view->size - skip < needed) {
		if (!view->show(view, offset, needed, useful))
			return NULL;
		skip = offset - view->offset;
	}
	return view->bytes + skip;
}

static bool is_power_of_2(uint32_t value)
{
	return value && (value & (value - 1)) == 0;
}

static bool is_cluster(const struct fat *fat, uint32_t cluster)
{
	return cluster >= FIRST_CLUSTER && cluster < fat->cluster_end;
}

static bool is_end(const struct fat *fat, uint32_t value)
{
	return (value | 7) == fat->mask;
}

/* What the FAT has for a cluster; 0, as for a free one, when it cannot be read. useful: clusters that may come next. */
static uint32_t table_entry(const struct fat *fat, uint32_t cluster, uint64_t useful)
{
	const uint8_t *at = look(fat->view, fat->table + (uint64_t)cluster * fat->bits / 8, fat->bits == 32 ? 4 : 2,
				 4 * useful);
	uint32_t value = at ? get16(at) : 0;

	if (at && fat->bits == 32)
		value = get32(at);
	if (fat->bits == 12 && cluster & 1)
		value >>= 4;
	return value & fat->mask;
}

/* Sizes and places from the boot sector, and the kind of FAT from the number of clusters. */
static bool read_geometry(struct fat *fat, const uint8_t *boot, uint64_t volume_size)
{
	uint32_t sector = get16(boot + 11), sectors_per_cluster = boot[13], reserved = get16(boot + 14), fats = boot[16];
	uint32_t total = get16(boot + 19) ? get16(boot + 19) : get32(boot + 32);
	bool wide = get16(boot + 22) == 0;
	uint64_t table_size = (uint64_t)(wide ? get32(boot + 36) : get16(boot + 22)) * sector;
	uint64_t end = (uint64_t)total * sector;
	uint32_t count;

	if (!is_power_of_2(sector) || sector < BOOT_SECTOR_SIZE || sector > SECTOR_MAX ||
	    !is_power_of_2(sectors_per_cluster) || reserved == 0 || fats == 0)
		return false;
	fat->cluster_size = sector * sectors_per_cluster;
	fat->table = (uint64_t)reserved * sector;
	fat->root = fat->table + fats * table_size;
	fat->root_size = get16(boot + 17) * RECORD_SIZE;
	fat->data = fat->root + fat->root_size;
	if (wide != (fat->root_size == 0) || fat->root_size % sector || fat->data >= end || end > volume_size)
		return false;
	count = (uint32_t)((end - fat->data) / fat->cluster_size);
	if (count > CLUSTERS_MAX || count + DOUBT - FAT16_CLUSTERS < 2 * DOUBT ||
	    count + DOUBT - FAT32_CLUSTERS < 2 * DOUBT)
		return false;
	fat->cluster_end = count + FIRST_CLUSTER;
	fat->bits = count < FAT16_CLUSTERS ? 12 : count < FAT32_CLUSTERS ? 16 : 32;
	fat->mask = fat->bits == 32 ? FAT32_MASK : (1U << fat->bits) - 1;
	fat->root_cluster = 0;
	if (wide) {
		fat->root_cluster = get32(boot + 44);
		/* one FAT in use among several, or a later version */
		if (!is_cluster(fat, fat->root_cluster) || get16(boot + 40) & 0x80 || get16(boot + 42))
			return false;
	}
	return wide == (fat->bits == 32) && table_size * 8 >= (uint64_t)fat->cluster_end * fat->bits;
}

bool fat_open(struct fat *fat, struct fat_view *view, uint64_t volume_size)
{
	const uint8_t *boot = volume_size < BOOT_SECTOR_SIZE ? NULL : look(view, 0, BOOT_SECTOR_SIZE, FIRST_LOOK);
	uint8_t media;

	fat->view = view;
	if (!boot || (boot[0] != 0xeb && boot[0] != 0xe9) || get16(boot + 510) != 0xaa55 ||
	    !read_geometry(fat, boot, volume_size))
		return false;
	media = boot[21];
	/* Another file system may have left an old boot sector, but not this. */
	return table_entry(fat, 0, 1) == ((fat->mask & ~0xffU) | media);
}

static uint64_t cluster_offset(const struct fat *fat, uint32_t cluster)
{
	return fat->data + (uint64_t)(cluster - FIRST_CLUSTER) * fat->cluster_size;
}

void fat_directory_begin(const struct fat *fat, const struct fat_node *node, struct fat_directory *directory)
{
	uint32_t cluster = node->cluster ? node->cluster : fat->root_cluster;

	*directory = (struct fat_directory){ .fat = fat, .cluster = cluster,
					     .offset = cluster ? cluster_offset(fat, cluster) : fat->root,
					     .left = cluster ? fat->cluster_size : fat->root_size };
}

/* To the next cluster when there is nothing left of this one. */
static enum fat_step advance(struct fat_directory *directory)
{
	const struct fat *fat = directory->fat;

	if (directory->left)
		return FAT_ENTRY;
	if (directory->cluster == 0)
		return FAT_END;
	directory->cluster = table_entry(fat, directory->cluster, 1);
	if (!is_cluster(fat, directory->cluster))
		return is_end(fat, directory->cluster) ? FAT_END : FAT_DECLINED;
	directory->offset = cluster_offset(fat, directory->cluster);
	directory->left = fat->cluster_size;
	return FAT_ENTRY;
}

static char plain_char(uint32_t c)
{
	return (char)(c < ' ' || c > '~' ? FAT_ODD_CHAR : c);
}

/* One piece of a long name, which is stored from its last piece to its first. */
static bool take_piece(const uint8_t *record, uint32_t number, bool last, char *name)
{
	char *to = name + (number - 1) * PIECE_CHARS;

	for (uint32_t at = 1; at < RECORD_SIZE; at += at == 9 ? 5 : at == 24 ? 4 : 2) {
		uint32_t c = get16(record + at);

		if (c == 0) {
			*to = '\0';
			return last && at > 1;
		}
		*to++ = plain_char(c);
	}
	if (last)
		*to = '\0';
	return true;
}

static uint8_t checksum(const uint8_t *record)
{
	uint8_t sum = 0;

	for (unsigned i = 0; i < 11; i++)
		sum = (uint8_t)((sum >> 1 | sum << 7) + record[i]);
	return sum;
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

/* What is collected of a long name before its short one. */
struct long_name {
	bool begun;
	uint8_t sum;
	uint32_t missing; /* pieces */
};

static bool add_piece(struct long_name *state, const uint8_t *record, char *name)
{
	uint32_t number = record[0] & (LAST_PIECE - 1);
	bool last = record[0] & LAST_PIECE;

	if (last == state->begun)
		return false;
	if (last)
		*state = (struct long_name){ true, record[13], number };
	return record[12] == 0 && record[13] == state->sum && number == state->missing &&
	       number - 1 < PIECES_MAX && take_piece(record, state->missing--, last, name);
}

static bool fill_entry(const struct long_name *state, const uint8_t *record, struct fat_entry *entry)
{
	if (record[0] == ' ' || (state->begun && (state->missing || state->sum != checksum(record))))
		return false;
	take_short_name(record, 0, entry->short_name);
	if (!state->begun)
		take_short_name(record, record[12], entry->name);
	entry->node = (struct fat_node){ get16(record + 26) | get16(record + 20) << 16, get32(record + 28),
					 record[11] & DIRECTORY };
	return true;
}

enum fat_step fat_directory_next(struct fat_directory *directory, struct fat_entry *entry)
{
	struct long_name state = { .begun = false };

	for (;;) {
		enum fat_step step = advance(directory);
		const uint8_t *record = NULL;

		if (step == FAT_ENTRY && directory->seen++ < DIRECTORY_MAX)
			record = look(directory->fat->view, directory->offset, RECORD_SIZE, directory->left);
		if (step != FAT_END && (!record || record[11] & UNKNOWN_BITS))
			return FAT_DECLINED;
		if (step == FAT_END || record[0] == 0)
			return state.begun ? FAT_DECLINED : FAT_END;
		directory->offset += RECORD_SIZE;
		directory->left -= RECORD_SIZE;
		if (record[0] != DELETED && record[11] == LONG_NAME) {
			if (!add_piece(&state, record, entry->name))
				return FAT_DECLINED;
		} else if (record[0] != DELETED && !(record[11] & VOLUME_ID)) {
			return fill_entry(&state, record, entry) ? FAT_ENTRY : FAT_DECLINED;
		} else if (state.begun) {
			return FAT_DECLINED;
		}
	}
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

enum match { NO_MATCH, MATCH, DOUBTFUL };

static enum match match(const char *name, const char *wanted, size_t length)
{
	enum match result = MATCH;

	for (size_t i = 0; i < length; i++) {
		if (name[i] == FAT_ODD_CHAR)
			result = DOUBTFUL;
		else if (lower(name[i]) != lower(wanted[i]))
			return NO_MATCH;
	}
	return name[length] ? NO_MATCH : result;
}

/* Goes on to the end: a second entry that fits would be a doubt. */
static bool find_in(const struct fat *fat, const char *name, size_t length, struct fat_node *found)
{
	struct fat_directory directory;
	struct fat_entry entry;
	enum fat_step step;
	bool known = false;

	fat_directory_begin(fat, found, &directory);
	while ((step = fat_directory_next(&directory, &entry)) == FAT_ENTRY) {
		unsigned matches = match(entry.name, name, length) | match(entry.short_name, name, length);

		if (matches & DOUBTFUL || (matches && known))
			return false;
		if (matches) {
			known = true;
			*found = entry.node;
		}
	}
	return step == FAT_END && known && (!found->directory || is_cluster(fat, found->cluster));
}

/* Firmware drops blanks and dots at a name's ends. What is no character of a FAT name just fits none. */
static bool is_plain(const char *name, size_t length)
{
	return length > 0 && name[0] != ' ' && name[length - 1] != ' ' && name[length - 1] != '.';
}

bool fat_find(const struct fat *fat, const char *path, struct fat_node *found)
{
	size_t length;

	found->directory = true;
	found->cluster = 0; /* the root */
	do {
		path += path[0] == '\\';
		for (length = 0; path[length] && path[length] != '\\'; length++)
			;
		if (!found->directory || !is_plain(path, length) || !find_in(fat, path, length, found))
			return false;
		path += length;
	} while (*path);
	return true;
}

/* How many clusters follow each other from this one on, at most limit, as far as it can be seen; then comes *next. */
static uint32_t follow(const struct fat *fat, uint32_t cluster, uint32_t limit, uint32_t *next)
{
	const struct fat_view *view = fat->view;
	uint32_t run = 1;
	uint64_t skip;

	*next = table_entry(fat, cluster, limit);
	skip = fat->table + 4 * (uint64_t)cluster - view->offset;
	/* large files lie mostly in one piece: a few instructions for each cluster of FAT32 */
	while (fat->bits == 32 && *next == cluster + run && run < limit && view->size - skip >= 8) {
		skip += 4;
		*next = get32(view->bytes + skip) & FAT32_MASK;
		run++;
	}
	return run;
}

bool fat_extents_read(const struct fat *fat, const struct fat_node *file, struct fat_extents *extents)
{
	uint32_t clusters = (uint32_t)(((uint64_t)file->size + fat->cluster_size - 1) / fat->cluster_size), run;
	uint32_t cluster = file->cluster, expected = 0, count = 0;

	for (; clusters; clusters -= run) {
		uint32_t next;

		if (!is_cluster(fat, cluster))
			return false;
		run = follow(fat, cluster, clusters, &next);
		if (!is_cluster(fat, cluster + run - 1))
			return false;
		if (cluster != expected) {
			if (count == FAT_EXTENTS_MAX)
				return false;
			extents->list[count++] = (struct fat_extent){ cluster_offset(fat, cluster), 0 };
		}
		extents->list[count - 1].size += (uint64_t)run * fat->cluster_size;
		expected = cluster + run;
		cluster = next;
	}
	extents->count = count;
	return count ? is_end(fat, cluster) : cluster == 0;
}

uint64_t fat_extents_find(const struct fat_extents *extents, uint64_t position, uint64_t *size)
{
	uint32_t i = 0;

	while (i < extents->count && position >= extents->list[i].size)
		position -= extents->list[i++].size;
	*size = i < extents->count ? extents->list[i].size - position : 0;
	return *size ? extents->list[i].offset + position : 0;
}
