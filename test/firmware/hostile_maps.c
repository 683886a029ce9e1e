/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory maps that no kind firmware would give, and those of real machines, through the whole pipeline with real kernels:
 * plan, hand-off of the map as it has become by then, and an independent check of both. Of each map comes either a plan
 * that violates nothing, or a refusal with numbers. Arguments: [SEED [CASES]].
 */
#define _GNU_SOURCE
#include "../unit/plan_tables.h"
#include "../support/map_files.h"

#include <ctype.h>
#include <dirent.h>

#include <loader/boot_handoff.h>

#define PAGE UINT64_C(4096)
#define MIB UINT64_C(0x100000)
#define GIB (1024 * MIB)
#define STRIDE_MAX 256
#define SMALL 300 /* descriptors up to which page tables are walked, too */
#define TABLES_MAX 16384 /* pages of page tables that are built: 4 PiB without 1 GiB pages take 16 GiB of them */
#define DEFAULT_CASES 1500

enum flavour { ORDERLY, UNTIDY, HIGH, TINY, ALTERNATING, FLAVOURS };

static const char *const kernel_paths[] = { "build/kernels/setup_arch.elf", "build/kernels/hello-pie.elf",
					    "build/linux/vmlinuz", "build/linux/vmlinux" };
#define KERNELS MM_ARRAY_COUNT(kernel_paths)

static struct kernel_image kernels[KERNELS];
static uint64_t random_state;
static unsigned long passed, failed, plans, refusals, too_large;

static uint64_t draw(uint64_t limit)
{
	uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (z ^ z >> 31) % limit;
}

/* A piece of the address space between two boundaries of the map. Inclusive ends. */
struct piece {
	uint64_t first, last;
	enum desc_kind kind;
	uint32_t type[2]; /* of e820, by policy; 0: nothing is there */
};

struct painted {
	struct piece *pieces;
	size_t count;
};

struct edge {
	uint64_t at;
	bool opens;
	unsigned kind;
	unsigned types[2];
};

/* Counts of the descriptors that are open, by what they are. */
struct open {
	long kinds[3];
	long types[2][8];
};

static const uint32_t e820_types[8] = { E820_TYPE_RAM, E820_TYPE_RESERVED, E820_TYPE_ACPI, E820_TYPE_NVS, E820_TYPE_UNUSABLE,
					E820_TYPE_PMEM, E820_TYPE_SOFT_RESERVED, 0 };

/* Index into e820_types of what the specification, or Linux's own stub, makes of a descriptor. */
static unsigned e820_index(const struct efi_memory_desc *d, bool linux_policy)
{
	bool special = d->attribute & EFI_ATTRIBUTE_SP;

	if ((d->type >= 1 && d->type <= 4) || d->type == 7)
		return !special ? 0 : linux_policy ? 6 : 1;
	if (d->type == 9)
		return 2;
	if (d->type == 10)
		return 3;
	return linux_policy && d->type == 8 ? 4 : linux_policy && d->type == 14 ? 5 : 1;
}

static int by_place(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

static void count_edge(struct open *open, const struct edge *edge)
{
	long step = edge->opens ? 1 : -1;

	open->kinds[edge->kind] += step;
	for (unsigned policy = 0; policy < 2; policy++)
		open->types[policy][edge->types[policy]] += step;
}

static struct piece piece_of(const struct open *open, uint64_t first, uint64_t last)
{
	struct piece piece = { first, last, DESC_OTHER, { 0, 0 } };

	for (int kind = DESC_OTHER; kind >= DESC_FREE; kind--)
		if (open->kinds[kind]) {
			piece.kind = (enum desc_kind)kind;
			break;
		}
	for (unsigned policy = 0; policy < 2; policy++)
		for (int type = 6; type >= 0 && !piece.type[policy]; type--)
			if (open->types[policy][type])
				piece.type[policy] = e820_types[type];
	return piece;
}

/* Where a descriptor counts: whole pages, RAM inwards and all else outwards, up to the last page before 2^64. */
static bool pages_that_count(const struct efi_memory_desc *d, uint64_t *start, uint64_t *end)
{
	u128 first = d->phys_addr, after = first + (u128)d->num_pages * PAGE, top = ((u128)1 << 64) - PAGE;
	unsigned inwards = kind_of_desc(d) == DESC_OTHER ? 0 : PAGE - 1;

	if (d->num_pages == 0 || after > (u128)1 << 64)
		return false;
	first = (first + inwards) / PAGE * PAGE;
	after = (after + (PAGE - 1 - inwards)) / PAGE * PAGE;
	*start = (uint64_t)first;
	*end = (uint64_t)(after < top ? after : top);
	return first < top && *start < *end;
}

/* What is where, found by walking over the sorted edges of all descriptors. */
static struct painted paint(const struct efi_memmap *map)
{
	size_t count = efi_memmap_count(map), edges = 0;
	struct edge *list = malloc((2 * count + 1) * sizeof(*list));
	struct painted painted = { malloc((2 * count + 1) * sizeof(struct piece)), 0 };
	struct open open = { { 0 }, { { 0 } } };

	for (size_t i = 0; i < count; i++) {
		struct efi_memory_desc d;
		uint64_t start, end;

		efi_memmap_get(map, i, &d);
		if (!pages_that_count(&d, &start, &end))
			continue;

		struct edge edge = { start, true, kind_of_desc(&d), { e820_index(&d, false), e820_index(&d, true) } };

		list[edges++] = edge;
		edge.at = end;
		edge.opens = false;
		list[edges++] = edge;
	}
	qsort(list, edges, sizeof(*list), by_place);
	for (size_t i = 0; i < edges;) {
		uint64_t at = list[i].at;

		while (i < edges && list[i].at == at)
			count_edge(&open, &list[i++]);
		if (open.kinds[0] || open.kinds[1] || open.kinds[2])
			painted.pieces[painted.count++] = piece_of(&open, at, list[i].at - 1);
	}
	free(list);
	return painted;
}

/* Whether pieces of kinds up to the given one cover every byte. */
static bool covered(const struct painted *painted, struct span span, enum desc_kind kind)
{
	uint64_t at = span.base, last = span.base + (span.size - 1);
	size_t low = 0, high = painted->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (painted->pieces[middle].last < at)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < painted->count && painted->pieces[low].first <= at && painted->pieces[low].kind <= kind; low++) {
		if (painted->pieces[low].last >= last)
			return true;
		at = painted->pieces[low].last + 1;
	}
	return false;
}

static void check_places(struct checker *c, const struct painted *painted)
{
	const struct boot_plan *plan = c->plan;

	for (size_t i = 0; i < plan->allocation_count; i++) {
		struct span a = allocation(plan, i);

		CHECK(c, a.size && a.base % PAGE == 0 && a.base >= CHECKER_LOW && a.base + a.size <= CHECKER_TOP,
		      "allocation %zu: %#llx + %#llx", i, LL(a.base), LL(a.size));
		CHECK(c, covered(painted, a, DESC_FREE), "allocation %zu at %#llx + %#llx is not free", i, LL(a.base), LL(a.size));
		for (size_t j = 0; j < i; j++)
			CHECK(c, !spans_meet(a, allocation(plan, j)), "allocations %zu and %zu overlap", j, i);
	}
	for (size_t i = 0; i < plan->operation_count; i++) {
		const struct stub_operation *m = &plan->operations[i];

		CHECK(c, covered(painted, (struct span){ m->to, m->size }, DESC_BUSY), "move %zu goes to no RAM", i);
		CHECK(c, in_allocation(plan, (struct span){ m->from, m->size }), "move %zu comes from nowhere", i);
	}
	for (size_t i = 1; i < plan->reservation_count; i++)
		CHECK(c, covered(painted, pages_of((struct span){ plan->reservations[i].base, plan->reservations[i].size }), DESC_BUSY),
		      "reservation %zu at %#llx is no RAM", i, LL(plan->reservations[i].base));
	check_writes(c);
	check_reservations(c);
	check_block(c);
	check_initrd(c);
	check_kernel(c);
}

/* The map as it is when boot services are left: with what the plan allocates, and a few descriptors more. */
static struct efi_memmap final_map(const struct checker *c, uint8_t **buffer)
{
	const struct efi_memmap *map = c->request->map;
	size_t count = efi_memmap_count(map), room = boot_plan_map_capacity(count);
	struct efi_memmap final = { NULL, 0, map->desc_size, map->desc_version };
	uint8_t *to = malloc(room * map->desc_size);

	memcpy(to, map->buffer, count * map->desc_size);
	for (size_t i = 0; i < c->plan->allocation_count && count < room; i++) {
		const struct plan_allocation *a = &c->plan->allocations[i];
		struct efi_memory_desc d = { a->code ? EFI_LOADER_CODE : EFI_LOADER_DATA, 0, a->base, 0, a->pages, 0xf };

		memcpy(to + count++ * map->desc_size, &d, sizeof(d));
	}
	for (uint64_t extra = draw(PLAN_SLACK_DESCRIPTORS); extra && count < room; extra--) {
		struct efi_memory_desc d = { EFI_ACPI_RECLAIM_MEMORY, 0, draw(1000) * PAGE, 0, 1 + draw(3), 0xf };

		memcpy(to + count++ * map->desc_size, &d, sizeof(d));
	}
	*buffer = to;
	final.buffer = to;
	final.size = count * map->desc_size;
	return final;
}

/* Every byte of the map has its type in e820, and e820 has no byte more. */
static void check_conserved(struct checker *c, const struct painted *painted, const struct e820_entry *entries, size_t count)
{
	unsigned policy = c->plan->policy == E820_POLICY_LINUX;
	size_t entry = 0;
	uint64_t in_map = 0, in_table = 0;

	for (size_t i = 0; i < count; i++) {
		CHECK(c, entries[i].size && (i == 0 || entries[i].addr >= entries[i - 1].addr + entries[i - 1].size),
		      "e820 entry %zu is out of order", i);
		in_table += entries[i].size;
	}
	for (size_t i = 0; i < painted->count && !c->failure[0]; i++) {
		const struct piece *p = &painted->pieces[i];
		uint64_t at = p->first;

		in_map += p->last - p->first + 1;
		for (;;) {
			while (entry < count && entries[entry].addr + (entries[entry].size - 1) < at)
				entry++;
			CHECK(c, entry < count && entries[entry].addr <= at && entries[entry].type == p->type[policy],
			      "%#llx is type %u in the map, and e820 says %u", LL(at), p->type[policy],
			      entry < count && entries[entry].addr <= at ? entries[entry].type : 0);
			if (c->failure[0] || entries[entry].addr + (entries[entry].size - 1) >= p->last)
				break;
			at = entries[entry].addr + entries[entry].size;
		}
	}
	CHECK(c, in_map == in_table, "%#llx bytes in the map, %#llx in e820", LL(in_map), LL(in_table));
}

/* Copies what boot_params and its list hold; returns how many entries, or SIZE_MAX. */
static size_t read_e820(const struct checker *c, const struct boot_params *params, const uint8_t *nodes, struct e820_entry *to)
{
	uint64_t base = c->plan->block.setup_data, size = c->plan->block.setup_data_size;
	size_t count = params->e820_entries;

	memcpy(to, params->e820_table, count * sizeof(*to));
	for (uint64_t at = params->hdr.setup_data, steps = 0; at; steps++) {
		struct setup_data node;

		if (steps > 100 || at < base || at - base > size - sizeof(node))
			return SIZE_MAX;
		memcpy(&node, nodes + (at - base), sizeof(node));
		if (node.len > size - sizeof(node) - (at - base))
			return SIZE_MAX;
		if (node.type == SETUP_E820_EXT) {
			memcpy(to + count, nodes + (at - base) + sizeof(node), node.len);
			count += node.len / sizeof(*to);
		}
		at = node.next;
	}
	return count;
}

static void check_handoff(struct checker *c)
{
	static struct e820_entry entries[E820_MAX_ENTRIES_ZEROPAGE + E820_MAX_ENTRIES_EXT];
	const struct boot_plan *plan = c->plan;
	struct boot_params *params = calloc(1, sizeof(*params));
	struct boot_block block = { params, calloc(1, COMMAND_LINE_SIZE), calloc(1, plan->block.setup_data_size) };
	struct boot_facts facts = { .efi_systab = 0x1000 };
	struct boot_exit exit = { .tries = 1 };
	uint8_t *buffer;
	struct efi_memmap map = final_map(c, &buffer);
	size_t size = boot_handoff_scratch_size(efi_memmap_count(&map)), count;
	void *scratch = malloc(size);
	struct painted painted = paint(&map);
	int error;

	CHECK(c, map.size <= plan->block.efi_memmap_size, "the last map does not fit");
	boot_handoff_prepare(plan, c->request, &facts, &block);
	error = boot_handoff_finish(plan, &facts, &exit, &block, &map, scratch, size);
	CHECK(c, error == 0, "the hand-off says %d", error);
	if (!error) {
		count = read_e820(c, params, block.setup_data, entries);
		CHECK(c, count != SIZE_MAX, "the list of setup_data is damaged");
		if (count != SIZE_MAX)
			check_conserved(c, &painted, entries, count);
	}
	free(painted.pieces);
	free(scratch);
	free(buffer);
	free(block.setup_data);
	free(block.command_line);
	free(params);
}

static bool has_number(const char *text)
{
	while (*text && !isdigit((unsigned char)*text))
		text++;
	return *text;
}

/* One map and one kernel. */
static void play(const char *name, const struct efi_memmap *map, unsigned kernel, bool exact_small)
{
	static struct boot_plan plan;
	const uint64_t initrds[3] = { 5001, 1 + draw(3 * MIB), 4096 };
	struct boot_request request = { .kernel = &kernels[kernel], .command_line = "quiet", .initrd_sizes = initrds,
					.initrd_count = draw(4), .map = map, .paging = { draw(2) ? 5 : 4, draw(2) } };
	struct checker c = { .request = &request, .plan = &plan };
	size_t size = boot_plan_scratch_size(efi_memmap_count(map));
	struct buffer_printer why;
	char text[600];
	void *scratch = malloc(size);
	struct painted painted = paint(map);
	int error;

	buffer_printer_init(&why, text, sizeof(text));
	error = boot_plan_make(&request, &plan, scratch, size, &why.printer);
	if (error) {
		CHECK(&c, has_number(text), "refused without numbers: %s", text);
		refusals++;
	} else {
		check_places(&c, &painted);
		if (!c.failure[0] && exact_small && efi_memmap_count(map) <= SMALL) {
			if (plan.page_table_pages <= TABLES_MAX)
				check_plan_tables(&c);
			else
				too_large++;
		}
		if (!c.failure[0])
			check_handoff(&c);
		plans++;
	}
	if (c.failure[0])
		printf("FAILED %s, %zu descriptors of %zu bytes, %s: %s\n", name, efi_memmap_count(map), map->desc_size,
		       kernel_paths[kernel], c.failure);
	*(c.failure[0] ? &failed : &passed) += 1;
	free(painted.pieces);
	free(scratch);
}

static struct efi_memory_desc random_desc(enum flavour flavour, uint64_t *next)
{
	static const uint32_t types[] = { 7, 7, 7, 7, 7, 7, 3, 4, 4, 1, 2, 5, 6, 0, 9, 10, 8, 11, 12, 13, 14, 16, 0x70000000, 0x80000000,
					  0xffffffff };
	static const uint64_t odd[] = { 0, 1, 0xfff, UINT64_MAX, UINT64_MAX / PAGE, UINT64_C(1) << 52, UINT64_C(1) << 40 };
	struct efi_memory_desc d = { .type = types[draw(MM_ARRAY_COUNT(types))], .phys_addr = *next, .attribute = 0xf };

	d.num_pages = 1 + draw(draw(6) ? 64 : 65536);
	if (flavour == ALTERNATING) {
		d.type = draw(2) ? 7 : 4;
		d.num_pages = 1;
	}
	if (d.type == 5 || d.type == 6)
		d.attribute |= EFI_ATTRIBUTE_RUNTIME;
	if (draw(30) == 0)
		d.attribute |= EFI_ATTRIBUTE_SP;
	*next += d.num_pages * PAGE + (draw(3) ? 0 : draw(1000) * PAGE);
	if (flavour == UNTIDY && draw(4) == 0) {
		switch (draw(5)) {
		case 0:
			d.phys_addr = draw(4 * GIB);
			break;
		case 1:
			d.num_pages = odd[draw(MM_ARRAY_COUNT(odd))];
			break;
		case 2:
			d.phys_addr = odd[draw(MM_ARRAY_COUNT(odd))];
			break;
		case 3:
			d.phys_addr = -(draw(5) * PAGE);
			break;
		default:
			d.phys_addr = draw(300) * PAGE;
		}
	}
	return d;
}

static void swap_descs(uint8_t *a, uint8_t *b, size_t stride)
{
	uint8_t keep[STRIDE_MAX];

	memcpy(keep, a, stride);
	memcpy(a, b, stride);
	memcpy(b, keep, stride);
}

static void play_generated(uint64_t seed)
{
	static const uint32_t counts[] = { 1, 3, 10, 30, 100, 100, 300, 1000, 3000 };
	static const size_t strides[] = { 40, 40, 48, 48, 56, 64, 104, 128, 256 };
	enum flavour flavour = (enum flavour)(seed % FLAVOURS);
	char name[80];

	random_state = seed * 7919;

	size_t stride = strides[draw(MM_ARRAY_COUNT(strides))], count = counts[draw(MM_ARRAY_COUNT(counts))];
	uint64_t next = flavour == HIGH ? (1 + draw(1000)) * 4 * GIB : draw(2) * MIB;

	if (seed % 100 == 99)
		count = seed % 300 == 99 ? 100000 : 20000;
	if (flavour == TINY)
		count = 1 + draw(3);

	uint8_t *buffer = malloc((count + 2) * stride);

	memset(buffer, 0xa5, (count + 2) * stride);
	for (size_t i = 0; i < count; i++) {
		struct efi_memory_desc d = random_desc(flavour, &next);

		if (flavour == TINY) { /* a machine of 1 MiB */
			d.phys_addr = i * 64 * PAGE;
			d.num_pages = 1 + draw(64);
		}
		memcpy(buffer + i * stride, &d, sizeof(d));
	}
	if (flavour != TINY && draw(3)) { /* room, so that there is a plan to check */
		struct efi_memory_desc d = { 7, 0, flavour == HIGH ? next + GIB : 3 * GIB, 0, 512 * MIB / PAGE - draw(700), 0xf };

		memcpy(buffer + count++ * stride, &d, sizeof(d));
	}
	for (size_t i = 0; flavour != ORDERLY && i + 1 < count; i++)
		swap_descs(buffer + i * stride, buffer + (i + draw(count - i)) * stride, stride);

	struct efi_memmap map = { buffer, count * stride, stride, 1 };

	snprintf(name, sizeof(name), "seed %llu", LL(seed));
	play(name, &map, (unsigned)draw(KERNELS), true);
	free(buffer);
}

/* A recorded map, as it is and in another order, in descriptors of three sizes. */
static unsigned play_recorded(const char *path)
{
	static const size_t strides[] = { 40, 48, 256 };
	static unsigned char read[MAX_MAP * MAX_STRIDE];
	struct efi_memmap recorded = read_efi_map_file(path, 48, read);
	size_t count = efi_memmap_count(&recorded);

	for (unsigned i = 0; i < 2 * MM_ARRAY_COUNT(strides) && count; i++) {
		size_t stride = strides[i / 2];
		uint8_t *buffer = calloc(count, stride);
		struct efi_memmap map = { buffer, count * stride, stride, 1 };

		for (size_t j = 0; j < count; j++)
			memcpy(buffer + j * stride, read + j * 48, 40);
		random_state = count;
		for (size_t j = 0; i % 2 && j + 1 < count; j++)
			swap_descs(buffer + j * stride, buffer + (j + draw(count - j)) * stride, stride);
		for (unsigned kernel = 0; kernel < KERNELS; kernel++)
			if (kernel == i % KERNELS || i == 0)
				play(path, &map, kernel, i == 0);
		free(buffer);
	}
	return count != 0;
}

static unsigned play_folder(const char *folder, const char *suffix)
{
	struct dirent **names;
	int count = scandir(folder, &names, NULL, alphasort);
	unsigned played = 0;

	for (int i = 0; i < count; i++) {
		size_t length = strlen(names[i]->d_name), end = strlen(suffix);
		char path[4096];

		snprintf(path, sizeof(path), "%s/%s", folder, names[i]->d_name);
		if (length > end && strcmp(names[i]->d_name + length - end, suffix) == 0 && !strstr(path, ".e820.tsv"))
			played += play_recorded(path);
		free(names[i]);
	}
	if (count >= 0)
		free(names);
	return played;
}

static void read_kernel(const char *path, struct kernel_image *image)
{
	static uint8_t head[KERNEL_HEAD_SIZE];
	FILE *file = fopen(path, "rb");
	struct buffer_printer why;
	char text[400] = "it cannot be read";
	size_t size = file ? fread(head, 1, sizeof(head), file) : 0;

	buffer_printer_init(&why, text, sizeof(text));
	if (file && fseek(file, 0, SEEK_END) == 0 &&
	    kernel_image_parse(head, size, (uint64_t)ftell(file), image, &why.printer) == 0) {
		fclose(file);
		return;
	}
	printf("FAILED %s: %s\n0 passed, 1 failed\n", path, text);
	exit(1);
}

int main(int argc, char **argv)
{
	const char *wanted = getenv("MAPBRIDGE_CORPUS");
	const char *corpus = wanted && *wanted ? wanted : "../shared/corpus";
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	uint64_t cases = argc > 2 ? strtoull(argv[2], NULL, 0) : DEFAULT_CASES;
	unsigned own, recorded;
	char folder[4096];

	for (unsigned i = 0; i < KERNELS; i++)
		read_kernel(kernel_paths[i], &kernels[i]);
	snprintf(folder, sizeof(folder), "%s/efi", corpus);
	own = play_folder("test/data", ".tsv");
	recorded = play_folder(folder, ".tsv");
	for (uint64_t i = 0; i < cases; i++)
		play_generated(seed + i);
	printf("%llu generated maps from seed %llu, %u maps of test machines, %u of real machines%s: %lu plans (of %lu the page tables "
	       "are too large to be built here), %lu refusals\n", LL(cases), LL(seed), own, recorded,
	       recorded ? "" : " (there is no corpus; MAPBRIDGE_CORPUS says where)", plans, too_large, refusals);
	if (own == 0 || (wanted && *wanted && recorded == 0)) {
		printf("FAILED no recorded map in %s\n", own ? folder : "test/data");
		failed++;
	}
	if (cases >= DEFAULT_CASES && (plans < cases / 4 || refusals < 50 || too_large > cases / 100)) {
		printf("FAILED the cases prove too little\n");
		failed++;
	}
	printf("%lu passed, %lu failed\n", passed, failed);
	return failed != 0;
}
