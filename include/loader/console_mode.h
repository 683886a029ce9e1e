/* SPDX-License-Identifier: BSD-2-Clause */
/* Which text mode of the firmware's console the key console-mode of loader.conf means. */
#ifndef LOADER_CONSOLE_MODE_H
#define LOADER_CONSOLE_MODE_H

#include <loader/bls.h>

#define CONSOLE_MODES_MAX 64

/* EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL's modes (UEFI 2.10, section 12.4), and the screen that they are shown on. */
struct console_modes {
	struct {
		uint32_t columns; /* 0: the mode is not available */
		uint32_t rows;
	} modes[CONSOLE_MODES_MAX];
	uint32_t count;
	uint32_t current;
	uint32_t width;  /* of the screen in pixels; 0: there is none */
	uint32_t height;
};

/*
 * The mode to set, in *mode: current for CONSOLE_MODE_KEEP; the last one that is available for CONSOLE_MODE_MAX. For
 * CONSOLE_MODE_AUTO: current, unless its text covers less than a tenth of the screen; then the smallest mode that covers
 * as much, else the largest. MM_ENOENT, and *mode is untouched, when the mode that is asked for is not available.
 */
int console_mode_choose(const struct bls_loader *loader, const struct console_modes *modes, uint32_t *mode);

#endif
