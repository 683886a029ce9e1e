/* SPDX-License-Identifier: BSD-2-Clause */
#include "unpack.h"

#include <bzlib.h>
#include <limits.h>
#include <lz4.h>
#include <lzma.h>
#include <lzo/lzo1x.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#define UNPACKED_MAX (UINT32_C(1) << 30) /* no kernel can be larger (KERNEL_IMAGE_SIZE) */

/* Bytes that are read from the front; a reader that went too far stays at its end. */
struct input {
	const uint8_t *at;
	size_t left;
	bool too_short;
};

/* The unpacked bytes: exactly size of them must come out. */
struct output {
	uint8_t *bytes;
	size_t size;
	size_t done;
};

static const uint8_t *take(struct input *in, size_t size)
{
	const uint8_t *at = in->at;

	if (size > in->left) {
		in->too_short = true;
		return NULL;
	}
	in->at += size;
	in->left -= size;
	return at;
}

static uint32_t take_big_endian(struct input *in)
{
	const uint8_t *at = take(in, 4);

	return at ? (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3] : 0;
}

static uint32_t little_endian(const uint8_t *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* Each of these returns null, or what is wrong. */
static const char *unpack_gzip(struct input *in, struct output *out)
{
	z_stream stream = { .next_in = (uint8_t *)(uintptr_t)in->at, .avail_in = (uInt)in->left, .next_out = out->bytes,
			    .avail_out = (uInt)out->size };
	int status = inflateInit2(&stream, MAX_WBITS + 16);

	if (status == Z_OK)
		status = inflate(&stream, Z_FINISH);
	out->done = stream.total_out;
	in->left = stream.avail_in;
	inflateEnd(&stream);
	return status == Z_STREAM_END ? NULL : stream.msg ? stream.msg : "the gzip data do not end";
}

static const char *unpack_bzip2(struct input *in, struct output *out)
{
	bz_stream stream = { .next_in = (char *)(uintptr_t)in->at, .avail_in = (unsigned)in->left, .next_out = (char *)out->bytes,
			     .avail_out = (unsigned)out->size };
	int status = BZ2_bzDecompressInit(&stream, 0, 0);

	if (status == BZ_OK)
		status = BZ2_bzDecompress(&stream);
	out->done = out->size - stream.avail_out;
	in->left = stream.avail_in;
	BZ2_bzDecompressEnd(&stream);
	return status == BZ_STREAM_END ? NULL : "the bzip2 data are damaged";
}

static const char *run_lzma(lzma_stream *stream, lzma_ret status, struct input *in, struct output *out)
{
	stream->next_in = in->at;
	stream->avail_in = in->left;
	stream->next_out = out->bytes;
	stream->avail_out = out->size;
	if (status == LZMA_OK)
		status = lzma_code(stream, LZMA_FINISH);
	out->done = out->size - stream->avail_out;
	in->left = stream->avail_in;
	lzma_end(stream);
	return status == LZMA_STREAM_END ? NULL : "the data are damaged";
}

static const char *unpack_lzma(struct input *in, struct output *out)
{
	lzma_stream stream = LZMA_STREAM_INIT;

	return run_lzma(&stream, lzma_alone_decoder(&stream, UINT64_MAX), in, out);
}

static const char *unpack_xz(struct input *in, struct output *out)
{
	lzma_stream stream = LZMA_STREAM_INIT;

	return run_lzma(&stream, lzma_stream_decoder(&stream, UINT64_MAX, LZMA_TELL_UNSUPPORTED_CHECK), in, out);
}

static const char *unpack_zstd(struct input *in, struct output *out)
{
	size_t packed = ZSTD_findFrameCompressedSize(in->at, in->left), done;

	if (ZSTD_isError(packed))
		return ZSTD_getErrorName(packed);
	done = ZSTD_decompress(out->bytes, out->size, in->at, packed);
	if (ZSTD_isError(done))
		return ZSTD_getErrorName(done);
	out->done = done;
	in->left -= packed;
	return NULL;
}

/* lz4's legacy frame: a magic number, then blocks, each with its packed size in front. */
static const char *unpack_lz4(struct input *in, struct output *out)
{
	take(in, 4);
	while (in->left) {
		const uint8_t *head = take(in, 4), *block;
		size_t room = out->size - out->done, size;
		int made;

		if (!head)
			break;
		size = little_endian(head);
		block = take(in, size);
		if (!block || size > INT_MAX)
			break;
		made = LZ4_decompress_safe((const char *)block, (char *)out->bytes + out->done, (int)size,
					   room < INT_MAX ? (int)room : INT_MAX);
		if (made < 0)
			return "an lz4 block is damaged";
		out->done += (size_t)made;
	}
	return in->too_short ? "the lz4 data are cut off" : NULL;
}

enum lzop_flags {
	LZOP_ADLER32_UNPACKED = 0x1,
	LZOP_ADLER32_PACKED = 0x2,
	LZOP_CRC32_UNPACKED = 0x100,
	LZOP_CRC32_PACKED = 0x200,
	LZOP_FILTER = 0x800
};

/* The header of the lzop program, as far as its checksum; the flags are in *flags. */
static const char *skip_lzop_header(struct input *in, uint32_t *flags)
{
	const uint8_t *start = take(in, 9) + 9, *at = take(in, 4); /* magic; version of lzop, of its library */
	bool filter;

	if (at && (at[0] << 8 | at[1]) >= 0x0940)
		take(in, 2); /* the version needed */
	take(in, at && (at[0] << 8 | at[1]) >= 0x0940 ? 2 : 1); /* method, level */
	*flags = take_big_endian(in);
	filter = *flags & LZOP_FILTER;
	take(in, filter ? 16 : 12); /* filter, mode, two halves of a time */
	at = take(in, 1);
	take(in, at ? *at : 0); /* name */
	if (!in->too_short) {
		uint32_t own = (uint32_t)adler32(1, start, (uInt)(in->at - start));

		if (take_big_endian(in) == own && !filter)
			return NULL;
	}
	return "its lzop header is damaged";
}

static const char *unpack_lzop_block(struct input *in, uint32_t flags, size_t unpacked, struct output *out)
{
	size_t packed = take_big_endian(in);
	uint32_t adler_unpacked = flags & LZOP_ADLER32_UNPACKED ? take_big_endian(in) : 0;
	uint32_t crc_unpacked = flags & LZOP_CRC32_UNPACKED ? take_big_endian(in) : 0;
	uint32_t adler_packed = flags & LZOP_ADLER32_PACKED && packed < unpacked ? take_big_endian(in) : 0;
	uint32_t crc_packed = flags & LZOP_CRC32_PACKED && packed < unpacked ? take_big_endian(in) : 0;
	const uint8_t *block = take(in, packed);
	uint8_t *to = out->bytes + out->done;
	lzo_uint made = unpacked;

	if (!block || packed > unpacked || unpacked > out->size - out->done)
		return "the lzo data are cut off";
	if (packed < unpacked && ((flags & LZOP_ADLER32_PACKED && adler32(1, block, (uInt)packed) != adler_packed) ||
				  (flags & LZOP_CRC32_PACKED && crc32(0, block, (uInt)packed) != crc_packed)))
		return "a packed lzo block has a wrong checksum";
	if (packed == unpacked)
		memcpy(to, block, packed);
	else if (lzo1x_decompress_safe(block, packed, to, &made, NULL) != LZO_E_OK || made != unpacked)
		return "an lzo block is damaged";
	if ((flags & LZOP_ADLER32_UNPACKED && adler32(1, to, (uInt)made) != adler_unpacked) ||
	    (flags & LZOP_CRC32_UNPACKED && crc32(0, to, (uInt)made) != crc_unpacked))
		return "an lzo block has a wrong checksum";
	out->done += made;
	return NULL;
}

static const char *unpack_lzo(struct input *in, struct output *out)
{
	uint32_t flags, unpacked;
	const char *why = skip_lzop_header(in, &flags);

	while (!why) {
		unpacked = take_big_endian(in);
		if (in->too_short || unpacked == 0)
			return in->too_short ? "the lzo data are cut off" : NULL;
		why = unpack_lzop_block(in, flags, unpacked, out);
	}
	return why;
}

static const char *unpack_nothing(struct input *in, struct output *out)
{
	memcpy(out->bytes, in->at, in->left);
	out->done = in->left;
	in->left = 0;
	return NULL;
}

static const struct method {
	const char *name;
	const char *magic;
	uint8_t magic_size;
	bool own_size; /* the last 4 bytes belong to the compressed data, or there are none */
	const char *(*unpack)(struct input *in, struct output *out);
} methods[] = {
	{ "gzip", "\x1f\x8b", 2, true, unpack_gzip },
	{ "bzip2", "BZh", 3, false, unpack_bzip2 },
	{ "xz", "\xfd" "7zXZ", 6, false, unpack_xz },
	{ "lzma", "\x5d\x00\x00", 3, false, unpack_lzma },
	{ "lzo", "\x89LZO\x00\r\n\x1a\n", 9, false, unpack_lzo },
	{ "lz4", "\x02\x21\x4c\x18", 4, false, unpack_lz4 },
	{ "zstd", "\x28\xb5\x2f\xfd", 4, false, unpack_zstd },
	{ "no", "\x7f" "ELF", 4, true, unpack_nothing },
};

static const struct method *method_of(const uint8_t *payload, size_t size)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (size > methods[i].magic_size + 8U && memcmp(payload, methods[i].magic, methods[i].magic_size) == 0)
			return &methods[i];
	return NULL;
}

uint8_t *unpack_payload(const uint8_t *payload, size_t size, size_t *unpacked, const char **name, char error[UNPACK_ERROR_SIZE])
{
	const struct method *method = method_of(payload, size);
	struct input in = { payload, size, false };
	struct output out = { NULL, 0, 0 };
	const char *why;

	if (!method || size > INT_MAX) {
		snprintf(error, UNPACK_ERROR_SIZE, "its payload of %zu bytes begins with %02x %02x %02x %02x; needed: gzip, bzip2, lzma, xz, "
			 "lzo, lz4, zstd or an ELF", size, size > 0 ? payload[0] : 0, size > 1 ? payload[1] : 0,
			 size > 2 ? payload[2] : 0, size > 3 ? payload[3] : 0);
		return NULL;
	}
	*name = method->name;
	out.size = method->unpack == unpack_nothing ? size : little_endian(payload + size - 4);
	if (!method->own_size)
		in.left -= 4;
	if (out.size == 0 || out.size > UNPACKED_MAX) {
		snprintf(error, UNPACK_ERROR_SIZE, "its %s payload says that it unpacks to %zu bytes; needed: 1 to %u; the file is damaged",
			 method->name, out.size, UNPACKED_MAX);
		return NULL;
	}
	out.bytes = malloc(out.size);
	if (!out.bytes) {
		snprintf(error, UNPACK_ERROR_SIZE, "no memory for its %zu unpacked bytes", out.size);
		return NULL;
	}
	why = method->unpack(&in, &out);
	if (!why && out.done == out.size && in.left == 0) {
		*unpacked = out.size;
		return out.bytes;
	}
	snprintf(error, UNPACK_ERROR_SIZE, "its %s payload of %zu bytes is damaged: %zu of %zu bytes came out%s%s, %zu were left over",
		 method->name, size, out.done, out.size, why ? ": " : "", why ? why : "", in.left);
	free(out.bytes);
	return NULL;
}
