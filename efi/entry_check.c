/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether an entry can be started, found out without starting it. */
#include "firmware.h"

#include <loader/efi_image.h>
#include <loader/linux_options.h>

#define REASON_MAX 1200
#define OWN_SIZE_MAX (UINT64_C(1) << 20) /* this loader is no larger; kernels and unified kernel images are */
#define SBAT_MAX 4096

struct check {
	struct bls_file *file;
	const struct bls_entry *entry;
	bool deeply;
	bool own_kernel; /* whose options are no matter of ours; known only when the kernel was looked into */
	char path[ENTRY_PATH_MAX]; /* of the entry */
	struct buffer_printer why;
	char reason[REASON_MAX];
};

static enum bls_state broken(struct check *check, const char *path, const char *reason)
{
	print(&check->why.printer, "%s: %s", path, reason);
	return BLS_BROKEN;
}

/* What is refused meanwhile becomes the reason. */
struct listening {
	struct console_target before;
	struct buffer_printer said;
	char text[REASON_MAX];
};

static void listen(struct listening *listening)
{
	buffer_printer_init(&listening->said, listening->text, sizeof(listening->text));
	listening->before = console_redirect((struct console_target){ .printer = &listening->said.printer });
}

/* Whether it went well. */
static bool heard(struct check *check, struct listening *listening, EFI_STATUS status, const char *path)
{
	static const char start[] = "mapbridge: error: ";
	size_t length = listening->said.length;

	console_redirect(listening->before);
	if (!EFI_ERROR(status))
		return true;
	if (length > sizeof(start) && length < sizeof(listening->text)) {
		listening->text[length - 1] = '\0';
		print(&check->why.printer, "%s", listening->text + sizeof(start) - 1);
	} else {
		broken(check, path, "cannot be read");
	}
	return false;
}

static bool open_file(struct check *check, const char *path, struct file *file)
{
	struct listening listening;
	EFI_STATUS status;

	listen(&listening);
	status = file_open(path, check->path, file);
	if (!heard(check, &listening, status, path))
		return false;
	if (file->size == 0) {
		broken(check, path, "empty; copy the file again");
		file_close(file);
	}
	return file->size > 0;
}

static bool read_file(struct check *check, struct file *file, uint64_t offset, uint64_t size, void *to)
{
	struct listening listening;

	listen(&listening);
	return heard(check, &listening, file_read(file, offset, size, to), file->path);
}

/* Without a look at the file itself, unless there is something wrong. */
static bool is_there(struct check *check, const char *path, uint64_t *size)
{
	struct file file;

	if (file_find(path, size) == FILE_PRESENT && *size)
		return true;
	if (!open_file(check, path, &file))
		return false;
	*size = file.size;
	file_close(&file);
	return true;
}

/* BLS_LOOP when it is this loader, of any version; BLS_FOUND when it is not. */
static enum bls_state find_ourselves(struct check *check, struct file *file, const uint8_t *head, size_t size)
{
	enum bls_state state = BLS_BROKEN;
	uint32_t offset, length;
	char *sbat;

	if (file->size > OWN_SIZE_MAX || !efi_image_section(head, size, ".sbat", &offset, &length) || offset > file->size ||
	    length > file->size - offset || length > SBAT_MAX)
		return BLS_FOUND;
	sbat = pool_allocate(length + 1, file->path);
	if (!sbat)
		return broken(check, file->path, "no memory to look at it");
	if (read_file(check, file, offset, length, sbat))
		state = efi_image_is_mapbridge(sbat, length) ? BLS_LOOP : BLS_FOUND;
	pool_free(sbat);
	return state;
}

/* A kernel that is entered by us, or a program that the firmware starts. */
static enum bls_state check_head(struct check *check, struct file *file, bool planned, uint8_t *head, size_t size)
{
	struct kernel_image kernel;
	struct buffer_printer why;
	enum bls_state state;
	char text[REASON_MAX - ENTRY_PATH_MAX];
	bool refused;

	if (!read_file(check, file, 0, size, head))
		return BLS_BROKEN;
	state = find_ourselves(check, file, head, size);
	if (state != BLS_FOUND)
		return state;
	buffer_printer_init(&why, text, sizeof(text));
	refused = planned ? kernel_image_parse(head, size, file->size, &kernel, &why.printer) != 0 :
			    start_image_refuses(check->entry, check->path, head, size, &why.printer);
	check->own_kernel = planned && !refused && !kernel_is_linux(&kernel);
	return refused ? broken(check, file->path, text) : BLS_STARTS;
}

/* Small programs are always looked into: one of them might be this loader. */
static enum bls_state check_image(struct check *check)
{
	const char *path = check->entry->efi[0] ? check->entry->efi : check->entry->linux;
	bool planned = entry_planned(check->file);
	enum bls_state state = BLS_FOUND;
	struct file file;
	uint64_t size;
	uint8_t *head;

	if (!is_there(check, path, &size))
		return BLS_BROKEN;
	if (!check->deeply && (planned || size > OWN_SIZE_MAX))
		return BLS_FOUND;
	if (!open_file(check, path, &file))
		return BLS_BROKEN;
	size = file.size < KERNEL_HEAD_SIZE ? file.size : KERNEL_HEAD_SIZE;
	head = pool_allocate(size, path);
	if (head)
		state = check_head(check, &file, planned, head, size);
	pool_free(head);
	file_close(&file);
	return state;
}

static enum bls_state check_initrds(struct check *check, enum bls_state state)
{
	uint64_t size;

	for (size_t i = 0; i < check->entry->initrd_count; i++)
		if (!is_there(check, bls_entry_initrd(check->entry, i), &size))
			return BLS_BROKEN;
	return state;
}

/* Whether all files are there that the options initrd= of a Linux kernel name. */
static bool has_option_initrds(struct check *check)
{
	const char *at = check->entry->options;
	struct linux_options options;
	struct linux_initrd initrd;
	char path[BLS_PATH_MAX];
	uint64_t size;

	linux_options_read(at, &options);
	if (check->entry->efi[0] || check->own_kernel || options.no_initrd || linux_initrd_needs_stub(at))
		return true;
	while (linux_initrd_next(&at, &initrd)) {
		if (initrd.length == 0 || !linux_initrd_path(&initrd, path, sizeof(path)))
			return broken(check, check->path, "an option initrd= has no path, or one that is too long") != BLS_BROKEN;
		if (!is_there(check, path, &size))
			return false;
	}
	return true;
}

static enum bls_state check_option_initrds(struct check *check, enum bls_state state)
{
	if (has_option_initrds(check))
		return state;
	if (check->deeply)
		return BLS_BROKEN;
	/* It may be a kernel that is not Linux: then the option is not ours. */
	check->deeply = true;
	buffer_printer_init(&check->why, check->reason, sizeof(check->reason));
	state = check_image(check);
	return state >= BLS_BROKEN || has_option_initrds(check) ? state : BLS_BROKEN;
}

static enum bls_state find_out(struct check *check)
{
	enum bls_state state;

	if (!entry_planned(check->file) && nested_is_running(check->file))
		return BLS_LOOP;
	state = check_image(check);
	if (state < BLS_BROKEN)
		state = check_initrds(check, state);
	return state < BLS_BROKEN ? check_option_initrds(check, state) : state;
}

void entry_set_state(struct bls_file *file, enum bls_state state, const char *reason)
{
	size_t size = text_length(reason) + 1;

	pool_free(file->reason);
	file->reason = size > 1 ? pool_allocate(size, file->name) : NULL;
	if (file->reason)
		__builtin_memcpy(file->reason, reason, size);
	file->state = state;
}

enum bls_state entry_check(struct bls_file *file, bool deeply)
{
	struct check check = { .file = file, .deeply = deeply };
	bool loaded = file->entry;
	enum bls_state state;

	if (file->state == BLS_UNREAD)
		file->state = BLS_BROKEN;
	if (file->state > BLS_FOUND || (file->state == BLS_FOUND && !deeply))
		return file->state;
	check.entry = entry_load(file);
	if (!check.entry)
		return file->state;
	buffer_printer_init(&check.why, check.reason, sizeof(check.reason));
	fw.volume = &fw.volumes[file->volume];
	entry_path(check.path, fw.volume->prefix, file->name);
	state = find_out(&check);
	fw.volume = &fw.volumes[0];
	entry_set_state(file, state, check.reason);
	if (!loaded) /* thousands of whole entries would be much memory */
		entry_unload(file);
	return state;
}
