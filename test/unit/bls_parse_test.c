/* SPDX-License-Identifier: BSD-2-Clause */
/* Boot loader entries and loader.conf. The text is heap memory of exactly its size, without a NUL behind it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <loader/bls.h>

struct result {
	int error;
	char notes[6000];
	char why[1500];
	struct bls_entry entry;
	struct bls_loader loader;
};

static void parse(const char *text, size_t size, bool loader, struct result *r)
{
	struct buffer_printer notes, why;
	char *copy = malloc(size);

	memcpy(copy, text, size);
	memset(&r->entry, 0xa5, sizeof(r->entry));
	memset(&r->loader, 0xa5, sizeof(r->loader));
	buffer_printer_init(&notes, r->notes, sizeof(r->notes));
	buffer_printer_init(&why, r->why, sizeof(r->why));
	r->error = loader ? bls_loader_parse(copy, size, &r->loader, &notes.printer, &why.printer) :
			    bls_entry_parse(copy, size, &r->entry, &notes.printer, &why.printer);
	assert_int_equal(r->error == 0, why.length == 0);
	assert_true(r->error == 0 || r->error == MM_EINVAL);
	free(copy);
}

#define ENTRY(r, text)                                                                                                 \
	do {                                                                                                           \
		parse(text, sizeof(text) - 1, false, r);                                                               \
		assert_string_equal((r)->why, "");                                                                     \
	} while (0)

#define ENTRY_REFUSED(text, sentence)                                                                                  \
	do {                                                                                                           \
		struct result r_;                                                                                      \
		parse(text, sizeof(text) - 1, false, &r_);                                                             \
		assert_string_equal(r_.why, sentence);                                                                 \
	} while (0)

static void an_entry_as_systemd_writes_it(void **state)
{
	struct result r;

	(void)state;
	ENTRY(&r, "# Boot Loader Specification type#1 entry\n"
		  "title      Debian GNU/Linux 12 (bookworm)\n"
		  "version    6.1.0-18-cloud-amd64\n"
		  "machine-id 1cf4cab8b3a94fd2a1ff4bb5e1e0b62c\n"
		  "sort-key   debian\n"
		  "options    root=UUID=2ed9 ro console=ttyS0\n"
		  "linux      /1cf4/6.1.0-18-cloud-amd64/linux\n"
		  "initrd     /1cf4/6.1.0-18-cloud-amd64/initrd.img-6.1.0-18-cloud-amd64\n");
	assert_string_equal(r.notes, "");
	assert_string_equal(r.entry.title, "Debian GNU/Linux 12 (bookworm)");
	assert_string_equal(r.entry.linux, "\\1cf4\\6.1.0-18-cloud-amd64\\linux");
	assert_int_equal(r.entry.initrd_count, 1);
	assert_string_equal(bls_entry_initrd(&r.entry, 0), "\\1cf4\\6.1.0-18-cloud-amd64\\initrd.img-6.1.0-18-cloud-amd64");
	assert_string_equal(r.entry.options, "root=UUID=2ed9 ro console=ttyS0");
	assert_int_equal(r.entry.options_length, 31);
	assert_false(r.entry.options_too_long);
}

static void a_profile_of_a_unified_kernel_image(void **state)
{
	struct result r;

	(void)state;
	ENTRY(&r, "profile x\nuki /u.efi\nprofile 255\n");
	assert_int_equal(r.entry.profile, 255);
	ENTRY(&r, "efi /u.efi\nprofile 0\n");
	assert_int_equal(r.entry.profile, 0);
	ENTRY(&r, "uki /u.efi\n");
	assert_int_equal(r.entry.profile, 0);
	assert_string_equal(r.notes, "");
	ENTRY(&r, "uki /u.efi\nprofile many\narchitecture aa64\n");
	assert_true(r.entry.foreign);
}

static void blanks_line_ends_and_comments(void **state)
{
	struct result r;

	(void)state;
	ENTRY(&r, "\r\n  \t \r\n#linux /no\r\n\t # title no\r\n \ttitle\t \tA  B\t \r\n\tlinux\t/k \t\r\noptions a#b # "
		  "c\r\ninitrd\t/i");
	assert_string_equal(r.notes, "");
	assert_string_equal(r.entry.title, "A  B");
	assert_string_equal(r.entry.linux, "\\k");
	assert_string_equal(r.entry.options, "a#b # c"); /* a comment is a whole line */
	assert_string_equal(bls_entry_initrd(&r.entry, 0), "\\i");
	ENTRY(&r, "\xef\xbb\xbflinux /k");
	assert_string_equal(r.entry.linux, "\\k");
	assert_string_equal(r.entry.title, "");
	assert_int_equal(r.entry.options_length, 0);
	assert_string_equal(r.entry.options, "");
	assert_string_equal(r.notes, "");
}

static void several_initrds_and_options_are_joined_in_order(void **state)
{
	struct result r;

	(void)state;
	ENTRY(&r, "options a=1\ninitrd /one\nlinux /k\noptions\noptions  b  c\ninitrd \\two\n");
	assert_int_equal(r.entry.initrd_count, 2);
	assert_string_equal(bls_entry_initrd(&r.entry, 0), "\\one");
	assert_string_equal(bls_entry_initrd(&r.entry, 1), "\\two");
	assert_string_equal(r.entry.options, "a=1 b  c");
	assert_int_equal(r.entry.options_length, 8);
}

static void too_many_initrds(void **state)
{
	static char text[4000] = "linux /k\n";
	struct result r;

	(void)state;
	for (unsigned i = 0; i < 64; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "initrd /i%u\n", i);
	parse(text, strlen(text), false, &r);
	assert_int_equal(r.error, 0);
	assert_int_equal(r.entry.initrd_count, 64);
	assert_string_equal(bls_entry_initrd(&r.entry, 63), "\\i63");
	strcat(text, "initrd /one-too-many\n");
	parse(text, strlen(text), false, &r);
	assert_string_equal(r.why, "line 66: more than 64 initrd lines, or more than 8192 bytes of paths in them; join the files");
}

/* Eight paths of 1023 bytes and their NULs fill the room exactly; not one more byte fits. */
static void long_initrd_paths(void **state)
{
	static char text[12000] = "linux /k\n";
	struct result r;

	(void)state;
	for (unsigned i = 0; i < 8; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "initrd /%01022u\n", i);
	parse(text, strlen(text), false, &r);
	assert_int_equal(r.error, 0);
	assert_int_equal(r.entry.initrd_count, 8);
	assert_int_equal(strlen(bls_entry_initrd(&r.entry, 7)), 1023);
	assert_int_equal(bls_entry_initrd(&r.entry, 7)[1022], '7');
	strcat(text, "initrd /\n");
	parse(text, strlen(text), false, &r);
	assert_string_equal(r.why, "line 10: more than 64 initrd lines, or more than 8192 bytes of paths in them; join the files");
}

static void of_repeated_keys_the_last_counts_and_is_noted(void **state)
{
	struct result r;

	(void)state;
	ENTRY(&r, "title A\nlinux /old\nlinux /new\ntitle B\n");
	assert_string_equal(r.entry.linux, "\\new");
	assert_string_equal(r.entry.title, "B");
	assert_string_equal(r.notes, "line 3: linux is given again; this line counts, not \\old\n"
				     "line 4: title is given again; this line counts, not A\n");
	/* as systemd-boot takes it: linux, efi and uki are one key */
	ENTRY(&r, "linux /k\nefi /shell.efi\n");
	assert_string_equal(r.entry.linux, "");
	assert_string_equal(r.entry.efi, "\\shell.efi");
	assert_string_equal(r.notes, "line 2: efi is given again; this line counts, not \\k\n");
	ENTRY(&r, "uki /u.efi\nlinux /k\n");
	assert_string_equal(r.entry.linux, "\\k");
	assert_string_equal(r.entry.efi, "");
	ENTRY(&r, "linux /\xff\nlinux /k\n"); /* the line that is wrong does not count */
	assert_string_equal(r.entry.linux, "\\k");
}

static void unknown_keys_are_all_noted(void **state)
{
	char text[2000] = "linux /k\n", expected[4000] = "";
	struct result r;

	(void)state;
	ENTRY(&r, "Linux /no\nlinux /k\n\nlinux-x 1\ngrub_class debian\ninitrdx\nid x\nfrobnicate 1\n");
	assert_string_equal(r.entry.linux, "\\k");
	assert_int_equal(r.entry.initrd_count, 0);
	assert_string_equal(r.notes, "line 1: unknown key Linux is ignored; did you mean linux?\n"
				     "line 4: unknown key linux-x is ignored\n"
				     "line 6: unknown key initrdx is ignored; did you mean initrd?\n"
				     "line 8: unknown key frobnicate is ignored\n");
	for (unsigned i = 0; i < 40; i++) {
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "zzzz%u\n", i);
		if (i < 32)
			snprintf(expected + strlen(expected), sizeof(expected) - strlen(expected),
				 "line %u: unknown key zzzz%u is ignored\n", 2 + i, i);
	}
	strcat(expected, "and 8 more lines with unknown keys\n");
	parse(text, strlen(text), false, &r);
	assert_string_equal(r.notes, expected);
}

static void the_key_that_was_meant(void **state)
{
	static const struct {
		const char *key, *meant; /* null: none */
	} cases[] = {
		{ "linuz", "linux" }, { "Linux", "linux" }, { "inux", "linux" }, { "lixun", NULL }, { "liunx", "linux" }, { "lnx", NULL },
		{ "efl", "efi" }, { "EFI", "efi" }, { "ef", "efi" }, { "x", NULL }, { "uky", "uki" }, { "title=Debian", "title" },
		{ "title:", "title" }, { "linux\xc2\xa0/k", "linux" }, { "option", "options" }, { "optoins", "options" },
		{ "machine_id", "machine-id" }, { "machineid", "machine-id" }, { "sortkey", "sort-key" }, { "kernel", "linux" },
		{ "initramfs", "initrd" }, { "append", "options" }, { "CMDLINE", "options" }, { "mapbridge_verify", "mapbridge-verify" },
		{ "devicetree-overlays", "devicetree-overlay" }, { "42", NULL }, { "=", NULL }, { "\xff", NULL },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL },
	};
	char text[200], expected[300];
	struct result r;

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(cases); i++) {
		snprintf(text, sizeof(text), "linux /k\n%s x", cases[i].key);
		snprintf(expected, sizeof(expected), "line 2: unknown key %s is ignored%s%s%s\n", cases[i].key,
			 cases[i].meant ? "; did you mean " : "", cases[i].meant ? cases[i].meant : "", cases[i].meant ? "?" : "");
		parse(text, strlen(text), false, &r);
		assert_string_equal(r.notes, expected);
	}
	parse("timout 3\nDefault x\nsecure-boot-enrol\nlinux /k", 45, true, &r);
	assert_string_equal(r.notes, "line 1: unknown key timout is ignored; did you mean timeout?\n"
				     "line 2: unknown key Default is ignored; did you mean default?\n"
				     "line 3: unknown key secure-boot-enrol is ignored; did you mean secure-boot-enroll?\n"
				     "line 4: unknown key linux is ignored\n");
}

static void prepared_kernels(void **state)
{
	struct result r;

	(void)state;
	ENTRY(&r, "linux /k\nmapbridge-prepared /d/k.mbk\n");
	assert_string_equal(r.entry.linux, "\\k");
	assert_string_equal(r.entry.prepared, "\\d\\k.mbk");
	assert_false(r.entry.verify);
	ENTRY(&r, "linux /k\nmapbridge-verify yes\n");
	assert_string_equal(r.entry.prepared, "");
	assert_true(r.entry.verify);
	ENTRY(&r, "linux /k\nmapbridge-verify yes\nmapbridge-verify no\n");
	assert_false(r.entry.verify);
	ENTRY(&r, "mapbridge-verify on\nlinux /k\n");
	assert_true(r.entry.verify);
	assert_string_equal(r.notes, "");
	/* what is wrong with it costs the time that it saves, not the start, and never a check */
	ENTRY(&r, "mapbridge-verify Yse\nlinux /k\n");
	assert_true(r.entry.verify);
	assert_string_equal(r.notes, "line 1: mapbridge-verify Yse is taken as yes; needed: yes or no\n");
	ENTRY(&r, "linux /k\nmapbridge-verify\nmapbridge-prepared\n");
	assert_false(r.entry.verify);
	assert_string_equal(r.notes, "line 2: mapbridge-verify has no value and is ignored\n"
				     "line 3: mapbridge-prepared has no value and is ignored\n");
	ENTRY(&r, "linux /k\nmapbridge-prepared /p\nmapbridge-prepared /p\rq\r\n");
	assert_string_equal(r.entry.prepared, "\\p");
	ENTRY(&r, "linux /k\nmapbridge-prepared /p\nmapbridge-prepared /p\x01q\n");
	assert_string_equal(r.entry.prepared, "");
	assert_string_equal(r.notes, "line 3: mapbridge-prepared is given again; this line counts, not \\p\n"
				     "line 3: a path with character 0x01; needed: UTF-8 without control characters; "
				     "the kernel is started without it\n");
	ENTRY(&r, "uki /k\nmapbridge-prepared /p\n");
	assert_string_equal(r.entry.prepared, "");
	assert_string_equal(r.notes, "mapbridge-prepared \\p is ignored without a linux line\n");
}

static void entries_without_a_kernel(void **state)
{
	(void)state;
	ENTRY_REFUSED("", "no linux line and no efi line among 0 lines; needed: linux \\path\\of\\the\\kernel");
	ENTRY_REFUSED("title x\n\n# linux /k\n", "no linux line and no efi line among 3 lines; needed: linux "
		      "\\path\\of\\the\\kernel");
	ENTRY_REFUSED("title x\nlinux", "no linux line and no efi line among 2 lines; needed: linux \\path\\of\\the\\kernel "
		      "(line 2 may be meant for one: linux )");
	ENTRY_REFUSED("linuz /k\nEFI /e\n", "no linux line and no efi line among 2 lines; needed: linux "
		      "\\path\\of\\the\\kernel (line 1 may be meant for one: linuz /k)");
	ENTRY_REFUSED("title x\nkernel=/k\n", "no linux line and no efi line among 2 lines; needed: linux "
		      "\\path\\of\\the\\kernel (line 2 may be meant for one: kernel=/k )");
	ENTRY_REFUSED("linux /k\ndevicetree /x.dtb\n",
		      "line 2: the key devicetree is not supported; needed: an entry without it");
	ENTRY_REFUSED("devicetree-overlay /x.dtbo\nlinux /k\n",
		      "line 1: the key devicetree-overlay is not supported; needed: an entry without it");
	ENTRY_REFUSED("uki /u.efi\nextra /x.cred\n", "line 2: the key extra is not supported; needed: an entry without it");
	ENTRY_REFUSED("uki-url http://a/b.efi\n", "line 1: the key uki-url is not supported; needed: an entry without it");
	ENTRY_REFUSED("uki /u.efi\nprofile two\n", "line 2: profile two; needed: a number, at most 255");
	ENTRY_REFUSED("uki /u.efi\nprofile 1\nprofile 256\n", "line 3: profile 256; needed: a number, at most 255");
	ENTRY_REFUSED("uki /u.efi\nprofile -1\n", "line 2: profile -1; needed: a number, at most 255");
	ENTRY_REFUSED("linux /k\nprofile 1\n",
		      "profile 1 without a uki line; needed: uki \\path\\of\\the\\image, which has the profile");
	ENTRY_REFUSED("efi /k.efi\nprofile 1\n",
		      "profile 1 without a uki line; needed: uki \\path\\of\\the\\image, which has the profile");
}

static void paths_beyond_ascii(void **state)
{
	struct result r;

	(void)state;
	ENTRY(&r, "linux /gr\xc3\xbc\xc3\x9f" "e/\xe6\xa0\xb8\ninitrd /\xf0\x9f\x90\xa7.img\ninitrd //a//b/\\c\n");
	assert_string_equal(r.notes, "");
	assert_string_equal(r.entry.linux, "\\gr\xc3\xbc\xc3\x9f" "e\\\xe6\xa0\xb8");
	assert_string_equal(bls_entry_initrd(&r.entry, 0), "\\\xf0\x9f\x90\xa7.img");
	assert_string_equal(bls_entry_initrd(&r.entry, 1), "\\a\\b\\c");
}

static void characters_that_no_path_has(void **state)
{
	static const char nul_in_kernel[] = "linux /k\0.old\n";

	(void)state;
	ENTRY_REFUSED("linux /gr\xfc\xdf" "e\n", "line 1: a path with byte 0xfc; needed: UTF-8 without control characters");
	ENTRY_REFUSED("linux /k\xc3", "line 1: a path with byte 0xc3; needed: UTF-8 without control characters");
	ENTRY_REFUSED("linux /\xed\xa0\x80\n", "line 1: a path with byte 0xed; needed: UTF-8 without control characters");
	ENTRY_REFUSED("linux /k\ninitrd /a\tb\n",
		      "line 2: a path with character 0x09; needed: UTF-8 without control characters");
	ENTRY_REFUSED("linux /\x7f\n", "line 1: a path with character 0x7f; needed: UTF-8 without control characters");
	ENTRY_REFUSED(nul_in_kernel, "line 1: a path with character 0x00; needed: UTF-8 without control characters");
	ENTRY_REFUSED("linux /k\noptions quiet\0 init=/bin/sh\n", "line 2: a NUL byte in the options; needed: a text in UTF-8");
	ENTRY_REFUSED("linux /k\ninitrd \0\n", "line 2: a path with character 0x00; needed: UTF-8 without control characters");
}

static void nul_bytes(void **state)
{
	struct result r;

	(void)state;
	ENTRY(&r, "title A\0B\nlinux /k\nversion 1\0\nx\0y z\n\0\0\0\0");
	assert_string_equal(r.entry.title, "");
	assert_string_equal(r.entry.version, "");
	assert_string_equal(r.entry.linux, "\\k");
	assert_string_equal(r.notes, "line 1: title is ignored, because the line has a NUL byte; needed: a text in UTF-8\n"
				     "line 3: version is ignored, because the line has a NUL byte; needed: a text in UTF-8\n"
				     "line 4: unknown key x is ignored\n");
	ENTRY(&r, "linux /k\noptions quiet\n\0\0\0"); /* a block that was never written */
	assert_string_equal(r.entry.options, "quiet");
	assert_string_equal(r.notes, "");
}

static void utf16_is_refused_with_a_sentence(void **state)
{
	static const char sentence[] = "a text in UTF-16; needed: UTF-8; save the file as UTF-8";
	struct result r;

	(void)state;
	ENTRY_REFUSED("l\0i\0n\0u\0x\0 \0/\0k\0", sentence);
	ENTRY_REFUSED("\0l\0i\0n\0u\0x\0 \0/\0k", sentence);
	ENTRY_REFUSED("\xff\xfel\0i\0n\0u\0x\0 \0/\0k\0", sentence);
	ENTRY_REFUSED("\xfe\xff\0l", sentence);
	parse("\xff\xfet\0", 4, true, &r);
	assert_string_equal(r.why, sentence);
	ENTRY_REFUSED("\xff", "no linux line and no efi line among 1 lines; needed: linux \\path\\of\\the\\kernel");
}

static void lines_end_with_cr_too(void **state)
{
	struct result r;

	(void)state;
	ENTRY(&r, "title CR\rlinux /k\r\roptions ok\r\nfoo\n\nbar\r");
	assert_string_equal(r.entry.title, "CR");
	assert_string_equal(r.entry.linux, "\\k");
	assert_string_equal(r.entry.options, "ok");
	assert_string_equal(r.notes, "line 5: unknown key foo is ignored\nline 7: unknown key bar is ignored\n");
	parse("timeout 3\rdefault x\r", 20, true, &r);
	assert_int_equal(r.loader.timeout, 3);
	assert_string_equal(r.loader.default_entry, "x");
	ENTRY(&r, "linux /k\r");
	assert_string_equal(r.entry.linux, "\\k");
}

static void quotes_around_a_value_are_taken_off(void **state)
{
	struct result r;

	(void)state;
	ENTRY(&r, "title \"Some Linux (1.0)\"\nlinux '/k' \ninitrd \"/i j\"\noptions \"a b\"\noptions c=\"d e\"\nversion '\n"
		  "sort-key \" x\"\nmachine-id \"a'\narchitecture \"x64\"\n");
	assert_string_equal(r.entry.title, "Some Linux (1.0)");
	assert_string_equal(r.entry.linux, "\\k");
	assert_string_equal(bls_entry_initrd(&r.entry, 0), "\\i j");
	assert_string_equal(r.entry.options, "a b c=\"d e\"");
	assert_string_equal(r.entry.version, "'");
	assert_string_equal(r.entry.sort_key, " x");
	assert_string_equal(r.entry.machine_id, "\"a'");
	assert_string_equal(r.notes, "");
	parse("default \"a.conf\"\ntimeout '7'\n", 29, true, &r);
	assert_string_equal(r.loader.default_entry, "a.conf");
	assert_int_equal(r.loader.timeout, 7);
}

static void lines_without_a_value_are_no_lines(void **state)
{
	struct result r;

	(void)state;
	ENTRY(&r, "title\nversion \"\"\nmachine-id\nsort-key \narchitecture\noptions\nefi /opt.efi\noptions ok\n");
	assert_string_equal(r.entry.title, "");
	assert_string_equal(r.entry.options, "ok");
	assert_string_equal(r.entry.efi, "\\opt.efi");
	assert_false(r.entry.foreign);
	assert_string_equal(r.notes, "");
	ENTRY(&r, "title T\nlinux /k\nlinux\ntitle\ninitrd\nprofile\nextra\ndevicetree\nmapbridge-start\nmapbridge-console\n");
	assert_string_equal(r.entry.title, "T");
	assert_string_equal(r.entry.linux, "\\k");
	assert_int_equal(r.entry.initrd_count, 0);
	assert_string_equal(r.notes, "line 3: linux has no value and is ignored\nline 5: initrd has no value and is ignored\n"
				     "line 6: profile has no value and is ignored\nline 7: extra has no value and is ignored\n"
				     "line 8: devicetree has no value and is ignored\n"
				     "line 9: mapbridge-start has no value and is ignored\n"
				     "line 10: mapbridge-console has no value and is ignored\n");
}

/* A value that just fits, and one byte more: refused, or shortened with a note. */
static void check_length(const char *key, size_t longest, const char *refusal, const char *note)
{
	char text[2000], *value;
	struct result r;

	snprintf(text, sizeof(text), "linux /k\n%s ", key);
	value = text + strlen(text);
	memset(value, 'a', longest + 1);
	parse(text, (size_t)(value - text) + longest, false, &r);
	assert_string_equal(r.why, "");
	assert_null(strstr(r.notes, "bytes"));
	parse(text, (size_t)(value - text) + longest + 1, false, &r);
	assert_string_equal(r.why, refusal);
	assert_string_equal(r.notes, note);
}

static void values_that_are_too_long(void **state)
{
	char text[400] = "linux /k\ntitle ";
	size_t start = strlen(text);
	struct result r;

	(void)state;
	check_length("title", 255, "", "line 2: title has 256 bytes, of which the first 255 are used; needed: at most 255\n");
	check_length("sort-key", 255, "", "line 2: sort-key has 256 bytes, of which the first 255 are used; needed: at most 255\n");
	check_length("linux", 1023, "line 2: linux has 1024 bytes; needed: at most 1023",
		     "line 2: linux is given again; this line counts, not \\k\n");
	check_length("initrd", 1023, "line 2: initrd has 1024 bytes; needed: at most 1023", "");
	check_length("mapbridge-prepared", 1023, "", "line 2: mapbridge-prepared has 1024 bytes; needed: at most 1023; "
		     "the kernel is started without it\n");
	memset(text + start, 'a', 254);
	strcpy(text + start + 254, "\xe2\x82\xac" "b");
	parse(text, strlen(text), false, &r); /* no part of a character */
	assert_int_equal(strlen(r.entry.title), 254);
	assert_string_equal(r.notes, "line 2: title has 258 bytes, of which the first 254 are used; needed: at most 255\n");
}

static void options_that_are_too_long_are_kept_in_mind(void **state)
{
	char text[5000] = "linux /k\noptions ";
	size_t start = strlen(text);
	struct result r;

	(void)state;
	memset(text + start, 'o', 4000);
	for (size_t length = 2046; length <= 2050; length++) {
		parse(text, start + length, false, &r);
		assert_int_equal(r.error, 0);
		assert_int_equal(r.entry.options_length, length);
		assert_int_equal(r.entry.options_too_long, length > COMMAND_LINE_SIZE);
		assert_int_equal(strlen(r.entry.options), length > COMMAND_LINE_SIZE ? 0 : length);
	}
	/* Also when a later line would fit again. */
	memcpy(text + start + 3000, "\noptions a\n", 11);
	parse(text, start + 3011, false, &r);
	assert_true(r.entry.options_too_long);
	assert_int_equal(r.entry.options_length, 3002);
}

static void loader_conf(void **state)
{
	static const char good[] = "timeout 3\r\n#default no\r\ndefault debian-*.conf\r\nconsole-mode max\r\nfoo "
				   "bar\r\ndefault b";
	static const char zero[] = "default a\ndefault \0\ntimeout 5\n";
	static char text[800] = "default a\ndefault ";
	struct result r;

	(void)state;
	parse(good, sizeof(good) - 1, true, &r);
	assert_int_equal(r.error, 0);
	assert_string_equal(r.loader.default_entry, "b");
	assert_string_equal(r.notes, "line 5: unknown key foo is ignored\n"
				     "line 6: default is given again; this line counts, not debian-*.conf\n");
	assert_int_equal(r.loader.timeout, 3);
	assert_false(r.loader.menu_disabled);
	parse("", 0, true, &r);
	assert_int_equal(r.error, 0);
	assert_string_equal(r.loader.default_entry, "");
	parse("default\n", 8, true, &r);
	assert_string_equal(r.notes, "line 1: default has no value and is ignored\n");
	parse(zero, sizeof(zero) - 1, true, &r);
	assert_string_equal(r.loader.default_entry, "a");
	assert_int_equal(r.loader.timeout, 5);
	assert_string_equal(r.notes, "line 2: default is ignored, because the line has a NUL byte; needed: a text in UTF-8\n");
	memset(text + 18, 'd', 768);
	parse(text, 18 + 767, true, &r);
	assert_int_equal(strlen(r.loader.default_entry), 767);
	parse(text, 18 + 768, true, &r);
	assert_string_equal(r.loader.default_entry, "a");
	assert_non_null(strstr(r.notes, "dddd... is ignored; needed: the name of an entry, or a pattern\n"));
}

static void every_key_of_an_entry(void **state)
{
	struct result r;

	(void)state;
	ENTRY(&r, "title T\nversion 6.1~rc1\nmachine-id 4098b3f648d74c13b1f04ccfba7798e8\nsort-key debian\n"
		  "architecture X64\nefi /EFI/tools/shell.efi\noptions -nostartup\n"
		  "grub_users u\ngrub_hotkey h\ngrub_class c\ngrub_arg a\n");
	assert_string_equal(r.notes, "");
	assert_string_equal(r.entry.version, "6.1~rc1");
	assert_string_equal(r.entry.machine_id, "4098b3f648d74c13b1f04ccfba7798e8");
	assert_string_equal(r.entry.sort_key, "debian");
	assert_string_equal(r.entry.architecture, "X64");
	assert_string_equal(r.entry.efi, "\\EFI\\tools\\shell.efi");
	assert_string_equal(r.entry.linux, "");
	assert_string_equal(r.entry.options, "-nostartup");
	assert_false(r.entry.foreign);
	assert_false(r.entry.start_efi);
	ENTRY(&r, "uki /EFI/Linux/u.efi\n");
	assert_string_equal(r.entry.efi, "\\EFI\\Linux\\u.efi");
}

static void other_architectures(void **state)
{
	static const char *const others[] = { "aa64", "IA32", "x6", "x642", "x64 aa64", "64" };
	char text[100];
	struct result r;

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(others); i++) {
		/* no kernel, and a device tree: both are none of our business then */
		snprintf(text, sizeof(text), "devicetree /d\narchitecture %s\n", others[i]);
		parse(text, strlen(text), false, &r);
		assert_int_equal(r.error, 0);
		assert_true(r.entry.foreign);
	}
	ENTRY(&r, "linux /k\narchitecture x64\n");
	assert_false(r.entry.foreign);
}

static void how_a_kernel_is_started(void **state)
{
	struct result r;

	(void)state;
	ENTRY(&r, "linux /k\n");
	assert_false(r.entry.start_efi);
	ENTRY(&r, "mapbridge-start efi\nlinux /k\n");
	assert_true(r.entry.start_efi);
	assert_string_equal(r.notes, "");
	ENTRY(&r, "linux /k\nmapbridge-start bios\nmapbridge-start efix\n");
	assert_false(r.entry.start_efi);
	assert_string_equal(r.notes, "line 2: mapbridge-start bios is ignored; needed: efi, or no such line\n"
				     "line 3: mapbridge-start efix is ignored; needed: efi, or no such line\n");
}

static void timeouts(void **state)
{
	static const char note[] = " is ignored; needed: seconds, menu-force, menu-hidden or menu-disabled\n";
	static const struct {
		const char *value;
		uint32_t timeout;
		bool disabled, noted;
	} cases[] = {
		{ "0", 0, false, false }, { "5", 5, false, false }, { "007", 7, false, false },
		{ "4294967294", 4294967294, false, false },
		{ "4294967295", BLS_TIMEOUT_NONE, false, false }, { "4294967296", BLS_TIMEOUT_NONE, false, false },
		{ "99999999999999999999999", BLS_TIMEOUT_NONE, false, false }, { "99999999999s", 0, false, true },
		{ "menu-force", BLS_TIMEOUT_NONE, false, false }, { "menu-hidden", 0, false, false },
		{ "menu-disabled", 0, true, false },
		{ "5s", 0, false, true }, { "-1", 0, false, true }, { "menu", 0, false, true },
	};
	struct result r;
	char text[100], expected[200];

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(cases); i++) {
		snprintf(text, sizeof(text), "timeout %s\n", cases[i].value);
		parse(text, strlen(text), true, &r);
		assert_int_equal(r.error, 0);
		assert_int_equal(r.loader.timeout, cases[i].timeout);
		assert_int_equal(r.loader.menu_disabled, cases[i].disabled);
		snprintf(expected, sizeof(expected), "line 1: timeout %s%s", cases[i].value, note);
		assert_string_equal(r.notes, cases[i].noted ? expected : "");
	}
	/* A line that is not understood changes nothing. */
	parse("timeout 4\ntimeout x\n", 20, true, &r);
	assert_int_equal(r.loader.timeout, 4);
	parse("", 0, true, &r);
	assert_int_equal(r.loader.timeout, 0);
	assert_false(r.loader.menu_disabled);
}

static void a_saved_default(void **state)
{
	struct result r;

	(void)state;
	parse("default a\ndefault @saved\n", 25, true, &r);
	assert_int_equal(r.error, 0);
	assert_string_equal(r.loader.default_entry, BLS_DEFAULT_SAVED);
	assert_string_equal(r.notes, "line 2: default is given again; this line counts, not a\n");
}

static void console_modes(void **state)
{
	static const struct {
		const char *value;
		enum console_mode mode;
		uint32_t number;
	} good[] = { { "keep", CONSOLE_MODE_KEEP, 0 }, { "auto", CONSOLE_MODE_AUTO, 0 }, { "max", CONSOLE_MODE_MAX, 0 },
		     { "0", CONSOLE_MODE_NUMBER, 0 }, { "17", CONSOLE_MODE_NUMBER, 17 },
		     { "4294967294", CONSOLE_MODE_NUMBER, 4294967294u } };
	static const char *const bad[] = { "-1", "Max", "1x", "4294967295", "99999999999", "80x25" };
	struct result r;
	char text[80], note[200];

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(good); i++) {
		snprintf(text, sizeof(text), "console-mode %s", good[i].value);
		parse(text, strlen(text), true, &r);
		assert_string_equal(r.notes, "");
		assert_int_equal(r.loader.console_mode, good[i].mode);
		assert_int_equal(r.loader.console_mode_number, good[i].number);
	}
	for (size_t i = 0; i < MM_ARRAY_COUNT(bad); i++) {
		snprintf(text, sizeof(text), "console-mode 2\nconsole-mode %s", bad[i]);
		snprintf(note, sizeof(note), "line 2: console-mode %s is ignored; needed: a number, auto, max or keep\n", bad[i]);
		parse(text, strlen(text), true, &r);
		assert_int_equal(r.error, 0);
		assert_string_equal(r.notes, note);
		assert_int_equal(r.loader.console_mode, CONSOLE_MODE_NUMBER);
		assert_int_equal(r.loader.console_mode_number, 2);
	}
	parse("", 0, true, &r);
	assert_int_equal(r.loader.console_mode, CONSOLE_MODE_KEEP);
}

static void console_levels(void **state)
{
	static const struct {
		const char *value;
		enum console_level level; /* CONSOLE_UNSET: it is none */
	} cases[] = { { "quiet", CONSOLE_QUIET }, { "steps", CONSOLE_STEPS }, { "dump", CONSOLE_DUMP },
		      { "Quiet", CONSOLE_UNSET }, { "dumps", CONSOLE_UNSET }, { "step", CONSOLE_UNSET }, { "0", CONSOLE_UNSET } };
	struct result r;
	char text[100], expected[200];

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(cases); i++) {
		snprintf(text, sizeof(text), "mapbridge-console %s\nlinux /a", cases[i].value);
		snprintf(expected, sizeof(expected), "line 1: mapbridge-console %s is ignored; needed: quiet, steps or dump\n",
			 cases[i].value);
		parse(text, strlen(text), false, &r);
		assert_string_equal(r.why, "");
		assert_string_equal(r.notes, cases[i].level ? "" : expected);
		assert_int_equal(r.entry.console, cases[i].level);
		snprintf(text, sizeof(text), "mapbridge-console steps\nmapbridge-console %s", cases[i].value);
		snprintf(expected, sizeof(expected), "line 2: mapbridge-console %s is ignored; needed: quiet, steps or dump\n",
			 cases[i].value);
		parse(text, strlen(text), true, &r);
		assert_string_equal(r.notes, cases[i].level ? "" : expected);
		assert_int_equal(r.loader.console, cases[i].level ? cases[i].level : CONSOLE_STEPS);
	}
	parse("", 0, true, &r);
	assert_int_equal(r.loader.console, CONSOLE_UNSET);
	ENTRY(&r, "linux /a");
	assert_int_equal(r.entry.console, CONSOLE_UNSET);
}

static void the_editor_and_the_variables_are_booleans(void **state)
{
	static const struct {
		const char *value;
		bool disabled, noted;
	} cases[] = { { "yes", false, false }, { "y", false, false }, { "true", false, false }, { "t", false, false },
		      { "on", false, false }, { "1", false, false }, { "no", true, false }, { "n", true, false },
		      { "false", true, false }, { "f", true, false }, { "off", true, false }, { "0", true, false },
		      { "maybe", true, true }, { "No", true, true }, { "10", true, true } };
	struct result r;
	char text[80], note[200];

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(cases); i++) {
		/* what is not understood changes nothing */
		snprintf(text, sizeof(text), "editor no\neditor %s", cases[i].value);
		snprintf(note, sizeof(note), "line 2: editor %s is ignored; needed: yes or no\n", cases[i].value);
		parse(text, strlen(text), true, &r);
		assert_int_equal(r.error, 0);
		assert_int_equal(r.loader.editor_disabled, cases[i].disabled);
		assert_string_equal(r.notes, cases[i].noted ? note : "");
	}
	parse("", 0, true, &r);
	assert_false(r.loader.editor_disabled);
	assert_false(r.loader.variables_disabled);
	strcpy(text, "mapbridge-variables maybe\nmapbridge-variables no");
	parse(text, strlen(text), true, &r);
	assert_true(r.loader.variables_disabled);
	assert_false(r.loader.editor_disabled);
	assert_string_equal(r.notes, "line 1: mapbridge-variables maybe is ignored; needed: yes or no\n");
}

static void a_timeout_from_elsewhere(void **state)
{
	struct bls_loader loader = { .timeout = 7 };

	(void)state;
	assert_false(bls_timeout_parse("", &loader));
	assert_false(bls_timeout_parse("5s", &loader));
	assert_int_equal(loader.timeout, 7);
	assert_true(bls_timeout_parse("0", &loader));
	assert_int_equal(loader.timeout, 0);
	assert_true(bls_timeout_parse("menu-disabled", &loader));
	assert_true(loader.menu_disabled);
	assert_true(bls_timeout_parse("menu-force", &loader));
	assert_int_equal(loader.timeout, BLS_TIMEOUT_NONE);
	assert_false(loader.menu_disabled);
	assert_false(loader.list_wanted);
}

static void a_timeout_for_one_boot(void **state)
{
	static const struct {
		const char *text;
		uint32_t timeout;
		bool list, disabled;
	} cases[] = {
		{ "0", BLS_TIMEOUT_NONE, true, false }, { "00", BLS_TIMEOUT_NONE, true, false }, { "5", 5, true, false },
		{ "4294967295", BLS_TIMEOUT_NONE, true, false }, { "menu-force", BLS_TIMEOUT_NONE, true, false },
		{ "menu-hidden", 0, false, false }, { "menu-disabled", 0, false, true },
	};
	struct bls_loader untouched = { .timeout = 7 };

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(cases); i++) {
		struct bls_loader loader = { .timeout = 7, .menu_disabled = true };

		assert_true(bls_timeout_once_parse(cases[i].text, &loader));
		assert_int_equal(loader.timeout, cases[i].timeout);
		assert_int_equal(loader.list_wanted, cases[i].list);
		assert_int_equal(loader.menu_disabled, cases[i].disabled);
	}
	assert_false(bls_timeout_once_parse("0s", &untouched));
	assert_false(bls_timeout_once_parse("", &untouched));
	assert_int_equal(untouched.timeout, 7);
	assert_false(untouched.list_wanted);
}

static void systemds_other_settings_are_known(void **state)
{
	static const char text[] = "auto-entries 1\nauto-firmware 1\nbeep 0\n"
				   "random-seed-mode off\n"
				   "secure-boot-enroll off\nreboot-for-bitlocker 0\nauto-reboot 1\nauto-poweroff 1\n"
				   "log-level info\n";
	struct result r;

	(void)state;
	parse(text, sizeof(text) - 1, true, &r);
	assert_int_equal(r.error, 0);
	assert_string_equal(r.notes, "");
}

static void patterns(void **state)
{
	static const struct {
		const char *pattern, *name;
		bool matches;
	} cases[] = {
		{ "", "", true },	   { "", "a", false },	       { "a", "", false },	      { "*", "", true },
		{ "?", "", false },	   { "debian.conf", "DEBIAN.CONF", true }, { "DEB*", "debian.conf", true },
		{ "*.conf", "a.conf", true }, { "*.conf", "a.conf.bak", false }, { "a?c", "abc", true },
		{ "a?c", "ac", false },
		{ "*a*b*", "xxaxxbxx", true }, { "*a*b*", "xxbxxaxx", false }, { "**?**", "x", true },
		{ "a*", "b", false },
		{ "*ab", "aab", true },	   { "a.conf", "a.confx", false }, { "a.confx", "a.conf", false },
		{ "[", "{", false },
		{ "a[bc]d", "acd", true }, { "a[bc]d", "aed", false }, { "[a-c]", "B", true }, { "[A-C]", "d", false },
		{ "[!a-c]", "b", false },
		{ "[!a-c]", "d", true },	{ "[^x]", "y", true },	     { "[^x]", "x", false },
		{ "[]]", "]", true },	   { "[]a]", "a", true },	{ "[a-]", "-", true },
		{ "[a", "[a", true },
		{ "[a", "a", false },	   { "*[0-9].conf", "linux-6.conf", true },
		{ "*[0-9].conf", "linux-x.conf", false },
		{ "pr\xc3\xbc?ung.conf", "pr\xc3\xbc" "fung.conf", true }, { "pr?fung", "pr\xc3\xbc" "fung", true },
		{ "pr??fung", "pr\xc3\xbc" "fung", false }, { "[\xc3\xa4-\xc3\xbc]", "\xc3\xb6", true },
		{ "[\xc3\xa4-\xc3\xbc]", "\xc3", false }, { "[!a]", "\xf0\x9f\x90\xa7", true }, { "\xc3", "\xc3", true },
		{ "?", "\xff", true }, { "*\xbc", "\xc3\xbc", false },
		{ "\\*", "*", true },	   { "\\*", "a", false },	{ "a\\", "a\\", true }, { "[a]", "", false },
	};

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(cases); i++)
		if (bls_name_matches(cases[i].pattern, cases[i].name) != cases[i].matches)
			fail_msg("'%s' and '%s': not %d", cases[i].pattern, cases[i].name, cases[i].matches);
}

/* The plain definition, to compare with. */
static bool naive_match(const char *pattern, const char *name)
{
	if (!*pattern)
		return !*name;
	if (*pattern == '*')
		return naive_match(pattern + 1, name) || (*name && naive_match(pattern, name + 1));
	return *name && (*pattern == '?' || *pattern == *name) && naive_match(pattern + 1, name + 1);
}

static void names_of_entries(void **state)
{
	static const char *const good[] = { "a.conf", "A.CONF", "automatic.conf", "auto.conf", "\xc3\xa4.conf" };
	static const char *const bad[] = { "._a.conf", ".conf", ".a.conf", "auto-reboot.conf", "AUTO-x.conf", "a.conf~", "a.conf.bak", "conf",
					   "", "auto-.conf" };

	(void)state;
	for (size_t i = 0; i < MM_ARRAY_COUNT(good); i++)
		assert_true(bls_is_entry_name(good[i]));
	for (size_t i = 0; i < MM_ARRAY_COUNT(bad); i++)
		assert_false(bls_is_entry_name(bad[i]));
}

/* Patterns of up to 6 of "ab*?" with all names of up to 4 of "ab". */
static void patterns_equal_their_definition(void **state)
{
	(void)state;
	for (unsigned p = 0; p < 4096; p++) {
		for (unsigned n = 0; n < 31; n++) {
			char pattern[8] = "", name[8] = "";
			unsigned length = 0;

			for (unsigned rest = p; length < p % 7; rest /= 4)
				pattern[length++] = "ab*?"[rest % 4];
			length = 0;
			for (unsigned rest = n + 1; rest > 1; rest /= 2)
				name[length++] = "ab"[rest % 2];
			if (bls_name_matches(pattern, name) != naive_match(pattern, name))
				fail_msg("'%s' and '%s'", pattern, name);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entry_as_systemd_writes_it),
		cmocka_unit_test(a_profile_of_a_unified_kernel_image),
		cmocka_unit_test(blanks_line_ends_and_comments),
		cmocka_unit_test(several_initrds_and_options_are_joined_in_order),
		cmocka_unit_test(too_many_initrds),
		cmocka_unit_test(long_initrd_paths),
		cmocka_unit_test(of_repeated_keys_the_last_counts_and_is_noted),
		cmocka_unit_test(unknown_keys_are_all_noted),
		cmocka_unit_test(the_key_that_was_meant),
		cmocka_unit_test(prepared_kernels),
		cmocka_unit_test(entries_without_a_kernel),
		cmocka_unit_test(paths_beyond_ascii),
		cmocka_unit_test(characters_that_no_path_has),
		cmocka_unit_test(nul_bytes),
		cmocka_unit_test(utf16_is_refused_with_a_sentence),
		cmocka_unit_test(lines_end_with_cr_too),
		cmocka_unit_test(quotes_around_a_value_are_taken_off),
		cmocka_unit_test(lines_without_a_value_are_no_lines),
		cmocka_unit_test(values_that_are_too_long),
		cmocka_unit_test(options_that_are_too_long_are_kept_in_mind),
		cmocka_unit_test(every_key_of_an_entry),
		cmocka_unit_test(other_architectures),
		cmocka_unit_test(how_a_kernel_is_started),
		cmocka_unit_test(loader_conf),
		cmocka_unit_test(timeouts),
		cmocka_unit_test(a_saved_default),
		cmocka_unit_test(console_modes),
		cmocka_unit_test(console_levels),
		cmocka_unit_test(the_editor_and_the_variables_are_booleans),
		cmocka_unit_test(a_timeout_from_elsewhere),
		cmocka_unit_test(a_timeout_for_one_boot),
		cmocka_unit_test(systemds_other_settings_are_known),
		cmocka_unit_test(patterns),
		cmocka_unit_test(patterns_equal_their_definition),
		cmocka_unit_test(names_of_entries),
	};

	return cmocka_run_group_tests_name("bls_parse", tests, NULL, NULL);
}
