/* SPDX-License-Identifier: BSD-2-Clause */
/* What a set of page tables maps: one address, or all of them. */
#include <mm/paging.h>

#define MAX_LEVELS 5

static unsigned shift_of(unsigned level)
{
	return 12 + 9 * (level - 1);
}

static bool is_leaf(uint64_t entry, unsigned level)
{
	return level == 1 || ((level == 2 || level == 3) && (entry & PTE_LARGE));
}

static uint64_t leaf_phys(uint64_t entry, unsigned level)
{
	return entry & PTE_ADDRESS & ~((UINT64_C(1) << shift_of(level)) - 1);
}

/* Permissions get weaker on the way down: write needs every level, one NX suffices. */
static uint32_t restrict_flags(uint32_t flags, uint64_t entry)
{
	if (!(entry & PTE_WRITE))
		flags &= ~(uint32_t)PAGING_WRITE;
	if (entry & PTE_NX)
		flags &= ~(uint32_t)PAGING_EXECUTE;
	return flags;
}

static bool canonical(uint64_t virt, const struct paging_mode *mode)
{
	uint64_t half = UINT64_C(1) << (shift_of(mode->levels + 1) - 1);

	return virt < half || virt >= -half;
}

static uint64_t sign_extended(uint64_t virt, const struct paging_mode *mode)
{
	uint64_t half = UINT64_C(1) << (shift_of(mode->levels + 1) - 1);

	return virt & half ? virt | -half : virt;
}

bool paging_walk(const struct paging_reader *reader, paddr_t root, const struct paging_mode *mode, vaddr_t virt,
		 struct paging_leaf *leaf)
{
	uint32_t flags = PAGING_WRITE | PAGING_EXECUTE;
	paddr_t at = root;

	if (!canonical(virt.value, mode))
		return false;
	for (unsigned level = mode->levels; level > 0; level--) {
		const uint64_t *table = reader->table(reader->context, at);
		uint64_t entry = table ? table[(virt.value >> shift_of(level)) & (PAGING_TABLE_ENTRIES - 1)] : 0;
		uint64_t size = UINT64_C(1) << shift_of(level);

		if (!(entry & PTE_PRESENT))
			return false;
		flags = restrict_flags(flags, entry);
		if (is_leaf(entry, level)) {
			*leaf = (struct paging_leaf){ va(virt.value & ~(size - 1)), pa(leaf_phys(entry, level)), size,
						      flags | (entry & PTE_PCD ? PAGING_UNCACHED : 0), entry };
			return true;
		}
		at = pa(entry & PTE_ADDRESS);
	}
	return false;
}

bool paging_find_table(const struct paging_reader *reader, paddr_t root, const struct paging_mode *mode, vaddr_t virt,
		       unsigned level, paddr_t *found)
{
	paddr_t at = root;

	if (!canonical(virt.value, mode) || level == 0 || level > mode->levels)
		return false;
	for (unsigned above = mode->levels; above > level; above--) {
		const uint64_t *table = reader->table(reader->context, at);
		uint64_t entry = table ? table[(virt.value >> shift_of(above)) & (PAGING_TABLE_ENTRIES - 1)] : 0;

		if (!(entry & PTE_PRESENT) || is_leaf(entry, above))
			return false;
		at = pa(entry & PTE_ADDRESS);
	}
	*found = at;
	return true;
}

struct run {
	struct paging_range range; /* size 0: none yet */
	bool (*found)(void *context, const struct paging_range *range);
	void *context;
};

static bool finish_run(struct run *run)
{
	bool go_on = run->range.size == 0 || run->found(run->context, &run->range);

	run->range.size = 0;
	return go_on;
}

static bool add_to_run(struct run *run, const struct paging_range *piece)
{
	struct paging_range *range = &run->range;

	if (range->size && range->virt.value + range->size == piece->virt.value && piece->virt.value &&
	    range->phys.value + range->size == piece->phys.value && range->flags == piece->flags) {
		range->size += piece->size;
		return true;
	}
	if (!finish_run(run))
		return false;
	*range = *piece;
	return true;
}

bool paging_for_each(const struct paging_reader *reader, paddr_t root, const struct paging_mode *mode,
		     bool (*found)(void *context, const struct paging_range *range), void *context)
{
	struct level {
		const uint64_t *table;
		unsigned index;
		uint32_t flags;
	} stack[MAX_LEVELS + 1] = { 0 };
	struct run run = { .found = found, .context = context };
	unsigned level = mode->levels;

	stack[level] = (struct level){ reader->table(reader->context, root), 0, PAGING_WRITE | PAGING_EXECUTE };
	for (;;) {
		struct level *here = &stack[level];

		if (!here->table || here->index == PAGING_TABLE_ENTRIES) {
			if (level == mode->levels)
				return finish_run(&run);
			stack[++level].index++;
			continue;
		}

		uint64_t entry = here->table[here->index];
		uint32_t flags = restrict_flags(here->flags, entry);

		if (!(entry & PTE_PRESENT)) {
			here->index++;
		} else if (is_leaf(entry, level)) {
			uint64_t virt = 0;

			for (unsigned at = level; at <= mode->levels; at++)
				virt |= (uint64_t)stack[at].index << shift_of(at);

			struct paging_range piece = { va(sign_extended(virt, mode)), pa(leaf_phys(entry, level)),
						      UINT64_C(1) << shift_of(level),
						      flags | (entry & PTE_PCD ? PAGING_UNCACHED : 0) };

			if (!add_to_run(&run, &piece))
				return false;
			here->index++;
		} else {
			level--;
			stack[level] = (struct level){ reader->table(reader->context, pa(entry & PTE_ADDRESS)), 0, flags };
		}
	}
}

struct wx_check {
	const struct paging_reader *reader;
	const struct paging_mode *mode;
	paddr_t root;
	const struct paging_range *executable;
	void (*found)(void *context, const struct paging_range *executable, const struct paging_range *writable);
	void *context;
	bool clean;
};

static bool check_writable(void *context, const struct paging_range *range)
{
	struct wx_check *check = context;
	const struct paging_range *executable = check->executable;

	if ((range->flags & PAGING_WRITE) && mm_overlaps(range->phys.value, range->phys.value + range->size,
							 executable->phys.value, executable->phys.value + executable->size)) {
		check->clean = false;
		if (check->found)
			check->found(check->context, executable, range);
	}
	return true;
}

static bool check_executable(void *context, const struct paging_range *range)
{
	struct wx_check *check = context;

	if (range->flags & PAGING_EXECUTE) {
		check->executable = range;
		paging_for_each(check->reader, check->root, check->mode, check_writable, check);
	}
	return true;
}

bool paging_check_wx(const struct paging_reader *reader, paddr_t root, const struct paging_mode *mode,
		     void (*found)(void *context, const struct paging_range *executable, const struct paging_range *writable),
		     void *context)
{
	struct wx_check check = { .reader = reader, .mode = mode, .root = root, .found = found, .context = context, .clean = true };

	paging_for_each(reader, root, mode, check_executable, &check);
	return check.clean;
}
