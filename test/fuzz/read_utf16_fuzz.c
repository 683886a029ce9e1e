/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as text of an unknown encoding: what comes out is UTF-8 wherever UTF-16 went in, and has no escape. */
#include "../../tools/file_content.h"
#include "../../tools/utf8.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct content content = { malloc(size + 1), size };
	bool marked = size >= 2 && ((data[0] == 0xff && data[1] == 0xfe) || (data[0] == 0xfe && data[1] == 0xff));
	size_t odd = size % 2;

	CHECK(content.data);
	if (size)
		memcpy(content.data, data, size);
	content.data[size] = '\0';
	CHECK(content_to_utf8(&content) == 0);
	CHECK(content.data[content.size] == '\0');
	for (size_t i = 0, length; marked && i + odd < content.size; i += length) {
		length = content.data[i] ? utf8_length(content.data + i) : 1;
		CHECK(length > 0);
	}
	size = content.size;
	content_strip_escapes(&content);
	CHECK(content.size <= size && content.data[content.size] == '\0');
	CHECK(!memchr(content.data, '\033', content.size));
	free(content.data);
	return 0;
}
