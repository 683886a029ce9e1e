/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /proc/iomem: "  00100000-7fffffff : System RAM", two spaces for each level; a single one, as quoting leaves it, is
 * no level.
 */
#include "map_reader.h"

#include <string.h>

/* Far more levels than any kernel prints. */
#define MAX_DEPTH 100

static enum line_kind iomem_line(struct map_source *source, struct text line)
{
	const char *first = line.at, *digits;
	uint64_t start, end;
	unsigned depth;

	text_skip_blanks(&line);
	depth = (unsigned)(line.at - first) / 2;
	digits = line.at;
	if (!text_hex(&line, &start) || line.at - digits < 4 || !text_skip(&line, "-") || !text_hex(&line, &end) ||
	    !text_skip(&line, " : "))
		return LINE_OTHER;
	if (end < start || depth > MAX_DEPTH || memchr(first, '\t', (size_t)(digits - first)))
		return LINE_DAMAGED;
	source_add_iomem(source, depth, start, end, line.at, text_size(&line));
	return LINE_READ;
}

static bool iomem_probe(const char *data, size_t size)
{
	return probe_lines(&iomem_reader, data, size);
}

/* Who may not see addresses gets zeros for all of them. */
static int iomem_parse(struct map_source *source, const char *data, size_t size)
{
	bool zero = true;

	parse_lines(&iomem_reader, source, data, size);
	for (size_t i = 0; i < source->nr_iomem; i++)
		zero &= source->iomem[i].start == 0 && source->iomem[i].end == 0;
	if (zero && source->nr_iomem)
		return source_refuse(source, "all addresses are 0: the kernel hides them from users without CAP_SYS_ADMIN"
				     "; read /proc/iomem again as root");
	return 0;
}

const struct map_reader iomem_reader = {
	.kind = "/proc/iomem", .probe = iomem_probe, .parse = iomem_parse, .line = iomem_line,
	.needed = "START-END : NAME, two spaces before it for each level, with START not above END"
};
