/* SPDX-License-Identifier: BSD-2-Clause */
/* ELF64 kernels: segments with their own permissions in the higher half. */
#include "elf64_format.h"

#include <loader/kernel_image.h>
#include <mm/fixmap.h>
#include <mm/paging.h>

#define X(value) ((unsigned long long)(value))

static bool elf64_probe(const uint8_t *head, size_t head_size)
{
	return head_size >= 4 && head[0] == 0x7f && head[1] == 'E' && head[2] == 'L' && head[3] == 'F';
}

static int check_header(const struct elf64_header *header, struct printer *why)
{
	if (header->class != ELFCLASS64) {
		print(why, "a %s ELF (EI_CLASS %u); needed: ELF64; build the kernel for x86-64 (-m64)",
		      header->class == ELFCLASS32 ? "32-bit" : "strange", header->class);
		return MM_EINVAL;
	}
	if (header->data != ELFDATA2LSB || header->machine != EM_X86_64) {
		print(why, "an ELF for machine %u (byte order %u); needed: x86-64 (machine 62, little endian)",
		      header->machine, header->data);
		return MM_EINVAL;
	}
	if (header->type != ET_EXEC && header->type != ET_DYN) {
		print(why, "an ELF of type %u; needed: an executable (2) or a static-PIE (3); link the kernel fully",
		      header->type);
		return MM_EINVAL;
	}
	if (header->phentsize != sizeof(struct elf64_program_header) || header->phnum == 0) {
		print(why, "%u program headers of %u bytes; needed: at least one of 56 bytes; link the kernel as an executable",
		      header->phnum, header->phentsize);
		return MM_EINVAL;
	}
	return 0;
}

/* Whether two ranges that may end at 2^64 have a byte, or a 4 KiB page, in common. */
static bool bytes_meet(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a <= b + (b_size - 1) && b <= a + (a_size - 1);
}

static bool pages_meet(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return (a & ~MM_PAGE_MASK) <= ((b + (b_size - 1)) | MM_PAGE_MASK) &&
	       (b & ~MM_PAGE_MASK) <= ((a + (a_size - 1)) | MM_PAGE_MASK);
}

int elf64_check_ranges(const struct elf64_program_header *ph, unsigned index, uint64_t file_size, struct printer *why)
{
	uint64_t end;

	if (ph->filesz > ph->memsz) {
		print(why, "segment %u has %llu bytes in the file but only %llu in memory; the file is damaged", index,
		      X(ph->filesz), X(ph->memsz));
		return MM_EINVAL;
	}
	if (__builtin_add_overflow(ph->offset, ph->filesz, &end) || end > file_size) {
		print(why, "truncated: segment %u lies at file offset %llu with %llu bytes, but the file has %llu; copy it again",
		      index, X(ph->offset), X(ph->filesz), X(file_size));
		return MM_EINVAL;
	}
	if (__builtin_add_overflow(ph->paddr, ph->memsz - 1, &end) ||
	    __builtin_add_overflow(ph->vaddr, ph->memsz - 1, &end)) {
		print(why, "segment %u wraps around: %llu bytes from physical 0x%llx, virtual 0x%llx; correct the linker script",
		      index, X(ph->memsz), X(ph->paddr), X(ph->vaddr));
		return MM_EINVAL;
	}
	return 0;
}

static int check_segment(const struct elf64_program_header *ph, unsigned index, uint64_t file_size, bool pie,
			 struct printer *why)
{
	int error = elf64_check_ranges(ph, index, file_size, why);

	if (error)
		return error;
	if (((pie ? ph->vaddr : ph->paddr) ^ ph->vaddr) & MM_PAGE_MASK) {
		print(why, "segment %u has physical address 0x%llx and virtual address 0x%llx; needed: the same offset in a "
			   "4 KiB page; correct the linker script", index, X(ph->paddr), X(ph->vaddr));
		return MM_EINVAL;
	}
	if (pie ? ph->vaddr >= 0x40000000 || ph->memsz > 0x40000000 - ph->vaddr : ph->vaddr < KERNEL_VIRT_MIN) {
		print(why, "segment %u is linked at 0x%llx with %llu bytes; needed: %s; correct the linker script", index,
		      X(ph->vaddr), X(ph->memsz),
		      pie ? "below 1 GiB in a position-independent kernel" : "0xffff800000000000 or above (the higher half)");
		return MM_EINVAL;
	}
	if (!pie && bytes_meet(ph->vaddr, ph->memsz, FIX_BTMAP_VIRT, FIX_BTMAP_SIZE)) {
		print(why, "segment %u at 0x%llx lies on the fixmap 0x%llx-0x%llx; link it elsewhere", index, X(ph->vaddr),
		      X(FIX_BTMAP_VIRT), X(FIX_BTMAP_VIRT + FIX_BTMAP_SIZE - 1));
		return MM_EINVAL;
	}
	return 0;
}

static int check_pair(const struct kernel_segment *a, const struct kernel_segment *b, struct printer *why)
{
	bool phys = bytes_meet(a->phys, a->mem_size, b->phys, b->mem_size);
	bool virt = bytes_meet(a->virt, a->mem_size, b->virt, b->mem_size);
	bool pages = pages_meet(a->phys, a->mem_size, b->phys, b->mem_size) ||
		     pages_meet(a->virt, a->mem_size, b->virt, b->mem_size);

	if (phys || virt) {
		print(why, "segments %u and %u overlap: %s 0x%llx-0x%llx and 0x%llx-0x%llx; correct the linker script", a->index,
		      b->index, phys ? "physical" : "virtual", X(phys ? a->phys : a->virt),
		      X((phys ? a->phys : a->virt) + (a->mem_size - 1)), X(phys ? b->phys : b->virt),
		      X((phys ? b->phys : b->virt) + (b->mem_size - 1)));
		return MM_EINVAL;
	}
	if (pages && (a->flags != b->flags || a->virt - a->phys != b->virt - b->phys)) {
		print(why, "segments %u and %u share a 4 KiB page (physical 0x%llx and 0x%llx) but not their permissions or "
			   "offset; align them to 4096 in the linker script", a->index, b->index, X(a->phys), X(b->phys));
		return MM_EINVAL;
	}
	return 0;
}

static int add_segment(struct kernel_image *image, const struct elf64_program_header *ph, unsigned index,
		       struct printer *why)
{
	if (image->segment_count == KERNEL_SEGMENTS_MAX) {
		print(why, "more than %d loadable segments; needed: at most that many; merge sections in the linker script",
		      KERNEL_SEGMENTS_MAX);
		return MM_EINVAL;
	}

	struct kernel_segment *segment = &image->segments[image->segment_count];

	*segment = (struct kernel_segment){
		.file_offset = ph->offset,
		.file_size = ph->filesz,
		.phys = image->relocatable ? ph->vaddr : ph->paddr,
		.virt = ph->vaddr + (image->relocatable ? KERNEL_PIE_VIRT : 0),
		.mem_size = ph->memsz,
		.flags = (ph->flags & PF_W ? PAGING_WRITE : 0) | (ph->flags & PF_X ? PAGING_EXECUTE : 0),
		.index = index,
	};
	if ((segment->flags & PAGING_WRITE) && (segment->flags & PAGING_EXECUTE)) {
		print(why, "segment %u is writable and executable; needed: one or the other; separate code and data in the "
			   "linker script (PHDRS, or ld's -z separate-code)", index);
		return MM_EINVAL;
	}
	for (size_t i = 0; i < image->segment_count; i++) {
		int error = check_pair(&image->segments[i], segment, why);

		if (error)
			return error;
	}
	image->segment_count++;
	return 0;
}

int elf64_read_header(const uint8_t *head, size_t head_size, uint64_t file_size, struct elf64_header *header, struct printer *why)
{
	uint64_t table, end;
	int error;

	if (head_size < sizeof(*header)) {
		print(why, "truncated: %llu bytes, an ELF64 header alone has 64; copy it again", X(head_size));
		return MM_EINVAL;
	}
	__builtin_memcpy(header, head, sizeof(*header));
	error = check_header(header, why);
	if (error)
		return error;
	table = (uint64_t)header->phnum * sizeof(struct elf64_program_header);
	if (__builtin_add_overflow(header->phoff, table, &end) || end > head_size) {
		print(why, "%s: program headers at %llu with %llu bytes, but %s %llu; %s",
		      end > file_size ? "truncated" : "program headers too far back", X(header->phoff), X(table),
		      end > file_size ? "the file has" : "they must lie in the first",
		      X(end > file_size ? file_size : head_size), end > file_size ? "copy it again" : "link the kernel again");
		return MM_EINVAL;
	}
	return 0;
}

static int parse_segments(const uint8_t *head, const struct elf64_header *header, uint64_t file_size,
			  struct kernel_image *image, struct printer *why)
{
	for (unsigned i = 0; i < header->phnum; i++) {
		struct elf64_program_header ph;
		int error;

		__builtin_memcpy(&ph, head + header->phoff + i * sizeof(ph), sizeof(ph));
		if (ph.type == PT_INTERP) {
			print(why, "wants a dynamic linker (PT_INTERP); needed: a static executable; link with -static%s",
			      image->relocatable ? "-pie" : "");
			return MM_EINVAL;
		}
		if (ph.type == PT_DYNAMIC && image->relocatable) {
			image->dynamic_virt = ph.vaddr;
			image->dynamic_size = ph.memsz;
		}
		if (ph.type != PT_LOAD || (ph.memsz == 0 && ph.filesz == 0))
			continue;
		error = check_segment(&ph, i, file_size, image->relocatable, why);
		if (!error)
			error = add_segment(image, &ph, i, why);
		if (error)
			return error;
	}
	if (image->segment_count == 0) {
		print(why, "no loadable segment among %u program headers; link the kernel as an executable", header->phnum);
		return MM_EINVAL;
	}
	return 0;
}

static int elf64_parse(const uint8_t *head, size_t head_size, uint64_t file_size, struct kernel_image *image,
		       struct printer *why)
{
	struct elf64_header header;
	int error = elf64_read_header(head, head_size, file_size, &header, why);

	if (error)
		return error;
	*image = (struct kernel_image){
		.format = KERNEL_ELF64,
		.relocatable = header.type == ET_DYN,
		.alignment = PAGING_SIZE_2M,
		.entry = header.entry + (header.type == ET_DYN ? KERNEL_PIE_VIRT : 0),
		.initrd_max = UINT64_MAX,
		.data_max = UINT64_MAX,
		.command_line_max = COMMAND_LINE_SIZE - 1,
	};
	error = parse_segments(head, &header, file_size, image, why);
	if (error)
		return error;

	bool entered = false;

	for (size_t i = 0; i < image->segment_count; i++) {
		const struct kernel_segment *segment = &image->segments[i];

		if (image->relocatable && segment->phys + segment->mem_size > image->memory_size)
			image->memory_size = segment->phys + segment->mem_size;
		entered |= (segment->flags & PAGING_EXECUTE) && image->entry >= segment->virt &&
			   image->entry - segment->virt < segment->mem_size;
	}
	if (!entered) {
		print(why, "entry point 0x%llx lies in no executable segment; needed: a virtual address in one; correct "
			   "ENTRY() in the linker script", X(image->entry));
		return MM_EINVAL;
	}
	return 0;
}

const struct kernel_format_ops elf64_format = { "ELF64", elf64_probe, elf64_parse };
