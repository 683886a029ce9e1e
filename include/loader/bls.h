/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Boot Loader Specification files: \loader\loader.conf and type 1 entries \loader\entries\NAME.conf.
 * Source: the UAPI group's Boot Loader Specification, and loader.conf(5) of systemd.
 */
#ifndef LOADER_BLS_H
#define LOADER_BLS_H

#include <loader/plan.h>

#define BLS_FILE_MAX 65536 /* bytes of a configuration file */
#define BLS_PATH_MAX 1024  /* bytes of UTF-8 with the NUL, as all of these */
#define BLS_INITRDS_SIZE 8192 /* bytes of the paths of all initrds of an entry, each with its NUL */
#define BLS_NAME_MAX 768   /* of a file name: 255 units of UTF-16 are 765 bytes */
#define BLS_TITLE_MAX 256
#define BLS_WORD_MAX 64    /* of an architecture */
#define BLS_PROFILE_MAX 255 /* of a unified kernel image */

/* mapbridge-console: how much is told while nobody has asked. */
enum console_level {
	CONSOLE_UNSET, /* no such line */
	CONSOLE_QUIET, /* nothing before the first key or error */
	CONSOLE_STEPS, /* what is done */
	CONSOLE_DUMP   /* and the memory map */
};

struct bls_entry {
	char title[BLS_TITLE_MAX]; /* as the next three: any bytes but NUL, UTF-8 unless it was something else in the file */
	char version[BLS_TITLE_MAX];
	char machine_id[BLS_TITLE_MAX];
	char sort_key[BLS_TITLE_MAX];
	char architecture[BLS_WORD_MAX];
	char linux[BLS_PATH_MAX]; /* paths in UTF-8 with backslashes, from the volume's root; one of linux and efi is set */
	char efi[BLS_PATH_MAX];   /* of the key efi or uki */
	bool uki;                 /* of the key uki */
	char prepared[BLS_PATH_MAX]; /* mapbridge-prepared: the same kernel as linux, unpacked; empty: none */
	char options[COMMAND_LINE_SIZE + 1]; /* all options lines, joined by one space; longer is an error later */
	bool options_too_long;
	size_t options_length;               /* what the lines have in all, even when it did not fit */
	bool verify;                         /* mapbridge-verify yes: the digest of all of a prepared kernel is checked */
	bool start_efi;                      /* mapbridge-start efi: the kernel is started as an EFI program */
	enum console_level console;
	uint32_t profile;                    /* of a unified kernel image; 0: the first, or none given */
	bool foreign;                        /* for another architecture than x64: to be hidden; nothing else is read then */
	size_t initrd_count;
	uint16_t initrd_at[PLAN_INITRDS_MAX]; /* where in initrd_text each path begins; those behind the count are undefined */
	char initrd_text[BLS_INITRDS_SIZE];
};

/* The path of one of the entry's initrds, index below its initrd_count. */
static inline const char *bls_entry_initrd(const struct bls_entry *entry, size_t index)
{
	return entry->initrd_text + entry->initrd_at[index];
}

#define BLS_TIMEOUT_NONE UINT32_MAX /* no countdown: the list is shown at once and waits */

#define BLS_DEFAULT_SAVED "@saved"  /* as default_entry: the entry that was started last */

/* Which text mode the console gets; the number is that of EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL. */
enum console_mode { CONSOLE_MODE_KEEP, CONSOLE_MODE_AUTO, CONSOLE_MODE_MAX, CONSOLE_MODE_NUMBER };

struct bls_loader {
	char default_entry[BLS_NAME_MAX]; /* a file name, or a pattern, or BLS_DEFAULT_SAVED; empty: none given */
	char one_shot[BLS_NAME_MAX];      /* of a variable: the same, for this boot alone, and no other entry; empty: none */
	uint32_t timeout;                 /* seconds before the default entry starts, or BLS_TIMEOUT_NONE; else 0 */
	bool menu_disabled;               /* not even a key that is held shows the list */
	bool list_wanted;                 /* the list is shown during a countdown */
	bool editor_disabled;             /* options cannot be changed in the list */
	bool variables_disabled;          /* the variables of the Boot Loader Interface are read only */
	enum console_mode console_mode;
	uint32_t console_mode_number;     /* of CONSOLE_MODE_NUMBER */
	enum console_level console;
};

/*
 * Parses an entry. A line without a value is as good as none; quotes of one kind around a value are taken off. Of a key that may
 * stand once the last line counts, linux, efi and uki being one key here. notes (may be null) gets a line "line N: ..." for each
 * that is repeated, shortened (a title, a version, an id), ignored because its value is none, or has a key that is not known,
 * with the key that may have been meant. Refused, as MM_EINVAL and a sentence on why: UTF-16; no kernel; a path that is too long
 * or has control characters or no UTF-8; too many initrds; options with a NUL; what cannot be had (devicetree, extra...).
 * *entry is undefined then.
 */
int bls_entry_parse(const char *text, size_t size, struct bls_entry *entry, struct printer *notes, struct printer *why);

/*
 * Parses loader.conf; notes as bls_entry_parse. A value that cannot be understood is a note, and the line is left out. Refused is
 * only UTF-16.
 */
int bls_loader_parse(const char *text, size_t size, struct bls_loader *loader, struct printer *notes,
		     struct printer *why);

/* Takes a value of the key timeout from elsewhere; false, and *loader is untouched, when it is none. */
bool bls_timeout_parse(const char *text, struct bls_loader *loader);

/* Whether a file of that name is an entry: *.conf, but not auto-*, which systemd-boot has for entries of its own, nor .* */
bool bls_is_entry_name(const char *name);

/*
 * The same for one boot (LoaderConfigTimeoutOneShot), by which a system asks for the list: it is shown during the countdown, and
 * 0 is no countdown. menu-hidden and menu-disabled mean what they say.
 */
bool bls_timeout_once_parse(const char *text, struct bls_loader *loader);

/*
 * Whether a file name fits a pattern as of a shell: * is any text, ? one character, [a-z] and [!a-z] one character of a
 * set, \ takes the next one as it stands; a [ without ] stands for itself. Case does not matter, as FAT has none.
 */
bool bls_name_matches(const char *pattern, const char *name);

#endif
