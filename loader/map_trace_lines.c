/* SPDX-License-Identifier: BSD-2-Clause */
/* Side by side: each descriptor, the e820 entry that it is a part of, and why it looks as it does. */
#include "map_views_internal.h"

/* A neighbour by address that is a part of the same entry, or SIZE_MAX. */
static size_t find_partner(const struct map_views *views, size_t at)
{
	const struct efi_trace *trace = &views->trace[views->order[at]];

	for (size_t i = 0; i < 2; i++) { /* the one before, then the one after */
		size_t other = i ? at + 1 : at - 1;

		if (other < views->count && views->trace[views->order[other]].first != SIZE_MAX &&
		    views->trace[views->order[other]].last >= trace->first &&
		    views->trace[views->order[other]].first <= trace->last)
			return views->order[other];
	}
	return SIZE_MAX;
}

static void print_partner(const char *word, size_t index, struct printer *out)
{
	print(out, "%s", word);
	if (index != SIZE_MAX)
		print(out, " mem%02zu", index);
}

static const char *why_dropped(const struct efi_memory_desc *desc)
{
	uint64_t last;

	if (desc->num_pages == 0)
		return "it has no pages";
	if (!map_view_last(desc, &last))
		return "it passes 2^64";
	return desc->phys_addr & MM_PAGE_MASK ? "it has no whole page" : "e820 cannot name the last page before 2^64";
}

static void print_fate(const struct map_views *views, size_t at, const struct efi_memory_desc *desc,
		       struct printer *out)
{
	const struct efi_trace *trace = &views->trace[views->order[at]];

	switch (trace->fate) {
	case EFI_FATE_KEPT:
		print(out, "kept");
		break;
	case EFI_FATE_MERGED:
		print_partner("merged with", find_partner(views, at), out);
		break;
	case EFI_FATE_CLIPPED:
		if (trace->by != SIZE_MAX)
			print_partner("clipped by", trace->by, out);
		else
			print(out, "clipped %s", desc->phys_addr & MM_PAGE_MASK ? "to whole pages" : "below 2^64");
		break;
	case EFI_FATE_COVERED:
		print_partner("covered by", trace->by, out);
		break;
	default:
		print(out, "dropped, %s", why_dropped(desc));
	}
}

void map_view_trace(const struct map_views *views, struct printer *out)
{
	print(out, "  descriptor -> entry of the e820 map (%s)\n",
	      views->policy == E820_POLICY_ACPI ? "ACPI's types only" : "as Linux's own EFI stub makes it");
	for (size_t i = 0; i < views->count; i++) {
		size_t index = views->order[i];
		const struct efi_trace *trace = &views->trace[index];
		struct efi_memory_desc desc;

		efi_memmap_get(views->map, index, &desc);
		print(out, "%c mem%02zu %-12.12s ", map_kind_symbol(map_kind_of_efi(&desc)), index,
		      efi_memory_type_linux_name(desc.type));
		map_view_span(desc.phys_addr, desc.phys_addr + (desc.num_pages << MM_PAGE_SHIFT) - 1, out);
		print(out, "-> ");
		if (trace->first == SIZE_MAX)
			print(out, "nothing");
		else if (trace->first == trace->last)
			print(out, "#%zu ", trace->first);
		else
			print(out, "#%zu-#%zu ", trace->first, trace->last);
		if (trace->first != SIZE_MAX)
			e820_print_type(trace->type, out);
		print(out, ": ");
		print_fate(views, i, &desc, out);
		print(out, "\n");
	}
}
