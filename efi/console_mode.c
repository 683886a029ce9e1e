/* SPDX-License-Identifier: BSD-2-Clause */
/* The key console-mode of loader.conf: which text mode the firmware's console gets. */
#include "firmware.h"

#include <loader/console_mode.h>

static void find_modes(SIMPLE_TEXT_OUTPUT_INTERFACE *out, struct console_modes *found)
{
	struct screen_info screen;
	uint8_t edid[EDID_SIZE];

	screen_describe(&screen, edid);
	*found = (struct console_modes){ .current = (uint32_t)out->Mode->Mode, .width = screen.lfb_width,
					 .height = screen.lfb_height };
	for (; found->count < CONSOLE_MODES_MAX && found->count < (uint32_t)out->Mode->MaxMode; found->count++) {
		UINTN columns, rows;

		if (EFI_ERROR(out->QueryMode(out, found->count, &columns, &rows)))
			continue;
		found->modes[found->count].columns = (uint32_t)columns;
		found->modes[found->count].rows = (uint32_t)rows;
	}
}

static void tell_modes(const struct console_modes *found)
{
	const char *between = "";

	for (uint32_t i = 0; i < found->count; i++) {
		if (found->modes[i].columns == 0)
			continue;
		print(console, "%s%u (%ux%u)", between, i, found->modes[i].columns, found->modes[i].rows);
		between = ", ";
	}
	print(console, "\n");
}

void console_set_mode(const struct bls_loader *loader)
{
	SIMPLE_TEXT_OUTPUT_INTERFACE *out = fw.system->ConOut;
	struct console_modes found;
	EFI_STATUS status = EFI_UNSUPPORTED;
	uint32_t mode;

	if (loader->console_mode == CONSOLE_MODE_KEEP || !out)
		return;
	find_modes(out, &found);
	console_flush();
	if (console_mode_choose(loader, &found, &mode) == 0) {
		if (mode == found.current)
			return;
		status = out->SetMode(out, mode);
		if (!EFI_ERROR(status))
			return;
	}
	print(console, "mapbridge: note: \\loader\\loader.conf: the console mode cannot be set (%s) and stays %u; there are ",
	      status_name(status), found.current);
	tell_modes(&found);
}

void console_size(size_t *columns, size_t *rows)
{
	SIMPLE_TEXT_OUTPUT_INTERFACE *out = fw.system->ConOut;
	UINTN width = 0, height = 0;

	if (!out || EFI_ERROR(out->QueryMode(out, (UINTN)out->Mode->Mode, &width, &height)) || width == 0 || height == 0) {
		width = 80;
		height = 25;
	}
	*columns = width;
	*rows = height;
}
