/* SPDX-License-Identifier: BSD-2-Clause */
#include <loader/bls_version.h>

#include <stdbool.h>

struct rest {
	const char *at;
	const char *end;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The next character; 0 at the end. A 0 within the text separates, as every other unnamed character does. */
static char peek(const struct rest *rest)
{
	return rest->at < rest->end ? *rest->at : '\0';
}

static void skip_separators(struct rest *rest)
{
	for (; rest->at < rest->end; rest->at++) {
		char c = *rest->at;

		if (is_digit(c) || is_letter(c) || c == '-' || c == '.' || c == '~' || c == '^')
			return;
	}
}

/* The text in which the mark stands alone is the older one. */
static int compare_mark(struct rest *a, struct rest *b, char mark)
{
	bool in_a = peek(a) == mark, in_b = peek(b) == mark;

	if (in_a && in_b) {
		a->at++;
		b->at++;
	}
	return in_b - in_a;
}

static struct rest take(struct rest *rest, bool (*belongs)(char))
{
	struct rest taken = { rest->at, rest->at };

	while (belongs(peek(rest)))
		taken.end = ++rest->at;
	return taken;
}

static int compare_texts(struct rest a, struct rest b)
{
	while (a.at < a.end && b.at < b.end && *a.at == *b.at) {
		a.at++;
		b.at++;
	}
	return (unsigned char)peek(&a) - (unsigned char)peek(&b);
}

/* Without leading zeros the longer number is the greater one. */
static int compare_numbers(struct rest a, struct rest b)
{
	while (peek(&a) == '0')
		a.at++;
	while (peek(&b) == '0')
		b.at++;
	if (a.end - a.at != b.end - b.at)
		return a.end - a.at < b.end - b.at ? -1 : 1;
	return compare_texts(a, b);
}

int bls_version_compare(const char *a_text, size_t a_length, const char *b_text, size_t b_length)
{
	struct rest a = { a_text, a_text + a_length }, b = { b_text, b_text + b_length };
	int order = 0;

	while (order == 0) {
		skip_separators(&a);
		skip_separators(&b);
		order = compare_mark(&a, &b, '~');
		if (order)
			break;
		if (a.at == a.end || b.at == b.end)
			return (a.at < a.end) - (b.at < b.end);
		for (const char *mark = "-^."; *mark && order == 0; mark++)
			order = compare_mark(&a, &b, *mark);
		if (order)
			break;
		if (is_digit(peek(&a)) || is_digit(peek(&b)))
			order = compare_numbers(take(&a, is_digit), take(&b, is_digit));
		else
			order = compare_texts(take(&a, is_letter), take(&b, is_letter));
	}
	return order;
}
