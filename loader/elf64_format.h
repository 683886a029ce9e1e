/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of the ELF64 file format that a loader reads. Source: System V ABI, chapters 4 and 5. */
#ifndef LOADER_ELF64_FORMAT_H
#define LOADER_ELF64_FORMAT_H

#include <mm/printer.h>
#include <mm/types.h>

struct elf64_header {
	uint8_t magic[4];
	uint8_t class;
	uint8_t data;
	uint8_t ident_version;
	uint8_t padding[9];
	uint16_t type;
	uint16_t machine;
	uint32_t version;
	uint64_t entry;
	uint64_t phoff;
	uint64_t shoff;
	uint32_t flags;
	uint16_t ehsize;
	uint16_t phentsize;
	uint16_t phnum;
	uint16_t shentsize;
	uint16_t shnum;
	uint16_t shstrndx;
};

struct elf64_program_header {
	uint32_t type;
	uint32_t flags;
	uint64_t offset;
	uint64_t vaddr;
	uint64_t paddr;
	uint64_t filesz;
	uint64_t memsz;
	uint64_t align;
};

struct elf64_dynamic {
	int64_t tag;
	uint64_t value;
};

struct elf64_rela {
	uint64_t offset;
	uint64_t info;
	int64_t addend;
};

_Static_assert(sizeof(struct elf64_header) == 64, "Elf64_Ehdr");
_Static_assert(offsetof(struct elf64_header, phoff) == 32, "Elf64_Ehdr");
_Static_assert(offsetof(struct elf64_header, phnum) == 56, "Elf64_Ehdr");
_Static_assert(sizeof(struct elf64_program_header) == 56, "Elf64_Phdr");
_Static_assert(sizeof(struct elf64_dynamic) == 16, "Elf64_Dyn");
_Static_assert(sizeof(struct elf64_rela) == 24, "Elf64_Rela");

enum { ELFCLASS32 = 1, ELFCLASS64 = 2, ELFDATA2LSB = 1 };
enum { ET_EXEC = 2, ET_DYN = 3, EM_X86_64 = 62 };
enum { PT_LOAD = 1, PT_DYNAMIC = 2, PT_INTERP = 3 };
enum { PF_X = 1, PF_W = 2, PF_R = 4 };
enum { DT_NULL = 0, DT_RELA = 7, DT_RELASZ = 8, DT_RELAENT = 9, DT_REL = 17, DT_JMPREL = 23, DT_RELR = 36 };
enum { R_X86_64_NONE = 0, R_X86_64_RELATIVE = 8 };

/*
 * The file header, checked: ELF64 for x86-64, executable or position-independent, its program headers in the first head_size bytes.
 * MM_EINVAL with a sentence on why. *header is undefined then.
 */
int elf64_read_header(const uint8_t *head, size_t head_size, uint64_t file_size, struct elf64_header *header, struct printer *why);

/* That a PT_LOAD's bytes are in the file, fit its memory, and that no address wraps around; MM_EINVAL as above. */
int elf64_check_ranges(const struct elf64_program_header *ph, unsigned index, uint64_t file_size, struct printer *why);

#endif
