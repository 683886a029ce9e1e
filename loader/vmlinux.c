/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An unpacked Linux kernel: ELF64 whose entry point is a physical address. It is entered one to one mapped, at its link address or
 * a multiple of 2 MiB above it, and maps itself. Source: Linux's arch/x86/kernel/vmlinux.lds.S and head_64.S.
 */
#include "elf64_format.h"

#include <loader/kernel_image.h>
#include <mm/paging.h>

#define X(value) ((unsigned long long)(value))
#define START_KERNEL_MAP UINT64_C(0xffffffff80000000) /* p_vaddr - p_paddr */
#define IMAGE_SIZE_MAX UINT64_C(0x40000000)           /* KERNEL_IMAGE_SIZE: what the kernel maps at START_KERNEL_MAP */

/* Linux's own mapping. Not all of its segments have it: that of the per-CPU data is at virtual 0 before 6.15. */
static bool is_linux_segment(const struct elf64_program_header *ph)
{
	return ph->type == PT_LOAD && ph->vaddr - ph->paddr == START_KERNEL_MAP;
}

static void read_program_header(const uint8_t *head, const struct elf64_header *header, unsigned index,
				struct elf64_program_header *ph)
{
	__builtin_memcpy(ph, head + header->phoff + index * sizeof(*ph), sizeof(*ph));
}

/*
 * Only what can be nothing else: a kernel of one's own has a virtual entry point, and hardly ever segments of 2 MiB pages. Which
 * segment is entered differs: since 7.2 it is that of the data. Linux's permissions are its own business.
 */
static bool vmlinux_probe(const uint8_t *head, size_t head_size)
{
	bool entered = false, large = false;
	struct elf64_program_header ph;
	struct elf64_header header;

	if (head_size < 4 || head[0] != 0x7f || head[1] != 'E' || head[2] != 'L' || head[3] != 'F' ||
	    elf64_read_header(head, head_size, head_size, &header, NULL) || header.type != ET_EXEC)
		return false;
	for (unsigned i = 0; i < header.phnum; i++) {
		read_program_header(head, &header, i, &ph);
		if (!is_linux_segment(&ph))
			continue;
		entered |= header.entry >= ph.paddr && header.entry - ph.paddr < ph.filesz;
		large |= ph.align >= PAGING_SIZE_2M;
	}
	return entered && large;
}

static int add_segment(struct kernel_image *image, const struct elf64_program_header *ph, unsigned index, struct printer *why)
{
	if (image->segment_count == KERNEL_SEGMENTS_MAX) {
		print(why, "more than %d loadable segments; needed: a vmlinux as the kernel's build makes it", KERNEL_SEGMENTS_MAX);
		return MM_EINVAL;
	}
	for (size_t i = 0; i < image->segment_count; i++) {
		const struct kernel_segment *other = &image->segments[i];

		if (ph->paddr <= other->phys + (other->mem_size - 1) && other->phys <= ph->paddr + (ph->memsz - 1)) {
			print(why, "segments %u and %u overlap: physical 0x%llx-0x%llx and 0x%llx-0x%llx; the file is damaged", other->index,
			      index, X(other->phys), X(other->phys + (other->mem_size - 1)), X(ph->paddr), X(ph->paddr + (ph->memsz - 1)));
			return MM_EINVAL;
		}
	}
	image->segments[image->segment_count++] = (struct kernel_segment){
		.file_offset = ph->offset,
		.file_size = ph->filesz,
		.phys = ph->paddr,
		.virt = ph->vaddr,
		.mem_size = ph->memsz,
		.flags = PAGING_WRITE | PAGING_EXECUTE, /* it changes its own code before it has page tables */
		.index = index,
	};
	return 0;
}

/* Makes the segments' addresses offsets from the lowest one. */
static int set_window(struct kernel_image *image, uint64_t entry, struct printer *why)
{
	uint64_t low = UINT64_MAX, high = 0;

	for (size_t i = 0; i < image->segment_count; i++) {
		const struct kernel_segment *segment = &image->segments[i];

		low = segment->phys < low ? segment->phys : low;
		high = segment->phys + (segment->mem_size - 1) > high ? segment->phys + (segment->mem_size - 1) : high;
	}
	if ((low & (PAGING_SIZE_2M - 1)) || high - low >= IMAGE_SIZE_MAX) {
		print(why, "linked at physical 0x%llx-0x%llx; needed: a multiple of 2 MiB, and at most %llu bytes in all; use the vmlinux "
			   "that the kernel's build makes", X(low), X(high), X(IMAGE_SIZE_MAX));
		return MM_EINVAL;
	}
	for (size_t i = 0; i < image->segment_count; i++)
		image->segments[i].phys -= low;
	image->min_address = low;
	image->memory_size = high - low + 1;
	image->entry = entry - low;
	return 0;
}

static int vmlinux_parse(const uint8_t *head, size_t head_size, uint64_t file_size, struct kernel_image *image,
			 struct printer *why)
{
	struct elf64_program_header ph;
	struct elf64_header header;
	int error = elf64_read_header(head, head_size, file_size, &header, why);

	if (error)
		return error;
	*image = (struct kernel_image){ .format = KERNEL_VMLINUX,
					.relocatable = true,
					.alignment = PAGING_SIZE_2M,
					.initrd_max = UINT64_MAX,
					.data_max = UINT64_MAX,
					.command_line_max = COMMAND_LINE_SIZE - 1 };
	for (unsigned i = 0; i < header.phnum && !error; i++) {
		read_program_header(head, &header, i, &ph);
		if (ph.type != PT_LOAD || (ph.memsz == 0 && ph.filesz == 0))
			continue;
		error = elf64_check_ranges(&ph, i, file_size, why);
		if (!error)
			error = add_segment(image, &ph, i, why);
	}
	return error ? error : set_window(image, header.entry, why);
}

const struct kernel_format_ops vmlinux_format = { "vmlinux", vmlinux_probe, vmlinux_parse };
