/* SPDX-License-Identifier: BSD-2-Clause */
/* What a kernel file is and where its parts want to go, told from its first bytes, never from its name. */
#ifndef LOADER_KERNEL_IMAGE_H
#define LOADER_KERNEL_IMAGE_H

#include <loader/boot_params.h>
#include <mm/printer.h>
#include <mm/types.h>

/* How much of a kernel file its parser wants to see: the first bytes, or the whole file when it is smaller. */
#define KERNEL_HEAD_SIZE 65536
#define KERNEL_SEGMENTS_MAX 16

/* Own ELF64 kernels are linked at or above this address: the upper half with 4 levels of page tables. */
#define KERNEL_VIRT_MIN UINT64_C(0xffff800000000000)
/* Where a position-independent ELF64 kernel's address 0 is mapped. */
#define KERNEL_PIE_VIRT UINT64_C(0xffffffff80000000)

enum kernel_format {
	KERNEL_ELF64,
	KERNEL_BZIMAGE,
	KERNEL_VMLINUX, /* Linux unpacked: ELF64 entered at a physical address */
	KERNEL_PREPARED /* Linux unpacked by `mapbridge prepare` */
};

/* One PT_LOAD. Pages of segments with different permissions never touch the same 4 KiB page. */
struct kernel_segment {
	uint64_t file_offset;
	uint64_t file_size;
	uint64_t phys;     /* p_paddr; offset from the load address when the kernel is relocatable */
	uint64_t virt;     /* p_vaddr; the final address, for a position-independent kernel too */
	uint64_t mem_size; /* at least file_size; the rest is cleared */
	uint32_t flags;    /* enum paging_flags */
	unsigned index;    /* in the file's program header table, for messages */
};

struct kernel_image {
	enum kernel_format format;
	bool relocatable;     /* the loader chooses the physical address */
	uint64_t alignment;   /* of that address, a power of two, at least 4096 */
	uint64_t min_address; /* lowest address that may be chosen (bzImage: pref_address; unpacked: its link address) */
	uint64_t memory_size; /* relocatable or bzImage: bytes of memory from the load address on */
	uint64_t entry;       /* ELF64: virtual address; Linux: offset from the load address */
	uint64_t initrd_max;  /* highest address that the initrd's last byte may have */
	uint64_t data_max;    /* the same for kernel, boot_params and command line */
	uint64_t command_line_max; /* bytes, without the NUL */

	struct kernel_segment segments[KERNEL_SEGMENTS_MAX];
	size_t segment_count;
	uint64_t dynamic_virt; /* PT_DYNAMIC of a position-independent ELF64, and its size; 0: none */
	uint64_t dynamic_size;

	uint32_t header_size; /* bzImage, prepared: bytes of header that are valid */
	struct setup_header header;
};

/*
 * One kernel format: probe() says from the first bytes whether the file is one; parse() fills *image, or says on why in one
 * sentence without a newline what is wrong, what was needed and what to do, and returns MM_EINVAL.
 * head holds min(file_size, KERNEL_HEAD_SIZE) bytes.
 */
struct kernel_format_ops {
	const char *name;
	bool (*probe)(const uint8_t *head, size_t head_size);
	int (*parse)(const uint8_t *head, size_t head_size, uint64_t file_size, struct kernel_image *image,
		     struct printer *why);
};

extern const struct kernel_format_ops elf64_format;
extern const struct kernel_format_ops bzimage_format;
extern const struct kernel_format_ops vmlinux_format;
extern const struct kernel_format_ops prepared_format;

/* Where a bzImage has its setup header, in the file and in boot_params, and the highest end that it can have. */
#define BZIMAGE_HEADER_OFFSET 0x1f1
#define BZIMAGE_HEADER_END 0x290 /* edd_mbr_sig_buffer follows in boot_params */

/*
 * Checks a bzImage's setup header in the first head_size bytes (at least 0x202) of a file, and makes *image anew from it, except
 * for the place and the segments. MM_EINVAL with a sentence on why.
 */
int bzimage_read_header(const uint8_t *head, size_t head_size, uint64_t file_size, struct kernel_image *image,
			struct printer *why);

/* Bytes of a bzImage before its protected-mode part: the boot sector and the setup code. */
static inline uint32_t bzimage_setup_size(const struct setup_header *header)
{
	return ((header->setup_sects ? header->setup_sects : 4U) + 1) * 512;
}

/* Whether it is entered by Linux's boot protocol, and not by that of docs/handoff.md. */
static inline bool kernel_is_linux(const struct kernel_image *image)
{
	return image->format != KERNEL_ELF64;
}

/* Tells the format by content and parses; returns and explains as parse(). *image is undefined after an error. */
int kernel_image_parse(const uint8_t *head, size_t head_size, uint64_t file_size, struct kernel_image *image,
		       struct printer *why);

/* "ELF64 kernel", "ELF64 kernel (position-independent)", "Linux bzImage, protocol 2.15", "Linux vmlinux". */
void kernel_image_print(const struct kernel_image *image, struct printer *out);

/*
 * Applies the relocations of a position-independent ELF64 kernel: memory holds its memory_size bytes as loaded, bss cleared.
 * Only R_X86_64_RELATIVE and R_X86_64_NONE can occur in a static-PIE. MM_EINVAL with a sentence on why: another type, or a table
 * or target outside the image (memory may be partly relocated then). Source: System V ABI, AMD64 supplement, section 4.4.
 */
int elf64_relocate(const struct kernel_image *image, uint8_t *memory, struct printer *why);

#endif
