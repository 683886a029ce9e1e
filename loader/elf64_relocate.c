/* SPDX-License-Identifier: BSD-2-Clause */
/* Relocations of a static-PIE kernel, applied in its loaded image. */
#include "elf64_format.h"

#include <loader/kernel_image.h>

#define X(value) ((unsigned long long)(value))

static bool inside(const struct kernel_image *image, uint64_t offset, uint64_t size)
{
	return offset <= image->memory_size && size <= image->memory_size - offset;
}

static int apply(const struct kernel_image *image, uint8_t *memory, const struct elf64_rela *rela, struct printer *why)
{
	uint32_t type = (uint32_t)rela->info;
	uint64_t value = KERNEL_PIE_VIRT + (uint64_t)rela->addend;

	if (type == R_X86_64_NONE)
		return 0;
	if (type != R_X86_64_RELATIVE) {
		print(why, "relocation type %u at 0x%llx; needed: R_X86_64_RELATIVE (8) only; link with -static-pie and define every "
			   "symbol", type, X(rela->offset));
		return MM_EINVAL;
	}
	if (!inside(image, rela->offset, sizeof(value))) {
		print(why, "a relocation at 0x%llx lies outside the image of %llu bytes; the file is damaged", X(rela->offset),
		      X(image->memory_size));
		return MM_EINVAL;
	}
	__builtin_memcpy(memory + rela->offset, &value, sizeof(value));
	return 0;
}

/* Where PT_DYNAMIC says the relocations are; size 0 when there are none. */
static int find_table(const struct kernel_image *image, const uint8_t *memory, uint64_t *table, uint64_t *size,
		      struct printer *why)
{
	bool has_table = false, has_size = false;

	*table = *size = 0;
	if (!inside(image, image->dynamic_virt, image->dynamic_size)) {
		print(why, "PT_DYNAMIC at 0x%llx with %llu bytes lies outside the image of %llu bytes; the file is damaged",
		      X(image->dynamic_virt), X(image->dynamic_size), X(image->memory_size));
		return MM_EINVAL;
	}
	for (uint64_t at = 0; image->dynamic_size - at >= sizeof(struct elf64_dynamic); at += sizeof(struct elf64_dynamic)) {
		struct elf64_dynamic entry;

		__builtin_memcpy(&entry, memory + image->dynamic_virt + at, sizeof(entry));
		if (entry.tag == DT_NULL) {
			if (has_table == has_size && *size % sizeof(struct elf64_rela) == 0)
				return 0;
			print(why, "relocation table at 0x%llx with %llu bytes; needed: both DT_RELA and DT_RELASZ, a multiple "
				   "of 24 bytes; the file is damaged", X(*table), X(*size));
			return MM_EINVAL;
		}
		if (entry.tag == DT_RELA) {
			*table = entry.value;
			has_table = true;
		} else if (entry.tag == DT_RELASZ) {
			*size = entry.value;
			has_size = true;
		} else if (entry.tag == DT_REL || entry.tag == DT_JMPREL || entry.tag == DT_RELR ||
			   (entry.tag == DT_RELAENT && entry.value != sizeof(struct elf64_rela))) {
			print(why, "relocations of a kind that is not understood (dynamic tag %lld); needed: DT_RELA alone; link with "
				   "-z nopack-relative-relocs and without a PLT", (long long)entry.tag);
			return MM_EINVAL;
		}
	}
	/* A list that was cut off may have lost its DT_RELA. */
	print(why, "PT_DYNAMIC at 0x%llx has no DT_NULL in its %llu bytes; the file is damaged", X(image->dynamic_virt),
	      X(image->dynamic_size));
	return MM_EINVAL;
}

int elf64_relocate(const struct kernel_image *image, uint8_t *memory, struct printer *why)
{
	uint64_t table, size;
	int error;

	if (image->dynamic_size == 0)
		return 0;
	error = find_table(image, memory, &table, &size, why);
	if (error)
		return error;
	if (!inside(image, table, size)) {
		print(why, "relocation table at 0x%llx with %llu bytes lies outside the image of %llu bytes; the file is damaged",
		      X(table), X(size), X(image->memory_size));
		return MM_EINVAL;
	}
	for (uint64_t at = 0; at < size; at += sizeof(struct elf64_rela)) {
		struct elf64_rela rela;

		__builtin_memcpy(&rela, memory + table + at, sizeof(rela));
		error = apply(image, memory, &rela, why);
		if (error)
			return error;
	}
	return 0;
}
