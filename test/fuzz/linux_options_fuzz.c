/* SPDX-License-Identifier: BSD-2-Clause */
/* Any text as Linux's command line: the options of its EFI stub, the initrds that it names, and the mode that it wants. */
#include <loader/kaslr.h>
#include <loader/linux_options.h>

#include "fuzz.h"

static void check_initrds(const char *line)
{
	const char *at = line, *last = line, *end = line + strlen(line);
	struct linux_initrd initrd;
	char path[32];

	while (linux_initrd_next(&at, &initrd)) {
		CHECK(at > last && at <= end && initrd.name >= last + 7 && initrd.name + initrd.length <= end);
		CHECK(!memchr(initrd.name, ' ', initrd.length) && !memchr(initrd.name, '\n', initrd.length));
		CHECK(initrd.name[0] != '/' && initrd.name[0] != '\\');
		CHECK(linux_initrd_path(&initrd, path, sizeof(path)) == (initrd.length + 2 <= sizeof(path)));
		CHECK(strlen(path) == (path[0] ? initrd.length + 1 : 0) && !strchr(path, '/'));
		CHECK(!initrd.device_path || linux_initrd_needs_stub(line));
		last = at;
	}
	CHECK(!strstr(last, "initrd="));
}

static bool read_mode(const struct screen_modes *modes, uint32_t number, struct screen_mode *mode)
{
	CHECK(number < modes->count);
	*mode = (struct screen_mode){ 640 + 160 * (number / 3), 480 + 120 * (number / 3), 0, number % 4, 0xff, 0, number, 0, 0 };
	return number % 5 != 4;
}

static void check_screen(const struct linux_options *options)
{
	struct screen_modes modes = { .current = 2, .count = 12, .read = read_mode };
	struct buffer_printer why;
	struct screen_mode mode;
	char text[300] = "";
	uint32_t chosen;

	buffer_printer_init(&why, text, sizeof(text));
	read_mode(&modes, 2, &modes.now);
	chosen = screen_choose(&options->screen, &modes, &why.printer);
	CHECK(chosen < modes.count && (chosen == modes.current || !text[0]) && !strchr(text, '\n'));
	CHECK(!text[0] || options->screen.wish == SCREEN_NUMBER || options->screen.wish == SCREEN_RESOLUTION);
	if (chosen == modes.current)
		return;
	CHECK(read_mode(&modes, chosen, &mode) && mode.format < SCREEN_BLT_ONLY);
	CHECK(options->screen.wish != SCREEN_NUMBER || chosen == options->screen.number);
	CHECK(options->screen.wish != SCREEN_RESOLUTION ||
	      (mode.width == options->screen.width && mode.height == options->screen.height));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *line = exact_copy(NULL, size + 1);
	struct linux_options options;
	struct kaslr_options kaslr;
	struct buffer_printer why;
	char text[64];

	if (size)
		memcpy(line, data, size);
	line[size] = '\0';
	linux_options_read(line, &options);
	buffer_printer_init(&why, text, sizeof(text));
	CHECK(linux_options_need_stub(line, &why.printer) == (options.disable_pci_dma ||
							      (!options.no_initrd && linux_initrd_needs_stub(line))));
	check_initrds(line);
	check_screen(&options);
	kaslr_options_read(line, &kaslr);
	CHECK(kaslr.avoid_count <= KASLR_AVOID_MAX);
	free(line);
	return 0;
}
