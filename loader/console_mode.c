/* SPDX-License-Identifier: BSD-2-Clause */
#include <loader/console_mode.h>

/* Pixels of a character in every UEFI firmware's font (UEFI 2.10, section 34.1.1: narrow glyphs). */
#define GLYPH_AREA (8 * 19)
#define READABLE_SHARE 10 /* of a screen that the text covers at least a tenth of */

static uint64_t characters(const struct console_modes *modes, uint32_t mode)
{
	return (uint64_t)modes->modes[mode].columns * modes->modes[mode].rows;
}

static uint32_t choose_readable(const struct console_modes *modes)
{
	uint64_t needed = (uint64_t)modes->width * modes->height / (READABLE_SHARE * GLYPH_AREA);
	uint32_t best = modes->current;

	if (characters(modes, best) >= needed)
		return best;
	for (uint32_t i = 0; i < modes->count; i++) {
		uint64_t size = characters(modes, i), found = characters(modes, best);

		if (found < needed ? size > found : size >= needed && size < found)
			best = i;
	}
	return best;
}

int console_mode_choose(const struct bls_loader *loader, const struct console_modes *modes, uint32_t *mode)
{
	uint32_t wanted = modes->current;

	if (loader->console_mode == CONSOLE_MODE_AUTO) {
		wanted = choose_readable(modes);
	} else if (loader->console_mode == CONSOLE_MODE_NUMBER) {
		wanted = loader->console_mode_number;
	} else if (loader->console_mode == CONSOLE_MODE_MAX) {
		for (uint32_t i = 0; i < modes->count; i++)
			if (modes->modes[i].columns)
				wanted = i;
	}
	if (wanted >= modes->count || modes->modes[wanted].columns == 0)
		return MM_ENOENT;
	*mode = wanted;
	return 0;
}
