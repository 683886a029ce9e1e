/* SPDX-License-Identifier: BSD-2-Clause */
/* Both tables, and the debug log, in Linux's words. */
#include "memblock_internal.h"

struct printer *memblock_debug;

static void dump_type(const struct memblock_type *type, struct printer *out)
{
	print(out, " %s.cnt  = %#lx\n", type->name, type->cnt);
	for (unsigned long i = 0; i < type->cnt; i++) {
		const struct memblock_region *region = &type->regions[i];

		print(out, " %s[%#lx]\t[" PA_FORMAT "-" PA_FORMAT "], " PA_FORMAT " bytes", type->name, i,
		      PA(region->base), PA((phys_addr_t)(region_end(region) - 1)), PA(region->size));
		if (region->size && region->nid != MAX_NUMNODES)
			print(out, " on node %d", region->nid);
		print(out, " flags: %#x\n", (unsigned)region->flags);
	}
}

void memblock_dump_all(struct printer *out)
{
	print(out, "MEMBLOCK configuration:\n memory size = " PA_FORMAT " reserved size = " PA_FORMAT "\n",
	      PA(memblock.memory.total_size), PA(memblock.reserved.total_size));
	dump_type(&memblock.memory, out);
	dump_type(&memblock.reserved, out);
}

void memblock_log_range(const char *what, phys_addr_t base, phys_addr_t size, const void *caller)
{
	print(memblock_debug, "%s: [" PA_FORMAT "-" PA_FORMAT "] %p\n", what, PA(base),
	      PA((phys_addr_t)(base + size - 1)), caller);
}

void memblock_log_alloc(const char *what, phys_addr_t size, phys_addr_t align, int nid, phys_addr_t from,
			phys_addr_t max_addr, const void *caller)
{
	print(memblock_debug, "%s: %llu bytes align=%#llx nid=%d from=" PA_FORMAT " max_addr=" PA_FORMAT " %p\n", what,
	      (unsigned long long)size, (unsigned long long)align, nid, PA(from), PA(max_addr), caller);
}
