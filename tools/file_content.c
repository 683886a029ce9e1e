/* SPDX-License-Identifier: BSD-2-Clause */
#define _DEFAULT_SOURCE /* madvise */

#include "file_content.h"
#include "progress.h"
#include "utf8.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_AT_ONCE ((size_t)16 << 20)

int content_read(int file, struct content *content)
{
	size_t capacity = 4096, used = 0;
	char *data = NULL, *larger;
	struct stat status;
	size_t total = 0, room;
	ssize_t got;

	if (fstat(file, &status) != 0)
		return errno;
	if (S_ISREG(status.st_mode) && status.st_size > 0 && (uintmax_t)status.st_size < SIZE_MAX / 2) {
		total = (size_t)status.st_size;
		capacity = (size_t)status.st_size + 2; /* one byte tells the end, one is the NUL */
	}
	for (;;) {
		if (!data || capacity - used < 2) {
			capacity += data ? capacity / 2 : 0;
			larger = realloc(data, capacity);
			if (!larger) {
				free(data);
				return ENOMEM;
			}
			data = larger;
		}
		room = capacity - used - 1;
		got = read(file, data + used, room < READ_AT_ONCE ? room : READ_AT_ONCE);
		if (got == 0)
			break;
		if (got > 0) {
			used += (size_t)got;
			progress("reading the file", used < total ? used : total, total);
		} else if (errno != EINTR) {
			free(data);
			return errno;
		}
	}
	data[used] = '\0';
	*content = (struct content){ data, used };
	return 0;
}

void content_forget(const char *from, const char *to)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uintptr_t first = ((uintptr_t)from + page - 1) / page * page, end = (uintptr_t)to / page * page;

	/* what cannot be given back stays */
	if (first < end)
		(void)madvise((void *)first, end - first, MADV_DONTNEED);
}

/* ECMA-48: ESC [, parameters from '0' to '?', a letter; of other sequences only ESC goes. */
void content_strip_escapes(struct content *content)
{
	const char *in = memchr(content->data, '\033', content->size), *end = content->data + content->size;
	char *out;

	if (!in)
		return;
	for (out = content->data + (in - content->data); in < end; in++) {
		const char *at = in + 2;

		if (*in != '\033') {
			*out++ = *in;
			continue;
		}
		if (at > end || in[1] != '[')
			continue;
		while (at < end && *at >= ' ' && *at <= '?')
			at++;
		if (at < end && *at >= '@' && *at <= '~')
			in = at;
	}
	content->size = (size_t)(out - content->data);
	*out = '\0';
}

static uint32_t unit(const unsigned char *bytes, bool big)
{
	return big ? (uint32_t)bytes[0] << 8 | bytes[1] : (uint32_t)bytes[1] << 8 | bytes[0];
}

/* Without a mark: text whose first characters are all ASCII in 16 bits. */
static bool looks_like_utf16(const unsigned char *bytes, size_t size, bool big)
{
	size_t looked = size < 64 ? size : 64;

	for (size_t i = 0; i + 1 < looked; i += 2) {
		uint32_t c = unit(bytes + i, big);

		if (c > 0x7e || (c < ' ' && c != '\r' && c != '\n' && c != '\t'))
			return false;
	}
	return looked >= 16;
}

static int from_utf16(struct content *content, size_t skip, bool big)
{
	const unsigned char *bytes = (const unsigned char *)content->data;
	size_t units = (content->size - skip) / 2, length = 0;
	char *out = units > SIZE_MAX / 4 ? NULL : malloc(units * 3 + 2);

	if (!out)
		return ENOMEM;
	bytes += skip;
	for (size_t i = 0; i < units; i++) {
		uint32_t c = unit(bytes + 2 * i, big);

		if (c >= 0xd800 && c < 0xdc00 && i + 1 < units) {
			uint32_t low = unit(bytes + 2 * i + 2, big);

			if (low >= 0xdc00 && low < 0xe000) {
				c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
				i++;
			}
		}
		if (c >= 0xd800 && c < 0xe000)
			c = 0xfffd;
		length += put_utf8(out + length, c);
	}
	/* an odd last byte is kept, so that a damaged last line looks damaged */
	if ((content->size - skip) % 2)
		out[length++] = (char)0xbf;
	out[length] = '\0';
	free(content->data);
	*content = (struct content){ out, length };
	return 0;
}

int content_to_utf8(struct content *content)
{
	const unsigned char *bytes = (const unsigned char *)content->data;

	if (content->size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
		content->size -= 3;
		memmove(content->data, content->data + 3, content->size + 1);
		return 0;
	}
	if (content->size >= 2 && bytes[0] == 0xff && bytes[1] == 0xfe)
		return from_utf16(content, 2, false);
	if (content->size >= 2 && bytes[0] == 0xfe && bytes[1] == 0xff)
		return from_utf16(content, 2, true);
	if (looks_like_utf16(bytes, content->size, false))
		return from_utf16(content, 0, false);
	if (looks_like_utf16(bytes, content->size, true))
		return from_utf16(content, 0, true);
	return 0;
}
