/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the EFI application share: the firmware's tables, the console, memory and files. */
#ifndef EFI_FIRMWARE_H
#define EFI_FIRMWARE_H

#include <efi.h>

#include <loader/bls_sort.h>
#include <loader/boot_handoff.h>
#include <loader/digest.h>
#include <loader/fat.h>
#include <loader/screen_choice.h>
#include <mm/efi_memmap.h>
#include <mm/known_ranges.h>
#include <mm/printer.h>

#define X(value) ((unsigned long long)(value))

/* A file system that entries are read from; prefix stands in front of the names of its files when they are shown. */
struct volume {
	EFI_HANDLE handle;
	EFI_FILE_HANDLE root;
	struct fat_volume *fat; /* null: its files are read by the firmware's file system alone */
	const char *prefix;
};

#define VOLUMES_MAX 2 /* the one that we were started from, and the XBOOTLDR partition of its disk */

/* The firmware's tables and our own image; set once by efi_main. */
struct firmware {
	EFI_HANDLE image;
	EFI_SYSTEM_TABLE *system;
	EFI_BOOT_SERVICES *boot;
	EFI_RUNTIME_SERVICES *runtime;
	EFI_LOADED_IMAGE *loaded;
	struct volume volumes[VOLUMES_MAX];
	unsigned volume_count;
	const struct volume *volume; /* the one that paths mean: that of the entry which is read or started */
	uint64_t tsc;
	struct secure_boot { /* machine.c: what the variables say */
		bool known;
		EFI_STATUS status, setup_status;
		UINT8 on, setup;
	} secure_boot;
};

extern struct firmware fw;

/* main.c: the entry point of the image, which the firmware calls. */
EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system);

/*
 * console.c: prints to ConOut, which is the serial and the graphic console. Text is kept until flushed. Until a level or
 * console_attend opens it (mapbridge-console, a key, an error), nothing is printed and the firmware's screen stays as it is; what
 * was said comes then.
 */
extern struct printer *const console;
void console_begin(void);
void console_flush(void);
void console_set_usual(enum console_level wanted); /* of loader.conf */
void console_set_level(enum console_level wanted); /* of the entry that starts; CONSOLE_UNSET: the usual one */
void console_attend(bool somebody);
bool console_open(void);  /* what is printed now is seen now */
bool console_dumps(void); /* the memory map is to be shown */
void console_end(void);   /* nothing is printed any more */

/* Where text goes: to a printer (which must not be the console), or to these terminals, or, with both null, to ConOut. */
struct console_target {
	struct printer *printer;
	EFI_SIMPLE_TEXT_OUT_PROTOCOL **terminals;
	size_t terminal_count;
};

/* From now on; returns where it went until now. */
struct console_target console_redirect(struct console_target to);

/*
 * Begins a refusal, "mapbridge: error: NAME: ", and opens the console unless it is redirected to a printer; the caller prints
 * one sentence and a newline.
 */
struct printer *refuse(const char *name);

/* A printer for what is noted about a file, one line each, on the console; in front of the first line "mapbridge: note: FILE:". */
struct file_notes {
	struct printer printer;
	const char *file;
	bool begun;
};
struct file_notes file_notes(const char *file);

/* Name of a status as the UEFI specification has it, e.g. "EFI_NOT_FOUND". */
const char *status_name(EFI_STATUS status);

/* keys.c: whether a key was pressed before that many seconds went by; those pressed before the call do not count. */
bool wait_for_key(unsigned seconds);

/* The next key that was pressed, within that many milliseconds; false when there was none. 0: only looks. */
bool read_key(unsigned milliseconds, EFI_INPUT_KEY *key);

/* Keys that were pressed until now do not count. */
void keys_forget(void);

/* What counts as the keys Enter and Escape. */
bool is_enter(const EFI_INPUT_KEY *key);
bool is_escape(const EFI_INPUT_KEY *key);

/* The scan code of a key in a list: volume keys and the letters k and j are arrows. */
UINT16 list_key(const EFI_INPUT_KEY *key);

/* memory.c: pool memory of EfiLoaderData; null after a refusal when there is none. pool_free takes null, too. */
void *pool_allocate(size_t size, const char *what);
void pool_free(void *memory);

/* Overwrites what is secret, in memory that nobody reads again. */
void wipe(void *memory, size_t size);

/*
 * The memory map, with room for slack more descriptors. capacity is the buffer's size in bytes. Taken by
 * memory_map_reserve (allocates) and memory_map_read (allocates nothing, so that the map stays true).
 */
struct memory_map {
	struct efi_memmap view;
	void *buffer;
	UINTN capacity;
	UINTN key;
};

EFI_STATUS memory_map_reserve(struct memory_map *map, size_t slack);
EFI_STATUS memory_map_read(struct memory_map *map);
void memory_map_free(struct memory_map *map);

/* volumes.c: opens the volume that we were started from, and the XBOOTLDR partition when there is one. */
EFI_STATUS volumes_open(void);
void volumes_close(void);

/* Gives back the memory of all directories that were read. */
void volumes_forget_directories(void);

/* From now on files are read by the firmware's file system alone: a program that is started might write to them. */
void volumes_forget_fat(void);
/* Nothing runs any more that might write. */
void volumes_recall_fat(void);

/* The GUID of the partition that we were started from, 16 bytes as on the disk; null when it is none of a GPT disk. */
const uint8_t *volume_partition_guid(void);

/* The device path of a file on fw.volume, in pool memory that the caller frees; null after a refusal. */
EFI_DEVICE_PATH *volume_file_path(const char *path);

/* files.c: a file of fw.volume, opened for reading. */
struct file {
	EFI_FILE_HANDLE handle; /* null: it is read by fat_file_read */
	struct fat_extents extents;
	uint64_t size;
	const char *path;
	char *own_path; /* pool memory behind path that file_close gives back; null: somebody else's */
};

/* Opens; on failure prints a refusal that names the file and user (what asked for it). Close with file_close. */
EFI_STATUS file_open(const char *path, const char *user, struct file *file);
/* The same, to be read by the firmware's file system, because a program is going to run that might write to the volume. */
EFI_STATUS file_open_slowly(const char *path, const char *user, struct file *file);
EFI_STATUS file_read(struct file *file, uint64_t offset, uint64_t size, void *to);
void file_close(struct file *file);

/* EFI_FILE_PROTOCOL.Open of a path from the volume's root; attributes count for new files. Prints nothing. */
EFI_STATUS file_open_path(const char *path, UINT64 mode, UINT64 attributes, EFI_FILE_HANDLE *handle);

/*
 * What is at a path, and its size (of FILE_PRESENT). Prints nothing. On a FAT volume the directories on the way are read once,
 * so that files of the same directory cost no disk request. Whether the file's own chain is damaged only file_open finds out.
 */
enum file_presence {
	FILE_UNKNOWN, /* there or not, it cannot be opened */
	FILE_ABSENT,
	FILE_PRESENT,
	FILE_DIRECTORY,
	FILE_DAMAGED /* a directory on the way, or the one that it is */
};

enum file_presence file_find(const char *path, uint64_t *size);

/* Whether there is neither file nor directory of that name; what is there and cannot be opened is not missing. */
bool file_missing(const char *path);

/* Gives a file another name in the same directory. Prints nothing. */
EFI_STATUS file_rename(const char *path, const char *name);

/* A file's bytes and a NUL, in pool memory that is used again for the next file where it is large enough. */
struct file_text {
	char *text; /* null at first; freed by the caller */
	size_t size, capacity;
};

/* False after a refusal; *text then has no file, but maybe memory. */
bool file_read_text(const char *path, const char *user, size_t max, struct file_text *text);

/* Reads a whole file of at most max bytes into pool memory, NUL-terminated; null after a refusal. */
char *file_read_all(const char *path, const char *user, size_t max, size_t *size);

/* What is wanted of a directory: first wants() is asked for all its files, then found() gets those that are. Names in UTF-8. */
struct directory_reading {
	bool (*wants)(struct directory_reading *reading, const char *name);
	void (*found)(struct directory_reading *reading, const char *name);
};

/*
 * Goes through the files of a directory, without directories, in the order that they lie in on the disk where that is known.
 * EFI_NOT_FOUND when there is no such directory (nothing printed); another error after a refusal, with found() never called.
 */
EFI_STATUS directory_list(const char *path, const char *user, struct directory_reading *reading);

/*
 * fat_volume.c: files of fw.volume by EFI_BLOCK_IO. EFI_UNSUPPORTED (of fat_file_find: FILE_UNKNOWN), with nothing printed: ask
 * the firmware's file system, which may know better. Other errors come after a refusal: nobody is to be asked for what is damaged.
 * fat_file_read is for a file that fat_file_open opened, as long as nobody writes to the volume; what it could not read is
 * not tried again. fat_volume_changed forgets all that was read, because something is being written; fat_volume_trim only gives
 * memory back.
 */
struct fat_volume *fat_volume_open(EFI_HANDLE handle); /* null: none, or its disk asks for what we do not have */
void fat_volume_close(struct fat_volume *volume);      /* takes null, too */
void fat_volume_trim(struct fat_volume *volume);       /* the same */
void fat_volume_changed(struct fat_volume *volume);    /* the same */
enum file_presence fat_file_find(const char *path, uint64_t *size);
EFI_STATUS fat_file_open(const char *path, const char *user, struct file *file);
EFI_STATUS fat_file_read(const struct file *file, uint64_t offset, uint64_t size, uint8_t *to);
EFI_STATUS fat_directory_list(const char *path, const char *user, struct directory_reading *reading);

/* watchdog.c: arms the firmware's watchdog for another five minutes; _feed does so when some seconds have gone by. */
void watchdog_arm(void);
void watchdog_feed(void);

/* map_viewer.c: shows the map of a boot's plan (or of the machine, without one) until the user goes back. */
struct map_viewing {
	const struct bls_entry *entry; /* null: no plan is asked for */
	const char *name;              /* of the entry's file; null: none */
	const char *no_plan;           /* without an entry: why; may be null */
	const char *message;           /* to be read first; may be null */
	unsigned seconds;              /* without a key it goes back after so long; 0: never */
};

/* Returns when the user went back, or the time was up; an error, after a refusal, only without memory for a map. */
EFI_STATUS map_viewer_run(const struct map_viewing *viewing);

/* files_write.c: whether a file has exactly these bytes; EFI_NOT_FOUND: there is none. Prints nothing, as the next two. */
EFI_STATUS file_compare(const char *path, const void *bytes, size_t size, bool *same);

/* Makes a directory unless there is something of that name. */
EFI_STATUS directory_make(const char *path);

/*
 * Writes a file that must not be there yet, under a temporary name first, which is then changed to name (the last part of
 * path) where the firmware can; a file that has the temporary name is deleted. Reads it back: EFI_VOLUME_CORRUPTED when it
 * has not become what was written. On error nothing of it is left.
 */
EFI_STATUS file_write_new(const char *temporary, const char *path, const char *name, const void *bytes, size_t size);

/* cpuid.c: what the processor says of itself; the first of a leaf's subleaves. */
struct cpuid {
	uint32_t a, b, c, d;
};
struct cpuid machine_cpuid(uint32_t leaf);

/* One try of RDRAND, which the processor must have; false when it had no number ready. */
bool machine_rdrand(uint64_t *value);

/* machine.c: what the processor and the firmware's tables say. */
void machine_facts(struct boot_facts *facts);
void machine_paging(struct paging_mode *mode, bool *mce);
/* Whether an AMD or Hygon processor is at work. */
bool machine_is_amd(void);
/* The allocations of the ACPI table MCFG, at most capacity; 0 when there is none that can be read. */
size_t machine_ecam(struct mcfg_entry *entries, size_t capacity);
/* The memory attributes table's descriptors; false when there is none. */
bool machine_memory_attributes(struct efi_memmap *attributes);
/* Whether the firmware verifies what it starts. */
bool machine_secure_boot(void);
/* The same as Linux's EFI stub tells it to its kernel: SECURE_BOOT_*. */
uint8_t machine_secure_boot_mode(void);
/* Asks the firmware to clear memory if the machine is reset, for the secrets in it, as Linux's EFI stub does. */
void machine_request_memory_overwrite(void);
/* Fills up to PLAN_TABLES_MAX tables that Linux reads before it has page tables of its own; returns how many. */
size_t machine_early_tables(struct boot_table *tables);
/* A configuration table; null when there is none. */
void *machine_table(const EFI_GUID *guid);
/* An ACPI table that the XSDT lists, by its signature; null when there is none. */
const uint8_t *machine_acpi_table(const char *signature);
uint64_t machine_tsc(void);
/* Makes allocated pages executable (and read-only), where the firmware enforces such things. */
EFI_STATUS machine_make_executable(uint64_t base, uint64_t size);

/*
 * prepared.c: prepared kernels. Each returns an error only after a refusal that names the file. _read_head reads the rest of the
 * head, of which start has size bytes (a file that parsed to image), into pool memory and checks it; *head is untouched on failure.
 */
struct prepared_header;
EFI_STATUS prepared_read_head(struct file *file, const struct kernel_image *image, const uint8_t *start, size_t size,
			      struct prepared_header **head);
/* Whether it was made from the bzImage at source_path: size and setup code, and with whole all of it. */
EFI_STATUS prepared_check_source(const struct prepared_header *head, const struct file *file, const char *source_path,
				 const char *user, bool whole);
/* The SHA-256 of all that was loaded, before it is relocated. */
EFI_STATUS prepared_check_content(const struct prepared_header *head, const struct file *file, const struct boot_plan *plan);
/*
 * "an SEV guest" or the like where the processor encrypts this machine's memory, else null. Page tables need a bit there that ours
 * have not, and Linux's own code knows what else.
 */
const char *machine_encryption(void);
/* Whether a kernel can run here without the bzImage's own code. */
EFI_STATUS prepared_check_machine(const struct file *file);
/* The depth of page tables that the kernel's decompressor would choose, whatever the firmware's is. */
void prepared_choose_levels(struct boot_request *request);

/* random.c: whether the firmware has random numbers (EFI_RNG_PROTOCOL), and some of them. */
bool random_available(void);
EFI_STATUS random_bytes(uint8_t *bytes, size_t size);
/* Random bytes of the firmware, RDRAND and the time stamp counter, mixed by SHA-256. */
void random_mixture(uint8_t mixture[SHA256_SIZE]);

/* screen.c: the console's linear framebuffer and its monitor's EDID (EDID_SIZE bytes); both all zero when there is none. */
void screen_describe(struct screen_info *screen, uint8_t *edid);

/* graphics.c: whether the firmware's font has a character; without a font, whether nobody knows better. */
bool screen_can_draw(CHAR16 c);

/* The screen that the console is on, else the first; null when there is none. */
EFI_GRAPHICS_OUTPUT_PROTOCOL *screen_find(void);

/* The same of those whose current mode has a framebuffer: the one that Linux's EFI stub finds. */
EFI_GRAPHICS_OUTPUT_PROTOCOL *screen_find_framebuffer(void);

/*
 * The consoles that ConOut stands for and that are on no screen, at most capacity; SIZE_MAX when the firmware does not
 * tell them apart.
 */
size_t screen_terminals(EFI_SIMPLE_TEXT_OUT_PROTOCOL **terminals, size_t capacity);

/*
 * linux_tables.c: what Linux's EFI stub hands over besides boot_params: random seed, option ROMs, TPM event log. The nodes
 * are for the plan; configuration tables are installed.
 */
struct linux_tables {
	struct setup_data_node *nodes; /* in pool memory, as is what they point to; the ROMs are the firmware's */
	size_t node_count;
	struct setup_pci_rom *roms;
	struct linux_random_seed *seed;     /* for the node */
	struct linux_random_seed *table;    /* installed as configuration table */
	struct linux_random_seed *previous; /* the table of the program that started us */
	struct linux_tpm_log *tpm_log;      /* installed as configuration table */
};

/* Makes and installs what the firmware has the means for, and tells it on the console. An error only when there is no memory. */
EFI_STATUS linux_tables_make(struct linux_tables *tables);
/* Wipes the loader's copies of the seed; for the moment when the kernel has its own. */
void linux_tables_wipe(struct linux_tables *tables);
/* Takes everything back and frees it. Harmless when nothing was made. */
void linux_tables_free(struct linux_tables *tables);

/*
 * initrd_media.c: where Linux looks for an initrd: EFI_LOAD_FILE2_PROTOCOL at a path of one vendor media node,
 * LINUX_EFI_INITRD_MEDIA_GUID.
 */
struct initrd_media_path {
	VENDOR_DEVICE_PATH media;
	EFI_DEVICE_PATH end;
} __attribute__((packed));

extern EFI_GUID load_file2_guid;
extern const struct initrd_media_path initrd_media_path;

/*
 * linux_options.c: opens what the options initrd= name, as files[*count] and on, and counts them. Up to PLAN_INITRDS_MAX files in all;
 * slowly: by file_open_slowly. An error only after a refusal that names user; the files that were opened stay open.
 */
EFI_STATUS option_initrds_open(const char *options, const char *user, bool slowly, struct file *files, size_t *count);

/* The mode that a screen had; gop is null when it has not been changed. */
struct screen_before {
	EFI_GRAPHICS_OUTPUT_PROTOCOL *gop;
	UINT32 mode;
};

/*
 * Sets the screen to the mode that video=efifb: means, or shows the list of modes for up to 10 seconds. False when the mode is what it
 * was; what cannot be done is printed, and no reason not to start the kernel. screen_request_undo takes it back.
 */
bool screen_request_apply(const struct screen_request *request, struct screen_before *before);
void screen_request_undo(struct screen_before *before);

/* The initrd that a program before us offers to Linux. */
struct initrd_media {
	EFI_LOAD_FILE_PROTOCOL *protocol; /* EFI_LOAD_FILE2_PROTOCOL has the same members */
	EFI_DEVICE_PATH *path;
	uint64_t size; /* bytes; 0: nobody offers one */
};

/* EFI_NOT_FOUND, with nothing printed, when nobody offers one; another error after a refusal. */
EFI_STATUS initrd_media_find(struct initrd_media *media);
/* Reads all of its size bytes; an error only after a refusal. */
EFI_STATUS initrd_media_read(const struct initrd_media *media, void *to);

/*
 * dump.c: the memory map, explained; prints descriptors, e820, totals and the plan (may be null), and returns the e820 map's
 * CRC. out may be null: then the map is only converted, and refused when it is too long for a kernel.
 */
EFI_STATUS dump_memory_map(const struct efi_memmap *map, enum e820_policy policy, const struct boot_plan *plan,
			   uint32_t *crc32, struct printer *out);

/*
 * config.c: reads loader.conf and the entries, and starts one or explains; comes back when none is to start. wanted: what the
 * load options say (load_options_parse), empty when they name no entry.
 */
EFI_STATUS config_boot(const char *wanted);

/* entries.c: the entries of all volumes, sorted. */
struct bls_entry;
struct bls_file;
struct bls_loader;

struct entry_list {
	struct bls_file **files; /* in pool memory, as is each of them */
	size_t count, capacity;
	size_t seen;    /* files that fit the pattern, read or not */
	size_t foreign; /* for other architectures, left out */
};

#define ENTRIES "\\loader\\entries"
#define ENTRY_PATH_MAX (sizeof("XBOOTLDR:" ENTRIES "\\") + BLS_NAME_MAX)

/* The path of an entry's file in path (ENTRY_PATH_MAX bytes): with the volume's prefix for the reader, without for firmware. */
const char *entry_path(char *path, const char *prefix, const char *name);

/*
 * Reads the entries whose file name fits the pattern. What cannot be read is refused on the console and left out; what cannot
 * be parsed is said, and is in the list as BLS_UNREAD.
 */
EFI_STATUS entries_read(const char *pattern, struct entry_list *list);
void entries_free(struct entry_list *list);
/* Frees one that is not in a list any more. */
void entry_free(struct bls_file *file);

/* The whole entry, parsed from its text when it is first needed, kept in file->entry until then; null after a refusal. */
struct bls_entry *entry_load(struct bls_file *file);
/* Frees what entry_load has parsed, with the changes of an editor. */
void entry_unload(struct bls_file *file);

/* The entry when it is booted by us; null when the firmware starts it. It must have been loaded. */
const struct bls_entry *entry_planned(const struct bls_file *file);

/* Sets an entry's state and the reason for it, which is copied. */
void entry_set_state(struct bls_file *file, enum bls_state state, const char *reason);

/*
 * entry_check.c: whether an entry can be started, as far as its files tell; prints nothing, and remembers the answer in its
 * state. Deeply: the start of its kernel or program is read, too. Then nothing but its content, the machine or a signature can be wrong.
 */
enum bls_state entry_check(struct bls_file *file, bool deeply);

/*
 * choice.c: the index of the entry to start when nobody chooses (bls_files_next), checked; those that cannot be started are
 * passed over, and those that lead back to this loader are taken out of the list, with a line for each. count: none is left.
 */
size_t choice_find(struct entry_list *list, const char *pattern, bool deeply);
/* Checks all entries for the list to be shown; takes those out that lead back to this loader. */
void choice_check_all(struct entry_list *list);

/*
 * nested.c: an EFI program that we start may start this loader again (shim, a shell's script, another boot manager), with the same
 * entries. The entry is known to the firmware while it runs, so that it is not started in itself.
 */
void nested_begin(const struct bls_file *file);
void nested_end(void);
/* Whether the program of this entry runs already, and has led to us. */
bool nested_is_running(const struct bls_file *file);

/* Shows the map with the plan for an entry, which is not started; status as map_viewer_run. */
EFI_STATUS entry_view(struct bls_file *file);

/* Saves the machine's memory map with what this entry's plan depends on: see map_save. */
EFI_STATUS entry_save_map(struct bls_file *file);

/* Counts the try and starts an entry; returns only when that failed, or when an EFI program came back. */
EFI_STATUS entry_start(struct bls_file *file);

/*
 * menu.c: starts the chosen entry, after a countdown if loader.conf says so, or shows the list when a key is pressed. When it cannot
 * start and nobody is there, the others are tried, each once (choice_find), unless it was named: then the list is shown first.
 * Returns the last status when the user, or the lack of one, sends us back. count must not be 0.
 */
EFI_STATUS menu_run(struct entry_list *list, size_t chosen, const struct bls_loader *loader, bool named);

/*
 * Shows the list. Without a key, after a while: with then_default the others are tried as above, else it goes back with status.
 */
EFI_STATUS menu_show(struct entry_list *list, size_t chosen, const struct bls_loader *loader, bool then_default,
		     EFI_STATUS status);

/*
 * clock.c: the time since the time stamp counter was 0, for the Boot Loader Interface. Begun once at the start (sets fw.tsc), and
 * calibrated once when some work has been done, at most 4 seconds later. 0 microseconds: it is not known.
 */
void clock_begin(void);
void clock_calibrate(void);
uint64_t clock_microseconds(uint64_t tsc);

/*
 * loader_variables.c: the Boot Loader Interface, in this order. A firmware that takes no variables costs one note. _tell says what
 * we are and which entries there are. _ask changes what loader.conf says to what the variables ask for. _count says which file the
 * entry that starts has now, when its try was counted (null: it was not), even if loader.conf wants no variables: without it the
 * system cannot end the counting, and the entry would be bad soon. _select says what is started, and _leave when.
 */
void loader_variables_tell(const struct entry_list *list, const struct bls_loader *loader);
void loader_variables_ask(const struct entry_list *list, struct bls_loader *loader);
void loader_variables_count(const char *path);
void loader_variables_select(const struct bls_file *file);
void loader_variables_leave(void);

/* EFI_TCG2_PROTOCOL (TCG EFI Protocol Specification, section 6), as far as it is used. */
#define TCG2_PROTOCOL_GUID { 0x607f766c, 0x7455, 0x42be, { 0x93, 0x0b, 0xe4, 0xd7, 0x6d, 0xb2, 0x72, 0x0f } }
struct tcg2_protocol {
	EFI_STATUS(EFIAPI *capability)(struct tcg2_protocol *self, void *capability);
	EFI_STATUS(EFIAPI *log)(struct tcg2_protocol *self, UINT32 format, EFI_PHYSICAL_ADDRESS *first,
				EFI_PHYSICAL_ADDRESS *last, BOOLEAN *truncated);
	EFI_STATUS(EFIAPI *extend)(struct tcg2_protocol *self, UINT64 flags, EFI_PHYSICAL_ADDRESS base, UINT64 size,
				   void *event);
};

/*
 * measure.c: what is started, measured into the TPM. measure_begin says for each boot whether there is one; without it the
 * others do nothing. What cannot be measured is told once a boot, and the boot goes on. The options are told to PCR 12 and, if no
 * EFI stub follows that does it, to PCR 9; the initrd to PCR 9; the kernel to PCR 4: as a PE image as LoadImage would, from
 * the bytes of its file in memory (false, and nothing is told, when it is none), or as plain bytes in parts.
 */
bool measure_begin(void);
void measure_options(const char *options, bool stub_follows);
void measure_initrd(uint64_t base, uint64_t size);
bool measure_pe_kernel(const char *path, uint64_t base, uint64_t size);
void measure_kernel_part(const char *path, const void *bytes, uint64_t size);

/* edit.c: lets the user change the entry's options; whether the entry is to be started with what they are now. */
bool edit_options(struct bls_entry *entry);

/* console_mode.c: how many characters fit on the console; 80 x 25, which each one has, when it does not tell. */
void console_size(size_t *columns, size_t *rows);

/* Sets the text mode that loader.conf asks for, or notes that it is not there. Clears the screen. */
void console_set_mode(const struct bls_loader *loader);

/* boot.c: boots one entry; returns only when that failed, with everything freed. */
EFI_STATUS boot_entry(const struct bls_entry *entry, const char *name);

/* The machine's memory at one moment, and the plan for an entry that was made from it. */
struct boot_survey {
	const struct boot_request *request; /* its map is always there; the kernel counts only with a plan */
	const struct boot_facts *facts;
	const struct boot_plan *plan; /* null: no entry, or it was refused */
};

/*
 * Does all that a boot of the entry does up to its plan, allocations included, gives the memory back, and calls use() with
 * what was found. entry may be null: then there is no plan, as when the entry is refused (the refusal is printed). An error,
 * with use() not called, only after a refusal because there is no memory for the map.
 */
EFI_STATUS boot_survey(const struct bls_entry *entry, const char *name,
		       void (*use)(void *context, const struct boot_survey *survey), void *context);

/*
 * map_save.c: writes \mapbridge\map-CRC.efimap and .txt to the boot volume, CRC being that of the e820 map, and says so. What is
 * there already is left alone: the same content is told, other content has the new files called CRC-2 and so on. An
 * error only after a refusal, with nothing left of a file that could not be written.
 */
EFI_STATUS map_save(const struct boot_survey *survey);

/*
 * start_image.c: starts the entry's kernel or EFI program by LoadImage and StartImage, with its options as load options
 * and its initrds offered by EFI_LOAD_FILE2_PROTOCOL. name is the entry's file. Everything is freed on the way back.
 */
EFI_STATUS start_image(const struct bls_entry *entry, const char *name);
/* Whether the entry's file, of which the first size bytes are here, is no EFI program for this machine; a sentence on why, too. */
bool start_image_refuses(const struct bls_entry *entry, const char *name, const uint8_t *file, size_t size, struct printer *why);

/* leave.c: ExitBootServices and the jump; returns only when the firmware refused before anything was shut down. */
struct boot_departure {
	const struct boot_plan *plan;
	const struct boot_facts *facts;
	struct boot_block block;
	uint32_t printed_crc32;
	void *scratch;
	size_t scratch_size;
	void *state; /* what plan and facts lie in; wiped before the jump */
	size_t state_size;
};

EFI_STATUS leave(const struct boot_departure *departure);

#endif
