/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Boot Loader Interface: what bootctl and systemd-analyze read, and what bootctl asks for. What we write is volatile, but
 * for LoaderEntryLastBooted.
 */
#include "firmware.h"

#include <loader/loader_variables.h>
#include <loader/utf16.h>

#define UNTIL_RESET (EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS)
#define NAME_MAX 32
#define BOOT_COUNT_PATH "LoaderBootCountPath"
#define TEXT_MAX 320 /* of a value that is short: a file name, a path, a number */

static EFI_GUID loader_guid = { 0x4a67b082, 0x0a4c, 0x41cf, { 0xb6, 0xc7, 0x44, 0x0b, 0x29, 0xbb, 0x8c, 0x4f } };

static bool silent;     /* nothing is written: each write may stop the machine for a while (system management mode) */
static bool refused;    /* has been told */
static bool keeps_last; /* default @saved */
static const char *once; /* the name of the entry for this boot alone, which is not kept */
static bool counted;    /* LoaderBootCountPath is there */

/* The text as UTF-16 with its NUL; returns its bytes, 0 when it is none or does not fit. */
static size_t widen(const char *text, CHAR16 value[TEXT_MAX])
{
	size_t units = 0;

	if (!utf8_to_utf16(text, value, TEXT_MAX, NULL))
		return 0;
	while (value[units++])
		;
	return units * sizeof(*value);
}

static EFI_STATUS set_variable(const char *name, UINT32 attributes, const void *value, size_t size)
{
	CHAR16 wide[NAME_MAX];

	utf8_to_utf16(name, wide, NAME_MAX, NULL);
	return fw.runtime->SetVariable(wide, &loader_guid, attributes, size, (void *)(uintptr_t)value);
}

static void set(const char *name, UINT32 attributes, const void *value, size_t size)
{
	EFI_STATUS status = silent ? EFI_SUCCESS : set_variable(name, attributes, value, size);

	if (!EFI_ERROR(status) || refused)
		return;
	refused = true;
	print(console, "mapbridge: note: the firmware does not take the variable %s (%s): bootctl will not know all about this "
	      "boot\n", name, status_name(status));
}

static void set_text(const char *name, UINT32 attributes, const char *text)
{
	CHAR16 value[TEXT_MAX];
	size_t size = widen(text, value);

	if (size)
		set(name, attributes, value, size);
}

static bool get_text(const char *name, char *text, size_t capacity)
{
	CHAR16 wide[NAME_MAX], value[TEXT_MAX];
	UINTN size = sizeof(value);

	utf8_to_utf16(name, wide, NAME_MAX, NULL);
	text[0] = '\0';
	return !EFI_ERROR(fw.runtime->GetVariable(wide, &loader_guid, NULL, &size, value)) &&
	       loader_variable_text(value, size, text, capacity);
}

/* Of a variable that is good for one boot: nobody finds it again, even when this boot fails. */
static void delete_text(const char *name)
{
	EFI_STATUS status = set_variable(name, 0, NULL, 0);

	if (EFI_ERROR(status))
		print(console, "mapbridge: note: the variable %s cannot be deleted (%s), and counts for the next boot, too\n", name,
		      status_name(status));
}

static bool take_text(const char *name, char *text, size_t capacity)
{
	bool found = get_text(name, text, capacity);

	if (found)
		delete_text(name);
	return found;
}

/* Characters that a file path node has room for. */
static size_t path_units(const EFI_DEVICE_PATH *node)
{
	size_t size = DevicePathNodeLength(node);

	return size > SIZE_OF_FILEPATH_DEVICE_PATH ? (size - SIZE_OF_FILEPATH_DEVICE_PATH) / sizeof(CHAR16) : 0;
}

static void print_utf16(struct printer *out, const CHAR16 *text, size_t units)
{
	char bytes[TEXT_MAX];

	if (!text)
		return;
	utf16_to_utf8(text, units < TEXT_MAX ? units : TEXT_MAX, bytes, sizeof(bytes));
	for (char *at = bytes; *at; at++)
		print(out, "%c", (unsigned char)*at < ' ' || *at == 0x7f ? '?' : *at);
}

static void tell_firmware(void)
{
	const EFI_SYSTEM_TABLE *system = fw.system;
	EFI_DEVICE_PATH *node = fw.loaded->FilePath;
	struct buffer_printer out;
	char text[TEXT_MAX];

	buffer_printer_init(&out, text, sizeof(text));
	print_utf16(&out.printer, system->FirmwareVendor, TEXT_MAX);
	print(&out.printer, " %u.%02u", system->FirmwareRevision >> 16, system->FirmwareRevision & 0xffff);
	set_text("LoaderFirmwareInfo", UNTIL_RESET, text);
	buffer_printer_init(&out, text, sizeof(text));
	print(&out.printer, "UEFI %u.%02u", system->Hdr.Revision >> 16, system->Hdr.Revision & 0xffff);
	set_text("LoaderFirmwareType", UNTIL_RESET, text);
	if (node && DevicePathType(node) == MEDIA_DEVICE_PATH && DevicePathSubType(node) == MEDIA_FILEPATH_DP) {
		buffer_printer_init(&out, text, sizeof(text));
		print_utf16(&out.printer, ((FILEPATH_DEVICE_PATH *)node)->PathName, path_units(node));
		set_text("LoaderImageIdentifier", UNTIL_RESET, text);
	}
}

void loader_variables_tell(const struct entry_list *list, const struct bls_loader *loader)
{
	const uint64_t features = LOADER_FEATURES;
	const uint8_t *partition = volume_partition_guid();
	size_t units = loader_entries_units(list->files, list->count);
	CHAR16 *names = units ? pool_allocate(units * sizeof(*names), "LoaderEntries") : NULL;
	struct buffer_printer out;
	char text[40];

	silent = loader->variables_disabled;
	refused = keeps_last = counted = false;
	once = "";
	set_text("LoaderInfo", UNTIL_RESET, "mapbridge " MAPBRIDGE_VERSION);
	set("LoaderFeatures", UNTIL_RESET, &features, sizeof(features));
	tell_firmware();
	if (partition) {
		buffer_printer_init(&out, text, sizeof(text));
		loader_guid_print(partition, &out.printer);
		set_text("LoaderDevicePartUUID", UNTIL_RESET, text);
	}
	if (names) {
		loader_entries_write(list->files, list->count, names);
		set("LoaderEntries", UNTIL_RESET, names, units * sizeof(*names));
		pool_free(names);
	}
}

static void ask_timeout(struct bls_loader *loader)
{
	static const char *const names[] = { "LoaderConfigTimeout", "LoaderConfigTimeoutOneShot" }; /* the last one wins */
	char text[32];

	for (size_t i = 0; i < MM_ARRAY_COUNT(names); i++)
		if ((i ? take_text : get_text)(names[i], text, sizeof(text)) &&
		    !(i ? bls_timeout_once_parse : bls_timeout_parse)(text, loader))
			print(console, "mapbridge: note: the variable %s is \"%s\" and ignored; needed: seconds\n", names[i], text);
}

/* A name of any script and length: one that cannot fit an entry is asked for all the same. */
static void ask_one_shot(struct bls_loader *loader)
{
	static const char name[] = "LoaderEntryOneShot";
	CHAR16 wide[NAME_MAX], value[BLS_NAME_MAX];
	UINTN size = sizeof(value);
	EFI_STATUS status;

	utf8_to_utf16(name, wide, NAME_MAX, NULL);
	status = fw.runtime->GetVariable(wide, &loader_guid, NULL, &size, value);
	if (EFI_ERROR(status) && status != EFI_BUFFER_TOO_SMALL)
		return;
	if (EFI_ERROR(status))
		__builtin_memcpy(loader->one_shot, "(too long)", sizeof("(too long)"));
	else
		utf16_to_utf8(value, size / sizeof(*value), loader->one_shot, sizeof(loader->one_shot));
	delete_text(name);
	once = loader->one_shot;
	if (bls_name_matches(BLS_DEFAULT_SAVED, loader->one_shot))
		get_text("LoaderEntryLastBooted", loader->one_shot, sizeof(loader->one_shot));
}

void loader_variables_ask(const struct entry_list *list, struct bls_loader *loader)
{
	static const char name[] = "LoaderEntryDefault";
	char text[BLS_NAME_MAX], configured[BLS_NAME_MAX];

	__builtin_memcpy(configured, loader->default_entry, sizeof(configured));
	ask_timeout(loader);
	ask_one_shot(loader);
	if (get_text(name, text, sizeof(text))) {
		if (bls_name_matches(BLS_DEFAULT_SAVED, text) || bls_files_find(list->files, list->count, text) < list->count)
			__builtin_memcpy(loader->default_entry, text, sizeof(text));
		else
			print(refuse("the variable LoaderEntryDefault"), "no entry fits \"%s\"; what "
			      "\\loader\\loader.conf says counts\n", text);
	}
	keeps_last = bls_name_matches(BLS_DEFAULT_SAVED, loader->default_entry);
	if (keeps_last && (!get_text("LoaderEntryLastBooted", text, sizeof(text)) ||
			   bls_files_find(list->files, list->count, text) == list->count)) {
		/* nothing was started yet, or it is gone: what loader.conf says, or the first entry */
		bool saved = bls_name_matches(BLS_DEFAULT_SAVED, configured);

		__builtin_memcpy(text, saved ? "" : configured, saved ? 1 : sizeof(text));
	}
	if (keeps_last)
		__builtin_memcpy(loader->default_entry, text, sizeof(text));
}

void loader_variables_count(const char *path)
{
	CHAR16 value[TEXT_MAX];
	EFI_STATUS status = EFI_SUCCESS;

	if (path)
		status = set_variable(BOOT_COUNT_PATH, UNTIL_RESET, value, widen(path, value));
	else if (counted)
		status = set_variable(BOOT_COUNT_PATH, 0, NULL, 0);
	counted = path && !EFI_ERROR(status);
	if (EFI_ERROR(status))
		print(console, "mapbridge: note: the firmware does not take the variable " BOOT_COUNT_PATH " (%s): nobody can mark "
		      "this entry as good; remove the counter from its name yourself\n", status_name(status));
}

void loader_variables_select(const struct bls_file *file)
{
	char id[BLS_NAME_MAX], last[BLS_NAME_MAX];
	struct buffer_printer out;

	buffer_printer_init(&out, id, sizeof(id));
	bls_file_print_id(file, &out.printer);
	set_text("LoaderEntrySelected", UNTIL_RESET, id);
	if (!keeps_last || (once[0] && bls_name_matches(once, id)))
		return;
	get_text("LoaderEntryLastBooted", last, sizeof(last));
	if (__builtin_memcmp(id, last, text_length(id) + 1) != 0) /* not written in vain: it wears out the flash memory */
		set_text("LoaderEntryLastBooted", UNTIL_RESET | EFI_VARIABLE_NON_VOLATILE, id);
}

static void set_time(const char *name, uint64_t tsc)
{
	struct buffer_printer out;
	uint64_t time = clock_microseconds(tsc);
	char text[24];

	buffer_printer_init(&out, text, sizeof(text));
	print(&out.printer, "%llu", X(time));
	if (time)
		set_text(name, UNTIL_RESET, text);
}

void loader_variables_leave(void)
{
	set_time("LoaderTimeInitUSec", fw.tsc);
	set_time("LoaderTimeExecUSec", machine_tsc());
}
