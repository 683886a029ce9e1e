/* SPDX-License-Identifier: BSD-2-Clause */
/* The boot entries of all volumes: reading them, counting a try, starting one. */
#include "firmware.h"

#include <loader/bls_sort.h>

#define ENTRIES "\\loader\\entries"
#define ENTRY_PATH_MAX (sizeof("XBOOTLDR:" ENTRIES "\\") + BLS_NAME_MAX)

struct reading {
	struct entry_list *list;
	const char *pattern;
	unsigned volume;
};

/* With the volume's prefix it is for the reader, without it for the firmware. */
static const char *entry_path(char *path, const char *prefix, const char *name)
{
	struct buffer_printer out;

	buffer_printer_init(&out, path, ENTRY_PATH_MAX);
	print(&out.printer, "%s" ENTRIES "\\%s", prefix, name);
	return path;
}

static EFI_STATUS parse_file(struct bls_file *file, const char *shown)
{
	struct buffer_printer why, notes;
	char path[ENTRY_PATH_MAX], text[400], note_text[600];
	size_t size;
	char *conf = file_read_all(entry_path(path, "", file->name), "the loader", BLS_FILE_MAX, &size);
	int error;

	if (!conf)
		return EFI_LOAD_ERROR;
	buffer_printer_init(&why, text, sizeof(text));
	buffer_printer_init(&notes, note_text, sizeof(note_text));
	error = bls_entry_parse(conf, size, &file->entry, &notes.printer, &why.printer);
	pool_free(conf);
	if (error) {
		print(refuse(shown), "%s\n", text);
		return EFI_LOAD_ERROR;
	}
	if (notes.length && !file->entry.foreign)
		print(console, "mapbridge: note: %s:\n%s", shown, note_text);
	return EFI_SUCCESS;
}

static void read_entry(void *context, const char *name)
{
	struct reading *reading = context;
	struct entry_list *list = reading->list;
	char shown[ENTRY_PATH_MAX];
	struct bls_file *file;

	if (!bls_name_matches(reading->pattern, name))
		return;
	entry_path(shown, fw.volume->prefix, name);
	if (list->seen++ == ENTRIES_MAX)
		print(refuse(shown), "more than %d entries; this and those after it are left out\n", ENTRIES_MAX);
	if (list->seen > ENTRIES_MAX)
		return;
	file = pool_allocate(sizeof(*file), shown);
	if (!file)
		return;
	__builtin_memcpy(file->name, name, text_length(name) + 1);
	file->counter = boot_counter_parse(name);
	file->volume = reading->volume;
	if (EFI_ERROR(parse_file(file, shown))) {
		pool_free(file);
	} else if (file->entry.foreign) {
		list->foreign++;
		pool_free(file);
	} else {
		list->files[list->count++] = file;
	}
}

EFI_STATUS entries_read(const char *pattern, struct entry_list *list)
{
	struct reading reading = { .list = list, .pattern = pattern };
	EFI_STATUS result = EFI_SUCCESS;

	list->count = list->seen = list->foreign = 0;
	for (; reading.volume < fw.volume_count; reading.volume++) {
		EFI_STATUS status;

		fw.volume = &fw.volumes[reading.volume];
		status = directory_list(ENTRIES, ".conf", read_entry, &reading);
		if (EFI_ERROR(status) && status != EFI_NOT_FOUND) {
			print(console, "mapbridge: error: %s" ENTRIES ": cannot be read (%s); check the volume\n",
			      fw.volume->prefix, status_name(status));
			result = status;
		}
	}
	fw.volume = &fw.volumes[0];
	bls_files_sort(list->files, list->count);
	if (list->foreign)
		print(console, "mapbridge: note: entries for other architectures than x64 are hidden: %zu\n",
		      list->foreign);
	return result;
}

void entries_free(struct entry_list *list)
{
	while (list->count > 0)
		pool_free(list->files[--list->count]);
}

/* Renamed before the start, because afterwards there is nobody who could. */
static void count_try(struct bls_file *file)
{
	char path[ENTRY_PATH_MAX], next[BLS_NAME_MAX];
	EFI_STATUS status = EFI_BAD_BUFFER_SIZE;

	if (!file->counter.counted)
		return;
	if (boot_counter_next_name(file->name, next, sizeof(next)))
		status = file_rename(entry_path(path, "", file->name), next);
	entry_path(path, fw.volume->prefix, file->name);
	if (EFI_ERROR(status)) {
		print(console, "mapbridge: note: %s: this try is not counted, the file cannot be renamed (%s)\n", path,
		      status_name(status));
		return;
	}
	print(console, "counted: %s is now %s\n", path, next);
	__builtin_memcpy(file->name, next, sizeof(next));
	file->counter = boot_counter_parse(next);
}

/* The entry when it is booted by us; null when the firmware starts it. */
static const struct bls_entry *planned_entry(const struct bls_file *file)
{
	const struct bls_entry *entry = &file->entry;

	return entry->efi[0] || entry->start_efi || machine_secure_boot() ? NULL : entry;
}

EFI_STATUS entry_start(struct bls_file *file)
{
	const struct bls_entry *entry = &file->entry;
	char path[ENTRY_PATH_MAX];
	EFI_STATUS status;

	fw.volume = &fw.volumes[file->volume];
	console_set_level(entry->console);
	count_try(file);
	loader_variables_select(file);
	entry_path(path, fw.volume->prefix, file->name);
	status = planned_entry(file) ? boot_entry(entry, path) : start_image(entry, path);
	fw.volume = &fw.volumes[0];
	return status;
}

EFI_STATUS entry_view(const struct bls_file *file)
{
	struct map_viewing viewing = { .entry = planned_entry(file),
				       .no_plan = "  there is no plan: this entry is started as an EFI program, which makes its own" };
	char path[ENTRY_PATH_MAX];
	EFI_STATUS status;

	fw.volume = &fw.volumes[file->volume];
	viewing.name = entry_path(path, fw.volume->prefix, file->name);
	status = map_viewer_run(&viewing);
	fw.volume = &fw.volumes[0];
	return status;
}

/* With the plan, so that everybody can see that the host's is the same. */
static void save(void *status, const struct boot_survey *survey)
{
	if (survey->plan)
		boot_plan_print(survey->plan, console);
	*(EFI_STATUS *)status = map_save(survey);
}

EFI_STATUS entry_save_map(const struct bls_file *file)
{
	char path[ENTRY_PATH_MAX];
	EFI_STATUS saved = EFI_ABORTED, status;

	fw.volume = &fw.volumes[file->volume];
	entry_path(path, fw.volume->prefix, file->name);
	status = boot_survey(planned_entry(file), path, save, &saved);
	fw.volume = &fw.volumes[0];
	return EFI_ERROR(status) ? status : saved;
}
