/* SPDX-License-Identifier: BSD-2-Clause */
#include "json.h"
#include "utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct json json_begin(const char *data, size_t size)
{
	return (struct json){ .rest = { data, data + size }, .line = 1, .first = true };
}

static bool fail(struct json *json, const char *needed)
{
	const char *at = json->rest.at;

	if (json->failed)
		return false;
	json->failed = true;
	if (at == json->rest.end)
		snprintf(json->error, sizeof(json->error), "line %zu: the text ends here; needed is %s", json->line,
			 needed);
	else
		snprintf(json->error, sizeof(json->error), "line %zu: '%c'; needed is %s", json->line,
			 *at > ' ' && *at < 0x7f ? *at : '?', needed);
	return false;
}

static void skip_blanks(struct json *json)
{
	struct text *rest = &json->rest;

	for (; rest->at < rest->end && memchr(" \t\r\n", *rest->at, 4); rest->at++)
		json->line += *rest->at == '\n';
}

/* The next character that is no blank; NUL at the end and after errors. */
static char peek(struct json *json)
{
	skip_blanks(json);
	return json->failed || json->rest.at == json->rest.end ? '\0' : *json->rest.at;
}

static bool take(struct json *json, char wanted)
{
	char needed[] = "'?'";

	needed[1] = wanted;
	if (peek(json) != wanted)
		return fail(json, needed);
	json->rest.at++;
	return true;
}

bool json_open(struct json *json, char bracket)
{
	json->first = true;
	return take(json, bracket);
}

/* Whether an element follows in an object or array that ends with close. */
static bool next(struct json *json, char close)
{
	bool first = json->first;

	json->first = false;
	if (peek(json) == close) {
		json->rest.at++;
		return false;
	}
	return !json->failed && (first || take(json, ','));
}

bool json_element(struct json *json)
{
	return next(json, ']');
}

bool json_key(struct json *json, char *key, size_t size)
{
	size_t length;
	char *text;

	if (!next(json, '}'))
		return false;
	text = json_string(json, &length);
	if (!text)
		return false;
	snprintf(key, size, "%s", text);
	free(text);
	return take(json, ':');
}

static bool take_four_digits(struct json *json, uint32_t *value)
{
	struct text digits = { json->rest.at, json->rest.at + 4 };
	uint64_t number;

	if (json->rest.end - json->rest.at < 4 || !text_hex(&digits, &number) || digits.at != digits.end)
		return fail(json, "four hexadecimal digits");
	json->rest.at += 4;
	*value = (uint32_t)number;
	return true;
}

/* Behind "\u". */
static bool take_code_point(struct json *json, char *out, size_t *used)
{
	uint32_t c, low;

	if (!take_four_digits(json, &c))
		return false;
	if (c >= 0xdc80 && c <= 0xdcff) {
		out[(*used)++] = (char)c;
		return true;
	}
	if (c >= 0xd800 && c < 0xdc00 && text_skip(&json->rest, "\\u")) {
		if (!take_four_digits(json, &low))
			return false;
		c = low >= 0xdc00 && low < 0xe000 ? 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00) : 0xfffd;
	} else if (c >= 0xd800 && c < 0xe000) {
		c = 0xfffd;
	}
	if (c == 0)
		return fail(json, "text without U+0000");
	*used += put_utf8(out + *used, c);
	return true;
}

static bool take_escape(struct json *json, char *out, size_t *used)
{
	static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
	const char *letter;

	if (json->rest.at == json->rest.end)
		return fail(json, "the rest of an escape");
	if (text_skip(&json->rest, "u"))
		return take_code_point(json, out, used);
	letter = *json->rest.at ? strchr(letters, *json->rest.at) : NULL;
	if (!letter)
		return fail(json, "an escape that JSON knows");
	json->rest.at++;
	out[(*used)++] = meanings[letter - letters];
	return true;
}

char *json_string(struct json *json, size_t *length)
{
	const char *start;
	size_t used = 0, size = 0;
	char *out;

	if (!take(json, '"'))
		return NULL;
	start = json->rest.at;
	/* what is unescaped is never longer than its escaped form */
	for (; start + size < json->rest.end && start[size] != '"'; size++)
		size += start[size] == '\\';
	if (size > text_size(&json->rest))
		size = text_size(&json->rest);
	out = copied(start, size);
	while (json->rest.at < json->rest.end && *json->rest.at != '"') {
		char c = *json->rest.at;

		if ((unsigned char)c < ' ') {
			fail(json, "'\"' or an escape, since control characters cannot be in a string");
			break;
		}
		json->rest.at++;
		if (c != '\\')
			out[used++] = c;
		else if (!take_escape(json, out, &used))
			break;
	}
	if (json->failed || !take(json, '"')) {
		free(out);
		return NULL;
	}
	out[used] = '\0';
	*length = used;
	return out;
}

bool json_number(struct json *json, uint64_t limit, uint64_t *value)
{
	bool quoted = peek(json) == '"';
	struct text number = json->rest;

	if (json->failed)
		return false;
	number.at += quoted;
	if (!(quoted ? text_0x(&number, value) : text_decimal(&number, value)) || *value > limit ||
	    (quoted && !text_skip(&number, "\"")) ||
	    (!quoted && number.at < number.end && memchr(".eE", *number.at, 3)))
		return fail(json, quoted ? "a number as \"0x1000\"" : "a whole number in its range");
	json->rest = number;
	return true;
}

static bool skip_word(struct json *json)
{
	const char *start = json->rest.at;

	while (json->rest.at < json->rest.end && *json->rest.at && !memchr(" \t\r\n,:[]{}\"", *json->rest.at, 11))
		json->rest.at++;
	return json->rest.at > start || fail(json, "a value");
}

bool json_skip(struct json *json)
{
	size_t depth = 0, length;
	char *text;

	do {
		char c = peek(json);

		if (c == '"') {
			text = json_string(json, &length);
			free(text);
		} else if (c == '{' || c == '[') {
			depth++;
			json->rest.at++;
		} else if (depth && (c == '}' || c == ']')) {
			depth--;
			json->rest.at++;
		} else if (depth && (c == ',' || c == ':')) {
			json->rest.at++;
		} else {
			skip_word(json);
		}
	} while (depth && !json->failed);
	json->first = false;
	return !json->failed;
}

bool json_end(struct json *json)
{
	skip_blanks(json);
	return !json->failed && (json->rest.at == json->rest.end || fail(json, "the end of the file"));
}
