/* SPDX-License-Identifier: BSD-2-Clause */
/* A scenario: a machine, what is on its disk, what the user types, and what is expected. docs/testing.md has the format. */
#ifndef TEST_FIRMWARE_SCENARIO_H
#define TEST_FIRMWARE_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCENARIO_TEXTS_MAX 24
#define SCENARIO_FLIPS_MAX 4

struct scenario_memory {
	uint64_t base;
	uint64_t pages;
	uint32_t type;
	uint64_t attribute;
};

struct scenario_file {
	unsigned volume; /* 0: that of the program; 1: XBOOTLDR */
	char *path;      /* with backslashes, from the root */
	bool directory;
	uint8_t *bytes;
	size_t size;
};

struct scenario_key {
	uint16_t scan;
	uint16_t character;
	uint64_t wait; /* microseconds after the key before it */
};

struct scenario_text {
	char *text;
	bool must; /* else it must not be there */
};

struct scenario_variable {
	char *name;
	char *guid;
	uint32_t attributes;
	uint8_t *bytes;
	size_t size;
};

#define ODD_PATH_SHORT 1 /* a byte less than its fields have */
#define ODD_PATH_EMPTY 2 /* a length of 0 */

/* A file of which each byte is flipped once, one in a run. */
struct scenario_flip {
	char *path;
	bool sealed; /* a prepared kernel, whose digests are made right again */
	bool all;    /* each byte counts, used or not */
};

/* What the mock's processor has; nothing of it is the host's. */
struct scenario_processor {
	const char *name;
	bool amd, gib_pages, la57, rdrand, rdrand_fails, sha;
};

/* Where keys come from: ConIn and its Ex protocol, both well, unless something else is said. */
struct scenario_input {
	bool no_ex;    /* the console has no Ex protocol */
	bool ex_fails; /* it has one that cannot be read */
	bool no_event; /* the events of both are none */
	bool stream;   /* it always has a key: one without scan code and character when none was pressed */
	bool keyboard; /* there is another Ex protocol, the first of the machine */
	bool deaf;     /* the console does not get the keys of that one */
};

/* What a variable of the Boot Loader Interface must be in the end. */
struct scenario_left {
	char *name, *text; /* empty: it must not be there */
};

/* What the FAT has for a cluster of a file or directory of volume 0, in place of what it should have. */
struct scenario_link {
	char *path;
	uint32_t cluster;    /* counted from 0 */
	char *to;            /* null: the value counts */
	uint32_t to_cluster; /* of the other one, in the same way */
	uint32_t value;
};

#define SCENARIO_LINKS_MAX 8

struct scenario {
	char name[64];
	struct scenario_input input;
	struct scenario_left left[8];
	size_t left_count;
	struct scenario_memory *memory;
	size_t memory_count;
	struct scenario_memory *lies; /* descriptors that the map has besides, of ranges that are not there or not so */
	size_t lie_count;
	unsigned hostile; /* it runs with that many sets of lies, and without failures */
	bool no_failures; /* it runs as it is, and no more */
	unsigned every;  /* only each so-manieth failure is tried: its runs are slow */
	bool shuffled;   /* the map's descriptors come in no order */
	uint64_t stride;
	bool quiet_size; /* GetMemoryMap says no descriptor size when the buffer is too small */
	struct scenario_file *files;
	size_t file_count;
	struct scenario_key *keys;
	size_t key_count;
	struct scenario_variable *variables;
	size_t variable_count;
	char *load_options;
	char *running; /* the file of an entry whose program runs, and has led to us */
	uint64_t cr4;
	struct scenario_processor processor;
	unsigned exit_failures; /* that many calls of ExitBootServices fail */
	unsigned exit_growth;   /* descriptors that each of them adds to the map */
	unsigned map_growth;    /* that each GetMemoryMap adds while boot services are there */
	unsigned refused;       /* that many AllocatePages at an address are refused */
	bool read_only;
	bool volume_full; /* nothing can be written into a file */
	bool xbootldr, xbootldr_connected, xbootldr_broken;
	bool no_console_in, no_console_out;
	bool tdx, sev; /* the processor says that it encrypts this guest's memory */
	bool variables_stay; /* writing one of the Boot Loader Interface is a problem, deleting is none */
	bool terminal; /* a serial console, too */
	bool quiet; /* what is said while the boot goes on is not shown */
	unsigned screens; /* framebuffers; the last is the console's */
	bool font;        /* EFI_HII_FONT_PROTOCOL */
	unsigned edid;    /* 0: none; 1: active; 2: discovered */
	bool rng, rng_raw, previous_seed;
	unsigned tpm; /* the event log's format; 0: no TPM */
	unsigned roms;
	bool memory_attributes, attributes_table;
	uint64_t offered_initrd; /* bytes; 0: nobody offers one */
	bool secure_boot;        /* and the firmware trusts only files whose name ends in "signed" */
	char *program;           /* what a started program does: "boots", "boots-with-initrd", or returns that status */
	bool acpi1;
	unsigned odd_path; /* ODD_PATH_*: the partitions' nodes; that of the program's file has no NUL */
	bool tables_full; /* no configuration table more than there are */
	unsigned fat;         /* 16 or 32: the volumes' blocks are those of such a file system; 0: they are empty */
	struct scenario_link links[SCENARIO_LINKS_MAX];
	size_t link_count;
	char *longer;   /* a file whose chain has one cluster more than it needs */
	char *endless;  /* a directory whose files never end, if the file system reads it */
	unsigned disk_requests; /* at most so many, when nothing fails; 0: any number */
	unsigned fat_missing; /* so many blocks of it are not there */
	unsigned io_align;    /* of a buffer for blocks */
	bool blocks_only;     /* nothing that is there is opened by the file system */
	unsigned read_size; /* bytes that File.Read gives at once at most; 0: all */

	struct scenario_flip flips[SCENARIO_FLIPS_MAX];
	size_t flip_count;
	bool flipped; /* a byte is: what is handed over need not be right */
	bool rereads_differ; /* what is read of a file to flip has other bytes when it is read again */

	char *kernel, *command_line; /* what the hand-off must have; the path is that of a file above */
	char *unedited; /* the command line that may be there, too, when something fails */
	char *fallback;              /* the kernel that is booted when the console says that it is started instead */
	char *initrds[16];
	size_t initrd_count;
	char *ends; /* "jumped", "started", "reset", or the status that is returned */
	struct scenario_text texts[SCENARIO_TEXTS_MAX];
	size_t text_count;
};

/* Reads a scenario's file; files that it names are read relative to the current directory. Ends the program on an error. */
struct scenario *scenario_read(const char *path);
const struct scenario_file *scenario_file(const struct scenario *scenario, unsigned volume, const char *path);

/* Processors that every scenario is played on besides its own; the last has no name. */
extern const struct scenario_processor scenario_processors[];

#endif
