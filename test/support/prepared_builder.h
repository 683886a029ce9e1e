/* SPDX-License-Identifier: BSD-2-Clause */
/* A small prepared kernel whose fields a test may change before its digests are made. */
#ifndef TEST_SUPPORT_PREPARED_BUILDER_H
#define TEST_SUPPORT_PREPARED_BUILDER_H

#include <string.h>

#include <loader/prepared.h>

#define BUILT_HEAD 4096
#define BUILT_IMAGE 0x5800 /* its last page is half there, and has nothing but bss */
#define BUILT_FILE (BUILT_HEAD + 3 * 4096)

struct prepared_file {
	struct prepared_header header;
	uint16_t units[(BUILT_HEAD - sizeof(struct prepared_header)) / 2]; /* of relocations */
	uint8_t pages[3][4096];
};

_Static_assert(sizeof(struct prepared_file) == BUILT_FILE, "a file without gaps");

static inline void put_field(uint8_t *at, unsigned bytes, uint64_t value)
{
	for (unsigned i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

/* What Debian's kernels have in their setup header, at offsets from 0x1f1. */
static inline void put_setup_header(uint8_t *at)
{
	put_field(at + 0x0, 1, 39);             /* setup_sects */
	put_field(at + 0xd, 2, 0xaa55);         /* boot_flag */
	put_field(at + 0xf, 2, 0x6aeb);         /* jump: the header ends at 0x26c */
	put_field(at + 0x11, 4, 0x53726448);    /* HdrS */
	put_field(at + 0x15, 2, 0x20f);         /* version */
	put_field(at + 0x20, 1, 1);             /* loadflags: LOADED_HIGH */
	put_field(at + 0x3b, 4, 0x7fffffff);    /* initrd_addr_max */
	put_field(at + 0x3f, 4, 0x200000);      /* kernel_alignment */
	put_field(at + 0x43, 1, 1);             /* relocatable_kernel */
	put_field(at + 0x45, 2, 0x7f);          /* xloadflags */
	put_field(at + 0x47, 4, 2047);          /* cmdline_size */
	put_field(at + 0x67, 8, 0x1000000);     /* pref_address */
	put_field(at + 0x6f, 4, 0x3378000);     /* init_size */
}

/* Two segments: pages 0 and 1, and page 3. A relocation of each kind, and one so far away that it takes two units. */
static inline void prepared_file_init(struct prepared_file *file)
{
	struct prepared_header *header = &file->header;

	memset(file, 0, sizeof(*file));
	memcpy(header->magic, PREPARED_MAGIC, sizeof(header->magic));
	header->version = PREPARED_VERSION;
	header->head_size = BUILT_HEAD;
	header->file_size = BUILT_FILE;
	header->source_size = 14186432;
	header->source_setup_size = 20480;
	header->segment_count = 2;
	header->link_address = 0x1000000;
	header->memory_size = BUILT_IMAGE;
	header->entry = 0x40;
	header->relocations[PREPARED_RELOCATION_64] = (struct prepared_table){ sizeof(*header), 6 };
	header->relocations[PREPARED_RELOCATION_INVERSE_32] = (struct prepared_table){ sizeof(*header) + 6, 2 };
	header->relocations[PREPARED_RELOCATION_32] = (struct prepared_table){ sizeof(*header) + 8, 4 };
	put_setup_header(header->setup_header);
	memcpy(header->kernel_version, "6.1.0-test", sizeof("6.1.0-test"));
	header->segments[0] = (struct prepared_segment){ 0, 2 * 4096 };
	header->segments[1] = (struct prepared_segment){ 3 * 4096, 4096 };
	file->units[0] = 0x401;  /* 64-bit: 0x100 and, directly behind it, 0x108 */
	file->units[1] = 0x8000; /* 0x110 + 0x3ef0 = 0x4000, in memory that the file does not have */
	file->units[2] = 0x3ef0;
	file->units[3] = 0x118;  /* inverse: 0x118 */
	file->units[4] = 0;      /* 32-bit: 0 */
	file->units[5] = 0x57f8; /* 0 + 4 + 0x57f8 = the last 4 bytes */
	memset(file->pages[0], 0x11, sizeof(file->pages[0]));
	memset(file->pages[1], 0x22, sizeof(file->pages[1]));
	memset(file->pages[2], 0x33, sizeof(file->pages[2]));
}

/* The digests of what is in the file now. */
static inline void prepared_file_seal(struct prepared_file *file)
{
	const uint8_t *bytes = (const uint8_t *)file;
	struct sha256 sha;

	file->header.head_digest = xxh64(bytes + PREPARED_DIGESTS_END, BUILT_HEAD - PREPARED_DIGESTS_END);
	sha256_start(&sha);
	sha256_add(&sha, bytes + PREPARED_DIGESTS_END, BUILT_FILE - PREPARED_DIGESTS_END);
	sha256_finish(&sha, file->header.file_digest);
}

#endif
