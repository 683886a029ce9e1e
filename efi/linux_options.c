/* SPDX-License-Identifier: BSD-2-Clause */
/* What the options of Linux's EFI stub need the firmware for, when its kernel is entered without it. */
#include "firmware.h"

#include <loader/linux_options.h>

static EFI_STATUS open_initrd(const struct linux_initrd *initrd, const char *user, bool slowly, struct file *file)
{
	char *path;
	EFI_STATUS status;

	if (initrd->length > BLS_PATH_MAX - 2) {
		print(refuse(user), "an option initrd= has a path of %zu bytes; needed: at most %d\n", initrd->length, BLS_PATH_MAX - 2);
		return EFI_LOAD_ERROR;
	}
	if (initrd->length == 0) {
		print(refuse(user), "an option initrd= has no path; needed: one, such as initrd=\\initrd.img; complete the option, or "
		      "remove it\n");
		return EFI_LOAD_ERROR;
	}
	path = pool_allocate(BLS_PATH_MAX, user);
	if (!path)
		return EFI_OUT_OF_RESOURCES;
	linux_initrd_path(initrd, path, BLS_PATH_MAX);
	status = slowly ? file_open_slowly(path, user, file) : file_open(path, user, file);
	file->own_path = path;
	if (!EFI_ERROR(status) && file->size == 0) {
		print(refuse(path), "empty, named by an option initrd= of %s; needed: an initrd; copy the file again, or remove the "
		      "option\n", user);
		status = EFI_LOAD_ERROR;
	}
	if (EFI_ERROR(status))
		file_close(file);
	return status;
}

EFI_STATUS option_initrds_open(const char *options, const char *user, bool slowly, struct file *files, size_t *count)
{
	struct linux_initrd initrd;
	EFI_STATUS status = EFI_SUCCESS;

	while (!EFI_ERROR(status) && linux_initrd_next(&options, &initrd)) {
		if (*count == PLAN_INITRDS_MAX) {
			print(refuse(user), "more than %d initrds, with those of the options initrd=; needed: at most that many; join "
			      "them\n", PLAN_INITRDS_MAX);
			return EFI_LOAD_ERROR;
		}
		status = open_initrd(&initrd, user, slowly, &files[*count]);
		*count += !EFI_ERROR(status);
	}
	return status;
}

/* A screen's modes, read from the firmware. */
struct gop_modes {
	struct screen_modes modes; /* first: what read_mode is given */
	EFI_GRAPHICS_OUTPUT_PROTOCOL *gop;
};

static struct screen_mode mode_of(const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *info)
{
	const EFI_PIXEL_BITMASK *masks = &info->PixelInformation;

	return (struct screen_mode){ info->HorizontalResolution, info->VerticalResolution, info->PixelsPerScanLine,
				     info->PixelFormat, masks->RedMask, masks->GreenMask, masks->BlueMask, masks->ReservedMask, 0 };
}

static bool read_mode(const struct screen_modes *modes, uint32_t number, struct screen_mode *mode)
{
	EFI_GRAPHICS_OUTPUT_PROTOCOL *gop = ((const struct gop_modes *)modes)->gop;
	EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *info = NULL;
	UINTN size;

	if (EFI_ERROR(gop->QueryMode(gop, number, &size, &info)) || !info)
		return false;
	*mode = mode_of(info);
	pool_free(info);
	return true;
}

static void show_modes(const struct screen_modes *modes)
{
	EFI_INPUT_KEY key;

	console_attend(true);
	screen_modes_print(modes, console);
	print(console, "video=efifb:list: press a key to go on, or wait 10 seconds\n");
	console_flush();
	read_key(10000, &key);
}

static bool set_mode(EFI_GRAPHICS_OUTPUT_PROTOCOL *gop, uint32_t number)
{
	EFI_STATUS status = gop->SetMode(gop, number);

	if (EFI_ERROR(status))
		print(refuse("video=efifb"), "the firmware does not set the screen to mode %u (%s): it stays in mode %u\n", number,
		      status_name(status), gop->Mode->Mode);
	return !EFI_ERROR(status);
}

bool screen_request_apply(const struct screen_request *request, struct screen_before *before)
{
	EFI_GRAPHICS_OUTPUT_PROTOCOL *gop;
	struct buffer_printer why;
	struct gop_modes screen;
	char text[160] = "";
	uint32_t number;

	if (request->wish == SCREEN_KEEP)
		return false;
	gop = screen_find_framebuffer();
	if (!gop) {
		print(console, "note: video=efifb: there is no screen with a framebuffer\n");
		return false;
	}
	screen = (struct gop_modes){ { mode_of(gop->Mode->Info), gop->Mode->Mode, gop->Mode->MaxMode, read_mode }, gop };
	if (request->wish == SCREEN_LIST)
		show_modes(&screen.modes);
	buffer_printer_init(&why, text, sizeof(text));
	number = screen_choose(request, &screen.modes, &why.printer);
	if (text[0])
		print(refuse("video=efifb"), "%s; the screen stays in mode %u\n", text, screen.modes.current);
	if (number == screen.modes.current)
		return false;
	print(console, "video=efifb: the screen changes from mode %u to %u\n", screen.modes.current, number);
	console_flush();
	if (!set_mode(gop, number))
		return false;
	*before = (struct screen_before){ gop, screen.modes.current };
	return true;
}

void screen_request_undo(struct screen_before *before)
{
	if (before->gop)
		set_mode(before->gop, before->mode);
	before->gop = NULL;
}
