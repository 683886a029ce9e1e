/* SPDX-License-Identifier: BSD-2-Clause */
/* Prepared kernels: the header and its checks. What a file says is not believed before all of it has been looked at. */
#include <loader/prepared.h>
#include <mm/paging.h>

#define X(value) ((unsigned long long)(value))
#define AGAIN "prepare the kernel again (mapbridge prepare)"

static bool prepared_probe(const uint8_t *head, size_t head_size)
{
	return head_size >= 8 && __builtin_memcmp(head, PREPARED_MAGIC, 8) == 0;
}

static int check_sizes(const struct prepared_header *header, uint64_t file_size, struct printer *why)
{
	if (header->version != PREPARED_VERSION) {
		print(why, "a prepared kernel of version %u; needed: version %d; " AGAIN " or use a newer loader", header->version,
		      PREPARED_VERSION);
		return MM_EINVAL;
	}
	if (header->file_size != file_size) {
		print(why, "%s: %llu bytes, its header says %llu; copy it again",
		      file_size < header->file_size ? "truncated" : "too long", X(file_size), X(header->file_size));
		return MM_EINVAL;
	}
	if (header->head_size < MM_PAGE_SIZE || (header->head_size & MM_PAGE_MASK) || header->head_size > file_size ||
	    header->head_size > PREPARED_HEAD_MAX) {
		print(why, "a head of %u bytes; needed: a multiple of 4096 up to the file's %llu bytes; " AGAIN, header->head_size,
		      X(file_size));
		return MM_EINVAL;
	}
	return 0;
}

static int check_image(const struct prepared_header *header, struct printer *why)
{
	uint64_t end;

	if (header->memory_size == 0 || header->memory_size > PREPARED_IMAGE_MAX ||
	    (header->link_address & (PAGING_SIZE_2M - 1)) ||
	    __builtin_add_overflow(header->link_address, header->memory_size, &end) || end > PREPARED_IMAGE_MAX) {
		print(why, "an image of %llu bytes linked at 0x%llx; needed: a multiple of 2 MiB, and all below 1 GiB; " AGAIN,
		      X(header->memory_size), X(header->link_address));
		return MM_EINVAL;
	}
	if (header->segment_count == 0 || header->segment_count > PREPARED_SEGMENTS_MAX) {
		print(why, "%u segments; needed: 1 to %d; " AGAIN, header->segment_count, PREPARED_SEGMENTS_MAX);
		return MM_EINVAL;
	}
	return 0;
}

/* In ascending order, without overlap, in whole pages, together exactly what follows the head. */
static int add_segments(const struct prepared_header *header, struct kernel_image *image, struct printer *why)
{
	uint64_t file_offset = header->head_size, done = 0, pages = (header->memory_size + MM_PAGE_MASK) & ~MM_PAGE_MASK;
	bool entered = false;

	for (unsigned i = 0; i < header->segment_count; i++) {
		struct prepared_segment segment = header->segments[i];

		if (segment.offset < done || segment.size == 0 || segment.offset > pages || segment.size > pages - segment.offset ||
		    ((segment.offset | segment.size) & MM_PAGE_MASK)) {
			print(why, "segment %u has 0x%llx bytes at 0x%llx; needed: whole pages between 0x%llx and 0x%llx; " AGAIN, i,
			      X(segment.size), X(segment.offset), X(done), X(pages));
			return MM_EINVAL;
		}
		image->segments[i] = (struct kernel_segment){
			.file_offset = file_offset,
			.file_size = segment.size,
			.phys = segment.offset,
			.virt = PREPARED_START_KERNEL_MAP + header->link_address + segment.offset,
			.mem_size = segment.size,
			.flags = PAGING_WRITE | PAGING_EXECUTE,
			.index = i,
		};
		entered |= header->entry >= segment.offset && header->entry - segment.offset < segment.size;
		done = segment.offset + segment.size;
		file_offset += segment.size;
	}
	if (file_offset != header->file_size || !entered) {
		print(why, "its segments end at byte %llu of %llu, and the entry point 0x%llx is %s one; needed: all bytes, and in one; "
		      AGAIN, X(file_offset), X(header->file_size), X(header->entry), entered ? "in" : "not in");
		return MM_EINVAL;
	}
	image->segment_count = header->segment_count;
	return 0;
}

static int check_tables(const struct prepared_header *header, struct printer *why)
{
	uint64_t done = sizeof(*header);

	for (unsigned i = 0; i < PREPARED_RELOCATIONS; i++) {
		struct prepared_table table = header->relocations[i];

		if (table.offset < done || table.offset > header->head_size || table.size > header->head_size - table.offset ||
		    (table.offset | table.size) % sizeof(uint16_t)) {
			print(why, "relocation table %u has %u bytes at %u; needed: between %llu and %u; " AGAIN, i, table.size, table.offset,
			      X(done), header->head_size);
			return MM_EINVAL;
		}
		done = (uint64_t)table.offset + table.size;
	}
	return 0;
}

static int prepared_parse(const uint8_t *head, size_t head_size, uint64_t file_size, struct kernel_image *image,
			  struct printer *why)
{
	struct prepared_header header;
	uint8_t sector[BZIMAGE_HEADER_END] = { 0 };
	int error;

	if (head_size < sizeof(header)) {
		print(why, "truncated: %llu bytes, the header of a prepared kernel alone has %zu; copy it again", X(file_size),
		      sizeof(header));
		return MM_EINVAL;
	}
	__builtin_memcpy(&header, head, sizeof(header));
	error = check_sizes(&header, file_size, why);
	if (!error)
		error = check_image(&header, why);
	if (!error)
		error = check_tables(&header, why);
	if (error)
		return error;
	__builtin_memcpy(sector + BZIMAGE_HEADER_OFFSET, header.setup_header, BZIMAGE_HEADER_END - BZIMAGE_HEADER_OFFSET);
	error = bzimage_read_header(sector, sizeof(sector), file_size, image, why);
	if (error)
		return error;
	image->format = KERNEL_PREPARED;
	image->alignment = image->alignment < PAGING_SIZE_2M ? PAGING_SIZE_2M : image->alignment;
	image->min_address = header.link_address;
	image->memory_size = header.memory_size;
	image->entry = header.entry;
	return add_segments(&header, image, why);
}

int prepared_check_head(const struct kernel_image *image, const struct prepared_header *head, struct printer *why)
{
	uint64_t digest = xxh64((const uint8_t *)head + PREPARED_DIGESTS_END, head->head_size - PREPARED_DIGESTS_END);

	if (digest != head->head_digest) {
		print(why, "altered: its header and relocations have the digest %016llx, it says %016llx; copy it again, or " AGAIN,
		      X(digest), X(head->head_digest));
		return MM_EINVAL;
	}
	return prepared_check_relocations(head, image->memory_size, why);
}

void prepared_digest_start(const struct prepared_header *head, struct sha256 *sha)
{
	sha256_start(sha);
	sha256_add(sha, (const uint8_t *)head + PREPARED_DIGESTS_END, head->head_size - PREPARED_DIGESTS_END);
}

bool prepared_has_relocations(const struct prepared_header *head)
{
	return head->relocations[PREPARED_RELOCATION_64].size || head->relocations[PREPARED_RELOCATION_32].size;
}

const struct kernel_format_ops prepared_format = { "prepared kernel", prepared_probe, prepared_parse };
