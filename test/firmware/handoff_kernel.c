/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel as it will lie in memory, and the address space that it starts in, compared with its file. */
#include "handoff.h"

#include <elf.h>
#include <loader/handoff.h>
#include <loader/prepared.h>
#include <stdlib.h>
#include <string.h>

#define LINUX_5LEVEL_ENABLED 0x40 /* of xloadflags */
#define PRESENT UINT64_C(1)
#define WRITABLE UINT64_C(2)
#define LARGE UINT64_C(0x80)
#define NO_EXECUTE (UINT64_C(1) << 63)
#define ADDRESS UINT64_C(0x000ffffffffff000)
#define PIE_VIRT UINT64_C(0xffffffff80000000)

struct page {
	uint64_t phys;
	uint64_t flags; /* of the leaf */
};

static const struct scenario_file *kernel_file(void)
{
	const struct scenario *scenario = mock.scenario;
	bool fell_back = scenario->fallback && strstr(mock.result->console, "is started instead of");
	const char *path = fell_back ? scenario->fallback : scenario->kernel;
	const struct scenario_file *file = path ? scenario_file(scenario, 0, path) : NULL;

	if (!file)
		file = path ? scenario_file(scenario, 1, path) : NULL;
	if (!file)
		fatal("the scenario expects a jump, and names no kernel");
	return file;
}

static const Elf64_Ehdr *elf_of(const struct scenario_file *file)
{
	return memcmp(file->bytes, ELFMAG, SELFMAG) == 0 ? (const Elf64_Ehdr *)file->bytes : NULL;
}

/* An own kernel is entered in the upper half, a vmlinux at a physical address. */
bool handoff_kernel_is_linux(void)
{
	const Elf64_Ehdr *elf = elf_of(kernel_file());

	return !elf || (elf->e_type == ET_EXEC && elf->e_entry < UINT64_C(0xffff800000000000));
}

/* Where what lies at a physical address after the stub's moves lies now. */
static uint64_t before_moves(const struct stub_parameters *stub, uint64_t address)
{
	for (uint64_t i = 0; i < stub->operation_count; i++)
		if (address - stub->operations[i].to < stub->operations[i].size)
			return stub->operations[i].from + (address - stub->operations[i].to);
	return address;
}

/* Compares page by page, because each may have been moved. bytes null: zeros are expected. */
static void compare(const struct stub_parameters *stub, const char *what, uint64_t phys, const uint8_t *bytes, uint64_t size)
{
	static const uint8_t zeros[PAGE];

	for (uint64_t done = 0, part; done < size; done += part) {
		uint64_t from = before_moves(stub, phys + done);

		part = PAGE - (phys + done) % PAGE;
		if (part > size - done)
			part = size - done;
		if (!handoff_owns(what, from, part))
			return;
		if (memcmp((const void *)(uintptr_t)from, bytes ? bytes + done : zeros, part) != 0) {
			problem("%s at 0x%llx has other bytes than its file", what, (unsigned long long)(phys + done));
			return;
		}
	}
}

static bool walk(uint64_t cr3, unsigned levels, uint64_t virt, struct page *page)
{
	uint64_t table = cr3 & ADDRESS;

	for (unsigned level = levels; level > 0; level--) {
		unsigned shift = 12 + 9 * (level - 1);
		uint64_t entry;

		if (!handoff_owns("a page table", table, PAGE))
			return false;
		entry = ((const uint64_t *)(uintptr_t)table)[virt >> shift & 511];
		if (!(entry & PRESENT))
			return false;
		if (level == 1 || (level <= 3 && entry & LARGE)) {
			uint64_t mask = (UINT64_C(1) << shift) - 1;

			*page = (struct page){ (entry & ADDRESS & ~mask) | (virt & mask), entry };
			return true;
		}
		table = entry & ADDRESS;
	}
	return false;
}

/* Every leaf below a table. The firmware's own code may hold its data, too: its attributes table need not tell them apart. */
static void check_write_xor_execute(uint64_t table, unsigned level)
{
	const uint64_t *entries = (const void *)(uintptr_t)table;

	if (!handoff_owns("a page table", table, PAGE))
		return;
	for (size_t i = 0; i < 512; i++) {
		uint64_t entry = entries[i];

		if (!(entry & PRESENT))
			continue;
		if (level > 1 && !(entry & LARGE))
			check_write_xor_execute(entry & ADDRESS, level - 1);
		else if (entry & WRITABLE && !(entry & NO_EXECUTE) && !memory_is_told_as(entry & ADDRESS, EfiRuntimeServicesCode))
			problem("a page of level %u at 0x%llx is writable and executable", level, (unsigned long long)(entry & ADDRESS));
	}
}

/* The file as it is when its relocations are applied; all of them are R_X86_64_RELATIVE. */
static uint8_t *relocated_copy(const struct scenario_file *file)
{
	const Elf64_Ehdr *elf = elf_of(file);
	const Elf64_Shdr *sections = (const void *)(file->bytes + elf->e_shoff);
	const Elf64_Phdr *segments = (const void *)(file->bytes + elf->e_phoff);
	uint8_t *copy = malloc(file->size);

	memcpy(copy, file->bytes, file->size);
	for (unsigned i = 0; i < elf->e_shnum; i++) {
		const Elf64_Rela *relocations = (const void *)(file->bytes + sections[i].sh_offset);

		for (uint64_t j = 0; sections[i].sh_type == SHT_RELA && j < sections[i].sh_size / sizeof(*relocations); j++)
			for (unsigned k = 0; k < elf->e_phnum; k++)
				if (segments[k].p_type == PT_LOAD &&
				    relocations[j].r_offset - segments[k].p_vaddr < segments[k].p_filesz) {
					uint64_t value = PIE_VIRT + (uint64_t)relocations[j].r_addend;

					memcpy(copy + segments[k].p_offset + relocations[j].r_offset - segments[k].p_vaddr, &value, 8);
				}
	}
	return copy;
}

static void check_own_kernel(const struct stub_parameters *stub, unsigned levels, const struct scenario_file *file)
{
	const Elf64_Ehdr *elf = elf_of(file);
	const Elf64_Phdr *segment = (const void *)(file->bytes + elf->e_phoff);
	bool pie = elf->e_type == ET_DYN;
	uint8_t *copy = pie ? relocated_copy(file) : NULL;

	if (stub->entry != elf->e_entry + (pie ? PIE_VIRT : 0))
		problem("the entry is 0x%llx", (unsigned long long)stub->entry);
	for (unsigned i = 0; i < elf->e_phnum; i++, segment++) {
		uint64_t virt = segment->p_vaddr + (pie ? PIE_VIRT : 0);
		struct page first, last;

		if (segment->p_type != PT_LOAD || segment->p_memsz == 0)
			continue;
		if (!walk(stub->cr3, levels, virt, &first) || !walk(stub->cr3, levels, virt + segment->p_memsz - 1, &last)) {
			problem("segment %u is not mapped", i);
			continue;
		}
		if (!pie && first.phys != segment->p_paddr)
			problem("segment %u is mapped to 0x%llx", i, (unsigned long long)first.phys);
		if (last.phys - first.phys != segment->p_memsz - 1 ||
		    !(first.flags & WRITABLE) != !(segment->p_flags & PF_W) || !(first.flags & NO_EXECUTE) != !!(segment->p_flags & PF_X))
			problem("segment %u is mapped in another way than it asks for", i);
		compare(stub, "a segment", first.phys, (pie ? copy : file->bytes) + segment->p_offset, segment->p_filesz);
		compare(stub, "bss", first.phys + segment->p_filesz, NULL, segment->p_memsz - segment->p_filesz);
	}
	free(copy);
	check_write_xor_execute(stub->cr3 & ADDRESS, levels);
}

static void check_vmlinux(const struct stub_parameters *stub, const struct scenario_file *file)
{
	const Elf64_Ehdr *elf = elf_of(file);
	const Elf64_Phdr *segment = (const void *)(file->bytes + elf->e_phoff);
	uint64_t delta = stub->entry - elf->e_entry;

	if (delta % 0x200000)
		problem("the vmlinux is moved by 0x%llx", (unsigned long long)delta);
	for (unsigned i = 0; i < elf->e_phnum; i++, segment++) {
		if (segment->p_type != PT_LOAD)
			continue;
		compare(stub, "a segment", segment->p_paddr + delta, file->bytes + segment->p_offset, segment->p_filesz);
		compare(stub, "bss", segment->p_paddr + delta + segment->p_filesz, NULL, segment->p_memsz - segment->p_filesz);
	}
}

/* What was added to all virtual addresses, as the first place shows that has another one than in the file. 0: nothing. */
static uint64_t find_delta(const struct prepared_header *head, const uint8_t *image, const uint8_t *memory)
{
	uint8_t *moved = calloc(1, head->memory_size);
	uint64_t delta = 0;
	uint32_t is, was;

	memcpy(moved, image, head->memory_size);
	if (prepared_relocate(head, head->memory_size, moved, UINT64_C(1) << 24, NULL) == 0)
		for (size_t at = 3; at + 1 < head->memory_size && !delta; at++)
			if (moved[at] != image[at]) { /* this byte has bits 24 to 31 of an address */
				memcpy(&is, memory + at - 3, sizeof(is));
				memcpy(&was, image + at - 3, sizeof(was));
				delta = is - was < UINT32_MAX / 2 ? is - was : was - is;
				break;
			}
	free(moved);
	return delta;
}

static void check_moved(const struct stub_parameters *stub, const struct scenario_file *file, uint64_t base)
{
	const struct prepared_header *head = (const void *)file->bytes;
	uint64_t in_file = head->head_size, pages = (head->memory_size + PAGE - 1) / PAGE * PAGE;
	uint8_t *image = calloc(1, pages);

	for (uint32_t i = 0; i < head->segment_count; i++) {
		memcpy(image + head->segments[i].offset, file->bytes + in_file, head->segments[i].size);
		in_file += head->segments[i].size;
	}
	if (handoff_owns("the kernel", base, pages)) {
		uint64_t delta = find_delta(head, image, (const void *)(uintptr_t)base);

		prepared_relocate(head, head->memory_size, image, delta, NULL);
		if (delta)
			secret_add(PREPARED_START_KERNEL_MAP + head->link_address + delta);
		memory_check_secrets(base, pages);
	}
	compare(stub, "the kernel", base, image, pages);
	free(image);
}

/* The segments as they are in the file, or with KASLR relocated, and zeros between and behind them. */
static void check_prepared(const struct stub_parameters *stub, const struct scenario_file *file)
{
	const struct prepared_header *head = (const void *)file->bytes;
	uint64_t base = stub->entry - head->entry, at = 0, in_file = head->head_size;

	if (!mock.scenario->command_line || !strstr(mock.scenario->command_line, "nokaslr")) {
		check_moved(stub, file, base);
		return;
	}
	for (uint32_t i = 0; i < head->segment_count; i++) {
		const struct prepared_segment *segment = &head->segments[i];

		compare(stub, "a gap", base + at, NULL, segment->offset - at);
		compare(stub, "a segment", base + segment->offset, file->bytes + in_file, segment->size);
		in_file += segment->size;
		at = segment->offset + segment->size;
	}
	if (at < head->memory_size)
		compare(stub, "bss", base + at, NULL, head->memory_size - at);
}

/* A prepared kernel gets what its bzImage's own code would choose (Linux arch/x86/boot/compressed/pgtable_64.c), others the firmware's. */
static uint64_t wanted_la57(const struct scenario_file *file)
{
	const struct prepared_header *head = (const void *)file->bytes;
	const char *no5lvl = mock.scenario->command_line ? strstr(mock.scenario->command_line, "no5lvl") : NULL;

	if (memcmp(file->bytes, PREPARED_MAGIC, 8) != 0)
		return mock.scenario->cr4 & STUB_CR4_LA57;
	return (head->setup_header[0x236 - 0x1f1] & LINUX_5LEVEL_ENABLED) && mock.scenario->processor.la57 && !no5lvl ? STUB_CR4_LA57 : 0;
}

void handoff_check_kernel(const struct stub_parameters *stub)
{
	const struct scenario_file *file = kernel_file();
	unsigned levels = stub->cr4 & STUB_CR4_LA57 ? 5 : 4, setup_sectors = file->bytes[0x1f1] ? file->bytes[0x1f1] : 4;
	size_t start = (setup_sectors + 1) * 512;
	uint32_t paragraphs;
	struct page page;

	memcpy(&paragraphs, file->bytes + 0x1f4, sizeof(paragraphs));
	if (stub->cr0 != STUB_CR0_VALUE || (stub->cr4 & STUB_CR4_LA57) != wanted_la57(file))
		problem("CR0 or CR4 is wrong");
	for (uint64_t i = 0; i < stub->operation_count && i < STUB_OPERATIONS_MAX; i++)
		if (memory_is_applications(stub->operations[i].to, PAGE, EfiLoaderData))
			problem("move %llu overwrites what is allocated", (unsigned long long)i);
	if (!walk(stub->cr3, levels, stub->stack_top - 8, &page) || page.phys != stub->stack_top - 8 || !(page.flags & WRITABLE))
		problem("there is no stack");
	if (walk(stub->cr3, levels, stub->stack_top - MAPBRIDGE_STACK_SIZE - 1, &page))
		problem("there is no guard page below the stack");
	if (!walk(stub->cr3, levels, stub->entry, &page) || page.flags & NO_EXECUTE)
		problem("the entry is not executable");
	if (memcmp(file->bytes, PREPARED_MAGIC, 8) == 0)
		check_prepared(stub, file);
	else if (!elf_of(file))
		compare(stub, "the kernel", stub->entry - 0x200, file->bytes + start, (uint64_t)paragraphs * 16);
	else if (handoff_kernel_is_linux())
		check_vmlinux(stub, file);
	else
		check_own_kernel(stub, levels, file);
}
