/* SPDX-License-Identifier: BSD-2-Clause */
#include <mm/fixmap.h>

uint64_t fix_to_virt(unsigned index)
{
	return index < FIX_END_OF_FIXED_ADDRESSES ? FIX_TO_VIRT(index) : 0;
}

int virt_to_fix(uint64_t virt)
{
	uint64_t page = mm_align_down(virt, MM_PAGE_SIZE);

	if (page > FIXADDR_TOP || page < FIX_TO_VIRT(FIX_END_OF_FIXED_ADDRESSES - 1))
		return MM_EINVAL;
	return (int)((FIXADDR_TOP - page) >> MM_PAGE_SHIFT);
}

int fix_btmap_slot(unsigned slot)
{
	return slot < FIX_BTMAPS_SLOTS ? FIX_BTMAP_BEGIN - (int)(slot * NR_FIX_BTMAPS) : MM_EINVAL;
}
