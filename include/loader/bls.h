/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Boot Loader Specification files: \loader\loader.conf and type 1 entries \loader\entries\NAME.conf.
 * Source: the UAPI group's Boot Loader Specification, and loader.conf(5) of systemd.
 */
#ifndef LOADER_BLS_H
#define LOADER_BLS_H

#include <loader/plan.h>

#define BLS_FILE_MAX 65536 /* bytes of a configuration file */
#define BLS_PATH_MAX 256   /* with the NUL */
#define BLS_NAME_MAX 128

struct bls_entry {
	char title[BLS_NAME_MAX];
	char linux[BLS_PATH_MAX]; /* paths with backslashes, from the volume's root */
	char initrd[PLAN_INITRDS_MAX][BLS_PATH_MAX];
	size_t initrd_count;
	char options[COMMAND_LINE_SIZE + 1]; /* all options lines, joined by one space; longer is an error later */
	bool options_too_long;
	size_t options_length;               /* what the lines have in all, even when it did not fit */
};

struct bls_loader {
	char default_entry[BLS_NAME_MAX]; /* a file name, or a pattern with * and ?; empty: none given */
};

/*
 * Parses an entry. Of a key that may stand once the last line counts; that, and keys that are not known and ignored,
 * is told on notes (may be null) in lines "line N: ...". A byte order mark in front is skipped. On refusal: MM_EINVAL
 * and a sentence on why with the line. *entry is undefined then.
 */
int bls_entry_parse(const char *text, size_t size, struct bls_entry *entry, struct printer *notes, struct printer *why);

/* Parses loader.conf; errors and notes as bls_entry_parse. */
int bls_loader_parse(const char *text, size_t size, struct bls_loader *loader, struct printer *notes,
		     struct printer *why);

/* Whether a file name fits a pattern: * is any text, ? one character; case does not matter, as FAT has none. */
bool bls_name_matches(const char *pattern, const char *name);

#endif
