/* SPDX-License-Identifier: BSD-2-Clause */
/* The boot entries of all volumes: reading them, counting a try, starting one. */
#include "firmware.h"

#include <loader/bls_sort.h>

#define FIRST_CAPACITY 64
#define WHY_MAX 400

struct reading {
	struct directory_reading directory; /* first: what its functions get */
	struct entry_list *list;
	struct bls_entry *entry; /* the one that is being read */
	struct file_text text;
	const char *pattern;
	unsigned volume;
};

const char *entry_path(char *path, const char *prefix, const char *name)
{
	struct buffer_printer out;

	buffer_printer_init(&out, path, ENTRY_PATH_MAX);
	print(&out.printer, "%s" ENTRIES "\\%s", prefix, name);
	return path;
}

/* Notes are for when it is first read; then nobody may be concerned, and the console stays as it is. text gets the reason, WHY_MAX bytes. */
static bool parse_text(const char *conf, size_t size, const char *shown, struct printer *notes, struct bls_entry *entry,
		       char *text)
{
	struct buffer_printer why;

	buffer_printer_init(&why, text, WHY_MAX);
	if (bls_entry_parse(conf, size, entry, notes, &why.printer)) {
		if (notes)
			print(console, "mapbridge: error: %s: %s\n", shown, text);
		else
			print(refuse(shown), "%s\n", text);
		return false;
	}
	return true;
}

/* Room for one entry more. */
static bool grow(struct entry_list *list)
{
	size_t capacity = list->capacity ? 2 * list->capacity : FIRST_CAPACITY;
	struct bls_file **files;

	if (list->count < list->capacity)
		return true;
	files = pool_allocate(capacity * sizeof(*files), ENTRIES);
	if (!files)
		return false;
	if (list->count)
		__builtin_memcpy(files, list->files, list->count * sizeof(*files));
	pool_free(list->files);
	list->files = files;
	list->capacity = capacity;
	return true;
}

static void add_entry(struct reading *reading, const char *name, const char *shown, const char *conf, size_t size)
{
	struct entry_list *list = reading->list;
	struct file_notes notes = file_notes(shown);
	struct buffer_printer reason;
	char why[WHY_MAX], text[ENTRY_PATH_MAX + WHY_MAX];
	struct bls_file *file;
	void *memory;
	bool good = parse_text(conf, size, shown, &notes.printer, reading->entry, why);

	if (!good)
		__builtin_memset(reading->entry, 0, sizeof(*reading->entry));
	if (reading->entry->foreign) {
		list->foreign++;
		return;
	}
	memory = grow(list) ? pool_allocate(bls_file_size(reading->entry, size), shown) : NULL;
	if (!memory)
		return;
	file = bls_file_make(memory, name, reading->volume, reading->entry, conf, size);
	file->noted = notes.begun;
	list->files[list->count++] = file;
	if (good)
		return;
	buffer_printer_init(&reason, text, sizeof(text));
	print(&reason.printer, "%s: %s", shown, why);
	entry_set_state(file, BLS_UNREAD, text);
}

static bool wants_entry(struct directory_reading *directory, const char *name)
{
	const struct reading *reading = (const struct reading *)directory;

	if (!bls_is_entry_name(name) || !bls_name_matches(reading->pattern, name))
		return false;
	if (text_length(name) < BLS_NAME_MAX)
		return true;
	print(console, "mapbridge: note: %s" ENTRIES ": a file whose name has %zu bytes is ignored; needed: at most %d\n",
	      fw.volume->prefix, text_length(name), BLS_NAME_MAX - 1);
	return false;
}

static void read_entry(struct directory_reading *directory, const char *name)
{
	struct reading *reading = (struct reading *)directory;
	char path[ENTRY_PATH_MAX], shown[ENTRY_PATH_MAX];
	struct file_text *text = &reading->text;

	reading->list->seen++;
	if (file_read_text(entry_path(path, "", name), "the loader", BLS_FILE_MAX, text))
		add_entry(reading, name, entry_path(shown, fw.volume->prefix, name), text->text, text->size);
}

EFI_STATUS entries_read(const char *pattern, struct entry_list *list)
{
	struct reading reading = { { wants_entry, read_entry }, .list = list, .pattern = pattern };
	EFI_STATUS result = EFI_SUCCESS;

	*list = (struct entry_list){ .files = NULL };
	reading.entry = pool_allocate(sizeof(*reading.entry), ENTRIES);
	if (!reading.entry)
		return EFI_OUT_OF_RESOURCES;
	for (; reading.volume < fw.volume_count; reading.volume++) {
		EFI_STATUS status;

		fw.volume = &fw.volumes[reading.volume];
		status = directory_list(ENTRIES, "the loader", &reading.directory);
		if (EFI_ERROR(status) && status != EFI_NOT_FOUND)
			result = status;
	}
	fw.volume = &fw.volumes[0];
	pool_free(reading.entry);
	pool_free(reading.text.text);
	bls_files_sort(list->files, list->count);
	if (list->foreign)
		print(console, "mapbridge: note: entries for other architectures than x64 are hidden: %zu\n",
		      list->foreign);
	return result;
}

void entry_free(struct bls_file *file)
{
	entry_unload(file);
	pool_free(file->reason);
	pool_free(file);
}

void entries_free(struct entry_list *list)
{
	while (list->count > 0)
		entry_free(list->files[--list->count]);
	pool_free(list->files);
	list->files = NULL;
}

struct bls_entry *entry_load(struct bls_file *file)
{
	char shown[ENTRY_PATH_MAX], why[WHY_MAX];

	if (file->entry)
		return file->entry;
	entry_path(shown, fw.volumes[file->volume].prefix, file->name);
	file->entry = pool_allocate(sizeof(*file->entry), shown);
	if (file->entry && !parse_text(file->text, file->text_size, shown, NULL, file->entry, why))
		entry_unload(file);
	return file->entry;
}

void entry_unload(struct bls_file *file)
{
	pool_free(file->entry);
	file->entry = NULL;
}

/* Renamed before the start, because afterwards there is nobody who could. */
static void count_try(struct bls_file *file)
{
	char path[ENTRY_PATH_MAX], next[BLS_NAME_MAX];
	EFI_STATUS status = EFI_BAD_BUFFER_SIZE;

	loader_variables_count(NULL); /* another entry's may be there, which did not start */
	if (!file->counter.counted || (file->entry->efi[0] && !file->entry->uki))
		return; /* a program that is no Linux has nothing that could end the counting */
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
	loader_variables_count(entry_path(path, "", next));
}

const struct bls_entry *entry_planned(const struct bls_file *file)
{
	const struct bls_entry *entry = file->entry;

	return entry->efi[0] || entry->start_efi || machine_secure_boot() ? NULL : entry;
}

/* What was noted when the list was made, again: it may be why the system does not do what it should. */
static void note_again(const struct bls_file *file, const char *shown)
{
	struct file_notes notes = file_notes(shown);
	struct bls_entry *entry = file->noted ? pool_allocate(sizeof(*entry), shown) : NULL;

	if (entry)
		bls_entry_parse(file->text, file->text_size, entry, &notes.printer, NULL);
	pool_free(entry);
}

EFI_STATUS entry_start(struct bls_file *file)
{
	const struct bls_entry *entry = entry_load(file);
	char path[ENTRY_PATH_MAX];
	EFI_STATUS status;

	if (!entry)
		return EFI_OUT_OF_RESOURCES;
	fw.volume = &fw.volumes[file->volume];
	console_set_level(entry->console);
	count_try(file);
	loader_variables_select(file);
	entry_path(path, fw.volume->prefix, file->name);
	note_again(file, path);
	if (entry_planned(file)) {
		status = boot_entry(entry, path);
	} else {
		nested_begin(file);
		status = start_image(entry, path);
		nested_end();
	}
	fw.volume = &fw.volumes[0];
	return status;
}

EFI_STATUS entry_view(struct bls_file *file)
{
	struct map_viewing viewing = { .no_plan = "  there is no plan: this entry is started as an EFI program, which makes its own" };
	char path[ENTRY_PATH_MAX];
	EFI_STATUS status;

	if (!entry_load(file))
		return EFI_OUT_OF_RESOURCES;
	viewing.entry = entry_planned(file);
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

EFI_STATUS entry_save_map(struct bls_file *file)
{
	char path[ENTRY_PATH_MAX];
	EFI_STATUS saved = EFI_ABORTED, status;

	if (!entry_load(file))
		return EFI_OUT_OF_RESOURCES;
	fw.volume = &fw.volumes[file->volume];
	entry_path(path, fw.volume->prefix, file->name);
	status = boot_survey(entry_planned(file), path, save, &saved);
	fw.volume = &fw.volumes[0];
	return EFI_ERROR(status) ? status : saved;
}
