/* SPDX-License-Identifier: BSD-2-Clause */
/* What Linux's EFI stub reads in a command line, and the mode of the screen that it chooses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <loader/linux_options.h>
#include <mm/command_line.h>

static struct linux_options options_of(const char *command_line)
{
	struct linux_options options;

	memset(&options, 0xa5, sizeof(options));
	linux_options_read(command_line, &options);
	return options;
}

static void words_of_efi(void **state)
{
	(void)state;
	assert_false(options_of("").no_soft_reserve);
	assert_true(options_of("efi=nosoftreserve").no_soft_reserve);
	assert_true(options_of("ro efi=debug,nosoftreserve,nochunk quiet").no_soft_reserve);
	assert_true(options_of("efi=debug,nosoftreserve,nochunk").no_chunk);
	assert_true(options_of("efi=\"nosoftreserve\"").no_soft_reserve);
	assert_true(options_of("\"efi=nosoftreserve\"").no_soft_reserve);
	assert_true(options_of("efi=,nosoftreserve").no_soft_reserve);
	assert_true(options_of("efi=nosoft,nosoftreserve").no_soft_reserve);
	assert_true(options_of("a=\xc2\xa0" "efi=nosoftreserve").no_soft_reserve); /* 0xa0 is a blank to Linux */
	assert_false(options_of("efi=nosoftreserved").no_soft_reserve);
	assert_false(options_of("efi=xnosoftreserve").no_soft_reserve);
	assert_false(options_of("efi= nosoftreserve").no_soft_reserve);
	assert_false(options_of("xefi=nosoftreserve efix=nosoftreserve EFI=nosoftreserve").no_soft_reserve);
	assert_false(options_of("=efi=nosoftreserve").no_soft_reserve);
	assert_false(options_of("root=\"x efi=nosoftreserve\"").no_soft_reserve);
	assert_false(options_of("init=/x -- efi=nosoftreserve").no_soft_reserve);
	assert_true(options_of("--=1 --x efi=nosoftreserve").no_soft_reserve);
}

static void the_last_efi_counts(void **state)
{
	(void)state;
	assert_false(options_of("efi=nosoftreserve,nochunk efi=debug").no_soft_reserve);
	assert_false(options_of("efi=nosoftreserve,nochunk efi=debug").no_chunk);
	assert_true(options_of("efi=nosoftreserve efi").no_soft_reserve);
	assert_true(options_of("efi=disable_early_pci_dma efi=debug").disable_pci_dma);
	assert_false(options_of("efi=disable_early_pci_dma efi=no_disable_early_pci_dma").disable_pci_dma);
	assert_true(options_of("efi=no_disable_early_pci_dma efi=disable_early_pci_dma").disable_pci_dma);
	assert_false(options_of("efi=no_disable_early_pci_dma,disable_early_pci_dma").disable_pci_dma);
}

static void other_words(void **state)
{
	(void)state;
	assert_true(options_of("ro noinitrd").no_initrd);
	assert_true(options_of("noinitrd=0").no_initrd);
	assert_false(options_of("noinitrds -- noinitrd").no_initrd);
	assert_true(options_of("mem_encrypt=on").memory_encryption);
	assert_false(options_of("mem_encrypt=on mem_encrypt=off").memory_encryption);
	assert_false(options_of("mem_encrypt mem_encrypt=once").memory_encryption);
}

static void assert_needs_stub(const char *command_line, const char *expected)
{
	char text[100] = "";
	struct buffer_printer why;

	buffer_printer_init(&why, text, sizeof(text));
	assert_int_equal(linux_options_need_stub(command_line, &why.printer), expected != NULL);
	assert_string_equal(text, expected ? expected : "");
}

static void what_only_the_stub_does(void **state)
{
	(void)state;
	assert_needs_stub("", NULL);
	assert_needs_stub("efi=debug,novamap,nochunk,nosoftreserve video=efifb:auto initrd=/a(b)/c initrd=x", "initrd= with a device path");
	assert_needs_stub("efi=disable_early_pci_dma", "efi=disable_early_pci_dma");
	assert_needs_stub("efi=disable_early_pci_dma efi=no_disable_early_pci_dma", NULL);
	assert_needs_stub("initrd=PciRoot(0x0)/Pci(0x2,0x0)/HD(1,GPT,0,0,1)/\\initrd.img", "initrd= with a device path");
	assert_needs_stub("noinitrd initrd=PciRoot(0x0)/\\initrd.img", NULL);
	assert_needs_stub("initrd=a(1).img initrd=a(1 initrd=(1)/a initrd=a1(1)/b initrd=a(1)", NULL);
}

/* The paths that a command line names, joined with blanks. */
static void assert_initrds(const char *command_line, const char *expected)
{
	char found[300] = "", path[100];
	struct linux_initrd initrd;

	while (linux_initrd_next(&command_line, &initrd)) {
		assert_true(linux_initrd_path(&initrd, path, sizeof(path)));
		strcat(found, found[0] ? " " : "");
		strcat(found, path);
	}
	assert_string_equal(found, expected);
}

static void names_of_initrds(void **state)
{
	char path[6];
	const char *at = "initrd=12345";
	struct linux_initrd initrd;

	(void)state;
	assert_initrds("", "");
	assert_initrds("root=/dev/sda1 initrd quiet initrd", "");
	assert_initrds("initrd=\\initrd.img root=x", "\\initrd.img");
	assert_initrds("initrd=a initrd=/b/c initrd=\\\\//d/e\\f", "\\a \\b\\c \\d\\e\\f");
	assert_initrds("ro initrd=a\tb c", "\\a\tb");
	assert_initrds("ro initrd=a\nb", "\\a");
	assert_initrds("xinitrd=a \"initrd=b c\" -- initrd=d", "\\a \\b \\d");
	assert_initrds("initrd=initrd=a initrd=b,initrd=c", "\\initrd=a \\b,initrd=c");
	assert_initrds("initrd= x initrd=/ initrd=", "\\ \\ \\");
	assert_initrds("iinitrd=a initrd=/boot/pr\xc3\xbc" "f", "\\a \\boot\\pr\xc3\xbc" "f");
	assert_true(linux_initrd_next(&at, &initrd));
	assert_false(linux_initrd_path(&initrd, path, sizeof(path)));
	assert_string_equal(path, "");
	initrd.length = 4;
	assert_true(linux_initrd_path(&initrd, path, sizeof(path)));
	assert_string_equal(path, "\\1234");
	assert_false(linux_initrd_next(&at, &initrd));
}

static void assert_screen(const char *command_line, struct screen_request expected)
{
	struct screen_request found = options_of(command_line).screen;

	assert_int_equal(found.wish, expected.wish);
	assert_int_equal(found.number, expected.number);
	assert_int_equal(found.width, expected.width);
	assert_int_equal(found.height, expected.height);
	assert_int_equal(found.any_format, expected.any_format);
	assert_int_equal(found.format, expected.format);
	assert_int_equal(found.bits, expected.bits);
}

#define REQUEST(...) ((struct screen_request){ __VA_ARGS__ })
#define PIXELS(w, h, ...) REQUEST(.wish = SCREEN_RESOLUTION, .width = (w), .height = (h), __VA_ARGS__)
#define ANY .any_format = true

static void words_of_video(void **state)
{
	(void)state;
	assert_screen("video=640x480 video=vesafb:auto video=efifb video=efifb:", REQUEST(.wish = SCREEN_KEEP));
	assert_screen("video=efifb:mode=3", REQUEST(.wish = SCREEN_NUMBER, .number = 3));
	assert_screen("video=efifb:mode=0x1F", REQUEST(.wish = SCREEN_NUMBER, .number = 31));
	assert_screen("video=efifb:mode=010", REQUEST(.wish = SCREEN_NUMBER, .number = 8));
	assert_screen("video=efifb:mode=", REQUEST(.wish = SCREEN_NUMBER));
	assert_screen("video=efifb:mode=0x", REQUEST(.wish = SCREEN_KEEP)); /* 0, and then x is no comma */
	assert_screen("video=efifb:mode=4294967297", REQUEST(.wish = SCREEN_NUMBER, .number = 1));
	assert_screen("video=efifb:mode=1a", REQUEST(.wish = SCREEN_KEEP));
	assert_screen("video=efifb:640x480", PIXELS(640, 480, ANY));
	assert_screen("video=\"efifb:0640x00480\"", PIXELS(640, 480, ANY));
	assert_screen("video=efifb:640x480-32", PIXELS(640, 480, ANY, .bits = 32));
	assert_screen("video=efifb:640x480-256", PIXELS(640, 480, ANY));
	assert_screen("video=efifb:640x480-rgb", PIXELS(640, 480, .format = SCREEN_RGBX));
	assert_screen("video=efifb:640x480-bgr", PIXELS(640, 480, .format = SCREEN_BGRX));
	assert_screen("video=efifb:640x480-,640x480-x,640x480-rgb8,x480,640x,640X480,640x480@60,640", REQUEST(.wish = SCREEN_KEEP));
	assert_screen("video=efifb:auto", REQUEST(.wish = SCREEN_AUTO));
	assert_screen("video=efifb:automatic,lists", REQUEST(.wish = SCREEN_KEEP));
	assert_screen("video=efifb:list", REQUEST(.wish = SCREEN_LIST));
	assert_screen("video=efifb:nobgrt,list,,800x600,what", PIXELS(800, 600, ANY));
	assert_screen("video=efifb:800x600 video=efifb:auto,", REQUEST(.wish = SCREEN_AUTO));
	assert_screen("video=efifb:800x600 video=efifb:off", PIXELS(800, 600, ANY));
	assert_screen("-- video=efifb:800x600", REQUEST(.wish = SCREEN_KEEP));
}

#define MODE(w, h, f) { w, h, w, f, 0, 0, 0, 0, 0 }
static const struct screen_mode modes[] = {
	MODE(640, 480, SCREEN_BGRX), MODE(800, 600, SCREEN_BGRX), MODE(800, 600, SCREEN_RGBX), MODE(1280, 1024, SCREEN_BLT_ONLY),
	{ 1024, 768, 1024, SCREEN_BITMASK, 0x7c00, 0x3e0, 0x1f, 0, 0 }, MODE(1024, 768, SCREEN_BGRX), MODE(1920, 1080, 7),
	MODE(9999, 9999, SCREEN_BGRX), /* cannot be read */
};

static bool read_mode(const struct screen_modes *from, uint32_t number, struct screen_mode *mode)
{
	assert_true(number < from->count);
	*mode = modes[number];
	return number != 7;
}

static void assert_choice(const char *options, uint32_t current, uint32_t expected, const char *why)
{
	struct screen_modes screen = { modes[current], current, 8, read_mode };
	struct screen_request request = options_of(options).screen;
	struct buffer_printer out;
	char text[200] = "";

	buffer_printer_init(&out, text, sizeof(text));
	assert_int_equal(screen_choose(&request, &screen, &out.printer), expected);
	assert_string_equal(text, why);
}

static void chosen_modes(void **state)
{
	(void)state;
	assert_choice("", 1, 1, "");
	assert_choice("video=efifb:list", 1, 1, "");
	assert_choice("video=efifb:mode=4", 1, 4, "");
	assert_choice("video=efifb:mode=7", 7, 7, "");
	assert_choice("video=efifb:mode=8", 1, 1, "there is no mode 8; needed: a number below 8");
	assert_choice("video=efifb:mode=7", 1, 1, "the firmware does not describe its mode 7; needed: another mode");
	assert_choice("video=efifb:mode=3", 1, 1, "mode 3 has no framebuffer; needed: another mode");
	assert_choice("video=efifb:mode=6", 1, 1, "mode 6 has no framebuffer; needed: another mode");
	assert_choice("video=efifb:800x600", 0, 1, "");
	assert_choice("video=efifb:800x600", 2, 2, ""); /* the current one comes first */
	assert_choice("video=efifb:800x600-bgr", 2, 1, "");
	assert_choice("video=efifb:800x600-rgb", 0, 2, "");
	assert_choice("video=efifb:800x600-32", 0, 1, "");
	assert_choice("video=efifb:1024x768-15", 0, 4, "");
	assert_choice("video=efifb:1024x768-32", 4, 5, "");
	assert_choice("video=efifb:1280x1024", 1, 1, "none of the 8 modes has 1280x1024 pixels; needed: one that video=efifb:list shows");
	assert_choice("video=efifb:800x600-16", 1, 1,
		      "none of the 8 modes has 800x600 pixels of 16 bits; needed: one that video=efifb:list shows");
	assert_choice("video=efifb:640x480-rgb", 1, 1,
		      "none of the 8 modes has 640x480 pixels in the order rgb; needed: one that video=efifb:list shows");
	assert_choice("video=efifb:auto", 0, 5, "");
	assert_choice("video=efifb:auto", 4, 5, "");
	assert_choice("video=efifb:auto", 5, 5, "");
}

static void printed_modes(void **state)
{
	struct screen_modes screen = { modes[1], 1, 8, read_mode };
	struct buffer_printer out;
	char text[600];

	(void)state;
	buffer_printer_init(&out, text, sizeof(text));
	screen_modes_print(&screen, &out.printer);
	assert_string_equal(text, "the screen has 8 modes (* is the current one, - cannot be used):\n"
				  "mode   0    640x480-bgr\nmode   1 *  800x600-bgr\nmode   2    800x600-rgb\n"
				  "mode   3  - 1280x1024\nmode   4    1024x768-15\nmode   5    1024x768-bgr\nmode   6  - 1920x1080\n");
}

/* Words as Linux's next_arg() divides them, beyond what the options above show. */
static void words_with_quotes(void **state)
{
	const char *at = "\"a=\"b c\"\" =d=e \"=f=g\" \"h";
	struct command_word word;

	(void)state;
	assert_true(command_line_next_word(&at, &word)); /* the quotes around the value are taken off, and no others */
	assert_int_equal(word.end - word.start, 4);
	assert_memory_equal(word.start, "a=\"b", 4);
	assert_true(command_line_next_word(&at, &word) && command_line_next_word(&at, &word));
	assert_memory_equal(word.start, "=d=e", 4);
	assert_memory_equal(word.value, "e", 1);
	assert_true(command_line_next_word(&at, &word));
	assert_memory_equal(word.value, "g", 1);
	assert_int_equal(word.end - word.value, 1);
	assert_true(command_line_next_word(&at, &word));
	assert_memory_equal(word.start, "h", 1);
	assert_false(command_line_next_word(&at, &word));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_of_efi),
		cmocka_unit_test(the_last_efi_counts),
		cmocka_unit_test(other_words),
		cmocka_unit_test(what_only_the_stub_does),
		cmocka_unit_test(names_of_initrds),
		cmocka_unit_test(words_of_video),
		cmocka_unit_test(chosen_modes),
		cmocka_unit_test(printed_modes),
		cmocka_unit_test(words_with_quotes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
