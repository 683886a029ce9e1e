/* SPDX-License-Identifier: BSD-2-Clause */
#include <loader/screen_choice.h>

static bool skip(const char **at, const char *end, const char *word)
{
	const char *text = *at;

	for (; *word; word++, text++)
		if (text == end || *text != *word)
			return false;
	*at = text;
	return true;
}

static bool is_digit(const char *text, const char *end)
{
	return text < end && *text >= '0' && *text <= '9';
}

static unsigned digit_value(char c)
{
	unsigned lower = (unsigned char)c | 0x20;

	return c >= '0' && c <= '9' ? (unsigned)(c - '0') : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : 16;
}

/* Linux's simple_strtoull, cut to 32 bits: no digits are 0, and base 0 goes by the prefixes 0x and 0. */
static uint32_t read_number(const char **at, const char *end, unsigned base)
{
	const char *text = *at;
	uint32_t value = 0;

	if (base == 0) {
		bool prefix = end - text > 2 && text[0] == '0' && (text[1] | 0x20) == 'x' && digit_value(text[2]) < 16;

		base = prefix ? 16 : is_digit(text, end) && *text == '0' ? 8 : 10;
		text += prefix ? 2 : 0;
	}
	for (; text < end && digit_value(*text) < base; text++)
		value = value * base + digit_value(*text);
	*at = text;
	return value;
}

/* An element ends with the text, or with a comma, which is skipped. */
static bool ends(const char **at, const char *end)
{
	return *at == end || skip(at, end, ",");
}

static bool read_mode_number(const char **at, const char *end, struct screen_request *request)
{
	const char *text = *at;
	uint32_t number;

	if (!skip(&text, end, "mode="))
		return false;
	number = read_number(&text, end, 0);
	if (!ends(&text, end))
		return false;
	*request = (struct screen_request){ .wish = SCREEN_NUMBER, .number = number };
	*at = text;
	return true;
}

static bool read_resolution(const char **at, const char *end, struct screen_request *request)
{
	struct screen_request found = { .wish = SCREEN_RESOLUTION, .any_format = true };
	const char *text = *at;

	if (!is_digit(text, end))
		return false;
	found.width = read_number(&text, end, 10);
	if (!skip(&text, end, "x") || !is_digit(text, end))
		return false;
	found.height = read_number(&text, end, 10);
	if (skip(&text, end, "-")) {
		found.any_format = false;
		if (skip(&text, end, "rgb")) {
			found.format = SCREEN_RGBX;
		} else if (skip(&text, end, "bgr")) {
			found.format = SCREEN_BGRX;
		} else {
			if (!is_digit(text, end))
				return false;
			found.any_format = true;
			found.bits = (uint8_t)read_number(&text, end, 10);
		}
	}
	if (!ends(&text, end))
		return false;
	*request = found;
	*at = text;
	return true;
}

static bool read_word(const char **at, const char *end, const char *word, enum screen_wish wish, struct screen_request *request)
{
	const char *text = *at;

	if (!skip(&text, end, word) || !ends(&text, end))
		return false;
	*request = (struct screen_request){ .wish = wish };
	*at = text;
	return true;
}

void screen_request_read(const char *text, const char *end, struct screen_request *request)
{
	while (text < end) {
		if (read_mode_number(&text, end, request) || read_resolution(&text, end, request) ||
		    read_word(&text, end, "auto", SCREEN_AUTO, request) || read_word(&text, end, "list", SCREEN_LIST, request))
			continue;
		while (text < end && *text++ != ',')
			;
	}
}

static unsigned pixel_bits(const struct screen_mode *mode)
{
	uint32_t mask = mode->red_mask | mode->green_mask | mode->blue_mask | mode->reserved_mask;

	if (mode->format != SCREEN_BITMASK)
		return 32;
	return mask ? 32 - (unsigned)__builtin_clz(mask) - (unsigned)__builtin_ctz(mask) : 0;
}

static bool has_framebuffer(const struct screen_mode *mode)
{
	return mode->format < SCREEN_BLT_ONLY;
}

static bool is_wanted(const struct screen_request *request, const struct screen_mode *mode)
{
	return mode->width == request->width && mode->height == request->height &&
	       (request->any_format || mode->format == request->format) && (!request->bits || request->bits == pixel_bits(mode));
}

static uint32_t choose_number(const struct screen_request *request, const struct screen_modes *modes, struct printer *why)
{
	struct screen_mode mode;

	if (request->number == modes->current)
		return modes->current;
	if (request->number >= modes->count)
		print(why, "there is no mode %u; needed: a number below %u", request->number, modes->count);
	else if (!modes->read(modes, request->number, &mode))
		print(why, "the firmware does not describe its mode %u; needed: another mode", request->number);
	else if (!has_framebuffer(&mode))
		print(why, "mode %u has no framebuffer; needed: another mode", request->number);
	else
		return request->number;
	return modes->current;
}

static uint32_t choose_resolution(const struct screen_request *request, const struct screen_modes *modes, struct printer *why)
{
	struct screen_mode mode;

	if (is_wanted(request, &modes->now))
		return modes->current;
	for (uint32_t i = 0; i < modes->count; i++)
		if (i != modes->current && modes->read(modes, i, &mode) && has_framebuffer(&mode) && is_wanted(request, &mode))
			return i;
	print(why, "none of the %u modes has %ux%u pixels", modes->count, request->width, request->height);
	if (request->bits)
		print(why, " of %u bits", request->bits);
	else if (!request->any_format)
		print(why, " in the order %s", request->format == SCREEN_RGBX ? "rgb" : "bgr");
	print(why, "; needed: one that video=efifb:list shows");
	return modes->current;
}

static uint64_t area_of(const struct screen_mode *mode)
{
	return (uint64_t)mode->width * mode->height;
}

static uint32_t choose_best(const struct screen_modes *modes)
{
	struct screen_mode best = modes->now, mode;
	uint32_t chosen = modes->current;

	for (uint32_t i = 0; i < modes->count; i++) {
		if (i == modes->current || !modes->read(modes, i, &mode) || !has_framebuffer(&mode) || area_of(&mode) < area_of(&best))
			continue;
		if (area_of(&mode) > area_of(&best) || pixel_bits(&mode) > pixel_bits(&best)) {
			best = mode;
			chosen = i;
		}
	}
	return chosen;
}

uint32_t screen_choose(const struct screen_request *request, const struct screen_modes *modes, struct printer *why)
{
	switch (request->wish) {
	case SCREEN_NUMBER:
		return choose_number(request, modes, why);
	case SCREEN_RESOLUTION:
		return choose_resolution(request, modes, why);
	case SCREEN_AUTO:
		return choose_best(modes);
	default:
		return modes->current;
	}
}

void screen_modes_print(const struct screen_modes *modes, struct printer *out)
{
	static const char *const orders[] = { [SCREEN_RGBX] = "-rgb", [SCREEN_BGRX] = "-bgr" };
	struct screen_mode mode;

	print(out, "the screen has %u modes (* is the current one, - cannot be used):\n", modes->count);
	for (uint32_t i = 0; i < modes->count; i++) {
		if (!modes->read(modes, i, &mode))
			continue;
		print(out, "mode %3u %c%c %ux%u", i, i == modes->current ? '*' : ' ', has_framebuffer(&mode) ? ' ' : '-', mode.width,
		      mode.height);
		if (mode.format == SCREEN_BITMASK)
			print(out, "-%u\n", pixel_bits(&mode));
		else
			print(out, "%s\n", mode.format < MM_ARRAY_COUNT(orders) ? orders[mode.format] : "");
	}
}
