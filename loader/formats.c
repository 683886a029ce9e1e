/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel formats, one row each. */
#include <loader/file_kind.h>
#include <loader/kernel_image.h>

static const struct kernel_format_ops *const formats[] = { &vmlinux_format, &elf64_format, &bzimage_format,
						       &prepared_format };

static bool all_zero(const uint8_t *head, size_t head_size)
{
	for (size_t i = 0; i < head_size; i++)
		if (head[i])
			return false;
	return true;
}

/* The sentence about a file of no format. */
static void explain_other(const uint8_t *head, size_t head_size, uint64_t file_size, struct printer *why)
{
	const struct file_kind *kind = file_kind_of(head, head_size);
	unsigned multiboot = file_multiboot_version(head, head_size);

	if (file_size == 0)
		print(why, "empty; needed: an ELF64 kernel or a Linux bzImage; copy it again");
	else if (all_zero(head, head_size))
		print(why, "nothing but zeros in its first %zu bytes; needed: an ELF64 kernel or a Linux bzImage; copy it again",
		      head_size);
	else if (multiboot)
		print(why, "a multiboot %u kernel; needed: an ELF64 kernel or a Linux bzImage; " MULTIBOOT_ADVICE, multiboot);
	else if (kind)
		print(why, "%s; needed: an ELF64 kernel or a Linux bzImage; %s", kind->what, kind->advice);
	else
		print(why, "neither an ELF64 kernel nor a Linux bzImage (first bytes %02x %02x %02x %02x, %llu bytes); check which file "
			   "the entry names", head[0], head_size > 1 ? head[1] : 0, head_size > 2 ? head[2] : 0,
		      head_size > 3 ? head[3] : 0, (unsigned long long)file_size);
}

int kernel_image_parse(const uint8_t *head, size_t head_size, uint64_t file_size, struct kernel_image *image,
		       struct printer *why)
{
	for (size_t i = 0; i < MM_ARRAY_COUNT(formats); i++) {
		if (!formats[i]->probe(head, head_size))
			continue;
		if (formats[i]->parse(head, head_size, file_size, image, why) == 0)
			return 0;
		/* an ELF file that is no kernel of ours may be one of the other kind */
		if (formats[i] == &elf64_format && file_multiboot_version(head, head_size))
			print(why, "; it is a multiboot %u kernel: " MULTIBOOT_ADVICE, file_multiboot_version(head, head_size));
		return MM_EINVAL;
	}
	explain_other(head, head_size, file_size, why);
	return MM_EINVAL;
}

void kernel_image_print(const struct kernel_image *image, struct printer *out)
{
	if (image->format == KERNEL_BZIMAGE)
		print(out, "Linux bzImage, boot protocol %u.%02u", image->header.version >> 8, image->header.version & 0xff);
	else if (image->format == KERNEL_PREPARED)
		print(out, "prepared Linux kernel, %zu segments", image->segment_count);
	else if (image->format == KERNEL_VMLINUX)
		print(out, "Linux vmlinux, %zu segments", image->segment_count);
	else
		print(out, "ELF64 kernel%s, %zu segments", image->relocatable ? " (position-independent)" : "",
		      image->segment_count);
}
