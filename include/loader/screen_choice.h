/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The mode that the option video=efifb: wants the screen in. Source: Linux's Documentation/fb/efifb.rst and
 * drivers/firmware/efi/libstub/gop.c, which is the same in 6.1 and 6.12.
 */
#ifndef LOADER_SCREEN_CHOICE_H
#define LOADER_SCREEN_CHOICE_H

#include <loader/screen.h>
#include <mm/printer.h>

enum screen_wish {
	SCREEN_KEEP,       /* no such option */
	SCREEN_NUMBER,     /* mode=N */
	SCREEN_RESOLUTION, /* WIDTHxHEIGHT, WIDTHxHEIGHT-rgb, -bgr or -BITS */
	SCREEN_AUTO,       /* the most pixels, then the most bits */
	SCREEN_LIST        /* the modes are printed, and the user has 10 seconds to read them */
};

struct screen_request {
	enum screen_wish wish;
	uint32_t number;
	uint32_t width;
	uint32_t height;
	bool any_format;
	uint32_t format; /* enum screen_format */
	uint8_t bits;    /* of a pixel; 0: any */
};

/* Reads what follows "efifb:" up to end. Of several wishes the last counts; what is none is passed over. */
void screen_request_read(const char *text, const char *end, struct screen_request *request);

/* The modes of a screen; its own interface is read(). */
struct screen_modes {
	struct screen_mode now;
	uint32_t current; /* number of the mode that it is in */
	uint32_t count;
	bool (*read)(const struct screen_modes *modes, uint32_t number, struct screen_mode *mode); /* false: it cannot be read */
};

/*
 * The mode that the request means: number `current` when it is that one, when there is no such mode (*why has a sentence without
 * newline then, and nothing else), and for SCREEN_KEEP and SCREEN_LIST.
 */
uint32_t screen_choose(const struct screen_request *request, const struct screen_modes *modes, struct printer *why);

/* Prints the modes, one a line, the current one with a star and those without a framebuffer with a minus sign. */
void screen_modes_print(const struct screen_modes *modes, struct printer *out);

#endif
