/* SPDX-License-Identifier: BSD-2-Clause */
/* Linux's bzImage, entered at its 64-bit entry point. Source: Linux's Documentation/arch/x86/boot.rst. */
#include <loader/kernel_image.h>

#define X(value) ((unsigned long long)(value))
#define ENTRY_64 0x200
#define VERSION_64 0x20c /* the first protocol with xloadflags */
#define HEADER_MIN_END 0x264 /* init_size is the last field that a loader must know */
#define ALIGNMENT_MIN UINT64_C(0x1000)
#define FOUR_GIB UINT64_C(0x100000000)

static bool bzimage_probe(const uint8_t *head, size_t head_size)
{
	return head_size >= 0x206 && head[0x1fe] == 0x55 && head[0x1ff] == 0xaa && head[0x202] == 'H' &&
	       head[0x203] == 'd' && head[0x204] == 'r' && head[0x205] == 'S';
}

static int check_protocol(const struct setup_header *header, size_t end, struct printer *why)
{
	if (header->version < VERSION_64) {
		print(why, "boot protocol %u.%02u; needed: 2.12 or later with a 64-bit entry; use a newer kernel",
		      header->version >> 8, header->version & 0xff);
		return MM_EINVAL;
	}
	if (end < HEADER_MIN_END) {
		print(why, "setup header ends at 0x%zx; needed: 0x%x or more in boot protocol %u.%02u; the file is damaged", end,
		      HEADER_MIN_END, header->version >> 8, header->version & 0xff);
		return MM_EINVAL;
	}
	if (!(header->xloadflags & XLF_KERNEL_64)) {
		print(why, "a kernel without a 64-bit entry (xloadflags 0x%x, XLF_KERNEL_64 not set); needed: an x86-64 kernel",
		      header->xloadflags);
		return MM_EINVAL;
	}
	if (header->kernel_alignment < ALIGNMENT_MIN || (header->kernel_alignment & (header->kernel_alignment - 1))) {
		if (header->relocatable_kernel) {
			print(why, "kernel_alignment 0x%x; needed: a power of two, 4096 or more; the file is damaged",
			      header->kernel_alignment);
			return MM_EINVAL;
		}
	}
	return 0;
}

static int check_sizes(const struct setup_header *header, uint64_t setup_size, uint64_t file_size, struct printer *why)
{
	uint64_t kernel_size = (uint64_t)header->syssize * 16, needed = setup_size + kernel_size, end;

	if (kernel_size <= ENTRY_64) {
		print(why, "syssize 0x%x is %llu bytes; needed: more than the %d before the 64-bit entry; the file is damaged",
		      header->syssize, X(kernel_size), ENTRY_64);
		return MM_EINVAL;
	}
	if (file_size < needed) {
		print(why, "truncated: %llu bytes, its header asks for %llu; copy it again", X(file_size), X(needed));
		return MM_EINVAL;
	}
	if (header->init_size < kernel_size) {
		print(why, "init_size 0x%x is smaller than the kernel's %llu bytes; the file is damaged", header->init_size,
		      X(kernel_size));
		return MM_EINVAL;
	}
	if (__builtin_add_overflow(header->pref_address, header->init_size, &end) || (header->pref_address & MM_PAGE_MASK)) {
		print(why, "pref_address 0x%llx with init_size 0x%x makes no sense; needed: a multiple of 4096, and an end below "
			   "2^64; the file is damaged", X(header->pref_address), header->init_size);
		return MM_EINVAL;
	}
	if (!(header->xloadflags & XLF_CAN_BE_LOADED_ABOVE_4G) && end > FOUR_GIB) {
		print(why, "pref_address 0x%llx with init_size 0x%x ends above 4 GiB, but xloadflags 0x%x says that the kernel "
			   "cannot be loaded there; the file is damaged", X(header->pref_address), header->init_size,
		      header->xloadflags);
		return MM_EINVAL;
	}
	return 0;
}

int bzimage_read_header(const uint8_t *head, size_t head_size, uint64_t file_size, struct kernel_image *image,
			struct printer *why)
{
	struct setup_header header = { 0 };
	size_t end = 0x202 + head[0x201], size; /* the second byte of the jump tells the header's end */
	bool high;
	int error;

	if (end > BZIMAGE_HEADER_END || end < BZIMAGE_HEADER_OFFSET + offsetof(struct setup_header, realmode_swtch)) {
		print(why, "the setup header ends at 0x%zx; needed: between 0x208 and 0x%x; the file is damaged", end,
		      BZIMAGE_HEADER_END);
		return MM_EINVAL;
	}
	if (end > head_size) {
		print(why, "truncated: %llu bytes, the setup header alone ends at %zu; copy it again", X(file_size), end);
		return MM_EINVAL;
	}
	size = end - BZIMAGE_HEADER_OFFSET < sizeof(header) ? end - BZIMAGE_HEADER_OFFSET : sizeof(header);
	__builtin_memcpy(&header, head + BZIMAGE_HEADER_OFFSET, size);
	error = check_protocol(&header, end, why);
	if (error)
		return error;
	high = header.xloadflags & XLF_CAN_BE_LOADED_ABOVE_4G;
	*image = (struct kernel_image){
		.relocatable = header.relocatable_kernel,
		.alignment = header.relocatable_kernel ? header.kernel_alignment : ALIGNMENT_MIN,
		.initrd_max = high ? UINT64_MAX : header.initrd_addr_max,
		.data_max = high ? UINT64_MAX : UINT32_MAX,
		.command_line_max = header.cmdline_size < COMMAND_LINE_SIZE - 1 ? header.cmdline_size : COMMAND_LINE_SIZE - 1,
		.header_size = (uint32_t)size,
		.header = header,
	};
	return 0;
}

static int bzimage_parse(const uint8_t *head, size_t head_size, uint64_t file_size, struct kernel_image *image,
			 struct printer *why)
{
	const struct setup_header *header = &image->header;
	uint64_t setup_size;
	int error = bzimage_read_header(head, head_size, file_size, image, why);

	if (error)
		return error;
	setup_size = bzimage_setup_size(header);
	error = check_sizes(header, setup_size, file_size, why);
	if (error)
		return error;
	image->format = KERNEL_BZIMAGE;
	image->min_address = header->pref_address;
	image->memory_size = header->init_size;
	image->entry = ENTRY_64;
	image->segment_count = 1;
	/* What follows the protected-mode part in the file is a signature: no part of the kernel, and in no digest of a PE image. */
	image->segments[0] = (struct kernel_segment){ .file_offset = setup_size, .file_size = (uint64_t)header->syssize * 16,
						      .mem_size = header->init_size };
	return 0;
}

const struct kernel_format_ops bzimage_format = { "bzImage", bzimage_probe, bzimage_parse };
