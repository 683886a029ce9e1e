/* SPDX-License-Identifier: BSD-2-Clause */
/* Boot plans for random machines and kernels: every plan is right in every respect, every refusal has numbers. */
#include "../unit/plan_tables.h"
#include "harness/property.h"

#include <ctype.h>

#define DESCRIPTORS_TOP 1100
#define PAGE UINT64_C(4096)
#define MIB UINT64_C(0x100000)

/* What a problem's numbers mean; a case is made from them alone, so that a failure can be shrunk. */
enum { SEED, DESCRIPTORS, STRIDE, KERNEL, INITRDS, ROOM, MESS, MODE };

static const char *const kernels[] = { "ELF64", "static-PIE", "bzImage", "bzImage below 4 GiB", "fixed bzImage",
				       "other ELF64", "vmlinux", "prepared" };

struct machine {
	uint64_t random;
	uint8_t *buffer;
	struct efi_memmap map;
	uint8_t *attributes_buffer;
	struct efi_memmap attributes;
	struct kernel_image kernel;
	uint64_t initrd_sizes[PLAN_INITRDS_MAX];
	struct boot_request request;
	struct setup_data_node nodes[3];
	struct plan_random random_numbers;
	bool unaccepted; /* memory of this type may be in the map */
	bool must_succeed;
};

static uint64_t draw(struct machine *m, uint64_t limit)
{
	uint64_t z = m->random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (z ^ z >> 31) % limit;
}

static void generate(struct problem *problem)
{
	static const uint32_t counts[] = { 1, 2, 5, 10, 30, 30, 100, 100, DESCRIPTORS_TOP };

	problem->numbers[SEED] = random_below(UINT32_MAX);
	problem->numbers[DESCRIPTORS] = random_below(RANDOM_OF(counts));
	problem->numbers[STRIDE] = random_below(4) * 8;
	problem->numbers[KERNEL] = random_below(8);
	problem->numbers[INITRDS] = random_below(3) ? random_below(4) : random_below(PLAN_INITRDS_MAX + 2);
	problem->numbers[ROOM] = random_below(3);
	problem->numbers[MESS] = random_below(4);
	problem->numbers[MODE] = random_below(16);
}

/* Mostly descriptors as firmware has them, side by side; with mess they overlap, wrap, and have no alignment. */
static struct efi_memory_desc random_desc(struct machine *m, uint32_t mess, uint64_t *next)
{
	static const uint32_t types[] = { 7, 7, 7, 7, 7, 3, 4, 4, 1, 2, 5, 6, 0, 9, 10, 8, 11, 13, 14, 15, 0x80000000 };
	struct efi_memory_desc desc = { .type = types[draw(m, MM_ARRAY_COUNT(types))] };

	if (desc.type == EFI_UNACCEPTED_MEMORY && !m->unaccepted)
		desc.type = EFI_CONVENTIONAL_MEMORY;
	desc.phys_addr = *next;
	desc.num_pages = 1 + draw(m, draw(m, 4) ? 64 : 16384);
	desc.attribute = desc.type == 5 || desc.type == 6 || (desc.type == 11 && draw(m, 2)) ? EFI_ATTRIBUTE_RUNTIME : 0xf;
	if (draw(m, 20) == 0)
		desc.attribute |= EFI_ATTRIBUTE_SP;
	*next += desc.num_pages * PAGE + (draw(m, 3) ? 0 : draw(m, 1000) * PAGE);
	if (*next > 2048 * MIB && *next < 4096 * MIB)
		*next = 4096 * MIB;
	if (mess && draw(m, 8) < mess) {
		switch (draw(m, 6)) {
		case 0:
			desc.phys_addr = draw(m, 2048 * MIB);
			break;
		case 1:
			desc.num_pages = draw(m, 2) ? 0 : UINT64_MAX - draw(m, 3);
			break;
		case 2:
			desc.phys_addr += draw(m, PAGE);
			break;
		case 3:
			desc.phys_addr = -(draw(m, 3) * PAGE);
			break;
		case 4:
			desc.phys_addr = draw(m, 64) * MIB;
			break;
		default:
			desc.phys_addr = draw(m, 300) * PAGE;
		}
	}
	return desc;
}

static void put_desc(struct machine *m, size_t i, const struct efi_memory_desc *desc)
{
	memcpy(m->buffer + 1 + i * m->map.desc_size, desc, sizeof(*desc));
}

static void make_map(struct machine *m, const struct problem *p)
{
	bool room = p->numbers[ROOM];
	size_t count = p->numbers[DESCRIPTORS] + room, stride = 40 + p->numbers[STRIDE];
	uint64_t next = draw(m, 2) ? 0 : draw(m, 2) ? 5120 * MIB : MIB;

	m->buffer = malloc(count * stride + 1);
	memset(m->buffer, 0xa5, count * stride + 1);
	m->map = (struct efi_memmap){ m->buffer + 1, count * stride, stride, 1 };
	for (size_t i = 0; i < p->numbers[DESCRIPTORS]; i++) {
		struct efi_memory_desc desc = random_desc(m, p->numbers[MESS], &next);

		put_desc(m, i, &desc);
	}
	if (room) { /* in a place that no other comes near, when there is no mess */
		struct efi_memory_desc desc = { .type = EFI_CONVENTIONAL_MEMORY, .phys_addr = 3072 * MIB,
						.num_pages = 512 * MIB / PAGE - draw(m, 700) };

		put_desc(m, count - 1, &desc);
	}
	for (size_t i = 0; i + 1 < count && p->numbers[MESS] > 1; i++) { /* firmware gives no order */
		size_t j = i + draw(m, count - i);
		struct efi_memory_desc a, b;

		efi_memmap_get(&m->map, i, &a);
		efi_memmap_get(&m->map, j, &b);
		put_desc(m, i, &b);
		put_desc(m, j, &a);
	}
}

/* Splits some runtime code into code and data; with mess it also speaks of memory that is none of its business. */
static void make_attributes(struct machine *m, const struct problem *p)
{
	size_t count = 0, stride = 48, capacity = 2 * efi_memmap_count(&m->map) + 1;

	m->attributes_buffer = calloc(capacity, stride);
	for (size_t i = 0; i < efi_memmap_count(&m->map); i++) {
		struct efi_memory_desc desc, second;

		efi_memmap_get(&m->map, i, &desc);
		if (desc.type != EFI_RUNTIME_SERVICES_CODE && !(p->numbers[MESS] > 2 && draw(m, 4) == 0))
			continue;
		second = desc;
		desc.num_pages /= 2;
		desc.attribute = EFI_ATTRIBUTE_RUNTIME | EFI_ATTRIBUTE_RO;
		second.phys_addr += desc.num_pages * PAGE;
		second.num_pages -= desc.num_pages;
		second.attribute = EFI_ATTRIBUTE_RUNTIME | EFI_ATTRIBUTE_XP;
		memcpy(m->attributes_buffer + count++ * stride, &desc, sizeof(desc));
		memcpy(m->attributes_buffer + count++ * stride, &second, sizeof(second));
	}
	m->attributes = (struct efi_memmap){ m->attributes_buffer, count * stride, stride, 1 };
}

static uint64_t place_near_descriptor(struct machine *m)
{
	struct efi_memory_desc desc;

	if (draw(m, 4) == 0 || !efi_memmap_get(&m->map, draw(m, efi_memmap_count(&m->map) + 1), &desc))
		return draw(m, 256) * MIB / 4;
	return (desc.phys_addr + draw(m, 64) * PAGE) & ~(PAGE - 1);
}

/* Segments behind one another, or (a fixed kernel) each near another descriptor; unaligned ends, gaps and bss. */
static void make_elf64(struct machine *m, bool pie, bool scattered)
{
	struct kernel_image *k = &m->kernel;
	uint64_t phys = pie ? draw(m, 4) * PAGE : place_near_descriptor(m), virt = KERNEL_VIRT_MIN + (draw(m, 1 << 20) << 12);

	k->format = KERNEL_ELF64;
	k->relocatable = pie;
	k->alignment = 2 * MIB;
	k->initrd_max = k->data_max = UINT64_MAX;
	k->command_line_max = 2047;
	k->segment_count = 1 + draw(m, draw(m, 3) ? 4 : KERNEL_SEGMENTS_MAX);
	for (size_t i = 0; i < k->segment_count; i++) {
		static const uint32_t flags[] = { PAGING_EXECUTE, PAGING_READ, PAGING_WRITE };
		struct kernel_segment *s = &k->segments[i];
		uint64_t inside = draw(m, 2) ? 0 : draw(m, PAGE);

		*s = (struct kernel_segment){ .flags = i ? flags[draw(m, 3)] : PAGING_EXECUTE, .index = (unsigned)i };
		s->file_offset = i * 10 * MIB;
		s->file_size = draw(m, 4) || i == 0 ? 1 + draw(m, draw(m, 2) ? 10000 : 9 * MIB) : 0;
		s->mem_size = s->file_size + (draw(m, 2) || !s->file_size ? 1 + draw(m, 2 * MIB) : 0);
		s->phys = phys + inside;
		s->virt = (pie ? KERNEL_PIE_VIRT + phys : virt) + inside;
		phys = ((s->phys + s->mem_size) | (PAGE - 1)) + 1 + (draw(m, 2) ? 0 : draw(m, 100) * PAGE);
		virt = ((s->virt + s->mem_size) | (PAGE - 1)) + 1 + draw(m, 100) * PAGE;
		k->memory_size = pie ? s->phys + s->mem_size : 0;
		if (scattered && draw(m, 2))
			phys = place_near_descriptor(m);
	}
	k->entry = k->segments[0].virt;
}

static void make_bzimage(struct machine *m, uint32_t kind)
{
	struct kernel_image *k = &m->kernel;
	bool below = kind == 3;

	k->format = KERNEL_BZIMAGE;
	k->relocatable = kind != 4;
	k->alignment = k->relocatable ? PAGE << draw(m, 13) : PAGE;
	k->memory_size = 0x10000 + draw(m, 64 * MIB);
	k->min_address = draw(m, 3) ? 16 * MIB : place_near_descriptor(m) % (below ? 2048 * MIB : CHECKER_TOP);
	k->entry = 0x200;
	k->initrd_max = below ? 0x7fffffff : UINT64_MAX;
	k->data_max = below ? UINT32_MAX : UINT64_MAX;
	k->command_line_max = 2047;
	k->segment_count = 1;
	k->segments[0] = (struct kernel_segment){ .file_offset = 0x4000, .mem_size = k->memory_size,
						  .file_size = 0x201 + draw(m, k->memory_size - 0x201) };
}

/* As its parser tells it: offsets from the lowest segment, gaps between them. */
static void make_vmlinux(struct machine *m)
{
	struct kernel_image *k = &m->kernel;
	uint64_t phys = 0;

	k->format = KERNEL_VMLINUX;
	k->relocatable = true;
	k->alignment = 2 * MIB;
	k->min_address = (draw(m, 3) ? 16 * MIB : place_near_descriptor(m) % CHECKER_TOP) & ~(2 * MIB - 1);
	k->initrd_max = k->data_max = UINT64_MAX;
	k->command_line_max = 2047;
	k->segment_count = 1 + draw(m, 5);
	for (size_t i = 0; i < k->segment_count; i++) {
		struct kernel_segment *s = &k->segments[i];

		*s = (struct kernel_segment){ .file_offset = i * 32 * MIB, .phys = phys, .flags = PAGING_WRITE | PAGING_EXECUTE };
		s->file_size = i && draw(m, 4) == 0 ? 0 : 1 + draw(m, 16 * MIB);
		s->mem_size = s->file_size + (draw(m, 2) ? 0 : 1 + draw(m, 4 * MIB));
		s->mem_size += s->mem_size == 0;
		phys += s->mem_size;
		k->memory_size = phys;
		phys += draw(m, 2) ? 0 : draw(m, 2 * MIB);
	}
	k->entry = draw(m, k->segments[0].file_size);
}

/* Segments that the ELF64 parser refuses because they overlap: then the case is another. */
static bool segments_meet(const struct kernel_image *k)
{
	for (size_t i = 0; i < k->segment_count; i++)
		for (size_t j = 0; j < i; j++)
			if (spans_meet(pages_of((struct span){ k->segments[i].phys, k->segments[i].mem_size }),
				       pages_of((struct span){ k->segments[j].phys, k->segments[j].mem_size })))
				return true;
	return false;
}

static bool has_unaccepted(const struct machine *m)
{
	for (size_t i = 0; i < efi_memmap_count(&m->map); i++) {
		struct efi_memory_desc desc;

		efi_memmap_get(&m->map, i, &desc);
		if (desc.type == EFI_UNACCEPTED_MEMORY && desc.num_pages)
			return true;
	}
	return false;
}

static void make_machine(struct machine *m, const struct problem *p)
{
	uint32_t kind = p->numbers[KERNEL];

	*m = (struct machine){ .random = p->numbers[SEED] };
	m->unaccepted = kind < 2 || kind == 5 || draw(m, 8) == 0;
	make_map(m, p);
	make_attributes(m, p);
	do {
		m->kernel = (struct kernel_image){ 0 };
		if (kind >= 2 && kind <= 4)
			make_bzimage(m, kind);
		else if (kind >= 6)
			make_vmlinux(m);
		else
			make_elf64(m, kind == 1, kind == 5);
	} while (kind == 5 && segments_meet(&m->kernel));
	for (uint32_t i = 0; i < p->numbers[INITRDS] && i < PLAN_INITRDS_MAX; i++)
		m->initrd_sizes[i] = 1 + draw(m, draw(m, 2) ? 10000 : 4 * MIB);
	m->request = (struct boot_request){ .kernel = &m->kernel,
					    .command_line = "quiet",
					    .initrd_sizes = m->initrd_sizes,
					    .initrd_count = p->numbers[INITRDS],
					    .map = &m->map,
					    .attributes = p->numbers[MODE] & 8 ? &m->attributes : NULL,
					    .paging = { p->numbers[MODE] & 1 ? 5 : 4, p->numbers[MODE] & 2 },
					    .keep_mce = p->numbers[MODE] & 4,
					    .nodes = m->nodes,
					    .node_count = draw(m, 4) };
	for (size_t i = 0; i < m->request.node_count; i++)
		m->nodes[i] = (struct setup_data_node){ SETUP_PCI, NULL, NULL, draw(m, 100), draw(m, 4) ? draw(m, 9000) : draw(m, 3 * MIB) };
	if (kind == 7) { /* with and without KASLR */
		m->kernel.format = KERNEL_PREPARED;
		m->kernel.segments[0].virt = UINT64_C(0xffffffff81000000) + m->kernel.segments[0].phys;
		m->kernel.min_address %= 1024 * MIB;
		m->random_numbers = (struct plan_random){ draw(m, UINT64_MAX), draw(m, UINT64_MAX) };
		m->request.random = draw(m, 4) ? &m->random_numbers : NULL;
		m->request.command_line = draw(m, 4) ? "quiet memmap=1M$2G" : "nokaslr";
	}
	m->must_succeed = p->numbers[ROOM] && !p->numbers[MESS] && m->request.initrd_count <= PLAN_INITRDS_MAX &&
			  (kind == 1 || ((kind == 2 || kind >= 6) && m->kernel.min_address < 3072 * MIB && !has_unaccepted(m)));
}

/* A plan with scratch memory of exactly the size asked for, at any address. */
static int make_plan(const struct machine *m, unsigned offset, struct boot_plan *plan, uint8_t **scratch, char *why,
		     size_t size)
{
	size_t count = efi_memmap_count(&m->map) + (m->request.attributes ? efi_memmap_count(&m->attributes) : 0);
	size_t scratch_size = boot_plan_scratch_size(count);
	struct buffer_printer out;

	buffer_printer_init(&out, why, size);
	*scratch = malloc(scratch_size + offset);
	memset(plan, 0x5a, sizeof(*plan));
	return boot_plan_make(&m->request, plan, *scratch + offset, scratch_size, &out.printer);
}

static bool has_number(const char *text)
{
	for (; *text; text++)
		if (isdigit((unsigned char)*text))
			return true;
	return false;
}

/* Field by field: compilers differ in what they leave in the padding. */
static bool same_pages(const struct paging_map *one, const struct paging_map *other)
{
	if (one->count != other->count)
		return false;
	for (size_t i = 0; i < one->count; i++) {
		const struct paging_range *a = &one->ranges[i], *b = &other->ranges[i];

		if (a->virt.value != b->virt.value || a->phys.value != b->phys.value || a->size != b->size || a->flags != b->flags)
			return false;
	}
	return true;
}

static int check_case(const struct machine *m, struct checker *c)
{
	static struct boot_plan plan, again;
	uint8_t *scratch, *scratch_again;
	char why[600], why_again[600];
	int error = make_plan(m, 3, &plan, &scratch, why, sizeof(why));
	int error_again = make_plan(m, 0, &again, &scratch_again, why_again, sizeof(why_again));

	c->request = &m->request;
	c->plan = &plan;
	CHECK(c, error == error_again && strcmp(why, why_again) == 0, "not deterministic: %d %s, then %d %s", error, why,
	      error_again, why_again);
	if (error) {
		CHECK(c, has_number(why) && strchr(why, '\n') == NULL, "refused without numbers: '%s'", why);
		CHECK(c, error == MM_ENOMEM || error == MM_EINVAL || (error == MM_ENOSPC &&
								      m->request.initrd_count > PLAN_INITRDS_MAX),
		      "refused with %d: %s", error, why);
		CHECK(c, !m->must_succeed, "refused with 509 MiB free: %s", why);
	} else {
		CHECK(c, why[0] == '\0', "succeeded, but said %s", why);
		CHECK(c, !kernel_is_linux(&m->kernel) || !has_unaccepted(m), "a Linux kernel would meet unaccepted memory");
		CHECK(c, same_pages(&plan.page_map, &again.page_map), "not deterministic: the map of pages");
		again.page_map = plan.page_map;
		CHECK(c, memcmp(&plan, &again, sizeof(plan)) == 0, "not deterministic: the plan");
		check_plan_lists(c);
		if (!c->failure[0])
			check_plan_tables(c);
	}
	free(scratch);
	free(scratch_again);
	return error;
}

static void report_case(const struct machine *m, const struct checker *c)
{
	printf("  %s\n  kernel at %#llx, %zu segments, command of %zu initrds, %u levels%s; the map:\n", c->failure,
	       LL(m->kernel.segments[0].phys), m->kernel.segment_count, m->request.initrd_count, m->request.paging.levels,
	       m->request.attributes ? ", attributes table" : "");
	for (size_t i = 0; i < efi_memmap_count(&m->map); i++) {
		struct efi_memory_desc desc;

		efi_memmap_get(&m->map, i, &desc);
		printf("  %zu: type %u %#llx + %#llx pages, attribute %#llx\n", i, desc.type, LL(desc.phys_addr), LL(desc.num_pages),
		       LL(desc.attribute));
	}
}

static unsigned plans, refusals;

static bool check(const struct problem *problem, bool report)
{
	struct checker c = { .plan = NULL };
	struct machine m;

	make_machine(&m, problem);
	if (check_case(&m, &c))
		refusals++;
	else
		plans++;
	if (report) {
		printf("  %s\n", kernels[problem->numbers[KERNEL]]);
		report_case(&m, &c);
	}
	free(m.buffer);
	free(m.attributes_buffer);
	return !c.failure[0];
}

int main(int argc, char **argv)
{
	static const struct property property = { "plan", 1500, generate, check };
	int result = run_property(&property, argc, argv);

	if (result == 0 && argc < 3 && (plans < 400 || refusals < 100)) {
		printf("only %u plans and %u refusals: the cases prove too little\n", plans, refusals);
		return 1;
	}
	return result;
}
