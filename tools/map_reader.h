/* SPDX-License-Identifier: BSD-2-Clause */
/* What readers of one format are, and what they fill a struct map_source with. A new format is a file and a row. */
#ifndef TOOLS_MAP_READER_H
#define TOOLS_MAP_READER_H

#include "map_source.h"

/* A stretch of text that is being read from its front. */
struct text {
	const char *at;
	const char *end;
};

enum line_kind {
	LINE_OTHER,  /* nothing of this format */
	LINE_READ,   /* what it says was added to the source */
	LINE_DAMAGED /* of this format, but wrong */
};

/*
 * A format. probe() says whether the content is of that kind, parse() adds what it finds to the source and notes what
 * is damaged. Both take any bytes; text comes as UTF-8 with any line ends. parse() returns 0, also when it
 * finds nothing, or -1 after source_refuse().
 */
struct line_form;

struct map_reader {
	const char *kind; /* as users know it: "Linux log" */
	bool (*probe)(const char *data, size_t size);
	int (*parse)(struct map_source *source, const char *data, size_t size);
	/*
	 * Or, for formats whose lines speak for themselves, instead of both: what a line is. needed says in a note what
	 * a damaged one should be.
	 */
	enum line_kind (*line)(struct map_source *source, struct text line);
	const char *needed;
	/* Or, where patterns are enough, instead of line. */
	const struct line_form *forms;
};

extern const struct map_reader efimap_reader, linux_log_reader, xen_log_reader, shell_reader, grub_reader,
	freebsd_reader, csv_reader, iomem_reader, boot_params_reader, json_reader, tsv_reader, displaymem_reader,
	registry_reader,
	keyed_reader;

/* Readers whose lines are patterns, see read_forms.c. */
extern const struct map_reader kexec_reader, opencore_reader, firmware_reader, tboot_reader, coreboot_reader,
	u_boot_reader, lmb_reader, syslinux_reader, limine_reader, ipxe_reader, grub4dos_reader, haiku_reader,
	meminfo_reader, msinfo_reader, openbsd_reader, mtree_reader, lsmem_reader, uefi_rs_reader;

/* All readers, the most certain first, up to a null pointer. */
extern const struct map_reader *const map_readers[];

/* How far a probe is in a file: a part of the way when several readers are asked, as sniff_reader() says. */
void sniff_progress(size_t done, size_t total);
void sniff_reader(size_t number, size_t count);

/*
 * How far parse() is: at, of the text from data on. A text that the source may forget is not looked at again before at:
 * its memory goes back to the system, because a log is larger than the map in it.
 */
void reading(struct map_source *source, const char *data, const char *at, size_t size);

/* What probe() and parse() of a format are whose lines speak for themselves. */
bool probe_lines(const struct map_reader *reader, const char *data, size_t size);
/* The same for lines that any text may have: a damaged one is not enough. */
bool probe_good_line(const struct map_reader *reader, const char *data, size_t size);
void parse_lines(const struct map_reader *reader, struct map_source *source, const char *data, size_t size);

/* Reads what Linux shows of its maps in a folder; false when there is none of that in it. */
bool read_sys_folder(struct map_source *source, const char *folder);

/* Grows an array of elements so that it holds one more; ends the program when there is no memory. */
void *grown(void *array, size_t used, size_t *capacity, size_t element);
/* A copy with a NUL; ends the program when there is no memory. */
char *copied(const char *text, size_t length);

void source_add_efi(struct map_source *source, uint32_t type, uint64_t phys_addr, uint64_t num_pages,
		    uint64_t attribute);
/* To the table of that label, which is made when it is new. */
void source_add_e820(struct map_source *source, const char *label, uint64_t start, uint64_t size, uint32_t type);
void source_add_iomem(struct map_source *source, unsigned depth, uint64_t start, uint64_t end, const char *name,
		      size_t length);
/* Takes the node's data over. */
void source_keep_setup_data(struct map_source *source, const struct source_setup_data *node);
/* The same, and the entries of SETUP_E820_EXT join the last e820 table. */
void source_add_setup_data(struct map_source *source, const struct source_setup_data *node);
/* Takes a fact unless it is known already. */
void source_set_fact(char **fact, const char *text, size_t length);
void source_note(struct map_source *source, enum source_note_kind kind, size_t line, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* Quotes a line that is damaged and says what was needed. */
void source_note_damaged(struct map_source *source, size_t number, const struct text *line, const char *needed);
/* Says why nothing of the file can be used, and what to do; -1. */
int source_refuse(struct map_source *source, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Forgets the e820 tables. */
void source_clear_e820(struct map_source *source);
/* Forgets the resources. */
void source_clear_iomem(struct map_source *source);

/* Takes the next line off *rest, without its line end (LF, CRLF, CR CR LF) and NULs at its end; false at the end. */
bool text_line(struct text *rest, struct text *line);
/* Behind the first occurrence of a word; false, and *text untouched, when there is none. */
bool text_find(struct text *text, const char *word);
/* Behind the word, when *text starts with it; else false and untouched. Case counts. */
bool text_skip(struct text *text, const char *word);
void text_skip_blanks(struct text *text);
/* A number of at least one digit in hexadecimal without a prefix (or decimal); false and untouched above 2^64 - 1. */
bool text_hex(struct text *text, uint64_t *value);
bool text_decimal(struct text *text, uint64_t *value);
/* The same with "0x" in front. */
bool text_0x(struct text *text, uint64_t *value);
/* Takes blanks and a word without blanks off *text; false, and *word empty, when there is none. */
bool text_word(struct text *text, struct text *word);
/* The same without blanks at its end. */
struct text text_trimmed(struct text text);
size_t text_size(const struct text *text);
bool text_equals(const struct text *text, const char *word);

/* The size of a range from its first and last byte. false when it is none (nor the empty one). */
bool range_size(uint64_t first, uint64_t last, uint64_t *size);
/* The pages up to an exclusive end, which may be 2^64 and more; false when there are not only whole ones. */
bool range_pages(uint64_t start, unsigned __int128 end, uint64_t *pages);

#endif
