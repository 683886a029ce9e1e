/* SPDX-License-Identifier: BSD-2-Clause */
#include <mm/e820_options.h>

/* Moves *at behind a word that the text starts with; false when it does not. */
static bool skip_word(const char **at, const char *end, const char *word)
{
	const char *text = *at;

	for (; *word; word++, text++)
		if (text == end || *text != *word)
			return false;
	*at = text;
	return true;
}

static bool skip_char(const char **at, const char *end, char c)
{
	if (*at == end || **at != c)
		return false;
	++*at;
	return true;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* The value of a digit, or a number that is in no base. */
static unsigned digit_value(const char *at, const char *end)
{
	char c = at < end ? lower(*at) : ' ';

	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10) : 99;
}

static int parse_number(const char *text, const char *end, const char **stop, uint64_t *value)
{
	unsigned base = 10;
	uint64_t number = 0;
	bool overflow = false;

	*stop = text;
	if (digit_value(text, end) > 9)
		return MM_EINVAL;
	/* "0" alone is a number, and so is the 0 of "0x" when no digit follows, which makes the x junk. */
	if (*text == '0') {
		base = 8;
		if (end - text > 2 && lower(text[1]) == 'x' && digit_value(text + 2, end) < 16) {
			base = 16;
			text += 2;
		}
	}
	for (; digit_value(text, end) < base; text++)
		overflow |= __builtin_mul_overflow(number, base, &number) ||
			    __builtin_add_overflow(number, digit_value(text, end), &number);
	if (overflow)
		return MM_EOVERFLOW;
	*stop = text;
	*value = number;
	return 0;
}

/* Bits that a suffix shifts by; 0 when it is none. */
static unsigned suffix_shift(char c)
{
	static const char suffixes[] = "kmgtpe";

	for (unsigned i = 0; suffixes[i]; i++)
		if (suffixes[i] == lower(c))
			return 10 * (i + 1);
	return 0;
}

int e820_parse_size(const char *text, const char *end, const char **stop, uint64_t *value)
{
	uint64_t number;
	unsigned shift;
	int error = parse_number(text, end, stop, &number);

	if (error)
		return error;
	shift = *stop < end ? suffix_shift(**stop) : 0;
	if (shift && number > UINT64_MAX >> shift) {
		*stop = text;
		return MM_EOVERFLOW;
	}
	*stop += shift != 0;
	*value = number << shift;
	return 0;
}

int e820_parse_mem(const char *text, const char *end, const char **stop, struct e820_option *option)
{
	uint64_t limit;
	int error = e820_parse_size(text, end, stop, &limit);

	if (error)
		return error;
	if (*stop != end)
		return MM_EINVAL;
	if (limit == 0) {
		*stop = text;
		return MM_EINVAL;
	}
	*option = (struct e820_option){ .action = E820_OPTION_LIMIT, .start = limit, .size = UINT64_MAX - limit };
	return 0;
}

/* -OLD or +NEW behind a % range; *type stays 0 when the sign is not there. */
static int parse_type(const char **at, const char *end, char sign, uint32_t *type)
{
	const char *number = *at;
	uint64_t value;
	int error;

	if (!skip_char(&number, end, sign))
		return 0;
	error = parse_number(number, end, at, &value);
	if (!error && value > UINT32_MAX) {
		*at = number;
		error = MM_ERANGE;
	}
	if (!error)
		*type = (uint32_t)value;
	return error;
}

static enum e820_option_action change_of(uint32_t old_type, uint32_t new_type)
{
	return !new_type ? E820_OPTION_REMOVE : old_type ? E820_OPTION_UPDATE : E820_OPTION_ADD;
}

/* SIZE%START[-OLD][+NEW], from the character behind the % on. */
static int parse_change(const char **at, const char *end, struct e820_option *option)
{
	const char *types;
	int error = e820_parse_size(*at, end, at, &option->start);

	types = *at;
	if (!error)
		error = parse_type(at, end, '-', &option->old_type);
	if (!error)
		error = parse_type(at, end, '+', &option->new_type);
	if (!error && option->old_type && option->old_type == option->new_type) {
		*at = types;
		return MM_EINVAL;
	}
	option->action = change_of(option->old_type, option->new_type);
	return error;
}

/* The range behind SIZE, with the sign that says what to do with it. */
static int parse_range(const char **at, const char *end, struct e820_option *option)
{
	static const struct {
		char sign;
		uint32_t type;
	} adding[] = { { '@', E820_TYPE_RAM },
		       { '#', E820_TYPE_ACPI },
		       { '$', E820_TYPE_RESERVED },
		       { '!', E820_TYPE_PRAM } };

	if (skip_char(at, end, '%'))
		return parse_change(at, end, option);
	for (size_t i = 0; i < MM_ARRAY_COUNT(adding); i++) {
		if (!skip_char(at, end, adding[i].sign))
			continue;
		option->action = E820_OPTION_ADD;
		option->new_type = adding[i].type;
		return e820_parse_size(*at, end, at, &option->start);
	}
	return MM_EINVAL;
}

int e820_parse_memmap(const char *text, const char *end, const char **stop, struct e820_option *option)
{
	struct e820_option result = { .action = E820_OPTION_EXACTMAP };
	uint64_t last;
	int error;

	*stop = text;
	if (!skip_word(stop, end, "exactmap")) {
		error = e820_parse_size(text, end, stop, &result.size);
		if (error)
			return error;
		if (*stop == end)
			return e820_parse_mem(text, end, stop, option);
		error = parse_range(stop, end, &result);
		if (error)
			return error;
	}
	if (*stop != end)
		return MM_EINVAL;
	if (result.size && __builtin_add_overflow(result.start, result.size - 1, &last)) {
		*stop = text;
		return MM_EOVERFLOW;
	}
	*option = result;
	return 0;
}

int e820_apply_option(struct e820_table *table, const struct e820_option *option)
{
	uint64_t bytes;

	switch (option->action) {
	case E820_OPTION_EXACTMAP:
		table->nr_entries = 0;
		return 0;
	case E820_OPTION_LIMIT:
		return e820_range_remove(table, option->start, option->size, E820_TYPE_RAM, &bytes);
	case E820_OPTION_ADD:
		return e820_range_add(table, option->start, option->size, option->new_type);
	case E820_OPTION_UPDATE:
		return e820_range_update(table, option->start, option->size, option->old_type, option->new_type,
					 &bytes);
	case E820_OPTION_REMOVE:
		return e820_range_remove(table, option->start, option->size, option->old_type, &bytes);
	}
	return MM_EINVAL;
}

int e820_apply_mem(struct e820_table *table, const char *text, const char *end, const char **stop)
{
	struct e820_option option;
	int error = e820_parse_mem(text, end, stop, &option);

	if (error)
		return error;
	*stop = text;
	return e820_apply_option(table, &option);
}

static const char *element_end(const char *text, const char *end)
{
	while (text < end && *text != ',')
		text++;
	return text;
}

/* Goes through the elements of memmap=: only reads them, or carries them out as well. */
static int for_each_element(struct e820_table *table, const char *text, const char *end, const char **stop, bool apply)
{
	for (;;) {
		const char *comma = element_end(text, end);
		struct e820_option option;
		int error = e820_parse_memmap(text, comma, stop, &option);

		if (!error && apply) {
			*stop = text;
			error = e820_apply_option(table, &option);
		}
		if (error || comma == end)
			return error;
		text = comma + 1;
	}
}

int e820_apply_memmap(struct e820_table *table, const char *text, const char *end, const char **stop)
{
	int error = for_each_element(table, text, end, stop, false);

	return error ? error : for_each_element(table, text, end, stop, true);
}
