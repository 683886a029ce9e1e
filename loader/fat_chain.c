/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Chains of clusters: where a file lies, and whether its chain has an end and is its own. A chain is followed by its jumps:
 * between two of them each cluster leads to the next one, so that a chain that never ends comes back to the same jump.
 */
#include "fat_internal.h"

#define LOOK_AHEAD 1024 /* clusters, of a chain whose length is not known */
#define DIRECTORY_BYTES_MAX ((uint64_t)FAT_RECORDS_MAX * FAT_RECORD_SIZE)

/* Brent's way to find a cycle: a jump is compared with an earlier one, which moves on after 1, 2, 4, 8... jumps. */
struct jumps {
	uint32_t count;
	uint32_t earlier;
	uint32_t moves_at;
};

static bool came_back(struct jumps *jumps, uint32_t cluster)
{
	if (jumps->count && cluster == jumps->earlier)
		return true;
	if (++jumps->count >= jumps->moves_at) {
		jumps->earlier = cluster;
		jumps->moves_at = 2 * jumps->count;
	}
	return false;
}

/* A chain from its first cluster to its end. */
struct walk {
	const struct fat *fat;
	uint32_t cluster; /* the next run's first one, or what ended the chain */
	uint32_t before;  /* the cluster that leads there */
	uint64_t count;   /* clusters so far */
	struct jumps jumps;
	struct fat_damage *damage;
};

static enum fat_state damaged(const struct walk *walk, enum fat_damage_kind kind, uint32_t cluster)
{
	*walk->damage = (struct fat_damage){ .kind = kind, .cluster = cluster, .value = walk->cluster, .found = walk->count };
	return FAT_DAMAGED;
}

/* The next clusters in a row, wanted ones at most; *run is 0 at the chain's end. */
static enum fat_state next_run(struct walk *walk, uint32_t wanted, uint32_t *first, uint32_t *run)
{
	uint32_t next;

	*first = walk->cluster;
	*run = 0;
	if (walk->count && fat_is_end(walk->fat, walk->cluster))
		return FAT_GOOD;
	if (!fat_is_cluster(walk->fat, walk->cluster))
		return damaged(walk, walk->count ? FAT_LEADS_OUT : FAT_NO_START, walk->before);
	if (walk->cluster != walk->before + 1 && came_back(&walk->jumps, walk->cluster))
		return damaged(walk, FAT_CYCLIC, walk->cluster);
	*run = fat_follow(walk->fat, walk->cluster, wanted, &next);
	if (next == FAT_UNREADABLE)
		return FAT_ODD;
	walk->count += *run;
	walk->before = walk->cluster + *run - 1;
	walk->cluster = next;
	return FAT_GOOD;
}

static struct walk walk_begin(const struct fat *fat, uint32_t cluster, struct fat_damage *damage)
{
	return (struct walk){ .fat = fat, .cluster = cluster, .damage = damage };
}

/* The extents of the clusters that the file's size needs; false when there are too many. */
static bool add_run(const struct fat *fat, struct fat_extents *extents, uint32_t first, uint32_t run)
{
	uint64_t offset = fat_cluster_offset(fat, first), size = (uint64_t)run * fat->cluster_size;
	struct fat_extent *last = extents->count ? &extents->list[extents->count - 1] : NULL;

	if (last && last->offset + last->size == offset) {
		last->size += size;
		return true;
	}
	if (extents->count == FAT_EXTENTS_MAX)
		return false;
	extents->list[extents->count++] = (struct fat_extent){ offset, size };
	return true;
}

enum fat_state fat_extents_read(const struct fat *fat, const struct fat_node *file, struct fat_extents *extents,
				struct fat_damage *damage)
{
	uint64_t needed = ((uint64_t)file->size + fat->cluster_size - 1) / fat->cluster_size;
	struct walk walk = walk_begin(fat, file->cluster, damage);
	uint32_t first, run = 0;
	bool fits = true;

	extents->count = 0;
	extents->suspect = false;
	if (needed == 0)
		return file->cluster == 0 ? FAT_GOOD : FAT_ODD;
	do {
		/* never more than 2^32 bytes in clusters of 512 */
		uint32_t wanted = needed > walk.count ? (uint32_t)(needed - walk.count) : LOOK_AHEAD;
		enum fat_state state = next_run(&walk, wanted, &first, &run);

		extents->suspect = walk.jumps.count > 1 || walk.count > needed;
		if (state != FAT_GOOD)
			return state;
		if (run && walk.count <= needed)
			fits = fits && add_run(fat, extents, first, run);
	} while (run);
	if (walk.count < needed) {
		damaged(&walk, FAT_TOO_SHORT, walk.before);
		damage->needed = needed;
		return FAT_DAMAGED;
	}
	return fits && walk.count == needed ? FAT_GOOD : FAT_ODD;
}

uint64_t fat_extents_find(const struct fat_extents *extents, uint64_t position, uint64_t *size)
{
	uint32_t i = 0;

	while (i < extents->count && position >= extents->list[i].size)
		position -= extents->list[i++].size;
	*size = i < extents->count ? extents->list[i].size - position : 0;
	return *size ? extents->list[i].offset + position : 0;
}

/* The first record of every directory but the root names itself. */
static enum fat_state check_dot(const struct walk *walk, uint32_t cluster, uint32_t run)
{
	const struct fat *fat = walk->fat;
	const uint8_t *record = fat_look(fat->view, fat_cluster_offset(fat, cluster), FAT_RECORD_SIZE,
					 (uint64_t)run * fat->cluster_size);
	uint32_t dot;

	if (!record)
		return FAT_ODD;
	if (__builtin_memcmp(record, ".          ", 11) != 0)
		return FAT_ODD;
	dot = fat_get16(record + 26) | fat_get16(record + 20) << 16;
	if (dot == cluster)
		return FAT_GOOD;
	damaged(walk, FAT_NOT_ITSELF, cluster);
	walk->damage->value = dot;
	return FAT_DAMAGED;
}

enum fat_state fat_directory_check(const struct fat *fat, const struct fat_node *node, bool *suspect, uint32_t *size,
				   struct fat_damage *damage)
{
	uint32_t cluster = node->root ? fat->root_cluster : node->cluster, first, run = 0, first_run = 0;
	struct walk walk = walk_begin(fat, cluster, damage);

	*suspect = false;
	*size = fat->root_size;
	if (node->root && cluster == 0)
		return FAT_GOOD;
	do {
		enum fat_state state = next_run(&walk, LOOK_AHEAD, &first, &run);

		first_run = first_run ? first_run : run;
		*suspect = walk.jumps.count > 1;
		if (state != FAT_GOOD)
			return state;
	} while (run && walk.count * fat->cluster_size <= DIRECTORY_BYTES_MAX);
	if (run)
		return damaged(&walk, FAT_TOO_LONG, cluster);
	*size = (uint32_t)walk.count * fat->cluster_size;
	return node->root ? FAT_GOOD : check_dot(&walk, cluster, first_run);
}

bool fat_trail_add(const struct fat *fat, struct fat_trail *trail, const struct fat_node *node, struct fat_damage *damage)
{
	uint32_t cluster = node->root ? fat->root_cluster : node->cluster;

	for (uint32_t i = 0; i < trail->count; i++) {
		if (trail->clusters[i] == cluster && cluster) {
			*damage = (struct fat_damage){ .kind = FAT_IS_ABOVE, .cluster = cluster };
			return false;
		}
	}
	if (trail->count < FAT_DEPTH_MAX)
		trail->clusters[trail->count++] = cluster;
	return true;
}

size_t fat_crossings_size(const struct fat *fat)
{
	return (size_t)fat->cluster_end / 8 + 1;
}

static bool get_bit(const uint8_t *map, uint32_t cluster)
{
	return map[cluster / 8] >> cluster % 8 & 1;
}

static void set_bit(uint8_t *map, uint32_t cluster)
{
	map[cluster / 8] |= (uint8_t)(1 << cluster % 8);
}

static void add_reached(const struct fat *fat, struct fat_crossings *crossings, uint32_t cluster)
{
	if (!fat_is_cluster(fat, cluster))
		return;
	if (get_bit(crossings->reached, cluster)) {
		set_bit(crossings->crossed, cluster);
		crossings->any = true;
	}
	set_bit(crossings->reached, cluster);
}

/* The entries of FAT32 that can be seen from a cluster on; returns the first one that cannot. */
static uint32_t add_shown(const struct fat *fat, struct fat_crossings *crossings, uint32_t cluster)
{
	const struct fat_view *view = fat->table_view;
	uint64_t skip = fat->table + 4 * (uint64_t)cluster - view->offset;

	for (; cluster < fat->cluster_end && view->size - skip >= 4; cluster++, skip += 4) {
		uint32_t value = fat_get32(view->bytes + skip) & fat->mask;

		if (value)
			add_reached(fat, crossings, value);
	}
	return cluster;
}

bool fat_crossings_read(const struct fat *fat, struct fat_crossings *crossings)
{
	size_t size = fat_crossings_size(fat);
	uint32_t cluster = FAT_FIRST_CLUSTER;

	__builtin_memset(crossings->reached, 0, size);
	__builtin_memset(crossings->crossed, 0, size);
	crossings->any = false;
	while (cluster < fat->cluster_end) {
		uint32_t value = fat_table_entry(fat, cluster, fat->cluster_end - cluster);

		if (value == FAT_UNREADABLE)
			return false;
		if (fat->bits == 32)
			cluster = add_shown(fat, crossings, cluster);
		else
			add_reached(fat, crossings, value), cluster++;
	}
	return true;
}

bool fat_chain_crosses(const struct fat *fat, const struct fat_node *node, const struct fat_crossings *crossings,
		       struct fat_damage *damage)
{
	uint32_t cluster = node->cluster ? node->cluster : fat->root_cluster;
	bool crossed = fat_is_cluster(fat, cluster) && get_bit(crossings->reached, cluster);

	while (!crossed && crossings->any && fat_is_cluster(fat, cluster)) {
		crossed = get_bit(crossings->crossed, cluster);
		if (!crossed)
			cluster = fat_table_entry(fat, cluster, 1);
	}
	if (crossed)
		*damage = (struct fat_damage){ .kind = FAT_CROSSES, .cluster = cluster };
	return crossed;
}

void fat_damage_print(const struct fat_damage *damage, struct printer *out)
{
	switch (damage->kind) {
	case FAT_CYCLIC:
		print(out, "its chain of clusters never ends: it comes back to cluster %u", damage->cluster);
		break;
	case FAT_CROSSES:
		print(out, "its chain of clusters crosses another one in cluster %u", damage->cluster);
		break;
	case FAT_NO_START:
		print(out, "it begins at %u, which is no cluster of the volume", damage->value);
		break;
	case FAT_LEADS_OUT:
		print(out, "cluster %u of its chain leads to %u, which is %s", damage->cluster, damage->value,
		      damage->value ? "no cluster of the volume" : "a free cluster");
		break;
	case FAT_TOO_SHORT:
		print(out, "its chain has %llu clusters; needed for its size: %llu", (unsigned long long)damage->found,
		      (unsigned long long)damage->needed);
		break;
	case FAT_TOO_LONG:
		print(out, "it has more than %llu bytes; at most as many may be in a directory",
		      (unsigned long long)DIRECTORY_BYTES_MAX);
		break;
	case FAT_IS_ABOVE:
		print(out, "it begins at cluster %u, where a directory above it does", damage->cluster);
		break;
	case FAT_NOT_ITSELF:
		print(out, "it begins at cluster %u, and its own record \".\" names %u", damage->cluster, damage->value);
		break;
	}
}
