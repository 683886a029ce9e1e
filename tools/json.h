/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading JSON (RFC 8259) from its front, for readers that know what they expect. After the first error everything
 * fails, and error says where and what.
 */
#ifndef TOOLS_JSON_H
#define TOOLS_JSON_H

#include "map_reader.h"

struct json {
	struct text rest;
	size_t line;
	bool first; /* nothing was read yet of the innermost object or array */
	bool failed;
	char error[160];
};

struct json json_begin(const char *data, size_t size);
/* Takes '{' or '['. */
bool json_open(struct json *json, char bracket);
/* The next key of an object, with its ':', cut to fit; false at the end, which is taken, and on errors. */
bool json_key(struct json *json, char *key, size_t size);
/* Whether an array has another element; false at the end, which is taken, and on errors. */
bool json_element(struct json *json);
/* A string in fresh memory, NUL behind it; U+DC80 to U+DCFF stand for bytes that are no UTF-8. Null on errors. */
char *json_string(struct json *json, size_t *length);
/* A number without sign and fraction, or a string "0x..." (which holds 64 bits in every language), of at most limit. */
bool json_number(struct json *json, uint64_t limit, uint64_t *value);
/* Any value, which is nobody's business. */
bool json_skip(struct json *json);
/* Nothing but blanks is left. */
bool json_end(struct json *json);

#endif
