/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A naive memblock: an address space of a few hundred units, each painted with what is known about it. No list, no
 * search, no merging; what the tables must look like is read off the paint. perform() does one action to it and to
 * the real memblock, and says whether they still agree.
 */
#ifndef MEMBLOCK_PAINTER_H
#define MEMBLOCK_PAINTER_H

#include <stdio.h>
#include <string.h>

#include <mm/memblock.h>

#define UNITS 320u
#define NOBODY (-1)

struct paint {
	bool here;
	unsigned flags;
	int nid;
};

struct painted_table {
	struct paint unit[UNITS];
	unsigned long max;
	phys_addr_t array; /* where a doubled array lies; 0: the static one */
	struct memblock_type *real;
};

struct action {
	uint8_t kind, a, b, c;
	uint16_t from, length;
};

enum { ADD, ADD_NODE, RESERVE, REMOVE, FREE, SET_FLAG, SET_NODE, ALLOC, ALLOC_NODE, ALLOC_VIRTUAL, TRIM, ENFORCE, CAP,
       SETTINGS, ADD_COMB, RESERVE_COMB, KINDS };

static const char *const kind_names[KINDS] = {
	"add", "add_node", "reserve", "remove", "phys_free", "set/clear flag", "set_node", "phys_alloc_range",
	"alloc_range_nid", "alloc (virtual)", "trim_memory", "enforce_memory_limit", "cap_memory_range", "settings",
	"add every other unit", "reserve every other unit",
};

static struct painted_table memory, reserved;
static phys_addr_t origin;      /* address of unit 0 */
static phys_addr_t scale;       /* bytes of a unit */
static bool resizable;          /* memblock_allow_resize() was called: for good */
static struct memblock_region *static_regions[2];
static unsigned char ram[UNITS * 4096];
static char trouble[200];

static void *to_virtual(phys_addr_t address)
{
	return ram + (address - origin);
}

static phys_addr_t to_physical(const void *pointer)
{
	return origin + (phys_addr_t)((const unsigned char *)pointer - ram);
}

static phys_addr_t address_of(unsigned unit)
{
	return origin + unit * scale;
}

/* Empties both tables; with max below INIT_MEMBLOCK_REGIONS, they are full, or double, the earlier. */
static void start_over(phys_addr_t new_origin, phys_addr_t new_scale, unsigned long max)
{
	if (!static_regions[0]) {
		static_regions[0] = memblock.memory.regions;
		static_regions[1] = memblock.reserved.regions;
	}
	origin = new_origin;
	scale = new_scale;
	memblock_phys_to_virt = to_virtual;
	memblock_virt_to_phys = to_physical;
	memory = (struct painted_table){ .max = max, .real = &memblock.memory };
	reserved = (struct painted_table){ .max = max, .real = &memblock.reserved };
	for (int i = 0; i < 2; i++) {
		struct memblock_type *type = i ? &memblock.reserved : &memblock.memory;

		type->regions = static_regions[i];
		memset(type->regions, 0, sizeof(*type->regions));
		type->cnt = MEMBLOCK_EMPTY_CNT;
		type->max = max;
		type->total_size = 0;
	}
	memblock.bottom_up = false;
	memblock.current_limit = MEMBLOCK_ALLOC_ANYWHERE;
	movable_node_enabled = false;
	trouble[0] = '\0';
}

static bool same_paint(const struct paint *a, const struct paint *b)
{
	return a->here == b->here && (!a->here || (a->flags == b->flags && a->nid == b->nid));
}

/* Reads the regions off the paint. */
static unsigned long painted_regions(const struct painted_table *table, struct memblock_region *out)
{
	unsigned long count = 0;

	for (unsigned i = 0; i < UNITS; i++) {
		const struct paint *paint = &table->unit[i];

		if (!paint->here)
			continue;
		if (i && same_paint(paint, paint - 1)) {
			if (out)
				out[count - 1].size += scale;
			continue;
		}
		if (out)
			out[count] = (struct memblock_region){ address_of(i), scale, (enum memblock_flags)paint->flags,
							       paint->nid };
		count++;
	}
	return count;
}

static bool usable(unsigned unit, int nid, unsigned flags)
{
	const struct paint *paint = &memory.unit[unit];

	return paint->here && !reserved.unit[unit].here && (nid == NOBODY || nid == paint->nid) &&
	       !(paint->flags & (MEMBLOCK_NOMAP | MEMBLOCK_DRIVER_MANAGED)) &&
	       !(movable_node_enabled && (paint->flags & MEMBLOCK_HOTPLUG)) &&
	       (!(flags & MEMBLOCK_MIRROR) || (paint->flags & MEMBLOCK_MIRROR));
}

/* Tries every unit, in the direction that is set, as the start of an allocation. */
static phys_addr_t painted_find(phys_addr_t size, phys_addr_t align, phys_addr_t start, phys_addr_t end, int nid,
				unsigned flags)
{
	if (end == MEMBLOCK_ALLOC_ACCESSIBLE)
		end = memblock.current_limit;
	for (unsigned step = 0; step < UNITS; step++) {
		unsigned first = memblock.bottom_up ? step : UNITS - 1 - step;
		unsigned count = (unsigned)(size / scale);
		phys_addr_t at = address_of(first);
		unsigned i = first;

		if (at % align || at < start || at < MM_PAGE_SIZE || first + count > UNITS || at + size > end)
			continue;
		while (i < first + count && usable(i, nid, flags) && same_paint(&memory.unit[i], &memory.unit[first]))
			i++;
		if (i == first + count)
			return at;
	}
	return 0;
}

static void fill(struct painted_table *table, phys_addr_t start, phys_addr_t end, struct paint paint, bool only_blank)
{
	for (unsigned i = 0; i < UNITS; i++)
		if (address_of(i) >= start && address_of(i) < end && !(only_blank && table->unit[i].here))
			table->unit[i] = paint;
}

static const struct paint blank;
static const struct paint plain = { true, MEMBLOCK_NONE, MAX_NUMNODES };

static phys_addr_t array_size(unsigned long max)
{
	return (phys_addr_t)((max * sizeof(struct memblock_region) + 4095) / 4096 * 4096);
}

static bool painted_double(struct painted_table *table, phys_addr_t start, phys_addr_t end)
{
	phys_addr_t size = array_size(2 * table->max), limit = memblock.current_limit, at = 0;

	for (int mirror = memblock_has_mirror(); !at && mirror >= 0; mirror--)
		at = painted_find(size, 4096, end, limit, NOBODY, mirror ? MEMBLOCK_MIRROR : MEMBLOCK_NONE);
	/* Nothing lies below address 0; as an end it would mean the limit. */
	for (int mirror = memblock_has_mirror(); !at && end > start && start && mirror >= 0; mirror--)
		at = painted_find(size, 4096, 0, start < limit ? start : limit, NOBODY,
				  mirror ? MEMBLOCK_MIRROR : MEMBLOCK_NONE);
	if (!at)
		return false;
	if (table->array)
		fill(&reserved, table->array, table->array + array_size(table->max), blank, false);
	fill(&reserved, at, at + size, plain, true);
	table->array = at;
	table->max *= 2;
	return true;
}

static int painted_room(struct painted_table *table, unsigned long spare, phys_addr_t start, phys_addr_t end)
{
	while (painted_regions(table, NULL) + spare > table->max) {
		if (!resizable)
			return MM_ENOMEM;
		if (table == &memory)
			start = end = 0;
		while (table == &memory && painted_regions(&reserved, NULL) + 1 + !!table->array > reserved.max)
			if (!painted_double(&reserved, 0, 0))
				return MM_ENOMEM;
		if (!painted_double(table, start, end))
			return MM_ENOMEM;
	}
	return 0;
}

static int painted_add(struct painted_table *table, phys_addr_t start, phys_addr_t end, struct paint paint)
{
	unsigned long pieces = 0;
	bool in_piece = false;

	for (unsigned i = 0; i < UNITS; i++) {
		bool uncovered = address_of(i) >= start && address_of(i) < end && !table->unit[i].here;

		pieces += uncovered && !in_piece;
		in_piece = uncovered;
	}

	int error = start < end ? painted_room(table, pieces, start, end) : 0;

	if (!error)
		fill(table, start, end, paint, true);
	return error;
}

static int painted_remove(struct painted_table *table, phys_addr_t start, phys_addr_t end)
{
	int error = start < end ? painted_room(table, 2, start, end) : 0;

	if (!error)
		fill(table, start, end, blank, false);
	return error;
}

static int painted_change(struct painted_table *table, phys_addr_t start, phys_addr_t end, unsigned set, unsigned clear,
			  int nid)
{
	int error = start < end ? painted_room(table, 2, start, end) : 0;

	for (unsigned i = 0; i < UNITS && !error; i++) {
		struct paint *paint = &table->unit[i];

		if (address_of(i) < start || address_of(i) >= end || !paint->here)
			continue;
		paint->flags = (paint->flags | set) & ~clear;
		paint->nid = nid == NOBODY ? paint->nid : nid;
	}
	return error;
}

static phys_addr_t painted_alloc(phys_addr_t size, phys_addr_t align, phys_addr_t start, phys_addr_t end, int nid,
				 bool exact)
{
	for (int mirror = memblock_has_mirror(); mirror >= 0; mirror--) {
		for (int any = 0; any <= (nid != NOBODY && !exact); any++) {
			phys_addr_t at = painted_find(size, align, start, end, any ? NOBODY : nid,
						      mirror ? MEMBLOCK_MIRROR : MEMBLOCK_NONE);

			if (at && !painted_add(&reserved, at, at + size, plain))
				return at;
		}
	}
	return 0;
}

static void painted_trim(phys_addr_t align)
{
	struct memblock_region regions[UNITS];
	unsigned long count = painted_regions(&memory, regions);

	for (unsigned i = 0; i < UNITS; i++) {
		for (unsigned long r = 0; r < count; r++) {
			phys_addr_t from = (regions[r].base + align - 1) / align * align;
			phys_addr_t to = (regions[r].base + regions[r].size) / align * align;

			if (address_of(i) >= regions[r].base && address_of(i) < regions[r].base + regions[r].size &&
			    (address_of(i) < from || address_of(i) >= to))
				memory.unit[i] = blank;
		}
	}
}

static void painted_enforce(phys_addr_t units)
{
	unsigned i;

	if (!units)
		return;
	for (i = 0; i < UNITS && units; i++)
		units -= memory.unit[i].here;
	if (units)
		return;
	fill(&memory, address_of(i), PHYS_ADDR_MAX, blank, false);
	fill(&reserved, address_of(i), PHYS_ADDR_MAX, blank, false);
}

static void painted_cap(phys_addr_t start, phys_addr_t end)
{
	if (start == end || !painted_regions(&memory, NULL))
		return;
	for (unsigned i = 0; i < UNITS; i++) {
		if (address_of(i) >= start && address_of(i) < end)
			continue;
		reserved.unit[i] = blank;
		if (!(memory.unit[i].flags & MEMBLOCK_NOMAP))
			memory.unit[i] = blank;
	}
}

static bool expect(const char *what, unsigned long long got, unsigned long long wanted)
{
	if (got != wanted && !trouble[0])
		snprintf(trouble, sizeof(trouble), "%s: %#llx, wanted %#llx", what, got, wanted);
	return got == wanted;
}

static bool table_agrees(const struct painted_table *table)
{
	struct memblock_region wanted[UNITS];
	const struct memblock_type *type = table->real;
	unsigned long count = painted_regions(table, wanted);
	phys_addr_t total = 0;

	if (!expect(type->name, type->cnt, count ? count : MEMBLOCK_EMPTY_CNT))
		return false;
	for (unsigned long i = 0; i < count; i++) {
		const struct memblock_region *got = &type->regions[i];

		if (!expect("base", got->base, wanted[i].base) || !expect("size", got->size, wanted[i].size) ||
		    !expect("flags", got->flags, wanted[i].flags) ||
		    !expect("nid", (unsigned)got->nid, (unsigned)wanted[i].nid))
			return false;
		total += wanted[i].size;
	}
	if (!count && (!expect("empty base", type->regions[0].base, 0) ||
		       !expect("empty size", type->regions[0].size, 0)))
		return false;
	return expect("total_size", type->total_size, total) && expect("max", type->max, table->max) &&
	       (!table->array || expect("array", to_physical(type->regions), table->array));
}

static bool free_ranges_agree(int nid, bool reverse)
{
	phys_addr_t start, end;
	unsigned char seen[UNITS] = { 0 };
	uint64_t i;

	if (reverse) {
		for_each_free_mem_range_reverse(i, nid, MEMBLOCK_NONE, &start, &end, NULL)
			for (phys_addr_t at = start; at < end; at += scale)
				seen[(at - origin) / scale]++;
	} else {
		for_each_free_mem_range(i, nid, MEMBLOCK_NONE, &start, &end, NULL)
			for (phys_addr_t at = start; at < end; at += scale)
				seen[(at - origin) / scale]++;
	}
	for (unsigned unit = 0; unit < UNITS; unit++)
		if (!expect(reverse ? "free, downwards" : "free, upwards", seen[unit],
			    usable(unit, nid, MEMBLOCK_NONE)))
			return false;
	return true;
}

static bool queries_agree(unsigned unit, unsigned count)
{
	phys_addr_t at = address_of(unit);
	const struct paint *paint = &memory.unit[unit];
	bool inside = count && paint->here, taken = false;

	for (unsigned i = unit; i < unit + count; i++) {
		inside = inside && same_paint(&memory.unit[i], paint);
		taken = taken || reserved.unit[i].here;
	}
	return expect("is_memory", memblock_is_memory(at), paint->here) &&
	       expect("is_memory of the last byte", memblock_is_memory(at + scale - 1), paint->here) &&
	       expect("is_map_memory", memblock_is_map_memory(at), paint->here && !(paint->flags & MEMBLOCK_NOMAP)) &&
	       expect("is_reserved", memblock_is_reserved(at), reserved.unit[unit].here) &&
	       (!count || expect("is_region_memory", memblock_is_region_memory(at, count * scale), inside)) &&
	       (!count || expect("is_region_reserved", memblock_is_region_reserved(at, count * scale), taken));
}

static bool virtual_agrees(const struct action *action, phys_addr_t size, phys_addr_t align, phys_addr_t min, int nid)
{
	phys_addr_t max = action->b & 1 ? MEMBLOCK_ALLOC_ACCESSIBLE : address_of(UNITS - action->c % UNITS);
	bool raw = action->b & 2, exact = action->b & 4;
	phys_addr_t limit = max && max < memblock.current_limit ? max : memblock.current_limit;
	phys_addr_t wanted = painted_alloc(size, align, min, limit, nid, exact);
	unsigned char *got;

	if (!wanted && min)
		wanted = painted_alloc(size, align, 0, limit, nid, exact);
	if (exact)
		got = memblock_alloc_exact_nid_raw(size, align, min, max, nid);
	else
		got = raw ? memblock_alloc_try_nid_raw(size, align, min, max, nid)
			  : memblock_alloc_try_nid(size, align, min, max, nid);
	if (!expect("pointer", got ? to_physical(got) : 0, wanted))
		return false;
	for (phys_addr_t i = 0; got && !raw && !exact && i < size; i++)
		if (!expect("zeroed byte", got[i], 0))
			return false;
	/* The memory is the caller's now: a table that still lies there is noticed. */
	if (got)
		memset(got, 0x5a, size);
	return true;
}

static void change_settings(const struct action *action)
{
	memblock_set_bottom_up(action->a & 1);
	movable_node_enabled = action->a & 2;
	memblock_set_current_limit(action->a & 4 ? address_of(action->from) : MEMBLOCK_ALLOC_ANYWHERE);
}

static bool flag_agrees(const struct action *action, phys_addr_t base, phys_addr_t size)
{
	static int (*const change[])(phys_addr_t, phys_addr_t) = {
		memblock_mark_hotplug, memblock_mark_mirror, memblock_mark_nomap, memblock_reserved_mark_noinit,
		memblock_clear_hotplug, memblock_clear_nomap,
	};
	static const unsigned flag[] = { MEMBLOCK_HOTPLUG, MEMBLOCK_MIRROR, MEMBLOCK_NOMAP, MEMBLOCK_RSRV_NOINIT,
					 MEMBLOCK_HOTPLUG, MEMBLOCK_NOMAP };
	unsigned which = action->a % 6;
	int got = change[which](base, size);

	return expect("return value", (unsigned)got,
		      (unsigned)painted_change(which == 3 ? &reserved : &memory, base, base + size,
					       which < 4 ? flag[which] : 0, which < 4 ? 0 : flag[which], NOBODY));
}

static bool comb_agrees(const struct action *action, unsigned length)
{
	struct painted_table *table = action->kind == ADD_COMB ? &memory : &reserved;

	for (unsigned i = action->from; i < action->from + length; i += 2) {
		phys_addr_t at = address_of(i);
		int got = table == &memory ? memblock_add(at, scale) : memblock_reserve(at, scale);

		if (!expect("return value", (unsigned)got, (unsigned)painted_add(table, at, at + scale, plain)))
			return false;
	}
	return true;
}

/* Brings an action from any source into range. */
static void tame(struct action *action)
{
	action->kind %= KINDS;
	action->from %= UNITS;
	action->length %= UNITS - action->from + 1;
}

static bool step_agrees(const struct action *action)
{
	static const unsigned some_flags[] = { MEMBLOCK_NONE, MEMBLOCK_HOTPLUG, MEMBLOCK_NOMAP,
					       MEMBLOCK_DRIVER_MANAGED };
	phys_addr_t base = address_of(action->from), size = action->length * scale, end = base + size;
	phys_addr_t align = (phys_addr_t)1 << action->a % 15;
	phys_addr_t wanted_size = (action->b % 16 + 1) * scale;
	int nid = action->c & 8 ? NOBODY : action->c & 3;
	unsigned flags = some_flags[action->b & 3];
	struct painted_table *either = action->a & 1 ? &memory : &reserved;
	int got = 0, wanted = 0;
	phys_addr_t at;
	bool exact;

	switch (action->kind) {
	case ADD:
		got = memblock_add(base, size);
		wanted = painted_add(&memory, base, end, plain);
		break;
	case ADD_NODE:
		got = memblock_add_node(base, size, action->c & 3, (enum memblock_flags)flags);
		wanted = painted_add(&memory, base, end, (struct paint){ true, flags, action->c & 3 });
		break;
	case RESERVE:
		got = memblock_reserve(base, size);
		wanted = painted_add(&reserved, base, end, plain);
		break;
	case REMOVE:
		got = memblock_remove(base, size);
		wanted = painted_remove(&memory, base, end);
		break;
	case FREE:
		got = memblock_phys_free(base, size);
		wanted = painted_remove(&reserved, base, end);
		break;
	case SET_FLAG:
		return flag_agrees(action, base, size);
	case SET_NODE:
		got = memblock_set_node(base, size, either->real, action->c & 3);
		wanted = painted_change(either, base, end, 0, 0, action->c & 3);
		break;
	case ALLOC:
		end = action->c & 4 ? MEMBLOCK_ALLOC_ACCESSIBLE : end;
		at = painted_alloc(wanted_size, align, base, end, NOBODY, false);
		return expect("address", memblock_phys_alloc_range(wanted_size, align, base, end), at);
	case ALLOC_NODE:
		exact = action->c & 4;
		at = painted_alloc(wanted_size, align, base, end, nid, exact);
		return expect("address", memblock_alloc_range_nid(wanted_size, align, base, end, nid, exact), at);
	case ALLOC_VIRTUAL:
		return virtual_agrees(action, wanted_size, align, action->length & 1 ? base : 0, nid);
	case TRIM:
		painted_trim(scale << action->a % 4);
		memblock_trim_memory(scale << action->a % 4);
		break;
	case ENFORCE:
		painted_enforce(action->length);
		memblock_enforce_memory_limit(size);
		break;
	case CAP:
		painted_cap(base, end);
		memblock_cap_memory_range(base, size);
		break;
	case SETTINGS:
		change_settings(action);
		break;
	default:
		return comb_agrees(action, action->length);
	}
	return expect("return value", (unsigned)got, (unsigned)wanted);
}

/* The tables must not lose the memory that they lie in themselves. */
static bool harms_arrays(const struct action *action)
{
	phys_addr_t start = address_of(action->from), end = start + action->length * scale;

	if (action->kind == CAP || action->kind == ENFORCE)
		return memory.array || reserved.array;
	if (action->kind != FREE)
		return false;
	return (memory.array && mm_overlaps(start, end, memory.array, memory.array + array_size(memory.max))) ||
	       (reserved.array && mm_overlaps(start, end, reserved.array, reserved.array + array_size(reserved.max)));
}

static bool perform(const struct action *action)
{
	if (harms_arrays(action))
		return true;
	return step_agrees(action) && table_agrees(&memory) && table_agrees(&reserved) &&
	       queries_agree(action->from, action->length);
}

#endif
