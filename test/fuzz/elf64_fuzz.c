/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as a kernel file: what is accepted keeps the promises, can be loaded, and relocates inside its image. */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include <loader/kernel_image.h>
#include <mm/paging.h>

#define require(condition) ((condition) ? (void)0 : abort())

/* Most inputs get a header and addresses that pass the first checks, so that the later ones are reached. */
static void mend(uint8_t *file, size_t size)
{
	Elf64_Ehdr header;
	uint64_t high;

	memcpy(&header, file, sizeof(header));
	memcpy(header.e_ident, "\177ELF\2\1\1", 7);
	header.e_type = header.e_type & 1 ? ET_DYN : ET_EXEC;
	header.e_machine = EM_X86_64;
	header.e_phoff = sizeof(header);
	header.e_phentsize = sizeof(Elf64_Phdr);
	header.e_phnum %= (size - sizeof(header)) / sizeof(Elf64_Phdr) + 1;
	high = header.e_type == ET_DYN ? 0 : UINT64_C(0xffffffff80000000);
	header.e_entry = (header.e_entry & 0xffff) | high;
	memcpy(file, &header, sizeof(header));
	for (unsigned i = 0; i < header.e_phnum; i++) {
		Elf64_Phdr ph;

		memcpy(&ph, file + sizeof(header) + i * sizeof(ph), sizeof(ph));
		ph.p_type = ph.p_type % 8 == 7 ? PT_DYNAMIC : ph.p_type % 64 == 6 ? PT_INTERP : PT_LOAD;
		ph.p_vaddr = (ph.p_vaddr & 0xffff) | high;
		ph.p_paddr = (ph.p_paddr & 0xf000) | (ph.p_vaddr & 0xfff);
		ph.p_offset %= size;
		ph.p_filesz %= size - ph.p_offset + 1;
		ph.p_memsz = ph.p_filesz + ph.p_memsz % 0x4000;
		memcpy(file + sizeof(header) + i * sizeof(ph), &ph, sizeof(ph));
	}
}

static void check_and_load(const struct kernel_image *image, const uint8_t *file, size_t size, struct printer *why)
{
	uint8_t *memory = image->relocatable ? calloc(1, image->memory_size) : NULL;

	for (size_t i = 0; i < image->segment_count; i++) {
		const struct kernel_segment *s = &image->segments[i];

		require(s->file_size <= s->mem_size && s->file_offset <= size && s->file_size <= size - s->file_offset);
		require(s->virt >= KERNEL_VIRT_MIN && s->virt + (s->mem_size - 1) >= s->virt && s->flags < 3);
		for (const struct kernel_segment *o = image->segments; o < s; o++)
			require(s->phys > o->phys + (o->mem_size - 1) || o->phys > s->phys + (s->mem_size - 1));
		if (memory)
			memcpy(memory + s->phys, file + s->file_offset, s->file_size);
	}
	if (memory)
		elf64_relocate(image, memory, why);
	free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kernel_image image;
	struct buffer_printer why;
	char text[600];
	uint8_t *file = memcpy(malloc(size), data, size);
	int error;

	if (size > sizeof(Elf64_Ehdr) && data[0] != 0x7f)
		mend(file, size);
	buffer_printer_init(&why, text, sizeof(text));
	error = kernel_image_parse(file, size < KERNEL_HEAD_SIZE ? size : KERNEL_HEAD_SIZE, size, &image, &why.printer);
	require((error == 0) == (why.length == 0) && (error == 0 || error == MM_EINVAL) && why.length < sizeof(text));
	if (!error && image.format == KERNEL_ELF64 && image.memory_size <= UINT64_C(4) << 20)
		check_and_load(&image, file, size, &why.printer);
	free(file);
	return 0;
}
