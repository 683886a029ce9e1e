/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A UEFI implementation for the host, as far as the EFI application uses one: efi/ runs on it unchanged as a Linux program
 * with sanitizers. One process plays one run: mock_run() sets the machine of a scenario up, calls efi_main, and tells how
 * it ended. Physical addresses are virtual ones: memory is mapped where the machine has it when it is allocated, and
 * unmapped when it is freed.
 */
#ifndef TEST_FIRMWARE_MOCK_H
#define TEST_FIRMWARE_MOCK_H

#include <efi.h>

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "calls.h"
#include "scenario.h"

#define PAGE UINT64_C(4096)
#define CALLS_LOGGED 20000   /* calls of one run that can be made to fail */
#define CALLS_MAX 3000000    /* more is a hang */
#define PROBLEMS_SIZE 4000
#define CONSOLE_SIZE (1 << 21)
#define SITES_MAX 4096
#define PCRS 24

/* How a run ended. */
enum ending {
	ENDED_NOT,
	ENDED_RETURNED, /* efi_main returned */
	ENDED_JUMPED,   /* boot services are left, and the stub was entered */
	ENDED_STARTED,  /* an EFI program was started, and did not come back */
	ENDED_RESET
};

struct logged_call {
	enum call_id call;
	uint64_t site; /* the return address, from the program's start */
};

/* What the process of a run tells its parent, in shared memory. */
struct result {
	enum ending ending;
	EFI_STATUS status; /* what efi_main returned */
	unsigned calls;    /* in all; the first CALLS_LOGGED of them are in the log */
	struct logged_call log[CALLS_LOGGED];
	unsigned exits; /* successful and failed calls of ExitBootServices */
	bool injected;  /* the failure that was asked for has happened */
	uint64_t pcrs[PCRS];
	uint64_t handed_over; /* a digest of all that was started can find; PCRs and this: in scenarios with "flip" */
	char problems[PROBLEMS_SIZE];
	size_t problems_used;
	char console[CONSOLE_SIZE];
	size_t console_used;
};

/*
 * Which call is to fail, counted from 1, and how. 0: none. at_call, unless null, is asked before each call and says how it
 * fails; it may fork, so that one process plays what is the same in many runs.
 */
struct injection {
	unsigned call;
	EFI_STATUS error;
	EFI_STATUS (*at_call)(unsigned number, const struct logged_call *call);
};

/* Boot services are there; half shut down by a failed ExitBootServices; gone. */
enum phase { PHASE_BOOT, PHASE_HALF, PHASE_GONE };

struct mock {
	const struct scenario *scenario;
	struct injection injection;
	struct result *result;
	enum phase phase;
	bool in_application; /* else what is done is the firmware's own doing */
	uint64_t time;       /* virtual, in microseconds */
	uint64_t watchdog;   /* seconds, 0: off */
	uint64_t watchdog_set; /* when, in microseconds */
	unsigned disk_requests;
	bool interrupts_off;
	bool stuck; /* a configuration table could not be taken back */
	uint64_t jump_rdi; /* registers at the jump */
	uint64_t jump_rip;
	uint64_t jump_rsp;
	uint64_t stack; /* where it was before the application was called */
	EFI_SYSTEM_TABLE *system;
	EFI_HANDLE image;
};

extern struct mock mock;

/*
 * Plays the scenario, with the failure of the injection. In a process of its own: nothing is cleaned up. at_call may change
 * mock.result and mock.injection.
 */
void mock_run(const struct scenario *scenario, const struct injection *injection, struct result *result);

/* calls.c: what every service begins with; the error to return when this call is the one to fail. */
EFI_STATUS call_enter(enum call_id call, void *return_address);
/* What is known of a place in efi/ that calls firmware. Shared by all processes. */
struct reach {
	uint16_t call;  /* enum call_id, from 1; 0: nobody has come there */
	uint16_t tried; /* one bit for each error of the call that it has failed with */
};

extern struct reach *sites_reached; /* SITES_MAX of them, in the order of the sites */
void sites_load(const char *path);
size_t sites_count(void);
/* "efi/boot.c:90 allocate_pages", and null for an unknown one. Sites are bytes from the program's start. */
const char *site_name(uint64_t site);
/* Whether that error, the index of one of the call's, has been tried at the site; true for a site that is not in efi/. */
bool site_tried(uint64_t site, unsigned error);
/*
 * Tells of each error that was never tried at its site, and with a null call of each site that nobody has come to; returns how
 * many these were. *pairs: how many sites with an error there are.
 */
size_t sites_missed(void (*missed)(const char *name, const struct call_description *call, EFI_STATUS error), size_t *pairs);

#define FIRMWARE(name)                                                                                                 \
	do {                                                                                                           \
		EFI_STATUS injected_ = call_enter(CALL_##name, __builtin_return_address(0));                           \
		if (EFI_ERROR(injected_))                                                                              \
			return injected_;                                                                              \
	} while (0)

/* Something is wrong with the application: the run fails, and goes on. */
void problem(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same, and the run is over. */
void fatal(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
/* Ends the run in an orderly manner. */
void end_run(enum ending ending) __attribute__((noreturn));
/* The code that a service is called with which is not there. */
void missing(const char *name) __attribute__((noreturn));
#define MISSING(name)                                                                                                  \
	static EFI_STATUS EFIAPI missing_##name(void)                                                                  \
	{                                                                                                              \
		missing(#name);                                                                                        \
	}

/* memory.c */
void memory_setup(void);
/* The firmware's own memory; there is always enough, or the scenario is wrong. */
void *memory_take(uint32_t type, uint64_t size);
void memory_release(void *memory, uint64_t size);
/* Memory that the application has to free by FreePool. */
void *pool_take(uint32_t type, uint64_t size);
/* Pages of the firmware's that make the map longer by that many descriptors or a few more. */
void memory_fragment(unsigned descriptors);
/* Whether every page was allocated by the application, as that type. */
bool memory_is_applications(uint64_t base, uint64_t size, uint32_t type);
/* Whether the map as it was given last has a descriptor of that type there. */
bool memory_is_told_as(uint64_t address, uint32_t type);
/* Of the pages, but not the pool, that the application has allocated. */
uint64_t memory_digest(void);
/* Whether a secret is in what the application has, but for [base, base + size), as a problem. */
void memory_check_secrets(uint64_t base, uint64_t size);
/* What the application has not given back, as problems. */
void memory_check_leaks(void);
uint64_t memory_map_key(void);
/* The map as GetMemoryMap gave it last. */
const uint8_t *memory_last_map(uint64_t *size, uint64_t *stride);

EFI_STATUS EFIAPI fw_AllocatePages(EFI_ALLOCATE_TYPE how, EFI_MEMORY_TYPE type, UINTN pages, EFI_PHYSICAL_ADDRESS *base);
EFI_STATUS EFIAPI fw_FreePages(EFI_PHYSICAL_ADDRESS base, UINTN pages);
EFI_STATUS EFIAPI fw_GetMemoryMap(UINTN *size, EFI_MEMORY_DESCRIPTOR *map, UINTN *key, UINTN *stride, UINT32 *version);
EFI_STATUS EFIAPI fw_AllocatePool(EFI_MEMORY_TYPE type, UINTN size, void **buffer);
EFI_STATUS EFIAPI fw_FreePool(void *buffer);

/* backing.c: physical memory where the machine has it. Contents are junk at first. */
/* Once, for all processes. */
void backing_prepare(void);
void backing_map(uint64_t base, uint64_t size);
void backing_unmap(uint64_t base, uint64_t size);
/* For the address sanitizer, at any of the machine's addresses. */
void backing_poison(uint64_t base, uint64_t size, bool poison);

#define PM_TIMER_PORT 0x608

/* cpu.c: the instructions that only a firmware's processor may execute. */
void cpu_setup(void);

/* handles.c */
EFI_HANDLE handle_new(void);
void handle_install(EFI_HANDLE handle, const EFI_GUID *guid, void *interface);
void handle_remove(EFI_HANDLE handle);
void *handle_interface(EFI_HANDLE handle, const EFI_GUID *guid);
void handles_check_leaks(void);
bool guid_is(const EFI_GUID *a, const EFI_GUID *b);
size_t path_size(const EFI_DEVICE_PATH *path);
/* The handle with the protocol whose path is the longest beginning of *path, which then points behind it. */
EFI_STATUS path_locate(const EFI_GUID *guid, EFI_DEVICE_PATH **path, EFI_HANDLE *handle);
extern EFI_GUID fw_device_path_guid, fw_loaded_image_guid, fw_file_system_guid, fw_block_io_guid;

EFI_STATUS EFIAPI fw_HandleProtocol(EFI_HANDLE handle, EFI_GUID *guid, void **interface);
EFI_STATUS EFIAPI fw_OpenProtocol(EFI_HANDLE handle, EFI_GUID *guid, void **interface, EFI_HANDLE agent, EFI_HANDLE controller,
				  UINT32 attributes);
EFI_STATUS EFIAPI fw_CloseProtocol(EFI_HANDLE handle, EFI_GUID *guid, EFI_HANDLE agent, EFI_HANDLE controller);
EFI_STATUS EFIAPI fw_LocateProtocol(EFI_GUID *guid, void *registration, void **interface);
EFI_STATUS EFIAPI fw_LocateHandleBuffer(EFI_LOCATE_SEARCH_TYPE how, EFI_GUID *guid, void *key, UINTN *count,
					EFI_HANDLE **buffer);
EFI_STATUS EFIAPI fw_LocateDevicePath(EFI_GUID *guid, EFI_DEVICE_PATH **path, EFI_HANDLE *handle);
EFI_STATUS EFIAPI fw_InstallMultiple(EFI_HANDLE *handle, ...);
EFI_STATUS EFIAPI fw_UninstallMultiple(EFI_HANDLE handle, ...);
EFI_STATUS EFIAPI fw_ConnectController(EFI_HANDLE handle, EFI_HANDLE *driver, EFI_DEVICE_PATH *rest, BOOLEAN recursive);

/* tables.c: the system table and what hangs on it, configuration tables. */
void tables_setup(void);
void tables_install(const EFI_GUID *guid, void *table);
void tables_check_leaks(void);
EFI_STATUS EFIAPI fw_InstallConfigurationTable(EFI_GUID *guid, void *table);

/* runtime.c: variables, time, reset. */
extern const EFI_RUNTIME_SERVICES runtime_services;
/* Those of the Boot Loader Interface that the scenario has a word about. */
void variables_check(void);

/* console.c */
void console_setup(void);
EFI_STATUS EFIAPI fw_CheckEvent(EFI_EVENT event);
/* tables.c: the watchdog has just been armed, unless something was made to fail. */
void watchdog_check(const char *when);

/* Waits that many microseconds of virtual time. */
void time_pass(uint64_t microseconds);

/* file_system.c */
void file_systems_setup(void);
void files_check_leaks(void);
/* The bytes of a file on a volume that a handle stands for; null when there is none. */
const uint8_t *file_bytes(EFI_HANDLE volume, const CHAR16 *path, size_t *size);

/* The volume's files and directories, each with an index below FILES_MAX; false: none has this one. */
struct fat_node {
	const char *path; /* "\\loader\\loader.conf"; "" is the root */
	bool directory;
	const uint8_t *bytes;
	size_t size;
};
#define FILES_MAX 5000
bool file_system_node(unsigned volume, size_t index, struct fat_node *node);

/* fat_image.c: blocks of 512 bytes of a volume that has so many; for scenarios with "fat". */
void fat_image_read(unsigned volume, uint32_t blocks, uint32_t block, uint32_t count, uint8_t *to);
/* Something was written. */
void fat_image_changed(void);

/* disk.c: the disk that the volumes are partitions of. */
void disk_setup(void);
EFI_HANDLE disk_partition(unsigned volume);

/* screens.c: framebuffers and a font. */
void screens_setup(void);
bool screen_has(uint32_t width, uint32_t height, bool any); /* pixels of the last screen, or any; without a screen 0 */

/* devices.c: RNG, TPM, PCI, an initrd of another program, memory attributes. */
void devices_setup(void);

/* tpm.c: a digest of what it was of before and these bytes; a PCR extended by that of some bytes, or of an image (flag 0x10). */
uint64_t digest_add(uint64_t digest, const void *bytes, uint64_t size);
EFI_STATUS tpm_extend(uint64_t flags, const void *data, uint64_t size, unsigned pcr);

/* secrets.c: numbers that memory must not hold when it is given back or left behind; 16 MiB at most are looked at. */
void secret_add(uint64_t value);
bool secret_is_in(uint64_t base, uint64_t size);

/* images.c */
void images_setup(void);
void images_check_leaks(void);
EFI_STATUS EFIAPI fw_LoadImage(BOOLEAN policy, EFI_HANDLE parent, EFI_DEVICE_PATH *path, void *source, UINTN size,
			       EFI_HANDLE *image);
EFI_STATUS EFIAPI fw_StartImage(EFI_HANDLE image, UINTN *size, CHAR16 **data);
EFI_STATUS EFIAPI fw_UnloadImage(EFI_HANDLE image);

/* handoff.c: what the kernel would find, checked byte by byte against the scenario's files and the machine. */
void handoff_check(void);
/* Whether the initrds of the entry that was started are these bytes. */
bool initrds_are(const struct scenario *scenario, const uint8_t *bytes, uint64_t size);

#endif
