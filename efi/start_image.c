/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The other way to start an entry: the firmware loads, verifies and starts a PE image. A kernel's EFI stub gets its
 * initrd by EFI_LOAD_FILE2_PROTOCOL on a device path of its own (Linux, Documentation/admin-guide/efi-stub.rst).
 */
#include "firmware.h"

#include <loader/bls.h>
#include <loader/linux_options.h>
#include <loader/file_kind.h>
#include <loader/utf16.h>

static EFI_GUID loaded_image_guid = EFI_LOADED_IMAGE_PROTOCOL_GUID;
static EFI_GUID device_path_guid = EFI_DEVICE_PATH_PROTOCOL_GUID;

#define PROFILE_MAX (sizeof("@255 ") - 1)

struct image {
	EFI_LOAD_FILE_PROTOCOL loader; /* first: what the firmware hands back to us; as EFI_LOAD_FILE2_PROTOCOL */
	const struct bls_entry *entry;
	const char *name; /* of the entry's file */
	const char *path; /* of the program */
	struct file initrds[PLAN_INITRDS_MAX];
	size_t initrd_count; /* those of the entry, then those of its options */
	UINTN initrd_size; /* of all, joined */
	EFI_HANDLE initrd_handle;
	EFI_HANDLE handle;
	char text[PROFILE_MAX + COMMAND_LINE_SIZE + 1]; /* of the options, with the profile */
	CHAR16 options[PROFILE_MAX + COMMAND_LINE_SIZE + 1];
};

static UINTN align4(uint64_t size)
{
	return (size + 3) & ~(UINTN)3;
}

/* Reads the files straight to where the kernel wants them, each but the last one padded to 4 bytes with zeros. */
static EFI_STATUS read_initrds(struct image *image, uint8_t *to)
{
	for (size_t i = 0; i < image->initrd_count; i++) {
		struct file *file = &image->initrds[i];
		bool last = i + 1 == image->initrd_count;
		EFI_STATUS status = file_read(file, 0, file->size, to);

		if (EFI_ERROR(status))
			return status;
		if (!last)
			__builtin_memset(to + file->size, 0, align4(file->size) - file->size);
		to += align4(file->size);
	}
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI load_initrd(EFI_LOAD_FILE_PROTOCOL *self, EFI_DEVICE_PATH *path, BOOLEAN boot_policy,
				     UINTN *size, void *buffer)
{
	struct image *image = (struct image *)self;
	UINTN room;
	EFI_STATUS status;

	if (boot_policy)
		return EFI_UNSUPPORTED;
	if (!self || !path || !size)
		return EFI_INVALID_PARAMETER;
	room = *size;
	*size = image->initrd_size;
	if (!buffer || room < image->initrd_size)
		return EFI_BUFFER_TOO_SMALL;
	status = read_initrds(image, buffer);
	console_flush();
	return status;
}

/* A stub that is offered an initrd reads no initrd= any more, so these are offered, too. */
static EFI_STATUS open_option_initrds(struct image *image)
{
	const struct bls_entry *entry = image->entry;
	struct linux_options options;

	linux_options_read(entry->options, &options);
	if (image->path != entry->linux || options.no_initrd)
		return EFI_SUCCESS;
	if (!linux_initrd_needs_stub(entry->options))
		return option_initrds_open(entry->options, image->name, true, image->initrds, &image->initrd_count);
	if (image->initrd_count == 0)
		return EFI_SUCCESS;
	print(refuse(image->name), "an option initrd= with a device path beside initrd lines, of which the kernel's stub takes only one "
	      "kind; needed: only options, or only lines\n");
	return EFI_UNSUPPORTED;
}

static EFI_STATUS open_initrds(struct image *image)
{
	EFI_STATUS status;

	for (; image->initrd_count < image->entry->initrd_count; image->initrd_count++) {
		status = file_open_slowly(bls_entry_initrd(image->entry, image->initrd_count), image->name, &image->initrds[image->initrd_count]);
		if (EFI_ERROR(status))
			return status;
	}
	status = open_option_initrds(image);
	for (size_t i = 0; i < image->initrd_count && !EFI_ERROR(status); i++) {
		const struct file *file = &image->initrds[i];

		if (file->size == 0 || __builtin_add_overflow(align4(image->initrd_size), file->size,
							      &image->initrd_size)) {
			print(refuse(file->path), "%llu bytes, named by %s; needed: an initrd; copy the file again, or "
			      "remove the line\n", X(file->size), image->name);
			return EFI_LOAD_ERROR;
		}
	}
	return status;
}

static EFI_STATUS offer_initrds(struct image *image)
{
	EFI_STATUS status = open_initrds(image);

	if (EFI_ERROR(status) || image->initrd_count == 0)
		return status;
	image->loader.LoadFile = load_initrd;
	status = fw.boot->InstallMultipleProtocolInterfaces(&image->initrd_handle, &device_path_guid,
							    &initrd_media_path, &load_file2_guid, &image->loader, NULL);
	if (!EFI_ERROR(status))
		return status;
	image->initrd_handle = NULL;
	print(refuse(image->name), "its initrd cannot be offered to the kernel (%s); %s\n", status_name(status),
	      status == EFI_ALREADY_STARTED ? "another program offers one already: remove the initrd lines and the options initrd=" :
					      "restart the machine");
	return status;
}

/* What the firmware says no to, in words. */
static EFI_STATUS refuse_image(const struct image *image, EFI_STATUS status)
{
	if (status == EFI_ACCESS_DENIED || status == EFI_SECURITY_VIOLATION)
		print(refuse(image->path), "the firmware does not trust it (%s) and Secure Boot is on, named by %s; "
		      "needed: a file signed by a key in db; sign it, or switch Secure Boot off in the firmware\n",
		      status_name(status), image->name);
	else if (status == EFI_NOT_FOUND)
		print(refuse(image->path), "not found (%s), named by %s; copy the file to this volume, or correct the "
		      "name\n", status_name(status), image->name);
	else
		print(refuse(image->path), "the firmware cannot load it (%s), named by %s; needed: an EFI program for "
		      "x86-64\n", status_name(status), image->name);
	return status;
}

/* Whether the firmware must refuse the file, whose machine or format is another one: it would only say "unsupported". */
static bool is_for_others(const uint8_t *file, const struct file_kind *kind, size_t size)
{
	return size >= 2 && (file[0] != 'M' || file[1] != 'Z' || (kind && file_kind_is_foreign(kind)));
}

bool start_image_refuses(const struct bls_entry *entry, const char *name, const uint8_t *file, size_t size, struct printer *why)
{
	size_t head = size < KERNEL_HEAD_SIZE ? size : KERNEL_HEAD_SIZE;
	const struct file_kind *kind = file_kind_of(file, head);
	unsigned multiboot = file_multiboot_version(file, head);

	if (!is_for_others(file, kind, size))
		return false;
	print(why, "no EFI program for x86-64: ");
	if (multiboot)
		print(why, "a multiboot %u kernel", multiboot);
	else if (kind)
		print(why, "%s", kind->what);
	else
		print(why, "it starts with %02x %02x, not with MZ", file[0], file[1]);
	print(why, "; needed: ");
	if (!entry->efi[0] && machine_secure_boot())
		print(why, "one that the firmware can verify, because Secure Boot is on; an own kernel runs only with Secure Boot off");
	else if (!entry->efi[0])
		print(why, "a kernel with an EFI stub; or remove mapbridge-start efi from %s", name);
	else
		print(why, "an EFI program, as %s says; %s", name,
		      multiboot ? MULTIBOOT_ADVICE : kind ? kind->advice : "correct the file's name");
	return true;
}

static EFI_STATUS load_image(struct image *image, char *file, size_t size)
{
	struct buffer_printer why;
	char text[800];
	EFI_DEVICE_PATH *path;
	EFI_STATUS status;

	buffer_printer_init(&why, text, sizeof(text));
	if (start_image_refuses(image->entry, image->name, (const uint8_t *)file, size, &why.printer)) {
		print(refuse(image->path), "%s\n", text);
		return EFI_UNSUPPORTED;
	}
	path = volume_file_path(image->path);
	if (!path)
		return EFI_OUT_OF_RESOURCES;
	status = fw.boot->LoadImage(FALSE, fw.image, path, file, size, &image->handle);
	pool_free(path);
	/* Loaded but not to be started is told by a handle that must be unloaded again. */
	if (EFI_ERROR(status) && status != EFI_SECURITY_VIOLATION)
		image->handle = NULL;
	return EFI_ERROR(status) ? refuse_image(image, status) : status;
}

/* The file is read here, because the firmware would show nothing while it reads from a slow disk. */
static EFI_STATUS read_and_load(struct image *image)
{
	size_t size;
	char *file = file_read_all(image->path, image->name, UINT32_MAX, &size);
	EFI_STATUS status = file ? load_image(image, file, size) : EFI_LOAD_ERROR;

	pool_free(file);
	return status;
}

static EFI_STATUS set_options(struct image *image)
{
	struct buffer_printer text;
	EFI_LOADED_IMAGE *loaded;
	size_t bad = 0, units = 0, prefix;
	EFI_STATUS status;

	if (image->entry->options_too_long) {
		print(refuse(image->name), "the options have %zu bytes; needed: at most %d; shorten them\n",
		      image->entry->options_length, COMMAND_LINE_SIZE);
		return EFI_LOAD_ERROR;
	}
	buffer_printer_init(&text, image->text, sizeof(image->text));
	if (image->entry->profile) /* as systemd-stub takes it off again */
		print(&text.printer, "@%u%s", image->entry->profile, image->entry->options[0] ? " " : "");
	prefix = text.length;
	print(&text.printer, "%s", image->entry->options);
	if (!utf8_to_utf16(image->text, image->options, MM_ARRAY_COUNT(image->options), &bad)) {
		print(refuse(image->name), "the options are no UTF-8 at byte %zu; needed: a text file in UTF-8; save "
		      "it as one\n", bad - prefix);
		return EFI_LOAD_ERROR;
	}
	status = fw.boot->HandleProtocol(image->handle, &loaded_image_guid, (void **)&loaded);
	if (EFI_ERROR(status))
		return refuse_image(image, status);
	while (image->options[units])
		units++;
	if (units) {
		loaded->LoadOptions = image->options;
		loaded->LoadOptionsSize = (UINT32)((units + 1) * sizeof(CHAR16));
	}
	return EFI_SUCCESS;
}

static EFI_STATUS run(struct image *image)
{
	EFI_LOADED_IMAGE *loaded;
	EFI_STATUS status = read_and_load(image);

	if (!EFI_ERROR(status))
		status = set_options(image);
	if (!EFI_ERROR(status))
		status = offer_initrds(image);
	if (EFI_ERROR(status))
		return status;
	measure_begin();
	measure_options(image->text, true);
	print(console, "mapbridge: starting %s as an EFI program%s\n", image->path,
	      machine_secure_boot() ? ", verified by the firmware (Secure Boot)" : "");
	loader_variables_leave();
	console_flush();
	volumes_forget_fat();
	watchdog_arm();
	status = fw.boot->StartImage(image->handle, NULL, NULL);
	/* Whoever comes back is unloaded; who was not started is not. */
	if (EFI_ERROR(fw.boot->HandleProtocol(image->handle, &loaded_image_guid, (void **)&loaded)))
		image->handle = NULL;
	console_attend(true);
	print(console, "\n%s came back (%s)\n", image->path, status_name(status));
	return status;
}

EFI_STATUS start_image(const struct bls_entry *entry, const char *name)
{
	struct image *image = pool_allocate(sizeof(*image), name);
	EFI_STATUS status;

	if (!image)
		return EFI_OUT_OF_RESOURCES;
	__builtin_memset(image, 0, sizeof(*image));
	image->entry = entry;
	image->name = name;
	image->path = entry->efi[0] ? entry->efi : entry->linux;
	print(console, "booting %s%s%s\n", name, entry->title[0] ? ": " : "", entry->title);
	status = run(image);
	if (image->initrd_handle)
		fw.boot->UninstallMultipleProtocolInterfaces(image->initrd_handle, &device_path_guid,
							     &initrd_media_path, &load_file2_guid, &image->loader,
							     NULL);
	if (image->handle)
		fw.boot->UnloadImage(image->handle);
	for (size_t i = 0; i < PLAN_INITRDS_MAX; i++)
		file_close(&image->initrds[i]);
	pool_free(image);
	volumes_recall_fat();
	return status;
}
