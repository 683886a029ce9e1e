/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Prepared kernels: a bzImage's kernel unpacked once, in a file that is read straight to its final place. docs/prepared.md
 * describes the format; `mapbridge prepare` writes it.
 */
#ifndef LOADER_PREPARED_H
#define LOADER_PREPARED_H

#include <loader/digest.h>
#include <loader/kernel_image.h>

#define PREPARED_MAGIC "\x89MBK\r\n\x1a\n"
#define PREPARED_VERSION 1
#define PREPARED_SEGMENTS_MAX KERNEL_SEGMENTS_MAX
#define PREPARED_HEADER_SIZE 1024
#define PREPARED_HEAD_MAX (UINT64_C(1) << 28) /* bytes of header and relocations: far more than any kernel has */
#define PREPARED_START_KERNEL_MAP UINT64_C(0xffffffff80000000) /* virtual address of physical 0 without KASLR */
#define PREPARED_IMAGE_MAX UINT64_C(0x40000000) /* KERNEL_IMAGE_SIZE: what Linux maps there */

/* What a relocation is, in the order of the tables in the file. Source: Linux's arch/x86/boot/compressed/misc.c. */
enum prepared_relocation {
	PREPARED_RELOCATION_64,         /* 8 bytes that the virtual offset is added to */
	PREPARED_RELOCATION_INVERSE_32, /* 4 bytes that it is subtracted from: per-CPU addresses of kernels before 6.15 */
	PREPARED_RELOCATION_32,         /* 4 bytes that it is added to */
	PREPARED_RELOCATIONS
};

/* Pages of the image. */
struct prepared_segment {
	uint64_t offset; /* of their first byte, from the kernel's lowest byte */
	uint64_t size;
};

struct prepared_table {
	uint32_t offset; /* in the file */
	uint32_t size;   /* bytes; 0: no such relocations */
};

/* At the file's beginning; all numbers are little endian. Then come the relocations, and page-aligned the segments. */
struct prepared_header {
	uint8_t magic[8];
	uint32_t version;
	uint32_t head_size;   /* bytes of header and relocations, a multiple of 4096: where the first segment is */
	uint64_t head_digest; /* XXH64 of what follows the two digests, as far as head_size */
	uint8_t file_digest[SHA256_SIZE]; /* SHA-256 of what follows the two digests, to the end of the file */
	uint64_t file_size;
	uint64_t source_size;         /* of the bzImage that it was made from, bytes */
	uint64_t source_setup_digest; /* XXH64 of its first source_setup_size bytes: its setup code */
	uint32_t source_setup_size;
	uint32_t segment_count;
	uint8_t source_digest[SHA256_SIZE]; /* SHA-256 of it */
	uint64_t link_address; /* physical */
	uint64_t memory_size;  /* from there to the end of its bss and brk */
	uint64_t entry;        /* offset from the lowest byte */
	struct prepared_table relocations[PREPARED_RELOCATIONS];
	uint8_t setup_header[0xa0]; /* the bzImage's bytes from 0x1f1 on */
	char kernel_version[256];   /* as the bzImage tells it, NUL-terminated */
	struct prepared_segment segments[PREPARED_SEGMENTS_MAX];
	uint8_t reserved[0xb8]; /* 0 */
};

#define PREPARED_DIGESTS_END offsetof(struct prepared_header, file_size)

_Static_assert(offsetof(struct prepared_header, head_size) == 0x0c, "prepared_header");
_Static_assert(offsetof(struct prepared_header, head_digest) == 0x10, "prepared_header");
_Static_assert(offsetof(struct prepared_header, file_digest) == 0x18, "prepared_header");
_Static_assert(offsetof(struct prepared_header, file_size) == 0x38, "prepared_header");
_Static_assert(offsetof(struct prepared_header, source_size) == 0x40, "prepared_header");
_Static_assert(offsetof(struct prepared_header, source_setup_digest) == 0x48, "prepared_header");
_Static_assert(offsetof(struct prepared_header, source_setup_size) == 0x50, "prepared_header");
_Static_assert(offsetof(struct prepared_header, segment_count) == 0x54, "prepared_header");
_Static_assert(offsetof(struct prepared_header, source_digest) == 0x58, "prepared_header");
_Static_assert(offsetof(struct prepared_header, link_address) == 0x78, "prepared_header");
_Static_assert(offsetof(struct prepared_header, memory_size) == 0x80, "prepared_header");
_Static_assert(offsetof(struct prepared_header, entry) == 0x88, "prepared_header");
_Static_assert(offsetof(struct prepared_header, relocations) == 0x90, "prepared_header");
_Static_assert(offsetof(struct prepared_header, setup_header) == 0xa8, "prepared_header");
_Static_assert(offsetof(struct prepared_header, kernel_version) == 0x148, "prepared_header");
_Static_assert(offsetof(struct prepared_header, segments) == 0x248, "prepared_header");
_Static_assert(offsetof(struct prepared_header, reserved) == 0x348, "prepared_header");
_Static_assert(sizeof(struct prepared_header) == PREPARED_HEADER_SIZE, "prepared_header");

/*
 * Checks what parse() could not see: head, the first head_size bytes of a file that parsed to image. MM_EINVAL with a sentence
 * on why: the digest is wrong, or a relocation lies outside the image. 2-byte alignment is enough for head.
 */
int prepared_check_head(const struct kernel_image *image, const struct prepared_header *head, struct printer *why);

/* Whether there are any relocations: without, the kernel can only run at the virtual address that it was linked at. */
bool prepared_has_relocations(const struct prepared_header *head);

/* Whether every relocation lies inside an image of that many bytes. MM_EINVAL with a sentence on why when one does not. */
int prepared_check_relocations(const struct prepared_header *head, uint64_t memory_size, struct printer *why);

/*
 * Checks and then applies the relocations: memory holds the image's memory_size bytes, delta is the virtual address that it will
 * have less the one it was linked at. MM_EINVAL as above; memory is untouched then.
 */
int prepared_relocate(const struct prepared_header *head, uint64_t memory_size, uint8_t *memory, uint64_t delta,
		      struct printer *why);

/* Starts the SHA-256 that file_digest is, with the head; the segments are to be added in the file's order. */
void prepared_digest_start(const struct prepared_header *head, struct sha256 *sha);

#endif
