/* SPDX-License-Identifier: BSD-2-Clause */
#include "address_argument.h"

#include <string.h>

#define FORMS "an address is written 0xfee00000, fee00000, 3G or pfn:fee00, a range A-B (both inclusive) or A+SIZE"

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

static unsigned unit_shift(char c)
{
	switch (c | 0x20) {
	case 'k':
		return 10;
	case 'm':
		return 20;
	case 'g':
		return 30;
	case 't':
		return 40;
	default:
		return 0;
	}
}

enum outcome { GOOD, NO_NUMBER, TOO_LARGE };

/* A number with its unit from the front of *text. */
static enum outcome take_number(const char **text, uint64_t *value)
{
	const char *at = *text, *end;
	unsigned base = 10;
	uint64_t number = 0;
	bool fits = true;

	if (at[0] == '0' && (at[1] | 0x20) == 'x') {
		base = 16;
		at += 2;
	}
	for (end = at; digit_value(*end) < 16;)
		end++;
	if (!unit_shift(*end))
		base = 16;
	if (end == at)
		return NO_NUMBER;
	for (; at < end; at++) {
		if (digit_value(*at) >= (int)base)
			return NO_NUMBER;
		fits = fits && !__builtin_mul_overflow(number, (uint64_t)base, &number) &&
		       !__builtin_add_overflow(number, (uint64_t)digit_value(*at), &number);
	}
	if (unit_shift(*end)) {
		fits = fits && number <= UINT64_MAX >> unit_shift(*end);
		number <<= unit_shift(*end++);
	}
	*text = end;
	*value = number;
	return fits ? GOOD : TOO_LARGE;
}

/* A number, or the page behind "pfn:". */
static enum outcome take_address(const char **text, uint64_t *first, uint64_t *last)
{
	enum outcome outcome;

	if (strncmp(*text, "pfn:", 4) != 0) {
		outcome = take_number(text, first);
		*last = *first;
		return outcome;
	}
	*text += 4;
	outcome = take_number(text, first);
	if (outcome != GOOD)
		return outcome;
	if (*first > UINT64_MAX >> MM_PAGE_SHIFT)
		return TOO_LARGE;
	*first <<= MM_PAGE_SHIFT;
	*last = *first | MM_PAGE_MASK;
	return GOOD;
}

static enum outcome take_range(const char **text, uint64_t *first, uint64_t *last, const char **why)
{
	uint64_t unused, size;
	enum outcome outcome = take_address(text, first, last);

	if (outcome != GOOD)
		return outcome;
	if (**text == '-') {
		(*text)++;
		outcome = take_address(text, &unused, last);
		if (outcome == GOOD && *last < *first)
			*why = "it ends before it starts";
	} else if (**text == '+') {
		(*text)++;
		outcome = take_number(text, &size);
		if (outcome == GOOD && size == 0)
			*why = "it has no bytes";
		if (outcome == GOOD && size && __builtin_add_overflow(*first, size - 1, last))
			outcome = TOO_LARGE;
	}
	return outcome;
}

bool parse_address_argument(const char *text, uint64_t *first, uint64_t *last, struct printer *error)
{
	const char *at = text, *why = NULL;
	uint64_t from = 0, to = 0;
	bool bracket = strncmp(at, "[mem ", 5) == 0;
	enum outcome outcome;

	if (bracket)
		at += 5;
	outcome = take_range(&at, &from, &to, &why);
	if (outcome == GOOD && ((bracket && *at++ != ']') || *at))
		outcome = NO_NUMBER;
	if (outcome == GOOD && !why) {
		*first = from;
		*last = to;
		return true;
	}
	if (outcome == NO_NUMBER)
		print(error, "\"%s\" is no address; " FORMS, text);
	else
		print(error, "\"%s\" is no range of addresses: %s", text,
		      outcome == TOO_LARGE ? "it passes 2^64 - 1" : why);
	return false;
}
